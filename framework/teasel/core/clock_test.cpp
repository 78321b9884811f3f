#include <teasel/core/clock.hpp>

#include <gtest/gtest.h>

#include <algorithm>
#include <memory>
#include <string>
#include <tuple>
#include <vector>

#include <teasel/core/errors.hpp>

namespace teasel {
namespace {

using namespace std::chrono_literals;

/// Runs what is due at each time it is moved to.
class ManualClock : public Clock {
 public:
  void moveTo(Duration sinceStart) {
    timers_.setNow(Instant{} + sinceStart);
    const std::uint64_t mark = timers_.mark();
    for (auto call = timers_.takeDue(now(), mark); call; call = timers_.takeDue(now(), mark)) call();
  }
  std::size_t pending() const { return timers_.size(); }
};

TEST(Clock, RunsEqualTimesInTheOrderInWhichTheyWereLastSet) {
  ManualClock clock;
  std::string ran;
  clock.callLater(1s, [&] { ran += 'a'; });
  DelayedCall b = clock.callLater(500ms, [&] { ran += 'b'; });
  clock.callLater(1s, [&] { ran += 'c'; });
  b.reset(1s);
  clock.moveTo(1s);
  EXPECT_EQ(ran, "acb");
}

TEST(Clock, CancelWorksWithinTheSameTurn) {
  ManualClock clock;
  bool ran = false;
  DelayedCall second;
  clock.callLater(1s, [&] { second.cancel(); });
  second = clock.callLater(1s, [&] { ran = true; });
  clock.moveTo(1s);
  EXPECT_FALSE(ran);
  EXPECT_EQ(clock.pending(), 0u);
}

TEST(Clock, WhatATimerSetsForNowWaitsForTheNextTurn) {
  ManualClock clock;
  int runs = 0;
  UniqueFunction<void()> again;
  clock.callLater(0s, [&] {
    ++runs;
    clock.callLater(0s, [&] { ++runs; });
  });
  clock.moveTo(0s);
  EXPECT_EQ(runs, 1);
  clock.moveTo(0s);
  EXPECT_EQ(runs, 2);
}

TEST(Clock, DelayMovesRelativeToTheTimeSetAndNeverIntoThePast) {
  ManualClock clock;
  DelayedCall call = clock.callLater(2s, [] {});
  call.delay(1s);
  EXPECT_EQ(call.getTime(), Instant{} + 3s);
  call.delay(-10s);
  EXPECT_EQ(call.getTime(), clock.now());
}

TEST(Clock, RefusesNegativeDelaysAndSaysWhere) {
  ManualClock clock;
  EXPECT_THROW(clock.callLater(-1ns, [] {}), NegativeDelay);
  DelayedCall call = clock.callLater(1s, [] {});
  EXPECT_THROW(call.reset(-1ns), NegativeDelay);
  EXPECT_TRUE(call.active());
}

TEST(Clock, ADelayBeyondTheEndOfTimeIsNever) {
  ManualClock clock;
  clock.moveTo(1h);
  EXPECT_EQ(clock.callLater(Duration::max(), [] {}).getTime(), kNever);
}

TEST(DelayedCall, FinishedCallsRefuseByTheirTwistedNames) {
  ManualClock clock;
  DelayedCall called = clock.callLater(0s, [] {});
  DelayedCall cancelled = clock.callLater(0s, [] {});
  cancelled.cancel();
  clock.moveTo(0s);
  EXPECT_THROW(called.cancel(), AlreadyCalled);
  EXPECT_THROW(cancelled.reset(1s), AlreadyCancelled);
  EXPECT_FALSE(cancelled.cancelIfActive());
  EXPECT_THROW(DelayedCall().delay(1s), AlreadyCalled);
}

TEST(DelayedCall, CancelDestroysWhatWasCapturedEvenIfThatHoldsTheLastHandle) {
  ManualClock clock;
  const auto handle = std::make_shared<DelayedCall>();
  const std::weak_ptr<DelayedCall> watch = handle;
  *handle = clock.callLater(1s, [handle] {});
  DelayedCall copy = *handle;
  copy.cancel();
  EXPECT_EQ(handle.use_count(), 1);
  EXPECT_FALSE(copy.active());
}

TEST(DelayedCall, OutlivesItsClock) {
  DelayedCall call;
  {
    ManualClock clock;
    call = clock.callLater(1s, [] {});
  }
  EXPECT_FALSE(call.active());
}

TEST(TimerQueue, KeepsTheOrderOfASortedListUnderManyChanges) {
  ManualClock clock;
  struct Set {
    Duration at;
    int id;
    int lastSet;
    DelayedCall call;
  };
  std::vector<Set> model;
  std::vector<int> ran;
  std::uint64_t state = 1;
  int ids = 0;
  const auto draw = [&](std::uint64_t bound) {
    state = state * 6364136223846793005u + 1442695040888963407u;
    return (state >> 33) % bound;
  };
  for (int i = 0; i < 2000; ++i) {
    const std::uint64_t what = draw(4);
    const Duration at{static_cast<std::int64_t>(draw(50))};
    const std::size_t which = model.empty() ? 0 : draw(model.size());
    if (what < 2 || model.empty()) {
      const int id = ids++;
      model.push_back({at, id, i, clock.callLater(at, [&ran, id] { ran.push_back(id); })});
    } else if (what == 2) {
      model[which].call.cancel();
      model.erase(model.begin() + static_cast<std::ptrdiff_t>(which));
    } else {
      model[which].call.reset(at);
      model[which].at = at;
      model[which].lastSet = i;
    }
  }
  std::sort(model.begin(), model.end(),
            [](const Set& a, const Set& b) { return a.at != b.at ? a.at < b.at : a.lastSet < b.lastSet; });
  clock.moveTo(50ns);
  std::vector<int> expected;
  for (const Set& set : model) expected.push_back(set.id);
  EXPECT_EQ(ran, expected);
}

}  // namespace
}  // namespace teasel
