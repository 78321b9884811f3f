#include <teasel/core/clock.hpp>

#include <gtest/gtest.h>

#include <algorithm>
#include <memory>
#include <string>
#include <vector>

#include <teasel/core/detail/timer_queue.hpp>
#include <teasel/core/errors.hpp>

namespace teasel {
namespace {

using namespace std::chrono_literals;

/// Runs what is due at each time it is moved to.
class ManualClock : public Clock {
 public:
  void moveTo(Duration sinceStart) {
    setNow(Instant{} + sinceStart);
    const std::uint64_t mark = timers_.mark();
    for (auto call = timers_.takeDue(now(), mark); call; call = timers_.takeDue(now(), mark)) call();
  }
  std::size_t pending() const { return timers_.size(); }
  Instant next() const { return timers_.next(); }
};

/// A clock of a turn in which code works: liveNow() moves on, now() stands.
class WorkingClock final : public ManualClock {
 public:
  Instant liveNow() const noexcept override { return now() + worked; }
  Duration worked{};
};
TEST(Clock, GivesHandlesToTheCallsThatWait) {
  ManualClock clock;
  const DelayedCall first = clock.callLater(1s, [] {});
  const DelayedCall second = clock.callLater(2s, [] {});
  std::vector<PendingCall> waiting = clock.getDelayedCalls();
  ASSERT_EQ(waiting.size(), 2u);
  std::sort(waiting.begin(), waiting.end(), [](const auto& a, const auto& b) { return a.at < b.at; });
  EXPECT_TRUE(waiting[0].call == first && waiting[1].call == second && !(waiting[0].call == second));
  waiting[0].call.cancel();
  EXPECT_FALSE(first.active());
  EXPECT_EQ(clock.pending(), 1u);
}

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
  const int line = __LINE__ - 1;
  try {
    call.reset(-90s);
    FAIL() << "took a negative delay";
  } catch (const NegativeDelay& error) {
    EXPECT_EQ(error.what(), "reset(-90 s) at clock_test.cpp:" + std::to_string(line + 3) +
                                " of a call made at clock_test.cpp:" + std::to_string(line));
  }
  EXPECT_TRUE(call.active());
}

TEST(Clock, ADelayBeyondTheEndOfTimeIsNever) {
  ManualClock clock;
  clock.moveTo(1h);
  EXPECT_EQ(clock.callLater(Duration::max(), [] {}).getTime(), kNever);
}

TEST(Clock, CountsEveryDelayFromTheTimeAtTheCall) {
  WorkingClock clock;
  DelayedCall set = clock.callLater(1s, [] {}), back = clock.callLater(2s, [] {});
  clock.worked = 400ms;
  EXPECT_EQ(clock.now(), Instant{});
  EXPECT_EQ(clock.callLater(200ms, [] {}).getTime(), Instant{} + 600ms);
  EXPECT_EQ(clock.callLater(0s, [] {}).getTime(), Instant{} + 400ms);
  set.reset(1s);
  EXPECT_EQ(set.getTime(), Instant{} + 1400ms);
  back.delay(-9s);
  EXPECT_EQ(back.getTime(), Instant{} + 400ms);
}

TEST(Clock, CallAtIsDueAtThatInstantAndInTheNextTurnIfThatHasPassed) {
  ManualClock clock;
  std::string ran;
  clock.moveTo(1s);
  const DelayedCall ahead = clock.callAt(Instant{} + 3s, [&] { ran += 'a'; });
  const DelayedCall past = clock.callAt(Instant{}, [&] { ran += 'p'; });
  EXPECT_EQ(ahead.getTime(), Instant{} + 3s);
  EXPECT_EQ(past.getTime(), clock.now());
  clock.moveTo(1s);
  EXPECT_EQ(ran, "p");
  clock.moveTo(3s);
  EXPECT_EQ(ran, "pa");
  EXPECT_THROW(clock.callAt(kNever, nullptr), UsageError);
}

TEST(Clock, CallAtAnInstantThatHasPassedComesBehindWhatIsDueInThisTurn) {
  ManualClock clock;
  std::string ran;
  clock.callLater(1s, [&] { clock.callAt(Instant{}, [&] { ran += 'p'; }); });
  clock.callLater(2s, [&] { ran += 'a'; });
  clock.moveTo(2s);
  EXPECT_EQ(ran, "a");
  clock.moveTo(2s);
  EXPECT_EQ(ran, "ap");
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

TEST(DelayedCall, SaysHowItEndedAfterOthersTookItsPlaceAndTheClockWent) {
  DelayedCall called, cancelled, dropped;
  int line = 0;
  {
    ManualClock clock;
    called = clock.callLater(1s, [] {}), line = __LINE__;
    cancelled = clock.callLater(2s, [] {});
    cancelled.cancel();
    clock.moveTo(1s);
    for (int i = 0; i < 100; ++i) clock.callLater(3s, [] {});
    dropped = clock.callLater(9s, [] {});
  }
  EXPECT_THROW(called.cancel(), AlreadyCalled);
  EXPECT_THROW(cancelled.cancel(), AlreadyCancelled);
  EXPECT_THROW(dropped.cancel(), AlreadyCancelled);
  EXPECT_EQ(called.getTime(), Instant{} + 1s);
  EXPECT_EQ(cancelled.getTime(), Instant{} + 2s);
  EXPECT_EQ(called.site().line, line);
}

TEST(DelayedCall, CopiesSpeakOfTheSameCallAndTheLastOneMayGoAfterTheClock) {
  std::vector<DelayedCall> copies;
  {
    ManualClock clock;
    for (int i = 0; i < 5; ++i) copies.push_back(clock.callLater(i * 1s, [] {}));
    for (int i = 0; i < 100; ++i) copies.push_back(copies[static_cast<std::size_t>(i)]);
    copies[7].reset(30s);
    EXPECT_EQ(copies[2].getTime(), Instant{} + 30s);
    copies[2].cancel();
    EXPECT_FALSE(copies[102].active());
  }
  DelayedCall last = copies.back();
  copies.clear();
  EXPECT_FALSE(last.active());
  last = DelayedCall();
  EXPECT_EQ(last.getTime(), kNever);
}

TEST(DelayedCall, CancelDestroysACaptureThatOwnsTheClockAndTheLastHandle) {
  struct Owner {
    ManualClock clock;
    DelayedCall call;
  };
  auto owner = std::make_shared<Owner>();
  const std::weak_ptr<Owner> watch = owner;
  Owner& all = *owner;
  all.call = all.clock.callLater(1s, [owner] {});
  owner.reset();
  DelayedCall call = all.call;
  call.cancel();
  EXPECT_TRUE(watch.expired());
  EXPECT_FALSE(call.active());
}

TEST(DelayedCall, CancelLeavesNothingThatALaterCallInItsPlaceCouldBeTakenFor) {
  for (const bool backwards : {false, true}) {
    ManualClock clock;
    std::string ran;
    clock.callLater(1s, [&] { ran += 'x'; });
    clock.callLater(2s, [] {}).cancel();
    // Each leaves a dead entry and a free place; the places are taken again, in another order, at
    // other times.
    std::vector<DelayedCall> calls;
    for (int i = 0; i < 40; ++i) calls.push_back(clock.callLater(2s, [&] { ran += '!'; }));
    for (DelayedCall& call : calls) call.cancel();
    if (backwards) std::reverse(calls.begin(), calls.end());
    for (DelayedCall& call : calls) call = DelayedCall();
    clock.callLater(4s, [&] { ran += 'z'; });
    clock.moveTo(1s);
    EXPECT_EQ(clock.next(), Instant{} + 4s);
    for (int i = 0; i < 20; ++i) clock.callLater(2s, [&ran, i] { ran += static_cast<char>('a' + i); });
    clock.moveTo(2s);
    EXPECT_EQ(ran, "x");
    clock.moveTo(4s);
    EXPECT_EQ(ran, "xabcdefghijklmnopqrstz");
  }
}

TEST(DelayedCall, ALaterResetNeitherRunsEarlyNorHoldsOthersUp) {
  ManualClock clock;
  std::string ran;
  DelayedCall a = clock.callLater(1s, [&] { ran += 'a'; });
  clock.callLater(2s, [&] { ran += 'b'; });
  a.reset(3s);
  clock.moveTo(1s);
  EXPECT_EQ(ran, "");
  clock.moveTo(2s);
  EXPECT_EQ(ran, "b");
  clock.moveTo(3s);
  EXPECT_EQ(ran, "ba");
}

TEST(DelayedCall, ResetsBackAndForthRunItOnceAtTheLastTimeSet) {
  ManualClock clock;
  int runs = 0;
  DelayedCall call = clock.callLater(5s, [&] { ++runs; });
  for (const Duration at : {9s, 2s, 7s, 1s, 4s}) call.reset(at);
  clock.moveTo(3s);
  EXPECT_EQ(runs, 0);
  clock.moveTo(4s);
  EXPECT_EQ(runs, 1);
  clock.moveTo(20s);
  EXPECT_EQ(runs, 1);
}

TEST(Clock, KeepsTheOrderOfASortedListUnderManyChanges) {
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
    const std::uint64_t what = draw(5);
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
    Instant earliest = kNever;
    for (const Set& set : model) earliest = std::min(earliest, Instant{} + set.at);
    ASSERT_EQ(clock.next(), earliest);
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
