#include <gtest/gtest.h>

#include <string>
#include <vector>

#include <teasel/core/errors.hpp>
#include <teasel/fakes/world/world.hpp>
#include <teasel/protocol/factory.hpp>

/// Which port takes a connection: the address that a port listens on counts, as on Linux.
namespace teasel::fakes {
namespace {

using namespace std::chrono_literals;

/// Notes whom it builds protocols for.
class Noting final : public Factory {
 public:
  Noting() { noisy = false; }
  std::shared_ptr<Protocol> buildProtocol(const Address& peer) override {
    peers.push_back(peer.host());
    return std::make_shared<Protocol>();
  }
  std::vector<std::string> peers;
};

class Client final : public ClientFactory {
 public:
  Client() { noisy = false; }
  std::shared_ptr<Protocol> buildProtocol(const Address&) override { return connected = true, std::make_shared<Protocol>(); }
  void clientConnectionFailed(Connector&, const Failure& why) override { failure = why; }
  bool connected = false;
  Failure failure;
};

class WorldPorts : public testing::Test {
 protected:
  void listen(std::string_view interface) { server.listenTCP(80, port, 50, interface); }
  bool refused(std::string_view interface) {
    try {
      listen(interface);
    } catch (const CannotListenError&) {
      return true;
    }
    return false;
  }
  bool reaches(Reactor& from, const std::string& to) {
    const auto factory = std::make_shared<Client>();
    from.connectTCP(to, 80, factory);
    world.settle();
    EXPECT_NE(factory->connected, factory->failure.check<ConnectionRefusedError>() != nullptr) << factory->failure;
    return factory->connected;
  }
  World world;
  Reactor& server = world.host("server").reactor();
  Reactor& other = world.host("other").reactor();
  std::shared_ptr<Noting> port = std::make_shared<Noting>();
};

TEST_F(WorldPorts, OfLoopbackAreReachedFromTheirOwnHostOnly) {
  listen("127.0.0.1");
  EXPECT_FALSE(reaches(other, "10.0.0.1"));
  EXPECT_FALSE(reaches(other, "127.0.0.1"));
  EXPECT_FALSE(reaches(server, "10.0.0.1"));
  EXPECT_FALSE(reaches(server, "127.0.0.2"));
  EXPECT_TRUE(reaches(server, "127.0.0.1"));
}

TEST_F(WorldPorts, OfOneAddressAreReachedThereOnly) {
  listen("10.0.0.1");
  EXPECT_TRUE(reaches(other, "10.0.0.1"));
  EXPECT_TRUE(reaches(server, "10.0.0.1"));
  EXPECT_FALSE(reaches(server, "127.0.0.1"));
  EXPECT_FALSE(reaches(other, "fd00::a00:1"));
}

TEST_F(WorldPorts, OfAllIpv4AddressesAreNotReachedByIpv6) {
  listen("0.0.0.0");
  EXPECT_TRUE(reaches(other, "10.0.0.1"));
  EXPECT_TRUE(reaches(server, "127.0.0.1"));
  EXPECT_FALSE(reaches(other, "fd00::a00:1"));
  EXPECT_FALSE(reaches(server, "::1"));
}

TEST_F(WorldPorts, OfAllIpv6AddressesTakeIpv4ClientsWithMappedAddresses) {
  listen("::");
  EXPECT_TRUE(reaches(other, "fd00::a00:1"));
  EXPECT_TRUE(reaches(other, "10.0.0.1"));
  EXPECT_TRUE(reaches(server, "127.0.0.1"));
  EXPECT_EQ(port->peers, (std::vector<std::string>{"fd00::a00:2", "::ffff:10.0.0.2", "::ffff:127.0.0.1"}));
}

TEST_F(WorldPorts, WithOneNumberStandSideBySideIfTheyHaveNoAddressInCommon) {
  for (const char* interface : {"127.0.0.1", "10.0.0.1", "::1", "fd00::a00:1"}) EXPECT_FALSE(refused(interface)) << interface;
  for (const char* interface : {"127.0.0.1", "0.0.0.0", "::", "::1"}) EXPECT_TRUE(refused(interface)) << interface;
  EXPECT_FALSE(refused("127.0.0.2"));
}

TEST_F(WorldPorts, OfAllAddressesLeaveNoPlaceBesideThem) {
  listen("0.0.0.0");
  for (const char* interface : {"127.0.0.1", "0.0.0.0", "::"}) EXPECT_TRUE(refused(interface)) << interface;
  EXPECT_FALSE(refused("::1"));
}

TEST_F(WorldPorts, HaveEveryAddressOfTheirHostInRunsOfVersionOne) {
  world.play().setVersion(1);
  world.settle();  // a run takes the version of its Play
  listen("127.0.0.1");
  EXPECT_TRUE(refused("10.0.0.1"));
  EXPECT_TRUE(reaches(other, "10.0.0.1"));
  EXPECT_TRUE(reaches(other, "fd00::a00:1"));
}

}  // namespace
}  // namespace teasel::fakes
