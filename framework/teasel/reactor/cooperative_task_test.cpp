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
using ::testing::ElementsAre;
using ::testing::HasSubstr;

/// A Cooperator that runs one iteration in a turn, with one task that works, waits, ends or throws
/// as it is told.
class CooperativeTaskTest : public testing::Test {
 protected:
  enum Next { kWork, kWait, kEnd, kThrow };
  Iteration work() {
    ++round;
    if (next == kEnd) return Iteration::kDone;
    if (next == kThrow) throw Oops();
    worked.push_back(round);
    if (std::exchange(next, kWork) == kWait) return awaited;
    return Iteration::kMore;
  }
  void turn() { clock.runAfter(0s); }

  StallingClock clock;
  Cooperator cooperator{clock, 1};
  Next next = kWork;
  int round = 0;
  std::vector<int> worked;
  Deferred<std::string> awaited;
  CooperativeTask task = cooperator.cooperate([this] { return work(); });
};

// --- Tasks

TEST_F(CooperativeTaskTest, StopsWorkingWhilePausedAndGoesOnInALaterTurn) {
  turn();
  turn();
  EXPECT_THAT(worked, ElementsAre(1, 2));
  task.pause();
  turn();
  EXPECT_THAT(worked, ElementsAre(1, 2));
  task.resume();
  EXPECT_THAT(worked, ElementsAre(1, 2));
  turn();
  EXPECT_THAT(worked, ElementsAre(1, 2, 3));
}

TEST_F(CooperativeTaskTest, ResumeWithoutPauseIsRefused) {
  EXPECT_THAT(thrownBy<NotPaused>([&] { task.resume(); }), HasSubstr("is not paused"));
  task.pause();
  task.resume();
  EXPECT_THROW(task.resume(), NotPaused);
}

TEST_F(CooperativeTaskTest, CountsPauses) {
  task.pause();
  turn();
  task.pause();
  turn();
  task.resume();
  turn();
  EXPECT_THAT(worked, ElementsAre());
  task.resume();
  turn();
  EXPECT_THAT(worked, ElementsAre(1));
}

TEST_F(CooperativeTaskTest, WaitsForADeferredThatAStepGives) {
  next = kWait;
  turn();
  turn();
  EXPECT_THAT(worked, ElementsAre(1));
  EXPECT_EQ(clock.pending(), 0u);
  awaited.callback("result");
  EXPECT_THAT(worked, ElementsAre(1));
  turn();
  EXPECT_THAT(worked, ElementsAre(1, 2));
}

TEST_F(CooperativeTaskTest, PausedWhileItWaitsNeedsBothResultAndResume) {
  next = kWait;
  turn();
  task.pause();
  task.resume();
  turn();
  EXPECT_THAT(worked, ElementsAre(1));
  task.pause();
  awaited.callback("result");
  turn();
  EXPECT_THAT(worked, ElementsAre(1));
  task.resume();
  turn();
  EXPECT_THAT(worked, ElementsAre(1, 2));
}

TEST_F(CooperativeTaskTest, ResumeDoesNotEndAWaitForADeferred) {
  next = kWait;
  turn();
  EXPECT_THROW(task.resume(), NotPaused);
  turn();
  EXPECT_THAT(worked, ElementsAre(1));
}

TEST_F(CooperativeTaskTest, WhenDoneGivesEachCallerADeferredOfItsOwn) {
  std::string ends;
  Deferred<int> first = task.whenDone().addCallback([&] { return ends += 'a', 1; });
  Deferred<int> second = task.whenDone().addCallback([&] { return ends += 'b', 2; });
  next = kEnd;
  turn();
  EXPECT_EQ(ends, "ab");
  EXPECT_EQ(successResultOf(first), 1);
  EXPECT_EQ(successResultOf(second), 2);
}

TEST_F(CooperativeTaskTest, WhenDoneFailsWithWhatAStepThrows) {
  auto done = task.whenDone();
  next = kThrow;
  turn();
  failureResultOf<Oops>(done);
  EXPECT_TRUE(task.finished());
}

TEST_F(CooperativeTaskTest, WhenDoneFailsWithTaskStoppedAfterStop) {
  auto done = task.whenDone();
  task.stop();
  EXPECT_THAT(failureResultOf<TaskStopped>(done).what(), HasSubstr("cooperative_task_test.cpp:"));
}

TEST_F(CooperativeTaskTest, WhenDoneOfAFinishedTaskHasItsResultAtOnce) {
  next = kEnd;
  turn();
  successResultOf(task.whenDone());
}

TEST_F(CooperativeTaskTest, WhenDoneOfAFailedTaskHasItsFailureAtOnceAndHandlesIt) {
  next = kThrow;
  turn();
  failureResultOf<Oops>(task.whenDone());
  failureResultOf<Oops>(task.whenDone());
}

TEST_F(CooperativeTaskTest, AnErrorThatNobodyAskedForIsReportedWhenTheTaskIsForgotten) {
  task_tests::Chains chains;
  LogCapture log;
  {
    Cooperator other(clock);
    const CooperativeTask broken = other.cooperate([]() -> Iteration { throw Oops(); });
    turn();
    EXPECT_TRUE(log.events().empty());
  }
  EXPECT_EQ(log.flushLoggedErrors<Oops>().size(), 1u);
}

TEST_F(CooperativeTaskTest, CancellingWhenDoneDoesNotTouchTheTask) {
  auto cancelled = task.whenDone(), kept = task.whenDone();
  cancelled.cancel();
  failureResultOf<CancelledError>(cancelled);
  turn();
  EXPECT_THAT(worked, ElementsAre(1));
  next = kEnd;
  turn();
  successResultOf(kept);
}

TEST_F(CooperativeTaskTest, ADeferredOfWhenDoneThatSomebodyFiredIsLeftAlone) {
  const auto fired = task.whenDone();
  auto kept = task.whenDone();
  fired.callback();
  next = kEnd;
  turn();
  successResultOf(kept);
}

TEST_F(CooperativeTaskTest, StopPreventsEveryFurtherStepAndIsNamedByWhatComesLater) {
  const int line = __LINE__ + 1;
  task.stop();
  turn();
  EXPECT_THAT(worked, ElementsAre());
  const std::string where = "was stopped at cooperative_task_test.cpp:" + std::to_string(line);
  EXPECT_THAT(thrownBy<TaskStopped>([&] { task.stop(); }), HasSubstr(where));
  EXPECT_THAT(thrownBy<TaskStopped>([&] { task.pause(); }), HasSubstr(where));
  EXPECT_EQ(clock.pending(), 0u);
}

TEST_F(CooperativeTaskTest, ResumeOfAPausedTaskThatWasStoppedDoesNothing) {
  task.pause();
  task.stop();
  task.resume();
  turn();
  EXPECT_THAT(worked, ElementsAre());
  EXPECT_THROW(task.resume(), NotPaused);
}

TEST_F(CooperativeTaskTest, StoppedWhileItWaitsDoesNotGoOnWhenTheResultComes) {
  next = kWait;
  turn();
  task.stop();
  awaited.callback("result");
  turn();
  EXPECT_THAT(worked, ElementsAre(1));
}

TEST_F(CooperativeTaskTest, AFailureThatComesAfterStopIsStillThereForWhoHoldsTheDeferred) {
  Deferred<void> late;
  const CooperativeTask other = cooperator.cooperate([&] { return late; });
  task.stop();
  turn();
  other.stop();
  late.errback(Oops());
  failureResultOf<Oops>(late);
}

TEST_F(CooperativeTaskTest, StopOfAFinishedTaskSaysHowItEnded) {
  next = kEnd;
  turn();
  EXPECT_THROW(task.stop(), TaskDone);
  EXPECT_THROW(task.pause(), TaskFinished);
}

TEST_F(CooperativeTaskTest, StopOfAFailedTaskSaysWhy) {
  auto done = task.whenDone();
  next = kThrow;
  turn();
  EXPECT_THAT(thrownBy<TaskFailed>([&] { task.stop(); }), HasSubstr("has failed: deferred_tests::Oops: oops"));
  failureResultOf<Oops>(done);
}

TEST_F(CooperativeTaskTest, WhoIsToldOfTheEndMayStopTheCooperator) {
  std::string phases;
  task.whenDone().addCallback([&] {
    phases += "told ";
    cooperator.stop();
    phases += "stopped";
  });
  next = kEnd;
  turn();
  EXPECT_EQ(phases, "told stopped");
}

TEST_F(CooperativeTaskTest, FailsWhenItsDeferredDiesWithoutAResult) {
  next = kWait;
  turn();
  auto done = task.whenDone();
  awaited = nullptr;
  assertNoResult(done);  // not out of the destructor
  turn();
  failureResultOf<ResultLost>(done);
}

TEST_F(CooperativeTaskTest, FailsWhenAStepGivesAHandleThatCannotBeAwaited) {
  Deferred<void> taken = succeed();
  const CooperativeTask stale = cooperator.cooperate([copy = taken] { return copy; });
  taken.take().value();
  const CooperativeTask empty = cooperator.cooperate([] { return Deferred<void>(nullptr); });
  for (int i = 0; i < 3; ++i) turn();
  failureResultOf<ResultTaken>(stale.whenDone());
  failureResultOf<UsageError>(empty.whenDone());
}

// --- What an iteration may do to its own task

TEST_F(CooperativeTaskTest, MayPauseItself) {
  int steps = 0;
  CooperativeTask self = cooperator.cooperate([&] {
    if (++steps == 2) self.pause();
    return Iteration::kMore;
  });
  task.stop();
  for (int i = 0; i < 5; ++i) turn();
  EXPECT_EQ(steps, 2);
  self.resume();
  turn();
  EXPECT_EQ(steps, 3);
}

TEST_F(CooperativeTaskTest, MayStopItselfAndThenGiveADeferred) {
  const auto witness = std::make_shared<int>(0);
  const Deferred<void> ignored;
  CooperativeTask self = cooperator.cooperate([&self, &ignored, witness] {
    self.stop();
    ++*witness;  // what the function holds lives until it returns
    return ignored;
  });
  task.stop();
  turn();
  EXPECT_EQ(*witness, 1);
  EXPECT_EQ(witness.use_count(), 1);
  failureResultOf<TaskStopped>(self.whenDone());
  ignored.callback();
}

TEST_F(CooperativeTaskTest, AnExceptionAfterItStoppedItselfIsReportedAsUnhandled) {
  task_tests::Chains chains;
  LogCapture log;
  CooperativeTask self = cooperator.cooperate([&]() -> Iteration {
    self.stop();
    throw Oops();
  });
  task.stop();
  turn();
  EXPECT_EQ(log.flushLoggedErrors<Oops>().size(), 1u);
}

}  // namespace
}  // namespace teasel
