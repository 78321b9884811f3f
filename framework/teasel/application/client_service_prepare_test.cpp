#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>
#include <stdexcept>
#include <string>

#include <teasel/application/test/client_test_kit.hpp>
#include <teasel/core/logger.hpp>
#include <teasel/gtest/matchers.hpp>

// prepareConnection, endpoints that behave oddly, and calls of the service out of its own
// callbacks.

namespace teasel {
namespace {

using namespace std::chrono_literals;
using gtest::FailedWith;
using gtest::HasNoResult;
using gtest::HasSucceeded;
using gtest::SucceededWith;
using test::Client;
using State = ClientService::State;

class ClientPrepareTest : public test::ClientTest {};

TEST_F(ClientPrepareTest, PrepareGetsEachNewProtocolBeforeWhenConnectedDoes) {
  std::vector<std::shared_ptr<Protocol>> seen;
  Deferred<std::shared_ptr<Protocol>> waits = service->whenConnected();
  service->prepareConnection([&](const std::shared_ptr<Protocol>& protocol) {
    EXPECT_THAT(waits, HasNoResult());
    seen.push_back(protocol);
  });
  connected();
  EXPECT_THAT(waits, SucceededWith(seen.at(0)));
  waits = service->whenConnected();
  endpoint->lose();
  clock.advanceToNext();
  waits = service->whenConnected();
  endpoint->accept();
  ASSERT_EQ(seen.size(), 2u);
  EXPECT_THAT(waits, SucceededWith(seen[1]));
}

TEST_F(ClientPrepareTest, TheServiceWaitsForTheDeferredOfPrepare) {
  const Deferred<int> preparing;
  service->prepareConnection([&](const std::shared_ptr<Protocol>&) { return preparing; });
  service->startService();
  const auto waits = service->whenConnected();
  endpoint->accept();
  EXPECT_EQ(service->state(), State::kConnecting);
  EXPECT_THAT(waits, HasNoResult());
  preparing.callback(1);
  EXPECT_EQ(service->state(), State::kConnected);
  EXPECT_THAT(waits, HasSucceeded());
}

TEST_F(ClientPrepareTest, AnAttemptThatFailsDoesNotCallPrepare) {
  int calls = 0;
  service->prepareConnection([&](const std::shared_ptr<Protocol>&) { ++calls; });
  service->startService();
  failOnce();
  EXPECT_EQ(calls, 0);
  endpoint->accept();
  EXPECT_EQ(calls, 1);
}

TEST_F(ClientPrepareTest, AFailureOfPrepareAbortsTheConnectionAndCountsAsAFailedAttempt) {
  service->prepareConnection([](const std::shared_ptr<Protocol>&) { throw std::runtime_error("rejected"); });
  service->startService();
  const auto waits = service->whenConnected(1);
  endpoint->accept();
  EXPECT_TRUE(endpoint->transport->aborted());
  EXPECT_EQ(service->state(), State::kConnecting) << "the next attempt waits until this connection is over";
  endpoint->lose(connectionAborted());
  EXPECT_EQ(service->state(), State::kWaiting);
  EXPECT_THAT(waits, FailedWith<std::runtime_error>("rejected"));
  EXPECT_EQ(service->failedAttempts(), 1u);
}

TEST_F(ClientPrepareTest, ALossWhileItIsPreparedIsAFailedAttemptAndCancelsPrepare) {
  const Deferred<void> preparing;
  service->prepareConnection([&](const std::shared_ptr<Protocol>&) { return preparing; });
  service->startService();
  const auto waits = service->whenConnected(1);
  endpoint->accept();
  endpoint->lose();
  EXPECT_TRUE(preparing.called());
  EXPECT_EQ(service->state(), State::kWaiting);
  EXPECT_THAT(waits, FailedWith<ConnectionLost>());
}

TEST_F(ClientPrepareTest, StopWhileItIsPreparedClosesAndCancelsPrepare) {
  const Deferred<void> preparing;
  service->prepareConnection([&](const std::shared_ptr<Protocol>&) { return preparing; });
  service->startService();
  endpoint->accept();
  const auto stopped = service->stopService();
  EXPECT_TRUE(preparing.called());
  EXPECT_TRUE(endpoint->transport->closed());
  EXPECT_FALSE(endpoint->transport->aborted());
  EXPECT_THAT(stopped, HasNoResult());
  endpoint->lose(connectionDone());
  EXPECT_THAT(stopped, HasSucceeded());
}

TEST_F(ClientPrepareTest, PrepareMayStopTheService) {
  Deferred<void> stopped(nullptr);
  const Deferred<void> preparing;
  service->prepareConnection([&](const std::shared_ptr<Protocol>&) {
    stopped = service->stopService();
    return preparing;
  });
  service->startService();
  endpoint->accept();
  EXPECT_TRUE(preparing.called()) << "nobody waits for it any more";
  EXPECT_EQ(service->state(), State::kDisconnecting);
  endpoint->lose(connectionDone());
  EXPECT_THAT(stopped, HasSucceeded());
}

TEST_F(ClientPrepareTest, AConnectionThatIsLostBeforeTheEndpointAnswersIsAFailedAttempt) {
  service->startService();
  const auto waits = service->whenConnected(1);
  const auto protocol = endpoint->build();
  endpoint->make(protocol);
  endpoint->lose();
  EXPECT_EQ(service->state(), State::kConnecting);
  endpoint->answer(protocol);
  EXPECT_EQ(service->state(), State::kWaiting);
  EXPECT_THAT(waits, FailedWith<ConnectionLost>());
}

TEST_F(ClientPrepareTest, StopWaitsForAConnectionThatACancelledEndpointHasMade) {
  service->startService();
  const auto protocol = endpoint->build();
  endpoint->make(protocol);
  const auto stopped = service->stopService();
  EXPECT_TRUE(endpoint->transport->closed());
  EXPECT_THAT(stopped, HasNoResult());
  endpoint->lose(connectionDone());
  EXPECT_THAT(stopped, HasSucceeded());
}

TEST_F(ClientPrepareTest, AnEndpointThatAnswersTheCancelWithAConnectionHasItClosed) {
  endpoint->onCancel = [this] { endpoint->accept(); };
  service->startService();
  const auto stopped = service->stopService();
  EXPECT_TRUE(endpoint->transport->closed());
  endpoint->lose(connectionDone());
  EXPECT_THAT(stopped, HasSucceeded());
  EXPECT_EQ(log, "made lost:ConnectionDone ");
}

TEST_F(ClientPrepareTest, StopWaitsForAnEndpointThatTakesTimeToGiveUp) {
  using Outcome = Deferred<std::shared_ptr<Protocol>>;
  const Outcome cleaned;
  endpoint->wrap = [&](Outcome outcome) { return outcome.addErrback([&](const Failure&) { return cleaned; }); };
  service->startService();
  const auto stopped = service->stopService();
  EXPECT_THAT(stopped, HasNoResult());
  cleaned.errback(CancelledError());
  EXPECT_THAT(stopped, HasSucceeded());
}

TEST_F(ClientPrepareTest, AProtocolThatTheFactoryDidNotBuildIsRefused) {
  service->startService();
  const auto waits = service->whenConnected(1);
  const auto stranger = std::make_shared<Client>(&log, &does);
  endpoint->make(stranger);
  endpoint->answer(stranger);
  EXPECT_TRUE(endpoint->transport->aborted());
  EXPECT_THAT(waits, FailedWith<UsageError>("did not build"));
}

TEST_F(ClientPrepareTest, TheProtocolMayStopTheServiceInEachCallback) {
  Deferred<void> stopped(nullptr);
  does.onMade = [&] { stopped = service->stopService(); };
  service->startService();
  endpoint->make(endpoint->build());
  EXPECT_THAT(stopped, HasNoResult());
  endpoint->lose(connectionDone());
  EXPECT_THAT(stopped, HasSucceeded());
  does.onMade = nullptr;
  does.onLost = [&] { stopped = service->stopService(); };
  connected();
  endpoint->lose();
  EXPECT_THAT(stopped, HasSucceeded());
  EXPECT_EQ(service->state(), State::kStopped);
}

TEST_F(ClientPrepareTest, AnExceptionOfConnectionLostDoesNotKeepTheServiceFromConnectingAgain) {
  does.onLost = [] { throw std::runtime_error("oops"); };
  connected();
  EXPECT_THROW(endpoint->lose(), std::runtime_error) << "the transport hears of it";
  EXPECT_EQ(service->state(), State::kWaiting);
}

TEST_F(ClientPrepareTest, CallbacksMayStartAndStopTheService) {
  Deferred<void> stopped(nullptr);
  service->whenConnected().addCallback([&](const std::shared_ptr<Protocol>& protocol) {
    stopped = service->stopService();
    service->startService();
    return protocol;
  });
  service->startService();
  endpoint->accept();
  EXPECT_EQ(service->state(), State::kRestarting);
  auto restarted = stopped.addCallback([&] { return service->stopService(); });
  endpoint->lose(connectionDone());
  EXPECT_THAT(restarted, HasSucceeded());
  EXPECT_EQ(service->state(), State::kStopped);
  EXPECT_EQ(endpoint->cancels, 1);
}

TEST_F(ClientPrepareTest, TheRetryPolicyMayStopAndDropTheService) {
  service = make([this](std::size_t, std::uint64_t) {
    service->stopService();
    service.reset();
    return 1s;
  });
  service->startService();
  endpoint->refuse();
  EXPECT_EQ(service, nullptr);
  EXPECT_EQ(clock.pending(), 0u);
}

}  // namespace
}  // namespace teasel
