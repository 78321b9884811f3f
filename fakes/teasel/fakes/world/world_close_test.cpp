#include <gtest/gtest.h>

#include <algorithm>
#include <set>

#include <teasel/core/errors.hpp>
#include <teasel/fakes/world/test/world_test_kit.hpp>
#include <teasel/fakes/world/world.hpp>

// How streams end in the simulated network, which is as on Linux, and the orders that are free.

namespace teasel::fakes {
namespace {

using namespace std::chrono_literals;
using test::Recorder;
using test::Served;

struct Connected : Served {
  explicit Connected(const WorldOptions& options = {}) : Served(options) {
    world.connect(0);
    world.settle();
  }
  void send(ByteView bytes) {
    peer().send(bytes);
    world.settle();
  }
};

TEST(WorldClose, ACloseInsideTheCallbackOfTheLastBytesDoesNotCutTheReplyShort) {
  Connected it;
  it.does.onData = [](Recorder& self, ByteView) {
    self.transport().write(std::string(200'000, 'r'));
    self.transport().loseConnection();
  };
  it.peer().send("request");
  it.peer().cut();
  it.peer().send("and more that nobody reads");
  it.world.settle();
  EXPECT_EQ(it.peer().receivedCount(), 200'000u);
  EXPECT_TRUE(it.peer().sawEof());
  EXPECT_FALSE(it.peer().sawReset());
}

TEST(WorldClose, AClosedHostDiscardsWhatStillComesUntilItsLingerLimit) {
  Connected it;
  it.does.onData = [](Recorder& self, ByteView) { self.transport().loseConnection(); };
  it.send("bye");
  EXPECT_EQ(it.log.text(), "made got:bye lost:ConnectionDone");
  it.send("still talking");
  it.world.advance(1999ms);
  EXPECT_FALSE(it.peer().sawReset());
  EXPECT_EQ(it.world.host().driver().lingeringSlots(), 1u);
  it.world.advance(2ms);
  EXPECT_EQ(it.world.host().driver().lingeringSlots(), 0u);
  it.send("anybody there?");
  EXPECT_TRUE(it.peer().sawReset());
}

TEST(WorldClose, ALingeringHostLetsGoWhenThePeerResets) {
  Connected it;
  it.does.onData = [](Recorder& self, ByteView) { self.transport().loseConnection(); };
  it.send("bye");
  EXPECT_EQ(it.world.host().driver().lingeringSlots(), 1u);
  it.peer().reset();
  it.world.settle();
  EXPECT_EQ(it.world.host().driver().lingeringSlots(), 0u);
  EXPECT_FALSE(it.peer().sawReset());
}

TEST(WorldClose, ALingeringHostLetsGoAtThePeersEndOfStream) {
  Connected it;
  it.does.onData = [](Recorder& self, ByteView) { self.transport().loseConnection(); };
  it.send("bye");
  it.peer().endOfStream();
  it.world.settle();
  EXPECT_EQ(it.world.host().driver().lingeringSlots(), 0u);
  EXPECT_EQ(it.world.network().openStreams(), 1u) << "the peer still holds its end";
  it.peer().close();
  EXPECT_EQ(it.world.network().openStreams(), 0u);
}

TEST(WorldClose, WritingToAPeerThatClosedIsAnsweredByAReset) {
  Connected it;
  it.does.halfCloseable = true;
  Transport* transport = nullptr;
  it.does.onData = [&](Recorder& self, ByteView) { transport = &self.transport(); };
  it.send("x");
  it.peer().close();
  it.world.settle();
  transport->write("first: taken, and lost");
  it.world.settle();
  EXPECT_EQ(it.log.text(), "made got:x eof lost:ConnectionLost");
}

TEST(WorldClose, ClosingWithUnreadInputIsAReset) {
  Connected it;
  it.does.onData = [](Recorder& self, ByteView data) { self.transport().write(data); };
  it.peer().stopReading();
  it.send("x");
  it.peer().close();
  it.world.settle();
  EXPECT_EQ(it.log.text(), "made got:x lost:ConnectionLost");
}

TEST(WorldClose, HalfCloseEndsEachDirectionByItself) {
  Connected it;
  it.does.halfCloseable = true;
  Transport* transport = nullptr;
  it.does.onData = [&](Recorder& self, ByteView) { (transport = &self.transport())->loseWriteConnection(); };
  it.send("last word?");
  EXPECT_TRUE(it.peer().sawEof());
  it.send("no");
  EXPECT_EQ(it.log.text(), "made got:last word? shut got:no");
  it.peer().endOfStream();
  it.world.settle();
  EXPECT_EQ(it.log.text(), "made got:last word? shut got:no eof lost:ConnectionDone");
}

TEST(WorldClose, APausedConnectionGetsWhatWasHeldAndThenTheEndOfStream) {
  for (const SimDriver::Mode mode : {SimDriver::Mode::kReadiness, SimDriver::Mode::kCompletion}) {
    WorldOptions options;
    options.mode = mode;
    Connected it(options);
    Transport* transport = nullptr;
    it.does.onData = [&](Recorder& self, ByteView) { (transport = &self.transport())->pauseProducing(); };
    it.send("a");
    it.peer().send("held");
    it.peer().endOfStream();
    it.world.settle();
    EXPECT_EQ(it.log.text(), "made got:a");
    it.does.onData = nullptr;
    transport->resumeProducing();
    it.world.settle();
    EXPECT_EQ(it.log.text(), "made got:a got:held lost:ConnectionDone");
  }
}

TEST(WorldClose, AConnectionWaitingInTheBacklogIsResetWhenItsPortCloses) {
  Served it;
  it.world.settle();
  it.world.connect(0);
  it.port->stopListening();
  it.world.settle();
  EXPECT_TRUE(it.peer().sawReset());
  EXPECT_EQ(it.log.text(), "");
}

TEST(WorldClose, AConnectionThatIsAcceptedFromBehindTheBacklogIsEstablished) {
  test::Log log;
  Recorder::Does server, client;
  server.name = "s:", client.name = "c:";
  World world;
  world.host("server").reactor().listenTCP(80, test::recorders(&log, &server), 1);
  const auto clients = std::make_shared<test::Clients>(&log, &client);
  const std::string address = world.host("server").address().host();
  for (int i = 0; i < 2; ++i) world.host("client").reactor().connectTCP(address, 80, clients);
  const std::vector<ChoiceRecord> lastFirst{{0, static_cast<std::uint16_t>(ChoiceSite::kAcceptOrder), 0, 2, 1}};
  world.choices().useRecords(lastFirst);
  world.settle();
  EXPECT_EQ(std::count(log.lines.begin(), log.lines.end(), "s:made"), 2) << log.text();
  EXPECT_EQ(std::count(log.lines.begin(), log.lines.end(), "c:made"), 2) << log.text();
}

/// What `logOf` returns for each of 64 seeds.
template <class F>
std::set<std::string> acrossSeeds(F&& logOf) {
  std::set<std::string> seen;
  for (std::uint64_t seed = 0; seed < 64; ++seed) seen.insert(logOf(seed));
  return seen;
}

TEST(WorldFreedoms, OrderAmongReadyConnectionsAndAcceptOrderVary) {
  const std::set<std::string> seen = acrossSeeds([](std::uint64_t seed) {
    Served it;
    it.world.choices().usePrng(seed);
    for (unsigned k = 0; k < 2; ++k) it.world.connect(k).send(k == 0 ? "0" : "1");
    it.world.advance(10s);
    return it.log.text();
  });
  EXPECT_TRUE(seen.contains("made made got:0 got:1"));
  EXPECT_TRUE(seen.contains("made made got:1 got:0"));
}

TEST(WorldFreedoms, WhichReactorGoesFirstVaries) {
  const std::set<std::string> seen = acrossSeeds([](std::uint64_t seed) {
    World world;
    std::string order;
    for (const char* name : {"a", "b"}) world.host(name).reactor().callLater(1s, [&order, name] { order += name; });
    world.choices().usePrng(seed);
    world.advance(1s);
    return order;
  });
  EXPECT_EQ(seen, (std::set<std::string>{"ab", "ba"}));
}

TEST(WorldFreedoms, ArrivalAndTimerOfOneInstantComeInEitherOrder) {
  const std::set<std::string> seen = acrossSeeds([](std::uint64_t seed) {
    Connected it;
    it.world.host().reactor().callLater(1ms, [&] { it.log.lines.push_back("timer"); });
    const std::vector<ChoiceRecord> records{{kPlayEntities, static_cast<std::uint16_t>(ChoiceSite::kLatency), 0, 0, 4},
                                            {0, static_cast<std::uint16_t>(ChoiceSite::kTimerTie), 0, 0, seed % 2}};
    it.world.choices().useRecords(records);
    it.peer().send("x");
    it.world.advance(1ms);
    return it.log.text();
  });
  EXPECT_EQ(seen, (std::set<std::string>{"made got:x timer", "made timer got:x"}));
}

TEST(WorldFreedoms, NoDeliveryIsEverEmptyAndNoByteIsLostOrMoved) {
  WorldOptions options;
  options.faults.windows = options.faults.stalls = true;
  std::string sent;
  for (int i = 0; i < 300; ++i) sent += std::to_string(i) + ' ';
  Served it;
  for (std::uint64_t seed = 0; seed < 300; ++seed) {
    options.mode = seed % 2 == 0 ? SimDriver::Mode::kReadiness : SimDriver::Mode::kCompletion;
    it.again(options);
    it.does.onData = [](Recorder& self, ByteView data) {
      EXPECT_FALSE(data.empty());
      self.transport().write(data);
    };
    it.world.choices().usePrng(seed);
    it.world.play().clear();
    it.world.play().send(0, sent);
    it.world.play().endOfStream(0);
    ASSERT_TRUE(it.world.run()) << seed << ' ' << it.world.verdict()->message;
    // A host that has closed waits for a slow peer only until its linger limit.
    const bool whole = it.world.trace().text().find("linger-end") == std::string::npos;
    ASSERT_EQ(it.peer().received(), ByteView(sent).sub(0, whole ? sent.size() : it.peer().received().size())) << seed;
  }
}

}  // namespace
}  // namespace teasel::fakes
