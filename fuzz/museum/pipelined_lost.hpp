#pragma once

#include <algorithm>
#include <cstddef>
#include <optional>
#include <string>

#include <teasel/props/event_log.hpp>
#include <teasel/protocol/protocol.hpp>

namespace teasel::museum {

/// Takes in one message, a length byte and so many bytes, and nothing behind it.
class OneMessage {
 public:
  /// Takes what belongs to it off the front of `data`. True when that makes it complete.
  bool feed(ByteView& data) {
    if (complete() || data.empty()) return false;
    if (!length_) {
      length_ = static_cast<unsigned char>(data[0]);
      data = data.sub(1);
    }
    const std::size_t some = std::min(*length_ - body_.size(), data.size());
    body_ += data.sub(0, some).text();
    data = data.sub(some);
    return complete();
  }
  ByteView body() const { return body_; }

 private:
  bool complete() const { return length_ && body_.size() == *length_; }

  std::optional<std::size_t> length_;
  std::string body_;
};

/// Exhibit: a pipelined second message is lost when the first ends exactly at the chunk's end.
/// Where nothing is left to parse, nobody makes the parser ready for more. A kind that keep-alive
/// and pipelining bring with them: em-http-request (99) did not renew its parser for the next
/// message, libre (SIP, 193) lost the second one of a buffer.
template <bool kFixed>
class PipelinedLost : public Protocol {
 public:
  explicit PipelinedLost(props::EventLog& log) : log_(log) {}

  void dataReceived(ByteView data) override {
    while (message_.feed(data)) {
      log_.event("message", message_.body());
      // the fault: the next message meets one that is complete
      if (!kFixed && data.empty()) return;
      message_ = {};
    }
  }

 private:
  props::EventLog& log_;
  OneMessage message_;
};

}  // namespace teasel::museum
