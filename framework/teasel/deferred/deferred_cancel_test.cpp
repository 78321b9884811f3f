#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>
#include <string>

#include <teasel/deferred/deferred.hpp>
#include <teasel/deferred/test_util.hpp>

namespace teasel {
namespace {

using namespace std::chrono_literals;
using deferred_tests::Chains;
using deferred_tests::failureOf;
using deferred_tests::ManualClock;
using deferred_tests::Oops;
using ::testing::HasSubstr;

TEST(DeferredCancel, WithoutCancellerFailsWithCancelledError) {
  Deferred<int> d;
  d.cancel();
  EXPECT_EQ(failureOf(d), "CancelledError");
}

TEST(DeferredCancel, WithoutCancellerSwallowsExactlyOneLateResult) {
  Deferred<int> d;
  d.cancel();
  d.callback(1);
  EXPECT_THROW(d.callback(2), AlreadyCalledError);
  EXPECT_EQ(failureOf(d), "CancelledError");
}

TEST(DeferredCancel, WithoutCancellerSwallowsALateFailureToo) {
  LogCapture log;
  Deferred<int> d;
  d.cancel();
  d.errback(Oops());
  EXPECT_THROW(d.errback(Oops()), AlreadyCalledError);
  EXPECT_EQ(failureOf(d), "CancelledError");
  EXPECT_TRUE(log.events().empty());
}

TEST(DeferredCancel, AgainDoesNotSwallowMore) {
  Deferred<int> d;
  d.cancel();
  d.cancel();
  d.callback(1);
  d.cancel();
  EXPECT_THROW(d.callback(2), AlreadyCalledError);
  static_cast<void>(d.take());
}

TEST(DeferredCancel, CallsTheCancellerOnceAndFailsWithCancelledErrorWhenItDoesNotFire) {
  int calls = 0;
  Deferred<int> d([&] { ++calls; });
  d.cancel();
  d.cancel();
  EXPECT_EQ(calls, 1);
  EXPECT_EQ(failureOf(d), "CancelledError");
}

TEST(DeferredCancel, WithCancellerSwallowsNothing) {
  Deferred<int> d([] {});
  d.cancel();
  EXPECT_THROW(d.callback(1), AlreadyCalledError);
  EXPECT_THROW(d.errback(Oops()), AlreadyCalledError);
  static_cast<void>(d.take());
}

TEST(DeferredCancel, GivesTheCancellerTheDeferredItself) {
  bool same = false;
  Deferred<int> watched(nullptr);
  Deferred<int> d([&](Deferred<int>& asked) { same = asked.sameChain(watched); });
  watched = d;
  d.cancel();
  EXPECT_TRUE(same);
  static_cast<void>(d.take());
}

TEST(DeferredCancel, KeepsTheValueThatTheCancellerGave) {
  Deferred<int> d([](Deferred<int>& asked) { asked.callback(5); });
  d.cancel();
  EXPECT_EQ(d.take().value(), 5);
}

TEST(DeferredCancel, KeepsTheFailureThatTheCancellerGave) {
  Deferred<int> d([](Deferred<int>& asked) { asked.errback(Oops()); });
  d.cancel();
  EXPECT_THAT(failureOf(d), HasSubstr("Oops"));
}

TEST(DeferredCancel, InsideItsOwnCancellerDoesNothing) {
  int calls = 0;
  Deferred<int> d([&](Deferred<int>& asked) { ++calls, asked.cancel(); });
  d.cancel();
  EXPECT_EQ(calls, 1);
  EXPECT_EQ(failureOf(d), "CancelledError");
}

TEST(DeferredCancel, AfterCallbackDoesNothing) {
  int calls = 0;
  Deferred<int> d([&] { ++calls; });
  d.callback(1);
  d.cancel();
  EXPECT_EQ(calls, 0);
  EXPECT_EQ(d.take().value(), 1);
}

TEST(DeferredCancel, AfterErrbackDoesNothing) {
  Deferred<int> d;
  d.errback(Oops());
  d.cancel();
  EXPECT_THAT(failureOf(d), HasSubstr("Oops"));
}

TEST(DeferredCancel, DropsTheCancellerOnceFired) {
  auto held = std::make_shared<int>(1);
  Deferred<int> d([held] {});
  EXPECT_EQ(held.use_count(), 2);
  d.callback(1);
  EXPECT_EQ(held.use_count(), 1);
}

TEST(DeferredCancel, DropsTheCancellerOnceFiredAlthoughTheChainWaitsForAnother) {
  auto held = std::make_shared<int>(1);
  Deferred<int> inner, d([held] {});
  d.addCallback([&](int) { return inner; });
  d.callback(1);
  EXPECT_TRUE(d.waiting());
  EXPECT_EQ(held.use_count(), 1);
}

TEST(DeferredCancel, ACancellerThatHoldsItsOwnDeferredIsNoCircleOnceThatFired) {
  Chains chains;
  {
    const auto own = std::make_shared<Deferred<int>>(nullptr);
    Deferred<int> d([own] {});
    *own = d;
    d.callback(1);
  }
  EXPECT_EQ(chains.live, 0);
}

TEST(DeferredCancel, DropsTheCancellerOnceFailed) {
  auto held = std::make_shared<int>(1);
  Deferred<int> d([held] {});
  d.errback(Oops());
  EXPECT_EQ(held.use_count(), 1);
  static_cast<void>(d.take());
}

TEST(DeferredCancel, DropsTheCancellerOnceCancelled) {
  auto held = std::make_shared<int>(1);
  Deferred<int> d([held] {});
  d.cancel();
  EXPECT_EQ(held.use_count(), 1);
  static_cast<void>(d.take());
}

TEST(DeferredCancel, OfAWaitingOuterFailsItWhenTheInnerDiedUnfired) {
  Deferred<int> outer = succeed(1);
  outer.addCallback([](int) { return Deferred<int>(); });
  EXPECT_TRUE(outer.waiting());
  outer.cancel();
  EXPECT_EQ(failureOf(outer), "CancelledError");
}

TEST(DeferredCancel, OfAnOuterWhoseInnerIsPausedWithItsResultDoesNothing) {
  Deferred<int> inner = succeed(3), outer = succeed(1);
  inner.pause();
  outer.addCallback([&](int) { return inner; });
  outer.cancel();
  EXPECT_TRUE(outer.waiting());
  inner.unpause();
  EXPECT_EQ(outer.take().value(), 3);
}

TEST(DeferredCancel, WhilePausedFailsAtTheUnpause) {
  int errbacks = 0;
  Deferred<int> d;
  d.tapErrback([&](const Failure&) { ++errbacks; });
  d.pause();
  d.cancel();
  EXPECT_EQ(errbacks, 0);
  d.unpause();
  EXPECT_EQ(errbacks, 1);
  EXPECT_EQ(failureOf(d), "CancelledError");
}

TEST(DeferredCancel, AgainAfterALateFailureDoesNotSwallowMore) {
  Deferred<int> d;
  d.cancel();
  d.errback(Oops());
  d.cancel();
  EXPECT_THROW(d.errback(Oops()), AlreadyCalledError);
  EXPECT_EQ(failureOf(d), "CancelledError");
}

TEST(DeferredCancel, OfAWaitingOuterReachesTheInner) {
  bool cancelled = false;
  Deferred<int> inner([&] { cancelled = true; });
  Deferred<int> outer = succeed(1);
  outer.addCallback([&](int) { return inner; });
  outer.cancel();
  EXPECT_TRUE(cancelled);
  EXPECT_EQ(failureOf(outer), "CancelledError");
}

TEST(DeferredCancel, OfAnUnfiredChainedDeferredDoesNotReachTheFirst) {
  Deferred<int> a, b;
  a.chainDeferred(b);
  b.cancel();
  EXPECT_FALSE(a.called());
  EXPECT_EQ(failureOf(b), "CancelledError");
}

TEST(DeferredCancel, GoesToTheInnerOfAnOuterOnlyWhileItWaits) {
  Deferred<int> inner;
  Deferred<int> outer = succeed(1);
  outer.addCallback([&](int) { return inner; });
  inner.callback(2);
  outer.cancel();
  EXPECT_EQ(outer.take().value(), 2);
}

// --- addTimeout

TEST(DeferredTimeout, FailsWithTimeoutErrorWhenNoResultCame) {
  ManualClock clock;
  Deferred<int> d;
  d.addTimeout(10s, clock);
  clock.advance(9s);
  EXPECT_FALSE(d.called());
  clock.advance(1s);
  const Failure failure = d.take().failure();
  EXPECT_NE(failure.check<TimeoutError>(), nullptr);
  EXPECT_THAT(failure.what(), HasSubstr("no result within 10 s"));
}

TEST(DeferredTimeout, IsForgottenWhenAResultCame) {
  ManualClock clock;
  Deferred<int> d;
  d.addTimeout(10s, clock);
  d.callback(3);
  EXPECT_TRUE(clock.getDelayedCalls().empty());
  clock.advance(20s);
  EXPECT_EQ(d.take().value(), 3);
}

TEST(DeferredTimeout, IsForgottenWhenAFailureCame) {
  ManualClock clock;
  Deferred<int> d;
  d.addTimeout(10s, clock);
  d.errback(Oops());
  EXPECT_TRUE(clock.getDelayedCalls().empty());
  EXPECT_THAT(failureOf(d), HasSubstr("Oops"));
}

TEST(DeferredTimeout, LeavesACancelledErrorThatItDidNotCause) {
  ManualClock clock;
  Deferred<int> d;
  d.addTimeout(10s, clock);
  d.cancel();
  EXPECT_EQ(failureOf(d), "CancelledError");
  EXPECT_TRUE(clock.getDelayedCalls().empty());
}

TEST(DeferredTimeout, LetsAValueOfTheCancellerWin) {
  ManualClock clock;
  Deferred<int> d([](Deferred<int>& asked) { asked.callback(8); });
  d.addTimeout(1s, clock);
  clock.advance(1s);
  EXPECT_EQ(d.take().value(), 8);
}

TEST(DeferredTimeout, LetsAFailureOfTheCancellerWin) {
  ManualClock clock;
  Deferred<int> d([](Deferred<int>& asked) { asked.errback(Oops()); });
  d.addTimeout(1s, clock);
  clock.advance(1s);
  EXPECT_THAT(failureOf(d), HasSubstr("Oops"));
}

TEST(DeferredTimeout, CoversCallbacksAddedBeforeIt) {
  ManualClock clock;
  Deferred<int> inner, d = succeed(1);
  d.addCallback([&](int) { return inner; }).addTimeout(1s, clock);
  clock.advance(1s);
  EXPECT_EQ(failureOf(d), "TimeoutError");
}

TEST(DeferredTimeout, DoesNotCoverCallbacksAddedAfterIt) {
  ManualClock clock;
  Deferred<int> inner, d = succeed(1);
  d.addTimeout(1s, clock).addCallback([&](int) { return inner; });
  clock.advance(2s);
  EXPECT_TRUE(d.waiting());
  inner.callback(1);
}

TEST(DeferredTimeout, IsSuppressedByAnErrbackBeforeIt) {
  ManualClock clock;
  Deferred<int> d;
  d.addErrback([](const Failure&) { return 4; }).addTimeout(1s, clock);
  clock.advance(1s);
  EXPECT_EQ(d.take().value(), 4);
}

TEST(DeferredTimeout, AsksOnTimeoutWhatBecomesOfTheResult) {
  ManualClock clock;
  Deferred<int> d;
  Duration said{};
  d.addTimeout(3s, clock, [&](const Result<int>& result, Duration after) {
    said = after;
    return result.failure().check<CancelledError>() != nullptr ? 42 : 0;
  });
  clock.advance(3s);
  EXPECT_EQ(said, 3s);
  EXPECT_EQ(d.take().value(), 42);
}

TEST(DeferredTimeout, DoesNotAskOnTimeoutWhenTheResultCameInTime) {
  ManualClock clock;
  bool asked = false;
  Deferred<int> d;
  d.addTimeout(3s, clock, [&](Result<int>, Duration) { return asked = true, 0; });
  d.callback(1);
  clock.advance(9s);
  EXPECT_FALSE(asked);
}

TEST(DeferredTimeout, OnAFiredDeferredLeavesNoTimer) {
  ManualClock clock;
  Deferred<int> d = succeed(1);
  d.addTimeout(1s, clock);
  EXPECT_TRUE(clock.getDelayedCalls().empty());
}

TEST(DeferredTimeout, GivesTheSameDeferredBack) {
  ManualClock clock;
  Deferred<int> d;
  EXPECT_EQ(&d.addTimeout(1s, clock), &d);
  d.callback(1);
}

TEST(DeferredTimeout, DoesNotAskOnTimeoutWhenAFailureCameInTime) {
  ManualClock clock;
  bool asked = false;
  Deferred<int> d;
  d.addTimeout(3s, clock, [&](Result<int>, Duration) { return asked = true, 0; });
  d.errback(Oops());
  clock.advance(9s);
  EXPECT_FALSE(asked);
  EXPECT_THAT(failureOf(d), HasSubstr("Oops"));
}

TEST(DeferredTimeout, DoesNotAskOnTimeoutWhenCancelledByHandBefore) {
  ManualClock clock;
  bool asked = false;
  Deferred<int> d;
  d.addTimeout(3s, clock, [&](Result<int>, Duration) { return asked = true, 0; });
  d.cancel();
  clock.advance(9s);
  EXPECT_FALSE(asked);
  EXPECT_EQ(failureOf(d), "CancelledError");
}

TEST(DeferredTimeout, AsksOnTimeoutAboutAValueThatTheCancellerGave) {
  ManualClock clock;
  Deferred<int> d([](Deferred<int>& asked) { asked.callback(8); });
  d.addTimeout(1s, clock, [](const Result<int>& result, Duration) { return result.ok() ? *result + 1 : -1; });
  clock.advance(1s);
  EXPECT_EQ(d.take().value(), 9);
}

TEST(DeferredTimeout, ShowsAnErrbackBeforeItTheCancelledError) {
  ManualClock clock;
  std::string seen;
  Deferred<int> d;
  d.tapErrback([&](const Failure& failure) { seen = failure.name(); }).addTimeout(1s, clock);
  clock.advance(1s);
  EXPECT_EQ(seen, "CancelledError");
  EXPECT_EQ(failureOf(d), "TimeoutError");
}

TEST(DeferredTimeout, RunsCallbacksBeforeItOnAValueThatTheCancellerGave) {
  ManualClock clock;
  Deferred<int> d([](Deferred<int>& asked) { asked.callback(8); });
  d.addCallback([](int value) { return value * 2; }).addTimeout(1s, clock);
  clock.advance(1s);
  EXPECT_EQ(d.take().value(), 16);
}

TEST(DeferredTimeout, AsksOnTimeoutAboutAnErrorThatAnErrbackBeforeItHandled) {
  ManualClock clock;
  Deferred<int> d;
  d.addErrback([](const Failure&) { return 4; });
  d.addTimeout(1s, clock, [](const Result<int>& result, Duration) { return *result + 1; });
  clock.advance(1s);
  EXPECT_EQ(d.take().value(), 5);
}

TEST(DeferredTimeout, AsksOnTimeoutAboutTheCancelledErrorThatAnErrbackBeforeItPassedOn) {
  ManualClock clock;
  std::string seen;
  Deferred<int> d;
  d.addErrback([&](Failure failure) { return seen = failure.name(), failure; });
  d.addTimeout(1s, clock,
               [](const Result<int>& result, Duration) { return result.failure().check<CancelledError>() != nullptr ? 5 : 0; });
  clock.advance(1s);
  EXPECT_EQ(seen, "CancelledError");
  EXPECT_EQ(d.take().value(), 5);
}

TEST(DeferredTimeout, AsksOnTimeoutAboutWhatACallbackBeforeItMadeOfTheCancellersValue) {
  ManualClock clock;
  Deferred<int> d([](Deferred<int>& asked) { asked.callback(8); });
  d.addCallback([](int value) { return value * 2; });
  d.addTimeout(1s, clock, [](const Result<int>& result, Duration) { return *result + 1; });
  clock.advance(1s);
  EXPECT_EQ(d.take().value(), 17);
}

TEST(DeferredTimeout, FailsWithWhatOnTimeoutThrows) {
  ManualClock clock;
  Deferred<int> d;
  d.addTimeout(1s, clock, [](const Result<int>& result, Duration) {
    if (!result.ok()) throw Oops("asked");
    return *result;
  });
  clock.advance(1s);
  EXPECT_STREQ(d.take().failure().what(), "asked");
}

TEST(DeferredTimeout, OfAVoidChainMayBeHandledByOnTimeout) {
  ManualClock clock;
  Deferred<void> d;
  d.addTimeout(1s, clock, [](const Result<void>&, Duration) {});
  clock.advance(1s);
  EXPECT_TRUE(d.take().ok());
}

TEST(DeferredTimeout, FailsAChainWhoseInnerDiedUnfired) {
  ManualClock clock;
  Deferred<int> d = succeed(1);
  d.addCallback([](int) { return Deferred<int>(); }).addTimeout(1s, clock);
  clock.advance(1s);
  EXPECT_EQ(failureOf(d), "TimeoutError");
}

TEST(DeferredTimeout, LeavesNothingBehindWhenTheClockDiesFirst) {
  Chains chains;
  {
    Deferred<int> d;
    {
      ManualClock clock;
      d.addTimeout(1s, clock);
    }
    d.callback(1);
  }
  EXPECT_EQ(chains.live, 0);
}

}  // namespace
}  // namespace teasel
