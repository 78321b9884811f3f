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

ReceiveBuffer::ReceiveBuffer(std::size_t capacity) : capacity_(capacity), block_(Block::make(capacity)) { poison(0, true); }

ReceiveBuffer::ReceiveBuffer(ReceiveBuffer&& other) noexcept
    : capacity_(other.capacity_), block_(std::exchange(other.block_, nullptr)) {}

ReceiveBuffer::~ReceiveBuffer() {
  if (block_ == nullptr) return;
  poison(0, false);
  if (--block_->refs == 0) Block::free(block_);
}

void ReceiveBuffer::poison([[maybe_unused]] std::size_t from, [[maybe_unused]] bool on) noexcept {
#ifdef TEASEL_POISONS
  if (on) __asan_poison_memory_region(block_->bytes() + from, capacity_ - from);
  else __asan_unpoison_memory_region(block_->bytes() + from, capacity_ - from);
#endif
}

[[gnu::hot]] void ReceiveBuffer::deliver(StreamSink& sink, std::size_t count) {
  poison(0, false);
  poison(count, true);
  block_->filled = static_cast<std::uint32_t>(count);
  // A destructor does this, because assertion exceptions of a test pass through here.
  struct Loan {
    ReceiveBuffer& buffer;
    explicit Loan(ReceiveBuffer& b) noexcept : buffer(b) {}
    Loan(const Loan&) = delete;
    Loan& operator=(const Loan&) = delete;
    ~Loan() { buffer.afterLoan(); }
  };
  const Loan loan(*this);
  const ByteView view(block_->bytes(), count);
  if (count * kShareFraction >= capacity_) {
    Chunk chunk(view, block_);
    sink.onData(chunk);
  } else {
    Chunk chunk(view);
    sink.onData(chunk);
  }
}

void ReceiveBuffer::afterLoan() {
  if (block_->refs > 1) {
    poison(0, false);
    --block_->refs;
    block_ = Block::make(capacity_);
  }
  poison(0, true);
}

}  // namespace teasel::detail
