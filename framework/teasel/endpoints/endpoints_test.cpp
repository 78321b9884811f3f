#include <teasel/endpoints/endpoints.hpp>

#include <gtest/gtest.h>

#include <stdexcept>
#include <string>

#include <teasel/core/errors.hpp>
#include <teasel/core/logger.hpp>
#include <teasel/fakes/world/world.hpp>

namespace teasel {
namespace {

using namespace std::chrono_literals;
using fakes::World;
using Connected = std::shared_ptr<Protocol>;

class Greeter : public Protocol {
  void connectionMade() override { transport().write("hello"); }
};

class NoProtocols : public Factory {};

class Throws : public Factory {
  std::shared_ptr<Protocol> buildProtocol(const Address&) override { throw std::runtime_error("no more"); }
};

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

TEST_F(EndpointTest, ConnectFailsWithWhatBuildProtocolThrewAndNothingIsLogged) {
  LogCapture log;
  fakes::WorldOptions options;
  options.log = &log;
  world.reset(options);
  world.allow<std::runtime_error>();
  Reactor& only = world.host().reactor();
  const auto port = TCP4ServerEndpoint(only, 80).listen(quiet(Factory::forProtocol<Greeter>())).take().value();
  auto attempt = TCP4ClientEndpoint(only, "127.0.0.1", 80).connect(quiet(std::make_shared<Throws>()));
  world.runUntil([&] { return attempt.called(); });
  EXPECT_STREQ(attempt.take().failure().what(), "no more");
  EXPECT_TRUE(log.flushLoggedErrors().empty());
  EXPECT_EQ(world.verdict(), nullptr);
}

TEST_F(EndpointTest, ConnectsFromTheAddressThatItIsGiven) {
  listen(80);
  const Address from = world.host("client").address().withPort(4321);
  auto attempt = TCP4ClientEndpoint(client, address, 80, 30s, from).connect(quiet(Factory::forProtocol<Greeter>()));
  world.runUntil([&] { return attempt.called(); });
  EXPECT_EQ(attempt.take().value()->transport().getHost(), from);
}

TEST_F(EndpointTest, ConnectFromAnAddressOfAnotherHostFails) {
  listen(80);
  auto attempt = TCP4ClientEndpoint(client, address, 80, 30s, *Address::parse("192.0.2.1", 0))
                     .connect(quiet(Factory::forProtocol<Greeter>()));
  world.runUntil([&] { return attempt.called(); });
  EXPECT_NE(attempt.take().failure().check<ConnectBindError>(), nullptr);
}

TEST_F(EndpointTest, ConnectGivesUpAfterTheTimeThatItIsGiven) {
  world.partition("client", "server");
  const Instant began = world.now();
  auto attempt = TCP4ClientEndpoint(client, address, 80, 3s).connect(quiet(Factory::forProtocol<Greeter>()));
  world.runUntil([&] { return attempt.called(); });
  EXPECT_NE(attempt.take().failure().check<TimeoutError>(), nullptr);
  EXPECT_EQ(world.now() - began, 3s);
}

TEST_F(EndpointTest, TheTextOfATimeOutHasAnIpv6LiteralInBrackets) {
  world.partition("client", "server");
  auto attempt = TCP4ClientEndpoint(client, "fd00::a00:1", 80, 3s).connect(quiet(Factory::forProtocol<Greeter>()));
  world.runUntil([&] { return attempt.called(); });
  EXPECT_STREQ(attempt.take().failure().what(), "connecting to [fd00::a00:1]:80 took longer than 3 s");
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
