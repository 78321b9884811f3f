#pragma once

#include <chrono>

#include <teasel/core/clock.hpp>
#include <teasel/fakes/world/world.hpp>
#include <teasel/protocol/protocol.hpp>

namespace teasel::museum {

/// Exhibit: two timers that are set for two times fall due in one turn. The protocol asks again
/// after a second, and gives up half a second later. Where a callback takes long, both run at one
/// instant, and the peer has no time to answer. The check: between the last question and giving up
/// some time passes.
template <bool kFixed>
class TwoDue : public Protocol {
 public:
  static constexpr Duration kAgain = std::chrono::seconds(1), kMore = std::chrono::milliseconds(500);

  TwoDue(fakes::World& world, Clock& clock) : world_(world), clock_(clock) {}

  void connectionMade() override {
    ask();
    again_ = clock_.callLater(kAgain, [this] {
      ask();
      if constexpr (kFixed) giveUp_ = clock_.callLater(kMore, [this] { giveUp(); });
    });
    // The fault: this time does not depend on when the second question was asked.
    if constexpr (!kFixed) giveUp_ = clock_.callLater(kAgain + kMore, [this] { giveUp(); });
  }
  void dataReceived(ByteView) override { stop(); }
  void connectionLost(const Failure&) override { stop(); }

 private:
  void ask() {
    asked_ = clock_.now();
    transport().write("are you there?\n");
  }
  void giveUp() {
    world_.check(clock_.now() > asked_, "no-time-to-answer");
    transport().loseConnection();
  }
  void stop() {
    again_.cancelIfActive();
    giveUp_.cancelIfActive();
  }

  fakes::World& world_;
  Clock& clock_;
  Instant asked_{};
  DelayedCall again_, giveUp_;
};

}  // namespace teasel::museum
