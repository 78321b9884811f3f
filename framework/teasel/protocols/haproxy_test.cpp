#include <teasel/protocols/haproxy.hpp>

#include <gtest/gtest.h>

#include <stdexcept>
#include <string>

#include <teasel/core/errors.hpp>
#include <teasel/core/logger.hpp>
#include <teasel/fakes/fake_clock.hpp>
#include <teasel/fakes/string_transport.hpp>
#include <teasel/fakes/world/test/world_test_kit.hpp>
#include <teasel/fakes/world/world.hpp>
#include <teasel/protocols/limit_connections.hpp>
#include <teasel/protocols/test/framing_test_kit.hpp>
#include <teasel/protocols/test/haproxy_test_kit.hpp>

namespace teasel {
namespace {

using namespace std::chrono_literals;
using namespace test;
using fakes::StringTransport;
using fakes::test::Log;
using fakes::test::Recorder;

constexpr std::string_view kLine = "PROXY TCP4 192.0.2.1 192.0.2.2 5000 443\r\n";

/// Builds Recorders, and writes down for which peer.
class Recorders final : public Factory {
 public:
  Recorders(Log* log, const Recorder::Does* does) : log_(log), does_(does) { noisy = false; }
  std::shared_ptr<Protocol> buildProtocol(const Address& peer) override {
    log_->lines.push_back("build:" + peer.text());
    if (broken) throw std::runtime_error("no more");
    return none ? nullptr : std::make_shared<Recorder>(log_, does_);
  }
  bool broken = false, none = false;

 private:
  Log* log_;
  const Recorder::Does* does_;
};

/// Writes down which headers were refused.
class Proxied final : public HAProxyWrappingFactory {
 public:
  Proxied(Clock& clock, std::shared_ptr<Factory> inner, HAProxyOptions options, Log& log)
      : HAProxyWrappingFactory(clock, std::move(inner), std::move(options)), log_(log) {}
  void headerRefused(const Address& proxy, const Failure& why) override {
    log_.lines.push_back("refused:" + why.name());
    from = proxy;
    reason = why;
  }
  Address from;
  Failure reason;

 private:
  Log& log_;
};

/// A world whose host listens behind a proxy, which is the remote peer 0.
struct Served {
  explicit Served(HAProxyOptions options = {}, const fakes::WorldOptions& worldOptions = {}) : world(worldOptions) {
    Reactor& reactor = world.host().reactor();
    inner = std::make_shared<Recorders>(&log, &does);
    factory = std::make_shared<Proxied>(reactor, inner, std::move(options), log);
    reactor.listenTCP(8000, factory);
  }
  fakes::RemotePeer& connect() {
    fakes::RemotePeer& peer = world.connect(0);
    world.settle();
    proxy = factory->protocols().empty() ? "" : factory->protocols().begin()->second->getPeer().text();
    return peer;
  }
  void send(ByteView bytes) {
    world.peer(0).send(bytes);
    world.settle();
  }
  Log log;
  Recorder::Does does;
  fakes::World world;
  std::shared_ptr<Recorders> inner;
  std::shared_ptr<Proxied> factory;
  std::string proxy;  ///< the address of the peer of the connection
};

TEST(HAProxy, BuildsTheProtocolForTheClientAndGivesItTheClientsAddresses) {
  Served served;
  std::string host, peer, proxy;
  served.does.onMade = [&](Recorder& self) {
    host = self.transport().getHost().text();
    peer = self.transport().getPeer().text();
    proxy = dynamic_cast<const HAProxyProtocolWrapper&>(self.transport()).proxyAddress().text();
  };
  served.connect();
  EXPECT_EQ(served.log.text(), "") << "nothing is built before the header";
  served.send(std::string(kLine) + "hello");
  EXPECT_EQ(served.log.text(), "build:192.0.2.1:5000 made got:hello");
  EXPECT_EQ(peer, "192.0.2.1:5000");
  EXPECT_EQ(host, "192.0.2.2:443");
  EXPECT_EQ(proxy, served.proxy);
  EXPECT_NE(proxy, peer);
}

TEST(HAProxy, GivesTheAddressesOfIpv6AndUnixHeadersToTheProtocol) {
  const std::string six = std::string(15, '\0') + '\x01' + "\x20\x01\x0d\xb8" + std::string(11, '\0') + "\x42\x12\x34\x01\xbb";
  std::string paths(216, '\0');
  paths.replace(0, 11, "/run/client").replace(108, 11, "/run/server");
  struct Case {
    std::string header, peer, host;
  };
  const Case cases[] = {{"PROXY TCP6 ::1 2001:db8::42 4660 443\r\n", "[::1]:4660", "[2001:db8::42]:443"},
                        {binaryHeader(kProxy, kTcp6, six), "[::1]:4660", "[2001:db8::42]:443"},
                        {binaryHeader(kProxy, kUnixStream, paths), "unix:/run/client", "unix:/run/server"}};
  for (const Case& each : cases) {
    Served served;
    std::string peer, host;
    served.does.onMade = [&](Recorder& self) {
      peer = self.transport().getPeer().text();
      host = self.transport().getHost().text();
    };
    served.connect();
    served.send(each.header);
    EXPECT_EQ(served.log.text(), "build:" + each.peer + " made");
    EXPECT_EQ(peer, each.peer);
    EXPECT_EQ(host, each.host);
  }
}

TEST(HAProxy, GivesTheAddressesOfTheConnectionWhereTheHeaderNamesNone) {
  for (const std::string& header : {std::string("PROXY UNKNOWN\r\n"), binaryHeader(kLocal, kUnspec, "")}) {
    Served served;
    std::string peer;
    served.does.onMade = [&](Recorder& self) { peer = self.transport().getPeer().text(); };
    served.connect();
    served.send(header);
    EXPECT_EQ(served.log.text(), "build:" + served.proxy + " made");
    EXPECT_EQ(peer, served.proxy);
  }
}

TEST(HAProxy, TheProtocolGetsWhatIsBehindTheHeaderHoweverTheStreamIsCut) {
  const std::string binary = withChecksum(binaryHeader(kProxy, kTcp4, block4() + tlv('\x03', "\0\0\0\0"sv)));
  fakes::FakeClock clock;
  for (const std::string& header : {std::string(kLine), binary}) {
    const std::string stream = header + "hello";
    for (const auto& way : waysToCut(stream.size())) {
      Log log;
      Recorder::Does does;
      std::string got;
      does.onData = [&](Recorder&, ByteView data) { got += data.text(); };
      const auto factory = std::make_shared<HAProxyWrappingFactory>(clock, std::make_shared<Recorders>(&log, &does));
      StringTransport wire(factory->buildProtocol(Address()));
      wire.feed(stream, way);
      ASSERT_EQ(got, "hello") << way.text();
      ASSERT_EQ(log.lines.at(1), "made") << way.text();
    }
  }
}

TEST(HAProxy, RefusesAMalformedHeaderWithWhatWasWrongAndBuildsNothing) {
  Served served;
  served.connect();
  served.send("GET / HTTP/1.0\r\n\r\n");
  EXPECT_EQ(served.log.text(), "refused:HaproxyError");
  EXPECT_EQ(served.factory->from.text(), served.proxy);
  const auto* why = served.factory->reason.check<HaproxyError>();
  ASSERT_NE(why, nullptr);
  EXPECT_EQ(why->at(), 0u);
  EXPECT_TRUE(served.world.peer(0).sawEof());
  EXPECT_TRUE(served.factory->protocols().empty());
}

TEST(HAProxy, EndsAConnectionWhoseHeaderDoesNotEndInTime) {
  Served served(HAProxyOptions{.timeout = 5s});
  fakes::RemotePeer& peer = served.connect();
  for (const std::string_view byte : {"P", "R", "O", "X"}) {
    served.world.advance(1s);
    served.send(byte);
  }
  EXPECT_FALSE(peer.sawEof());
  served.world.advance(1s);
  EXPECT_TRUE(peer.sawEof());
  const auto* why = served.factory->reason.check<HaproxyError>();
  ASSERT_NE(why, nullptr);
  EXPECT_EQ(why->problem(), HaproxyError::Problem::kTimedOut);
  EXPECT_EQ(why->at(), 4u);
}

TEST(HAProxy, TheTimeOutEndsWithTheHeader) {
  Served served(HAProxyOptions{.timeout = 5s});
  served.connect();
  served.send(kLine);
  EXPECT_TRUE(served.world.host().reactor().getDelayedCalls().empty());
  served.world.advance(1h);
  EXPECT_EQ(served.log.text(), "build:192.0.2.1:5000 made");
}

TEST(HAProxy, ReadsNothingOfAPeerThatIsNotTrusted) {
  Served served(HAProxyOptions{.trusted = [](const Address&) { return false; }});
  fakes::RemotePeer& peer = served.connect();
  served.send(kLine);
  EXPECT_TRUE(peer.sawEof());
  const auto* why = served.factory->reason.check<HaproxyError>();
  ASSERT_NE(why, nullptr);
  EXPECT_EQ(why->problem(), HaproxyError::Problem::kUntrusted);
  EXPECT_EQ(served.log.lines.size(), 1u) << served.log.text();
}

TEST(HAProxy, SaysWhenTheConnectionEndsWithinTheHeaderButNotBeforeIt) {
  for (const bool within : {false, true}) {
    Served served;
    fakes::RemotePeer& peer = served.connect();
    if (within) served.send("PROXY ");
    peer.endOfStream();
    served.world.settle();
    EXPECT_EQ(served.log.lines.size(), within ? 1u : 0u);
    EXPECT_EQ(static_cast<bool>(served.factory->reason.check<ConnectionDone>()), within);
    EXPECT_TRUE(served.factory->protocols().empty());
    EXPECT_TRUE(served.world.host().reactor().getDelayedCalls().empty());
  }
}

TEST(HAProxy, LogsByItselfWhatItRefuses) {
  LogCapture logged;
  fakes::World world(fakes::WorldOptions{.log = &logged});
  Reactor& reactor = world.host().reactor();
  reactor.listenTCP(8000, std::make_shared<HAProxyWrappingFactory>(reactor, Factory::forProtocol<fakes::test::Echo>()));
  world.connect(0).send("nonsense");
  world.settle();
  EXPECT_TRUE(logged.contains("PROXY header refused at byte 0"));
}

// The protocol and its factory --------------------------------------------------------------------

TEST(HAProxy, AProtocolThatPausesInConnectionMadeGetsTheRestWhenItResumes) {
  Served served;
  Recorder* protocol = nullptr;
  served.does.onMade = [&](Recorder& self) {
    protocol = &self;
    self.transport().pauseProducing();
  };
  served.connect();
  served.send(std::string(kLine) + "one");
  served.send("two");
  EXPECT_EQ(served.log.text(), "build:192.0.2.1:5000 made");
  protocol->transport().resumeProducing();
  EXPECT_EQ(served.log.text(), "build:192.0.2.1:5000 made") << "not inside the call";
  served.world.settle();
  EXPECT_EQ(served.log.text(), "build:192.0.2.1:5000 made got:one got:two");
}

TEST(HAProxy, AProtocolThatClosesInConnectionMadeGetsNothingMore) {
  for (const bool abort : {false, true}) {
    Served served;
    served.does.onMade = [&](Recorder& self) {
      self.transport().write("go away");
      if (abort) self.transport().abortConnection();
      else self.transport().loseConnection();
    };
    fakes::RemotePeer& peer = served.connect();
    served.send(std::string(kLine) + "hello");
    EXPECT_EQ(peer.received().str(), abort ? "" : "go away");
    peer.close();
    served.world.settle();
    EXPECT_EQ(served.log.text(),
              abort ? "build:192.0.2.1:5000 made lost:ConnectionAborted" : "build:192.0.2.1:5000 made lost:ConnectionDone");
  }
}

TEST(HAProxy, AHalfCloseableProtocolHearsOfAnEndThatCameWithTheHeader) {
  Served served;
  served.does.halfCloseable = true;
  fakes::RemotePeer& peer = served.connect();
  peer.send(std::string(kLine) + "hello");
  peer.endOfStream(true);
  served.world.settle();
  EXPECT_EQ(served.log.text(), "build:192.0.2.1:5000 made got:hello eof");
  peer.close();
  served.world.settle();
}

TEST(HAProxy, ClosesTheConnectionIfNoProtocolIsBuiltOrBuildingItFails) {
  for (const bool broken : {false, true}) {
    Served served;
    served.world.allow<std::runtime_error>();
    served.inner->broken = broken;
    served.inner->none = !broken;
    fakes::RemotePeer& peer = served.connect();
    served.send(std::string(kLine) + "hello");
    EXPECT_TRUE(peer.sawEof());
    EXPECT_FALSE(peer.sawReset());
    peer.close();
    served.world.settle();
    EXPECT_EQ(served.log.text(), "build:192.0.2.1:5000");
    EXPECT_TRUE(served.factory->protocols().empty());
  }
}

TEST(HAProxy, AnExceptionOutOfConnectionMadeAbortsTheConnection) {
  Served served;
  served.world.allow<std::runtime_error>();
  served.does.onMade = [](Recorder&) { throw std::runtime_error("full"); };
  fakes::RemotePeer& peer = served.connect();
  served.send(std::string(kLine) + "hello");
  EXPECT_TRUE(peer.sawReset());
  EXPECT_EQ(served.log.text(), "build:192.0.2.1:5000 made lost:std::runtime_error");
}

TEST(HAProxy, ALimitInsideItCountsClientsAndOneAroundItCountsProxies) {
  Log log;
  Recorder::Does does;
  fakes::World world;
  Reactor& reactor = world.host().reactor();
  const auto clients = std::make_shared<LimitConnectionsByPeer>(fakes::test::recorders(&log, &does), 1);
  const auto proxied = std::make_shared<HAProxyWrappingFactory>(reactor, clients);
  const auto proxies = std::make_shared<LimitConnectionsByPeer>(proxied, 3);
  reactor.listenTCP(8000, proxies);
  for (const unsigned k : {0u, 1u, 2u, 3u}) {
    world.connect(k).send(k == 2 ? "PROXY TCP4 192.0.2.9 192.0.2.2 5001 443\r\n" : kLine);
    world.settle();
  }
  EXPECT_EQ(log.text(), "made made") << "192.0.2.1 and 192.0.2.9";
  EXPECT_TRUE(world.peer(1).sawEof());
  EXPECT_EQ(clients->peerCount(), 2u);
  EXPECT_EQ(proxies->peerCount(), 1u);
}

TEST(HAProxy, NeedsAFactoryAndATimeOutThatLiesAhead) {
  fakes::World world;
  Reactor& reactor = world.host().reactor();
  EXPECT_THROW(HAProxyWrappingFactory(reactor, nullptr), UsageError);
  EXPECT_THROW(HAProxyWrappingFactory(reactor, std::make_shared<Factory>(), {.timeout = -1s}), NegativeDelay);
}

TEST(HAProxy, CutsDelaysStallsAndResetsLeaveTheProtocolWithWhatIsBehindTheHeader) {
  fakes::WorldOptions options;
  options.faults.reset = {1, 8};
  options.faults.stalls = options.faults.windows = true;
  int whole = 0;
  for (std::uint64_t seed = 0; seed < 200; ++seed) {
    Served served({}, options);
    served.world.choices().usePrng(seed);
    std::string got;
    served.does.onData = [&](Recorder&, ByteView data) { got += data.text(); };
    fakes::Play& play = served.world.play();
    play.connect(0), play.send(0, std::string(kLine) + "hello"), play.endOfStream(0);
    EXPECT_TRUE(served.world.run()) << "seed " << seed;
    EXPECT_TRUE(std::string_view("hello").starts_with(got)) << "seed " << seed << ": " << got;
    EXPECT_TRUE(served.factory->protocols().empty()) << "seed " << seed;
    whole += got == "hello";
  }
  EXPECT_GT(whole, 50);
}

}  // namespace
}  // namespace teasel
