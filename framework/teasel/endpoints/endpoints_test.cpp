#include <teasel/endpoints/endpoints.hpp>

#include <gtest/gtest.h>

#include <string>

#include <teasel/core/errors.hpp>
#include <teasel/fakes/world/world.hpp>

namespace teasel {
namespace {

using fakes::World;
using Connected = std::shared_ptr<Protocol>;

class Greeter : public Protocol {
  void connectionMade() override { transport().write("hello"); }
};

class NoProtocols : public Factory {};

class EndpointTest : public testing::Test {
 protected:
  World world;
  Reactor& server = world.host("server").reactor();
  Reactor& client = world.host("client").reactor();
  std::string address = world.host("server").address().host();

  std::shared_ptr<Factory> quiet(std::shared_ptr<Factory> factory) {
    factory->noisy = false;
    return factory;
  }
  std::shared_ptr<Port> listen(int port) {
    return TCP4ServerEndpoint(server, port).listen(quiet(Factory::forProtocol<Greeter>())).take().value();
  }
};

TEST_F(EndpointTest, ListenGivesThePort) { EXPECT_EQ(listen(80)->getHost().port(), 80); }

TEST_F(EndpointTest, ListenFailsWhereListenTcpThrows) {
  listen(80);
  auto second = TCP4ServerEndpoint(server, 80).listen(quiet(Factory::forProtocol<Greeter>()));
  ASSERT_NE(second.failure(), nullptr);
  EXPECT_NE(second.take().failure().check<CannotListenError>(), nullptr);
}

TEST_F(EndpointTest, ConnectGivesTheProtocolAfterItsConnectionMade) {
  listen(80);
  TCP4ClientEndpoint endpoint(client, address, 80);
  Connected connected;
  auto attempt = endpoint.connect(quiet(Factory::forProtocol<Greeter>()));
  attempt.addCallback([&](Connected protocol) {
    EXPECT_TRUE(protocol->transport().connected());
    EXPECT_EQ(protocol->transport().counters().bytesWritten, 5u);
    connected = protocol;
    return protocol;
  });
  EXPECT_FALSE(attempt.called());
  EXPECT_TRUE(world.runUntil([&] { return connected != nullptr; }));
}

TEST_F(EndpointTest, ConnectFailsWithTheReasonOfTheAttempt) {
  auto attempt = TCP4ClientEndpoint(client, address, 81).connect(quiet(Factory::forProtocol<Greeter>()));
  world.runUntil([&] { return attempt.called(); });
  EXPECT_NE(attempt.take().failure().check<ConnectionRefusedError>(), nullptr);
}

TEST_F(EndpointTest, ConnectFailsWithNoProtocolWhereTheFactoryBuildsNone) {
  listen(80);
  auto attempt = TCP4ClientEndpoint(client, address, 80).connect(quiet(std::make_shared<NoProtocols>()));
  world.runUntil([&] { return attempt.called(); });
  EXPECT_NE(attempt.take().failure().check<NoProtocol>(), nullptr);
}

TEST_F(EndpointTest, ConnectFailsAtOnceForAnImpossiblePort) {
  auto attempt = TCP4ClientEndpoint(client, address, 70000).connect(quiet(Factory::forProtocol<Greeter>()));
  EXPECT_NE(attempt.take().failure().check<InvalidAddressError>(), nullptr);
}

TEST_F(EndpointTest, CancelGivesUpTheAttempt) {
  listen(80);
  auto attempt = TCP4ClientEndpoint(client, address, 80).connect(quiet(Factory::forProtocol<Greeter>()));
  attempt.cancel();
  EXPECT_NE(attempt.take().failure().check<ConnectingCancelledError>(), nullptr);
  world.settle();
  EXPECT_EQ(client.openResources(), 0u);
}

TEST_F(EndpointTest, ConnectProtocolConnectsTheOneThatExists) {
  listen(80);
  TCP4ClientEndpoint endpoint(client, address, 80);
  const auto mine = std::make_shared<Greeter>();
  auto attempt = connectProtocol(endpoint, mine);
  world.runUntil([&] { return attempt.called(); });
  EXPECT_EQ(attempt.take().value(), mine);
}

TEST_F(EndpointTest, StopListeningAnswersAfterTheFactoryWasStopped) {
  const auto port = listen(80);
  auto stopped = port->stopListening();
  EXPECT_FALSE(stopped.called());
  world.settle();
  EXPECT_TRUE(stopped.hasResult());
  EXPECT_EQ(port->factory()->numPorts(), 0);
  EXPECT_TRUE(port->stopListening().hasResult());
  EXPECT_EQ(port->getHost().port(), 80);
}

}  // namespace
}  // namespace teasel
