#pragma once

#include <string>
#include <utility>

#include <teasel/core/check.hpp>
#include <teasel/props/event_log.hpp>
#include <teasel/protocols/int_n_string_receiver.hpp>
#include <teasel/protocols/line_only_receiver.hpp>
#include <teasel/protocols/netstring_receiver.hpp>

#include "framing/commands.hpp"
#include "framing/fetch.hpp"

/// Protocols for the targets: Server runs Commands, Client runs Fetch, and Quiet only reports what
/// it hears. Each exists over every framing protocol. Server and Client are constructed with a
/// clock; all take the log that they report to and the arguments of their framing protocol.

namespace teasel::targets {

/// The length of the longest message in the targets, in bytes.
inline constexpr std::size_t kMaxMessage = 200;

// The framing protocols, reduced to messages. send() writes a message, and messageReceived() is
// called with each message. broken() is called with the reason when the input breaks the format;
// if it returns true, the protocol's own answer to that follows. A Server returns true at the
// kFaults-th such call.

class Lines : public LineOnlyReceiver {
 public:
  static constexpr int kFaults = 3;
  Lines() : LineOnlyReceiver("\r\n", kMaxMessage) {}
  void send(std::string_view message) { sendLine(message); }

 protected:
  virtual void messageReceived(std::string_view message) = 0;
  virtual bool broken(std::string_view why) = 0;
  void lineReceived(std::string_view line) final { messageReceived(line); }
  void lineLengthExceeded(std::string_view line) final {
    if (broken("too long")) LineOnlyReceiver::lineLengthExceeded(line);
  }
};

class Netstrings : public NetstringReceiver {
 public:
  static constexpr int kFaults = 1;
  Netstrings() : NetstringReceiver(kMaxMessage) {}
  void send(std::string_view message) { sendString(message); }

 protected:
  virtual void messageReceived(std::string_view message) = 0;
  virtual bool broken(std::string_view why) = 0;
  void stringReceived(ByteView string) final { messageReceived(string.text()); }
  void netstringError(const Failure& why) final {
    if (broken(why.what())) NetstringReceiver::netstringError(why);
  }
};

class IntStrings : public IntNStringReceiver {
 public:
  static constexpr int kFaults = 3;
  explicit IntStrings(std::size_t prefixLength) : IntNStringReceiver(prefixLength, kMaxMessage) {}
  void send(std::string_view message) { sendString(message); }

 protected:
  virtual void messageReceived(std::string_view message) = 0;
  virtual bool broken(std::string_view why) = 0;
  void stringReceived(ByteView string) final { messageReceived(string.text()); }
  void lengthLimitExceeded(std::uint64_t length) final {
    if (broken("too long: " + std::to_string(length))) IntNStringReceiver::lengthLimitExceeded(length);
  }
};

/// A server that obeys Commands.
template <class Messages>
class Server final : public Messages {
 public:
  template <class... Args>
  Server(Clock& clock, props::EventLog& log, Args... args)
      : Messages(args...), log_(log), commands_(*this, clock, [this](std::string_view text) { reply(text); }) {}

  void connectionLost(const Failure&) override { commands_.end(); }

 protected:
  void messageReceived(std::string_view message) override {
    commands_.obey(message);
    log_.event("message", message);
  }
  bool broken(std::string_view why) override {
    TEASEL_CHECK(!this->transport().disconnecting() && !this->transport().paused());
    reply(why);
    log_.event("broken", why);
    return ++faults_ == Messages::kFaults;
  }

 private:
  void reply(std::string_view text) {
    if (text.size() > kMaxMessage) text = "too long for you";
    this->send(text);
  }

  props::EventLog& log_;
  Commands commands_;
  int faults_ = 0;
};

/// A client that runs Fetch.
template <class Messages>
class Client final : public Messages {
 public:
  template <class... Args>
  Client(Clock& clock, props::EventLog& log, Args... args)
      : Messages(args...), fetch(*this, clock, [this](std::string_view text) { this->send(text); }), log_(log) {}

  void connectionMade() override { fetch.begin(); }
  void connectionLost(const Failure&) override { fetch.end(); }

  Fetch fetch;

 protected:
  void messageReceived(std::string_view message) override {
    fetch.heard(message);
    log_.event("message", message);
  }
  bool broken(std::string_view why) override {
    fetch.broken(why);
    log_.event("broken", why);
    return false;
  }

 private:
  props::EventLog& log_;
};

/// Reports what it hears and leaves everything else to its framing protocol.
template <class Messages>
class Quiet final : public Messages {
 public:
  template <class... Args>
  explicit Quiet(props::EventLog& log, Args... args) : Messages(args...), log_(log) {}

 protected:
  void messageReceived(std::string_view message) override { log_.event("message", message); }
  bool broken(std::string_view why) override {
    log_.event("broken", why);
    return true;
  }

 private:
  props::EventLog& log_;
};

}  // namespace teasel::targets
