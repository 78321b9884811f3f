#pragma once

#include <chrono>
#include <string_view>

#include <teasel/core/clock.hpp>
#include <teasel/fakes/world/world.hpp>
#include <teasel/protocols/line_receiver.hpp>

namespace teasel::museum {

/// Exhibits: a lease that is renewed at the very instant of its end has two holders. When the time
/// is over, a timer gives it to the next client. A renewal that comes later is refused. One that
/// comes when the timer has run and the clock has not moved is not later. The check: who renews a
/// lease has it alone.
template <bool kFixed>
class LeaseEnd : public LineReceiver {
 public:
  LeaseEnd(fakes::World& world, Clock& clock, Duration lease) : world_(world), clock_(clock), lease_(lease) {}

  void lineReceived(std::string_view line) override {
    if (line == "take") return lend();
    // The fault: the clock says it.
    const bool inTime = kFixed ? over_.active() : clock_.now() <= end_;
    if (!inTime) return transport().loseConnection();
    world_.check(!next_, "two-holders");
    lend();
  }
  void connectionLost(const Failure&) override { over_.cancelIfActive(); }

 private:
  void lend() {
    over_.cancelIfActive();
    end_ = clock_.now() + lease_;
    over_ = clock_.callLater(lease_, [this] { next_ = true; });
  }

  fakes::World& world_;
  Clock& clock_;
  Duration lease_;
  Instant end_{};
  DelayedCall over_;
  bool next_ = false;  // the next client has it
};

/// Takes a lease and renews it once, so long after it has asked.
class Tenant : public LineReceiver {
 public:
  Tenant(Clock& clock, Duration after) : clock_(clock), after_(after) {}

  void connectionMade() override {
    sendLine("take");
    renew_ = clock_.callLater(after_, [this] { sendLine("renew"); });
  }
  void lineReceived(std::string_view) override {}
  void connectionLost(const Failure&) override { renew_.cancelIfActive(); }

 private:
  Clock& clock_;
  Duration after_;
  DelayedCall renew_;
};

}  // namespace teasel::museum
