#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <thread>
#include <vector>

#include <teasel/deferred/deferred.hpp>
#include <teasel/deferred/test_util.hpp>

namespace teasel {
namespace {

using deferred_tests::Chains;
using deferred_tests::failureOf;
using deferred_tests::Oops;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

constexpr int kMany = 1'000'000;

TEST(DeferredChaining, WaitsForADeferredThatACallbackReturned) {
  Deferred<int> inner;
  Deferred<int> outer = succeed(1);
  outer.addCallback([&](int) { return inner; }).addCallback([](int value) { return value + 1; });
  EXPECT_FALSE(outer.hasResult());
  inner.callback(10);
  EXPECT_EQ(outer.take().value(), 11);
}

TEST(DeferredChaining, TakesTheResultThatTheReturnedDeferredAlreadyHas) {
  Deferred<int> outer = succeed(1);
  outer.addCallback([](int value) { return succeed(value + 1); });
  EXPECT_EQ(outer.take().value(), 2);
}

TEST(DeferredChaining, MayChangeTheTypeByTheReturnedDeferred) {
  auto text = succeed(1).addCallback([](int) { return succeed(std::string("one")); });
  EXPECT_EQ(text.take().value(), "one");
}

TEST(DeferredChaining, GetsTheFailureOfTheReturnedDeferred) {
  Deferred<int> inner;
  Deferred<int> outer = succeed(1);
  outer.addCallback([&](int) { return inner; });
  inner.errback(Oops());
  EXPECT_THAT(failureOf(outer), HasSubstr("Oops"));
}

TEST(DeferredChaining, WaitsForADeferredThatAnErrbackReturned) {
  Deferred<int> inner;
  Deferred<int> outer = fail<int>(Oops());
  outer.addErrback([&](const Failure&) { return inner; });
  inner.callback(3);
  EXPECT_EQ(outer.take().value(), 3);
}

TEST(DeferredChaining, RunsTheInnersOwnCallbacksFirst) {
  std::vector<std::string> order;
  Deferred<int> inner, outer;
  inner.tap([&] { order.push_back("inner"); });
  outer.addCallback([&](int) { return inner; }).tap([&] { order.push_back("outer"); });
  outer.callback(1);
  inner.callback(2);
  EXPECT_THAT(order, ElementsAre("inner", "outer"));
}

TEST(DeferredChaining, WaitsForAPausedDeferredThatHasItsResult) {
  Deferred<int> inner = succeed(5);
  inner.pause();
  Deferred<int> outer = succeed(1);
  outer.addCallback([&](int) { return inner; });
  EXPECT_TRUE(outer.waiting());
  inner.unpause();
  EXPECT_EQ(outer.take().value(), 5);
}

TEST(DeferredChaining, KeepsTheResultWhileTheOuterIsPaused) {
  Deferred<int> inner, outer = succeed(1);
  outer.addCallback([&](int) { return inner; });
  outer.pause();
  int got = 0;
  outer.tap([&](int value) { got = value; });
  inner.callback(4);
  EXPECT_EQ(got, 0);
  outer.unpause();
  EXPECT_EQ(got, 4);
}

TEST(DeferredChaining, FollowsTwoLevelsOfWaiting) {
  Deferred<int> innermost, middle, outer = succeed(1);
  middle.addCallback([&](int) { return innermost; });
  outer.addCallback([&](int) { return middle; });
  middle.callback(1);
  EXPECT_TRUE(outer.waiting());
  innermost.callback(9);
  EXPECT_EQ(outer.take().value(), 9);
}

TEST(DeferredChaining, ContinuesEvenWhenNobodyHoldsTheOuter) {
  Chains chains;
  int got = 0;
  Deferred<int> inner;
  {
    Deferred<int> outer = succeed(1);
    outer.addCallback([&](int) { return inner; }).tap([&](int value) { got = value; });
  }
  inner.callback(6);
  EXPECT_EQ(got, 6);
  EXPECT_EQ(chains.live, 1);
}

TEST(DeferredChaining, AnInnerThatDiesUnfiredLetsTheOuterDieToo) {
  Chains chains;
  auto alive = std::make_shared<int>(1);
  {
    Deferred<int> outer = succeed(1);
    outer.addCallback([](int) { return Deferred<int>(); }).tap([alive] {});
    EXPECT_THAT(outer.text(), HasSubstr("died unfired"));
  }
  EXPECT_EQ(chains.live, 0);
  EXPECT_EQ(alive.use_count(), 1);
}

TEST(DeferredChaining, TheInnersResultIsGoneWhenTheOuterHasIt) {
  Deferred<int> inner, first = succeed(1);
  first.addCallback([&](int) { return inner; });
  EXPECT_TRUE(first.waiting());
  inner.callback(1);
  EXPECT_TRUE(first.hasResult());
  EXPECT_FALSE(inner.hasResult());
}

TEST(DeferredChaining, AnotherThreadMayHaveChainsOfItsOwn) {
  int sum = 0;
  std::thread([&] {
    for (int i = 0; i < 10'000; ++i) {
      Deferred<int> d;
      d.tap([&](int value) { sum += value; });
      d.callback(1);
    }
  }).join();
  EXPECT_EQ(sum, 10'000);
}

TEST(DeferredChaining, ChainDeferredFiresTheOtherWithTheValue) {
  Deferred<int> a, b;
  a.chainDeferred(b);
  a.callback(3);
  EXPECT_EQ(b.take().value(), 3);
}

TEST(DeferredChaining, ChainDeferredFiresTheOtherWithTheFailureAndHandlesIt) {
  LogCapture log;
  Deferred<int> a, b;
  Deferred<void> rest = a.chainDeferred(b);
  a.errback(Oops());
  EXPECT_THAT(failureOf(b), HasSubstr("Oops"));
  EXPECT_TRUE(rest.take().ok());
}

TEST(DeferredChaining, ChainDeferredRunsTheOthersCallbacksBeforeItsOwnNextOnes) {
  std::vector<int> order;
  Deferred<int> a, b;
  b.tap([&] { order.push_back(1); });
  a.chainDeferred(b).addCallback([&] { order.push_back(2); });
  a.callback(0);
  EXPECT_THAT(order, ElementsAre(1, 2));
}

TEST(DeferredChaining, ChainDeferredToAFiredDeferredFailsWithAlreadyCalled) {
  Deferred<int> a, b = succeed(1);
  Deferred<void> rest = a.chainDeferred(b);
  a.callback(2);
  EXPECT_EQ(failureOf(rest), "AlreadyCalledError");
  EXPECT_EQ(b.take().value(), 1);
}

TEST(DeferredChaining, ChainDeferredToACancelledDeferredIsSwallowed) {
  Deferred<int> a, b;
  Deferred<void> rest = a.chainDeferred(b);
  b.cancel();
  a.callback(2);
  EXPECT_TRUE(rest.take().ok());
  EXPECT_EQ(failureOf(b), "CancelledError");
}

TEST(DeferredChaining, ChainDeferredRefusesItself) {
  Deferred<int> a;
  EXPECT_THROW(a.chainDeferred(a), UsageError);
}

// --- A million of everything. Neither running nor dying may recurse.

TEST(DeferredDepth, AMillionCallbacksRun) {
  Deferred<int> d;
  for (int i = 0; i < kMany; ++i) d.addCallback([](int value) { return value + 1; });
  d.callback(0);
  EXPECT_EQ(d.take().value(), kMany);
}

TEST(DeferredDepth, AMillionUnfiredCallbacksDie) {
  Chains chains;
  {
    Deferred<int> d;
    for (int i = 0; i < kMany; ++i) d.addCallback([](int value) { return value + 1; });
  }
  EXPECT_EQ(chains.live, 0);
}

/// A row of Deferreds, from `outermost` to `innermost`, each of which waits for the next.
void nest(Deferred<int> innermost, Deferred<int>& outermost) {
  Deferred<int> inner = innermost;
  for (int i = 0; i < kMany; ++i) {
    Deferred<int> outer = succeed(0);
    outer.addCallback([inner](int) { return inner; }).addCallback([](int value) { return value + 1; });
    inner = std::move(outer);
  }
  outermost = std::move(inner);
}

TEST(DeferredDepth, AMillionNestedWaitsRun) {
  Deferred<int> innermost, outermost(nullptr);
  nest(innermost, outermost);
  innermost.callback(0);
  EXPECT_EQ(outermost.take().value(), kMany);
}

TEST(DeferredDepth, AMillionNestedWaitsDieUnfired) {
  Chains chains;
  chains.keepDeaths = false;
  {
    Deferred<int> innermost, outermost(nullptr);
    nest(innermost, outermost);
  }
  EXPECT_EQ(chains.live, 0);
}

TEST(DeferredDepth, CancelReachesTheInnermostOfAMillion) {
  Deferred<int> innermost, outermost(nullptr);
  nest(innermost, outermost);
  outermost.cancel();
  EXPECT_EQ(failureOf(outermost), "CancelledError");
}

TEST(DeferredDepth, AMillionWaitsThatGrowInwardsStayCheap) {
  std::vector<Deferred<int>> chain(kMany);
  for (int i = 0; i + 1 < kMany; ++i) chain[i].addCallback([inner = chain[i + 1]](int) { return inner; });
  for (int i = 0; i + 1 < kMany; ++i) chain[i].callback(0);
  chain.back().callback(7);
  EXPECT_EQ(chain.front().take().value(), 7);
}

TEST(DeferredDepth, AMillionChainDeferredsRunAndDie) {
  Chains chains;
  chains.keepDeaths = false;
  {
    Deferred<int> first;
    Deferred<int> last = first;
    for (int i = 0; i < kMany; ++i) {
      Deferred<int> next;
      last.chainDeferred(next);
      last = next;
    }
    first.callback(5);
    EXPECT_EQ(last.take().value(), 5);
  }
  EXPECT_EQ(chains.live, 0);
}

TEST(DeferredDepth, AMillionChainsInOneAnothersCapturesDie) {
  Chains chains;
  chains.keepDeaths = false;
  {
    Deferred<int> outer;
    for (int i = 0; i < kMany; ++i) {
      Deferred<int> next;
      next.tap([outer] {});
      outer = next;
    }
  }
  EXPECT_EQ(chains.live, 0);
}

}  // namespace
}  // namespace teasel
