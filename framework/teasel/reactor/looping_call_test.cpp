#include <teasel/reactor/looping_call.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdint>
#include <vector>

#include <teasel/core/errors.hpp>
#include <teasel/fakes/fake_clock.hpp>
#include <teasel/gtest/results.hpp>
#include <teasel/reactor/task_test_kit.hpp>

namespace teasel {
namespace {

using namespace std::chrono_literals;
using fakes::FakeClock;
using gtest::assertNoResult;
using gtest::successResultOf;
using task_tests::StallingClock;
using task_tests::thrownBy;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

/// One call of the body: when it came, and with which count.
using Times = std::vector<Duration>;
using Counts = std::vector<std::int64_t>;

// --- When calls come

TEST(LoopingCall, CallsAtOnceAndThenAfterEachInterval) {
  FakeClock clock;
  int calls = 0;
  LoopingCall loop(clock, [&] { ++calls; });
  auto done = loop.start(100ms);
  clock.pump({50ms, 100ms, 100ms});
  EXPECT_EQ(calls, 3);
  loop.stop();
  successResultOf(done);
  EXPECT_EQ(clock.pending(), 0u);
}

TEST(LoopingCall, WithoutNowCallsFirstAfterOneInterval) {
  FakeClock clock;
  int calls = 0;
  LoopingCall loop(clock, [&] { ++calls; });
  auto done = loop.start(100ms, false);
  clock.pump({50ms, 100ms, 100ms});
  EXPECT_EQ(calls, 2);
  loop.stop();
  successResultOf(done);
  EXPECT_EQ(clock.pending(), 0u);
}

TEST(LoopingCall, SkipsTheMultiplesThatPassedWhileTheBodyWorked) {
  StallingClock clock;
  Duration takes = 2s;
  Times times;
  LoopingCall loop(clock, [&] {
    times.push_back(clock.passed());
    clock.stall(takes);
  });
  loop.start(500ms);
  EXPECT_EQ(clock.passed(), 2s);
  clock.runAfter(0s);  // 2 s is now, not to come
  EXPECT_THAT(times, ElementsAre(0s));
  takes = 1s;
  clock.runAfter(500ms);
  clock.runAfter(0s);
  EXPECT_THAT(times, ElementsAre(0s, 2500ms));
  takes = 0s;
  clock.runAfter(500ms);
  EXPECT_THAT(times, ElementsAre(0s, 2500ms, 4s));
}

TEST(LoopingCall, ABodyLongerThanTheIntervalIsCalledAtEverySecondMultipleAndCountsTwo) {
  FakeClock clock;
  const Instant start = clock.now();
  Times times;
  Counts counts;
  LoopingCall loop = LoopingCall::withCount(clock, [&](std::int64_t count) {
    times.push_back(clock.now() - start);
    counts.push_back(count);
    clock.takeTime(70ms);
  });
  loop.start(50ms);
  clock.advance(300ms);
  EXPECT_THAT(times, ElementsAre(0ms, 100ms, 200ms, 300ms));
  EXPECT_THAT(counts, ElementsAre(1, 2, 2, 2));
}

TEST(LoopingCall, StartsAndCountsFromTheTimeAtTheCallAndNotFromThatOfTheTurn) {
  FakeClock clock;
  const Instant start = clock.now();
  Times times;
  Counts counts;
  LoopingCall loop = LoopingCall::withCount(clock, [&](std::int64_t count) {
    times.push_back(clock.now() - start);
    counts.push_back(count);
  });
  clock.callLater(1s, [&] {
    clock.takeTime(300ms);
    loop.start(1s, false);
  });
  clock.callAt(start + 2300ms, [&] { clock.takeTime(1500ms); });  // before a call of the loop
  clock.advance(5s);
  EXPECT_THAT(times, ElementsAre(2300ms, 4300ms));
  EXPECT_THAT(counts, ElementsAre(2, 1));
}

TEST(LoopingCall, MakesOneCallHoweverManyMultiplesWereMissed) {
  StallingClock clock;
  Times times;
  LoopingCall loop(clock, [&] { times.push_back(clock.passed()); });
  loop.start(500ms);
  clock.runAfter(2s);
  clock.runAfter(1s);
  clock.runAfter(0s);
  EXPECT_THAT(times, ElementsAre(0s, 2s, 3s));
}

TEST(LoopingCall, KeepsItsPhaseAfterALateCall) {
  StallingClock clock;
  Times times;
  LoopingCall loop(clock, [&] { times.push_back(clock.passed()); });
  loop.start(1s, false);
  clock.runAfter(1700ms);
  clock.runAfter(299ms);
  EXPECT_THAT(times, ElementsAre(1700ms));
  clock.runAfter(1ms);
  EXPECT_THAT(times, ElementsAre(1700ms, 2s));
}

TEST(LoopingCall, WithAnIntervalOfZeroCallsInEveryTurn) {
  StallingClock clock;
  int calls = 0;
  LoopingCall loop(clock, [&] {
    if (++calls == 6) loop.stop();
  });
  auto done = loop.start(0s);
  for (int turn = 1; turn <= 5; ++turn) {
    EXPECT_EQ(calls, turn);
    assertNoResult(done);
    clock.runAfter(0s);
  }
  EXPECT_EQ(calls, 6);
  successResultOf(done);
}

TEST(LoopingCall, RefusesANegativeInterval) {
  FakeClock clock;
  LoopingCall loop(clock, [] {});
  EXPECT_THAT(thrownBy<NegativeDelay>([&] { loop.start(-1ns); }), HasSubstr("-1 ns"));
  EXPECT_FALSE(loop.running());
  EXPECT_THROW(loop.setInterval(-1ns), NegativeDelay);
}

TEST(LoopingCall, AnIntervalWithoutEndIsNeverOver) {
  FakeClock clock;
  int calls = 0;
  LoopingCall loop(clock, [&] { ++calls; });
  loop.start(Duration::max());
  clock.advance(std::chrono::hours(24 * 365));
  EXPECT_EQ(calls, 1);
}

TEST(LoopingCall, ResetMovesTheNextCallToOneIntervalFromNow) {
  FakeClock clock;
  int calls = 0;
  LoopingCall loop(clock, [&] { ++calls; });
  loop.start(2s, false);
  clock.advance(1s);
  loop.reset();
  clock.advance(1s);
  EXPECT_EQ(calls, 0);
  clock.advance(1s);
  EXPECT_EQ(calls, 1);
  clock.advance(2s);
  EXPECT_EQ(calls, 2);
}

TEST(LoopingCall, ResetWhileItsDeferredIsAwaitedCountsFromTheReset) {
  FakeClock clock;
  int calls = 0;
  const Deferred<void> slow;
  LoopingCall loop(clock, [&] { return ++calls == 1 ? slow : succeed(); });
  loop.start(2s);
  clock.advance(1s);
  loop.reset();
  clock.advance(500ms);
  slow.callback();
  clock.advance(1499ms);
  EXPECT_EQ(calls, 1);
  clock.advance(1ms);
  EXPECT_EQ(calls, 2);
}

TEST(LoopingCall, SetIntervalMovesTheNextCallToAMultipleOfTheNewOne) {
  FakeClock clock;
  Times times;
  const Instant start = clock.now();
  LoopingCall loop(clock, [&] { times.push_back(clock.now() - start); });
  loop.start(10s, false);
  clock.advance(4s);
  loop.setInterval(3s);
  EXPECT_EQ(loop.interval(), 3s);
  clock.advance(5s);
  EXPECT_THAT(times, ElementsAre(6s, 9s));
}

// --- withCount

TEST(LoopingCall, CountsTheIntervalsThatBeganSinceTheCallBefore) {
  StallingClock clock;
  Times times;
  Counts counts;
  LoopingCall loop = LoopingCall::withCount(clock, [&](std::int64_t count) {
    times.push_back(clock.passed());
    counts.push_back(count);
  });
  loop.start(500ms);
  clock.runAfter(510ms);
  clock.runAfter(1510ms);
  clock.runAfter(0s);
  EXPECT_THAT(times, ElementsAre(0s, 510ms, 2020ms));
  EXPECT_THAT(counts, ElementsAre(1, 1, 3));
}

TEST(LoopingCall, CountsALateCallAsOneUnlessAWholeIntervalWasMissed) {
  StallingClock clock;
  Counts counts;
  LoopingCall loop = LoopingCall::withCount(clock, [&](std::int64_t count) { counts.push_back(count); });
  loop.start(500ms);
  clock.runAfter(510ms);
  clock.runAfter(875ms);  // at 2.75 intervals and a bit
  clock.runAfter(125ms);
  EXPECT_THAT(counts, ElementsAre(1, 1, 1, 1));
}

TEST(LoopingCall, CountsExactlyWithAnIntervalThatDividesNoSecond) {
  FakeClock clock;
  Counts counts;
  LoopingCall loop = LoopingCall::withCount(clock, [&](std::int64_t count) { counts.push_back(count); });
  loop.start(Duration(333'333'333), false);
  for (int step = 0; step < 10; ++step) clock.advance(Duration(333'333'333));
  EXPECT_EQ(counts, Counts(10, 1));
  for (int step = 0; step < 1000; ++step) clock.advance(Duration(1'000'000));
  EXPECT_EQ(counts, Counts(13, 1));
}

TEST(LoopingCall, CountsOneInEveryCallWithAnIntervalOfZero) {
  FakeClock clock;
  Counts counts;
  LoopingCall loop = LoopingCall::withCount(clock, [&](std::int64_t count) {
    counts.push_back(count);
    if (counts.size() == 5) loop.stop();
  });
  auto done = loop.start(0s, false);
  clock.advance(0s);
  successResultOf(done);
  EXPECT_EQ(counts, Counts(5, 1));
}

TEST(LoopingCall, CountsOneAfterAWaitWithAnIntervalOfZero) {
  FakeClock clock;
  Counts counts;
  const Deferred<void> slow;
  LoopingCall loop = LoopingCall::withCount(clock, [&](std::int64_t count) {
    counts.push_back(count);
    if (counts.size() == 5) loop.stop();
    return counts.size() == 2 ? slow : succeed();
  });
  loop.start(0s, false);
  clock.advance(0s);
  clock.advance(2s);
  EXPECT_EQ(counts, Counts(2, 1));
  slow.callback();
  clock.advance(0s);
  EXPECT_EQ(counts, Counts(5, 1));
}

TEST(LoopingCall, CountsSinceTheCallBeforeWhenTheIntervalWasZeroThen) {
  StallingClock clock;
  Counts counts;
  const Deferred<void> slow;
  LoopingCall loop = LoopingCall::withCount(clock, [&](std::int64_t count) {
    counts.push_back(count);
    return counts.size() == 2 ? slow : succeed();
  });
  loop.start(0s, false);
  clock.runAfter(10s);
  clock.runAfter(0s);
  loop.setInterval(2s);
  slow.callback();
  clock.runAfter(7s);
  clock.runAfter(2s);
  clock.runAfter(4s);
  EXPECT_THAT(counts, ElementsAre(1, 1, 3, 1, 2));
}

TEST(LoopingCall, CountsTheCallsThatAWaitLeftOut) {
  FakeClock clock;
  Counts counts;
  const Deferred<void> slow;
  LoopingCall loop = LoopingCall::withCount(clock, [&](std::int64_t count) {
    counts.push_back(count);
    return counts.size() == 1 ? slow : succeed();
  });
  loop.start(200ms, false);
  clock.pump({200ms, 400ms});
  EXPECT_THAT(counts, ElementsAre(1));
  slow.callback();
  clock.advance(200ms);
  EXPECT_THAT(counts, ElementsAre(1, 3));
}

TEST(LoopingCall, NeverCountsZeroAfterAReset) {
  FakeClock clock;
  Counts counts;
  LoopingCall loop = LoopingCall::withCount(clock, [&](std::int64_t count) { counts.push_back(count); });
  loop.start(2s);
  clock.advance(1s);
  loop.reset();
  clock.advance(2s);
  loop.setInterval(100s);
  clock.advance(98s);
  EXPECT_THAT(counts, ElementsAre(1, 1, 1));
}

}  // namespace
}  // namespace teasel
