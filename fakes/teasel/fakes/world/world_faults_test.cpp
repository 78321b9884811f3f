#include <gtest/gtest.h>

#include <set>

#include <teasel/core/errors.hpp>
#include <teasel/fakes/world/test/world_test_kit.hpp>
#include <teasel/fakes/world/world.hpp>

// Every fault and freedom of the simulated network: that it happens, that it reaches bytes in
// flight, and what each side sees of it.

namespace teasel::fakes {
namespace {

using namespace std::chrono_literals;
using test::Recorder;
using test::Served;

constexpr std::uint32_t kToHost = kPlayEntities;        // what the peer of connection 0 sends
constexpr std::uint32_t kFromHost = kPlayEntities + 1;  // what the host sends to it

ChoiceRecord drawn(std::uint32_t entity, ChoiceSite site, std::uint64_t value, std::uint32_t index = 0) {
  return {entity, static_cast<std::uint16_t>(site), index, 0, value};
}

/// A served world whose peer is connected. The test drives it by hand.
struct Driven : Served {
  explicit Driven(const WorldOptions& options = {}, const std::vector<ChoiceRecord>& records = {}) : Served(options) {
    if (!records.empty()) world.choices().useRecords(records);
    world.connect(0);
    world.settle();
  }
  void send(ByteView bytes) {
    peer().send(bytes);
    world.settle();
  }
};

void echo(Recorder& self, ByteView data) { self.transport().write(data); }

TEST(WorldFaults, LatencyDelaysBytesAndKeepsTheirOrder) {
  Driven it({}, {drawn(kToHost, ChoiceSite::kLatency, 4, 0), drawn(kToHost, ChoiceSite::kLatency, 1, 1)});
  it.send("slow");
  it.send("fast");
  EXPECT_EQ(it.log.text(), "made");
  it.world.advance(999us);
  EXPECT_EQ(it.log.text(), "made");
  it.world.advance(1us);
  EXPECT_EQ(it.log.text(), "made got:slowfast");
}

TEST(WorldFaults, AStallIsADelayAndNeverAGap) {
  WorldOptions options;
  options.faults.stalls = true;
  Driven it(options, {drawn(kToHost, ChoiceSite::kStall, 5)});
  it.send("abc");
  it.world.advance(199ms);
  EXPECT_EQ(it.log.text(), "made");
  it.send("def");
  it.world.advance(1s);
  EXPECT_EQ(it.log.text(), "made got:abcdef");
}

TEST(WorldFaults, AResetLosesBytesInFlight) {
  Driven it({}, {drawn(kToHost, ChoiceSite::kLatency, 4)});
  it.send("on its way");
  it.peer().reset();
  it.world.advance(1s);
  EXPECT_EQ(it.log.text(), "made lost:ConnectionLost");
  EXPECT_NE(it.world.trace().text().find("peer abort connection 0 number 10"), std::string::npos) << it.world.trace().text();
}

TEST(WorldFaults, AResetLeavesWhatHasArrived) {
  Driven it;
  it.peer().send("here");
  it.peer().reset();
  it.world.settle();
  EXPECT_EQ(it.log.text(), "made got:here lost:ConnectionLost");
}

TEST(WorldFaults, AnAbortOfTheHostLosesBytesInFlightAndResetsThePeer) {
  Driven it({}, {drawn(kFromHost, ChoiceSite::kLatency, 4)});
  it.does.onData = [](Recorder& self, ByteView data) {
    self.transport().write(data);
    self.transport().write("more");
    // It is aborted in a later turn, when the bytes are on the wire.
  };
  it.send("x");
  EXPECT_EQ(it.peer().received(), "");
  it.does.onData = [](Recorder& self, ByteView) { self.transport().abortConnection(); };
  it.send("y");
  it.world.advance(1s);
  EXPECT_TRUE(it.peer().sawReset());
  EXPECT_EQ(it.peer().received(), "");
  EXPECT_EQ(it.log.text(), "made got:x got:y lost:ConnectionAborted");
}

TEST(WorldFaults, ABrokenNetworkResetsBothSidesAndLosesBytesInFlight) {
  WorldOptions options;
  options.faults.reset = {1, 2};
  options.faults.latency = true;
  Driven it(options, {drawn(kToHost, ChoiceSite::kLatency, 4), drawn(kToHost, ChoiceSite::kFaultReset, 1, 1)});
  it.send("lost");
  EXPECT_EQ(it.log.text(), "made");
  it.send("breaks it");
  EXPECT_EQ(it.log.text(), "made lost:ConnectionLost");
  EXPECT_TRUE(it.peer().sawReset());
}

TEST(WorldFaults, ConnectingCanBeRefusedByChance) {
  WorldOptions options;
  options.faults.refuse = {1, 2};
  Served it(options);
  const std::vector<ChoiceRecord> records{drawn(0x1000, ChoiceSite::kFaultRefuse, 1)};
  it.world.choices().useRecords(records);
  it.world.host().reactor().connectTCP("127.0.0.1", 8000, std::make_shared<test::Clients>(&it.log, &it.does));
  it.world.settle();
  EXPECT_EQ(it.log.text(), "failed:ConnectionRefusedError");
}

TEST(WorldFaults, ListeningCanFailByChanceWhichIsNotCalledATakenPort) {
  WorldOptions options;
  options.faults.listen = {1, 2};
  World world(options);
  const std::vector<ChoiceRecord> records{drawn(0, ChoiceSite::kFaultListen, 1)};
  world.choices().useRecords(records);
  test::Log log;
  Recorder::Does does;
  try {
    world.host().reactor().listenTCP(8000, test::recorders(&log, &does));
    FAIL() << "listens";
  } catch (const CannotListenError& error) {
    EXPECT_NE(std::string(error.what()).find("a fault was drawn (faultListen)"), std::string::npos) << error.what();
  }
  const auto port = world.host().reactor().listenTCP(8000, test::recorders(&log, &does));
  try {
    world.host().reactor().listenTCP(8000, test::recorders(&log, &does));
    FAIL() << "listens twice";
  } catch (const CannotListenError& error) {
    EXPECT_NE(std::string(error.what()).find("the port is taken"), std::string::npos) << error.what();
  }
}

TEST(WorldFaults, NobodyListeningRefuses) {
  Served it;
  auto clients = std::make_shared<test::Clients>(&it.log, &it.does);
  it.world.host().reactor().connectTCP("127.0.0.1", 8001, clients);
  it.world.settle();
  it.world.host().reactor().connectTCP("10.0.0.77", 8000, clients);
  it.world.settle();
  EXPECT_EQ(it.log.text(), "failed:ConnectionRefusedError failed:NoRouteError");
}

TEST(WorldFaults, TheBlackHoleEndsInATimeout) {
  Served it;
  it.world.host().reactor().connectTCP(Network::blackHole().host(), 80, std::make_shared<test::Clients>(&it.log, &it.does), 5s);
  it.world.advance(4999ms);
  EXPECT_EQ(it.log.text(), "");
  it.world.advance(1ms);
  EXPECT_EQ(it.log.text(), "failed:TimeoutError");
}

TEST(WorldFaults, AShortWriteOfThePlayTakesExactlySoMuchAtOnceAndTheRestLater) {
  Driven it;
  it.does.onData = [](Recorder& self, ByteView data) {
    self.transport().write(data);
    EXPECT_EQ(self.transport().counters().bytesSent, 0u);
  };
  it.peer().shortWrite(3);
  it.peer().send("0123456789");
  EXPECT_TRUE(it.world.step());
  EXPECT_EQ(it.peer().received(), "012");
  it.world.settle();
  EXPECT_EQ(it.peer().received(), "0123456789");
}

TEST(WorldFaults, AShortWriteReachesBytesInFlightWhenTheConnectionCloses) {
  Driven it;
  it.does.onData = [](Recorder& self, ByteView data) {
    self.transport().write(data);
    self.transport().loseConnection();
  };
  it.peer().shortWrite(3);
  it.send("0123456789");
  EXPECT_EQ(it.peer().received(), "0123456789");
  EXPECT_TRUE(it.peer().sawEof());
}

TEST(WorldFaults, DrawnShortWritesLoseNothing) {
  Driven it({}, {drawn(kFromHost, ChoiceSite::kShortWrite, 2)});
  it.does.onData = echo;
  it.send("abcdef");
  EXPECT_EQ(it.peer().received(), "abcdef");
  EXPECT_NE(it.world.trace().text().find("short-write connection 0 number 2"), std::string::npos);
}

TEST(WorldFaults, APeerThatDoesNotReadFillsTheWindowAndStopsTheWriter) {
  for (const SimDriver::Mode mode : {SimDriver::Mode::kReadiness, SimDriver::Mode::kCompletion}) {
    WorldOptions options;
    options.mode = mode;
    options.window = 10;
    Driven it(options);
    Transport* transport = nullptr;
    it.does.onData = [&](Recorder& self, ByteView) {
      transport = &self.transport();
      transport->write("0123456789abcdefghij");
    };
    it.peer().stopReading();
    it.send("x");
    EXPECT_EQ(transport->pendingBytes() + it.peer().unread(), 20u + (mode == SimDriver::Mode::kCompletion ? 10 : 0));
    EXPECT_EQ(it.peer().received(), "");
    it.peer().read(4);
    it.world.settle();
    EXPECT_EQ(it.peer().received(), "0123");
    it.peer().read(0);
    it.world.settle();
    EXPECT_EQ(it.peer().received(), "0123456789abcdefghij");
    EXPECT_EQ(transport->pendingBytes(), 0u);
  }
}

TEST(WorldFaults, AResetReachesAWriterThatWaitsForTheWindow) {
  WorldOptions options;
  options.window = 10;
  Driven it(options);
  it.does.onData = [](Recorder& self, ByteView) { self.transport().write("0123456789abcdefghij"); };
  it.peer().stopReading();
  it.send("x");
  it.peer().reset();
  it.world.settle();
  EXPECT_EQ(it.log.text(), "made got:x lost:ConnectionLost");
}

TEST(WorldFaults, WindowsCanBeDrawnDownToOneByte) {
  WorldOptions options;
  options.faults.windows = true;
  Served it(options);
  const std::vector<ChoiceRecord> records{drawn(kFromHost, ChoiceSite::kWindow, 7)};
  it.world.choices().useRecords(records);
  it.does.onData = echo;
  it.world.connect(0);
  it.world.settle();
  it.peer().stopReading();
  it.peer().send("abc");
  it.world.settle();
  EXPECT_EQ(it.peer().unread(), 1u);
  it.peer().read(0);
  it.world.settle();
  EXPECT_EQ(it.peer().received(), "abc");
}

/// How many turns pass until the connection of the world is told that it is over.
int turnsUntilLost(const std::vector<ChoiceRecord>& records) {
  Driven it(test::completion(), records);
  it.does.onData = [](Recorder& self, ByteView data) {
    self.transport().write(data);
    self.transport().loseConnection();
  };
  it.peer().send("bye");
  int turns = 0;
  while (it.log.text() != "made got:bye lost:ConnectionDone" && it.world.step()) ++turns;
  EXPECT_EQ(it.peer().received(), "bye");
  return turns;
}

TEST(WorldFaults, AFinishedWriteIsReportedSomeTurnsLaterInCompletionModeAndTheEndWaitsForIt) {
  const int atOnce = turnsUntilLost({drawn(kFromHost, ChoiceSite::kWritten, 0)});
  EXPECT_EQ(turnsUntilLost({drawn(kFromHost, ChoiceSite::kWritten, 3)}), atOnce + 3);
}

TEST(WorldFaults, AWaitThatReturnsForNothingCallsNobodyAndMovesNoTime) {
  Driven it({}, {drawn(0, ChoiceSite::kWakeups, 1)});
  const Instant start = it.world.now();
  Instant fired{};
  it.world.host().reactor().callLater(5ms, [&] { fired = it.world.now(); });
  it.world.advance(5ms);
  EXPECT_EQ(fired, start + 5ms);
  EXPECT_EQ(it.log.text(), "made");
  EXPECT_EQ(it.world.choices().unused(), 0u) << "the wait did return for nothing";
}

}  // namespace
}  // namespace teasel::fakes
