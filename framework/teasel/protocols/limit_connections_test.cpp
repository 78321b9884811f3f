#include <teasel/protocols/limit_connections.hpp>

#include <gtest/gtest.h>

#include <stdexcept>
#include <string>

#include <teasel/core/errors.hpp>
#include <teasel/fakes/world/test/world_test_kit.hpp>
#include <teasel/fakes/world/world.hpp>

namespace teasel {
namespace {

using fakes::test::Clients;
using fakes::test::Log;
using fakes::test::Recorder;
using fakes::test::recorders;

/// Says that there is no room, and closes.
class Busy final : public Protocol {
 public:
  void connectionMade() override {
    transport().write("busy");
    transport().loseConnection();
  }
};

/// Says that there is no room, and waits.
class Patient final : public Protocol {
 public:
  void connectionMade() override { transport().write("busy"); }
};

std::shared_ptr<Factory> quiet(std::shared_ptr<Factory> factory) {
  factory->noisy = false;
  return factory;
}

/// A world whose host serves Recorders within a total limit.
struct Limited {
  explicit Limited(std::size_t limit) : factory(std::make_shared<LimitTotalConnectionsFactory>(recorders(&log, &does), limit)) {}
  void listen() { world.host().reactor().listenTCP(8000, factory); }
  fakes::RemotePeer& connect(unsigned k) {
    fakes::RemotePeer& peer = world.connect(k);
    world.settle();
    return peer;
  }
  Log log;
  Recorder::Does does;
  fakes::World world;
  std::shared_ptr<LimitTotalConnectionsFactory> factory;
};

TEST(LimitTotalConnections, CountsConnectionsWhileTheyLast) {
  Limited limited(10);
  limited.listen();
  EXPECT_EQ(limited.factory->connectionCount(), 0u);
  fakes::RemotePeer& one = limited.connect(0);
  fakes::RemotePeer& two = limited.connect(1);
  EXPECT_EQ(limited.factory->connectionCount(), 2u);
  one.reset();
  two.endOfStream();
  limited.world.settle();
  EXPECT_EQ(limited.factory->connectionCount(), 0u);
}

TEST(LimitTotalConnections, ClosesAConnectionBeyondTheLimitAndServesAgainWhenOneHasEnded) {
  Limited limited(2);
  limited.listen();
  fakes::RemotePeer& one = limited.connect(0);
  limited.connect(1);
  EXPECT_TRUE(limited.connect(2).sawEof());
  EXPECT_EQ(limited.log.text(), "made made");
  one.close();
  limited.world.settle();
  EXPECT_FALSE(limited.connect(3).sawEof());
  EXPECT_EQ(limited.log.text(), "made made lost:ConnectionDone made");
}

TEST(LimitTotalConnections, TheOverflowFactoryServesWhatIsBeyondTheLimit) {
  Limited limited(1);
  limited.factory->setOverflow(quiet(Factory::forProtocol<Busy>()));
  limited.listen();
  limited.connect(0);
  fakes::RemotePeer& refused = limited.connect(1);
  EXPECT_EQ(refused.received(), ByteView("busy"));
  EXPECT_TRUE(refused.sawEof());
  EXPECT_EQ(limited.factory->connectionCount(), 1u);
  EXPECT_EQ(limited.factory->overflowCount(), 0u);
  EXPECT_EQ(limited.log.text(), "made");
}

TEST(LimitTotalConnections, TheOverflowIsBoundedAsWell) {
  Limited limited(0);
  limited.factory->setOverflow(quiet(Factory::forProtocol<Patient>()), 2);
  limited.listen();
  for (unsigned k = 0; k < 2; ++k) EXPECT_FALSE(limited.connect(k).sawEof());
  EXPECT_EQ(limited.factory->overflowCount(), 2u);
  fakes::RemotePeer& third = limited.connect(2);
  EXPECT_TRUE(third.sawEof());
  EXPECT_EQ(third.received(), ByteView(""));
  EXPECT_EQ(limited.factory->protocols().size(), 2u);
}

TEST(LimitTotalConnections, ALowerLimitLeavesTheConnectionsThatThereAre) {
  Limited limited(2);
  limited.listen();
  fakes::RemotePeer& one = limited.connect(0);
  limited.connect(1);
  limited.factory->setConnectionLimit(1);
  EXPECT_FALSE(one.sawEof());
  one.close();
  limited.world.settle();
  EXPECT_TRUE(limited.connect(2).sawEof()) << "one is connected, and one is allowed";
}

TEST(LimitTotalConnections, AProtocolThatIsNotBuiltOrNeverConnectedDoesNotCount) {
  struct Moody final : Factory {
    std::shared_ptr<Protocol> buildProtocol(const Address&) override {
      if (turn++ == 0) throw std::runtime_error("no");
      return turn == 2 ? nullptr : std::make_shared<Patient>();
    }
    int turn = 0;
  };
  const auto factory = std::make_shared<LimitTotalConnectionsFactory>(std::make_shared<Moody>(), 1);
  EXPECT_THROW(factory->buildProtocol(Address()), std::runtime_error);
  EXPECT_EQ(factory->buildProtocol(Address()), nullptr);
  EXPECT_EQ(factory->connectionCount(), 0u);
  auto protocol = factory->buildProtocol(Address());
  EXPECT_EQ(factory->connectionCount(), 1u);
  EXPECT_EQ(factory->buildProtocol(Address()), nullptr);
  protocol.reset();
  EXPECT_EQ(factory->connectionCount(), 0u);
}

TEST(LimitTotalConnections, StartsAndStopsTheOverflowFactoryWithTheWrappedOne) {
  struct Starts final : Factory {
    explicit Starts(bool fails = false) : broken(fails) { noisy = false; }
    void startFactory() override {
      if (broken) throw std::runtime_error("no disk");
    }
    bool broken;
  };
  fakes::World world;
  Reactor& reactor = world.host().reactor();
  const auto served = std::make_shared<Starts>(), good = std::make_shared<Starts>(), bad = std::make_shared<Starts>(true);
  const auto factory = std::make_shared<LimitTotalConnectionsFactory>(served, 1);
  factory->setOverflow(bad);
  EXPECT_THROW(reactor.listenTCP(8000, factory), std::runtime_error);
  EXPECT_EQ(served->numPorts(), 0) << "it was stopped again";
  factory->setOverflow(good);
  const auto port = reactor.listenTCP(8000, factory);
  EXPECT_EQ(served->numPorts() + good->numPorts(), 2);
  port->stopListening();
  world.settle();
  EXPECT_EQ(served->numPorts() + good->numPorts(), 0);
}

TEST(LimitingFactory, IsNoLongerCountedByItsFactoriesAfterACrash) {
  struct Stops : Factory {
    void stopFactory() override { ADD_FAILURE() << "a dead program stops nothing"; }
  };
  fakes::World world;
  const auto served = std::make_shared<Stops>(), beyond = std::make_shared<Stops>();
  const auto factory = std::make_shared<LimitTotalConnectionsFactory>(served, 1);
  factory->setOverflow(beyond);
  world.host().reactor().listenTCP(8000, factory);
  EXPECT_EQ(served->numPorts() + beyond->numPorts(), 2);
  world.host().crash();
  EXPECT_EQ(factory->numPorts() + served->numPorts() + beyond->numPorts(), 0);
}

// By peer -----------------------------------------------------------------------------------------

TEST(LimitConnectionsByPeer, CountsTheConnectionsOfEachAddressWhateverTheirPorts) {
  const auto factory = std::make_shared<LimitConnectionsByPeer>(quiet(Factory::forProtocol<Patient>()), 2);
  const Address one = Address::ipv4(10, 0, 0, 1, 1000), two = Address::ipv4(10, 0, 0, 2, 1000);
  auto first = factory->buildProtocol(one);
  auto second = factory->buildProtocol(one.withPort(1001));
  EXPECT_EQ(factory->buildProtocol(one.withPort(1002)), nullptr);
  const auto other = factory->buildProtocol(two);
  EXPECT_NE(other, nullptr);
  EXPECT_EQ(factory->connectionCount(one), 2u);
  EXPECT_EQ(factory->connectionCount(two), 1u);
  EXPECT_EQ(factory->peerCount(), 2u);
  first.reset(), second.reset();
  EXPECT_EQ(factory->connectionCount(one), 0u);
  EXPECT_EQ(factory->peerCount(), 1u) << "who has no connection needs no memory";
}

TEST(LimitConnectionsByPeer, RefusesAPeerWithoutKeepingAnythingOfIt) {
  const auto factory = std::make_shared<LimitConnectionsByPeer>(quiet(Factory::forProtocol<Patient>()), 0);
  EXPECT_EQ(factory->buildProtocol(Address::ipv4(10, 0, 0, 1, 1000)), nullptr);
  EXPECT_EQ(factory->peerCount(), 0u);
}

TEST(LimitConnectionsByPeer, ServesOtherHostsWhileOneIsAtItsLimit) {
  Log log, calling;
  Recorder::Does does;
  const auto factory = std::make_shared<LimitConnectionsByPeer>(recorders(&log, &does), 1);
  fakes::World world;
  world.host("server").reactor().listenTCP(8000, factory);
  const auto dial = [&](const char* from) {
    world.host(from).reactor().connectTCP(world.host("server").address().host(), 8000,
                                          std::make_shared<Clients>(&calling, &does));
    world.settle();
  };
  for (const char* from : {"ann", "ann", "bob"}) dial(from);
  EXPECT_EQ(log.text(), "made made");
  EXPECT_EQ(calling.text(), "made made lost:ConnectionDone made");
  EXPECT_EQ(factory->connectionCount(world.host("ann").address()), 1u);
  EXPECT_EQ(factory->connectionCount(world.host("bob").address()), 1u);
}

}  // namespace
}  // namespace teasel
