#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <optional>
#include <string>

#include <teasel/core/pass_through.hpp>
#include <teasel/deferred/bind_weak.hpp>
#include <teasel/deferred/deferred.hpp>
#include <teasel/deferred/test_util.hpp>

namespace teasel {
namespace {

using deferred_tests::Chains;
using deferred_tests::Oops;
using deferred_tests::thrownBy;
using ::testing::AllOf;
using ::testing::ContainsRegex;
using ::testing::HasSubstr;
using ::testing::StartsWith;

template <class First, class Second>
std::string firedTwice(First first, Second second) {
  Deferred<int> d;
  first(d);
  std::string message = thrownBy<AlreadyCalledError>([&] { second(d); });
  d.addErrback([] {});
  return message;
}
/// What AlreadyCalledError says: which call was refused where, and where the Deferred was made and first
/// fired.
auto refused(const std::string& call, int line, int firstLine) {
  return AllOf(StartsWith(call + " at deferred_misuse_test.cpp:" + std::to_string(line)),
               HasSubstr("already fired at deferred_misuse_test.cpp:" + std::to_string(firstLine)),
               HasSubstr("made at deferred_misuse_test.cpp:"));
}
std::string here(int line) { return "deferred_misuse_test.cpp:" + std::to_string(line); }
constexpr int kCalls = __LINE__ + 1, kFails = __LINE__ + 2;
const auto kCall = [](Deferred<int>& d) { d.callback(1); };
const auto kFail = [](Deferred<int>& d) { d.errback(Oops()); };

TEST(DeferredMisuse, CallbackAfterCallbackIsRefusedAndNamesBoth) {
  EXPECT_THAT(firedTwice(kCall, kCall), refused("callback", kCalls, kCalls));
}
TEST(DeferredMisuse, CallbackAfterErrbackIsRefusedAndNamesBoth) {
  EXPECT_THAT(firedTwice(kFail, kCall), refused("callback", kCalls, kFails));
}
TEST(DeferredMisuse, ErrbackAfterCallbackIsRefusedAndNamesBoth) {
  EXPECT_THAT(firedTwice(kCall, kFail), refused("errback", kFails, kCalls));
}
TEST(DeferredMisuse, ErrbackAfterErrbackIsRefusedAndNamesBoth) {
  EXPECT_THAT(firedTwice(kFail, kFail), refused("errback", kFails, kFails));
}

TEST(DeferredMisuse, AlreadyCalledNamesWhereItWasMadeAndFirst) {
  Deferred<int> d;
  const int made = __LINE__ - 1;
  d.callback(1);
  const std::string message = thrownBy<AlreadyCalledError>([&] { d.callback(2); });
  EXPECT_THAT(message, HasSubstr("made at deferred_misuse_test.cpp:" + std::to_string(made)));
  EXPECT_THAT(message, HasSubstr("already fired at deferred_misuse_test.cpp:" + std::to_string(made + 2)));
  EXPECT_THAT(message, HasSubstr("callback at deferred_misuse_test.cpp:" + std::to_string(made + 3)));
}

TEST(DeferredMisuse, FiringTwiceChangesNothing) {
  Deferred<int> d;
  d.callback(1);
  EXPECT_THROW(d.callback(2), AlreadyCalledError);
  EXPECT_EQ(d.take().value(), 1);
}

TEST(DeferredMisuse, AddingThroughAStaleHandleIsRefusedAndNamesTheCallThatChangedTheType) {
  Deferred<int> d;
  const auto text = d.addCallback([](int value) { return std::to_string(value); });
  const int line = __LINE__ - 1;
  const std::string message = thrownBy<StaleHandle>([&] { d.tap([] {}); });
  EXPECT_EQ(message, "tap at " + here(line + 2) + ": the Deferred made at " + here(line - 1) + " went on with another type at " +
                         here(line) + "; use the handle returned there");
}

TEST(DeferredMisuse, AStaleHandleIsRefusedByPositionEvenWhenTheTypeCameBack) {
  Deferred<int> d;
  auto text = d.addCallback([](int value) { return std::to_string(value); });
  auto back = text.addCallback([](const std::string& value) { return std::stoi(value); });
  EXPECT_THROW(d.addCallback([](int value) { return value; }), StaleHandle);
  back.addCallback([](int value) { return value + 1; });
  d.callback(1);
  EXPECT_EQ(back.take().value(), 2);
}

TEST(DeferredMisuse, AStaleHandleStillCancels) {
  Deferred<int> d;
  auto text = d.addCallback([](int value) { return std::to_string(value); });
  d.cancel();
  EXPECT_NE(text.take().failure().check<CancelledError>(), nullptr);
}

TEST(DeferredMisuse, FiringWithTheTypeOfALaterPositionIsRefused) {
  Deferred<int> d;
  auto text = d.addCallback([](int value) { return std::to_string(value); });
  EXPECT_THAT(thrownBy<UsageError>([&] { text.callback("x"); }), AllOf(HasSubstr("int"), HasSubstr("starts with")));
  d.callback(1);
  EXPECT_EQ(text.take().value(), "1");
}

TEST(DeferredMisuse, AddingAfterTheResultWasTakenIsRefusedAndNamesWhoTookIt) {
  Deferred<int> d = succeed(1);
  static_cast<void>(d.take());
  const int line = __LINE__ - 1;
  const std::string message = thrownBy<ResultTaken>([&] { d.tap([] {}); });
  EXPECT_EQ(message, "tap at " + here(line + 2) + ": the result of the Deferred made at " + here(line - 1) + " was taken at " +
                         here(line));
  EXPECT_THROW(static_cast<void>(d.take()), ResultTaken);
}

TEST(DeferredMisuse, TakingWithoutResultIsRefusedAndSaysTheState) {
  Deferred<int> d;
  EXPECT_THAT(thrownBy<UsageError>([&] { static_cast<void>(d.take()); }), HasSubstr("unfired"));
}

TEST(DeferredMisuse, AnEmptyHandleIsRefused) {
  Deferred<int> d(nullptr);
  EXPECT_FALSE(d);
  EXPECT_THAT(thrownBy<UsageError>([&] { d.callback(1); }), HasSubstr("empty"));
  EXPECT_THAT(thrownBy<UsageError>([&] { d.tap([] {}); }), HasSubstr("empty"));
}

TEST(DeferredMisuse, ErrbackWithoutErrorIsRefused) {
  Deferred<int> d;
  EXPECT_THROW(d.errback(Failure()), UsageError);
  EXPECT_THROW(d.errback(), UsageError);
  EXPECT_FALSE(d.called());
}

TEST(DeferredMisuse, ACallbackThatReturnsAnEmptyFailureFails) {
  Deferred<int> d = succeed(1);
  d.addCallback([](int) { return Failure(); });
  EXPECT_NE(d.take().failure().check<UsageError>(), nullptr);
}

TEST(DeferredMisuse, ReturningTheDeferredItselfFails) {
  Chains chains;
  {
    Deferred<int> d;
    const std::string made = here(__LINE__ - 1);
    d.addCallback([&](int) { return d; });
    d.callback(1);
    EXPECT_THAT(d.take().failure().text(), AllOf(HasSubstr("UsageError"), HasSubstr(made + " returned that Deferred itself")));
  }
  EXPECT_EQ(chains.live, 0);
}

TEST(DeferredMisuse, ReturningADeferredThatWaitsForThisOneFails) {
  Chains chains;
  {
    Deferred<int> a, b;
    const std::string made = here(__LINE__ - 1);
    b.addCallback([&](int) { return a; });
    a.addCallback([&](int) { return b; });
    b.callback(1);  // b waits for a
    a.callback(1);  // a would wait for b
    EXPECT_THAT(b.take().failure().text(), AllOf(HasSubstr("UsageError"), HasSubstr(made + " returned the Deferred made at " +
                                                                                    made + ", which waits for it")));
  }
  EXPECT_EQ(chains.live, 0);
}

TEST(DeferredMisuse, ReturningAnEmptyHandleFails) {
  Deferred<int> d = succeed(1);
  d.addCallback([](int) { return Deferred<int>(nullptr); });
  EXPECT_THAT(d.take().failure().text(), HasSubstr("empty"));
}

TEST(DeferredMisuse, ReturningADeferredTwiceFailsTheSecondChain) {
  Deferred<int> inner;
  Deferred<int> first = succeed(1), second = succeed(2);
  first.addCallback([&](int) { return inner; });
  second.addCallback([&](int) { return inner; });
  EXPECT_NE(second.take().failure().check<StaleHandle>(), nullptr);
  inner.callback(3);
  EXPECT_EQ(first.take().value(), 3);
}

TEST(DeferredMisuse, AddingToADeferredThatWasGivenAwayIsRefused) {
  Deferred<int> inner;
  Deferred<int> outer = succeed(1);
  outer.addCallback([&](int) { return inner; });
  const int line = __LINE__ + 1;
  const std::string message = thrownBy<StaleHandle>([&] { inner.tap([] {}); });
  EXPECT_EQ(message, "tap at " + here(line) + ": the Deferred made at " + here(line - 4) +
                         " was returned from a callback of the Deferred made at " + here(line - 3) +
                         ", which has its result now");
  inner.callback(1);
}

TEST(DeferredMisuse, AddTimeoutRefusesANegativeTime) {
  deferred_tests::ManualClock clock;
  Deferred<int> d;
  const std::string message = thrownBy<NegativeDelay>([&] { d.addTimeout(Duration(-1), clock); });
  EXPECT_EQ(message, "callLater(-1 ns) at " + here(__LINE__ - 1));
  EXPECT_FALSE(d.called());
}

// --- Unhandled Failures

TEST(DeferredUnhandled, AFailureThatNobodyHandledIsLoggedAndReportedWhenTheChainDies) {
  LogCapture log;
  Chains chains;
  fail<int>(Oops("lost"));
  const auto logged = log.flushLoggedErrors<Oops>();
  ASSERT_EQ(logged.size(), 1u);
  ASSERT_EQ(chains.deaths.size(), 1u);
  EXPECT_TRUE(chains.deaths[0].unhandled.same(logged[0]));
}

TEST(DeferredUnhandled, TheReportSaysWhereTheDeferredWasMade) {
  LogCapture log;
  fail<int>(Oops("lost"));
  EXPECT_TRUE(log.contains("made at deferred_misuse_test.cpp:"));
  log.flushLoggedErrors();
}

TEST(DeferredUnhandled, AnErrbackThatReturnsTheFailureHasNotHandledIt) {
  LogCapture log;
  fail<int>(Oops()).addErrback([](Failure failure) { return failure; });
  EXPECT_EQ(log.flushLoggedErrors<Oops>().size(), 1u);
}

TEST(DeferredUnhandled, AHandledFailureIsNotReported) {
  LogCapture log;
  fail<int>(Oops()).addErrback([](const Failure&) { return 1; });
  EXPECT_TRUE(log.events().empty());
}

TEST(DeferredUnhandled, AFailureThatMovedToAnotherChainIsReportedOnce) {
  LogCapture log;
  {
    Deferred<int> inner = fail<int>(Oops());
    Deferred<int> outer = succeed(1);
    outer.addCallback([&](int) { return inner; });
  }
  EXPECT_EQ(log.flushLoggedErrors<Oops>().size(), 1u);
}

TEST(DeferredUnhandled, AFailureThatMovedAndWasHandledThereIsNotReported) {
  LogCapture log;
  {
    Deferred<int> inner;
    Deferred<int> outer = succeed(1);
    outer.addCallback([&](int) { return inner; }).addErrback([](const Failure&) { return 0; });
    inner.errback(Oops());
  }
  EXPECT_TRUE(log.events().empty());
}

TEST(DeferredUnhandled, AFailureThatArrivedWhilePausedCountsAsUnhandled) {
  LogCapture log;
  {
    Deferred<int> d;
    d.addErrback([](const Failure&) { return 0; });
    d.pause();
    d.errback(Oops());
  }
  EXPECT_EQ(log.flushLoggedErrors<Oops>().size(), 1u);
}

TEST(DeferredUnhandled, AFailureWhoseErrbackReturnedADeferredIsNotReported) {
  LogCapture log;
  {
    Deferred<int> inner, outer = fail<int>(Oops());
    outer.addErrback([&](const Failure&) { return inner; });
  }
  EXPECT_TRUE(log.events().empty());
}

TEST(DeferredUnhandled, AFailureThatAnErrbackReplacedIsReportedAsTheNewOne) {
  LogCapture log;
  fail<int>(Oops("old")).addErrback([](const Failure&) -> int { throw Oops("new"); });
  const auto logged = log.flushLoggedErrors<Oops>();
  ASSERT_EQ(logged.size(), 1u);
  EXPECT_STREQ(logged[0].what(), "new");
}

TEST(DeferredUnhandled, ATakenFailureIsNotReported) {
  LogCapture log;
  static_cast<void>(fail<int>(Oops()).take());
  EXPECT_TRUE(log.events().empty());
}

// --- Verdict exceptions

struct Verdict {};
bool isVerdict(const std::type_info& kind) noexcept { return kind == typeid(Verdict); }

TEST(DeferredVerdict, PassesThroughACallbackAndLeavesTheChainUsable) {
  addPassThrough(&isVerdict);
  LogCapture log;
  {
    Deferred<int> d;
    int ran = 0;
    d.tap([](int) { throw Verdict(); }).addErrback([&](const Failure&) { return ++ran; });
    EXPECT_THROW(d.callback(1), Verdict);
    EXPECT_EQ(ran, 0);
    d.tap([&](int) { ++ran; });
    EXPECT_EQ(ran, 2);
  }
  EXPECT_TRUE(log.events().empty());
}

TEST(DeferredVerdict, IsNotReportedAsUnhandled) {
  addPassThrough(&isVerdict);
  LogCapture log;
  {
    Deferred<int> d;
    d.addCallback([](int) -> int { throw Verdict(); });
    EXPECT_THROW(d.callback(1), Verdict);
  }
  EXPECT_TRUE(log.events().empty());
}

TEST(DeferredVerdict, LeavesEveryChainThatWasRunningUsable) {
  addPassThrough(&isVerdict);
  Deferred<int> first, second;
  int ran = 0;
  second.tap([](int) { throw Verdict(); });
  Deferred<void> rest = first.chainDeferred(second);
  rest.addCallback([&] { ++ran; });
  EXPECT_THROW(first.callback(1), Verdict);
  EXPECT_EQ(ran, 0);
  rest.addCallback([&] { ++ran; });
  EXPECT_EQ(ran, 2);
}

// --- bindWeak

struct Owner : std::enable_shared_from_this<Owner> {
  int calls = 0;
  void note(int value) { calls += value; }
  int twice(int value) { return 2 * value; }
};

TEST(BindWeak, CallsALambdaWhileItsObjectLives) {
  const auto owner = std::make_shared<Owner>();
  Deferred<int> d;
  auto done = d.addCallback(bindWeak(owner.get(), [self = owner.get()](int value) { self->note(value); }));
  d.callback(3);
  EXPECT_EQ(owner->calls, 3);
}

TEST(BindWeak, CallsAMemberFunction) {
  const auto owner = std::make_shared<Owner>();
  Deferred<int> d = succeed(4);
  d.addCallback(bindWeak(owner, &Owner::twice));
  EXPECT_EQ(d.take().value(), 8);
}

TEST(BindWeak, DoesNotKeepItsObjectAlive) {
  auto owner = std::make_shared<Owner>();
  std::weak_ptr<Owner> watch = owner;
  Deferred<int> d;
  d.tap(bindWeak(owner, &Owner::note));
  owner.reset();
  EXPECT_TRUE(watch.expired());
  d.callback(1);
  EXPECT_EQ(d.take().value(), 1);
}

TEST(BindWeak, FailsQuietlyWithOwnerGoneWhereAValueWasDue) {
  LogCapture log;
  Deferred<int> d;
  d.addCallback(bindWeak(std::make_shared<Owner>(), &Owner::twice));
  Deferred<int> watched = d;
  d.callback(1);
  ASSERT_NE(watched.failure(), nullptr);
  EXPECT_NE(watched.failure()->check<OwnerGone>(), nullptr);
  d = watched = Deferred<int>(nullptr);
  EXPECT_TRUE(log.events().empty());
}

}  // namespace
}  // namespace teasel
