#pragma once

#include <cstddef>
#include <span>
#include <utility>
#include <vector>

#include <sys/uio.h>

#include <teasel/core/check.hpp>
#include <teasel/core/segment.hpp>

namespace teasel::detail {

/// What is left of a write: the caller's segments, not yet sent, until they are all taken or the
/// slot is closed and they become ours.
class Outgoing {
 public:
  bool any() const noexcept { return left_ > 0; }
  std::size_t left() const noexcept { return left_; }
  /// Begins with `segments`, which stay where they are. Returns their size.
  std::size_t start(std::span<const Segment> segments) noexcept {
    rest_ = segments;
    offset_ = left_ = 0;
    for (const Segment& segment : segments) left_ += segment.size();
    return left_;
  }
  void drop() noexcept { left_ = 0; }
  /// The owner of the segments goes away and leaves them to us; the unsent bytes are the last ones
  /// of them.
  void takeOver(std::vector<Segment> segments) {
    const std::size_t unsent = left_;
    owned_ = std::move(segments);
    const std::size_t all = start(owned_);
    TEASEL_CHECK(all >= unsent);
    advance(all - unsent);
  }
  /// Frees what was taken over. Nothing may be using it any more.
  void release() noexcept {
    left_ = 0;
    rest_ = {};
    owned_.clear();
  }
  /// The next pieces to send, as many as fit; returns how many and adds up their bytes.
  std::size_t pieces(std::span<iovec> out, std::size_t& bytes) const noexcept {
    std::size_t count = 0;
    for (std::size_t i = 0; i < rest_.size() && count < out.size(); ++i) {
      const std::size_t skip = i == 0 ? offset_ : 0;
      const std::size_t size = rest_[i].size() - skip;
      if (size == 0) continue;
      out[count++] = {const_cast<char*>(rest_[i].data() + skip), size};
      bytes += size;
    }
    return count;
  }
  void advance(std::size_t sent) noexcept {
    left_ -= sent;
    for (sent += offset_; !rest_.empty() && sent >= rest_.front().size(); rest_ = rest_.subspan(1)) sent -= rest_.front().size();
    offset_ = sent;
  }

 private:
  std::span<const Segment> rest_;
  std::size_t offset_ = 0;  // into its first segment
  std::size_t left_ = 0;
  std::vector<Segment> owned_;
};

}  // namespace teasel::detail
