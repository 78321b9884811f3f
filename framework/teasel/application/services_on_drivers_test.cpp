#include <gtest/gtest.h>

#include <memory>
#include <string>

#include <teasel/application/client_service.hpp>
#include <teasel/application/stream_server_endpoint_service.hpp>
#include <teasel/core/logger.hpp>
#include <teasel/drivers/drivers.hpp>
#include <teasel/props/heap.hpp>
#include <teasel/protocol/factory.hpp>
#include <teasel/protocol/reconnecting_client_factory.hpp>
#include <teasel/reactor/reactor.hpp>

// Services on real sockets over loopback.

namespace teasel {
namespace {

using namespace std::chrono_literals;

class Quiet final : public Protocol {};

/// Ends its connection at once.
class Abrupt final : public Protocol {
  void connectionMade() override { transport().abortConnection(); }
};

class ServicesOnDrivers : public testing::TestWithParam<std::string> {
 protected:
  void SetUp() override {
    std::string why;
    if (!driverAvailable(GetParam(), why)) GTEST_SKIP() << why;
    reactor = std::make_unique<Reactor>(makeDriver(GetParam()));
    server = serve(0);
    server->startService();
    port = server->port()->getHost().port();
  }
  static std::shared_ptr<Factory> quiet() {
    auto factory = Factory::forProtocol<Quiet>();
    factory->noisy = false;
    return factory;
  }
  std::shared_ptr<StreamServerEndpointService> serve(int at) {
    return std::make_shared<StreamServerEndpointService>(std::make_shared<TCP4ServerEndpoint>(*reactor, at, 50, "127.0.0.1"),
                                                         quiet());
  }
  template <class Done>
  bool until(Done&& done) {
    const Instant end = reactor->liveNow() + 20s;
    while (!done() && reactor->liveNow() < end) reactor->turn(20ms);
    return done();
  }

  std::unique_ptr<Reactor> reactor;
  std::shared_ptr<StreamServerEndpointService> server;
  int port = 0;
};

TEST_P(ServicesOnDrivers, AClientServiceComesBackWhenItsServerDoes) {
  const auto client = std::make_shared<ClientService>(*reactor, std::make_shared<TCP4ClientEndpoint>(*reactor, "127.0.0.1", port),
                                                      quiet(), backoffPolicy(5ms, 20ms, {2, 1}, 5ms));
  client->startService();
  ASSERT_TRUE(until([&] { return client->state() == ClientService::State::kConnected; }));
  const auto stopped = server->stopService();
  client->whenConnected().take().value()->transport().abortConnection();
  ASSERT_TRUE(until([&] { return client->failedAttempts() >= 3 && stopped.hasResult(); }));
  const auto again = serve(port);
  again->startService();
  const auto connected = client->whenConnected();
  ASSERT_TRUE(until([&] { return connected.hasResult(); }));
  const auto ended = client->stopService();
  EXPECT_TRUE(until([&] { return ended.hasResult(); }));
  EXPECT_EQ(client->state(), ClientService::State::kStopped);
}

TEST_P(ServicesOnDrivers, AReconnectingClientFactoryComesBackWhenItsServerDoes) {
  const auto factory = ReconnectingClientFactory::forProtocol<Quiet>(*reactor, {.initialDelay = 5ms, .maxDelay = 20ms});
  factory->noisy = false;
  const auto connector = reactor->connectTCP("127.0.0.1", port, factory);
  ASSERT_TRUE(until([&] { return connector->state() == Connector::State::kConnected; }));
  server->stopService();
  connector->disconnect();
  ASSERT_TRUE(until([&] { return factory->retries() >= 3; }));
  const auto again = serve(port);
  again->startService();
  EXPECT_TRUE(until([&] { return connector->state() == Connector::State::kConnected; }));
  factory->stopTrying();
  connector->disconnect();
  EXPECT_TRUE(until([&] { return connector->state() == Connector::State::kDisconnected; }));
  EXPECT_FALSE(factory->waiting());
}

TEST_P(ServicesOnDrivers, AThousandReconnectionsTakeNoMoreMemoryThanAHundred) {
  auto abrupt = Factory::forProtocol<Abrupt>();
  abrupt->noisy = false;
  const auto resets =
      std::make_shared<StreamServerEndpointService>(std::make_shared<TCP4ServerEndpoint>(*reactor, 0, 50, "127.0.0.1"), abrupt);
  resets->startService();
  const int to = resets->port()->getHost().port();
  std::size_t attempts = 0;
  const auto client =
      std::make_shared<ClientService>(*reactor, std::make_shared<TCP4ClientEndpoint>(*reactor, "127.0.0.1", to), quiet(),
                                      [&](std::size_t, std::uint64_t) { return ++attempts, Duration::zero(); });
  const auto factory = ReconnectingClientFactory::forProtocol<Quiet>(*reactor, {.initialDelay = 0s, .jitter = {0, 1}});
  factory->noisy = false;
  LogScope silent(nullptr);
  ASSERT_TRUE(props::HeapMeter::counted());
  const props::HeapMeter meter;
  client->startService();
  reactor->connectTCP("127.0.0.1", to, factory);
  ASSERT_TRUE(until([&] { return attempts >= 100 && factory->retries() >= 100; }));
  const std::size_t first = meter.peak();
  ASSERT_TRUE(until([&] { return attempts >= 1000 && factory->retries() >= 1000; }));
  EXPECT_LE(meter.peak(), first + 4096);
  factory->stopTrying();
  const auto stopped = client->stopService();
  EXPECT_TRUE(until([&] { return stopped.hasResult(); }));
}

TEST_P(ServicesOnDrivers, APortInUseComesOutOfTheStart) {
  EXPECT_THROW(serve(port)->privilegedStartService(), CannotListenError);
}

std::vector<std::string> drivers() {
  const auto names = driverNames();
  return {names.begin(), names.end()};
}

INSTANTIATE_TEST_SUITE_P(Loopback, ServicesOnDrivers, ::testing::ValuesIn(drivers()),
                         [](const auto& test) { return test.param; });

}  // namespace
}  // namespace teasel
