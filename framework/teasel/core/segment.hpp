#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <utility>

#include <teasel/core/byte_view.hpp>

namespace teasel {

class File;

namespace detail {

/// A buffer with a reference count. The count is not atomic: a buffer stays in the thread of its
/// reactor.
struct Block {
  std::uint32_t refs;
  std::uint32_t capacity;
  std::uint32_t filled;  // bytes from the start that some Segment may be using
  char* bytes() noexcept { return reinterpret_cast<char*>(this + 1); }
  /// Freed blocks of a few sizes wait in a pool of their thread, where AddressSanitizer lets nobody
  /// touch their bytes.
  static Block* make(std::size_t capacity);
  static void free(Block* block) noexcept;
  /// A block that owns `text`. Its own bytes are not used.
  static Block* adopt(std::string&& text);
  static constexpr std::uint32_t kAdopted = 0xffffffff;  ///< the capacity of such a block
  static constexpr std::uint32_t kFile = 0xfffffffe;     ///< and of one that stands for a file
};
/// A block that was made by Block::adopt.
struct AdoptedBlock : Block {
  explicit AdoptedBlock(std::string&& owned) noexcept : Block{1, kAdopted, 0}, text(std::move(owned)) {}
  std::string text;
};
/// Stands for bytes of a file up to `end`. It has no bytes itself.
struct FileBlock : Block {
  FileBlock(std::shared_ptr<File> from, std::uint64_t upTo) noexcept : Block{1, kFile, 0}, file(std::move(from)), end(upTo) {}
  std::shared_ptr<File> file;
  std::uint64_t end;
};

}  // namespace detail

/// Owned bytes of a stream: a slice of a shared buffer. Copies share the buffer. Bytes never change
/// once they are appended. One thread only.
///
/// A segment may also stand for bytes of a file, which are read when they are sent. Such a segment
/// has no bytes in memory: view() and data() are not for it. Only drivers that say sendsFiles() get
/// one.
class Segment {
 public:
  Segment() noexcept = default;
  /// A copy of `bytes`, with room to append up to `capacity` bytes in all.
  explicit Segment(ByteView bytes, std::size_t capacity = 0);
  /// The bytes of `text`, which stay where they are.
  static Segment adopt(std::string&& text);
  /// `size` bytes of `file` from `offset` on. Keeps the file.
  static Segment ofFile(std::shared_ptr<File> file, std::uint64_t offset, std::size_t size);
  /// A slice of a buffer. The caller holds a reference to the buffer and keeps it.
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
  /// Whether it stands for bytes of a file.
  bool isFile() const noexcept { return data_ == nullptr && block_ != nullptr; }
  /// For such a segment: the file, and where in it the bytes begin.
  File& file() const noexcept { return *static_cast<const detail::FileBlock*>(block_)->file; }
  std::uint64_t offset() const noexcept { return static_cast<const detail::FileBlock*>(block_)->end - size_; }
  /// Appends if there is room behind this slice and nobody else uses the buffer. Otherwise returns
  /// false and does nothing.
  bool tryAppend(ByteView bytes) noexcept;
  /// Drops the first `count` bytes of this slice; there must be as many.
  void dropFront(std::size_t count) noexcept {
    if (data_ != nullptr) data_ += count;
    size_ -= count;
  }

 private:
  detail::Block* block_ = nullptr;
  const char* data_ = nullptr;
  std::size_t size_ = 0;
};

/// What a driver delivers: borrowed bytes. Where the driver can, they are kept without a copy.
class Chunk : public ByteView {
 public:
  explicit Chunk(ByteView bytes) noexcept : ByteView(bytes) {}
  /// A chunk inside a counted buffer. retain() shares the buffer; while it is shared, the driver
  /// must not reuse it.
  Chunk(ByteView bytes, detail::Block* block) noexcept : ByteView(bytes), block_(block) {}
  /// `part`, which must lie inside this chunk, as owned bytes. They share the buffer where there is
  /// one, else they are a copy.
  Segment retain(ByteView part) const { return block_ == nullptr ? Segment(part) : Segment(block_, part.data(), part.size()); }
  bool shareable() const noexcept { return block_ != nullptr; }
  bool contains(ByteView part) const noexcept { return part.begin() >= begin() && part.end() <= end(); }

 private:
  detail::Block* block_ = nullptr;
};

}  // namespace teasel
