#include <gtest/gtest.h>

#include <memory>
#include <string>

#include <teasel/application/client_service.hpp>
#include <teasel/application/stream_server_endpoint_service.hpp>
#include <teasel/fakes/world/test/world_test_kit.hpp>
#include <teasel/fakes/world/world.hpp>

// Services on TCP and on UNIX sockets in a world.

namespace teasel {
namespace {

using namespace std::chrono_literals;
using fakes::World;
using fakes::test::Log;
using fakes::test::Recorder;
using fakes::test::recorders;
using State = ClientService::State;

/// Counts its starts and stops. It builds no protocol for the first `refusals` connections.
class Counting final : public Factory {
 public:
  Counting(Log* log, const Recorder::Does* does) : log_(log), does_(does) { noisy = false; }
  std::shared_ptr<Protocol> buildProtocol(const Address&) override {
    if (refusals > 0) return --refusals, nullptr;
    return std::make_shared<Recorder>(log_, does_);
  }
  void startFactory() override { ++starts; }
  void stopFactory() override { ++stops; }
  int refusals = 0, starts = 0, stops = 0;

 private:
  Log* log_;
  const Recorder::Does* does_;
};

/// A server and a client service on one host, at TCP port 8000 or at a path.
class ServicesInAWorld : public testing::TestWithParam<bool> {
 protected:
  std::shared_ptr<StreamServerEndpoint> listening() {
    if (GetParam()) return std::make_shared<UNIXServerEndpoint>(reactor, "/run/app", UnixListenOptions{.wantPID = true});
    return std::make_shared<TCP4ServerEndpoint>(reactor, 8000);
  }
  std::shared_ptr<StreamClientEndpoint> connecting() {
    if (GetParam()) return std::make_shared<UNIXClientEndpoint>(reactor, "/run/app", 30s, true);
    return std::make_shared<TCP4ClientEndpoint>(reactor, "127.0.0.1", 8000);
  }
  bool stops(Service& service) {
    const auto stopped = service.stopService();
    world.settle();
    return stopped.hasResult();
  }

  Log log, served;  // the world tells its protocols when it ends
  Recorder::Does does, serving;
  World world;
  Reactor& reactor = world.host().reactor();
  std::shared_ptr<Counting> factory = std::make_shared<Counting>(&log, &does);
  std::shared_ptr<StreamServerEndpointService> server =
      std::make_shared<StreamServerEndpointService>(listening(), recorders(&served, &serving));
  std::shared_ptr<ClientService> client =
      std::make_shared<ClientService>(reactor, connecting(), factory, backoffPolicy(1s, 1s, {1, 1}, 0s));
};

TEST_P(ServicesInAWorld, BothStartStopAndStartAgain) {
  for (int i = 1; i <= 3; ++i) {
    server->startService(), client->startService();
    world.settle();
    EXPECT_EQ(client->state(), State::kConnected);
    EXPECT_TRUE(stops(*client));
    EXPECT_TRUE(stops(*server));
    EXPECT_EQ(reactor.openResources(), 0u);
    EXPECT_EQ(factory->stops, i);
  }
}

TEST_P(ServicesInAWorld, AClientServiceComesBackWhenItsServerDoes) {
  client->startService();
  world.advance(2500ms);
  EXPECT_EQ(client->failedAttempts(), 3u);
  server->startService();
  world.advance(500ms);
  EXPECT_EQ(client->state(), State::kConnected);
  EXPECT_TRUE(stops(*server));
  client->whenConnected().take().value()->transport().abortConnection();
  world.advance(1500ms);
  EXPECT_EQ(client->state(), State::kWaiting);
  server->startService();
  world.advance(1s);
  EXPECT_EQ(client->state(), State::kConnected);
}

TEST_P(ServicesInAWorld, AFactoryThatBuildsNoProtocolIsAskedAgainAfterTheDelay) {
  factory->refusals = 2;
  server->startService(), client->startService();
  world.settle();
  EXPECT_EQ(client->state(), State::kWaiting);
  EXPECT_EQ(client->failedAttempts(), 1u);
  world.advance(1s);
  EXPECT_EQ(client->failedAttempts(), 2u);
  world.advance(1s);
  EXPECT_EQ(client->state(), State::kConnected);
  EXPECT_EQ(log.text(), "made");
}

TEST_P(ServicesInAWorld, TheUsersFactoryIsStartedOncePerAttemptAndStoppedAtItsEnd) {
  client->startService();
  world.settle();
  EXPECT_EQ(factory->starts, 1);
  EXPECT_EQ(factory->stops, 1) << "the attempt has failed";
  EXPECT_EQ(factory->numPorts(), 0);
  server->startService();
  world.advance(1s);
  ASSERT_EQ(client->state(), State::kConnected);
  EXPECT_EQ(factory->starts, 2);
  EXPECT_EQ(factory->numPorts(), 1);
  EXPECT_TRUE(stops(*client));
  EXPECT_EQ(factory->stops, 2);
  EXPECT_EQ(factory->numPorts(), 0);
}

TEST_P(ServicesInAWorld, AHalfCloseableProtocolHearsThatItsPeerSendsNoMore) {
  does.halfCloseable = true;
  serving.onMade = [](Recorder& self) { self.transport().loseWriteConnection(); };
  server->startService(), client->startService();
  world.settle();
  EXPECT_EQ(log.text(), "made eof");
  EXPECT_EQ(client->state(), State::kConnected);
  EXPECT_TRUE(stops(*client));
}

INSTANTIATE_TEST_SUITE_P(Sockets, ServicesInAWorld, ::testing::Bool(),
                         [](const auto& test) { return test.param ? "Unix" : "Tcp"; });

}  // namespace
}  // namespace teasel
