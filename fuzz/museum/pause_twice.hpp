#pragma once

#include <cstddef>
#include <string>

#include <teasel/props/event_log.hpp>
#include <teasel/protocol/protocol.hpp>

namespace teasel::museum {

/// Exhibit: pausing and resuming inside a handler delivers a message twice. Resuming looks at once
/// for what waits. That still contains the message whose handler is running, because only the end
/// of the loop takes out what was delivered. Twisted's IntNStringReceiver has this fault.
template <bool kFixed>
class PauseTwice : public Protocol {
 public:
  explicit PauseTwice(props::EventLog& log) : log_(log) {}

  void pauseProducing() {
    paused_ = true;
    transport().pauseProducing();
  }
  void resumeProducing() {
    paused_ = false;
    transport().resumeProducing();
    deliver();
  }
  void dataReceived(ByteView data) override {
    buffer_ += data.text();
    deliver();
  }

 private:
  void deliver() {
    std::size_t at = 0;
    for (std::size_t end = 0; !paused_ && (end = endOf(at)) != 0;) {
      const std::string message = buffer_.substr(at + 1, end - at - 1);
      if constexpr (kFixed) buffer_.erase(0, end);
      else at = end;
      log_.event("message", message);
    }
    buffer_.erase(0, at);  // the fault: the handler may have called deliver() before
  }
  /// The end of the message that begins at `at`, or 0 when it is not complete. A message is a
  /// length byte and that many bytes.
  std::size_t endOf(std::size_t at) const {
    if (at >= buffer_.size()) return 0;
    const std::size_t end = at + 1 + static_cast<unsigned char>(buffer_[at]);
    return end <= buffer_.size() ? end : 0;
  }

  props::EventLog& log_;
  std::string buffer_;
  bool paused_ = false;
};

}  // namespace teasel::museum
