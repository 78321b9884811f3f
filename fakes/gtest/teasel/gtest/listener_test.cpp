#include <teasel/gtest/listener.hpp>

#include <gtest/gtest-spi.h>
#include <gtest/gtest.h>

#include <stdexcept>

#include <teasel/core/errors.hpp>
#include <teasel/core/logger.hpp>
#include <teasel/deferred/deferred.hpp>
#include <teasel/fakes/string_transport.hpp>
#include <teasel/fakes/world/world.hpp>
#include <teasel/protocol/connector.hpp>
#include <teasel/protocol/port.hpp>

namespace teasel::gtest {
namespace {

using namespace std::chrono_literals;

/// Runs `body` as a test of its own is run, under the installed listener, and returns its failures.
std::string failuresOf(void (*body)()) {
  testing::TestPartResultArray results;
  testing::TestEventListener* listener = detail::installedListener();
  const testing::TestInfo& self = *testing::UnitTest::GetInstance()->current_test_info();
  {
    const testing::ScopedFakeTestPartResultReporter reporter(testing::ScopedFakeTestPartResultReporter::INTERCEPT_ALL_THREADS,
                                                             &results);
    listener->OnTestEnd(self);
    listener->OnTestStart(self);
    body();
    listener->OnTestEnd(self);
    listener->OnTestStart(self);
  }
  std::string all;
  for (int i = 0; i < results.size(); ++i) all += std::string(results.GetTestPartResult(i).message()) + '\n';
  return all;
}

TEST(Listener, SaysNothingOfATestThatLeavesNothingBehind) {
  EXPECT_EQ(failuresOf([] {
              fakes::World world;
              world.host().reactor().callLater(1s, [] {});
              world.run();
            }),
            "");
}

TEST(Listener, FailsATestWhoseWorldHasATimerLeft) {
  const std::string failures = failuresOf([] {
    fakes::World world;
    world.host().reactor().callLater(1s, [] {});
    world.settle();
  });
  EXPECT_NE(failures.find("pending timer"), std::string::npos) << failures;
}

TEST(Listener, FailsATestWhoseDeferredDiesWithAnUnhandledFailureAndSaysSoOnce) {
  const std::string failures = failuresOf([] { Deferred<int>().errback(std::runtime_error("nobody cares")); });
  EXPECT_NE(failures.find("Unhandled error in the Deferred made at listener_test.cpp:"), std::string::npos) << failures;
  EXPECT_NE(failures.find("nobody cares"), std::string::npos) << failures;
  EXPECT_EQ(failures.find("nobody cares"), failures.rfind("nobody cares")) << failures;
}

TEST(Listener, ForgivesAnUnhandledFailureThatTheTestFlushes) {
  EXPECT_EQ(failuresOf([] {
              Deferred<int>().errback(std::runtime_error("expected"));
              EXPECT_EQ(flushLoggedErrors<std::runtime_error>().size(), 1u);
            }),
            "");
}

TEST(Listener, LeavesTheUnhandledFailuresToALogCaptureOfTheTest) {
  EXPECT_EQ(failuresOf([] {
              LogCapture log;
              Deferred<int>().errback(std::runtime_error("expected"));
              EXPECT_EQ(log.flushLoggedErrors().size(), 1u);
            }),
            "");
}

TEST(Listener, FlushesOnlyErrorsOfTheTypesNamed) {
  const std::string failures = failuresOf([] {
    Deferred<int>().errback(std::runtime_error("first"));
    Deferred<int>().errback(std::logic_error("second"));
    Deferred<int>().errback(UsageError("third"));
    EXPECT_EQ((flushLoggedErrors<UsageError, std::runtime_error>().size()), 2u);
  });
  EXPECT_EQ(failures.find("first"), std::string::npos) << failures;
  EXPECT_NE(failures.find("second"), std::string::npos) << failures;
  EXPECT_EQ(failures.find("third"), std::string::npos) << failures;
}

TEST(Listener, CountsAnUnhandledFailureForTheTestItHappenedIn) {
  const auto leaves = [] { Deferred<int>().errback(std::runtime_error("mine")); };
  EXPECT_NE(failuresOf(leaves), "");
  EXPECT_EQ(failuresOf([] {}), "");
}

class Thrower final : public Protocol {
 public:
  void dataReceived(ByteView) override { throw std::runtime_error("broken"); }
};

TEST(Listener, FailsATestThatDoesNotFlushALoggedError) {
  const auto body = [] {
    fakes::StringTransport wire(std::make_shared<Thrower>());
    wire.feed("x");
  };
  EXPECT_NE(failuresOf(body).find("broken"), std::string::npos);
  EXPECT_EQ(failuresOf([] {
              fakes::StringTransport wire(std::make_shared<Thrower>());
              wire.feed("x");
              EXPECT_EQ(flushLoggedErrors<std::runtime_error>().size(), 1u);
            }),
            "");
}

class Asserter final : public Protocol {
 public:
  void dataReceived(ByteView) override {
    throw testing::AssertionException(
        testing::TestPartResult(testing::TestPartResult::kFatalFailure, __FILE__, __LINE__, "a verdict"));
  }
};

TEST(Listener, LetsAssertionExceptionsOfGoogleTestPassThroughTheGuards) {
  fakes::StringTransport wire(std::make_shared<Asserter>());
  EXPECT_THROW(wire.feed("x"), testing::AssertionException);
}

class LastWords final : public Protocol {
 public:
  void connectionLost(const Failure&) override {
    throw testing::AssertionException(
        testing::TestPartResult(testing::TestPartResult::kFatalFailure, __FILE__, __LINE__, "last words"));
  }
};

TEST(Listener, AVerdictOutOfConnectionLostLeavesNothingBehind) {
  std::weak_ptr<Protocol> left;
  {
    const auto protocol = std::make_shared<LastWords>();
    left = protocol;
    fakes::StringTransport wire(protocol);
    EXPECT_THROW(wire.reset(), testing::AssertionException);
  }
  EXPECT_TRUE(left.expired());
}

TEST(Listener, FailsATestWhoseVerdictComesWhenAStringTransportIsDestroyed) {
  const std::string failures = failuresOf([] { fakes::StringTransport(std::make_shared<LastWords>()); });
  EXPECT_NE(failures.find("last words"), std::string::npos) << failures;
}

TEST(Listener, FailsATestWhoseVerdictComesWhenAWorldIsDestroyed) {
  const std::string failures = failuresOf([] {
    fakes::World world;
    world.host().reactor().listenTCP(7, Factory::forProtocol<LastWords>());
    world.host().reactor().connectTCP("127.0.0.1", 7, ClientFactory::forProtocol<Protocol>());
    world.settle();
  });
  EXPECT_NE(failures.find("out of connectionLost"), std::string::npos) << failures;
}

}  // namespace
}  // namespace teasel::gtest
