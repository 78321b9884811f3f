#pragma once

#include <cstddef>
#include <cstdint>
#include <utility>

#include <teasel/core/byte_view.hpp>

namespace teasel {

namespace detail {

/// A counted buffer. The counter is not atomic: buffers stay in the thread of their reactor.
struct Block {
  std::uint32_t refs;
  std::uint32_t capacity;
  std::uint32_t filled;  // bytes from the start that some Segment may be using
  char* bytes() noexcept { return reinterpret_cast<char*>(this + 1); }
  /// Kept in a per-thread pool of a few sizes, poisoned there for AddressSanitizer.
  static Block* make(std::size_t capacity);
  static void free(Block* block) noexcept;
};

}  // namespace detail

/// Owned bytes of a stream: a slice of a shared buffer. Copying shares; the bytes never change once
/// appended. One thread only.
class Segment {
 public:
  Segment() noexcept = default;
  /// A copy of `bytes`, with room to append up to `capacity` bytes in all.
  explicit Segment(ByteView bytes, std::size_t capacity = 0);
  /// A slice of a buffer that the caller holds one reference to and keeps.
  Segment(detail::Block* block, const char* data, std::size_t size) noexcept : block_(block), data_(data), size_(size) {
    ++block_->refs;
  }
  Segment(const Segment& other) noexcept : block_(other.block_), data_(other.data_), size_(other.size_) {
    if (block_ != nullptr) ++block_->refs;
  }
  Segment(Segment&& other) noexcept
      : block_(std::exchange(other.block_, nullptr)), data_(other.data_), size_(std::exchange(other.size_, 0)) {}
  Segment& operator=(Segment other) noexcept {
    std::swap(block_, other.block_);
    std::swap(data_, other.data_);
    std::swap(size_, other.size_);
    return *this;
  }
  ~Segment() {
    if (block_ != nullptr && --block_->refs == 0) detail::Block::free(block_);
  }

  ByteView view() const noexcept { return {data_, size_}; }
  const char* data() const noexcept { return data_; }
  std::size_t size() const noexcept { return size_; }
  bool empty() const noexcept { return size_ == 0; }
  /// Appends if there is room behind this slice and nobody else uses the buffer; else says false
  /// and does nothing.
  bool tryAppend(ByteView bytes) noexcept;
  /// Drops the first `count` bytes from this slice.
  void dropFront(std::size_t count) noexcept { data_ += count, size_ -= count; }

 private:
  detail::Block* block_ = nullptr;
  const char* data_ = nullptr;
  std::size_t size_ = 0;
};

/// What a driver delivers: borrowed bytes, and the way to keep them without a copy where the driver
/// has one.
class Chunk : public ByteView {
 public:
  explicit Chunk(ByteView bytes) noexcept : ByteView(bytes) {}
  /// A chunk inside a counted buffer. retain() shares it; the driver must then not reuse the buffer
  /// while it is shared.
  Chunk(ByteView bytes, detail::Block* block) noexcept : ByteView(bytes), block_(block) {}
  /// `part` (which lies inside this chunk) as owned bytes: shared where the buffer allows, else
  /// copied.
  Segment retain(ByteView part) const { return block_ == nullptr ? Segment(part) : Segment(block_, part.data(), part.size()); }
  bool shareable() const noexcept { return block_ != nullptr; }
  bool contains(ByteView part) const noexcept { return part.begin() >= begin() && part.end() <= end(); }

 private:
  detail::Block* block_ = nullptr;
};

}  // namespace teasel
