#pragma once

#include <cstddef>
#include <stdexcept>
#include <string>

#include <teasel/props/event_log.hpp>
#include <teasel/protocol/protocol.hpp>

namespace teasel::museum {

/// Exhibits: messages are delivered again after their handler threw. A message is a length byte and
/// that many bytes. Only the end of dataReceived takes delivered messages out of the buffer, and an
/// exception skips that end. Twisted's IntNStringReceiver has this fault. The fixed twins take each
/// message out before its handler sees it.
template <bool kFixed>
class Messages : public Protocol {
 public:
  explicit Messages(props::EventLog& log) : log_(log) {}

 protected:
  void messageReceived(ByteView message) { log_.event("message", message); }

  /// The end of the message that begins at `at`; 0 when it is not complete.
  std::size_t endOf(std::size_t at) const {
    if (at >= buffer_.size()) return 0;
    const std::size_t end = at + 1 + static_cast<unsigned char>(buffer_[at]);
    return end <= buffer_.size() ? end : 0;
  }

  props::EventLog& log_;
  std::string buffer_;
};

/// A protocol that catches what its handler throws and goes on with the next data.
template <bool kFixed>
class AgainInside : public Messages<kFixed> {
 public:
  using Messages<kFixed>::Messages;

  void dataReceived(ByteView data) override {
    this->buffer_ += data.text();
    std::size_t at = 0;
    for (std::size_t end = 0; (end = this->endOf(at)) != 0;) {
      const std::string message = this->buffer_.substr(at + 1, end - at - 1);
      if constexpr (kFixed) at = end;
      try {
        this->messageReceived(message);
      } catch (const std::exception&) {
        if constexpr (!kFixed) return;  // the fault: the buffer is as it was
      }
      if constexpr (!kFixed) at = end;
    }
    this->buffer_.erase(0, at);
  }
};

/// A protocol whose handler's exception leaves dataReceived. A careful caller catches it, as a
/// wrapping protocol may do.
template <bool kFixed>
class Leaving : public Messages<kFixed> {
 public:
  using Messages<kFixed>::Messages;

  void dataReceived(ByteView data) override {
    this->buffer_ += data.text();
    std::size_t at = 0;
    for (std::size_t end = 0; (end = this->endOf(at)) != 0;) {
      const std::string message = this->buffer_.substr(at + 1, end - at - 1);
      if constexpr (kFixed) this->buffer_.erase(0, end);
      else at = end;
      this->messageReceived(message);
    }
    this->buffer_.erase(0, at);  // the fault: an exception skips this line
  }
};

template <bool kFixed>
class AgainOutside : public Leaving<kFixed> {
 public:
  using Leaving<kFixed>::Leaving;

  void dataReceived(ByteView data) override {
    try {
      Leaving<kFixed>::dataReceived(data);
    } catch (const std::exception&) {
      // One bad message is no reason to lose the connection.
    }
  }
};

}  // namespace teasel::museum
