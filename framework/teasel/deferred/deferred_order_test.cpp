#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include <teasel/deferred/deferred.hpp>
#include <teasel/deferred/test_util.hpp>

/// The order in which callbacks run when chains wait for, fire and add to one another.
namespace teasel {
namespace {

using deferred_tests::failureOf;
using deferred_tests::Oops;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

using Names = std::vector<std::string>;

TEST(DeferredOrder, TheMiddleOfThreeRunsAfterTheInnermostFiredAndBeforeTheOuterGoesOn) {
  Names ran;
  Deferred<int> innermost, outer;
  outer.addCallback([&](int) {
    ran.push_back("outer first");
    Deferred<int> middle = succeed(1);
    middle.addCallback([&](int) { return ran.push_back("middle first"), innermost; });
    middle.addCallback([&](int value) { return ran.push_back("middle second"), value * 2; });
    return middle;
  });
  outer.tap([&] { ran.push_back("outer second"); });
  outer.callback(0);
  EXPECT_THAT(ran, ElementsAre("outer first", "middle first"));
  innermost.callback(21);
  EXPECT_THAT(ran, ElementsAre("outer first", "middle first", "middle second", "outer second"));
  EXPECT_EQ(outer.take().value(), 42);
}

TEST(DeferredOrder, CallbacksOfEveryLevelRunFromTheInnermostOutwards) {
  Names ran;
  const auto note = [&](const char* name) { return [&ran, name] { ran.push_back(name); }; };
  Deferred<int> a, b, c;
  a.tap(note("a"));
  b.addCallback([&](int) { return a; }).tap(note("b1")).tap(note("b2"));
  c.addCallback([&](int) { return b; }).tap(note("c"));
  c.callback(0);
  b.callback(0);
  EXPECT_THAT(ran, ElementsAre());
  a.callback(7);
  EXPECT_THAT(ran, ElementsAre("a", "b1", "b2", "c"));
  EXPECT_EQ(c.take().value(), 7);
}

TEST(DeferredOrder, ResultsGoUpWhicheverLevelFiresLast) {
  for (const bool innerFirst : {false, true}) {
    Deferred<int> a, b, c;
    b.addCallback([&](int) { return a; });
    c.addCallback([&](int) { return b; });
    if (innerFirst) a.callback(5);
    b.callback(0);
    c.callback(0);
    if (!innerFirst) a.callback(5);
    EXPECT_EQ(c.take().value(), 5);
  }
}

TEST(DeferredOrder, CallbacksAddedToAnOuterWhileItWaitsRunWhenItGoesOn) {
  Names ran;
  Deferred<int> inner, outer = succeed(0);
  outer.addCallback([&](int) { return inner; });
  outer.tap([&] { ran.push_back("late"); });
  EXPECT_THAT(ran, ElementsAre());
  inner.callback(1);
  EXPECT_THAT(ran, ElementsAre("late"));
}

TEST(DeferredOrder, AFailureOfTheInnermostGoesUpToTheFirstErrback) {
  Names ran;
  Deferred<int> a, b, c;
  b.addCallback([&](int) { return a; }).tap([&] { ran.push_back("b"); });
  c.addCallback([&](int) { return b; }).tap([&] { ran.push_back("c"); });
  c.addErrback([&](const Failure& failure) { return ran.push_back(failure.what()), 3; });
  c.callback(0);
  b.callback(0);
  a.errback(Oops("deep"));
  EXPECT_THAT(ran, ElementsAre("deep"));
  EXPECT_EQ(c.take().value(), 3);
}

TEST(DeferredOrder, AnErrbackMayReturnADeferredThatFails) {
  Deferred<int> inner, outer = fail<int>(Oops("first"));
  outer.addErrback([&](const Failure&) { return inner; });
  inner.errback(Oops("second"));
  EXPECT_STREQ(outer.take().failure().what(), "second");
}

TEST(DeferredOrder, AnErrbackMayReturnADeferredThatHasItsResult) {
  Deferred<int> outer = fail<int>(Oops());
  outer.addErrback([](const Failure&) { return succeed(4); });
  EXPECT_EQ(outer.take().value(), 4);
}

TEST(DeferredOrder, AReturnedDeferredThatHasFailedFailsTheChainAtOnce) {
  Deferred<int> outer = succeed(1);
  outer.addCallback([](int) { return fail<int>(Oops()); });
  EXPECT_THAT(failureOf(outer), HasSubstr("Oops"));
}

TEST(DeferredOrder, WaitsTwiceForTwoDeferredsReturnedOneAfterTheOther) {
  Deferred<int> first, second, outer = succeed(0);
  outer.addCallback([&](int) { return first; }).addCallback([&](int) { return second; });
  first.callback(1);
  EXPECT_TRUE(outer.waiting());
  second.callback(2);
  EXPECT_EQ(outer.take().value(), 2);
}

TEST(DeferredOrder, FiringAnotherChainInACallbackRunsThatOneFirst) {
  Names ran;
  Deferred<int> other, d;
  other.tap([&] { ran.push_back("other"); });
  d.tap([&] { other.callback(1), ran.push_back("first"); }).tap([&] { ran.push_back("second"); });
  d.callback(1);
  EXPECT_THAT(ran, ElementsAre("other", "first", "second"));
}

TEST(DeferredOrder, FiringTheInnerFromACallbackOfTheOuterGoesOnWithTheOuterAfterThatCallback) {
  Names ran;
  Deferred<int> inner, outer;
  outer.addCallback([&](int) {
    inner.callback(1);
    ran.push_back("callback ends");
    return inner;
  });
  outer.tap([&] { ran.push_back("next"); });
  outer.callback(0);
  EXPECT_THAT(ran, ElementsAre("callback ends", "next"));
}

TEST(DeferredOrder, ACallbackAddedInsideOneThatThrowsSeesTheFailure) {
  Names ran;
  Deferred<int> d;
  d.addCallback([&](int) -> int {
    d.tapErrback([&](const Failure& failure) { ran.push_back(failure.what()); });
    throw Oops("thrown");
  });
  d.callback(0);
  EXPECT_THAT(ran, ElementsAre("thrown"));
  d.addErrback([] {});
}

TEST(DeferredOrder, AFailureOfACallbackThatACallbackAddedReachesTheErrbackAddedBefore) {
  Names ran;
  Deferred<int> d;
  d.tap([&] { d.addCallback([](int) -> int { throw Oops("nested"); }); });
  d.callback(0);
  d.addErrback([&](const Failure& failure) { return ran.push_back(failure.what()), 0; });
  EXPECT_THAT(ran, ElementsAre("nested"));
}

TEST(DeferredOrder, CallbacksAddedByCallbacksAddedByCallbacksRunInTurn) {
  Names ran;
  Deferred<int> d;
  d.tap([&] {
    ran.push_back("1");
    d.tap([&] {
      ran.push_back("3");
      d.tap([&] { ran.push_back("4"); });
    });
  });
  d.tap([&] { ran.push_back("2"); });
  d.callback(0);
  EXPECT_THAT(ran, ElementsAre("1", "2", "3", "4"));
}

TEST(DeferredOrder, UnpauseInsideACallbackOfTheSameChainChangesNothingUntilThatEnds) {
  Names ran;
  Deferred<int> d;
  d.tap([&] { d.pause(), d.unpause(), ran.push_back("first"); }).tap([&] { ran.push_back("second"); });
  d.callback(0);
  EXPECT_THAT(ran, ElementsAre("first", "second"));
}

TEST(DeferredOrder, AFailureReachesNoErrbackWhilePaused) {
  Names ran;
  Deferred<int> d;
  d.pause();
  d.tapErrback([&](const Failure&) { ran.push_back("errback"); });
  d.errback(Oops());
  EXPECT_THAT(ran, ElementsAre());
  d.unpause();
  EXPECT_THAT(ran, ElementsAre("errback"));
  d.addErrback([] {});
}

TEST(DeferredOrder, CallbacksAddedWhilePausedRunAtTheLastUnpauseInTheirOrder) {
  Names ran;
  Deferred<int> d = succeed(1);
  d.pause();
  d.tap([&] { ran.push_back("1"); });
  d.tap([&] { ran.push_back("2"); });
  EXPECT_THAT(ran, ElementsAre());
  d.unpause();
  EXPECT_THAT(ran, ElementsAre("1", "2"));
}

TEST(DeferredOrder, AnInnerPausedInItsOwnCallbackKeepsTheOuterWaiting) {
  Deferred<int> inner, outer = succeed(0);
  inner.tap([&] { inner.pause(); }).addCallback([](int value) { return value + 1; });
  outer.addCallback([&](int) { return inner; });
  inner.callback(1);
  EXPECT_TRUE(outer.waiting());
  inner.unpause();
  EXPECT_EQ(outer.take().value(), 2);
}

TEST(DeferredOrder, APausedOuterKeepsWhatItsInnerGaveUntilItIsUnpaused) {
  Deferred<int> inner, outer;
  outer.addCallback([&](int) { return inner; }).addCallback([](int value) { return value + 1; });
  outer.callback(0);
  outer.pause();
  inner.callback(1);
  EXPECT_FALSE(outer.waiting());
  EXPECT_FALSE(outer.hasResult());
  outer.unpause();
  EXPECT_EQ(outer.take().value(), 2);
}

TEST(DeferredOrder, AChainThatRunsDoesNotCountAsHavingItsResult) {
  Deferred<int> d;
  bool had = true;
  d.tap([&] { had = d.hasResult(); });
  d.callback(1);
  EXPECT_FALSE(had);
  EXPECT_TRUE(d.hasResult());
}

}  // namespace
}  // namespace teasel
