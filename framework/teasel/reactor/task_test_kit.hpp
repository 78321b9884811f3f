#pragma once

#include <teasel/core/clock.hpp>
#include <teasel/core/detail/timer_queue.hpp>
#include <teasel/deferred/test_util.hpp>

/// What the tests of LoopingCall, Cooperator, deferLater and react share.
namespace teasel::task_tests {

using deferred_tests::Chains;
using deferred_tests::Oops;
using deferred_tests::thrownBy;

/// A clock whose time jumps, as the time of a busy reactor does. What fell due in between runs
/// late, and all of it sees one time.
class StallingClock final : public Clock {
 public:
  StallingClock() { setNow(kStart); }
  Duration passed() const noexcept { return now() - kStart; }
  /// Time passes and nothing runs.
  void stall(Duration by) { setNow(now() + by); }
  /// Lets time pass, then runs a turn.
  void runAfter(Duration by) {
    stall(by);
    const std::uint64_t mark = timers_.mark();
    while (UniqueFunction<void()> due = timers_.takeDue(now(), mark)) due();
  }
  std::size_t pending() const noexcept { return timers_.size(); }

 private:
  static constexpr Instant kStart{std::chrono::seconds(1000)};
};

}  // namespace teasel::task_tests
