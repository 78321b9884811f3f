#pragma once

#include <cstddef>
#include <span>
#include <utility>
#include <vector>

#include <sys/uio.h>

#include <teasel/core/check.hpp>
#include <teasel/core/segment.hpp>

namespace teasel::detail {

/// What is left of a write: the part of the caller's segments that is not yet sent. The caller owns
/// the segments until the slot is closed; then they become ours.
class Outgoing {
 public:
  bool any() const noexcept { return left_ > 0; }
  std::size_t left() const noexcept { return left_; }
  /// Begins a write of `segments`, which stay where they are. Returns how many bytes they have.
  std::size_t start(std::span<const Segment> segments) noexcept {
    rest_ = segments;
    offset_ = left_ = 0;
    for (const Segment& segment : segments) left_ += segment.size();
    return left_;
  }
  /// Nothing more will be sent.
  void drop() noexcept { left_ = 0; }
  /// The owner of the segments leaves them to us. The unsent bytes are the last bytes of
  /// `segments`.
  void takeOver(std::vector<Segment> segments) {
    const std::size_t unsent = left_;
    owned_ = std::move(segments);
    const std::size_t all = start(owned_);
    TEASEL_CHECK(all >= unsent);
    advance(all - unsent);
  }
  /// Frees what was taken over. Nobody may still use it.
  void release() noexcept {
    left_ = 0;
    rest_ = {};
    owned_.clear();
  }
  /// Fills `out` with the next pieces to send, as many as fit. Returns how many pieces there are
  /// and adds their bytes to `bytes`.
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
  /// Copies of the segments with the first `bytes` bytes of the rest. They share the bytes.
  std::vector<Segment> share(std::size_t bytes) const {
    std::vector<Segment> out;
    std::size_t have = 0;
    for (std::size_t i = 0; i < rest_.size() && have < offset_ + bytes; ++i) {
      out.push_back(rest_[i]);
      have += rest_[i].size();
    }
    return out;
  }
  /// The first `sent` bytes of the rest have been sent.
  void advance(std::size_t sent) noexcept {
    left_ -= sent;
    for (sent += offset_; !rest_.empty() && sent >= rest_.front().size(); rest_ = rest_.subspan(1)) sent -= rest_.front().size();
    offset_ = sent;
  }

 private:
  std::size_t left_ = 0;  // first, beside what a driver asks with it
  std::span<const Segment> rest_;
  std::size_t offset_ = 0;  // into its first segment
  std::vector<Segment> owned_;
};

}  // namespace teasel::detail
