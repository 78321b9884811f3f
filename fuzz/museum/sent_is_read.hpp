#pragma once

#include <chrono>
#include <string>
#include <string_view>

#include <teasel/core/clock.hpp>
#include <teasel/protocol/protocol.hpp>

namespace teasel::museum {

/// Exhibit: what was sent is taken for what was read. A client says goodbye and is in a hurry: as
/// soon as all was sent it resets the connection. A kernel may drop what has arrived when a reset
/// comes. The check: who said goodbye was heard.
template <bool kFixed>
class SentIsRead : public Protocol {
 public:
  static constexpr std::string_view kGoodbye = "goodbye\n";
  static constexpr Duration kLook = std::chrono::milliseconds(1);

  SentIsRead(Clock& clock, bool& said) : clock_(clock), said_(said) {}

  void connectionMade() override {
    transport().write(kGoodbye);
    look(Duration::zero());
  }
  void connectionLost(const Failure&) override { look_.cancelIfActive(); }

 private:
  void look(Duration after) {
    look_ = clock_.callLater(after, [this] {
      if (transport().pendingBytes() > 0) return look(kLook);
      said_ = true;
      if constexpr (kFixed) transport().loseConnection();
      else transport().abortConnection();  // the fault
    });
  }

  Clock& clock_;
  bool& said_;
  DelayedCall look_;
};

/// Keeps what it hears.
class Hears : public Protocol {
 public:
  explicit Hears(std::string& heard) : heard_(heard) {}
  void dataReceived(ByteView data) override { heard_ += data.text(); }

 private:
  std::string& heard_;
};

}  // namespace teasel::museum
