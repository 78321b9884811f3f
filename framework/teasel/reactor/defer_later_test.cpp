#include <teasel/reactor/defer_later.hpp>

#include <gtest/gtest.h>

#include <memory>
#include <string>

#include <teasel/core/errors.hpp>
#include <teasel/deferred/coroutine.hpp>
#include <teasel/fakes/fake_clock.hpp>
#include <teasel/gtest/results.hpp>
#include <teasel/reactor/task_test_kit.hpp>

namespace teasel {
namespace {

using namespace std::chrono_literals;
using fakes::FakeClock;
using gtest::assertNoResult;
using gtest::failureResultOf;
using gtest::successResultOf;
using task_tests::Oops;

TEST(DeferLater, GivesWhatTheFunctionGivesAfterTheDelay) {
  FakeClock clock;
  int calls = 0;
  auto later = deferLater(clock, 3s, [&calls, name = std::string("foo")] { return ++calls, name; });
  clock.advance(2s);
  EXPECT_EQ(calls, 0);
  clock.advance(1s);
  EXPECT_EQ(calls, 1);
  EXPECT_EQ(successResultOf(later), "foo");
}

TEST(DeferLater, CountsFromTheCallAndNotFromTheBeginningOfTheTurn) {
  FakeClock clock;
  int due = 0, timedOut = 0;
  const Deferred<void> never;
  clock.callLater(1s, [&] {
    clock.takeTime(400ms);
    deferLater(clock, 200ms).addCallback([&] { ++due; });
    Deferred<void>(never).addTimeout(200ms, clock).addErrback([&](const Failure&) { ++timedOut; });
  });
  clock.advance(1599ms);
  EXPECT_EQ(due + timedOut, 0);
  clock.advance(1ms);
  EXPECT_EQ(due, 1);
  EXPECT_EQ(timedOut, 1);
}

TEST(DeferLater, FailsWithWhatTheFunctionThrows) {
  FakeClock clock;
  auto later = deferLater(clock, 1s, [] { throw Oops(); });
  clock.advance(1s);
  failureResultOf<Oops>(later);
}

TEST(DeferLater, CancelledTakesTheTimerBackAndDoesNotCall) {
  FakeClock clock;
  int calls = 0;
  auto later = deferLater(clock, 1s, [&] { ++calls; });
  later.cancel();
  failureResultOf<CancelledError>(later);
  EXPECT_EQ(clock.pending(), 0u);
  clock.advance(2s);
  EXPECT_EQ(calls, 0);
}

TEST(DeferLater, WithoutAFunctionJustFires) {
  FakeClock clock;
  auto later = deferLater(clock, 2s);
  clock.advance(1999ms);
  assertNoResult(later);
  clock.advance(1ms);
  successResultOf(later);
}

TEST(DeferLater, WithoutDelayFiresInALaterTurn) {
  FakeClock clock;
  auto later = deferLater(clock, 0s);
  assertNoResult(later);
  clock.advance(0s);
  successResultOf(later);
}

TEST(DeferLater, WaitsForADeferredThatTheFunctionGivesAndCancelsIt) {
  FakeClock clock;
  bool cancelled = false;
  const Deferred<int> inner([&] { cancelled = true; });
  auto later = deferLater(clock, 1s, [&] { return inner; });
  clock.advance(1s);
  assertNoResult(later);
  later.cancel();
  EXPECT_TRUE(cancelled);
  failureResultOf<CancelledError>(later);
}

TEST(DeferLater, KeepsACoroutineWithCapturesUntilItsEnd) {
  FakeClock clock;
  const auto witness = std::make_shared<int>(41);
  auto later = deferLater(clock, 1s, [&clock, witness]() -> Deferred<int> {
    co_await deferLater(clock, 1s);
    co_return *witness + 1;
  });
  clock.advance(2s);
  EXPECT_EQ(successResultOf(later), 42);
  EXPECT_EQ(witness.use_count(), 1);
}

TEST(DeferLater, RunsAlthoughNobodyWaitsForIt) {
  FakeClock clock;
  int calls = 0;
  static_cast<void>(deferLater(clock, 1s, [&] { ++calls; }));
  clock.advance(1s);
  EXPECT_EQ(calls, 1);
}

TEST(DeferLater, RefusesANegativeDelay) {
  FakeClock clock;
  EXPECT_THROW(static_cast<void>(deferLater(clock, -1ns)), NegativeDelay);
  EXPECT_THROW(static_cast<void>(deferLater(clock, -1ns, [] {})), NegativeDelay);
}

TEST(DeferLater, DiesUnfiredWithItsClock) {
  task_tests::Chains chains;
  {
    FakeClock clock;
    static_cast<void>(deferLater(clock, 1s, [] { return 1; }));
    EXPECT_EQ(chains.live, 1);
  }
  EXPECT_EQ(chains.live, 0);
}

TEST(DeferLater, NamesItsCallersPlaceAsThatOfTheTimer) {
  FakeClock clock;
  const Site here = Site::here();
  auto later = deferLater(clock, 1s, [] {});
  EXPECT_EQ(clock.getDelayedCalls().at(0).site.line, here.line + 1);
  later.cancel();
  failureResultOf<CancelledError>(later);
}

}  // namespace
}  // namespace teasel
