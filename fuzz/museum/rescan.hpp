#pragma once

#include <cstddef>
#include <string>

#include <teasel/props/event_log.hpp>
#include <teasel/protocol/protocol.hpp>

namespace teasel::museum {

/// Exhibit: quadratic rescanning. Each chunk makes the search for the delimiter begin anew at the
/// start of what waits. So a long line in small chunks costs the square of its length. expat had a
/// fault of this kind (CVE-2023-52425).
template <bool kFixed>
class Rescan : public Protocol {
 public:
  static constexpr std::size_t kMaxLength = std::size_t{1} << 20;

  explicit Rescan(props::EventLog& log) : log_(log) {}

  void dataReceived(ByteView data) override {
    buffer_ += data.text();
    std::size_t at = kFixed ? searched_ : 0, line = 0;
    for (; at < buffer_.size(); ++at) {
      if (buffer_[at] != '\n') continue;
      log_.event("line", ByteView(buffer_).sub(line, at - line));
      line = at + 1;
    }
    buffer_.erase(0, line);
    searched_ = buffer_.size();
    if (buffer_.size() > kMaxLength) transport().abortConnection();
  }

 private:
  props::EventLog& log_;
  std::string buffer_;
  std::size_t searched_ = 0;
};

}  // namespace teasel::museum
