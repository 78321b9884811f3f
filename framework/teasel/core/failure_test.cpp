#include <teasel/core/failure.hpp>

#include <gtest/gtest.h>

#include <stdexcept>
#include <thread>

#include <teasel/core/errors.hpp>

namespace teasel {
namespace {

struct NotAnException {
  int code;
};

template <class F>
Failure caught(F&& thrower) {
  try {
    thrower();
  } catch (...) {
    return Failure::current();
  }
  return {};
}

TEST(Failure, ChecksByBaseClassForExceptions) {
  const Failure failure{ConnectionAborted("gone")};
  EXPECT_NE(failure.check<ConnectionAborted>(), nullptr);
  EXPECT_NE(failure.check<ConnectionLost>(), nullptr);
  EXPECT_NE(failure.check<std::exception>(), nullptr);
  EXPECT_EQ(failure.check<ConnectionDone>(), nullptr);
}

TEST(Failure, ChecksByExactTypeForOtherObjects) {
  const Failure failure{NotAnException{7}};
  ASSERT_NE(failure.check<NotAnException>(), nullptr);
  EXPECT_EQ(failure.check<NotAnException>()->code, 7);
  EXPECT_EQ(failure.check<int>(), nullptr);
  EXPECT_EQ(failure.check<std::exception>(), nullptr);
}

TEST(Failure, ChecksSeveralTypesAtOnce) {
  const Failure failure{ConnectionAborted("gone")};
  EXPECT_TRUE((failure.check<TimeoutError, ConnectionLost>()));
  EXPECT_TRUE((failure.check<ConnectionLost, int, TimeoutError>()));
  EXPECT_FALSE((failure.check<TimeoutError, int, ConnectionDone>()));
  EXPECT_FALSE((Failure().check<TimeoutError, std::exception>()));
}

TEST(Failure, TrapOfNoErrorIsRefused) {
  EXPECT_THROW(Failure().trap<TimeoutError>(), std::logic_error);
  EXPECT_THROW((Failure().trap<TimeoutError, int>()), std::logic_error);
}

TEST(Failure, OfACaughtExceptionIsInspectedWithoutThrowing) {
  const Failure failure = caught([] { throw ConnectionRefusedError("nobody there"); });
  ASSERT_NE(failure.check<ConnectError>(), nullptr);
  EXPECT_STREQ(failure.what(), "nobody there");
  EXPECT_EQ(failure.name(), "ConnectionRefusedError");
}

TEST(Failure, OfACaughtObjectThatIsNoExceptionKeepsItsExactType) {
  const Failure failure = caught([] { throw NotAnException{3}; });
  ASSERT_NE(failure.check<NotAnException>(), nullptr);
  EXPECT_EQ(failure.check<NotAnException>()->code, 3);
}

struct Coded {
  int code = 17;
};
struct CodedError : Coded, std::runtime_error {
  CodedError() : std::runtime_error("seventeen") {}
};
struct HiddenError : private std::runtime_error {
  HiddenError() : std::runtime_error("hidden") {}
};

TEST(Failure, FindsTheExceptionInAnObjectWhereItIsNotTheFirstBase) {
  const Failure failure = caught([] { throw CodedError(); });
  EXPECT_STREQ(failure.what(), "seventeen");
  ASSERT_NE(failure.check<CodedError>(), nullptr);
  EXPECT_EQ(failure.check<CodedError>()->code, 17);
}

TEST(Failure, SeesNoExceptionWhereACatchClauseWouldNot) {
  const std::runtime_error error("pointed at");
  EXPECT_EQ(caught([&] { throw &error; }).check<std::exception>(), nullptr);
  EXPECT_EQ(caught([] { throw HiddenError(); }).check<std::exception>(), nullptr);
}

TEST(Failure, MayBePassedToAnotherThreadAndDieThere) {
  Failure failure{TimeoutError("late")};
  std::thread([own = failure] { EXPECT_STREQ(own.what(), "late"); }).join();
  std::thread([own = std::move(failure)] { EXPECT_STREQ(own.what(), "late"); }).join();
}

TEST(Failure, RaisesTheErrorItHolds) {
  EXPECT_THROW(Failure(TimeoutError("late")).raise(), TimeoutError);
  EXPECT_THROW(caught([] { throw 5; }).raise(), int);
  EXPECT_THROW(Failure().raise(), std::logic_error);
}

TEST(Failure, CopiesShareOneErrorObject) {
  const Failure one{TimeoutError("late")};
  // NOLINTNEXTLINE(performance-unnecessary-copy-initialization): the copy is what is tested
  const Failure two = one;
  EXPECT_TRUE(one.same(two));
  EXPECT_FALSE(one.same(Failure(TimeoutError("late"))));
}

TEST(Failure, SaysWhatAndWhere) {
  const Failure failure{TimeoutError("late")};
  EXPECT_EQ(failure.text().find("TimeoutError: late (at failure_test.cpp:"), 0u);
  EXPECT_EQ(Failure().text(), "no failure");
}

TEST(Failure, TheUsualReasonsAreImmortalAndSayNoPlace) {
  EXPECT_TRUE(connectionDone().same(connectionDone()));
  EXPECT_FALSE(connectionDone().where());
  EXPECT_NE(connectionAborted().check<ConnectionLost>(), nullptr);
}

TEST(LimitExceeded, NamesTheLimitAndWhatWasSeen) {
  const LimitExceeded error("line length", 16384, 20000);
  EXPECT_STREQ(error.what(), "line length is 16384, got 20000");
}

TEST(Failure, NamesAStringInATypeAsOneWritesIt) {
  EXPECT_EQ(detail::typeName(typeid(std::string)), "std::string");
  EXPECT_EQ(detail::typeName(typeid(std::pair<std::string, std::string>)), "std::pair<std::string, std::string >");
}

}  // namespace
}  // namespace teasel
