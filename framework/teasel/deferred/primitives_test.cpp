#include <teasel/deferred/primitives.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>
#include <optional>
#include <string>
#include <vector>

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

std::string here(int line, const char* what) { return std::string(what) + "primitives_test.cpp:" + std::to_string(line); }

TEST(DeferredLock, IsAcquiredAtOnceWhenFree) {
  DeferredLock lock;
  EXPECT_FALSE(lock.locked());
  EXPECT_TRUE(lock.acquire().hasResult());
  EXPECT_TRUE(lock.locked());
}

TEST(DeferredLock, GoesToTheWaitersInTheOrderInWhichTheyAsked) {
  DeferredLock lock;
  auto first = lock.acquire(), second = lock.acquire(), third = lock.acquire();
  EXPECT_FALSE(second.called());
  lock.release();
  EXPECT_TRUE(second.called());
  EXPECT_FALSE(third.called());
  lock.release();
  EXPECT_TRUE(third.called());
  lock.release();
  EXPECT_FALSE(lock.locked());
}

TEST(DeferredLock, CancelBeforeAcquiredLeavesTheQueue) {
  DeferredLock lock;
  auto holder = lock.acquire(), waiter = lock.acquire();
  waiter.cancel();
  EXPECT_EQ(failureOf(waiter), "CancelledError");
  EXPECT_EQ(lock.waiting(), 0u);
  lock.release();
  EXPECT_FALSE(lock.locked());
}

TEST(DeferredLock, CancelAfterAcquiredDoesNothing) {
  DeferredLock lock;
  auto holder = lock.acquire();
  holder.cancel();
  EXPECT_TRUE(holder.take().ok());
  EXPECT_TRUE(lock.locked());
}

TEST(DeferredLock, RefusesToReleaseWhatNobodyHoldsAndNamesThePlaces) {
  DeferredLock lock;
  auto holder = lock.acquire();
  lock.release();
  const int line = __LINE__ - 1;
  const std::string message = thrownBy<UsageError>([&] { lock.release(); });
  EXPECT_EQ(message, here(line + 2, "release at ") + here(line - 2, ": the DeferredLock made at ") +
                         here(line, " is not held by anybody; it was last released at "));
}

TEST(DeferredLock, RunReleasesOnSuccess) {
  DeferredLock lock;
  Deferred<int> work;
  auto result = lock.run([&] { return work; });
  EXPECT_TRUE(lock.locked());
  work.callback(3);
  EXPECT_FALSE(lock.locked());
  EXPECT_EQ(result.take().value(), 3);
}

TEST(DeferredLock, RunReleasesOnFailure) {
  DeferredLock lock;
  auto result = lock.run([]() -> int { throw Oops(); });
  EXPECT_FALSE(lock.locked());
  EXPECT_THAT(failureOf(result), HasSubstr("Oops"));
}

TEST(DeferredLock, RunReleasesAtTheEndOfACoroutine) {
  DeferredLock lock;
  Deferred<int> wait;
  const auto body = [](Deferred<int> what) -> Deferred<void> { co_await what; };
  auto result = lock.run([&] { return body(wait); });
  EXPECT_TRUE(lock.locked());
  wait.callback(1);
  EXPECT_FALSE(lock.locked());
}

TEST(DeferredLock, RunReleasesWhenItsWorkDiesUnfired) {
  DeferredLock lock;
  static_cast<void>(lock.run([] { return Deferred<int>(); }));
  EXPECT_FALSE(lock.locked());
}

TEST(DeferredLock, RunTakesCareOfOneAfterTheOther) {
  DeferredLock lock;
  std::vector<int> order;
  Deferred<void> first;
  auto a = lock.run([&] { return order.push_back(1), first; });
  auto b = lock.run([&] { order.push_back(2); });
  EXPECT_THAT(order, ElementsAre(1));
  first.callback();
  EXPECT_THAT(order, ElementsAre(1, 2));
  EXPECT_TRUE(b.hasResult());
}

TEST(DeferredLock, HandsOverToAMillionWaitersWithoutRecursion) {
  DeferredLock lock;
  int count = 0;
  auto holder = lock.acquire();
  for (int i = 0; i < 1'000'000; ++i) static_cast<void>(lock.run([&] { ++count; }));
  lock.release();
  EXPECT_EQ(count, 1'000'000);
}

TEST(DeferredLock, ThatDiesLeavesItsWaitersHarmless) {
  Chains chains;
  {
    std::optional<DeferredLock> lock(std::in_place);
    auto holder = lock->acquire(), waiter = lock->acquire();
    Deferred<void> work;
    auto running = lock->run([&] { return work; });
    lock.reset();
    waiter.cancel();
    EXPECT_EQ(failureOf(waiter), "CancelledError");
    EXPECT_FALSE(running.called());
  }
  EXPECT_EQ(chains.live, 0);
}

TEST(DeferredLock, AWaiterThatIsCancelledInTheMiddleIsPassedOver) {
  DeferredLock lock;
  auto holder = lock.acquire(), first = lock.acquire(), second = lock.acquire(), third = lock.acquire();
  second.cancel();
  EXPECT_EQ(failureOf(second), "CancelledError");
  lock.release();
  lock.release();
  EXPECT_TRUE(first.called() && third.called());
  EXPECT_EQ(lock.waiting(), 0u);
}

TEST(DeferredLock, AHundredThousandWaitersAreCancelledWithoutLookingForEach) {
  DeferredLock lock;
  auto holder = lock.acquire();
  std::vector<Deferred<void>> waiters;
  for (int i = 0; i < 100'000; ++i) waiters.push_back(lock.acquire());
  for (auto waiter = waiters.rbegin(); waiter != waiters.rend(); ++waiter) {
    waiter->cancel();
    static_cast<void>(waiter->take());
  }
  EXPECT_EQ(lock.waiting(), 0u);
}

TEST(DeferredLock, RunWhileHeldMayBeCancelledAndNeverRuns) {
  DeferredLock lock;
  bool ran = false;
  auto holder = lock.acquire();
  auto waiting = lock.run([&] { ran = true; });
  waiting.cancel();
  EXPECT_EQ(failureOf(waiting), "CancelledError");
  lock.release();
  EXPECT_FALSE(ran);
  EXPECT_FALSE(lock.locked());
}

TEST(DeferredLock, CancellingARunCancelsItsWorkAndReleases) {
  DeferredLock lock;
  Deferred<int> work;
  auto running = lock.run([&] { return work; });
  running.cancel();
  EXPECT_TRUE(work.called());
  EXPECT_EQ(failureOf(running), "CancelledError");
  EXPECT_FALSE(lock.locked());
}

TEST(DeferredSemaphore, RunHoldsATokenUntilItsWorkIsDone) {
  DeferredSemaphore semaphore(2);
  std::vector<Deferred<int>> work(3);
  std::vector<Deferred<int>> results;
  int started = 0;
  for (Deferred<int>& each : work) results.push_back(semaphore.run([&started, &each] { return ++started, each; }));
  EXPECT_EQ(started, 2);
  work[1].errback(Oops());
  EXPECT_EQ(started, 3);
  work[0].callback(1);
  work[2].callback(3);
  EXPECT_EQ(semaphore.tokens(), 2u);
  EXPECT_THAT(failureOf(results[1]), HasSubstr("Oops"));
  EXPECT_EQ(results[2].take().value(), 3);
}

TEST(DeferredSemaphore, RunReleasesAtTheEndOfACoroutineThatThrows) {
  DeferredSemaphore semaphore(1);
  const auto body = [](Deferred<int> wait) -> Deferred<int> {
    co_await wait;
    throw Oops();
  };
  Deferred<int> wait;
  auto result = semaphore.run([&] { return body(wait); });
  EXPECT_EQ(semaphore.tokens(), 0u);
  wait.callback(1);
  EXPECT_EQ(semaphore.tokens(), 1u);
  EXPECT_THAT(failureOf(result), HasSubstr("Oops"));
}

TEST(DeferredSemaphore, LetsAsManyThroughAsItHasTokens) {
  DeferredSemaphore semaphore(2);
  auto a = semaphore.acquire(), b = semaphore.acquire(), c = semaphore.acquire();
  EXPECT_TRUE(a.called() && b.called());
  EXPECT_FALSE(c.called());
  EXPECT_EQ(semaphore.tokens(), 0u);
  semaphore.release();
  EXPECT_TRUE(c.called());
}

TEST(DeferredSemaphore, RefusesMoreReleasesThanAcquires) {
  DeferredSemaphore semaphore(2);
  EXPECT_THAT(thrownBy<UsageError>([&] { semaphore.release(); }), HasSubstr("is not held by anybody"));
  auto holder = semaphore.acquire();
  semaphore.release();
  const int line = __LINE__ - 1;
  const std::string message = thrownBy<UsageError>([&] { semaphore.release(); });
  EXPECT_EQ(message, here(line + 2, "release at ") + here(line - 3, ": the DeferredSemaphore made at ") +
                         here(line, " is not held by anybody; it was last released at "));
  EXPECT_EQ(semaphore.tokens(), 2u);
}

TEST(DeferredSemaphore, WithoutTokensIsRefused) { EXPECT_THROW(DeferredSemaphore(0), UsageError); }

TEST(DeferredSemaphore, CancelBeforeAcquiredLeavesTheQueue) {
  DeferredSemaphore semaphore(1);
  auto a = semaphore.acquire(), b = semaphore.acquire();
  b.cancel();
  EXPECT_EQ(failureOf(b), "CancelledError");
  semaphore.release();
  EXPECT_EQ(semaphore.tokens(), 1u);
}

TEST(DeferredSemaphore, CancelAfterAcquiredDoesNothing) {
  DeferredSemaphore semaphore(1);
  auto a = semaphore.acquire();
  a.cancel();
  EXPECT_TRUE(a.take().ok());
  EXPECT_EQ(semaphore.tokens(), 0u);
}

TEST(DeferredSemaphore, NobodyPassesTheFirstWaiter) {
  DeferredSemaphore semaphore(1);
  std::vector<int> order;
  auto holder = semaphore.acquire();
  auto first = semaphore.acquire().addCallback([&] {
    order.push_back(1);
    semaphore.release();
    static_cast<void>(semaphore.acquire().addCallback([&] { order.push_back(3); }));
  });
  auto second = semaphore.acquire().addCallback([&] { order.push_back(2), semaphore.release(); });
  semaphore.release();
  EXPECT_THAT(order, ElementsAre(1, 2, 3));
}

TEST(DeferredQueue, GivesObjectsInTheOrderInWhichTheyWerePut) {
  DeferredQueue<int> queue;
  queue.put(1);
  queue.put(2);
  EXPECT_EQ(queue.get().take().value(), 1);
  EXPECT_EQ(queue.get().take().value(), 2);
}

TEST(DeferredQueue, HandsAnObjectToTheOldestGetterFirst) {
  DeferredQueue<int> queue;
  auto first = queue.get(), second = queue.get();
  queue.put(7);
  EXPECT_EQ(first.take().value(), 7);
  EXPECT_FALSE(second.called());
  EXPECT_EQ(queue.pending(), 0u);
}

TEST(DeferredQueue, RefusesMoreObjectsThanItsSize) {
  DeferredQueue<int> queue(1);
  queue.put(1);
  EXPECT_THAT(thrownBy<QueueOverflow>([&] { queue.put(2); }), HasSubstr("its size is 1"));
  EXPECT_EQ(queue.get().take().value(), 1);
}

TEST(DeferredQueue, OfSizeZeroHandsOverOnlyToThoseWhoWait) {
  DeferredQueue<int> queue(0);
  EXPECT_THROW(queue.put(1), QueueOverflow);
  auto getter = queue.get();
  queue.put(2);
  EXPECT_EQ(getter.take().value(), 2);
}

TEST(DeferredQueue, RefusesMoreGettersThanItsBacklog) {
  DeferredQueue<int> queue(DeferredQueue<int>::kUnlimited, 1);
  auto getter = queue.get();
  EXPECT_THROW(static_cast<void>(queue.get()), QueueUnderflow);
}

TEST(DeferredQueue, OfBacklogZeroLetsNobodyWait) {
  DeferredQueue<int> queue(DeferredQueue<int>::kUnlimited, 0);
  EXPECT_THAT(thrownBy<QueueUnderflow>([&] { static_cast<void>(queue.get()); }),
              HasSubstr("limit of waiting getters already: 0"));
  queue.put(1);
  EXPECT_EQ(queue.get().take().value(), 1);
}

TEST(DeferredQueue, ACancelledGetterLeavesTheQueue) {
  DeferredQueue<int> queue;
  auto getter = queue.get();
  getter.cancel();
  EXPECT_EQ(failureOf(getter), "CancelledError");
  queue.put(1);
  EXPECT_EQ(queue.pending(), 1u);
}

TEST(DeferredQueue, CancelAfterAnObjectCameDoesNothing) {
  DeferredQueue<int> queue;
  auto getter = queue.get();
  queue.put(1);
  getter.cancel();
  EXPECT_EQ(getter.take().value(), 1);
}

TEST(DeferredQueue, CancelOfAGetThatFoundItsObjectDoesNothing) {
  DeferredQueue<int> queue;
  queue.put(1);
  auto getter = queue.get();
  getter.cancel();
  EXPECT_EQ(getter.take().value(), 1);
}

TEST(DeferredQueue, AGetterThatIsCancelledInTheMiddleIsPassedOver) {
  DeferredQueue<int> queue;
  auto first = queue.get(), second = queue.get(), third = queue.get();
  second.cancel();
  EXPECT_EQ(failureOf(second), "CancelledError");
  queue.put(1);
  queue.put(2);
  EXPECT_EQ(first.take().value(), 1);
  EXPECT_EQ(third.take().value(), 2);
}

TEST(DeferredQueue, ACancelledGetterMakesRoomInTheBacklog) {
  DeferredQueue<int> queue(DeferredQueue<int>::kUnlimited, 1);
  auto getter = queue.get();
  getter.cancel();
  static_cast<void>(getter.take());
  EXPECT_FALSE(queue.get().called());
}

TEST(DeferredQueue, ThatDiesLeavesItsGettersHarmless) {
  Chains chains;
  {
    std::optional<DeferredQueue<int>> queue(std::in_place);
    auto getter = queue->get();
    queue.reset();
    getter.cancel();
    EXPECT_EQ(failureOf(getter), "CancelledError");
  }
  EXPECT_EQ(chains.live, 0);
}

TEST(DeferredQueue, CarriesObjectsThatOnlyMove) {
  DeferredQueue<std::unique_ptr<int>> queue;
  queue.put(std::make_unique<int>(5));
  EXPECT_EQ(*queue.get().take().value(), 5);
}

TEST(DeferredQueue, FeedsACoroutine) {
  DeferredQueue<int> queue;
  const auto sum = [](DeferredQueue<int>& from) -> Deferred<int> {
    int total = 0;
    while (const int next = co_await from.get()) total += next;
    co_return total;
  };
  Deferred<int> total = sum(queue);
  for (const int i : {1, 2, 3, 0}) queue.put(i);
  EXPECT_EQ(total.take().value(), 6);
}

}  // namespace
}  // namespace teasel
