#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <new>
#include <ostream>
#include <stdexcept>
#include <string>
#include <vector>

#include <teasel/deferred/coroutine.hpp>
#include <teasel/deferred/test_util.hpp>

/// Coroutines that call coroutines, with callbacks between them, cancelled at every depth.
namespace teasel {
namespace {

using deferred_tests::Chains;
using deferred_tests::failureOf;
using deferred_tests::Oops;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

using Names = std::vector<std::string>;

Deferred<int> plusOne(Deferred<int> wait) { co_return co_await wait + 1; }

Deferred<std::string> inner(Names& log, Deferred<std::string> wait, std::string name) {
  log.push_back(name + " starts");
  std::string got = co_await wait;
  log.push_back(name + " got " + got);
  co_return name + "-" + got;
}

TEST(CoroutineStacked, ReturnsThroughTwoLevelsWhenTheResultComes) {
  Names log;
  const auto outer = [](Names& lines, Deferred<std::string> wait) -> Deferred<std::string> {
    const std::string got = co_await inner(lines, wait, "inner");
    lines.push_back("outer got " + got);
    co_return "outer-" + got;
  };
  Deferred<std::string> wait;
  Deferred<std::string> result = outer(log, wait);
  EXPECT_THAT(log, ElementsAre("inner starts"));
  wait.callback("x");
  EXPECT_THAT(log, ElementsAre("inner starts", "inner got x", "outer got inner-x"));
  EXPECT_EQ(result.take().value(), "outer-inner-x");
}

TEST(CoroutineStacked, WaitsSeveralTimesOnTheWay) {
  Names log;
  const auto outer = [](Names& lines, Deferred<std::string> first, Deferred<std::string> second) -> Deferred<std::string> {
    const std::string one = co_await inner(lines, first, "a");
    const std::string two = co_await inner(lines, second, "b");
    co_return one + "+" + two;
  };
  Deferred<std::string> first, second;
  Deferred<std::string> result = outer(log, first, second);
  first.callback("1");
  EXPECT_THAT(log, ElementsAre("a starts", "a got 1", "b starts"));
  second.callback("2");
  EXPECT_EQ(result.take().value(), "a-1+b-2");
}

TEST(CoroutineStacked, RunsCallbacksAddedToTheInnerBeforeTheOuterGoesOn) {
  Names log;
  const auto outer = [](Names& lines, Deferred<std::string> wait) -> Deferred<void> {
    Deferred<std::string> call = inner(lines, wait, "inner");
    call.addCallback([&lines](std::string got) { return lines.push_back("callback"), got + "!"; });
    lines.push_back("outer got " + co_await call);
  };
  Deferred<std::string> wait;
  Deferred<void> result = outer(log, wait);
  wait.callback("x");
  EXPECT_THAT(log, ElementsAre("inner starts", "inner got x", "callback", "outer got inner-x!"));
}

TEST(CoroutineStacked, CarriesAFailureOfTheInnermostUpToWhoeverCatchesIt) {
  Names log;
  const auto outer = [](Names& lines, Deferred<std::string> wait) -> Deferred<std::string> {
    try {
      co_return co_await inner(lines, wait, "inner");
    } catch (const Oops& oops) {
      co_return std::string("caught ") + oops.what();
    }
  };
  Deferred<std::string> wait;
  Deferred<std::string> result = outer(log, wait);
  wait.errback(Oops("deep"));
  EXPECT_EQ(result.take().value(), "caught deep");
}

TEST(CoroutineStacked, AFailureOfTheSecondWaitComesUpAfterTheFirstHadAValue) {
  Names log;
  const auto outer = [](Names& lines, Deferred<std::string> first, Deferred<std::string> second) -> Deferred<std::string> {
    lines.push_back("outer got " + co_await inner(lines, first, "inner"));
    co_return co_await second;
  };
  Deferred<std::string> first, second;
  Deferred<std::string> result = outer(log, first, second);
  first.callback("x");
  EXPECT_THAT(log, ElementsAre("inner starts", "inner got x", "outer got inner-x"));
  EXPECT_FALSE(result.hasResult());
  second.errback(Oops("second"));
  EXPECT_STREQ(result.take().failure().what(), "second");
}

TEST(CoroutineStacked, AwaitsADeferredWhoseCallbackReturnedAnother) {
  Deferred<int> innermost, wait;
  wait.addCallback([&](int) { return innermost; });
  Deferred<int> result = plusOne(wait);
  wait.callback(0);
  EXPECT_FALSE(result.hasResult());
  innermost.callback(41);
  EXPECT_EQ(result.take().value(), 42);
}

TEST(CoroutineStacked, AwaitsAPausedDeferredUntilItIsUnpaused) {
  Deferred<int> inner, wait = succeed(0);
  wait.addCallback([&](int) { return inner; });
  wait.pause();
  Deferred<int> result = plusOne(wait);
  inner.callback(41);
  EXPECT_FALSE(result.hasResult());
  wait.unpause();
  EXPECT_EQ(result.take().value(), 42);
}

TEST(CoroutineStacked, MayBeReturnedFromACallback) {
  Deferred<int> wait, start = succeed(1);
  start.addCallback([&](int) { return plusOne(wait); });
  EXPECT_TRUE(start.waiting());
  wait.callback(1);
  EXPECT_EQ(start.take().value(), 2);
}

TEST(CoroutineStacked, CancellingAChainThatWaitsForACoroutineReachesItsWait) {
  Deferred<int> wait, start = succeed(1);
  start.addCallback([&](int) { return plusOne(wait); });
  start.cancel();
  EXPECT_TRUE(wait.called());
  EXPECT_EQ(failureOf(start), "CancelledError");
}

TEST(CoroutineStacked, MaybeDeferredStartsACoroutine) {
  EXPECT_EQ(maybeDeferred(plusOne, succeed(2)).take().value(), 3);
  EXPECT_THAT(failureOf(maybeDeferred(plusOne, fail<int>(Oops()))), HasSubstr("Oops"));
}

// --- Callbacks between a call and its co_await. They wait or fail themselves.

/// Calls `inner` with `wait`, adds a callback that goes on with `step`, then awaits.
Deferred<std::string> withStepBetween(Names& log, Deferred<std::string> wait, Deferred<std::string> step) {
  Deferred<std::string> call = inner(log, wait, "inner");
  call.addCallback([&log, step](const std::string& got) {
    log.push_back("callback got " + got);
    return step;
  });
  const std::string got = co_await call;
  log.push_back("outer got " + got);
  co_return got;
}

TEST(CoroutineStacked, WaitsForADeferredThatACallbackBetweenReturned) {
  Names log;
  Deferred<std::string> wait, step;
  Deferred<std::string> result = withStepBetween(log, wait, step);
  wait.callback("x");
  EXPECT_THAT(log, ElementsAre("inner starts", "inner got x", "callback got inner-x"));
  step.callback("y");
  EXPECT_THAT(log, ElementsAre("inner starts", "inner got x", "callback got inner-x", "outer got y"));
  EXPECT_EQ(result.take().value(), "y");
}

TEST(CoroutineStacked, DoesNotWaitForADeferredThatACallbackBetweenReturnedWithItsResult) {
  Names log;
  Deferred<std::string> wait;
  Deferred<std::string> result = withStepBetween(log, wait, succeed(std::string("y")));
  wait.callback("x");
  EXPECT_EQ(result.take().value(), "y");
}

TEST(CoroutineStacked, FailsWithTheFailureOfADeferredThatACallbackBetweenReturned) {
  Names log;
  Deferred<std::string> wait, step;
  Deferred<std::string> result = withStepBetween(log, wait, step);
  wait.callback("x");
  step.errback(Oops("between"));
  EXPECT_STREQ(result.take().failure().what(), "between");
}

TEST(CoroutineStacked, TheSecondWaitMayBeForACallbackBetween) {
  Names log;
  const auto outer = [](Names& lines, Deferred<std::string> wait, Deferred<std::string> step) -> Deferred<std::string> {
    const std::string first = co_await inner(lines, succeed(std::string("1")), "first");
    co_return first + "+" + co_await withStepBetween(lines, wait, step);
  };
  Deferred<std::string> wait, step;
  Deferred<std::string> result = outer(log, wait, step);
  wait.callback("2");
  EXPECT_FALSE(result.hasResult());
  step.callback("3");
  EXPECT_EQ(result.take().value(), "first-1+3");
}

TEST(CoroutineStacked, ACallbackBetweenThatThrowsFailsTheOuterAtItsWait) {
  const auto outer = [](Deferred<int> wait) -> Deferred<std::string> {
    Deferred<int> call = plusOne(wait);
    call.addCallback([](int) -> int { throw Oops("between"); });
    try {
      co_await call;
    } catch (const Oops& oops) {
      co_return std::string("caught ") + oops.what();
    }
    co_return "nothing thrown";
  };
  Deferred<int> wait;
  Deferred<std::string> result = outer(wait);
  wait.callback(1);
  EXPECT_EQ(result.take().value(), "caught between");
}

TEST(CoroutineStacked, AnErrbackBetweenMayTurnTheFailureIntoAValue) {
  const auto outer = [](Deferred<int> wait) -> Deferred<int> {
    Deferred<int> call = plusOne(wait);
    call.addErrback([](const Failure&) { return 7; });
    co_return co_await call;
  };
  Deferred<int> wait;
  Deferred<int> result = outer(wait);
  wait.errback(Oops());
  EXPECT_EQ(result.take().value(), 7);
}

TEST(CoroutineStacked, AFailureOfTheLastWaitMayBeTheResultThatIsReturned) {
  const auto outer = [](Deferred<int> wait) -> Deferred<std::string> {
    std::string what;
    try {
      co_await plusOne(wait);
    } catch (const Oops& oops) {
      what = oops.what();
    }
    co_return what;
  };
  Deferred<int> wait;
  Deferred<std::string> result = outer(wait);
  wait.errback(Oops("last"));
  EXPECT_EQ(result.take().value(), "last");
}

TEST(CoroutineStacked, RethrowsWhatItCaughtAsTheSameError) {
  const auto outer = [](Deferred<int> wait) -> Deferred<int> {
    try {
      co_return co_await plusOne(wait);
    } catch (const Oops&) {
      throw;
    }
  };
  Deferred<int> wait;
  Deferred<int> result = outer(wait);
  wait.errback(Oops("same"));
  const std::string place = "coroutine_stacked_test.cpp:" + std::to_string(__LINE__ - 1);
  EXPECT_THAT(result.take().failure().text(), HasSubstr("Oops: same (at " + place));
}

// --- Cancelling, with different things between the cancelled and the awaited Deferred

/// How many coroutines stand one upon another, and whether the innermost has waited once before.
struct Shape {
  const char* name;
  int depth;
  bool second;
};
void PrintTo(const Shape& shape, std::ostream* out) { *out << shape.name; }

Deferred<std::string> innermost(Deferred<std::string> wait, bool second) {
  if (second) co_await succeed();
  try {
    co_return co_await wait;
  } catch (const std::logic_error&) {
    throw Oops("translated");
  } catch (const std::bad_alloc&) {
    co_return "recovered";
  }
}
Deferred<std::string> stacked(int depth, Deferred<std::string> wait, bool second) {
  if (depth == 0) co_return co_await innermost(wait, second);
  if (second) co_await succeed();
  co_return co_await stacked(depth - 1, wait, second);
}

class CoroutineCancelAtDepth : public testing::TestWithParam<Shape> {
 protected:
  Deferred<std::string> start(Deferred<std::string> wait) {
    const auto [name, depth, second] = GetParam();
    return depth < 0 ? innermost(std::move(wait), second) : stacked(depth, std::move(wait), second);
  }
};
INSTANTIATE_TEST_SUITE_P(Stacks, CoroutineCancelAtDepth,
                         testing::Values(Shape{"One", -1, false}, Shape{"OneThatWaitedBefore", -1, true}, Shape{"Two", 0, false},
                                         Shape{"TwoThatWaitedBefore", 0, true}, Shape{"Three", 1, false}, Shape{"Nine", 7, true}),
                         [](const auto& each) { return std::string(each.param.name); });

TEST_P(CoroutineCancelAtDepth, ReachesTheCancellerOfWhatIsAwaited) {
  int cancelled = 0;
  Deferred<std::string> wait([&] { ++cancelled; });
  Deferred<std::string> result = start(wait);
  result.cancel();
  EXPECT_EQ(cancelled, 1);
  EXPECT_EQ(failureOf(result), "CancelledError");
}

TEST_P(CoroutineCancelAtDepth, FailsWithCancelledErrorWithoutCanceller) {
  Deferred<std::string> wait;
  Deferred<std::string> result = start(wait);
  result.cancel();
  EXPECT_EQ(failureOf(result), "CancelledError");
  wait.callback("late");  // swallowed
}

TEST_P(CoroutineCancelAtDepth, SurfacesAsTheFailureThatTheCancellerGaveAndMayBeTranslated) {
  Deferred<std::string> wait([](Deferred<std::string>& asked) { asked.errback(std::logic_error("untranslated")); });
  Deferred<std::string> result = start(wait);
  result.cancel();
  EXPECT_STREQ(result.take().failure().what(), "translated");
}

TEST_P(CoroutineCancelAtDepth, MayBecomeAValueAtTheWait) {
  Deferred<std::string> wait([](Deferred<std::string>& asked) { asked.errback(std::bad_alloc()); });
  Deferred<std::string> result = start(wait);
  result.cancel();
  EXPECT_EQ(result.take().value(), "recovered");
}

TEST_P(CoroutineCancelAtDepth, BecomesTheValueThatTheCancellerGave) {
  Deferred<std::string> wait([](Deferred<std::string>& asked) { asked.callback("given"); });
  Deferred<std::string> result = start(wait);
  result.cancel();
  EXPECT_EQ(result.take().value(), "given");
}

TEST_P(CoroutineCancelAtDepth, TakesTimeWhenAnErrbackOfTheAwaitedDoes) {
  Deferred<std::string> more, wait;
  wait.addErrback([&](const Failure&) { return more; });
  Deferred<std::string> result = start(wait);
  result.cancel();
  EXPECT_FALSE(result.hasResult());
  more.callback("in the end");
  EXPECT_EQ(result.take().value(), "in the end");
}

TEST_P(CoroutineCancelAtDepth, LeavesNothingBehind) {
  Chains chains;
  {
    Deferred<std::string> result = start(Deferred<std::string>([] {}));
    result.cancel();
    static_cast<void>(result.take());
  }
  EXPECT_EQ(chains.live, 0);
}

}  // namespace
}  // namespace teasel
