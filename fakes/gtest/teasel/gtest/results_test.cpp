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

/// What a function of this header says against a Deferred, or "".
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

/// Where the result is asked for: a Deferred, or the Deferred of a coroutine that awaits it.
enum class Style { kDeferred, kCoroutine };
Deferred<int> awaiting(Deferred<int> result) { co_return co_await result; }

class ResultOf : public testing::TestWithParam<Style> {
 protected:
  static Deferred<int> asked(Deferred<int> result) {
    return GetParam() == Style::kDeferred ? std::move(result) : awaiting(std::move(result));
  }
};
INSTANTIATE_TEST_SUITE_P(, ResultOf, testing::Values(Style::kDeferred, Style::kCoroutine),
                         [](const auto& style) { return style.param == Style::kDeferred ? "deferred" : "coroutine"; });

// --- All of them, with Deferreds and with coroutines

TEST_P(ResultOf, ASuccessIsGiven) { EXPECT_EQ(successResultOf(asked(succeed(42))), 42); }

TEST_P(ResultOf, WithoutResultIsNoSuccess) {
  const Deferred<int> wait;
  EXPECT_THAT(refusal([&] { successResultOf(asked(wait)); }), HasSubstr("wants a success; the Deferred: unfired"));
}

TEST_P(ResultOf, AFailureIsNoSuccessAndIsNamedWithThePlaceWhereItWasMade) {
  const Deferred<int> d = asked(bad());
  EXPECT_THAT(refusal([&] { successResultOf(d); }), HasSubstr("ConnectionDone: bad times (at results_test.cpp:"));
  EXPECT_EQ(failureResultOf(d).name(), "ConnectionDone");
}

TEST_P(ResultOf, AFailureIsGiven) { EXPECT_STREQ(failureResultOf(asked(bad())).what(), "bad times"); }

TEST_P(ResultOf, AFailureOfTheNamedTypeIsGiven) {
  EXPECT_STREQ(failureResultOf<ConnectionDone>(asked(bad())).what(), "bad times");
}

TEST_P(ResultOf, WithoutResultIsNoFailure) {
  const Deferred<int> wait;
  EXPECT_THAT(refusal([&] { failureResultOf(asked(wait)); }), HasSubstr("wants a failure; the Deferred: unfired"));
}

TEST_P(ResultOf, ASuccessIsNoFailureAndIsLeft) {
  const Deferred<int> d = asked(succeed(1));
  EXPECT_THAT(refusal([&] { failureResultOf(d); }), HasSubstr("has a result"));
  EXPECT_EQ(successResultOf(d), 1);
}

TEST_P(ResultOf, AFailureOfAnotherTypeIsRefusedWithBothNamesAndItsPlace) {
  const Deferred<int> d = asked(bad());
  EXPECT_THAT(refusal([&] { failureResultOf<TimeoutError>(d); }),
              AllOf(HasSubstr("of type TimeoutError"), HasSubstr("ConnectionDone: bad times (at results_test.cpp:")));
  failureResultOf(d);
}

TEST_P(ResultOf, AFailureOfNoneOfTheNamedTypesIsRefusedWithEveryNameAndItsPlace) {
  const Deferred<int> d = asked(bad());
  EXPECT_THAT(refusal([&] { failureResultOf<TimeoutError, UsageError>(d); }),
              AllOf(HasSubstr("of type TimeoutError or UsageError"), HasSubstr("bad times (at results_test.cpp:")));
  failureResultOf(d);
}

TEST_P(ResultOf, WithoutResultIsWhatAssertNoResultWants) {
  const Deferred<int> wait;
  const Deferred<int> d = asked(wait);
  EXPECT_EQ(refusal([&] { assertNoResult(d); }), "");
}

TEST_P(ResultOf, ASuccessIsRefusedByAssertNoResult) {
  EXPECT_THAT(refusal([&] { assertNoResult(asked(succeed(1))); }), HasSubstr("has a result"));
}

TEST_P(ResultOf, AFailureIsRefusedByAssertNoResultAndLeft) {
  const Deferred<int> d = asked(bad());
  EXPECT_THAT(refusal([&] { assertNoResult(d); }), HasSubstr("bad times"));
  failureResultOf<ConnectionDone>(d);
}

TEST_P(ResultOf, ASuccessThatComesAfterAssertNoResultIsThere) {
  const Deferred<int> wait;
  const Deferred<int> d = asked(wait);
  assertNoResult(d);
  wait.callback(5);
  EXPECT_EQ(successResultOf(d), 5);
}

TEST_P(ResultOf, AFailureThatComesAfterAssertNoResultIsThere) {
  const Deferred<int> wait;
  const Deferred<int> d = asked(wait);
  assertNoResult(d);
  wait.errback(ConnectionDone("bye"));
  failureResultOf<ConnectionDone>(d);
}

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

// --- assertNoResult

TEST(AssertNoResult, HasNothingAgainstADeferredThatWaitsForAnother) {
  Deferred<int> inner, outer = succeed(1);
  outer.addCallback([&](int) { return inner; });
  EXPECT_EQ(refusal([&] { assertNoResult(outer); }), "");
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
