#include <teasel/reactor/cooperator.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <vector>

#include <teasel/core/errors.hpp>
#include <teasel/core/logger.hpp>
#include <teasel/fakes/world/world.hpp>
#include <teasel/gtest/results.hpp>
#include <teasel/reactor/defer_later.hpp>
#include <teasel/reactor/task_test_kit.hpp>

namespace teasel {
namespace {

using namespace std::chrono_literals;
using gtest::assertNoResult;
using gtest::failureResultOf;
using gtest::successResultOf;
using task_tests::Oops;
using task_tests::StallingClock;
using task_tests::thrownBy;
using ::testing::HasSubstr;

TEST(Cooperator, SharesItsTurnsAmongItsTasksInRotation) {
  StallingClock clock;
  Cooperator cooperator(clock);
  std::string order;
  std::vector<Deferred<void>> ends;
  for (const char* things : {"abc", "123", "def", "456"}) {
    ends.push_back(cooperator.coiterate([&order, things]() mutable -> Iteration {
      if (*things == '\0') return Iteration::kDone;
      order += *things++;
      return Iteration::kMore;
    }));
  }
  clock.runAfter(0s);
  EXPECT_EQ(order, "a1d4b2e5c3f6");
  for (auto& end : ends) successResultOf(end);
}

TEST(Cooperator, KeepsItsPlaceInTheRotationFromTurnToTurnAndWhenTasksEnd) {
  StallingClock clock;
  Cooperator cooperator(clock, 2);
  std::string order;
  for (const char* things : {"a", "12345", "def"}) {
    cooperator.cooperate([&order, things]() mutable -> Iteration {
      order += *things++;
      return *things == '\0' ? Iteration::kDone : Iteration::kMore;
    });
  }
  for (const char* expected : {"a1", "a1d2", "a1d2e3", "a1d2e3f4", "a1d2e3f45"}) {
    clock.runAfter(0s);
    EXPECT_EQ(order, expected);
  }
  EXPECT_EQ(clock.pending(), 0u);
}

TEST(Cooperator, MakesNoMoreStepsInATurnThanItsSlice) {
  StallingClock clock;
  Cooperator cooperator(clock, 10);
  int steps = 0;
  cooperator.cooperate([&] { return ++steps < 25 ? Iteration::kMore : Iteration::kDone; });
  for (const int expected : {10, 20, 25}) {
    clock.runAfter(0s);
    EXPECT_EQ(steps, expected);
  }
}

TEST(Cooperator, RefusesASliceWithoutSteps) {
  StallingClock clock;
  EXPECT_THROW(Cooperator(clock, 0), UsageError);
}

TEST(Cooperator, MakesNoStepInsideCooperate) {
  StallingClock clock;
  Cooperator cooperator(clock);
  int steps = 0;
  cooperator.cooperate([&] { return ++steps, Iteration::kDone; });
  EXPECT_EQ(steps, 0);
}

TEST(Cooperator, AnExceptionInAStepFailsCoiterate) {
  StallingClock clock;
  Cooperator cooperator(clock);
  auto end = cooperator.coiterate([]() -> Iteration { throw Oops(); });
  clock.runAfter(0s);
  failureResultOf<Oops>(end);
}

TEST(Cooperator, AFailureOfADeferredFailsCoiterateNowOrLater) {
  StallingClock clock;
  Cooperator cooperator(clock);
  auto now = cooperator.coiterate([] { return fail<int>(Oops()); });
  auto later = cooperator.coiterate([&] { return deferLater(clock, 1s, [] { throw Oops(); }); });
  clock.runAfter(0s);
  failureResultOf<Oops>(now);
  assertNoResult(later);
  clock.runAfter(1s);
  failureResultOf<Oops>(later);
  EXPECT_EQ(clock.pending(), 0u);
}

TEST(Cooperator, ADeferredThatHasItsResultCostsNoTurn) {
  StallingClock clock;
  Cooperator cooperator(clock);
  int steps = 0;
  cooperator.cooperate([&]() -> Iteration {
    if (++steps == 50) return Iteration::kDone;
    return succeed(steps);
  });
  clock.runAfter(0s);
  EXPECT_EQ(steps, 50);
}

TEST(Cooperator, CancellingCoiterateStopsTheTask) {
  StallingClock clock;
  Cooperator cooperator(clock);
  auto end = cooperator.coiterate([] { return Iteration::kMore; });
  clock.runAfter(0s);
  end.cancel();
  failureResultOf<CancelledError>(end);
  EXPECT_EQ(clock.pending(), 0u);
}

TEST(Cooperator, ATaskFailsWithWhatTheCancellerOfTheDeferredThatItWaitsForThrows) {
  StallingClock clock;
  Cooperator cooperator(clock);
  Deferred<void> slow([] { throw Oops(); });
  auto end = cooperator.coiterate([&] { return Iteration(slow); });
  clock.runAfter(0s);
  slow.cancel();
  failureResultOf<Oops>(end);
  EXPECT_EQ(clock.pending(), 0u);
}

TEST(Cooperator, StopFailsItsTasksAndMakesNoFurtherStep) {
  StallingClock clock;
  Cooperator cooperator(clock);
  int steps = 0;
  auto end = cooperator.coiterate([&] { return ++steps, Iteration::kMore; });
  cooperator.stop();
  failureResultOf<SchedulerStopped>(end);
  clock.runAfter(0s);
  EXPECT_EQ(steps, 0);
  EXPECT_EQ(clock.pending(), 0u);
}

TEST(Cooperator, StopFailsTasksThatWaitOrArePausedAtOnce) {
  StallingClock clock;
  Cooperator cooperator(clock);
  const Deferred<void> outstanding;
  auto waits = cooperator.coiterate([&] { return outstanding; });
  const CooperativeTask paused = cooperator.cooperate([] { return Iteration::kMore; });
  paused.pause();
  clock.runAfter(0s);
  cooperator.stop();
  failureResultOf<SchedulerStopped>(waits);
  failureResultOf<SchedulerStopped>(paused.whenDone());
  outstanding.callback();
  paused.resume();
  EXPECT_THROW(paused.stop(), SchedulerStopped);
  EXPECT_EQ(clock.pending(), 0u);
}

TEST(Cooperator, StoppedRefusesNewTasksThroughTheirDeferred) {
  StallingClock clock;
  Cooperator cooperator(clock);
  cooperator.stop();
  failureResultOf<SchedulerStopped>(cooperator.coiterate([] { return Iteration::kDone; }));
  Deferred<void> chained;
  static_cast<void>(cooperator.coiterate([] { return Iteration::kDone; }).chainDeferred(chained));
  failureResultOf<SchedulerStopped>(chained);
}

TEST(Cooperator, ATaskThatIsRefusedAndForgottenIsReported) {
  task_tests::Chains chains;
  LogCapture log;
  StallingClock clock;
  Cooperator cooperator(clock);
  cooperator.stop();
  cooperator.cooperate([] { return Iteration::kDone; });
  EXPECT_EQ(log.flushLoggedErrors<SchedulerStopped>().size(), 1u);
}

TEST(Cooperator, MayBeStartedAgain) {
  StallingClock clock;
  Cooperator cooperator(clock);
  cooperator.stop();
  cooperator.start();
  auto end = cooperator.coiterate([] { return Iteration::kDone; });
  clock.runAfter(0s);
  successResultOf(end);
}

TEST(Cooperator, NotStartedCollectsTasksUntilItIs) {
  StallingClock clock;
  Cooperator cooperator(clock, Cooperator::kSlice, false);
  auto end = cooperator.coiterate([] { return Iteration::kDone; });
  EXPECT_EQ(clock.pending(), 0u);
  cooperator.start();
  clock.runAfter(0s);
  successResultOf(end);
}

TEST(Cooperator, SaysWhetherItIsRunning) {
  StallingClock clock;
  EXPECT_TRUE(Cooperator(clock).running());
  Cooperator cooperator(clock, 1, false);
  EXPECT_FALSE(cooperator.running());
  cooperator.start();
  EXPECT_TRUE(cooperator.running());
  cooperator.stop();
  EXPECT_FALSE(cooperator.running());
}

TEST(Cooperator, TakesItsTimerBackWhenTheLastTaskHasGone) {
  StallingClock clock;
  Cooperator cooperator(clock);
  const auto work = [] { return Iteration::kMore; };
  const CooperativeTask first = cooperator.cooperate(work), second = cooperator.cooperate(work);
  EXPECT_EQ(clock.pending(), 1u);
  first.stop();
  EXPECT_EQ(clock.pending(), 1u);
  second.pause();
  EXPECT_EQ(clock.pending(), 0u);
  second.resume();
  EXPECT_EQ(clock.pending(), 1u);
  second.stop();
  EXPECT_EQ(clock.pending(), 0u);
  cooperator.cooperate(work);
  EXPECT_EQ(clock.pending(), 1u);
}

TEST(Cooperator, SetsOneTimerHoweverOftenWorkIsAddedByWhoIsToldOfAnEnd) {
  StallingClock clock;
  Cooperator cooperator(clock, 1);
  int ends = 0;
  const auto once = [] { return Iteration::kDone; };
  cooperator.coiterate(once).addCallback([&] {
    ++ends;
    cooperator.coiterate(once).addCallback([&] { ++ends; });
  });
  for (int turn = 1; turn <= 2; ++turn) {
    EXPECT_EQ(clock.pending(), 1u);
    clock.runAfter(0s);
    EXPECT_EQ(ends, turn);
  }
  EXPECT_EQ(clock.pending(), 0u);
}

TEST(Cooperator, LetsAVerdictThroughAndGoesOn) {
  StallingClock clock;
  Cooperator cooperator(clock);
  int steps = 0;
  cooperator.cooperate([&] {
    if (++steps == 1) gtest::assertNoResult(succeed());
    return steps == 3 ? Iteration::kDone : Iteration::kMore;
  });
  EXPECT_THROW(clock.runAfter(0s), gtest::ResultError);
  clock.runAfter(0s);
  EXPECT_EQ(steps, 3);
}

TEST(Cooperator, DestroyedEndsItsTasksAndLeavesTheirDeferredsUnfired) {
  StallingClock clock;
  auto cooperator = std::make_unique<Cooperator>(clock);
  const CooperativeTask task = cooperator->cooperate([] { return Iteration::kMore; });
  const auto done = task.whenDone();
  cooperator.reset();
  assertNoResult(done);
  EXPECT_EQ(clock.pending(), 0u);
  EXPECT_THAT(thrownBy<SchedulerStopped>([&] { task.pause(); }), HasSubstr("ended with its Cooperator"));
  failureResultOf<SchedulerStopped>(task.whenDone());
}

TEST(Cooperator, MayBeDestroyedByAStep) {
  StallingClock clock;
  const auto witness = std::make_shared<int>(0);
  auto cooperator = std::make_unique<Cooperator>(clock);
  cooperator->cooperate([&cooperator, witness] {
    cooperator.reset();
    ++*witness;
    return Iteration::kMore;
  });
  cooperator->cooperate([witness] { return ++*witness, Iteration::kMore; });
  clock.runAfter(0s);
  EXPECT_EQ(*witness, 1);
  EXPECT_EQ(witness.use_count(), 1);
}

}  // namespace
}  // namespace teasel
