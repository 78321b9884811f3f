#pragma once

#include <cstdint>
#include <stdexcept>
#include <string>
#include <string_view>

#include <teasel/protocols/stateful_protocol.hpp>

#include "framing/servers.hpp"

namespace teasel::targets {

/// The format that a StatefulProtocol reads in the targets, with the interface that servers.hpp
/// describes. A record begins with one byte for its kind. The kind says what follows:
///
///     m    a message: its length in 2 bytes, big-endian, then its bytes
///     l    a list of messages: their number in one byte, then each message behind its length in
///          one byte
///     w    words of 4 bytes, each a message, up to a word that is zero
///     z    a number in 2 bytes, big-endian: so many states in a row want no bytes
///     q    nothing: this record ends the states
///
/// Every other kind breaks the format.
class Records : public StatefulProtocol {
 public:
  static constexpr int kFaults = 1;
  class UnknownKind : public std::runtime_error {
    using runtime_error::runtime_error;
  };

  Records() : StatefulProtocol(kMaxMessage) {}
  void send(std::string_view message) {
    const char head[] = {'m', static_cast<char>(message.size() >> 8 & 0xff), static_cast<char>(message.size() & 0xff)};
    transport().write({head, sizeof head});
    transport().write(message);
  }

 protected:
  virtual void messageReceived(std::string_view message) = 0;
  virtual bool broken(std::string_view why) = 0;
  State getInitialState() final { return {&Records::kind, 1}; }

 private:
  static std::size_t number(ByteView bytes) {
    std::size_t value = 0;
    for (const char byte : bytes) value = value << 8 | static_cast<unsigned char>(byte);
    return value;
  }

  State kind(ByteView bytes) {
    switch (bytes[0]) {
      case 'm': return {&Records::length, 2};
      case 'l': return {&Records::count, 1};
      case 'w': return {&Records::word, 4};
      case 'z': return {&Records::empties, 2};
      case 'q': return State::end();
      default: break;
    }
    if (broken("no such kind")) transport().failConnection(Failure(UnknownKind("no such kind")));
    return State::end();
  }
  State length(ByteView bytes) { return {&Records::message, number(bytes)}; }
  State message(ByteView bytes) {
    messageReceived(bytes.text());
    return {&Records::kind, 1};
  }
  State count(ByteView bytes) {
    left_ = number(bytes);
    return nextItem();
  }
  State nextItem() { return left_ == 0 ? State(&Records::kind, 1) : State(&Records::itemLength, 1); }
  State itemLength(ByteView bytes) { return {&Records::item, number(bytes)}; }
  State item(ByteView bytes) {
    --left_;
    messageReceived(bytes.text());
    return nextItem();
  }
  State word(ByteView bytes) {
    if (number(bytes) == 0) return {&Records::kind, 1};
    messageReceived(bytes.text());
    return {};
  }
  State empties(ByteView bytes) {
    left_ = number(bytes);
    return left_ == 0 ? State(&Records::kind, 1) : State(&Records::nothing, 0);
  }
  State nothing(ByteView) { return --left_ == 0 ? State(&Records::kind, 1) : State(); }

  std::size_t left_ = 0;
};

}  // namespace teasel::targets
