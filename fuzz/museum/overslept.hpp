#pragma once

#include <chrono>
#include <string_view>

#include <teasel/core/clock.hpp>
#include <teasel/fakes/world/world.hpp>
#include <teasel/protocols/line_receiver.hpp>

namespace teasel::museum {

/// Exhibit: a client acts behind the end of its lease. Its last work is set to a time before the
/// end, and the timer is trusted. While the client has nothing to do, its machine wakes up for
/// something else and is busy for a while, and the timer runs late. The check: who acts has the
/// lease.
template <bool kFixed>
class Overslept : public LineReceiver {
 public:
  static constexpr Duration kLease = std::chrono::seconds(10), kWork = std::chrono::milliseconds(9900);

  Overslept(fakes::World& world, Clock& clock) : world_(world), clock_(clock) {}

  void connectionMade() override {
    end_ = clock_.now() + kLease;
    work_ = clock_.callLater(kWork, [this] { work(); });
    sendLine("mine for ten seconds");
  }
  void lineReceived(std::string_view) override {}
  void connectionLost(const Failure&) override { work_.cancelIfActive(); }

 private:
  void work() {
    if (kFixed && clock_.now() >= end_) return;  // the fault: left out
    world_.check(clock_.now() < end_, "acts-without-lease");
    sendLine("done");
  }

  fakes::World& world_;
  Clock& clock_;
  Instant end_{};
  DelayedCall work_;
};

/// Lends, and looks in the last two seconds of a lease ten times a second whether it is over.
class Lender : public LineReceiver {
 public:
  static constexpr Duration kLease = std::chrono::seconds(10), kLast = std::chrono::seconds(2);
  static constexpr Duration kEvery = std::chrono::milliseconds(100);

  explicit Lender(Clock& clock) : clock_(clock) {}
  void connectionMade() override {
    end_ = clock_.now() + kLease;
    next_ = clock_.callLater(kLease - kLast, [this] { look(); });
  }
  void lineReceived(std::string_view) override {}
  void connectionLost(const Failure&) override { next_.cancelIfActive(); }

 private:
  void look() {
    if (clock_.now() < end_) next_ = clock_.callLater(kEvery, [this] { look(); });
  }

  Clock& clock_;
  Instant end_{};
  DelayedCall next_;
};

}  // namespace teasel::museum
