#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <stdexcept>
#include <string>
#include <vector>

#include <teasel/deferred/coroutine.hpp>
#include <teasel/deferred/join.hpp>
#include <teasel/deferred/test_util.hpp>

/// What cancelling does to joins and their inputs, and what happens to errors that a join has seen.
namespace teasel {
namespace {

using deferred_tests::failureOf;
using deferred_tests::Oops;
using deferred_tests::thrownBy;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

using Ints = std::vector<Deferred<int>>;

/// An input that gives `value` when it is cancelled.
Deferred<int> givesWhenCancelled(int value) {
  return Deferred<int>([value](Deferred<int>& asked) { asked.callback(value); });
}

TEST(DeferredListCancel, OfFireOnOneCallbackFailsWithTheCancelledErrorsOfAll) {
  Ints inputs(2);
  auto first = deferredList(inputs, fireOnOneCallback, {.consumeErrors = true});
  first.cancel();
  const Failure failure = first.take().failure();
  ASSERT_NE(failure.check<FailureGroup>(), nullptr);
  for (const Failure& each : failure.check<FailureGroup>()->failures()) EXPECT_NE(each.check<CancelledError>(), nullptr);
}

TEST(DeferredListCancel, OfFireOnOneCallbackFiresWithTheValueThatACancellerGives) {
  Ints inputs{Deferred<int>(), givesWhenCancelled(7), givesWhenCancelled(8)};
  auto first = deferredList(inputs, fireOnOneCallback, {.consumeErrors = true});
  first.cancel();
  const First<int> got = first.take().value();
  EXPECT_EQ(got.index, 1u);
  EXPECT_EQ(got.value, 7);
}

TEST(DeferredListCancel, OfFireOnOneErrbackFailsWithTheFirstCancelledError) {
  Ints inputs(2);
  auto list = deferredList(inputs, {.fireOnOneErrback = true, .consumeErrors = true});
  list.cancel();
  const Failure failure = list.take().failure();
  ASSERT_NE(failure.check<FirstError>(), nullptr);
  EXPECT_EQ(failure.check<FirstError>()->index(), 0u);
  EXPECT_NE(failure.check<FirstError>()->failure().check<CancelledError>(), nullptr);
  EXPECT_TRUE(inputs[1].called());
}

TEST(DeferredListCancel, OfFireOnOneErrbackSucceedsWhenEveryCancellerGivesAValue) {
  Ints inputs{givesWhenCancelled(1), givesWhenCancelled(2)};
  auto list = deferredList(inputs, {.fireOnOneErrback = true});
  list.cancel();
  const auto results = list.take().value();
  EXPECT_EQ(*results[0], 1);
  EXPECT_EQ(*results[1], 2);
}

TEST(DeferredListCancel, OfOneInputLeavesTheOthersAndTheListAlone) {
  Ints inputs(2);
  auto list = deferredList(inputs, {.consumeErrors = true});
  inputs[0].cancel();
  EXPECT_FALSE(list.called());
  inputs[1].callback(2);
  const auto results = list.take().value();
  EXPECT_NE(results[0].failure().check<CancelledError>(), nullptr);
  EXPECT_EQ(*results[1], 2);
}

TEST(DeferredListCancel, ReachesTheInputsThatWereGivenWhateverBecomesOfTheirVector) {
  Ints inputs(2);
  const Ints given = inputs;
  auto list = deferredList(inputs, {.consumeErrors = true});
  inputs = Ints(3);
  list.cancel();
  EXPECT_TRUE(given[0].called() && given[1].called());
  EXPECT_FALSE(inputs[0].called() || inputs[1].called() || inputs[2].called());
}

TEST(DeferredListCancel, AfterOneErrbackFiredItDoesNothing) {
  Ints inputs(2);
  auto list = deferredList(inputs, {.fireOnOneErrback = true, .consumeErrors = true});
  inputs[0].errback(Oops());
  list.cancel();
  EXPECT_FALSE(inputs[1].called());
  EXPECT_EQ(failureOf(list), "FirstError");
}

TEST(DeferredListCancel, ReachesWhatAnInputWaitsFor) {
  Deferred<int> inner;
  Ints inputs{succeed(0)};
  inputs[0].addCallback([&](int) { return inner; });
  auto list = deferredList(inputs, {.consumeErrors = true});
  list.cancel();
  EXPECT_TRUE(inner.called());
  EXPECT_TRUE(list.hasResult());
}

TEST(DeferredListCancel, OfAListOfListsReachesTheInnermost) {
  Ints inputs(2);
  std::vector<Deferred<std::vector<Result<int>>>> lists;
  lists.push_back(deferredList(Ints{inputs[0]}));
  lists.push_back(deferredList(Ints{inputs[1]}));
  auto all = deferredList(std::move(lists));
  all.cancel();
  EXPECT_TRUE(inputs[0].called() && inputs[1].called());
  EXPECT_TRUE(all.hasResult());
}

TEST(DeferredListErrors, AnErrbackBehindTheListSeesTheError) {
  Ints inputs(1);
  auto list = deferredList(inputs);
  std::string seen;
  inputs[0].addErrback([&](const Failure& failure) { return seen = failure.what(), 0; });
  inputs[0].errback(Oops("bang"));
  EXPECT_EQ(seen, "bang");
  EXPECT_STREQ(list.take().value()[0].failure().what(), "bang");
}

TEST(DeferredListErrors, ConsumedOnesStillReachAnErrbackBehindTheList) {
  Ints inputs(1);
  auto list = deferredList(inputs, {.consumeErrors = true});
  std::string seen;
  inputs[0].addErrback([&](const Failure& failure) { return seen = failure.what(), 0; });
  inputs[0].errback(Oops("bang"));
  EXPECT_EQ(seen, "bang");
}

TEST(DeferredListErrors, ResultsThatComeAfterItFiredAreIgnored) {
  Ints inputs(2);
  auto list = deferredList(inputs, {.fireOnOneErrback = true, .consumeErrors = true});
  inputs[1].errback(Oops("first"));
  inputs[0].errback(Oops("second"));
  EXPECT_EQ(list.take().failure().check<FirstError>()->index(), 1u);
}

TEST(DeferredListErrors, OfOneDeferredTwiceCountsItTwice) {
  Deferred<int> input;
  Ints inputs{input, input};
  auto list = deferredList(inputs);
  input.callback(3);
  const auto results = list.take().value();
  EXPECT_EQ(*results[0] + *results[1], 6);
}

/// A value whose copies fail.
struct Fragile {
  explicit Fragile(int given) : value(given) {}
  Fragile(const Fragile&) { throw Oops("no copies"); }
  Fragile(Fragile&&) noexcept = default;
  int value = 0;
};

TEST(DeferredListErrors, AValueThatCannotBeCopiedOutIsAFailureOfTheList) {
  std::vector<Deferred<Fragile>> inputs;
  inputs.push_back(succeed(Fragile(1)));
  auto list = deferredList(inputs);
  ASSERT_TRUE(list.hasResult());
  auto results = list.take();
  EXPECT_STREQ(results.value()[0].failure().what(), "no copies");
  EXPECT_EQ(inputs[0].take().value().value, 1);
}

TEST(GatherResultsErrors, AreReportedUnhandledUnlessConsumed) {
  for (const bool consume : {false, true}) {
    LogCapture log;
    {
      const Ints inputs{fail<int>(Oops())};
      EXPECT_EQ(failureOf(gatherResults(inputs, {.consumeErrors = consume})), "FirstError");
    }
    EXPECT_EQ(log.flushLoggedErrors<Oops>().size(), consume ? 0u : 1u);
  }
}

TEST(GatherResultsErrors, OfNothingSucceedsAtOnce) { EXPECT_TRUE(gatherResults(Ints()).take().value().empty()); }

TEST(GatherResultsErrors, CancelSucceedsWhenEveryCancellerGivesAValue) {
  Ints inputs{givesWhenCancelled(1), givesWhenCancelled(2)};
  auto all = gatherResults(inputs);
  all.cancel();
  EXPECT_THAT(all.take().value(), ElementsAre(1, 2));
}

TEST(GatherErrors, LeaveTheOtherInputsAlone) {
  Deferred<int> other;
  auto all = gather(other, fail<std::string>(Oops()));
  EXPECT_EQ(failureOf(all), "FirstError");
  EXPECT_FALSE(other.called());
}

TEST(GatherErrors, CancelReachesEveryInput) {
  Deferred<int> number;
  Deferred<void> signal;
  auto both = gather(number, signal);
  both.cancel();
  EXPECT_EQ(failureOf(both), "FirstError");
  EXPECT_EQ(failureOf(number), "CancelledError");
  EXPECT_EQ(failureOf(signal), "CancelledError");
}

TEST(RaceOrder, GivesTheIndexOfTheWinnerWhereverItStands) {
  for (std::size_t winner = 0; winner < 5; ++winner) {
    Ints inputs(5);
    auto result = race(inputs);
    inputs[winner].callback(static_cast<int>(winner) * 10);
    const First<int> got = result.take().value();
    EXPECT_EQ(got.index, winner);
    EXPECT_EQ(got.value, static_cast<int>(winner) * 10);
  }
}

TEST(RaceOrder, OfWhichOneHasItsResultCancelsThoseBehindIt) {
  Ints inputs{succeed(1), Deferred<int>()};
  EXPECT_EQ(race(inputs).take().value().index, 0u);
  EXPECT_TRUE(inputs[1].called());
}

TEST(RaceOrder, WhatCancellingALoserStartsMayTakeAnotherInput) {
  Deferred<int> loser, other;
  const auto body = [](Deferred<int> first, Deferred<int> second) -> Deferred<int> {
    try {
      co_await first;
    } catch (const CancelledError&) {
    }
    co_return co_await second;
  };
  Ints inputs{succeed(1), body(loser, other), other};
  EXPECT_EQ(race(inputs).take().value().index, 0u);
  EXPECT_TRUE(loser.called() && other.called());
  EXPECT_EQ(failureOf(inputs[1]), "CancelledError");
}

TEST(JoinInputs, GivenTwiceAreRefusedWhereTheirResultIsTakenAndNothingHappens) {
  Deferred<int> input, other;
  EXPECT_THAT(thrownBy<UsageError>([&] { static_cast<void>(race(Ints{other, input, input})); }), HasSubstr("given twice"));
  EXPECT_THROW(static_cast<void>(gather(input, Deferred<int>(input))), UsageError);
  input.addCallback([](int value) { return value + 1; });
  other.callback(1);
  input.callback(1);
  EXPECT_EQ(input.take().value(), 2);
  EXPECT_EQ(other.take().value(), 1);
}

TEST(JoinInputs, ThatAreRefusedLeaveTheOthersAsTheyWere) {
  Deferred<int> stale, good = succeed(1);
  const auto text = stale.addCallback([](int) { return std::string(); });
  EXPECT_THROW(static_cast<void>(deferredList(Ints{good, stale})), StaleHandle);
  EXPECT_EQ(good.take().value(), 1);
}

TEST(JoinInputs, KeepTheirPausesWhileTheyAreHooked) {
  Ints inputs{succeed(1), succeed(2)};
  inputs[1].pause();
  auto list = deferredList(inputs);
  EXPECT_FALSE(list.called());
  EXPECT_TRUE(inputs[1].paused());
  inputs[1].unpause();
  EXPECT_TRUE(list.hasResult());
}

TEST(JoinInputs, CannotBeUnpausedByACallbackWhileTheyAreHooked) {
  Deferred<int> loser, second = succeed(2);
  std::string refused;
  loser.tapErrback([&](const Failure&) { refused = thrownBy<UsageError>([&] { second.unpause(); }); });
  EXPECT_EQ(race(Ints{succeed(1), loser, second}).take().value().index, 0u);
  EXPECT_THAT(refused, HasSubstr("is not paused"));
}

TEST(RaceOrder, KeepsTheFailuresInTheOrderOfTheInputsHoweverTheyCame) {
  Ints inputs(3);
  auto result = race(inputs);
  inputs[2].errback(Oops("c"));
  inputs[0].errback(Oops("a"));
  inputs[1].errback(Oops("b"));
  const Failure failure = result.take().failure();
  std::string all;
  for (const Failure& each : failure.check<FailureGroup>()->failures()) all += each.what();
  EXPECT_EQ(all, "abc");
}

TEST(RaceOrder, AResultThatComesAfterItsInputWasCancelledIsSwallowed) {
  Ints inputs(2);
  auto result = race(inputs);
  inputs[0].callback(1);
  inputs[1].callback(2);
  EXPECT_EQ(result.take().value().value, 1);
}

TEST(RaceOrder, OfVoidGivesTheIndexAlone) {
  std::vector<Deferred<void>> inputs(2);
  auto result = race(inputs);
  inputs[1].callback();
  EXPECT_EQ(result.take().value().index, 1u);
}

TEST(RaceOrder, OfFiredInputsGivesTheFirstOfThem) { EXPECT_EQ(race(Ints{succeed(1), succeed(2)}).take().value().index, 0u); }

TEST(FirstErrorAndFailureGroup, SayWhatFailedAndWhere) {
  const FirstError first(Failure(Oops("one")), 3);
  EXPECT_THAT(first.what(), HasSubstr("input 3 failed: "));
  EXPECT_THAT(first.what(), HasSubstr("one (at join_cancel_test.cpp:"));
  const FailureGroup group({Failure(Oops("a")), Failure(Oops("b"))});
  EXPECT_THAT(group.what(), HasSubstr("all 2 inputs failed:"));
  EXPECT_THAT(group.what(), HasSubstr("Oops: b (at"));
}

}  // namespace
}  // namespace teasel
