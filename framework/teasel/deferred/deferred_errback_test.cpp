#include <teasel/deferred/deferred.hpp>

#include <gtest/gtest.h>

#include <string>

#include <teasel/core/errors.hpp>
#include <teasel/core/guarded.hpp>
#include <teasel/deferred/coroutine.hpp>
#include <teasel/deferred/test_util.hpp>

/// Errbacks for errors of some types only, and Failure::trap.
namespace teasel {
namespace {

using deferred_tests::Oops;

TEST(DeferredTypedErrback, HandlesAnErrorOfItsTypeOrOneDerivedFromIt) {
  Deferred<int> d = fail<int>(ConnectionAborted("gone"));
  d.addErrback<ConnectionLost>([](const ConnectionLost& error) { return std::string(error.what()) == "gone" ? 1 : 0; });
  EXPECT_EQ(d.take().value(), 1);
}

TEST(DeferredTypedErrback, LetsOtherFailuresAndValuesPassByUnchanged) {
  const Failure failure(Oops("other"));
  Deferred<int> failed = fail<int>(failure), good = succeed(4);
  const auto never = [](const ConnectionLost&) { return 0; };
  failed.addErrback<ConnectionLost>(never);
  good.addErrback<ConnectionLost>(never);
  EXPECT_TRUE(failed.take().failure().same(failure));
  EXPECT_EQ(good.take().value(), 4);
}

TEST(DeferredTypedErrback, TakesTheTypesOneAfterTheOther) {
  Deferred<int> d = fail<int>(Oops());
  d.addErrback<ConnectionLost>([](const ConnectionLost&) { return 1; })
      .addErrback<Oops>([](const Oops&) { return 2; })
      .addErrback([] { return 3; });
  EXPECT_EQ(d.take().value(), 2);
}

TEST(DeferredTypedErrback, SeesAnErrorThatWasThrownAndOneThatIsNoException) {
  Deferred<int> thrown = succeed(1), coded = fail<int>(Failure(17));
  thrown.addCallback([](int) -> int { throw Oops("thrown"); }).addErrback<Oops>([](const Oops&) { return 2; });
  coded.addErrback<int>([](const int& code) { return code + 1; });
  EXPECT_EQ(thrown.take().value(), 2);
  EXPECT_EQ(coded.take().value(), 18);
}

TEST(DeferredTypedErrback, MayWaitFailOrGiveAResult) {
  Deferred<int> inner, waits = fail<int>(Oops()), fails = fail<int>(Oops()), gives = fail<int>(Oops());
  waits.addErrback<Oops>([&](const Oops&) { return inner; });
  fails.addErrback<Oops>([](const Oops&) { return Failure(ConnectionLost("worse")); });
  gives.addErrback<Oops>([](const Oops&) -> Result<int> { return 5; });
  inner.callback(4);
  EXPECT_EQ(waits.take().value(), 4);
  EXPECT_STREQ(fails.take().failure().what(), "worse");
  EXPECT_EQ(gives.take().value(), 5);
}

TEST(DeferredTypedErrback, ThatWaitsLetsOtherFailuresPassByAtOnce) {
  Deferred<int> d = fail<int>(ConnectionLost("other"));
  d.addErrback<Oops>([](const Oops&) { return Deferred<int>(); });
  EXPECT_STREQ(d.take().failure().what(), "other");
}

TEST(DeferredTypedErrback, ThatGivesNothingMakesTheChainVoid) {
  const auto ignore = [](const Oops&) {};
  Deferred<void> handled = fail<int>(Oops()).addErrback<Oops>(ignore);
  Deferred<void> other = fail<int>(ConnectionLost("other")).addErrback<Oops>(ignore);
  EXPECT_TRUE(handled.take().ok());
  EXPECT_STREQ(other.take().failure().what(), "other");
}

TEST(DeferredTypedErrback, HandlesAnErrorOfEachOfItsTypesAndLetsOthersPassByUnchanged) {
  const Failure other(TimeoutError("late"));
  Deferred<int> first = fail<int>(Oops("one")), second = fail<int>(ConnectionAborted("four")), third = fail<int>(other);
  const auto length = [](const std::exception& error) { return static_cast<int>(std::string(error.what()).size()); };
  for (Deferred<int>* each : {&first, &second, &third}) each->addErrback<Oops, ConnectionLost>(length);
  EXPECT_EQ(first.take().value(), 3);
  EXPECT_EQ(second.take().value(), 4);
  EXPECT_TRUE(third.take().failure().same(other));
}

TEST(DeferredTypedErrback, OfSeveralTypesGetsEachErrorAsItself) {
  struct Named {
    std::string operator()(const Oops&) const { return "Oops"; }
    std::string operator()(const ConnectionLost&) const { return "ConnectionLost"; }
    std::string operator()(int code) const { return std::to_string(code); }
  };
  Deferred<std::string> first = fail<std::string>(Oops()), second = fail<std::string>(ConnectionLost("gone")),
                        third = fail<std::string>(Failure(17));
  for (Deferred<std::string>* each : {&first, &second, &third}) each->addErrback<Oops, ConnectionLost, int>(Named());
  EXPECT_EQ(first.take().value(), "Oops");
  EXPECT_EQ(second.take().value(), "ConnectionLost");
  EXPECT_EQ(third.take().value(), "17");
}

TEST(DeferredTypedErrback, MayTakeTheFailureOrNothing) {
  Deferred<int> failure = fail<int>(Oops()), nothing = fail<int>(Oops()), other = fail<int>(TimeoutError("late"));
  failure.addErrback<Oops, ConnectionLost>([](const Failure& caught) { return caught.check<Oops>() != nullptr ? 1 : 0; });
  nothing.addErrback<Oops>([] { return 2; });
  other.addErrback<Oops, ConnectionLost>([](const Failure&) { return 3; });
  EXPECT_EQ(failure.take().value(), 1);
  EXPECT_EQ(nothing.take().value(), 2);
  EXPECT_NE(other.take().failure().check<TimeoutError>(), nullptr);
}

// --- Failure::trap

TEST(FailureTrap, InAnErrbackHandlesAnErrorOfItsTypes) {
  Deferred<int> one = fail<int>(Oops("mine")), several = fail<int>(ConnectionAborted("gone"));
  one.addErrback([](const Failure& failure) { return std::string(failure.trap<Oops>().what()) == "mine" ? 1 : 0; });
  several.addErrback([](const Failure& failure) { return failure.trap<Oops, ConnectionLost>(), 2; });
  EXPECT_EQ(one.take().value(), 1);
  EXPECT_EQ(several.take().value(), 2);
}

TEST(FailureTrap, InAnErrbackPassesTheSameFailureOn) {
  const Failure made(TimeoutError("late"));
  Deferred<int> byReference = fail<int>(made), byValue = fail<int>(made), thrown = succeed(1);
  byReference.addErrback([](const Failure& failure) { return failure.trap<Oops, ConnectionLost>(), 1; });
  // NOLINTNEXTLINE(performance-unnecessary-value-param): this is what is tested
  byValue.addErrback([](Failure failure) { return failure.trap<Oops>(), 1; });
  EXPECT_TRUE(byReference.take().failure().same(made));
  EXPECT_TRUE(byValue.take().failure().same(made));
  Failure seen;
  thrown.addCallback([](int) -> int { throw TimeoutError("late"); }).tapErrback([&](const Failure& failure) { seen = failure; });
  thrown.addErrback([](const Failure& failure) { return failure.trap<Oops>(), 1; });
  EXPECT_TRUE(thrown.take().failure().same(seen));
}

TEST(FailureTrap, InACoroutineAndUnderAGuardPassesTheSameFailureOn) {
  const Failure made(TimeoutError("late"));
  const auto body = [](Failure failure) -> Deferred<int> {
    failure.trap<Oops>();
    co_return 1;
  };
  EXPECT_TRUE(body(made).take().failure().same(made));
  Failure caught;
  EXPECT_FALSE(guarded("a callback", caught, [&] { made.trap<Oops>(); }));
  EXPECT_TRUE(caught.same(made));
  const Deferred<int> fired;
  try {
    made.trap<Oops>();
  } catch (...) {
    fired.errback();
  }
  EXPECT_TRUE(fired.take().failure().same(made));
}

TEST(FailureTrap, ThrowsWhatSaysTheErrorsText) {
  try {
    Failure(TimeoutError("late")).trap<Oops, ConnectionLost>();
    FAIL() << "took another error";
  } catch (const std::exception& error) {
    EXPECT_STREQ(error.what(), "late");
  }
}

}  // namespace
}  // namespace teasel
