#include <gtest/gtest.h>

#include <functional>
#include <string>
#include <vector>

#include <teasel/deferred/join.hpp>
#include <teasel/deferred/test_util.hpp>

/// What cancelling a join does to inputs that have reported already, and to inputs that are dead.
namespace teasel {
namespace {

using namespace std::chrono_literals;
using deferred_tests::Chains;
using deferred_tests::failureOf;
using deferred_tests::ManualClock;
using deferred_tests::Oops;

using Ints = std::vector<Deferred<int>>;

// --- Inputs that have reported, and wait for another Deferred now

/// Two inputs of the join that `makeJoin` makes. The first one has reported 1 and waits for `late`
/// now, which a callback behind the join has returned. The second one is not fired.
struct Reported {
  template <class F>
  explicit Reported(F&& makeJoin) : cancelJoin([join = makeJoin(inputs)] { join.cancel(), static_cast<void>(join.take()); }) {
    inputs[0].addCallback([inner = late](int) { return inner; });
    inputs[0].callback(1);
  }
  Deferred<int> late;
  Ints inputs = Ints(2);
  std::function<void()> cancelJoin;
};

/// The errors of the inputs of `it`, once the join is cancelled.
std::string errorsOnceCancelled(Reported it) {
  EXPECT_TRUE(it.inputs[0].waiting());
  it.cancelJoin();
  EXPECT_TRUE(it.late.called());
  return failureOf(it.inputs[0]) + ", " + failureOf(it.inputs[1]);
}

TEST(JoinReportedInputs, HaveWhatTheyWaitForCancelledByEveryKindOfJoin) {
  const std::string both = "CancelledError, CancelledError";
  EXPECT_EQ(errorsOnceCancelled(Reported([](Ints& inputs) { return deferredList(inputs); })), both);
  EXPECT_EQ(errorsOnceCancelled(Reported([](Ints& inputs) { return gatherResults(inputs, {.consumeErrors = true}); })), both);
  EXPECT_EQ(errorsOnceCancelled(Reported([](Ints& inputs) { return gather(inputs[0], inputs[1]); })), both);
}

/// Two inputs; the first one has failed, and an errback behind the join that `makeJoin` makes of
/// them has returned `late`.
struct FailedBefore {
  template <class F>
  explicit FailedBefore(F&& makeJoin) : join(makeJoin(inputs)) {
    inputs[0].addErrback([inner = late](const Failure&) { return inner; });
    inputs[0].errback(Oops());
  }
  Deferred<int> late;
  Ints inputs = Ints(2);
  Deferred<First<int>> join;
};

TEST(JoinReportedInputs, ThatFailedHaveWhatTheyWaitForCancelledByARaceAndByFireOnOneCallback) {
  for (const bool races : {true, false}) {
    FailedBefore it(
        [&](Ints& inputs) { return races ? race(inputs) : deferredList(inputs, fireOnOneCallback, {.consumeErrors = true}); });
    EXPECT_TRUE(it.inputs[0].waiting());
    it.join.cancel();
    EXPECT_EQ(failureOf(it.inputs[0]), "CancelledError");
    EXPECT_EQ(failureOf(it.join), "FailureGroup");
    static_cast<void>(it.inputs[1].take());
  }
}

TEST(JoinReportedInputs, ThatFailedHaveWhatTheyWaitForCancelledWhenARaceIsWon) {
  FailedBefore it([](Ints& inputs) { return race(inputs); });
  it.inputs[1].callback(2);
  EXPECT_EQ(failureOf(it.inputs[0]), "CancelledError");
  EXPECT_EQ(it.join.take().value().index, 1u);
}

TEST(JoinReportedInputs, OfFireOnOneCallbackAreLeftAloneWhenAnotherOneSucceeds) {
  FailedBefore it([](Ints& inputs) { return deferredList(inputs, fireOnOneCallback); });
  it.inputs[1].callback(2);
  EXPECT_TRUE(it.inputs[0].waiting());
  EXPECT_EQ(it.join.take().value().index, 1u);
  it.late.callback(1);
}

TEST(JoinReportedInputs, AreCancelledAlthoughTheListFiresBeforeTheirTurn) {
  Deferred<int> late;
  Ints inputs(2);
  auto list = deferredList(inputs, {.fireOnOneErrback = true, .consumeErrors = true});
  inputs[1].addCallback([&](int) { return late; });
  inputs[1].callback(1);
  list.cancel();
  EXPECT_EQ(list.take().failure().check<FirstError>()->index(), 0u);
  EXPECT_EQ(failureOf(inputs[1]), "CancelledError");
}

TEST(JoinReportedInputs, ThatReportWhileTheListIsBeingCancelledAreCancelledInTheirTurn) {
  Deferred<int> late;
  Ints inputs{Deferred<int>(nullptr), Deferred<int>()};
  inputs[0] = Deferred<int>([second = inputs[1]] { second.callback(2); });
  auto list = deferredList(inputs, {.consumeErrors = true});
  inputs[1].addCallback([&](int) { return late; });
  list.cancel();
  EXPECT_EQ(*list.take().value()[1], 2);
  EXPECT_EQ(failureOf(inputs[1]), "CancelledError");
}

TEST(JoinReportedInputs, AreLeftAloneOnceTheListHasFired) {
  Deferred<int> late;
  Ints inputs(2);
  auto list = deferredList(inputs);
  inputs[0].addCallback([&](int) { return late; });
  inputs[0].callback(1);
  inputs[1].callback(2);
  list.cancel();
  EXPECT_TRUE(inputs[0].waiting());
  EXPECT_EQ(*list.take().value()[0], 1);
  late.callback(1);
}

TEST(JoinReportedInputs, WhichAnotherJoinTakesAreCancelledByTheFirstJoin) {
  Deferred<int> late;
  Ints inputs(2);
  auto copies = deferredList(inputs, {.consumeErrors = true});
  inputs[0].addCallback([&](int) { return late; });
  auto takes = gather(Deferred<int>(inputs[0]), inputs[1]);
  inputs[0].callback(1);
  copies.cancel();
  EXPECT_NE(takes.take().failure().check<FirstError>()->failure().check<CancelledError>(), nullptr);
  EXPECT_EQ(*copies.take().value()[0], 1);
}

TEST(JoinReportedInputs, ThatAreTakenMayWaitBeforeTheyReport) {
  Deferred<int> late, first, second;
  first.addCallback([&](int) { return late; });
  auto list = deferredList(Ints{first, second});
  first.callback(1);
  list.cancel();
  EXPECT_TRUE(late.called());
  EXPECT_NE(list.take().value()[0].failure().check<CancelledError>(), nullptr);
}

TEST(JoinReportedInputs, AreNotKeptAliveByTheirJoin) {
  Chains chains;
  {
    Ints inputs(2);
    auto list = deferredList(inputs, {.consumeErrors = true});
    inputs[0].callback(1);
    inputs[0] = nullptr;
    EXPECT_EQ(chains.live, 2);
    list.cancel();
    EXPECT_EQ(*list.take().value()[0], 1);
  }
  EXPECT_EQ(chains.live, 0);
}

TEST(JoinReportedInputs, CloseNoCircleWithAnInputThatTheyHold) {
  Chains chains;
  {
    Ints inputs(2);
    auto list = deferredList(inputs);
    inputs[0].addCallback([](int) { return Deferred<int>(); }).tap([held = inputs[1]] {});
    inputs[0].callback(1);
  }
  EXPECT_EQ(chains.live, 0);
}

// --- Inputs that are dead

TEST(JoinDeadInputs, LetACancelOfTheJoinFailItWithCancelledError) {
  auto list = deferredList(Ints(2));
  auto first = deferredList(Ints(2), fireOnOneCallback);
  auto both = gather(Deferred<int>(), Deferred<int>());
  list.cancel(), first.cancel(), both.cancel();
  EXPECT_EQ(failureOf(list) + failureOf(first) + failureOf(both), "CancelledErrorCancelledErrorCancelledError");
}

TEST(JoinDeadInputs, OfWhichOneMissesLetACancelFailTheJoinOnceTheOthersHaveReported) {
  Ints inputs(2);
  auto list = deferredList(inputs, {.consumeErrors = true});
  inputs[1] = nullptr;
  list.cancel();
  EXPECT_EQ(failureOf(inputs[0]), "CancelledError");
  EXPECT_EQ(failureOf(list), "CancelledError");
}

TEST(JoinDeadInputs, LetATimeoutOfTheJoinEndTheWait) {
  ManualClock clock;
  auto list = deferredList(Ints(2));
  list.addTimeout(1s, clock);
  clock.advance(1s);
  EXPECT_EQ(failureOf(list), "TimeoutError");
}

}  // namespace
}  // namespace teasel
