#include <gtest/gtest.h>

#include <string>

#include <teasel/drivers/driver_test_kit.hpp>
#include <teasel/reactor/reactor.hpp>
#include <teasel/reactor/resolver.hpp>

// The resolver that a driver of the kernel brings for its reactor.

namespace teasel {
namespace {

using namespace std::chrono_literals;

class DriverNamesTest : public ::testing::TestWithParam<std::string> {
 protected:
  void SetUp() override {
    std::string why;
    if (!drivertest::variantAvailable(GetParam(), why)) GTEST_SKIP() << why;
    reactor = std::make_unique<Reactor>(makeDriver(GetParam()));
  }
  void ask(const char* name) {
    reactor->resolver().resolve(name, 80, [this](std::vector<Address> addresses, const Failure& why) {
      ++answers;
      got = std::move(addresses);
      failure = why;
    });
  }
  bool answered(int count) {
    for (const Instant end = reactor->now() + 20s; answers < count && reactor->now() < end;) reactor->turn(100ms);
    return answers == count;
  }
  std::unique_ptr<Reactor> reactor;
  int answers = 0;
  std::vector<Address> got;
  Failure failure;
};

TEST_P(DriverNamesTest, LocalhostResolvesToALoopbackAddressWithThePort) {
  ask("localhost");
  ASSERT_TRUE(answered(1));
  ASSERT_FALSE(got.empty()) << failure;
  EXPECT_TRUE(got[0].host() == "::1" || got[0].host() == "127.0.0.1") << got[0];
  EXPECT_EQ(got[0].port(), 80);
}

TEST_P(DriverNamesTest, ANameThatDoesNotExistIsALookupError) {
  ask("no-such-name.invalid");
  ASSERT_TRUE(answered(1));
  EXPECT_NE(failure.check<DNSLookupError>(), nullptr) << failure;
}

TEST_P(DriverNamesTest, AQuestionThatIsCancelledIsNotAnsweredAndDoesNotHinderTheShutdown) {
  Lookup lookup = reactor->resolver().resolve("localhost", 80, [this](auto&&...) { ++answers; });
  lookup.cancel();
  reactor->callWhenRunning([this] { reactor->stop(); });
  reactor->run();
  EXPECT_EQ(answers, 0);
}

TEST_P(DriverNamesTest, AReactorMayBeDestroyedWithAQuestionUnderWay) {
  ask("localhost");
  reactor.reset();
  EXPECT_EQ(answers, 0);
}

INSTANTIATE_TEST_SUITE_P(Loopback, DriverNamesTest, ::testing::ValuesIn(drivertest::testedDrivers()), drivertest::driverTestName);

}  // namespace
}  // namespace teasel
