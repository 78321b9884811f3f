#include <teasel/deferred/deferred.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <vector>

#include <teasel/core/errors.hpp>
#include <teasel/deferred/test_util.hpp>

namespace teasel {
namespace {

using deferred_tests::Chains;
using deferred_tests::failureOf;
using deferred_tests::Oops;
using deferred_tests::thrownBy;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

TEST(Deferred, HandsItsValueToACallback) {
  int got = 0;
  Deferred<int> d;
  d.tap([&](int value) { got = value; });
  EXPECT_EQ(got, 0);
  d.callback(7);
  EXPECT_EQ(got, 7);
}

TEST(Deferred, OfVoidRunsItsCallbacks) {
  int calls = 0;
  Deferred<void> d;
  d.addCallback([&] { ++calls; }).addCallback([&] { ++calls; });
  d.callback();
  EXPECT_EQ(calls, 2);
}

TEST(Deferred, HandsEachCallbackWhatTheOneBeforeReturned) {
  Deferred<int> d;
  d.addCallback([](int value) { return value + 1; });
  d.addCallback([](int value) { return value * 10; });
  d.callback(1);
  EXPECT_EQ(d.take().value(), 20);
}

TEST(Deferred, RunsCallbacksOnAFiredDeferredBeforeAddingReturns) {
  int got = 0;
  succeed(3).tap([&](int value) { got = value; });
  EXPECT_EQ(got, 3);
}

TEST(Deferred, ChangesItsTypeWithACallbackThatGivesAnother) {
  Deferred<int> d;
  Deferred<std::string> text = d.addCallback([](int value) { return std::to_string(value); });
  d.callback(12);
  EXPECT_EQ(text.take().value(), "12");
}

TEST(Deferred, BecomesVoidBehindACallbackThatGivesNothing) {
  Deferred<int> d;
  Deferred<void> done = d.addCallback([](int) {});
  d.callback(1);
  EXPECT_TRUE(done.hasResult());
}

TEST(Deferred, TapKeepsTypeAndValue) {
  std::string seen;
  Deferred<std::string> d;
  d.tap([&](const std::string& value) { seen = value; }).addCallback([](std::string value) { return value + "!"; });
  d.callback("hey");
  EXPECT_EQ(seen, "hey");
  EXPECT_EQ(d.take().value(), "hey!");
}

TEST(Deferred, TapThatThrowsMakesTheChainFail) {
  Deferred<int> d = succeed(1);
  d.tap([](int) { throw Oops(); });
  EXPECT_THAT(failureOf(d), HasSubstr("Oops"));
}

TEST(Deferred, TapErrbackLooksAtAFailureWithoutHandlingIt) {
  std::string seen;
  Deferred<int> d = fail<int>(Oops("a"));
  d.tapErrback([&](const Failure& failure) { seen = failure.what(); });
  EXPECT_EQ(seen, "a");
  EXPECT_NE(d.take().failure().check<Oops>(), nullptr);
}

TEST(Deferred, TapBothRunsOnValueAndFailureAlike) {
  int runs = 0;
  succeed(1).tapBoth([&] { ++runs; });
  fail<int>(Oops()).tapBoth([&] { ++runs; }).addErrback([] {});
  EXPECT_EQ(runs, 2);
}

TEST(Deferred, SkipsErrbacksWhileItHasAValue) {
  bool ran = false;
  Deferred<int> d = succeed(1);
  d.addErrback([&](const Failure&) { return ran = true, 0; });
  EXPECT_FALSE(ran);
  EXPECT_EQ(d.take().value(), 1);
}

TEST(Deferred, SkipsCallbacksWhileItHasAFailure) {
  bool ran = false;
  Deferred<int> d = fail<int>(Oops());
  d.addCallback([&](int) { return ran = true, 0; });
  EXPECT_FALSE(ran);
  EXPECT_NE(d.take().failure().check<Oops>(), nullptr);
}

TEST(Deferred, GoesToTheErrbackWhenACallbackThrows) {
  Deferred<int> d = succeed(1);
  d.addCallback([](int) -> int { throw Oops("thrown"); });
  d.addErrback([](const Failure& failure) { return std::string(failure.what()) == "thrown" ? 1 : 0; });
  EXPECT_EQ(d.take().value(), 1);
}

TEST(Deferred, GoesToTheErrbackWhenACallbackReturnsAFailure) {
  Deferred<int> d = succeed(1);
  d.addCallback([](int) { return Failure(Oops()); });
  EXPECT_NE(d.take().failure().check<Oops>(), nullptr);
}

TEST(Deferred, OpensAResultThatACallbackReturns) {
  const auto half = [](int value) -> Result<int> {
    if (value % 2 != 0) return Failure(Oops("odd"));
    return value / 2;
  };
  EXPECT_EQ(succeed(8).addCallback(half).take().value(), 4);
  EXPECT_STREQ(succeed(7).addCallback(half).take().failure().what(), "odd");
}

TEST(Deferred, ReturnsToTheCallbacksWhenAnErrbackGivesAValue) {
  Deferred<int> d = fail<int>(Oops());
  d.addErrback([](const Failure&) { return 5; }).addCallback([](int value) { return value + 1; });
  EXPECT_EQ(d.take().value(), 6);
}

TEST(Deferred, StaysFailedWhenAnErrbackReturnsTheFailure) {
  Deferred<int> d = fail<int>(Oops());
  d.addErrback([](Failure failure) { return failure; });
  EXPECT_NE(d.take().failure().check<Oops>(), nullptr);
}

TEST(Deferred, FailsAnewWhenAnErrbackThrows) {
  Deferred<int> d = fail<int>(Oops());
  d.addErrback([](const Failure&) -> int { throw std::logic_error("worse"); });
  EXPECT_STREQ(d.take().failure().what(), "worse");
}

TEST(Deferred, BecomesVoidBehindAnErrbackThatGivesNothing) {
  Deferred<int> d = fail<int>(Oops());
  Deferred<void> done = d.addErrback([](const Failure&) {});
  EXPECT_TRUE(done.take().ok());
}

TEST(Deferred, AddBothGetsAValueAsResult) {
  Deferred<int> d = succeed(4);
  d.addBoth([](Result<int> result) { return result.ok() ? *result : -1; });
  EXPECT_EQ(d.take().value(), 4);
}

TEST(Deferred, AddBothGetsAFailureAsResult) {
  Deferred<int> d = fail<int>(Oops());
  d.addBoth([](Result<int> result) { return result.ok() ? *result : -1; });
  EXPECT_EQ(d.take().value(), -1);
}

TEST(Deferred, AddBothMayChangeTheType) {
  Deferred<bool> ok = fail<int>(Oops()).addBoth([](const Result<int>& result) { return result.ok(); });
  EXPECT_FALSE(ok.take().value());
}

// That this compiles without a warning is part of the claim.
TEST(Deferred, AddBothThatGivesNothingMayBeTheLastLink) {
  std::vector<std::string> got;
  const auto last = [&](Deferred<int> d) {
    d.addBoth([&](const Result<int>& result) { got.push_back(result.ok() ? std::to_string(*result) : result.failure().what()); });
  };
  last(succeed(1));
  last(fail<int>(Oops()));
  EXPECT_THAT(got, ElementsAre("1", "oops"));
  EXPECT_TRUE(succeed(1).addBoth([](const Result<int>&) {}).take().ok());
}

TEST(Deferred, AddCallbacksRunsTheCallbackOnAValue) {
  Deferred<int> d = succeed(1);
  d.addCallbacks([](int) { return 10; }, [](const Failure&) { return 20; });
  EXPECT_EQ(d.take().value(), 10);
}

TEST(Deferred, AddCallbacksRunsTheErrbackOnAFailure) {
  Deferred<int> d = fail<int>(Oops());
  d.addCallbacks([](int) { return 10; }, [](const Failure&) { return 20; });
  EXPECT_EQ(d.take().value(), 20);
}

TEST(Deferred, AddCallbacksDoesNotShowTheErrbackWhatItsCallbackThrew) {
  Deferred<int> d = succeed(1);
  d.addCallbacks([](int) -> int { throw Oops(); }, [](const Failure&) { return 20; });
  EXPECT_NE(d.take().failure().check<Oops>(), nullptr);
}

TEST(Deferred, AddCallbacksTakesAnErrbackThatOnlyFails) {
  auto d = fail<int>(Oops("x")).addCallbacks([](int) { return std::string(); }, [](Failure failure) { return failure; });
  EXPECT_STREQ(d.take().failure().what(), "x");
}

TEST(Deferred, CallbacksMayIgnoreTheirArgument) {
  Deferred<int> d = fail<int>(Oops());
  d.addErrback([] { return 1; }).addCallback([] { return 2; });
  EXPECT_EQ(d.take().value(), 2);
}

TEST(Deferred, CarriesMoveOnlyValues) {
  Deferred<std::unique_ptr<int>> d;
  d.addCallback([](std::unique_ptr<int> value) {
    ++*value;
    return value;
  });
  d.callback(std::make_unique<int>(1));
  EXPECT_EQ(*d.take().value(), 2);
}

struct Large {
  explicit Large(int value) : first(value) {}
  int first;
  char rest[200] = {};
  std::string text = "a text too long for the small string buffer";
};

TEST(Deferred, CarriesLargeValues) {
  Deferred<Large> d;
  d.addCallback([](Large value) {
    ++value.first;
    return value;
  });
  d.callback(Large(1));
  const Large large = d.take().value();
  EXPECT_EQ(large.first, 2);
  EXPECT_EQ(large.text.size(), 43u);
}

TEST(Deferred, RunsCallbacksAddedInsideACallbackAfterTheCurrentOne) {
  std::vector<int> order;
  Deferred<int> d;
  d.tap([&] {
    order.push_back(1);
    d.tap([&] { order.push_back(3); });
    order.push_back(2);
  });
  d.callback(0);
  EXPECT_THAT(order, ElementsAre(1, 2, 3));
}

TEST(Deferred, RunsCallbacksAddedInsideACallbackAfterThoseAddedBefore) {
  std::vector<int> order;
  Deferred<int> d;
  d.tap([&] { d.tap([&] { order.push_back(3); }); });
  d.tap([&] { order.push_back(2); });
  d.callback(0);
  EXPECT_THAT(order, ElementsAre(2, 3));
}

TEST(Deferred, GoesOnWhenACallbackDropsItsLastHandle) {
  auto d = std::make_unique<Deferred<int>>();
  int ran = 0;
  d->tap([&] { d.reset(); }).tap([&] { ++ran; });
  Deferred<int>(*d).callback(1);
  EXPECT_EQ(ran, 1);
}

TEST(Deferred, CopiesAreHandlesOfOneChain) {
  Deferred<int> d;
  Deferred<int> copy = d;
  copy.addCallback([](int value) { return value + 1; });
  d.callback(1);
  EXPECT_TRUE(copy.sameChain(d));
  EXPECT_EQ(copy.take().value(), 2);
}

TEST(Deferred, FiresThroughAHandleThatIsNoLongerTheEnd) {
  Deferred<int> d;
  Deferred<std::string> text = d.addCallback([](int value) { return std::to_string(value); });
  d.callback(5);
  EXPECT_TRUE(text.hasResult());
  EXPECT_FALSE(d.hasResult());
}

TEST(Deferred, ErrbackOfAnExceptionObjectKeepsItsTypeAndItsSite) {
  Deferred<int> d;
  d.errback(Oops("typed"));
  const Failure failure = d.take().failure();
  EXPECT_NE(failure.check<Oops>(), nullptr);
  EXPECT_THAT(failure.where().text(), HasSubstr("deferred_test.cpp"));
}

TEST(Deferred, ErrbackWithoutArgumentTakesTheExceptionBeingHandled) {
  Deferred<int> d;
  try {
    throw Oops("handled now");
  } catch (const Oops&) {
    d.errback();
  }
  EXPECT_STREQ(d.take().failure().what(), "handled now");
}

TEST(Deferred, CallbackWithAFailureIsAnErrback) {
  Deferred<int> d;
  d.callback(Failure(Oops()));
  EXPECT_NE(d.take().failure().check<Oops>(), nullptr);
}

TEST(Deferred, StoresItsResultWhilePausedAndRunsAtTheLastUnpause) {
  int ran = 0;
  Deferred<int> d;
  d.tap([&] { ++ran; });
  d.pause();
  d.pause();
  d.callback(1);
  d.unpause();
  EXPECT_EQ(ran, 0);
  EXPECT_TRUE(d.paused());
  d.unpause();
  EXPECT_EQ(ran, 1);
}

TEST(Deferred, UnpausedBeforeItFiresRunsWhenItFires) {
  int ran = 0;
  Deferred<int> d;
  d.tap([&] { ++ran; });
  d.pause();
  d.unpause();
  EXPECT_EQ(ran, 0);
  d.callback(1);
  EXPECT_EQ(ran, 1);
}

TEST(Deferred, PauseInsideACallbackStopsBeforeTheNextOne) {
  std::vector<int> order;
  Deferred<int> d;
  d.tap([&] { order.push_back(1), d.pause(); }).tap([&] { order.push_back(2); });
  d.callback(0);
  EXPECT_THAT(order, ElementsAre(1));
  d.unpause();
  EXPECT_THAT(order, ElementsAre(1, 2));
}

TEST(Deferred, UnpauseBelowZeroIsRefused) {
  Deferred<int> d;
  EXPECT_THAT(thrownBy<UsageError>([&] { d.unpause(); }), HasSubstr("not paused"));
}

TEST(Deferred, SucceedAndFailHaveTheirResultAlready) {
  EXPECT_EQ(succeed(1).take().value(), 1);
  EXPECT_TRUE(succeed().take().ok());
  EXPECT_THAT(failureOf(fail<int>(Oops())), HasSubstr("Oops"));
}

TEST(Deferred, MaybeDeferredWrapsAValue) {
  EXPECT_EQ(maybeDeferred([](int a, int b) { return a + b; }, 1, 2).take().value(), 3);
}

TEST(Deferred, MaybeDeferredWrapsACallWithoutValue) {
  EXPECT_TRUE(maybeDeferred([] {}).take().ok());
}

TEST(Deferred, MaybeDeferredTurnsAnExceptionIntoAFailure) {
  EXPECT_THAT(failureOf(maybeDeferred([]() -> int { throw Oops(); })), HasSubstr("Oops"));
}

TEST(Deferred, MaybeDeferredTurnsAReturnedFailureIntoAFailure) {
  EXPECT_THAT(failureOf(maybeDeferred([] { return Failure(Oops()); })), HasSubstr("Oops"));
}

TEST(Deferred, MaybeDeferredLetsADeferredThrough) {
  Deferred<int> d;
  EXPECT_TRUE(maybeDeferred([&] { return d; }).sameChain(d));
}

TEST(Deferred, MaybeDeferredFailsWhenAFunctionThatReturnsADeferredThrows) {
  EXPECT_THAT(failureOf(maybeDeferred([]() -> Deferred<int> { throw Oops(); })), HasSubstr("Oops"));
}

TEST(Deferred, ExecuteWrapsValueAndException) {
  EXPECT_EQ(execute([] { return 4; }).take().value(), 4);
  EXPECT_THAT(failureOf(execute([]() -> int { throw Oops(); })), HasSubstr("Oops"));
}

TEST(Deferred, SaysInWhichStateItIs) {
  Deferred<int> d;
  EXPECT_THAT(d.text(), ::testing::AllOf(HasSubstr("unfired, made at deferred_test.cpp:")));
  Deferred<int> inner;
  d.addCallback([&](int) { return inner; });
  d.callback(1);
  EXPECT_THAT(d.text(), HasSubstr("waiting for the Deferred made at deferred_test.cpp:"));
  EXPECT_TRUE(d.waiting());
  inner.errback(Oops("bad"));
  EXPECT_THAT(d.text(), HasSubstr("has failed with"));
  static_cast<void>(d.take());
  EXPECT_THAT(d.text(), HasSubstr("taken at deferred_test.cpp:"));
  EXPECT_THAT(succeed(1).text(), HasSubstr("has a result"));
}

TEST(Deferred, TextOfAPausedOneSaysWhatItHolds) {
  Deferred<int> number;
  Deferred<std::string> text = succeed(std::string("two\n"));
  Deferred<std::unique_ptr<int>> other = succeed(std::make_unique<int>(3));
  Deferred<void> nothing = succeed();
  Deferred<int> failed;
  const auto pauseAll = [](auto&... each) { (each.pause(), ...); };
  pauseAll(number, text, other, nothing, failed);
  EXPECT_THAT(number.text(), HasSubstr("unfired, paused 1x, made at"));
  number.callback(-1);
  failed.errback(Oops("bad"));
  EXPECT_THAT(number.text(), HasSubstr("has the result -1, paused 1x, made at"));
  EXPECT_THAT(text.text(), HasSubstr("has the result \"two\\n\", paused 1x"));
  EXPECT_THAT(other.text(), HasSubstr("has the result of type std::unique_ptr<int"));
  EXPECT_THAT(nothing.text(), HasSubstr("has the result success, paused 1x"));
  EXPECT_THAT(failed.text(), HasSubstr("has failed with deferred_tests::Oops: bad (at deferred_test.cpp:"));
  EXPECT_THAT(failed.text(), HasSubstr("paused 1x"));
  failed.addErrback([](const Failure&) { return 0; });
}

TEST(Deferred, TextOfOnePausedBeforeACallbackSaysSo) {
  Deferred<int> d = succeed(7);
  d.pause();
  const Deferred<std::string> behind = d.addCallback([](int value) { return std::to_string(value); });
  EXPECT_THAT(behind.text(), HasSubstr("has a result, paused 1x before its next callback, made at"));
  d.unpause();
  EXPECT_THAT(behind.text(), HasSubstr("has a result, made at"));
}

TEST(Deferred, ShowsTheFailureItHolds) {
  Deferred<int> d;
  EXPECT_EQ(d.failure(), nullptr);
  d.errback(Oops("here"));
  ASSERT_NE(d.failure(), nullptr);
  EXPECT_STREQ(d.failure()->what(), "here");
  static_cast<void>(d.take());
}

TEST(Deferred, ShowsTheValueItHoldsAndLeavesIt) {
  Deferred<int> d;
  EXPECT_EQ(d.value(), nullptr);
  d.callback(6);
  ASSERT_NE(d.value(), nullptr);
  EXPECT_EQ(*d.value(), 6);
  EXPECT_EQ(d.take().value(), 6);
  EXPECT_EQ(d.value(), nullptr);
}

TEST(Deferred, MaybeDeferredLetsAFailedDeferredThrough) {
  EXPECT_THAT(failureOf(maybeDeferred([] { return fail<int>(Oops()); })), HasSubstr("Oops"));
}

TEST(Deferred, TellsTheObserverOfEachChainsBirthAndDeath) {
  Chains chains;
  {
    Deferred<int> first, second;
    second.callback(1);
  }
  ASSERT_EQ(chains.deaths.size(), 2u);
  EXPECT_EQ(chains.deaths[0].id, 2u);
  EXPECT_TRUE(chains.deaths[0].fired);
  EXPECT_EQ(chains.deaths[1].id, 1u);
  EXPECT_FALSE(chains.deaths[1].fired);
}

}  // namespace
}  // namespace teasel
