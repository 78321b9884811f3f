#include <teasel/gtest/results.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>
#include <stdexcept>
#include <string>

#include <teasel/core/errors.hpp>
#include <teasel/deferred/coroutine.hpp>
#include <teasel/gtest/listener.hpp>
#include <teasel/gtest/matchers.hpp>

namespace teasel::gtest {
namespace {

using testing::AllOf;
using testing::Gt;
using testing::HasSubstr;
using testing::Not;

/// What a function of this header says against a Deferred; "" when it has nothing against it.
template <class Call>
std::string refusal(Call&& call) {
  try {
    call();
    return "";
  } catch (const ResultError& error) {
    return error.what();
  }
}
std::string here(int line) { return "results_test.cpp:" + std::to_string(line); }

Deferred<int> bad() { return fail<int>(ConnectionDone("bad times")); }

Deferred<int> twice(Deferred<int> wait) { co_return 2 * co_await wait; }

// --- successResultOf

TEST(SuccessResultOf, GivesTheValueAndTakesIt) {
  Deferred<int> d = succeed(42);
  EXPECT_EQ(successResultOf(d), 42);
  EXPECT_THROW(d.tap([] {}), ResultTaken);
}

TEST(SuccessResultOf, GivesWhatTheLastCallbackReturned) {
  Deferred<int> d = succeed(1);
  d.addCallback([](int value) { return value + 1; });
  EXPECT_EQ(successResultOf(d), 2);
}

TEST(SuccessResultOf, GivesAValueThatOnlyMoves) { EXPECT_EQ(*successResultOf(succeed(std::make_unique<int>(3))), 3); }

TEST(SuccessResultOf, OfVoidGivesNothing) {
  successResultOf(succeed());
  EXPECT_NE(refusal([] { successResultOf(Deferred<void>()); }), "");
}

TEST(SuccessResultOf, GivesWhatACoroutineReturned) { EXPECT_EQ(successResultOf(twice(succeed(4))), 8); }

TEST(SuccessResultOf, RefusesACoroutineThatStillWaits) {
  Deferred<int> wait;
  EXPECT_THAT(refusal([&] { successResultOf(twice(wait)); }), HasSubstr("unfired"));
}

TEST(SuccessResultOf, RefusesADeferredWithoutResultAndSaysWhereThatWasMade) {
  Deferred<int> d;
  const int made = __LINE__ - 1;
  const std::string text = refusal([&] { successResultOf(d); });
  EXPECT_THAT(text, AllOf(HasSubstr("at " + here(made + 2)), HasSubstr("unfired, made at " + here(made))));
}

TEST(SuccessResultOf, RefusesADeferredThatWaitsAndSaysForWhich) {
  Deferred<int> inner, outer = succeed(1);
  const int made = __LINE__ - 1;
  outer.addCallback([&](int) { return inner; });
  EXPECT_THAT(refusal([&] { successResultOf(outer); }), HasSubstr("waiting for the Deferred made at " + here(made)));
}

TEST(SuccessResultOf, RefusesAFailureAndSaysWhichAndWhereItWasMade) {
  Deferred<int> d = bad();
  EXPECT_THAT(refusal([&] { successResultOf(d); }), HasSubstr("ConnectionDone: bad times (at results_test.cpp:"));
  EXPECT_EQ(failureResultOf(d).name(), "ConnectionDone");
}

TEST(SuccessResultOf, RefusesAPausedDeferredThatHasItsResult) {
  Deferred<int> d = succeed(1);
  d.pause();
  EXPECT_THAT(refusal([&] { successResultOf(d); }), HasSubstr("paused 1x"));
}

TEST(SuccessResultOf, RefusesAResultThatWasTakenAndSaysByWhom) {
  Deferred<int> d = succeed(1);
  successResultOf(d);
  const int taken = __LINE__ - 1;
  EXPECT_THAT(refusal([&] { successResultOf(d); }), HasSubstr("taken at " + here(taken)));
}

TEST(SuccessResultOf, RefusesAHandleThatIsNoLongerTheEndOfItsChain) {
  Deferred<int> d;
  const auto text = d.addCallback([](int value) { return std::to_string(value); });
  d.callback(1);
  EXPECT_NE(refusal([&] { successResultOf(d); }), "");
}

TEST(SuccessResultOf, RefusesAnEmptyHandle) {
  EXPECT_THAT(refusal([] { successResultOf(Deferred<int>(nullptr)); }), HasSubstr("no Deferred"));
}

// --- failureResultOf

TEST(FailureResultOf, GivesTheFailureItself) {
  const Failure failure(std::runtime_error("x"));
  EXPECT_TRUE(failureResultOf(fail<int>(failure)).same(failure));
}

TEST(FailureResultOf, CountsAsHandlingTheFailure) {
  failureResultOf(bad());
  EXPECT_TRUE(flushLoggedErrors().empty());
}

TEST(FailureResultOf, GivesAFailureOfTheNamedTypeOrOneDerivedFromIt) {
  EXPECT_EQ(failureResultOf<ConnectionDone>(bad()).name(), "ConnectionDone");
  EXPECT_EQ(failureResultOf<ConnectionClosed>(bad()).name(), "ConnectionDone");
}

TEST(FailureResultOf, GivesAFailureOfOneOfSeveralTypes) {
  EXPECT_EQ((failureResultOf<TimeoutError, ConnectionDone>(bad()).name()), "ConnectionDone");
}

TEST(FailureResultOf, GivesAnErrorThatIsNoException) {
  EXPECT_EQ(*failureResultOf<int>(fail<void>(Failure(7))).check<int>(), 7);
  EXPECT_EQ(*failureResultOf(fail<void>(Failure(7))).check<int>(), 7);
}

TEST(FailureResultOf, GivesWhatACoroutineThrew) {
  EXPECT_STREQ(failureResultOf<ConnectionDone>(twice(bad())).what(), "bad times");
}

TEST(FailureResultOf, RefusesADeferredWithoutResult) {
  EXPECT_THAT(refusal([] { failureResultOf(Deferred<int>()); }), HasSubstr("wants a failure; the Deferred: unfired"));
}

TEST(FailureResultOf, RefusesASuccessAndLeavesIt) {
  Deferred<int> d = succeed(1);
  EXPECT_THAT(refusal([&] { failureResultOf(d); }), HasSubstr("has a result"));
  EXPECT_EQ(successResultOf(d), 1);
}

TEST(FailureResultOf, RefusesAFailureOfAnotherTypeAndNamesBoth) {
  Deferred<int> d = bad();
  EXPECT_THAT(refusal([&] { failureResultOf<TimeoutError>(d); }),
              AllOf(HasSubstr("of type TimeoutError"), HasSubstr("ConnectionDone: bad times")));
  failureResultOf(d);
}

TEST(FailureResultOf, NamesEveryTypeThatWasWanted) {
  Deferred<int> d = bad();
  EXPECT_THAT(refusal([&] { failureResultOf<TimeoutError, UsageError>(d); }), HasSubstr("of type TimeoutError or UsageError"));
  failureResultOf(d);
}

// --- assertNoResult

TEST(AssertNoResult, HasNothingAgainstADeferredWithoutResult) {
  const Deferred<int> d;
  EXPECT_EQ(refusal([&] { assertNoResult(d); }), "");
}

TEST(AssertNoResult, HasNothingAgainstADeferredThatWaitsForAnother) {
  Deferred<int> inner, outer = succeed(1);
  outer.addCallback([&](int) { return inner; });
  EXPECT_EQ(refusal([&] { assertNoResult(outer); }), "");
}

TEST(AssertNoResult, HasNothingAgainstACoroutineThatWaits) {
  Deferred<int> wait;
  Deferred<int> result = twice(wait);
  assertNoResult(result);
  wait.callback(2);
  EXPECT_EQ(successResultOf(result), 4);
}

TEST(AssertNoResult, RefusesASuccess) {
  EXPECT_THAT(refusal([] { assertNoResult(succeed(1)); }), HasSubstr("has a result"));
}

TEST(AssertNoResult, RefusesAFailureAndLeavesIt) {
  const Deferred<int> d = bad();
  EXPECT_THAT(refusal([&] { assertNoResult(d); }), HasSubstr("bad times"));
  failureResultOf(Deferred<int>(d));
}

TEST(AssertNoResult, LeavesASuccessThatComesLater) {
  Deferred<int> d;
  assertNoResult(d);
  d.callback(5);
  EXPECT_EQ(successResultOf(d), 5);
}

TEST(AssertNoResult, LeavesAFailureThatComesLater) {
  Deferred<int> d;
  assertNoResult(d);
  d.errback(ConnectionDone("bye"));
  failureResultOf<ConnectionDone>(d);
}

// --- Matchers

template <class Value, class Matcher>
std::string explained(const Matcher& matcher, const Value& value) {
  testing::StringMatchResultListener out;
  testing::ExplainMatchResult(matcher, value, &out);
  return out.str();
}

TEST(DeferredMatchers, HasSucceededMeansAValue) {
  EXPECT_THAT(succeed(1), HasSucceeded());
  EXPECT_THAT(Deferred<int>(), Not(HasSucceeded()));
  const Deferred<int> failed = bad();
  EXPECT_THAT(failed, Not(HasSucceeded()));
  EXPECT_THAT(failed, FailedWith<ConnectionDone>());
}

TEST(DeferredMatchers, SucceededWithLooksAtTheValueAndLeavesIt) {
  Deferred<int> d = succeed(42);
  EXPECT_THAT(d, SucceededWith(42));
  EXPECT_THAT(d, SucceededWith(Gt(41)));
  EXPECT_THAT(d, Not(SucceededWith(43)));
  EXPECT_EQ(successResultOf(d), 42);
  EXPECT_THAT(Deferred<int>(), Not(SucceededWith(42)));
}

TEST(DeferredMatchers, HasNoResultMeansUnfiredOrWaiting) {
  EXPECT_THAT(Deferred<int>(), HasNoResult());
  EXPECT_THAT(succeed(1), Not(HasNoResult()));
}

TEST(DeferredMatchers, FailedWithMatchesByTypeAndText) {
  const Deferred<int> d = bad();
  EXPECT_THAT(d, Not(FailedWith<UsageError>()));
  EXPECT_THAT(d, Not(FailedWith<ConnectionDone>("good")));
  EXPECT_THAT(d, FailedWith<ConnectionClosed>("bad"));
  EXPECT_THAT(Deferred<int>(), Not(FailedWith<ConnectionClosed>()));
}

TEST(DeferredMatchers, AFailureThatMatchedCountsAsHandledAndOneThatDidNotDoesNot) {
  {
    EXPECT_THAT(bad(), FailedWith<ConnectionDone>());
  }
  EXPECT_TRUE(flushLoggedErrors().empty());
  {
    EXPECT_THAT(bad(), Not(FailedWith<UsageError>()));
  }
  EXPECT_EQ(flushLoggedErrors<ConnectionDone>().size(), 1u);
}

TEST(DeferredMatchers, FailedWithTakesFailuresAndPointersToThem) {
  const Failure failure = failureResultOf(bad());
  EXPECT_THAT(failure, FailedWith<ConnectionDone>("bad"));
  EXPECT_THAT(&failure, Not(FailedWith<UsageError>()));
}

TEST(DeferredMatchers, SayTheStateOfTheChainAndWhereItWasMade) {
  const Deferred<int> d;
  const std::string state = "unfired, made at " + here(__LINE__ - 1);
  EXPECT_EQ(explained(HasSucceeded(), d), state);
  EXPECT_EQ(explained(HasNoResult(), d), state);
  EXPECT_EQ(explained(SucceededWith(1), d), state);
  EXPECT_EQ(explained(FailedWith<UsageError>(), d), state);
}

}  // namespace
}  // namespace teasel::gtest
