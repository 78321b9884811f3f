#include <teasel/deferred/coroutine.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include <teasel/core/pass_through.hpp>
#include <teasel/deferred/test_util.hpp>

namespace teasel {
namespace {

using deferred_tests::Chains;
using deferred_tests::failureOf;
using deferred_tests::Oops;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

Deferred<int> plusOne(Deferred<int> wait) { co_return co_await wait + 1; }
Deferred<int> nested(int depth, Deferred<int> wait) {
  if (depth == 0) co_return co_await wait;
  co_return co_await nested(depth - 1, wait) + 1;
}

TEST(CoroutineCancel, ReachesWhatIsAwaited) {
  bool cancelled = false;
  Deferred<int> wait([&] { cancelled = true; });
  Deferred<int> result = plusOne(wait);
  result.cancel();
  EXPECT_TRUE(cancelled);
  EXPECT_EQ(failureOf(result), "CancelledError");
}

TEST(CoroutineCancel, ReachesWhatANestedCoroutineAwaits) {
  Deferred<int> wait;
  Deferred<int> result = nested(3, wait);
  result.cancel();
  EXPECT_TRUE(wait.called());
  EXPECT_EQ(failureOf(result), "CancelledError");
}

TEST(CoroutineCancel, ReachesASecondWait) {
  const auto body = [](Deferred<int> first, Deferred<int> second) -> Deferred<int> {
    co_await first;
    co_return co_await second;
  };
  Deferred<int> first, second;
  Deferred<int> result = body(first, second);
  first.callback(1);
  result.cancel();
  EXPECT_EQ(failureOf(result), "CancelledError");
}

TEST(CoroutineCancel, SurfacesAtTheWaitWhereTheErrorMayBeTranslated) {
  const auto body = [](Deferred<int> wait) -> Deferred<int> {
    try {
      co_return co_await wait;
    } catch (const CancelledError&) {
      throw Oops("translated");
    }
  };
  Deferred<int> wait;
  Deferred<int> result = body(wait);
  result.cancel();
  EXPECT_STREQ(result.take().failure().what(), "translated");
}

TEST(CoroutineCancel, MayBecomeAValue) {
  const auto body = [](Deferred<int> wait) -> Deferred<int> {
    try {
      co_return co_await wait;
    } catch (const CancelledError&) {
    }
    co_return 12;
  };
  Deferred<int> wait;
  Deferred<int> result = body(wait);
  result.cancel();
  EXPECT_EQ(result.take().value(), 12);
}

Deferred<int> stubborn(Deferred<int> first, Deferred<int> second) {
  try {
    co_return co_await first;
  } catch (const CancelledError&) {
  }
  co_return co_await second;
}

TEST(CoroutineCancel, MayLeadToAnotherWait) {
  Deferred<int> first, second;
  Deferred<int> result = stubborn(first, second);
  result.cancel();
  EXPECT_FALSE(result.hasResult());
  second.callback(8);
  EXPECT_EQ(result.take().value(), 8);
}

TEST(CoroutineCancel, AgainReachesTheNewWait) {
  Deferred<int> first, second;
  Deferred<int> result = stubborn(first, second);
  result.cancel();
  result.cancel();
  EXPECT_TRUE(second.called());
  EXPECT_EQ(failureOf(result), "CancelledError");
}

TEST(CoroutineCancel, WaitsForAnErrbackOfTheAwaitedThatTakesItsTime) {
  Deferred<int> more, wait;
  wait.addErrback([&](const Failure&) { return more; });
  Deferred<int> result = plusOne(wait);
  result.cancel();
  EXPECT_FALSE(result.hasResult());
  more.callback(6543);
  EXPECT_EQ(result.take().value(), 6544);
}

/// Cancels its own Deferred between its two waits.
Deferred<int> cancelsItselfBetween(Deferred<int> begin, Deferred<int> next, Deferred<int>& own) {
  co_await begin;
  own.cancel();
  co_return co_await next;
}

TEST(CoroutineCancel, WhileTheBodyRunsReachesItsNextWait) {
  Deferred<int> start, wait, result(nullptr);
  result = cancelsItselfBetween(start, wait, result);
  start.callback(1);
  EXPECT_TRUE(wait.called());
  EXPECT_EQ(failureOf(result), "CancelledError");
}

TEST(CoroutineCancel, WhileTheBodyRunsEndsTheNextWaitWithWhatItsCancellerThrows) {
  LogCapture log;
  Deferred<int> start, result(nullptr);
  Deferred<int> wait([] { throw Oops(); });
  result = cancelsItselfBetween(start, wait, result);
  start.callback(1);
  EXPECT_THAT(failureOf(result), HasSubstr("Oops"));
  EXPECT_TRUE(log.events().empty());
}

TEST(CoroutineCancel, WhileTheBodyRunsLetsItGoOnBeforeLaterCallbacksOfWhatEndsItsNextWait) {
  std::vector<std::string> order;
  Deferred<int> start, source, result(nullptr);
  Deferred<int> wait([&] { source.callback(1); });
  source.tap([&](int value) { wait.callback(value); }).tap([&](int) { order.push_back("later callback"); });
  result = cancelsItselfBetween(start, wait, result);
  result.tap([&](int) { order.push_back("coroutine"); });
  start.callback(0);
  EXPECT_THAT(order, ElementsAre("coroutine", "later callback"));
}

/// Its Deferred is a member that is there before the body begins.
struct CancelsItselfAtOnce {
  Deferred<int> wait{[this] { asked = true; }};
  bool asked = false;
  Deferred<int> result = body(*this);

  // NOLINTNEXTLINE(cppcoreguidelines-avoid-reference-coroutine-parameters): the owner of `result`
  static Deferred<int> body(CancelsItselfAtOnce& owner) {
    owner.result.cancel();
    co_return co_await owner.wait;
  }
};

TEST(CoroutineCancel, InTheCallThatStartsItReachesItsFirstWait) {
  CancelsItselfAtOnce owner;
  EXPECT_TRUE(owner.asked);
  EXPECT_EQ(failureOf(owner.result), "CancelledError");
}

TEST(CoroutineCancel, OfAFinishedOneDoesNothing) {
  Deferred<int> result = plusOne(succeed(1));
  result.cancel();
  EXPECT_EQ(result.take().value(), 2);
}

struct CoroutineVerdict {};
bool isCoroutineVerdict(const std::type_info& kind) noexcept { return kind == typeid(CoroutineVerdict); }

TEST(CoroutineVerdict, FliesOutOfACancellerAtTheNextWaitOfACancelledOneWhichWaitsOn) {
  addPassThrough(&isCoroutineVerdict);
  Deferred<int> start, result(nullptr);
  Deferred<int> wait([] { throw CoroutineVerdict(); });
  result = cancelsItselfBetween(start, wait, result);
  EXPECT_THROW(start.callback(1), CoroutineVerdict);
  EXPECT_FALSE(result.called());
  wait.callback(2);
  EXPECT_EQ(result.take().value(), 2);
}

TEST(CoroutineVerdict, FliesOutOfABodyThatTheCancelOfItsNextWaitResumed) {
  addPassThrough(&isCoroutineVerdict);
  const auto body = [](Deferred<int> begin, Deferred<int> next, Deferred<int>& own) -> Deferred<int> {
    co_await begin;
    own.cancel();
    try {
      co_return co_await next;
    } catch (const CancelledError&) {
      throw CoroutineVerdict();
    }
  };
  Chains chains;
  {
    Deferred<int> start, wait, result(nullptr);
    result = body(start, wait, result);
    EXPECT_THROW(start.callback(1), CoroutineVerdict);
    EXPECT_TRUE(wait.called());
    EXPECT_FALSE(result.called());
  }
  EXPECT_EQ(chains.live, 0);
}

}  // namespace
}  // namespace teasel
