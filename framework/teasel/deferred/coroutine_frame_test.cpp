#include <teasel/deferred/coroutine.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>

#include <teasel/core/pass_through.hpp>
#include <teasel/deferred/test_util.hpp>

namespace teasel {
namespace {

using deferred_tests::Chains;
using deferred_tests::failureOf;

TEST(CoroutineFrame, GoesOnWhenItsDeferredIsDropped) {
  Chains chains;
  int got = 0;
  const auto body = [](int& out, Deferred<int> wait) -> Deferred<void> { out = co_await wait; };
  Deferred<int> wait;
  static_cast<void>(body(got, wait));
  wait.callback(4);
  EXPECT_EQ(got, 4);
  EXPECT_EQ(chains.live, 1);
}

TEST(CoroutineFrame, DiesWithAnAwaitedTemporaryThatNobodyElseHolds) {
  Chains chains;
  auto alive = std::make_shared<int>(1);
  const auto body = [](std::shared_ptr<int> held) -> Deferred<void> {
    co_await Deferred<int>();
    *held = 2;
  };
  Deferred<void> result = body(alive);
  EXPECT_EQ(alive.use_count(), 1);
  EXPECT_FALSE(result.called());
  EXPECT_EQ(chains.live, 1);
}

TEST(CoroutineFrame, DiesWithAnAwaitedLocalThatNobodyElseHolds) {
  Chains chains;
  auto alive = std::make_shared<int>(1);
  const auto body = [](std::shared_ptr<int> held, Deferred<int>& outside) -> Deferred<void> {
    Deferred<int> local;
    outside = local;
    co_await local;
    *held = 2;
  };
  Deferred<int> outside(nullptr);
  static_cast<void>(body(alive, outside));
  EXPECT_EQ(alive.use_count(), 2);
  outside = Deferred<int>(nullptr);
  EXPECT_EQ(alive.use_count(), 1);
  EXPECT_EQ(*alive, 1);
  EXPECT_EQ(chains.live, 0);
}

TEST(CoroutineFrame, DiesWithAnAwaitedConstLocalThatNobodyElseHolds) {
  Chains chains;
  const auto alive = std::make_shared<int>(1);
  const auto body = [](std::shared_ptr<int> held, Deferred<int>& outside) -> Deferred<void> {
    const Deferred<int> local;
    outside = local;
    co_await local;
    *held = 2;
  };
  Deferred<int> outside(nullptr);
  static_cast<void>(body(alive, outside));
  outside = nullptr;
  EXPECT_EQ(alive.use_count(), 1);
  EXPECT_EQ(chains.live, 0);
}

TEST(CoroutineFrame, IsGoneWithItsParametersWhenTheResultIsThere) {
  const auto held = std::make_shared<int>(1);
  const auto body = [](std::shared_ptr<int> value, Deferred<int> wait) -> Deferred<int> { co_return *value + co_await wait; };
  for (const bool later : {false, true}) {
    Deferred<int> wait;
    if (!later) wait.callback(1);
    Deferred<int> result = body(held, wait);
    if (later) wait.callback(1);
    EXPECT_EQ(held.use_count(), 1);
    EXPECT_EQ(result.take().value(), 2);
  }
}

TEST(CoroutineFrame, KeepsALocalHandleUsableAfterTheWait) {
  const auto body = [](Deferred<int>& outside) -> Deferred<bool> {
    Deferred<int> local;
    outside = local;
    co_await local;
    outside = Deferred<int>(nullptr);
    co_return local.called();
  };
  Deferred<int> outside(nullptr);
  Deferred<bool> result = body(outside);
  Deferred<int>(outside).callback(1);
  EXPECT_TRUE(result.take().value());
}

TEST(CoroutineFrame, OfACancelledOrphanReportsCancelledError) {
  const auto body = []() -> Deferred<int> { co_return co_await Deferred<int>(); };
  Deferred<int> result = body();
  result.cancel();
  EXPECT_EQ(failureOf(result), "CancelledError");
}

struct CoroutineVerdict {};
bool isCoroutineVerdict(const std::type_info& kind) noexcept { return kind == typeid(CoroutineVerdict); }

TEST(CoroutineVerdict, FliesThroughAResumedCoroutine) {
  addPassThrough(&isCoroutineVerdict);
  const auto body = [](Deferred<int> wait) -> Deferred<void> {
    co_await wait;
    throw CoroutineVerdict();
  };
  Deferred<int> wait;
  Deferred<void> result = body(wait);
  EXPECT_THROW(wait.callback(1), CoroutineVerdict);
  EXPECT_FALSE(result.called());
}

TEST(CoroutineVerdict, FliesThroughTheCallThatStartsACoroutine) {
#if defined(__clang__)
  // When a coroutine throws before its first wait, clang does not destroy the object that it
  // returns: one chain is lost.
  if (detail::kSanitized) GTEST_SKIP() << "clang leaks the returned object here";
#endif
  addPassThrough(&isCoroutineVerdict);
  const auto body = []() -> Deferred<void> {
    throw CoroutineVerdict();
    co_return;
  };
  EXPECT_THROW(static_cast<void>(body()), CoroutineVerdict);
}

}  // namespace
}  // namespace teasel
