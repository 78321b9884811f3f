#pragma once

#include <cstddef>
#include <string>

#include <teasel/props/event_log.hpp>
#include <teasel/protocol/protocol.hpp>

namespace teasel::museum {

/// Exhibit: a length limit depends on where the delimiter is split. A line of exactly the longest
/// length is refused when the delimiter's first byte has arrived and its last one has not.
/// Twisted's LineOnlyReceiver has this fault.
template <bool kFixed>
class SplitLimit : public Protocol {
 public:
  static constexpr std::size_t kMaxLength = 8;

  explicit SplitLimit(props::EventLog& log) : log_(log) {}

  void dataReceived(ByteView data) override {
    buffer_ += data.text();
    for (std::size_t end = 0; (end = buffer_.find("\r\n")) != std::string::npos;) {
      const std::string line = buffer_.substr(0, end);
      buffer_.erase(0, end + 2);
      if (line.size() > kMaxLength) return tooLong();
      log_.event("line", line);
    }
    // The fault: a legal line and half of its delimiter may wait here.
    if (buffer_.size() > kMaxLength + (kFixed ? 1 : 0)) tooLong();
  }

 private:
  void tooLong() {
    log_.event("too long");
    transport().loseConnection();
  }

  props::EventLog& log_;
  std::string buffer_;
};

}  // namespace teasel::museum
