#pragma once

#include <chrono>
#include <string_view>

#include <teasel/core/clock.hpp>
#include <teasel/fakes/world/world.hpp>
#include <teasel/protocols/line_receiver.hpp>

namespace teasel::museum {

/// Exhibit: two masters. The master sends a beat every few seconds. A standby that hears none for
/// long enough takes over. A master that is cut off from it is alive, and goes on. The check: there
/// is one master.
template <bool kFixed>
class Master : public LineReceiver {
 public:
  static constexpr Duration kBeat = std::chrono::seconds(5), kStepsDown = std::chrono::seconds(15);
  static constexpr int kBeats = 24;

  Master(Clock& clock, bool& masters) : clock_(clock), acts_(masters) {}

  void connectionMade() override {
    lineReceived({});
    beat();
  }
  void lineReceived(std::string_view) override {
    if constexpr (kFixed) {  // the fault: left out
      stepDown_.cancelIfActive();
      stepDown_ = clock_.callLater(kStepsDown, [this] { retire(); });
    }
  }
  void connectionLost(const Failure&) override { stop(); }

 private:
  void beat() {
    if (++beats_ > kBeats) return retire();
    sendLine("beat");
    next_ = clock_.callLater(kBeat, [this] { beat(); });
  }
  void retire() {
    acts_ = false;
    stop();
    transport().loseConnection();
  }
  void stop() {
    next_.cancelIfActive();
    stepDown_.cancelIfActive();
  }

  Clock& clock_;
  bool& acts_;
  DelayedCall next_, stepDown_;
  int beats_ = 0;
};

/// Answers each beat. A connection that ends is no reason to take over: then the two can talk.
class Standby : public LineReceiver {
 public:
  static constexpr Duration kPatience = std::chrono::seconds(30);

  Standby(fakes::World& world, Clock& clock, const bool& masterActs) : world_(world), clock_(clock), masterActs_(masterActs) {}

  void connectionMade() override { wait(); }
  void lineReceived(std::string_view) override {
    sendLine("heard");
    wait();
  }
  void connectionLost(const Failure&) override { takeOver_.cancelIfActive(); }

 private:
  void wait() {
    takeOver_.cancelIfActive();
    takeOver_ = clock_.callLater(kPatience, [this] { world_.check(!masterActs_, "two-masters"); });
  }

  fakes::World& world_;
  Clock& clock_;
  const bool& masterActs_;
  DelayedCall takeOver_;
};

}  // namespace teasel::museum
