#include <teasel/core/guarded.hpp>

#include <gtest/gtest.h>

#include <string>

namespace teasel {
namespace {

struct Verdict {};

TEST(Guarded, LetsVerdictsOfTestFrameworksThrough) {
  addPassThrough([](const std::type_info& kind) noexcept { return kind == typeid(Verdict); });
  Failure failure;
  EXPECT_THROW(guarded("callback", failure, [] { throw Verdict{}; }), Verdict);
  EXPECT_FALSE(failure);
  EXPECT_FALSE(guarded("callback", failure, [] { throw 7; }));
  EXPECT_NE(failure.check<int>(), nullptr);
}

TEST(Guarded, CatchesVerdictsInDestructorsWhichNothingMayLeave) {
  addPassThrough([](const std::type_info& kind) noexcept { return kind == typeid(Verdict); });
  Failure failure;
  {
    const detail::NoPassThrough last;
    EXPECT_FALSE(guarded("callback", failure, [] { throw Verdict{}; }));
  }
  EXPECT_NE(failure.check<Verdict>(), nullptr);
  EXPECT_THROW(guarded("callback", failure, [] { throw Verdict{}; }), Verdict);
}

TEST(Guarded, TellsTheObserverWhichCallbackThrew) {
  struct : Observer {
    void userException(const char* where, const Failure& failure) override { said = where + (": " + failure.name()); }
    std::string said;
  } observer;
  const Observer::Scope scope(&observer);
  Failure failure;
  EXPECT_TRUE(guarded("dataReceived", failure, [] {}));
  EXPECT_EQ(observer.said, "");
  EXPECT_FALSE(guarded("connectionLost", failure, [] { throw std::bad_alloc(); }));
  EXPECT_EQ(observer.said, "connectionLost: std::bad_alloc");
}

}  // namespace
}  // namespace teasel
