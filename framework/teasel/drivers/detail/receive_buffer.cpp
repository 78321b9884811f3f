#include <teasel/drivers/detail/receive_buffer.hpp>

#include <cstdint>
#include <utility>

#if defined(__SANITIZE_ADDRESS__)
#define TEASEL_POISONS 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define TEASEL_POISONS 1
#endif
#endif

#ifdef TEASEL_POISONS
extern "C" void __asan_poison_memory_region(void const volatile* start, std::size_t size);
extern "C" void __asan_unpoison_memory_region(void const volatile* start, std::size_t size);
#endif

namespace teasel::detail {

namespace {
// retain() copies a chunk that is smaller than an eighth of the buffer. A small chunk is not worth
// pinning a large buffer.
constexpr std::size_t kShareFraction = 8;
}  // namespace

ReceiveBuffer::ReceiveBuffer(std::size_t capacity) : capacity_(capacity), block_(Block::make(capacity)) { shut(); }

ReceiveBuffer::ReceiveBuffer(ReceiveBuffer&& other) noexcept
    : capacity_(other.capacity_), block_(std::exchange(other.block_, nullptr)) {}

ReceiveBuffer::~ReceiveBuffer() {
  if (block_ == nullptr) return;
  open();
  if (--block_->refs == 0) Block::free(block_);
}

void ReceiveBuffer::poison([[maybe_unused]] std::size_t from, [[maybe_unused]] std::size_t to,
                           [[maybe_unused]] bool on) noexcept {
#ifdef TEASEL_POISONS
  if (on) __asan_poison_memory_region(block_->bytes() + from, to - from);
  else __asan_unpoison_memory_region(block_->bytes() + from, to - from);
#endif
}

[[gnu::hot]] void ReceiveBuffer::deliver(StreamSink& sink, std::size_t count) {
  struct Renewal {
    ReceiveBuffer& buffer;
    explicit Renewal(ReceiveBuffer& b) noexcept : buffer(b) {}
    Renewal(const Renewal&) = delete;
    Renewal& operator=(const Renewal&) = delete;
    ~Renewal() { buffer.renew(); }
  };
  shut();
  const Renewal renewal(*this);
  deliverPiece(sink, 0, count);
}

[[gnu::hot]] void ReceiveBuffer::deliverPiece(StreamSink& sink, std::size_t from, std::size_t count) {
  // A destructor ends the loan, because assertion exceptions of a test pass through here.
  struct Loan {
    ReceiveBuffer& buffer;
    const std::size_t from, count;
    Loan(ReceiveBuffer& b, std::size_t f, std::size_t c) noexcept : buffer(b), from(f), count(c) {
      buffer.openPiece(from, count);
    }
    Loan(const Loan&) = delete;
    Loan& operator=(const Loan&) = delete;
    ~Loan() { buffer.shutPiece(from, count); }
  };
  const Loan loan(*this, from, count);
  const ByteView view(block_->bytes() + from, count);
  if (count * kShareFraction >= capacity_) {
    Chunk chunk(view, block_);
    sink.onData(chunk);
  } else {
    Chunk chunk(view);
    sink.onData(chunk);
  }
}

void ReceiveBuffer::renew() {
  if (block_->refs > 1) {
    open();
    // Nobody may append to it: what looks free may be another's.
    block_->filled = static_cast<std::uint32_t>(capacity_);
    --block_->refs;
    block_ = Block::make(capacity_);
  }
  shut();
}

}  // namespace teasel::detail
