#include <teasel/application/client_service.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>
#include <stdexcept>
#include <string>

#include <teasel/application/test/client_test_kit.hpp>
#include <teasel/core/logger.hpp>
#include <teasel/gtest/matchers.hpp>

namespace teasel {
namespace {

using namespace std::chrono_literals;
using gtest::FailedWith;
using gtest::HasNoResult;
using gtest::HasSucceeded;
using gtest::SucceededWith;
using test::Client;
using test::ClientTest;
using State = ClientService::State;

TEST_F(ClientTest, StartConnectsAndAConnectionIsKept) {
  EXPECT_EQ(service->state(), State::kInit);
  service->startService();
  EXPECT_TRUE(service->running());
  EXPECT_EQ(service->state(), State::kConnecting);
  EXPECT_EQ(endpoint->attempts, 1);
  endpoint->accept();
  EXPECT_EQ(service->state(), State::kConnected);
  clock.advance(1000s);
  EXPECT_EQ(endpoint->attempts, 1);
}

TEST_F(ClientTest, ASecondStartChangesNothingAndIsWarnedOf) {
  service->startService();
  for (const bool connected : {false, true}) {
    if (connected) endpoint->accept();
    LogCapture logged(LogLevel::kWarn);
    service->startService();
    EXPECT_EQ(endpoint->attempts, 1);
    ASSERT_EQ(logged.events().size(), 1u);
    EXPECT_EQ(logged.events()[0].level, LogLevel::kWarn);
    EXPECT_TRUE(logged.contains("was started again while its service runs"));
  }
}

TEST_F(ClientTest, AStartAfterAStopIsNotWarnedOf) {
  LogCapture logged(LogLevel::kWarn);
  service->startService();
  service->stopService();
  service->startService();
  EXPECT_EQ(endpoint->attempts, 2);
  EXPECT_TRUE(logged.events().empty());
}

TEST_F(ClientTest, WhenConnectedGivesTheProtocolThatTheFactoryBuilt) {
  const auto early = service->whenConnected();
  service->startService();
  const auto waits = service->whenConnected();
  EXPECT_THAT(early, HasNoResult());
  endpoint->accept();
  ASSERT_NE(dynamic_cast<Client*>(early.value()->get()), nullptr) << "not a wrapper of it";
  EXPECT_THAT(waits, SucceededWith(*early.value()));
  EXPECT_THAT(service->whenConnected(), SucceededWith(*early.value()));
}

TEST_F(ClientTest, TheProtocolHearsAllThatItsTransportSays) {
  const auto protocol = connected();
  endpoint->lose();
  EXPECT_EQ(log, "made lost:ConnectionLost ");
  EXPECT_FALSE(protocol->transport().connected());
}

TEST_F(ClientTest, ALostConnectionIsMadeAnewAfterTheFirstDelay) {
  connected();
  endpoint->lose();
  EXPECT_EQ(service->state(), State::kWaiting);
  clock.advance(1s - 1ns);
  EXPECT_EQ(endpoint->attempts, 1);
  clock.advance(1ns);
  EXPECT_EQ(endpoint->attempts, 2);
  EXPECT_EQ(service->state(), State::kConnecting);
}

TEST_F(ClientTest, DelaysGrowWhileAttemptsFailAndBeginAnewAfterAConnection) {
  service->startService();
  for (const Duration delay : {1s, 2s, 4s, 8s}) {
    endpoint->refuse();
    EXPECT_EQ(delayLeft(), delay);
    clock.advance(delay);
  }
  EXPECT_EQ(service->failedAttempts(), 4u);
  endpoint->accept();
  EXPECT_EQ(service->failedAttempts(), 0u);
  endpoint->lose();
  EXPECT_EQ(delayLeft(), 1s);
}

TEST_F(ClientTest, WhenConnectedFailsAfterSoManyFailuresFromThereOn) {
  service->startService();
  const auto first = service->whenConnected(1), third = service->whenConnected(3), never = service->whenConnected();
  failOnce();
  EXPECT_THAT(first, FailedWith<ConnectionRefusedError>());
  const auto later = service->whenConnected(1);
  EXPECT_THAT(later, HasNoResult()) << "what failed before does not count";
  failOnce();
  EXPECT_THAT(later, FailedWith<ConnectionRefusedError>());
  EXPECT_THAT(third, HasNoResult());
  failOnce();
  EXPECT_THAT(third, FailedWith<ConnectionRefusedError>());
  endpoint->accept();
  EXPECT_THAT(never, HasSucceeded());
}

TEST_F(ClientTest, WhenConnectedMayBeCancelledAndIsForgotten) {
  service->startService();
  for (int i = 0; i < 3; ++i) {
    const auto waits = service->whenConnected(1);
    waits.cancel();
    EXPECT_THAT(waits, FailedWith<CancelledError>());
  }
  const auto stays = service->whenConnected();
  endpoint->accept();
  EXPECT_THAT(stays, HasSucceeded());
}

TEST_F(ClientTest, WhenConnectedFailsWhenTheServiceHasStopped) {
  const auto before = service->whenConnected();
  service->stopService();
  EXPECT_THAT(before, FailedWith<CancelledError>());
  EXPECT_THAT(service->whenConnected(), FailedWith<CancelledError>());
}

TEST_F(ClientTest, StopOfWhatNeverStartedAndASecondStopHaveNothingToDo) {
  EXPECT_THAT(service->stopService(), HasSucceeded());
  EXPECT_THAT(service->stopService(), HasSucceeded());
  EXPECT_EQ(service->state(), State::kStopped);
  EXPECT_EQ(endpoint->attempts, 0);
}

TEST_F(ClientTest, StopWhileConnectingCancelsTheAttempt) {
  service->startService();
  const auto waits = service->whenConnected();
  EXPECT_THAT(service->stopService(), HasSucceeded());
  EXPECT_EQ(endpoint->cancels, 1);
  EXPECT_EQ(service->state(), State::kStopped);
  EXPECT_THAT(waits, FailedWith<CancelledError>());
}

TEST_F(ClientTest, StopWhileWaitingTakesTheDelayBack) {
  service->startService();
  endpoint->refuse();
  const auto waits = service->whenConnected();
  EXPECT_THAT(service->stopService(), HasSucceeded());
  EXPECT_THAT(waits, FailedWith<CancelledError>());
  EXPECT_EQ(clock.pending(), 0u);
}

TEST_F(ClientTest, StopWhileConnectedClosesAndWaitsForTheEnd) {
  connected();
  const auto first = service->stopService(), second = service->stopService();
  EXPECT_EQ(service->state(), State::kDisconnecting);
  EXPECT_TRUE(endpoint->transport->closed());
  EXPECT_FALSE(endpoint->transport->aborted());
  EXPECT_THAT(first, HasNoResult());
  const auto waits = service->whenConnected();
  endpoint->lose(connectionDone());
  EXPECT_THAT(first, HasSucceeded());
  EXPECT_THAT(second, HasSucceeded());
  EXPECT_THAT(waits, FailedWith<CancelledError>());
  EXPECT_EQ(service->state(), State::kStopped);
  EXPECT_EQ(clock.pending(), 0u);
}

TEST_F(ClientTest, AStartWhileItStopsConnectsWhenTheOldConnectionIsOver) {
  connected();
  const auto stopped = service->stopService();
  const LogScope silent(nullptr);  // the second start is warned of
  service->startService(), service->startService();
  EXPECT_EQ(service->state(), State::kRestarting);
  const auto waits = service->whenConnected();
  EXPECT_EQ(endpoint->attempts, 1);
  endpoint->lose(connectionDone());
  EXPECT_THAT(stopped, HasSucceeded());
  EXPECT_EQ(endpoint->attempts, 2);
  endpoint->accept();
  EXPECT_THAT(waits, HasSucceeded());
}

TEST_F(ClientTest, AStopWhileItRestartsStopsIt) {
  connected();
  const auto first = service->stopService();
  service->startService();
  const auto second = service->stopService();
  EXPECT_EQ(service->state(), State::kDisconnecting);
  endpoint->lose(connectionDone());
  EXPECT_THAT(first, HasSucceeded());
  EXPECT_THAT(second, HasSucceeded());
  EXPECT_EQ(endpoint->attempts, 1);
  EXPECT_EQ(service->state(), State::kStopped);
}

TEST_F(ClientTest, StartsAgainAfterEveryStop) {
  for (int i = 1; i <= 3; ++i) {
    service->startService();
    EXPECT_EQ(endpoint->attempts, i);
    if (i != 1) endpoint->accept();
    const auto stopped = service->stopService();
    if (i != 1) endpoint->lose(connectionDone());
    EXPECT_THAT(stopped, HasSucceeded());
  }
}

TEST_F(ClientTest, ARetryPolicyThatFailsIsLoggedAndBackoffPolicyDecides) {
  LogCapture logged;
  for (const bool throws : {true, false}) {
    const auto bad = make([throws](std::size_t, std::uint64_t) -> Duration {
      if (throws) throw std::runtime_error("no idea");
      return -1s;
    });
    bad->startService();
    endpoint->refuse();
    EXPECT_EQ(delayLeft(), 1s);
    EXPECT_EQ(logged.flushLoggedErrors().size(), 1u);
    bad->stopService();
  }
}

TEST_F(ClientTest, TheUsersRandomSourceReachesThePolicy) {
  std::vector<std::uint64_t> seen;
  const auto own = make(
      [&](std::size_t, std::uint64_t random) {
        seen.push_back(random);
        return 1s;
      },
      [next = std::uint64_t{7}]() mutable { return next++; });
  own->startService();
  for (int i = 0; i < 2; ++i) {
    endpoint->refuse();
    clock.advance(1s);
  }
  EXPECT_THAT(seen, ::testing::ElementsAre(7u, 8u));
}

TEST_F(ClientTest, ADroppedServiceEndsItsAttemptItsDelayAndItsConnection) {
  service->startService();
  service.reset();
  EXPECT_EQ(endpoint->cancels, 1);
  service = make();
  service->startService();
  endpoint->refuse();
  service.reset();
  EXPECT_EQ(clock.pending(), 0u);
  service = make();
  connected();
  service.reset();
  EXPECT_TRUE(endpoint->transport->closed());
  endpoint->lose();
  EXPECT_EQ(endpoint->attempts, 3);
}

TEST_F(ClientTest, RefusesNull) {
  EXPECT_THROW(ClientService(clock, nullptr, factory), UsageError);
  EXPECT_THROW(ClientService(clock, endpoint, nullptr), UsageError);
  EXPECT_THROW(ClientService(clock, endpoint, factory, nullptr), UsageError);
}

TEST(ClientServiceStates, HaveTheNamesOfTheTable) {
  EXPECT_STREQ(name(State::kInit), "Init");
  EXPECT_STREQ(name(State::kStopped), "Stopped");
}

}  // namespace
}  // namespace teasel
