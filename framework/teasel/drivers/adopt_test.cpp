#include <teasel/drivers/driver_test_kit.hpp>

#include <teasel/core/logger.hpp>
#include <teasel/protocol/factory.hpp>
#include <teasel/protocol/port.hpp>
#include <teasel/reactor/reactor.hpp>

/// Reactor::adoptStreamPort and adoptStreamConnection on every driver.
namespace teasel::drivertest {
namespace {

class Echo final : public Protocol {
 public:
  void dataReceived(ByteView data) override { transport().write(data); }
};

/// Counts what it is asked for.
class Echoes final : public Factory {
 public:
  Echoes() { noisy = false; }
  std::shared_ptr<Protocol> buildProtocol(const Address& peer) override {
    peers.push_back(peer);
    return refuse ? nullptr : std::make_shared<Echo>();
  }
  void startFactory() override {
    if (broken) throw std::runtime_error("no");
    ++starts;
  }
  void stopFactory() override { ++stops; }

  std::vector<Address> peers;
  int starts = 0, stops = 0;
  bool broken = false, refuse = false;
};

class AdoptTest : public ::testing::TestWithParam<std::string> {
 public:
  void SetUp() override {
    if (std::string why; !driverAvailable(GetParam(), why)) GTEST_SKIP() << why;
    reactor = std::make_unique<Reactor>(makeDriver(GetParam()));
    int ends[2];
    ASSERT_EQ(::socketpair(AF_UNIX, SOCK_STREAM, 0, ends), 0);
    ours = ends[0];
    peer = std::make_unique<Peer>(ends[1]);
  }
  void TearDown() override {
    if (ours >= 0) ::close(ours);
  }
  template <class Done>
  bool until(Done done) {
    const Instant end = reactor->driver().now() + 5s;
    for (int turns = 0; turns < 200 || reactor->driver().now() < end; ++turns, reactor->turn(5ms))
      if (done()) return true;
    return done();
  }
  std::string echoed(Peer& from, std::size_t size) {
    std::string got;
    until([&] { return (got += from.take()).size() >= size || from.sawEof || from.sawReset; });
    return got;
  }

  std::shared_ptr<Echoes> factory = std::make_shared<Echoes>();
  std::unique_ptr<Reactor> reactor;
  std::unique_ptr<Peer> peer;
  int ours = -1;
};

TEST_P(AdoptTest, AConnectionIsServedInALaterTurnAndEndsWithItsFactoryStopped) {
  reactor->adoptStreamConnection(ours, factory);
  ::close(std::exchange(ours, -1));
  EXPECT_TRUE(factory->peers.empty()) << "no user code runs inside the call, except startFactory";
  EXPECT_EQ(factory->starts, 1);
  peer->send("hello");
  EXPECT_EQ(echoed(*peer, 5), "hello");
  EXPECT_EQ(factory->peers, std::vector{Address::unixPath("")});
  peer->close();
  EXPECT_TRUE(until([&] { return factory->stops == 1; }));
  EXPECT_EQ(factory->numPorts(), 0);
}

TEST_P(AdoptTest, AConnectionWithoutProtocolIsClosed) {
  factory->refuse = true;
  reactor->adoptStreamConnection(ours, factory);
  EXPECT_EQ(echoed(*peer, 1), "");
  EXPECT_TRUE(peer->sawEof);
  EXPECT_TRUE(until([&] { return factory->stops == 1; }));
}

TEST_P(AdoptTest, AConnectionThatIsNotMadeBeforeTheReactorEndsStopsItsFactory) {
  reactor->adoptStreamConnection(ours, factory);
  reactor.reset();
  EXPECT_EQ(factory->stops, 1);
  EXPECT_TRUE(factory->peers.empty());
}

TEST_P(AdoptTest, ADescriptorThatIsNoConnectionIsRefusedByName) {
  SocketFolder folder;
  const int listening = posix::openSocket(AF_UNIX, posix::Blocking::kNo);
  const posix::SocketAddress native = posix::toNative(folder.address());
  ASSERT_EQ(::bind(listening, native.get(), native.length), 0);
  ASSERT_EQ(::listen(listening, 5), 0);
  const std::string subject = "descriptor " + std::to_string(listening);
  try {
    reactor->adoptStreamConnection(listening, factory);
    FAIL();
  } catch (const ConnectError& error) {
    EXPECT_EQ(error.what(), "cannot adopt the connection: " + subject + " is a UNIX socket that listens");
  }
  EXPECT_EQ(factory->numPorts(), 0);
  EXPECT_EQ(reactor->openResources(), 0u);
  const std::shared_ptr<Port> port = reactor->adoptStreamPort(listening, factory);
  EXPECT_EQ(port->getHost(), folder.address());
  Peer client = Peer::connectedTo(folder.address());
  client.send("hello");
  EXPECT_EQ(echoed(client, 5), "hello");
  ::close(listening);
}

TEST_P(AdoptTest, AStoppedPortLeavesTheDescriptorAndTheFileToTheirOwner) {
  SocketFolder folder;
  const int listening = posix::openSocket(AF_UNIX, posix::Blocking::kNo);
  const posix::SocketAddress native = posix::toNative(folder.address());
  ASSERT_EQ(::bind(listening, native.get(), native.length), 0);
  ASSERT_EQ(::listen(listening, 5), 0);
  reactor->adoptStreamPort(listening, factory)->stopListening();
  EXPECT_TRUE(until([&] { return factory->stops == 1; }));
  EXPECT_TRUE(folder.has("s"));
  Peer waits = Peer::connectedTo(folder.address());
  ::close(listening);
}

TEST_P(AdoptTest, AFactoryThatCannotStartAdoptsNothing) {
  factory->broken = true;
  EXPECT_THROW(reactor->adoptStreamConnection(ours, factory), std::runtime_error);
  EXPECT_THROW(reactor->adoptStreamConnection(ours, nullptr), UsageError);
  EXPECT_THROW(reactor->adoptStreamPort(ours, nullptr), UsageError);
  EXPECT_THROW(reactor->adoptStreamPort(ours, factory), CannotListenError);
  EXPECT_EQ(reactor->openResources(), 0u);
  EXPECT_EQ(factory->numPorts(), 0);
}

INSTANTIATE_TEST_SUITE_P(Unix, AdoptTest, ::testing::ValuesIn(testedDrivers()), [](const auto& test) { return test.param; });

}  // namespace
}  // namespace teasel::drivertest
