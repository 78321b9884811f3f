#include <teasel/reactor/looping_call.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <vector>

#include <teasel/core/errors.hpp>
#include <teasel/core/logger.hpp>
#include <teasel/deferred/coroutine.hpp>
#include <teasel/fakes/fake_clock.hpp>
#include <teasel/gtest/results.hpp>
#include <teasel/reactor/defer_later.hpp>
#include <teasel/reactor/task_test_kit.hpp>

namespace teasel {
namespace {

using namespace std::chrono_literals;
using fakes::FakeClock;
using gtest::assertNoResult;
using gtest::failureResultOf;
using gtest::successResultOf;
using task_tests::Oops;
using task_tests::thrownBy;
using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

using Times = std::vector<Duration>;

// --- The body's Deferred

TEST(LoopingCall, CallsNotBeforeItsDeferredHasAResult) {
  FakeClock clock;
  int calls = 0;
  LoopingCall loop(clock, [&] {
    ++calls;
    return deferLater(clock, 1s).addCallback([&] { loop.stop(); });
  });
  auto done = loop.start(200ms);
  clock.pump({200ms, 799ms});
  assertNoResult(done);
  clock.advance(1ms);
  successResultOf(done);
  EXPECT_EQ(calls, 1);
  EXPECT_EQ(clock.pending(), 0u);
}

TEST(LoopingCall, GoesOnAtTheNextMultipleAfterAWait) {
  FakeClock clock;
  Times times;
  const Instant start = clock.now();
  LoopingCall loop(clock, [&] {
    times.push_back(clock.now() - start);
    return deferLater(clock, 1500ms);
  });
  loop.start(1s);
  clock.advance(5s);
  EXPECT_THAT(times, ElementsAre(0s, 2s, 4s));
}

TEST(LoopingCall, IgnoresTheValueThatTheBodyGives) {
  FakeClock clock;
  LoopingCall plain(clock, [] { return std::make_unique<int>(1); });
  LoopingCall later(clock, [] { return succeed(std::string("text")); });
  plain.start(1s);
  later.start(1s);
  clock.advance(3s);
  EXPECT_TRUE(plain.running() && later.running());
}

TEST(LoopingCall, TakesACoroutineWithCapturesAsItsBody) {
  FakeClock clock;
  int rounds = 0;
  LoopingCall loop(clock, [&clock, &rounds]() -> Deferred<void> {
    co_await deferLater(clock, 300ms);
    if (++rounds == 3) throw Oops();
  });
  auto done = loop.start(1s);
  clock.advance(2299ms);
  assertNoResult(done);
  clock.advance(1ms);
  failureResultOf<Oops>(done);
}

TEST(LoopingCall, StopWhileItsDeferredIsAwaitedWaitsForIt) {
  FakeClock clock;
  const Deferred<void> slow;
  LoopingCall loop(clock, [&] { return slow; });
  auto done = loop.start(1s);
  loop.stop();
  EXPECT_FALSE(loop.running());
  clock.advance(5s);
  assertNoResult(done);
  slow.callback();
  successResultOf(done);
}

TEST(LoopingCall, FailsWithWhatCameWhileItWaitedToStop) {
  FakeClock clock;
  const Deferred<void> slow;
  LoopingCall loop(clock, [&] { return slow; });
  auto done = loop.start(1s);
  loop.stop();
  slow.errback(Oops());
  failureResultOf<Oops>(done);
}

TEST(LoopingCall, FailsWhenItsDeferredDiesWithoutAResult) {
  FakeClock clock;
  Deferred<void> forgotten;
  LoopingCall loop(clock, [&] { return forgotten; });
  auto done = loop.start(1s);
  forgotten = nullptr;
  assertNoResult(done);  // not out of the destructor
  clock.advance(0s);
  EXPECT_THAT(failureResultOf<ResultLost>(done).what(), HasSubstr("looping_call_end_test.cpp:"));
  EXPECT_FALSE(loop.running());
  EXPECT_EQ(clock.pending(), 0u);
}

TEST(LoopingCall, FailsWhenItsDeferredDiesInTheBody) {
  FakeClock clock;
  LoopingCall loop(clock, [] { return Deferred<void>(); });
  auto done = loop.start(1s);
  clock.advance(0s);
  failureResultOf<ResultLost>(done);
}

TEST(LoopingCall, FailsWhenTheBodyGivesAHandleThatCannotBeAwaited) {
  FakeClock clock;
  Deferred<void> taken = succeed();
  LoopingCall stale(clock, [copy = taken] { return copy; });
  LoopingCall empty(clock, [] { return Deferred<void>(nullptr); });
  taken.take().value();
  auto first = stale.start(1s), second = empty.start(1s);
  failureResultOf<ResultTaken>(first);
  failureResultOf<UsageError>(second);
  EXPECT_EQ(clock.pending(), 0u);
}

// --- Errors

TEST(LoopingCall, AnExceptionEndsItAndFailsItsDeferred) {
  FakeClock clock;
  int calls = 0;
  LoopingCall loop(clock, [&] {
    if (++calls == 2) throw Oops();
  });
  auto done = loop.start(100ms);
  clock.advance(1s);
  failureResultOf<Oops>(done);
  EXPECT_EQ(calls, 2);
  EXPECT_FALSE(loop.running());
  EXPECT_EQ(clock.pending(), 0u);
}

TEST(LoopingCall, AnExceptionAfterStopFailsItsDeferredToo) {
  FakeClock clock;
  LoopingCall loop(clock, [&] {
    loop.stop();
    throw Oops();
  });
  failureResultOf<Oops>(loop.start(100ms));
}

TEST(LoopingCall, AFailureOfTheBodysDeferredEndsIt) {
  FakeClock clock;
  LoopingCall loop(clock, [&] { return deferLater(clock, 300ms, [] { throw Oops(); }); });
  auto done = loop.start(1s);
  clock.advance(300ms);
  failureResultOf<Oops>(done);
  EXPECT_EQ(clock.pending(), 0u);
}

TEST(LoopingCall, AFailureThatTheBodyReturnsEndsIt) {
  FakeClock clock;
  LoopingCall loop(clock, [] { return Failure(Oops()); });
  failureResultOf<Oops>(loop.start(1s));
}

TEST(LoopingCall, AnErrorThatNobodyWaitsForIsLogged) {
  task_tests::Chains chains;
  FakeClock clock;
  LogCapture log;
  LoopingCall loop(clock, [] { throw Oops(); });
  loop.start(1s, false);
  clock.advance(1s);
  EXPECT_EQ(log.flushLoggedErrors<Oops>().size(), 1u);
}

TEST(LoopingCall, LetsAVerdictThroughAndStandsStill) {
  FakeClock clock;
  LoopingCall loop(clock, [] { gtest::assertNoResult(succeed()); });
  loop.start(1s, false);
  EXPECT_THROW(clock.advance(1s), gtest::ResultError);
  EXPECT_FALSE(loop.running());
  EXPECT_EQ(clock.pending(), 0u);
}

// --- stop, start again

TEST(LoopingCall, StopPreventsEveryFurtherCall) {
  FakeClock clock;
  for (const Duration interval : {Duration(0s), Duration(10s)}) {
    int calls = 0;
    LoopingCall loop(clock, [&] { ++calls; });
    auto done = loop.start(interval, false);
    loop.stop();
    EXPECT_EQ(clock.pending(), 0u);
    clock.advance(20s);
    EXPECT_EQ(calls, 0);
    successResultOf(done);
  }
}

TEST(LoopingCall, StopInACallOfTheSameInstantPreventsTheCall) {
  FakeClock clock;
  int calls = 0;
  LoopingCall loop(clock, [&] { ++calls; });
  clock.callLater(1s, [&] { loop.stop(); });
  loop.start(1s, false);
  clock.advance(5s);
  EXPECT_EQ(calls, 0);
}

TEST(LoopingCall, StopInsideTheBodyEndsItAfterThatCall) {
  FakeClock clock;
  bool firedInside = false;
  Deferred<void> done(nullptr);
  LoopingCall loop(clock, [&] {
    loop.stop();
    firedInside = done.hasResult();
  });
  done = loop.start(1s, false);
  clock.advance(1s);
  EXPECT_FALSE(firedInside);
  successResultOf(done);
}

TEST(LoopingCall, IsNotRunningWhenItsDeferredFires) {
  FakeClock clock;
  bool running = true;
  LoopingCall loop(clock, [] {});
  loop.start(1s).addCallback([&] { running = loop.running(); });
  EXPECT_TRUE(loop.running());
  loop.stop();
  EXPECT_FALSE(running);
}

TEST(LoopingCall, MayBeStartedAgainOnceItHasEnded) {
  FakeClock clock;
  int calls = 0;
  LoopingCall loop(clock, [&] { ++calls; });
  loop.start(1s).addCallback([&] { loop.start(3s); });
  clock.advance(1s);
  loop.stop();
  EXPECT_EQ(calls, 3);
  clock.advance(5s);
  EXPECT_EQ(calls, 4);
}

TEST(LoopingCall, StartedTwiceNamesBothPlaces) {
  FakeClock clock;
  LoopingCall loop(clock, [] {});
  const int line = __LINE__ + 1;
  loop.start(1s);
  EXPECT_THAT(thrownBy<LoopRunning>([&] { loop.start(1s); }),
              AllOf(HasSubstr("looping_call_end_test.cpp:" + std::to_string(line) + " and runs"),
                    HasSubstr("start at looping_call_end_test.cpp:")));
}

TEST(LoopingCall, StartedInItsOwnBodyIsRefusedAndGoesOn) {
  FakeClock clock;
  int calls = 0;
  LoopingCall loop(clock, [&] {
    ++calls;
    EXPECT_THROW(loop.start(1s), LoopRunning);
  });
  loop.start(1s);
  clock.advance(2s);
  EXPECT_EQ(calls, 3);
}

TEST(LoopingCall, StartedAgainBeforeItsLastCallIsOverIsRefused) {
  FakeClock clock;
  const Deferred<void> slow;
  LoopingCall loop(clock, [&] { return slow; });
  auto done = loop.start(1s);
  loop.stop();
  EXPECT_THAT(thrownBy<LoopRunning>([&] { loop.start(1s); }), HasSubstr("its last call is not over"));
  slow.callback();
  successResultOf(done);
}

TEST(LoopingCall, StopAndResetOfAnIdleOneNameWhereItWasMade) {
  FakeClock clock;
  const int line = __LINE__ + 1;
  LoopingCall loop(clock, [] {});
  const std::string made = "the LoopingCall made at looping_call_end_test.cpp:" + std::to_string(line) + " is not running";
  EXPECT_THAT(thrownBy<LoopNotRunning>([&] { loop.stop(); }), HasSubstr(made));
  EXPECT_THAT(thrownBy<LoopNotRunning>([&] { loop.reset(); }), HasSubstr(made));
  loop.start(1s);
  loop.stop();
  EXPECT_THROW(loop.stop(), LoopNotRunning);
}

// --- cancel

TEST(LoopingCall, CancellingItsDeferredStopsIt) {
  FakeClock clock;
  LoopingCall loop(clock, [] {});
  auto done = loop.start(1s);
  done.cancel();
  failureResultOf<CancelledError>(done);
  EXPECT_FALSE(loop.running());
  EXPECT_EQ(clock.pending(), 0u);
}

TEST(LoopingCall, CancellingItsDeferredCancelsTheBodys) {
  FakeClock clock;
  bool cancelled = false;
  const Deferred<void> slow([&] { cancelled = true; });
  LoopingCall loop(clock, [&] { return cancelled ? succeed() : slow; });
  auto done = loop.start(1s);
  done.cancel();
  EXPECT_TRUE(cancelled);
  failureResultOf<CancelledError>(done);
  loop.start(1s);  // for its last call is over
  EXPECT_TRUE(loop.running());
}

TEST(LoopingCall, AValueOfTheBodysCancellerIsAnOrdinaryEnd) {
  FakeClock clock;
  const Deferred<int> slow([](Deferred<int>& d) { d.callback(1); });
  LoopingCall loop(clock, [&] { return slow; });
  auto done = loop.start(1s);
  done.cancel();
  successResultOf(done);
}

TEST(LoopingCall, CancelledInItsBodyCancelsTheDeferredThatTheBodyThenGives) {
  FakeClock clock;
  bool cancelled = false;
  const Deferred<void> slow([&] { cancelled = true; });
  Deferred<void> done(nullptr);
  LoopingCall loop(clock, [&] { return done.cancel(), slow; });
  done = loop.start(1s, false);
  clock.advance(1s);
  EXPECT_TRUE(cancelled);
  failureResultOf<CancelledError>(done);
}

TEST(LoopingCall, CancelledFailsWithWhatTheCancellerOfTheBodysDeferredThrows) {
  FakeClock clock;
  const Deferred<void> slow([] { throw Oops(); });
  LoopingCall loop(clock, [&] { return slow; });
  auto done = loop.start(1s);
  done.cancel();
  failureResultOf<Oops>(done);
  EXPECT_FALSE(loop.running());
  EXPECT_EQ(clock.pending(), 0u);
}

TEST(LoopingCall, ATimeoutEndsItAlthoughTheCancellerOfTheBodysDeferredThrows) {
  FakeClock clock;
  const Deferred<void> slow([] { throw Oops(); });
  LoopingCall loop(clock, [&] { return slow; });
  auto done = loop.start(1s);
  done.addTimeout(5s, clock);
  clock.advance(5s);
  failureResultOf<Oops>(done);
  EXPECT_EQ(clock.pending(), 0u);
}

TEST(LoopingCall, CancelledInItsBodyLogsWhatTheCancellerOfTheBodysDeferredThrows) {
  FakeClock clock;
  LogCapture log;
  const Deferred<void> slow([] { throw Oops(); });
  Deferred<void> done(nullptr);
  LoopingCall loop(clock, [&] { return done.cancel(), slow; });
  done = loop.start(1s, false);
  clock.advance(1s);
  failureResultOf<CancelledError>(done);
  EXPECT_EQ(log.flushLoggedErrors<Oops>().size(), 1u);
}

TEST(LoopingCall, AnErrorThatComesAfterTheCancellationIsLogged) {
  task_tests::Chains chains;
  FakeClock clock;
  LogCapture log;
  Deferred<void> stubborn;
  LoopingCall loop(clock, [&]() -> Deferred<void> {
    try {
      co_await deferLater(clock, 5s);
    } catch (const CancelledError&) {
    }
    co_await stubborn;
  });
  auto done = loop.start(1s);
  done.cancel();
  failureResultOf<CancelledError>(done);
  EXPECT_THROW(loop.start(1s), LoopRunning);
  stubborn.errback(Oops());
  EXPECT_EQ(log.flushLoggedErrors<Oops>().size(), 1u);
}

// --- Destruction

TEST(LoopingCall, DestroyingItTakesItsTimerBackAndLeavesItsDeferredUnfired) {
  FakeClock clock;
  auto loop = std::make_unique<LoopingCall>(clock, [] {});
  const auto done = loop->start(1s);
  loop.reset();
  EXPECT_EQ(clock.pending(), 0u);
  assertNoResult(done);
}

TEST(LoopingCall, MayBeDestroyedByItsBody) {
  FakeClock clock;
  const auto witness = std::make_shared<int>(0);
  std::unique_ptr<LoopingCall> loop;
  loop = std::make_unique<LoopingCall>(clock, [&loop, witness] {
    loop.reset();
    ++*witness;  // what the body holds lives until it returns
  });
  loop->start(1s);
  EXPECT_EQ(*witness, 1);
  EXPECT_EQ(witness.use_count(), 1);
  EXPECT_EQ(clock.pending(), 0u);
}

TEST(LoopingCall, DestroyedWhileACoroutineBodyWaitsLetsItEndWithItsCaptures) {
  FakeClock clock;
  const auto witness = std::make_shared<int>(0);
  auto loop = std::make_unique<LoopingCall>(clock, [&clock, witness]() -> Deferred<void> {
    co_await deferLater(clock, 1s);
    ++*witness;
  });
  loop->start(5s);
  loop.reset();
  clock.advance(10s);
  EXPECT_EQ(*witness, 1);
  EXPECT_EQ(witness.use_count(), 1);
}

TEST(LoopingCall, AnErrorAfterItsDestructionIsLogged) {
  task_tests::Chains chains;
  FakeClock clock;
  LogCapture log;
  const Deferred<void> slow;
  auto loop = std::make_unique<LoopingCall>(clock, [&] { return slow; });
  loop->start(1s);
  loop.reset();
  slow.errback(Oops());
  EXPECT_EQ(log.flushLoggedErrors<Oops>().size(), 1u);
}

TEST(LoopingCall, LeavesNothingBehind) {
  task_tests::Chains chains;
  {
    FakeClock clock;
    const Deferred<void> slow;
    LoopingCall loop(clock, [&] { return slow; });
    loop.start(1s);
    LoopingCall plain(clock, [] {});
    plain.start(1s);
    clock.advance(5s);
  }
  EXPECT_EQ(chains.live, 0);
}

}  // namespace
}  // namespace teasel
