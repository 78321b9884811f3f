#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include <teasel/core/pass_through.hpp>
#include <teasel/deferred/coroutine.hpp>
#include <teasel/deferred/join.hpp>
#include <teasel/deferred/primitives.hpp>
#include <teasel/deferred/test_util.hpp>

/// What becomes of an exception that a canceller throws, and of those who wait for its Deferred.
namespace teasel {
namespace {

using namespace std::chrono_literals;
using deferred_tests::Chains;
using deferred_tests::failureOf;
using deferred_tests::ManualClock;
using deferred_tests::Oops;
using ::testing::HasSubstr;

using Ints = std::vector<Deferred<int>>;

/// A Deferred whose canceller throws.
Deferred<int> cannotBeCancelled() {
  return Deferred<int>([] { throw Oops("no way"); });
}
/// A Deferred that has fired and waits for `inner` now.
template <class T>
Deferred<T> waitingFor(Deferred<T> inner) {
  return succeed().addCallback([inner = std::move(inner)] { return inner; });
}

TEST(DeferredCanceller, ThatThrowsFailsItsDeferredWithThat) {
  Deferred<int> d = cannotBeCancelled();
  EXPECT_NO_THROW(d.cancel());
  EXPECT_STREQ(d.take().failure().what(), "no way");
}

TEST(DeferredCanceller, MayThrowWhatIsNoStdException) {
  Deferred<int> d([] { throw 42; });
  d.cancel();
  EXPECT_NE(d.take().failure().check<int>(), nullptr);
}

TEST(DeferredCanceller, ThatThrowsRunsTheErrbacksOfItsDeferredInTheirOrder) {
  std::string seen;
  Deferred<int> d = cannotBeCancelled();
  d.addErrback<Oops>([&](const Oops& error) { return seen = error.what(), 5; });
  d.addCallback([](int value) { return value + 1; });
  d.cancel();
  EXPECT_EQ(seen, "no way");
  EXPECT_EQ(d.take().value(), 6);
}

TEST(DeferredCanceller, ThatThrewIsDroppedAndNeverAskedAgain) {
  int calls = 0;
  const auto held = std::make_shared<int>(1);
  Deferred<int> d([&calls, held] { throw Oops(std::to_string(++calls).c_str()); });
  d.cancel();
  EXPECT_EQ(held.use_count(), 1);
  d.cancel();
  EXPECT_EQ(calls, 1);
  static_cast<void>(d.take());
}

TEST(DeferredCanceller, ThatThrewLeavesOneLateResultIgnored) {
  Deferred<int> d = cannotBeCancelled();
  d.cancel();
  d.callback(1);
  EXPECT_THROW(d.callback(2), AlreadyCalledError);
  EXPECT_THAT(failureOf(d), HasSubstr("Oops"));
}

TEST(DeferredCanceller, ThatThrowsAfterItHasFiredIsLoggedAndTheResultStays) {
  LogCapture log;
  Deferred<int> d([](Deferred<int>& asked) { asked.callback(1), throw Oops(); });
  d.cancel();
  EXPECT_EQ(d.take().value(), 1);
  EXPECT_EQ(log.flushLoggedErrors<Oops>().size(), 1u);
}

TEST(DeferredCanceller, ThatFiresTwiceIsLoggedAndTheFirstResultStays) {
  LogCapture log;
  Deferred<int> d([](Deferred<int>& asked) { asked.callback(1), asked.callback(2); });
  d.cancel();
  EXPECT_EQ(d.take().value(), 1);
  EXPECT_EQ(log.flushLoggedErrors<AlreadyCalledError>().size(), 1u);
}

TEST(DeferredCanceller, ThatThrowsFailsThePausedDeferredAtItsUnpause) {
  Deferred<int> d = cannotBeCancelled();
  d.pause();
  d.cancel();
  EXPECT_FALSE(d.hasResult());
  d.unpause();
  EXPECT_THAT(failureOf(d), HasSubstr("Oops"));
}

TEST(DeferredCanceller, OfAnInnerDeferredThatThrowsFailsWhoeverWaitsForIt) {
  const Deferred<int> innermost = cannotBeCancelled(), inner = waitingFor(innermost);
  Deferred<int> outer = waitingFor(inner);
  outer.cancel();
  EXPECT_THAT(failureOf(outer), HasSubstr("Oops"));
}

TEST(DeferredCanceller, ThatThrowsInsideACallbackDoesNotTouchThatCallbacksChain) {
  Deferred<int> other = cannotBeCancelled();
  Deferred<int> d = succeed(1);
  d.tap([&] { other.cancel(); });
  EXPECT_EQ(d.take().value(), 1);
  EXPECT_THAT(failureOf(other), HasSubstr("Oops"));
}

TEST(DeferredCanceller, ThatThrowsLeavesNothingBehind) {
  Chains chains;
  {
    LogCapture log;
    cannotBeCancelled().cancel();
    EXPECT_EQ(log.flushLoggedErrors<Oops>().size(), 1u);
  }
  EXPECT_EQ(chains.live, 0);
}

// --- Those who wait

TEST(DeferredTimeoutCanceller, ThatThrowsEndsTheWaitWithThat) {
  ManualClock clock;
  Deferred<int> d = cannotBeCancelled();
  d.addTimeout(1s, clock);
  clock.advance(1s);
  EXPECT_STREQ(d.take().failure().what(), "no way");
}

TEST(DeferredTimeoutCanceller, ThatThrowsAsksOnTimeoutAboutThat) {
  ManualClock clock;
  const Deferred<int> inner = cannotBeCancelled();
  Deferred<int> d = waitingFor(inner);
  d.addTimeout(1s, clock, [](const Result<int>& result, Duration) { return result.failure().check<Oops>() != nullptr ? 7 : 0; });
  clock.advance(1s);
  EXPECT_EQ(d.take().value(), 7);
}

TEST(DeferredTimeoutCanceller, ThatThrowsLetsOtherTimersOfTheInstantRun) {
  ManualClock clock;
  Deferred<int> first = cannotBeCancelled(), second;
  first.addTimeout(1s, clock);
  second.addTimeout(1s, clock);
  clock.advance(1s);
  EXPECT_THAT(failureOf(first), HasSubstr("Oops"));
  EXPECT_EQ(failureOf(second), "TimeoutError");
}

Deferred<std::string> whatItThrows(Deferred<int> wait) {
  try {
    co_await wait;
  } catch (const Oops& error) {
    co_return error.what();
  }
  co_return "nothing";
}

TEST(CoroutineCanceller, ThatThrowsResumesTheCoroutineWithThat) {
  const Deferred<int> wait = cannotBeCancelled();
  auto result = whatItThrows(wait);
  result.cancel();
  EXPECT_EQ(result.take().value(), "no way");
}

Deferred<int> passOn(int depth, Deferred<int> wait) {
  if (depth == 0) co_return co_await wait;
  co_return co_await passOn(depth - 1, std::move(wait));
}

TEST(CoroutineCanceller, ThatThrowsEndsCoroutinesThatWaitForOneAnother) {
  Chains chains;
  {
    const Deferred<int> wait = cannotBeCancelled();
    auto result = passOn(5, wait);
    result.cancel();
    EXPECT_THAT(failureOf(result), HasSubstr("Oops"));
  }
  EXPECT_EQ(chains.live, 0);
}

TEST(CoroutineCanceller, ThatThrowsInATimeoutEndsTheCoroutineThatWaits) {
  ManualClock clock;
  Deferred<int> wait = cannotBeCancelled();
  wait.addTimeout(1s, clock);
  auto result = whatItThrows(wait);
  clock.advance(1s);
  EXPECT_EQ(result.take().value(), "no way");
}

TEST(JoinCanceller, ThatThrowsGivesTheListThatFailure) {
  Ints inputs{cannotBeCancelled(), Deferred<int>()};
  auto list = deferredList(inputs, {.consumeErrors = true});
  list.cancel();
  const auto results = list.take().value();
  EXPECT_NE(results[0].failure().check<Oops>(), nullptr);
  EXPECT_NE(results[1].failure().check<CancelledError>(), nullptr);
}

TEST(JoinCanceller, ThatThrowsInALoserLetsTheRaceFire) {
  LogCapture log;
  Ints inputs{cannotBeCancelled(), Deferred<int>()};
  auto winner = race(inputs);
  inputs[1].callback(3);
  EXPECT_EQ(winner.take().value().value, 3);
  EXPECT_THAT(failureOf(inputs[0]), HasSubstr("Oops"));
  EXPECT_TRUE(log.events().empty());
}

TEST(JoinCanceller, ThatThrowsFailsAGatherAndLetsTheOtherInputsBeCancelled) {
  Deferred<int> number = cannotBeCancelled();
  Deferred<void> signal;
  auto both = gather(number, signal);
  both.cancel();
  EXPECT_EQ(both.take().failure().check<FirstError>()->index(), 0u);
  EXPECT_THAT(failureOf(number), HasSubstr("Oops"));
  EXPECT_EQ(failureOf(signal), "CancelledError");
}

TEST(JoinCanceller, ThatThrowsInATimeoutFiresTheListThatWaits) {
  ManualClock clock;
  Ints inputs{cannotBeCancelled()};
  auto list = deferredList(inputs, {.consumeErrors = true});
  list.addTimeout(1s, clock);
  clock.advance(1s);
  EXPECT_NE(list.take().value()[0].failure().check<Oops>(), nullptr);
}

TEST(LockCanceller, OfTheWorkThatThrowsReleasesTheLock) {
  const Deferred<int> inner = cannotBeCancelled();
  DeferredLock lock;
  auto work = lock.run([&] { return inner; });
  Deferred<void> next = lock.acquire();
  work.cancel();
  EXPECT_THAT(failureOf(work), HasSubstr("Oops"));
  EXPECT_TRUE(next.hasResult());
}

TEST(LockCanceller, OfTheWorkThatThrowsReleasesTheTokenOfASemaphore) {
  const Deferred<int> inner = cannotBeCancelled();
  DeferredSemaphore semaphore(2);
  auto work = semaphore.run([&] { return inner; });
  EXPECT_EQ(semaphore.tokens(), 1u);
  work.cancel();
  EXPECT_EQ(semaphore.tokens(), 2u);
  EXPECT_THAT(failureOf(work), HasSubstr("Oops"));
}

TEST(QueueCanceller, OfWhatAGetterWaitsForThatThrowsFailsTheGetter) {
  const Deferred<int> inner = cannotBeCancelled();
  DeferredQueue<int> queue;
  auto got = queue.get().addCallback([&](int) { return inner; });
  queue.put(1);
  got.cancel();
  EXPECT_THAT(failureOf(got), HasSubstr("Oops"));
}

// --- Verdicts

struct CancellerVerdict {};
bool isCancellerVerdict(const std::type_info& kind) noexcept { return kind == typeid(CancellerVerdict); }

TEST(CancellerVerdict, FliesOutOfCancelAndTheDeferredMayBeCancelledAgain) {
  addPassThrough(&isCancellerVerdict);
  int calls = 0;
  Deferred<int> d([&] {
    if (++calls == 1) throw CancellerVerdict();
  });
  EXPECT_THROW(d.cancel(), CancellerVerdict);
  EXPECT_FALSE(d.called());
  d.cancel();
  EXPECT_EQ(calls, 2);
  EXPECT_EQ(failureOf(d), "CancelledError");
}

TEST(CancellerVerdict, FliesThroughEveryChainThatWaitsAndLeavesThemUsable) {
  addPassThrough(&isCancellerVerdict);
  Deferred<int> inner([] { throw CancellerVerdict(); });
  Deferred<int> outer = waitingFor(inner);
  EXPECT_THROW(outer.cancel(), CancellerVerdict);
  EXPECT_TRUE(outer.waiting());
  inner.callback(4);
  EXPECT_EQ(outer.take().value(), 4);
}

TEST(CancellerVerdict, FliesOutOfAJoinWhichMayBeCancelledAgain) {
  addPassThrough(&isCancellerVerdict);
  int calls = 0;
  Ints inputs{Deferred<int>([&] {
                if (++calls == 1) throw CancellerVerdict();
              }),
              Deferred<int>()};
  auto list = deferredList(inputs, {.consumeErrors = true});
  EXPECT_THROW(list.cancel(), CancellerVerdict);
  EXPECT_FALSE(inputs[0].called() || inputs[1].called());
  list.cancel();
  EXPECT_TRUE(list.hasResult());
}

// --- Cancelling while something dies

/// Calls a function when it dies.
struct AtDeath {
  explicit AtDeath(std::function<void()> call) : does(std::move(call)) {}
  AtDeath(const AtDeath&) = delete;
  AtDeath& operator=(const AtDeath&) = delete;
  ~AtDeath() { does(); }
  std::function<void()> does;
};

TEST(DeferredCancelAtDeath, OfTheInnerFailsTheOuterThatWaitsForIt) {
  Chains chains;
  {
    Deferred<int> outer(nullptr), inner;
    inner.tap([guard = std::make_shared<AtDeath>([&outer] { outer.cancel(); })] {});
    outer = waitingFor(inner);
    inner = nullptr;
    EXPECT_EQ(failureOf(outer), "CancelledError");
  }
  EXPECT_EQ(chains.live, 0);
}

TEST(DeferredCancelAtDeath, OfAnInputReachesTheOtherInputsOfItsJoin) {
  Chains chains;
  {
    Deferred<std::vector<Result<int>>> list(nullptr);
    Ints inputs(2);
    inputs[0].tap([guard = std::make_shared<AtDeath>([&list] { list.cancel(); })] {});
    list = deferredList(inputs, {.consumeErrors = true});
    inputs[0] = nullptr;
    EXPECT_TRUE(inputs[1].called());
    EXPECT_FALSE(list.called());
    list.cancel();
    EXPECT_EQ(failureOf(list), "CancelledError");
  }
  EXPECT_EQ(chains.live, 0);
}

TEST(DeferredCancelAtDeath, OfWhatACoroutineAwaitsEndsTheCoroutineAndALaterCancelIsHeard) {
  Chains chains;
  {
    Deferred<int> result(nullptr), wait([guard = std::make_shared<AtDeath>([&result] { result.cancel(); })] {});
    result = passOn(0, wait);
    wait = nullptr;
    EXPECT_FALSE(result.called());
    result.cancel();
    EXPECT_EQ(failureOf(result), "CancelledError");
  }
  EXPECT_EQ(chains.live, 0);
}

}  // namespace
}  // namespace teasel
