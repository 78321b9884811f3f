#include <teasel/fakes/net/chunk_memory.hpp>

#include <sanitizer/asan_interface.h>

#include <cstring>

namespace teasel::fakes {

namespace {
/// AddressSanitizer knows to the byte only where an 8-byte granule ends. So chunks begin on a
/// granule, and two poisoned granules lie between them.
constexpr std::size_t kGranule = 16;
}  // namespace

ChunkMemory::~ChunkMemory() {
  if (ring_ != nullptr) ASAN_UNPOISON_MEMORY_REGION(ring_, kRingBytes);
}

char* ChunkMemory::fromRing(std::size_t size) {
  const std::size_t step = (size + 2 * kGranule - 1) / kGranule * kGranule;
  if (step > kRingBytes / 2) return nullptr;
  if (ring_ == nullptr) {
    ringMemory_ = std::make_unique_for_overwrite<char[]>(kRingBytes + kGranule);
    const auto address = reinterpret_cast<std::uintptr_t>(ringMemory_.get());
    ring_ = ringMemory_.get() + (kGranule - address % kGranule) % kGranule;
    ASAN_POISON_MEMORY_REGION(ring_, kRingBytes);
  }
  if (ringAt_ + step > kRingBytes) ringAt_ = 0;
  char* place = ring_ + ringAt_;
  ringAt_ += step;
  ASAN_UNPOISON_MEMORY_REGION(place, size);
  return place;
}

ChunkMemory::Held::Held(ChunkMemory& memory, ByteView bytes) : memory_(memory), nested_(memory.busy_) {
  const std::size_t size = bytes.size();
  if (memory.mode_ == Mode::kOverwrite && !nested_) {
    if (memory.buffer_.size() < size) memory.buffer_.resize(size < 4096 ? 4096 : size);
    place_ = memory.buffer_.data();
  } else if (memory.mode_ == Mode::kRing) {
    place_ = memory.fromRing(size);
  }
  if (place_ == nullptr) {
    own_ = std::make_unique_for_overwrite<char[]>(size);
    std::memcpy(own_.get(), bytes.data(), size);
    view_ = {own_.get(), size};
    return;
  }
  memory.busy_ = true;
  std::memcpy(place_, bytes.data(), size);
  view_ = {place_, size};
}

ChunkMemory::Held::~Held() {
  if (place_ == nullptr) return;
  memory_.busy_ = nested_;
  if (memory_.mode_ == Mode::kOverwrite) {
    std::memset(place_, kJunk, view_.size());
  } else {
    // Without AddressSanitizer the ring is only a larger buffer to overwrite.
    if constexpr (!teasel::detail::kSanitized) std::memset(place_, kJunk, view_.size());
    ASAN_POISON_MEMORY_REGION(place_, view_.size());
  }
}

}  // namespace teasel::fakes
