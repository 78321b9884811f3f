#include <teasel/drivers/driver_test_kit.hpp>

#include <csignal>

#include <fcntl.h>
#include <sys/wait.h>

#include <teasel/core/logger.hpp>
#include <teasel/protocol/factory.hpp>
#include <teasel/protocol/port.hpp>
#include <teasel/reactor/reactor.hpp>

/// Reactor::adoptStreamPort and adoptStreamConnection on every driver.
namespace teasel::drivertest {
namespace {

/// How many bytes answer a "!": more than a socket takes while nobody reads.
constexpr std::size_t kBurst = std::size_t{4} << 20;

class Echo final : public Protocol {
 public:
  void dataReceived(ByteView data) override { transport().write(data == "!" ? std::string(kBurst, 'b') : data.str()); }
};

/// Counts what it is asked for.
class Echoes final : public Factory {
 public:
  Echoes() { noisy = false; }
  std::shared_ptr<Protocol> buildProtocol(const Address& peer) override {
    peers.push_back(peer);
    return refuse ? nullptr : made = std::make_shared<Echo>();
  }
  void startFactory() override {
    if (broken) throw std::runtime_error("no");
    ++starts;
  }
  void stopFactory() override { ++stops; }

  std::vector<Address> peers;
  std::shared_ptr<Echo> made;  // the last one
  int starts = 0, stops = 0;
  bool broken = false, refuse = false;
};

class AdoptTest : public ::testing::TestWithParam<std::string> {
 public:
  void SetUp() override {
    if (std::string why; !variantAvailable(GetParam(), why)) GTEST_SKIP() << why;
    reactor = std::make_unique<Reactor>(makeDriver(GetParam()));
    int ends[2];
    ASSERT_EQ(::socketpair(AF_UNIX, SOCK_STREAM, 0, ends), 0);
    ours = ends[0];
    peer = std::make_unique<Peer>(ends[1]);
  }
  void TearDown() override {
    if (ours >= 0) ::close(ours);
    factory->made.reset();  // a protocol holds its factory
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

  /// How many turns of at most 100 ms there are in 200 ms. A driver that is reported something that
  /// nobody handles makes thousands.
  int turnsInAWhile() {
    int turns = 0;
    for (const Instant end = reactor->driver().now() + 200ms; reactor->driver().now() < end; ++turns) reactor->turn(100ms);
    return turns;
  }
  static constexpr int kFewTurns = 20;
  /// A UNIX socket that listens, which the test closes.
  static int listeningAt(const Address& at) {
    const int listening = posix::openSocket(AF_UNIX, posix::Blocking::kYes);
    const posix::SocketAddress native = posix::toNative(at);
    EXPECT_EQ(::bind(listening, native.get(), native.length), 0);
    EXPECT_EQ(::listen(listening, 5), 0);
    return listening;
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
  const int listening = listeningAt(folder.address());
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
  const int listening = listeningAt(folder.address());
  reactor->adoptStreamPort(listening, factory)->stopListening();
  EXPECT_TRUE(until([&] { return factory->stops == 1; }));
  EXPECT_TRUE(folder.has("s"));
  Peer waits = Peer::connectedTo(folder.address());
  ::close(listening);
}

TEST_P(AdoptTest, AStoppedPortIsNotWatchedWhileItsOwnerKeepsItAndCanBeAdoptedAgain) {
  SocketFolder folder;
  const int listening = listeningAt(folder.address());
  const std::shared_ptr<Port> port = reactor->adoptStreamPort(listening, factory);
  reactor->turn(5ms);
  port->stopListening();
  EXPECT_TRUE(until([&] { return factory->stops == 1; }));
  reactor->turn(5ms);
  Peer waits = Peer::connectedTo(folder.address());
  EXPECT_LT(turnsInAWhile(), kFewTurns);
  reactor->adoptStreamPort(listening, factory);
  waits.send("hello");
  EXPECT_EQ(echoed(waits, 5), "hello");
  ::close(listening);
}

TEST_P(AdoptTest, AConnectionThatEndedIsNotWatchedWhileItsOwnerKeepsIt) {
  reactor->adoptStreamConnection(ours, factory);
  peer->send("hello");
  EXPECT_EQ(echoed(*peer, 5), "hello");
  peer->endWrite();
  EXPECT_TRUE(until([&] { return factory->stops == 1; }));
  EXPECT_LT(turnsInAWhile(), kFewTurns);
}

TEST_P(AdoptTest, AConnectionThatEndedIsNotWatchedWhileAChildProcessKeepsIt) {
  const std::shared_ptr<Port> port = reactor->listenTCP(0, factory, 5, "127.0.0.1");
  Peer client = Peer::connectedTo(port->getHost());
  client.send("hello");
  EXPECT_EQ(echoed(client, 5), "hello");
  const pid_t child = ::fork();
  if (child == 0)
    for (;;) ::pause();
  factory->made->transport().abortConnection();
  EXPECT_TRUE(until([&] { return reactor->openResources() == 1; }));
  reactor->turn(5ms);
  client.send("hello");
  EXPECT_LT(turnsInAWhile(), kFewTurns);
  ::kill(child, SIGKILL);
  EXPECT_EQ(::waitpid(child, nullptr, 0), child);
}

TEST_P(AdoptTest, ReactorsOnOneDescriptionDoNotMakeEachOtherWait) {
  for (const std::string& name : testedDrivers()) {
    std::string why;
    if (!driverAvailable(name, why)) continue;
    SocketFolder folder;
    const int listening = listeningAt(folder.address());
    Reactor other{makeDriver(name)};
    reactor->adoptStreamPort(listening, factory);
    const auto others = std::make_shared<Echoes>();
    other.adoptStreamPort(listening, others);
    ASSERT_NE(::fcntl(listening, F_GETFL) & O_NONBLOCK, 0) << "an accept that comes too late would wait";
    Peer client = Peer::connectedTo(folder.address());
    client.send("hello");
    std::string got;
    EXPECT_TRUE(until([&] {
      other.turn(0ms);
      return (got += client.take()).size() >= 5;
    })) << name;
    EXPECT_LT(turnsInAWhile(), kFewTurns) << name;
    others->made.reset();
    ::close(listening);
  }
}

TEST_P(AdoptTest, AConnectionThatItsOwnerMadeBlockingBlocksNobody) {
  reactor->adoptStreamConnection(ours, factory);
  reactor->turn(5ms);
  ASSERT_EQ(::fcntl(ours, F_SETFL, 0), 0);
  ::alarm(60);  // ends the program if the driver waits for the peer
  peer->send("!");
  EXPECT_LT(turnsInAWhile(), kFewTurns);
  EXPECT_EQ(echoed(*peer, kBurst).size(), kBurst);
  ::alarm(0);
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

INSTANTIATE_TEST_SUITE_P(Unix, AdoptTest, ::testing::ValuesIn(testedDrivers()), driverTestName);

}  // namespace
}  // namespace teasel::drivertest
