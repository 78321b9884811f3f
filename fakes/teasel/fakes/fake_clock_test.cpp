#include <teasel/fakes/fake_clock.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include <teasel/core/errors.hpp>
#include <teasel/core/logger.hpp>
#include <teasel/fakes/play/limits.hpp>

namespace teasel::fakes {
namespace {

using namespace std::chrono_literals;

TEST(FakeClock, StartsAtAnInstantThatIsNotZero) { EXPECT_GT(FakeClock().now(), Instant{}); }

TEST(FakeClock, VisitsEachDeadlineInOrderAtItsOwnTime) {
  FakeClock clock;
  const Instant start = clock.now();
  std::vector<Duration> ran;
  clock.callLater(3s, [&] { ran.push_back(clock.now() - start); });
  clock.callLater(1s, [&] {
    ran.push_back(clock.now() - start);
    clock.callLater(1s, [&] { ran.push_back(clock.now() - start); });
  });
  clock.advance(10s);
  EXPECT_EQ(ran, (std::vector<Duration>{1s, 2s, 3s}));
  EXPECT_EQ(clock.now(), start + 10s);
}

TEST(FakeClock, RunsEqualTimesInTheOrderInWhichTheyWereSet) {
  FakeClock clock;
  std::vector<int> ran;
  DelayedCall first = clock.callLater(1s, [&] { ran.push_back(1); });
  clock.callLater(1s, [&] { ran.push_back(2); });
  first.reset(1s);
  clock.advance(1s);
  EXPECT_EQ(ran, (std::vector<int>{2, 1}));
}

TEST(FakeClock, AdvanceToNextStopsAtTheEarliestDeadline) {
  FakeClock clock;
  int ran = 0;
  clock.callLater(2s, [&] { ++ran; });
  clock.callLater(5s, [&] { ++ran; });
  const Instant start = clock.now();
  EXPECT_TRUE(clock.advanceToNext());
  EXPECT_EQ(ran, 1);
  EXPECT_EQ(clock.now(), start + 2s);
  EXPECT_TRUE(clock.advanceToNext());
  EXPECT_FALSE(clock.advanceToNext());
}

TEST(FakeClock, NeverMeetsWhatIsSetForNever) {
  FakeClock clock;
  int ran = 0;
  clock.callLater(Duration::max(), [&] { ran = -1; });
  EXPECT_FALSE(clock.advanceToNext());
  clock.callLater(3s, [&] { ++ran; });
  const Instant start = clock.now();
  clock.advance(Duration::max());
  EXPECT_EQ(ran, 1);
  EXPECT_EQ(clock.now(), start + 3s);
  EXPECT_EQ(clock.pending(), 1u);
}

TEST(FakeClock, PumpAdvancesByEachStep) {
  FakeClock clock;
  int ran = 0;
  clock.callLater(3s, [&] { ++ran; });
  clock.pump({1s, 1s});
  EXPECT_EQ(ran, 0);
  clock.pump({1s});
  EXPECT_EQ(ran, 1);
}

TEST(FakeClock, RefusesToGoBackAndSaysWhere) {
  FakeClock clock;
  const std::string here = "at fake_clock_test.cpp:" + std::to_string(__LINE__ + 2);
  try {
    clock.advance(-1ns);
    FAIL() << "went back";
  } catch (const NegativeDelay& error) {
    EXPECT_THAT(error.what(), ::testing::HasSubstr(here));
  }
  EXPECT_THROW(clock.pump({1s, -1s}), NegativeDelay);
}

TEST(FakeClock, GivesACallThatKnowsItsTimeAndIsActiveUntilItRuns) {
  FakeClock clock;
  int ran = 0;
  const DelayedCall call = clock.callLater(2s, [&] { ++ran; });
  EXPECT_EQ(call.getTime(), clock.now() + 2s);
  EXPECT_TRUE(call.active());
  clock.advance(1s);
  EXPECT_EQ(ran, 0);
  clock.advance(1s);
  EXPECT_EQ(ran, 1);
  EXPECT_FALSE(call.active());
}

TEST(FakeClock, ACancelledCallIsNotActiveAndDoesNotRun) {
  FakeClock clock;
  int ran = 0;
  DelayedCall call = clock.callLater(1s, [&] { ++ran; });
  call.cancel();
  EXPECT_FALSE(call.active());
  clock.advance(2s);
  EXPECT_EQ(ran, 0);
}

TEST(FakeClock, ACallThatRunsCannotBeCancelledAnyMore) {
  FakeClock clock;
  DelayedCall call;
  bool refused = false;
  call = clock.callLater(1s, [&] {
    EXPECT_THROW(call.cancel(), AlreadyCalled);
    refused = true;
  });
  clock.advance(1s);
  EXPECT_TRUE(refused);
}

TEST(FakeClock, ADelayedCallRunsThatMuchLater) {
  FakeClock clock;
  int ran = 0;
  DelayedCall call = clock.callLater(1s, [&] { ++ran; });
  call.delay(1s);
  EXPECT_EQ(call.getTime(), clock.now() + 2s);
  clock.advance(1500ms);
  EXPECT_EQ(ran, 0);
  clock.advance(500ms);
  EXPECT_EQ(ran, 1);
}

TEST(FakeClock, ACallThatIsResetRunsThatLongAfterTheReset) {
  FakeClock clock;
  int later = 0, sooner = 0;
  DelayedCall first = clock.callLater(2s, [&] { ++later; }), second = clock.callLater(9s, [&] { ++sooner; });
  clock.advance(1s);
  first.reset(3s);
  second.reset(2s);
  EXPECT_EQ(first.getTime(), clock.now() + 3s);
  clock.advance(2s);
  EXPECT_EQ(later, 0);
  EXPECT_EQ(sooner, 1);
  clock.advance(1s);
  EXPECT_EQ(later, 1);
}

TEST(FakeClock, ListsTheCallsThatWait) {
  FakeClock clock;
  EXPECT_TRUE(clock.getDelayedCalls().empty());
  clock.callLater(1s, [] {});
  clock.callLater(2s, [] {}).cancel();
  clock.callLater(3s, [] {});
  std::vector<Instant> times;
  for (const auto& call : clock.getDelayedCalls()) times.push_back(call.at);
  EXPECT_THAT(times, ::testing::UnorderedElementsAre(clock.now() + 1s, clock.now() + 3s));
}

TEST(FakeClock, ACallThatACallResetsKeepsItsPlaceAmongTheOthers) {
  FakeClock clock;
  const Instant start = clock.now();
  std::vector<std::pair<char, Duration>> ran;
  DelayedCall b = clock.callLater(2s, [&] { ran.emplace_back('b', clock.now() - start); });
  clock.callLater(1s, [&] { b.reset(3s); });
  clock.callLater(3s, [&] { ran.emplace_back('c', clock.now() - start); });
  for (int step = 0; step < 10; ++step) clock.advance(500ms);
  EXPECT_THAT(ran, ::testing::ElementsAre(std::pair('c', Duration(3s)), std::pair('b', Duration(4s))));
}

TEST(FakeClock, ACallThatIsResetPastAnotherLetsThatGoFirstWhicheverWasSetBefore) {
  for (const bool before : {false, true}) {
    FakeClock clock;
    std::string ran;
    DelayedCall a = clock.callLater(1s, [&] { ran += 'a'; });
    if (before) clock.callLater(2s, [&] { ran += 'b'; });
    a.reset(3s);
    if (!before) clock.callLater(2s, [&] { ran += 'b'; });
    clock.pump({1s, 1s, 1s});
    EXPECT_EQ(ran, "ba");
  }
}

TEST(FakeClock, RefusesToBeAdvancedInsideACallThatItMakes) {
  FakeClock clock;
  LogCapture log;
  clock.callLater(1s, [&] { clock.advance(1s); });
  clock.advance(1s);
  EXPECT_EQ(log.flushLoggedErrors<UsageError>().size(), 1u);
}

struct Again {
  FakeClock& clock;
  void operator()() const { clock.callLater(0s, Again{clock}); }
};
constexpr int kAgainLine = __LINE__ - 2;

TEST(FakeClock, EndsACycleOfCallsWithoutDelayAndNamesTheNextCall) {
  FakeClock clock;
  clock.callLater(0s, Again{clock});
  try {
    clock.advance(1s);
    FAIL() << "went on";
  } catch (const LimitExceeded& error) {
    EXPECT_EQ(error.what(),
              "the number of calls that a FakeClock makes while its time stands (the next call was set at "
              "fake_clock_test.cpp:" +
                  std::to_string(kAgainLine) + ") is 100000, got 100001");
  }
}

TEST(FakeClock, LosesNoCallAtTheLimit) {
  FakeClock clock;
  std::size_t ran = 0;
  for (std::size_t i = 0; i < FakeClock::kCallsAtOneInstant + 2; ++i) clock.callLater(1s, [&] { ++ran; });
  EXPECT_THROW(clock.advance(1s), LimitExceeded);
  EXPECT_EQ(ran, FakeClock::kCallsAtOneInstant);
  EXPECT_EQ(clock.pending(), 2u);
  clock.advance(0s);
  EXPECT_EQ(ran, FakeClock::kCallsAtOneInstant + 2);
}

// --- takeTime

TEST(FakeClock, ACallThatTakesTimeMovesTheTimeFromWhichDelaysCount) {
  FakeClock clock;
  const Instant start = clock.now();
  Instant ran{};
  clock.callLater(1s, [&] {
    clock.takeTime(400ms);
    EXPECT_EQ(clock.now(), start + 1s);
    EXPECT_EQ(clock.liveNow(), start + 1400ms);
    clock.callLater(200ms, [&] { ran = clock.now(); });
  });
  clock.advance(2s);
  EXPECT_EQ(ran, start + 1600ms);
  EXPECT_EQ(clock.now(), start + 2s);
}

TEST(FakeClock, WhatFallsDueWhileACallTakesTimeRunsLateInOrder) {
  FakeClock clock;
  const Instant start = clock.now();
  std::vector<std::pair<char, Duration>> ran;
  const auto note = [&](char what) { return [&, what] { ran.emplace_back(what, clock.now() - start); }; };
  clock.callLater(1s, [&] { clock.takeTime(500ms); });
  clock.callLater(1300ms, note('c'));
  clock.callLater(1200ms, note('b'));
  clock.callLater(1s, note('a'));
  clock.advance(10s);
  EXPECT_THAT(ran, ::testing::ElementsAre(std::pair('a', Duration(1s)), std::pair('b', Duration(1500ms)),
                                          std::pair('c', Duration(1500ms))));
}

TEST(FakeClock, ACallMayTakeTimeBeyondTheEndOfAnAdvanceAndWhatFellDueBeyondItWaits) {
  FakeClock clock;
  const Instant start = clock.now();
  std::string ran;
  clock.callLater(1s, [&] { clock.takeTime(5s); });
  clock.callLater(4s, [&] { ran += 'b'; });
  clock.callLater(3s, [&] { ran += 'a'; });
  clock.advance(2s);
  EXPECT_EQ(ran, "");
  EXPECT_EQ(clock.now(), start + 6s);
  clock.advance(0s);
  EXPECT_EQ(ran, "ab");
}

TEST(FakeClock, TimeThatATestTakesPassesAndNothingRuns) {
  FakeClock clock;
  std::string ran;
  clock.callLater(100ms, [&] { ran += 'a'; });
  clock.takeTime(400ms);
  EXPECT_EQ(ran, "");
  EXPECT_EQ(clock.now(), FakeClock::kStart + 400ms);
  clock.callLater(200ms, [&] { ran += 'b'; });
  clock.advance(199ms);
  EXPECT_EQ(ran, "a");
  clock.advance(1ms);
  EXPECT_EQ(ran, "ab");
  EXPECT_THROW(clock.takeTime(-1ns), NegativeDelay);
}

TEST(FakeClock, AdvanceEndsAlthoughACallWithoutDelayTakesTimeAgainAndAgain) {
  FakeClock clock;
  int ran = 0;
  UniqueFunction<void()> work = [&] {
    ++ran;
    clock.takeTime(30ms);
    clock.callLater(0s, [&] { work(); });
  };
  work();
  clock.advance(100ms);
  EXPECT_EQ(ran, 5);  // at 0, 30, 60, 90 and 120 ms
}

TEST(FakeClock, LogsAnExceptionOutOfACallAndGoesOn) {
  FakeClock clock;
  LogCapture log;
  int ran = 0;
  clock.callLater(1s, [] { throw std::runtime_error("broken"); });
  clock.callLater(1s, [&] { ++ran; });
  clock.advance(1s);
  EXPECT_EQ(ran, 1);
  EXPECT_EQ(log.flushLoggedErrors<std::runtime_error>().size(), 1u);
}

TEST(Shown, UsesTheLargestUnitThatShowsIt) {
  EXPECT_EQ(shown(0ns), "0 ns");
  EXPECT_EQ(shown(999ns), "999 ns");
  EXPECT_EQ(shown(1500us), "1.5 ms");
  EXPECT_EQ(shown(-3s), "-3 s");
  EXPECT_EQ(shown(Duration::min()), "-9223372036.854 s");
}

TEST(StuckReport, SaysWhichLimitAndWhatWaits) {
  const StuckReport report{"virtualTime", 2'000'000'000, 1s, 7, {"timer made at a.cpp:1"}};
  EXPECT_EQ(report.text(),
            "stuck: reached the limit virtualTime (2 s) after 7 events, 1 s of virtual time; waiting were:\n"
            "  timer made at a.cpp:1\n");
}

}  // namespace
}  // namespace teasel::fakes
