#include <teasel/protocols/port_forwarder.hpp>

#include <gtest/gtest.h>

#include <initializer_list>
#include <string>
#include <utility>

#include <teasel/core/errors.hpp>
#include <teasel/fakes/play/odometer.hpp>
#include <teasel/fakes/world/test/world_test_kit.hpp>
#include <teasel/fakes/world/world.hpp>
#include <teasel/protocols/limit_connections.hpp>
#include <teasel/protocols/timeout_protocol.hpp>

namespace teasel {
namespace {

using namespace std::chrono_literals;
using fakes::test::Clients;
using fakes::test::Log;
using fakes::test::Recorder;
using fakes::test::recorders;

/// Writes down what could not be reached.
class Forwarder final : public ProxyFactory {
 public:
  Forwarder(Reactor& reactor, std::string host, int port) : ProxyFactory(reactor, std::move(host), port) { noisy = false; }
  void connectFailed(const Address&, const Failure& why) override { failed = why; }
  Failure failed;
};

/// Three hosts: "client" connects to "forwarder", which forwards to "target". The logs are those of
/// client and target.
struct Chain {
  explicit Chain(const fakes::WorldOptions& options = {}) : world(options) {
    onClient.onMade = [this](Recorder& self) { client = &self; };
    onTarget.onMade = [this](Recorder& self) { target = &self; };
    onClient.onLost = [this](Recorder&) { client = nullptr; };
    onTarget.onLost = [this](Recorder&) { target = nullptr; };
    const std::string to = world.host("target").address().host();
    forwarder = std::make_shared<Forwarder>(world.host("forwarder").reactor(), to, 80);
  }
  void listen() { targetPort = world.host("target").reactor().listenTCP(80, recorders(&targetLog, &onTarget)); }
  void forward(const std::shared_ptr<Factory>& factory) { world.host("forwarder").reactor().listenTCP(8080, factory); }
  void dial() {
    const std::string to = world.host("forwarder").address().host();
    world.host("client").reactor().connectTCP(to, 8080, std::make_shared<Clients>(&clientLog, &onClient));
    world.settle();
  }
  /// Everything stands, and both logs are empty.
  void connected() {
    listen();
    forward(forwarder);
    dial();
    clientLog.lines.clear(), targetLog.lines.clear();
  }
  Log clientLog, targetLog;
  Recorder::Does onClient, onTarget;
  Recorder *client = nullptr, *target = nullptr;  ///< the newest protocol; null when it has ended
  fakes::World world;
  std::shared_ptr<Forwarder> forwarder;
  std::shared_ptr<Port> targetPort;
};

TEST(PortForwarder, ForwardsBothWays) {
  Chain chain;
  chain.connected();
  chain.client->transport().write("hello");
  chain.world.settle();
  EXPECT_EQ(chain.targetLog.text(), "got:hello");
  chain.target->transport().write("good day");
  chain.world.settle();
  EXPECT_EQ(chain.clientLog.text(), "got:good day");
}

TEST(PortForwarder, ForwardsWhatComesBeforeTheTargetIsConnected) {
  Chain chain;
  chain.listen();
  chain.forward(chain.forwarder);
  chain.world.latency("forwarder", "target", 5s);
  chain.dial();
  chain.client->transport().write("early");
  chain.client->transport().loseWriteConnection();
  chain.world.settle();
  EXPECT_EQ(chain.targetLog.text(), "");
  chain.onTarget.halfCloseable = true;
  chain.world.advance(1min);
  EXPECT_EQ(chain.targetLog.text(), "made got:early eof");
}

TEST(PortForwarder, PassesHalfCloseOnBehindTheBytesAndKeepsTheOtherDirection) {
  Chain chain;
  chain.onTarget.halfCloseable = chain.onClient.halfCloseable = true;
  chain.connected();
  chain.client->transport().write("request");
  chain.client->transport().loseWriteConnection();
  chain.world.settle();
  EXPECT_EQ(chain.targetLog.text(), "got:request eof");
  chain.target->transport().write("reply");
  chain.world.settle();
  EXPECT_EQ(chain.clientLog.text(), "shut got:reply");
  chain.target->transport().loseConnection();
  chain.world.settle();
  EXPECT_EQ(chain.clientLog.text(), "shut got:reply eof lost:ConnectionDone");
  EXPECT_EQ(chain.targetLog.text(), "got:request eof lost:ConnectionDone");
}

TEST(PortForwarder, ACleanCloseOfEitherSideClosesTheOtherCleanly) {
  for (const bool byClient : {false, true}) {
    Chain chain;
    chain.connected();
    Recorder& closing = byClient ? *chain.client : *chain.target;
    closing.transport().write("last words");
    closing.transport().loseConnection();
    chain.world.settle();
    EXPECT_EQ((byClient ? chain.targetLog : chain.clientLog).text(), "got:last words lost:ConnectionDone");
    EXPECT_EQ((byClient ? chain.clientLog : chain.targetLog).text(), "lost:ConnectionDone");
  }
}

TEST(PortForwarder, AResetOfEitherSideResetsTheOther) {
  for (const bool byClient : {false, true}) {
    Chain chain;
    chain.connected();
    (byClient ? *chain.client : *chain.target).transport().abortConnection();
    chain.world.settle();
    EXPECT_EQ((byClient ? chain.targetLog : chain.clientLog).text(), "lost:ConnectionLost");
    EXPECT_EQ((byClient ? chain.clientLog : chain.targetLog).text(), "lost:ConnectionAborted");
  }
}

TEST(PortForwarder, AResetAfterAHalfCloseResetsTheOtherSide) {
  Chain chain;
  chain.onTarget.halfCloseable = chain.onClient.halfCloseable = true;
  chain.connected();
  chain.client->transport().loseWriteConnection();
  chain.world.settle();
  chain.target->transport().abortConnection();
  chain.world.settle();
  EXPECT_EQ(chain.clientLog.text(), "shut lost:ConnectionLost");
}

TEST(PortForwarder, ATargetThatCannotBeReachedAbortsTheClientAndSaysWhy) {
  Chain chain;
  chain.forward(chain.forwarder);
  chain.dial();
  EXPECT_EQ(chain.clientLog.text(), "made lost:ConnectionLost");
  EXPECT_TRUE(chain.forwarder->failed.check<ConnectionRefusedError>()) << chain.forwarder->failed;
}

TEST(PortForwarder, AClientThatGoesWhileTheTargetIsConnectedToLeavesNothing) {
  Chain chain;
  chain.listen();
  chain.forward(chain.forwarder);
  chain.world.hold("forwarder", "target");
  chain.dial();
  chain.client->transport().abortConnection();
  chain.world.settle();
  chain.world.release("forwarder", "target");
  chain.world.advance(1min);
  EXPECT_EQ(chain.clientLog.text(), "made lost:ConnectionAborted");
  EXPECT_EQ(chain.targetLog.text(), "made lost:ConnectionLost");
  EXPECT_EQ(chain.world.host("forwarder").reactor().describeOpen().size(), 1u) << "its port";
}

/// How many bytes a host of the chain has received and not sent on, at most.
constexpr std::size_t kMostHeld = Transport::kDefaultHighWaterMark + 2 * fakes::SimDriver::kMaxChunk;

TEST(PortForwarder, HoldsNoMoreThanItsMarkOfWhatTheOtherSideDoesNotRead) {
  for (const bool toTarget : {false, true}) {
    Chain chain;
    chain.connected();
    Recorder &from = toTarget ? *chain.client : *chain.target, &to = toTarget ? *chain.target : *chain.client;
    std::size_t got = 0;
    (toTarget ? chain.onTarget : chain.onClient).onData = [&](Recorder&, ByteView data) { got += data.size(); };
    to.transport().pauseProducing();
    from.transport().write(std::string(10'000'000, 'x'));
    chain.world.advance(10s);
    EXPECT_EQ(got, 0u);
    const std::size_t sent = from.transport().counters().bytesSent;
    EXPECT_LT(sent, kMostHeld + 4 * fakes::Pipe::kWindow) << "the rest waits at its source";
    to.transport().resumeProducing();
    chain.world.advance(10s);
    EXPECT_EQ(got, 10'000'000u);
  }
}

TEST(PortForwarder, WorksInsideALimitAndATimeOut) {
  Chain chain;
  chain.listen();
  Reactor& reactor = chain.world.host("forwarder").reactor();
  const auto limited = std::make_shared<LimitTotalConnectionsFactory>(chain.forwarder, 1);
  chain.forward(std::make_shared<TimeoutFactory>(reactor, limited, 10s));
  chain.dial();
  chain.client->transport().write("hello");
  chain.world.settle();
  EXPECT_EQ(chain.targetLog.text(), "made got:hello");
  chain.dial();
  EXPECT_EQ(chain.clientLog.text(), "made made lost:ConnectionDone");
  chain.world.advance(10s);
  EXPECT_EQ(chain.targetLog.text(), "made got:hello lost:ConnectionDone");
  EXPECT_EQ(limited->connectionCount(), 0u);
}

TEST(PortForwarder, NeedsAPortAndAWayToConnect) {
  fakes::World world;
  for (const int port : {-1, 0, 65536})
    EXPECT_THROW(ProxyFactory(world.host().reactor(), "10.0.0.1", port), InvalidAddressError) << port;
  EXPECT_THROW(ProxyFactory(nullptr), UsageError);
}

// Searched ----------------------------------------------------------------------------------------

/// Runs one request and its reply through the forwarder with every combination of the draws of
/// these sites. Whatever happens on the way, each side gets a beginning of what the other one sent,
/// both end, and nothing is left. Returns how many runs were made, and how many were whole.
std::pair<std::size_t, std::size_t> search(std::initializer_list<fakes::ChoiceSite> sites, const fakes::WorldOptions& options) {
  fakes::Odometer odometer(sites, {.runs = 200'000});
  std::size_t whole = 0;
  while (odometer.next()) {
    SCOPED_TRACE(odometer.progress());
    Chain chain(options);
    chain.world.choices().useOdometer(odometer);
    std::string request, reply;
    chain.onTarget.halfCloseable = true;
    chain.onClient.onMade = [](Recorder& self) { self.transport().write("ab"), self.transport().loseWriteConnection(); };
    chain.onClient.onData = [&](Recorder&, ByteView data) { reply += data.text(); };
    chain.onTarget.onData = [&](Recorder& self, ByteView data) {
      request += data.text();
      if (request == "ab") self.transport().write("xy"), self.transport().loseConnection();
    };
    chain.onClient.halfCloseable = true;
    chain.listen();
    chain.forward(chain.forwarder);
    chain.dial();
    while (chain.world.advanceToNext()) {
    }
    EXPECT_TRUE(std::string_view("ab").starts_with(request)) << request;
    EXPECT_TRUE(std::string_view("xy").starts_with(reply)) << reply;
    EXPECT_EQ(chain.client, nullptr);
    EXPECT_EQ(chain.target, nullptr);
    EXPECT_EQ(chain.world.host("forwarder").reactor().describeOpen().size(), 1u) << "its port";
    EXPECT_EQ(chain.world.verdict(), nullptr);
    if (testing::Test::HasFailure()) break;
    whole += reply == "xy";
  }
  return {odometer.runs(), whole};
}

TEST(PortForwarder, LosesNothingHoweverBothStreamsAreCut) {
  const auto [runs, whole] = search({fakes::ChoiceSite::kCut, fakes::ChoiceSite::kEofWithLast}, {});
  EXPECT_EQ(whole, runs);
  EXPECT_GT(runs, 16u);
}

TEST(PortForwarder, EndsBothSidesWhereverAResetHappens) {
  fakes::WorldOptions options;
  options.faults.reset = {1, 8};
  const auto [runs, whole] = search({fakes::ChoiceSite::kFaultReset}, options);
  EXPECT_GT(whole, 0u);
  EXPECT_GT(runs, whole);
}

TEST(PortForwarder, EndsBothSidesHoweverTheirHostsTakeTurns) {
  const auto [runs, whole] = search({fakes::ChoiceSite::kHostOrder, fakes::ChoiceSite::kWritten}, {});
  EXPECT_EQ(whole, runs);
}

}  // namespace
}  // namespace teasel
