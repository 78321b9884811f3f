#pragma once

#include <algorithm>
#include <cstddef>
#include <optional>
#include <string>

#include <teasel/props/event_log.hpp>
#include <teasel/protocol/protocol.hpp>

namespace teasel::museum {

/// A parser of one message: a length byte and that many bytes. It takes nothing behind it.
class OneMessage {
 public:
  /// Takes what belongs to the message off the front of `data`. Returns whether it is complete now.
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

/// Exhibit: a second message is lost when the first one ends exactly at the end of a chunk. If
/// nothing is left to parse, nobody makes the parser ready for the next message. Keep-alive and
/// pipelining bring faults of this kind: em-http-request (99) did not renew its parser for the next
/// message, and libre (SIP, 193) lost the second message of a buffer.
template <bool kFixed>
class PipelinedLost : public Protocol {
 public:
  explicit PipelinedLost(props::EventLog& log) : log_(log) {}

  void dataReceived(ByteView data) override {
    while (message_.feed(data)) {
      log_.event("message", message_.body());
      // the fault: the next message meets a parser that is complete
      if (!kFixed && data.empty()) return;
      message_ = {};
    }
  }

 private:
  props::EventLog& log_;
  OneMessage message_;
};

}  // namespace teasel::museum
