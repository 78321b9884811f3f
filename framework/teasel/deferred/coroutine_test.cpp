#include <teasel/deferred/coroutine.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <vector>

#include <teasel/deferred/test_util.hpp>

namespace teasel {
namespace {

using deferred_tests::Chains;
using deferred_tests::failureOf;
using deferred_tests::Oops;
using deferred_tests::thrownBy;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

constexpr int kPlusOneLine = __LINE__ + 1;
Deferred<int> plusOne(Deferred<int> wait) { co_return co_await wait + 1; }
Deferred<void> nothing() { co_return; }
Deferred<int> throws() {
  throw Oops();
  co_return 0;
}
Deferred<int> nested(int depth, Deferred<int> wait) {
  if (depth == 0) co_return co_await wait;
  co_return co_await nested(depth - 1, wait) + 1;
}

TEST(Coroutine, StartsAtOnceAndRunsToItsFirstWait) {
  std::vector<int> order;
  const auto body = [](std::vector<int>& log, Deferred<int> wait) -> Deferred<void> {
    log.push_back(1);
    co_await wait;
    log.push_back(3);
  };
  Deferred<int> wait;
  Deferred<void> done = body(order, wait);
  order.push_back(2);
  wait.callback(0);
  EXPECT_THAT(order, ElementsAre(1, 2, 3));
  EXPECT_TRUE(done.take().ok());
}

TEST(Coroutine, GivesWhatItReturns) { EXPECT_EQ(plusOne(succeed(1)).take().value(), 2); }
TEST(Coroutine, OfVoidGivesSuccess) { EXPECT_TRUE(nothing().take().ok()); }

TEST(Coroutine, GoesOnWhenTheAwaitedResultComes) {
  Deferred<int> wait;
  Deferred<int> result = plusOne(wait);
  EXPECT_FALSE(result.hasResult());
  wait.callback(5);
  EXPECT_EQ(result.take().value(), 6);
}

TEST(Coroutine, ThatThrowsFails) { EXPECT_THAT(failureOf(throws()), HasSubstr("Oops")); }

TEST(Coroutine, ThrowsTheAwaitedFailureAtTheWait) {
  std::string caught;
  const auto body = [](std::string& what, Deferred<int> wait) -> Deferred<int> {
    try {
      co_await wait;
    } catch (const Oops& oops) {
      what = oops.what();
    }
    co_return 3;
  };
  Deferred<int> wait;
  Deferred<int> result = body(caught, wait);
  wait.errback(Oops("late"));
  EXPECT_EQ(caught, "late");
  EXPECT_EQ(result.take().value(), 3);
}

TEST(Coroutine, FailsWithAnAwaitedFailureThatItDoesNotCatch) {
  LogCapture log;
  EXPECT_THAT(failureOf(plusOne(fail<int>(Oops()))), HasSubstr("Oops"));
  EXPECT_TRUE(log.events().empty());
}

TEST(Coroutine, MayReturnAFailureWithoutThrowing) {
  const auto body = []() -> Deferred<int> { co_return Failure(Oops("quiet")); };
  EXPECT_STREQ(body().take().failure().what(), "quiet");
}

TEST(Coroutine, MayHandleAFailureThatIsThereAlready) {
  LogCapture log;
  const auto body = []() -> Deferred<std::string> {
    std::string what;
    try {
      co_await fail<int>(Oops("at once"));
    } catch (const Oops& oops) {
      what = oops.what();
    }
    co_return what;
  };
  EXPECT_EQ(body().take().value(), "at once");
  EXPECT_TRUE(log.events().empty());
}

TEST(Coroutine, AFailureKeepsThePlaceWhereItWasMadeThroughEveryCoroutineOnItsWay) {
  for (const bool later : {false, true}) {
    Deferred<int> wait;
    const int line = __LINE__ + 1;
    const Failure failure(Oops("far away"));
    if (!later) wait.errback(failure);
    Deferred<int> result = nested(3, wait);
    if (later) wait.errback(failure);
    EXPECT_THAT(result.take().failure().text(), HasSubstr("Oops: far away (at coroutine_test.cpp:" + std::to_string(line)));
  }
}

TEST(Coroutine, AnErrorOfItsOwnDoesNotGetThePlaceOfOneThatItHandled) {
  const auto body = []() -> Deferred<int> {
    try {
      co_await fail<int>(Oops("handled"));
    } catch (const Oops&) {
    }
    throw Oops("own");
  };
  EXPECT_EQ(body().take().failure().text(), "deferred_tests::Oops: own");
}

TEST(Coroutine, ForgetsAFailureThatItHandledWhenItWaitsAgain) {
  const auto body = [](Deferred<int> first, Deferred<int> second) -> Deferred<int> {
    try {
      co_await first;
    } catch (const std::shared_ptr<int>&) {
    }
    co_return co_await second;
  };
  const auto held = std::make_shared<int>(1);
  Deferred<int> first, second;
  Deferred<int> result = body(first, second);
  first.errback(Failure(held));
  EXPECT_EQ(held.use_count(), 1);
  second.callback(2);
  EXPECT_EQ(result.take().value(), 2);
}

TEST(Coroutine, AwaitsACallOfAnotherCoroutine) {
  const auto outer = [](Deferred<int> wait) -> Deferred<int> { co_return co_await plusOne(wait) * 10; };
  Deferred<int> wait;
  Deferred<int> result = outer(wait);
  wait.callback(1);
  EXPECT_EQ(result.take().value(), 20);
}

TEST(Coroutine, AwaitsAChainToWhichACallbackWasJustAdded) {
  const auto body = [](Deferred<int> wait) -> Deferred<int> {
    co_return co_await wait.addCallback([](int value) { return value * 2; });
  };
  Deferred<int> wait;
  Deferred<int> result = body(wait);
  wait.callback(4);
  EXPECT_EQ(result.take().value(), 8);
}

TEST(Coroutine, AwaitsHandlesThatAreConst) {
  struct Holder {
    const Deferred<int> member;
  };
  const auto body = [](const Deferred<int> value, const Deferred<int>& reference, std::shared_ptr<Holder> in) -> Deferred<int> {
    const Deferred<int> local = succeed(3);
    co_return co_await value + co_await reference + co_await local + co_await in->member;
  };
  const Deferred<int> value, reference, member;
  Deferred<int> result = body(value, reference, std::make_shared<Holder>(Holder{member}));
  value.callback(1);
  reference.callback(2);
  EXPECT_FALSE(result.hasResult());
  member.callback(4);
  EXPECT_EQ(result.take().value(), 10);
}

TEST(Coroutine, AwaitsAHandleThatItsLambdaCaptured) {
  Deferred<int> wait;
  const auto body = [wait]() -> Deferred<int> { co_return co_await wait + 1; };
  Deferred<int> result = body();
  EXPECT_THROW(wait.tap([] {}), ResultTaken);
  wait.callback(1);
  EXPECT_EQ(result.take().value(), 2);
}

TEST(Coroutine, CarriesMoveOnlyValues) {
  const auto body = [](Deferred<std::unique_ptr<int>> wait) -> Deferred<std::unique_ptr<int>> {
    std::unique_ptr<int> value = co_await wait;
    ++*value;
    co_return value;
  };
  Deferred<std::unique_ptr<int>> wait;
  Deferred<std::unique_ptr<int>> result = body(wait);
  wait.callback(std::make_unique<int>(1));
  EXPECT_EQ(*result.take().value(), 2);
}

TEST(Coroutine, AwaitsAMillionReadyResultsInALoop) {
  const auto body = [](int count) -> Deferred<int> {
    int sum = 0;
    for (int i = 0; i < count; ++i) sum += co_await succeed(1);
    co_return sum;
  };
  EXPECT_EQ(body(1'000'000).take().value(), 1'000'000);
}

TEST(Coroutine, TenThousandNestedOnesFinish) {
  Deferred<int> wait;
  Deferred<int> result = nested(10'000, wait);
  wait.callback(0);
  EXPECT_EQ(result.take().value(), 10'000);
}

TEST(Coroutine, AMillionThatWaitForOneAnotherFinishWithoutRecursion) {
  Deferred<int> wait;
  Deferred<int> last = wait;
  for (int i = 0; i < 1'000'000; ++i) last = plusOne(last);
  wait.callback(0);
  EXPECT_EQ(last.take().value(), 1'000'000);
}

TEST(Coroutine, AMillionThatWaitForOneAnotherDieWithoutRecursion) {
  Chains chains;
  chains.keepDeaths = false;
  {
    Deferred<int> last;
    for (int i = 0; i < 1'000'000; ++i) last = plusOne(std::move(last));
  }
  EXPECT_EQ(chains.live, 0);
}

TEST(Coroutine, RunsCallbacksOfItsDeferredAfterItsLocalsAreGone) {
  std::vector<int> order;
  struct Local {
    explicit Local(std::vector<int>& list) : log(list) {}
    ~Local() { log.push_back(1); }
    std::vector<int>& log;
  };
  const auto body = [](std::vector<int>& log, Deferred<int> wait) -> Deferred<int> {
    const Local local(log);
    co_return co_await wait;
  };
  Deferred<int> wait;
  Deferred<int> result = body(order, wait);
  result.tap([&] { order.push_back(2); });
  wait.callback(1);
  EXPECT_THAT(order, ElementsAre(1, 2));
}

TEST(Coroutine, AwaitingTakesTheResult) {
  Deferred<int> wait;
  Deferred<int> result = plusOne(wait);
  const std::string message = thrownBy<ResultTaken>([&] { wait.tap([] {}); });
  EXPECT_THAT(message, HasSubstr("coroutine_test.cpp:" + std::to_string(kPlusOneLine)));
  wait.callback(1);
}

TEST(Coroutine, AwaitingAStaleHandleThrowsAtTheWait) {
  Deferred<int> wait = succeed(1);
  const auto text = wait.addCallback([](int value) { return std::to_string(value); });
  EXPECT_EQ(failureOf(plusOne(wait)), "StaleHandle");
}

TEST(Coroutine, CannotBeFiredFromOutside) {
  Deferred<int> wait;
  Deferred<int> result = plusOne(wait);
  EXPECT_THAT(thrownBy<UsageError>([&] { result.callback(1); }), HasSubstr("coroutine alone"));
  wait.callback(1);
  EXPECT_EQ(result.take().value(), 2);
}

TEST(Coroutine, AwaitingItsOwnDeferredIsRefused) {
  Chains chains;
  {
    Deferred<int> start, self(nullptr);
    const auto body = [](Deferred<int>& wait, Deferred<int>& own) -> Deferred<int> {
      co_await wait;
      co_return co_await own;
    };
    self = body(start, self);
    start.callback(1);
    EXPECT_THAT(self.take().failure().text(), HasSubstr("waits for this coroutine itself"));
  }
  EXPECT_EQ(chains.live, 0);
}

}  // namespace
}  // namespace teasel
