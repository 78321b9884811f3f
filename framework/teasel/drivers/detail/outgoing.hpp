#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <utility>
#include <vector>

#include <sys/uio.h>

#include <teasel/core/check.hpp>
#include <teasel/core/detail/pool.hpp>
#include <teasel/core/file.hpp>
#include <teasel/core/segment.hpp>

namespace teasel::detail {

/// Bytes of a file that are to be sent.
struct FilePiece {
  File& file;
  std::uint64_t offset;
  std::size_t size;
};

/// What is left of a write: the part of the caller's segments that is not yet sent. The caller owns
/// the segments until the slot is closed; then they become ours.
class Outgoing {
 public:
  bool any() const noexcept { return left_ > 0; }
  std::size_t left() const noexcept { return left_; }
  /// Begins a write of `segments`, which stay where they are. Returns how many bytes they have.
  std::size_t start(std::span<const Segment> segments) {
    if (rest_ == nullptr) rest_.reset(new Rest);
    rest_->segments = segments;
    rest_->offset = left_ = 0;
    for (const Segment& segment : segments) left_ += segment.size();
    if (left_ == 0) {
      forget();
      return 0;
    }
    while (rest_->segments.front().empty()) rest_->segments = rest_->segments.subspan(1);
    return left_;
  }
  /// Nothing more will be sent.
  void drop() noexcept { left_ = 0; }
  /// The owner of the segments leaves them to us. The unsent bytes are the last bytes of
  /// `segments`.
  void takeOver(std::vector<Segment> segments) {
    if (segments.empty()) {
      TEASEL_CHECK(left_ == 0);
      return forget();
    }
    const std::size_t unsent = left_;
    if (rest_ == nullptr) rest_.reset(new Rest);
    rest_->owned = std::move(segments);
    const std::size_t all = start(rest_->owned);
    TEASEL_CHECK(all >= unsent);
    advance(all - unsent);
  }
  /// Frees what was taken over. Nobody may still use it.
  void release() noexcept {
    left_ = 0;
    rest_.reset();
  }
  /// Whether the next bytes to send are those of a file. Call it only if there are any.
  bool atFile() const noexcept { return rest_->segments.front().isFile(); }
  /// Those bytes, up to the end of their segment.
  FilePiece filePiece() const noexcept {
    const Segment& next = rest_->segments.front();
    return {next.file(), next.offset() + rest_->offset, next.size() - rest_->offset};
  }
  /// Fills `out` with the next pieces to send, as many as fit and stand before the next file.
  /// Returns how many pieces there are and adds their bytes to `bytes`.
  std::size_t pieces(std::span<iovec> out, std::size_t& bytes) const noexcept {
    std::size_t count = 0;
    const std::span<const Segment> segments = rest_->segments;
    for (std::size_t i = 0; i < segments.size() && count < out.size(); ++i) {
      const std::size_t skip = i == 0 ? rest_->offset : 0;
      const std::size_t size = segments[i].size() - skip;
      if (size == 0) continue;
      if (segments[i].isFile()) break;
      out[count++] = {const_cast<char*>(segments[i].data() + skip), size};
      bytes += size;
    }
    return count;
  }
  /// Copies of the segments with the first `bytes` bytes of the rest. They share the bytes.
  std::vector<Segment> share(std::size_t bytes) const {
    std::vector<Segment> out;
    std::size_t have = 0;
    for (const Segment& segment : rest_->segments) {
      if (have >= rest_->offset + bytes) break;
      out.push_back(segment);
      have += segment.size();
    }
    return out;
  }
  /// The first `sent` bytes of the rest have been sent.
  void advance(std::size_t sent) noexcept {
    left_ -= sent;
    if (left_ == 0) return forget();
    std::span<const Segment>& rest = rest_->segments;
    for (sent += rest_->offset; !rest.empty() && sent >= rest.front().size(); rest = rest.subspan(1)) sent -= rest.front().size();
    rest_->offset = sent;
  }

 private:
  /// Apart, so that an idle stream pays for a pointer only.
  struct Rest {
    std::span<const Segment> segments;
    std::size_t offset = 0;  // into the first of them
    std::vector<Segment> owned;
    static void* operator new(std::size_t size) { return poolAllocate(size); }
    static void operator delete(void* memory, std::size_t size) noexcept { poolFree(memory, size); }
  };
  /// Nothing is left. What we own may still be in the kernel's hands, until release().
  void forget() noexcept {
    if (rest_ != nullptr && rest_->owned.empty()) rest_.reset();
  }

  std::size_t left_ = 0;  // first, beside what a driver asks with it
  std::unique_ptr<Rest> rest_;
};

}  // namespace teasel::detail
