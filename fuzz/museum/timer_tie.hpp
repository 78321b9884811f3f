#pragma once

#include <chrono>
#include <string>

#include <teasel/core/clock.hpp>
#include <teasel/deferred/deferred.hpp>
#include <teasel/protocol/protocol.hpp>

namespace teasel::museum {

/// Exhibit: an answer that comes at the very instant of its time-out. The protocol asks, and waits
/// for ten seconds. An answer that comes later is ignored. One that comes when the time-out has run
/// and the clock has not moved is not later, and the waiting Deferred is fired twice.
template <bool kFixed>
class TimerTie : public Protocol {
 public:
  static constexpr Duration kPatience = std::chrono::seconds(10);

  explicit TimerTie(Clock& clock) : clock_(clock) {}

  void connectionMade() override {
    transport().write("who is there?\n");
    deadline_ = clock_.now() + kPatience;
    timeout_ = clock_.callLater(kPatience, [this] {
      if constexpr (kFixed) answered_ = true;  // the fault: left out
      answer_.callback("nobody");
    });
  }
  void dataReceived(ByteView data) override {
    if (answered_ || clock_.now() > deadline_) return;
    answered_ = true;
    timeout_.cancelIfActive();
    answer_.callback(data.str());
  }
  void connectionLost(const Failure&) override {
    if (timeout_.cancelIfActive()) answer_.callback("lost");
  }

 private:
  Clock& clock_;
  Deferred<std::string> answer_;
  Instant deadline_{};
  DelayedCall timeout_;
  bool answered_ = false;
};

}  // namespace teasel::museum
