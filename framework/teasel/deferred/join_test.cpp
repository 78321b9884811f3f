#include <teasel/deferred/join.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>
#include <string>

#include <teasel/deferred/coroutine.hpp>
#include <teasel/deferred/test_util.hpp>

namespace teasel {
namespace {

using deferred_tests::Chains;
using deferred_tests::failureOf;
using deferred_tests::Oops;
using deferred_tests::thrownBy;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

using Ints = std::vector<Deferred<int>>;

std::vector<std::string> shown(const std::vector<Result<int>>& results) {
  std::vector<std::string> out;
  for (const auto& result : results) out.push_back(result.ok() ? std::to_string(*result) : result.failure().what());
  return out;
}

TEST(DeferredList, FiresWhenAllHaveAResultInTheOrderOfTheInputs) {
  Ints inputs(3);
  auto list = deferredList(inputs);
  inputs[2].callback(3);
  inputs[0].callback(1);
  EXPECT_FALSE(list.called());
  inputs[1].callback(2);
  EXPECT_THAT(shown(list.take().value()), ElementsAre("1", "2", "3"));
}

TEST(DeferredList, HoldsFailuresAmongItsResults) {
  Ints inputs(2);
  auto list = deferredList(inputs, {.consumeErrors = true});
  inputs[0].errback(Oops("bad"));
  inputs[1].callback(2);
  EXPECT_THAT(shown(list.take().value()), ElementsAre("bad", "2"));
}

TEST(DeferredList, WithEmptyBracesIsTheListOfAllResults) {
  const Ints inputs{succeed(1), fail<int>(Oops("bad"))};
  EXPECT_THAT(shown(deferredList(inputs, {}).take().value()), ElementsAre("1", "bad"));
  EXPECT_THAT(shown(deferredList(Ints{succeed(3)}, {}).take().value()), ElementsAre("3"));
  EXPECT_THAT(gatherResults(Ints{succeed(3)}, {}).take().value(), ElementsAre(3));
  inputs[1].take();
}

TEST(DeferredList, OfNothingFiresAtOnce) { EXPECT_TRUE(deferredList(Ints()).take().value().empty()); }

TEST(DeferredList, OfFiredInputsFiresAtOnce) {
  const Ints inputs{succeed(1), succeed(2)};
  EXPECT_THAT(shown(deferredList(inputs).take().value()), ElementsAre("1", "2"));
}

TEST(DeferredList, CopiesFromLvaluesAndLeavesTheResultsThere) {
  Ints inputs{succeed(1)};
  auto list = deferredList(inputs);
  EXPECT_EQ(inputs[0].take().value(), 1);
  EXPECT_THAT(shown(list.take().value()), ElementsAre("1"));
}

TEST(DeferredList, HandsOnToCallbacksAddedAfterIt) {
  Ints inputs(1);
  auto list = deferredList(inputs);
  inputs[0].addCallback([](int value) { return value + 1; });
  inputs[0].callback(1);
  EXPECT_EQ(inputs[0].take().value(), 2);
}

TEST(DeferredList, TakesFromRvalues) {
  Deferred<int> input;
  Ints inputs{input};
  auto list = deferredList(std::move(inputs));
  EXPECT_THAT(thrownBy<ResultTaken>([&] { input.tap([] {}); }), HasSubstr("join_test.cpp"));
  input.callback(1);
}

TEST(DeferredList, TakesResultsThatOnlyMove) {
  std::vector<Deferred<std::unique_ptr<int>>> inputs;
  inputs.push_back(succeed(std::make_unique<int>(4)));
  auto results = deferredList(std::move(inputs)).take().value();
  EXPECT_EQ(**results[0], 4);
}

TEST(DeferredList, LeavesAnErrorOnItsInputUnhandled) {
  LogCapture log;
  {
    const Ints inputs{fail<int>(Oops())};
    EXPECT_TRUE(deferredList(inputs).hasResult());
  }
  EXPECT_EQ(log.flushLoggedErrors<Oops>().size(), 1u);
}

TEST(DeferredList, ConsumesErrorsWhenAsked) {
  LogCapture log;
  {
    const Ints inputs{fail<int>(Oops())};
    EXPECT_TRUE(deferredList(inputs, {.consumeErrors = true}).hasResult());
  }
  EXPECT_TRUE(log.events().empty());
}

TEST(DeferredList, OfRvaluesHasTheirErrorsAsItsOwn) {
  LogCapture log;
  EXPECT_TRUE(deferredList(Ints{fail<int>(Oops())}).hasResult());
  EXPECT_TRUE(log.events().empty());
}

TEST(DeferredList, WithFireOnOneErrbackFailsWithTheFirstError) {
  Ints inputs(3);
  auto list = deferredList(inputs, {.fireOnOneErrback = true, .consumeErrors = true});
  inputs[0].callback(1);
  inputs[1].errback(Oops("one"));
  const Failure failure = list.take().failure();
  ASSERT_NE(failure.check<FirstError>(), nullptr);
  EXPECT_EQ(failure.check<FirstError>()->index(), 1u);
  EXPECT_NE(failure.check<FirstError>()->failure().check<Oops>(), nullptr);
  EXPECT_THAT(failure.what(), HasSubstr("input 1 failed"));
  inputs[2].callback(3);
}

TEST(DeferredList, WithFireOnOneErrbackFailsAtOnceForAnInputThatFailedBefore) {
  const Ints inputs{Deferred<int>(), fail<int>(Oops())};
  EXPECT_EQ(failureOf(deferredList(inputs, {.fireOnOneErrback = true, .consumeErrors = true})), "FirstError");
}

TEST(DeferredList, WithFireOnOneCallbackFiresWithTheFirstValueAndItsIndex) {
  Ints inputs(3);
  auto first = deferredList(inputs, fireOnOneCallback, {.consumeErrors = true});
  inputs[0].errback(Oops());
  inputs[2].callback(30);
  const First<int> got = first.take().value();
  EXPECT_EQ(got.index, 2u);
  EXPECT_EQ(got.value, 30);
  inputs[1].callback(20);
  EXPECT_EQ(inputs[1].take().value(), 20);
}

TEST(DeferredList, WithFireOnOneCallbackWhoseInputsAllFailFailsWithAFailureGroup) {
  Ints inputs(2);
  auto first = deferredList(std::move(inputs), fireOnOneCallback);
  EXPECT_FALSE(first.called());
  Ints again{fail<int>(Oops("a")), fail<int>(Oops("b"))};
  const Failure failure = deferredList(std::move(again), fireOnOneCallback).take().failure();
  ASSERT_NE(failure.check<FailureGroup>(), nullptr);
  EXPECT_STREQ(failure.check<FailureGroup>()->failures()[1].what(), "b");
}

TEST(DeferredList, WithFireOnOneCallbackAndNothingToWaitForIsRefused) {
  EXPECT_THAT(thrownBy<UsageError>([] { static_cast<void>(deferredList(Ints(), fireOnOneCallback)); }),
              HasSubstr("without inputs"));
}

TEST(DeferredList, CancelReachesEveryInput) {
  Ints inputs(2);
  auto list = deferredList(inputs, {.consumeErrors = true});
  list.cancel();
  EXPECT_TRUE(inputs[0].called() && inputs[1].called());
  const auto results = list.take().value();
  EXPECT_NE(results[0].failure().check<CancelledError>(), nullptr);
  EXPECT_NE(results[1].failure().check<CancelledError>(), nullptr);
}

TEST(DeferredList, CancelKeepsWhatACancellerGave) {
  Ints inputs{Deferred<int>(), Deferred<int>([](Deferred<int>& asked) { asked.callback(7); })};
  auto list = deferredList(inputs, {.consumeErrors = true});
  list.cancel();
  EXPECT_THAT(shown(list.take().value()), ElementsAre("the Deferred was cancelled", "7"));
}

TEST(DeferredList, CancelReachesEveryInputAlthoughACancellerThrows) {
  LogCapture log;
  Ints inputs{Deferred<int>([] { throw Oops("no"); }), Deferred<int>()};
  auto list = deferredList(inputs, {.consumeErrors = true});
  list.cancel();
  EXPECT_THAT(shown(list.take().value()), ElementsAre("no", "the Deferred was cancelled"));
  EXPECT_TRUE(log.events().empty());
}

TEST(DeferredList, CancelAfterItFiredDoesNothing) {
  Ints inputs(2);
  auto first = deferredList(inputs, fireOnOneCallback);
  inputs[0].callback(1);
  first.cancel();
  EXPECT_FALSE(inputs[1].called());
}

TEST(DeferredList, RefusesAnInputThatIsNotTheEndOfItsChain) {
  Ints inputs(2);
  const auto changed = inputs[1].addCallback([](int) { return std::string(); });
  EXPECT_THROW(static_cast<void>(deferredList(inputs)), StaleHandle);
}

TEST(DeferredList, DiesWithInputsThatNeverFire) {
  Chains chains;
  {
    auto list = deferredList(Ints(2));
    EXPECT_EQ(chains.live, 1);
    EXPECT_FALSE(list.called());
  }
  EXPECT_EQ(chains.live, 0);
}

TEST(DeferredList, IsDroppedWithoutHarmToItsInputs) {
  Chains chains;
  {
    Ints inputs(2);
    static_cast<void>(deferredList(inputs));
    inputs[0].callback(1);
    inputs[1].callback(2);
    EXPECT_EQ(inputs[0].take().value(), 1);
  }
  EXPECT_EQ(chains.live, 0);
}

// --- gatherResults, gather

TEST(GatherResults, GivesTheValuesInOrder) {
  Ints inputs(2);
  auto all = gatherResults(inputs);
  inputs[1].callback(2);
  inputs[0].callback(1);
  EXPECT_THAT(all.take().value(), ElementsAre(1, 2));
}

TEST(GatherResults, OfVoidGivesNothing) {
  std::vector<Deferred<void>> inputs(2);
  Deferred<void> all = gatherResults(inputs);
  inputs[0].callback();
  inputs[1].callback();
  EXPECT_TRUE(all.take().ok());
}

TEST(GatherResults, FailsWithTheFirstErrorAndLeavesTheOthersAlone) {
  Ints inputs(2);
  auto all = gatherResults(inputs, {.consumeErrors = true});
  inputs[0].errback(Oops());
  EXPECT_EQ(failureOf(all), "FirstError");
  EXPECT_FALSE(inputs[1].called());
}

TEST(GatherResults, CancelReachesEveryInput) {
  Ints inputs(2);
  auto all = gatherResults(inputs, {.consumeErrors = true});
  all.cancel();
  EXPECT_TRUE(inputs[0].called() && inputs[1].called());
  EXPECT_EQ(failureOf(all), "FirstError");
}

TEST(Gather, GivesATupleOfDifferentTypes) {
  Deferred<int> number;
  Deferred<void> signal;
  auto all = gather(number, succeed(std::string("x")), signal);
  number.callback(1);
  signal.callback();
  const auto [value, text, nothing] = all.take().value();
  EXPECT_EQ(value, 1);
  EXPECT_EQ(text, "x");
  static_cast<void>(nothing);
}

TEST(Gather, FailsWithTheFirstError) {
  auto all = gather(Deferred<int>(), fail<std::string>(Oops("second")));
  EXPECT_THAT(all.take().failure().what(), HasSubstr("input 1 failed"));
}

TEST(Gather, SaysWhereItWasMade) {
  Deferred<int> stale, other;
  const auto text = stale.addCallback([](int) { return std::string(); });
  const std::string line = "join_test.cpp:" + std::to_string(__LINE__ + 1);
  EXPECT_THAT(gather(other, other, other, other).text(), HasSubstr("made at " + line));
  EXPECT_THAT(thrownBy<StaleHandle>([&] { static_cast<void>(gather(other, stale)); }), HasSubstr("gather at join_test.cpp:"));
}

TEST(Gather, TakesAnyNumberOfInputs) {
  EXPECT_EQ(std::get<0>(gather(succeed(1)).take().value()), 1);
  EXPECT_EQ(std::get<2>(gather(succeed(1), succeed(), succeed('c')).take().value()), 'c');
  EXPECT_EQ(std::get<5>(gather(succeed(1), succeed(2), succeed(3), succeed(4), succeed(5), succeed(6)).take().value()), 6);
}

TEST(Gather, IsAwaitedInACoroutine) {
  const auto body = [](Deferred<int> number) -> Deferred<std::string> {
    auto [value, text] = co_await gather(number, succeed(std::string("!")));
    co_return std::to_string(value) + text;
  };
  Deferred<int> number;
  Deferred<std::string> result = body(number);
  number.callback(5);
  EXPECT_EQ(result.take().value(), "5!");
}

// --- race

TEST(Race, GivesTheFirstSuccessAndCancelsTheOthers) {
  Ints inputs(3);
  auto winner = race(inputs);
  inputs[1].callback(11);
  const First<int> got = winner.take().value();
  EXPECT_EQ(got.index, 1u);
  EXPECT_EQ(got.value, 11);
  EXPECT_TRUE(inputs[0].called() && inputs[2].called());
}

TEST(Race, CancelsTheOthersBeforeItFires) {
  Ints inputs(2);
  bool loserCancelled = false;
  auto winner = race(inputs);
  winner.tap([&](const First<int>&) { loserCancelled = inputs[1].called(); });
  inputs[0].callback(1);
  EXPECT_TRUE(loserCancelled);
}

TEST(Race, IgnoresFailuresUntilASuccessComes) {
  Ints inputs(2);
  auto winner = race(inputs);
  inputs[0].errback(Oops());
  EXPECT_FALSE(winner.called());
  inputs[1].callback(2);
  EXPECT_EQ(winner.take().value().index, 1u);
}

TEST(Race, WhoseInputsAllFailFailsWithTheirFailuresInOrder) {
  Ints inputs(2);
  auto winner = race(inputs);
  inputs[1].errback(Oops("b"));
  inputs[0].errback(Oops("a"));
  const Failure failure = winner.take().failure();
  ASSERT_NE(failure.check<FailureGroup>(), nullptr);
  EXPECT_STREQ(failure.check<FailureGroup>()->failures()[0].what(), "a");
  EXPECT_STREQ(failure.check<FailureGroup>()->failures()[1].what(), "b");
}

TEST(Race, IgnoresAValueThatALosersCancellerGives) {
  Ints inputs{Deferred<int>([](Deferred<int>& asked) { asked.callback(1); }), Deferred<int>()};
  auto winner = race(inputs);
  inputs[1].callback(2);
  EXPECT_EQ(winner.take().value().index, 1u);
}

TEST(Race, CancelReachesEveryInputAndFailsWithAFailureGroup) {
  Ints inputs(2);
  auto winner = race(inputs);
  winner.cancel();
  EXPECT_TRUE(inputs[0].called() && inputs[1].called());
  EXPECT_EQ(failureOf(winner), "FailureGroup");
}

TEST(Race, WithoutInputsIsRefused) { EXPECT_THROW(static_cast<void>(race(Ints())), UsageError); }

TEST(Race, TakesFromRvalues) {
  LogCapture log;
  EXPECT_EQ(race(Ints{fail<int>(Oops()), succeed(2)}).take().value().value, 2);
  EXPECT_TRUE(log.events().empty());
}

}  // namespace
}  // namespace teasel
