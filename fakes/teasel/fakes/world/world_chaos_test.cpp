#include <gtest/gtest.h>

#include <cstdint>
#include <set>
#include <string>

#include <teasel/fakes/world/scenario.hpp>
#include <teasel/fakes/world/test/pair_test_kit.hpp>
#include <teasel/protocols/line_receiver.hpp>

// Crashes and partitions in Plays and as drawn faults: many seeds, in both modes.

namespace teasel::fakes {
namespace {

using namespace std::chrono_literals;
using test::Pair;
using test::Recorder;

std::string lastOf(const World& world) { return world.verdict() == nullptr ? "" : world.verdict()->message; }

WorldOptions chaos(std::uint64_t seed) {
  WorldOptions options;
  options.mode = seed % 2 == 0 ? SimDriver::Mode::kReadiness : SimDriver::Mode::kCompletion;
  options.faults.partition = {1, 16};
  options.faults.crash = {1, 32};
  return options;
}

TEST(WorldCrashEvents, APlayCrashesAHostAndStartsItAgain) {
  Pair it;
  it.onServer.onData = [](Recorder& self, ByteView data) { self.transport().write(data); };
  Play& play = it.world.play();
  play.send(0, "a");
  play.crash(0);
  play.restart(0);
  play.send(1, "b");
  EXPECT_TRUE(it.world.run()) << lastOf(it.world);
  EXPECT_EQ(it.taken(), "s.made s.got:a s.made s.got:b s.lost:ConnectionDone");
  EXPECT_TRUE(it.world.peer(0).sawReset());
  EXPECT_EQ(it.world.peer(1).received(), "b");
}

TEST(WorldCrashEvents, TheDiagramShowsCrashAndRestart) {
  Pair it;
  Play& play = it.world.play();
  play.send(0, "a");
  play.crash(0, CrashKind::kSilent);
  play.restart(0);
  it.world.run();
  EXPECT_NE(it.world.diagram().find("server crashes: it is silent"), std::string::npos) << it.world.diagram();
  EXPECT_NE(it.world.diagram().find("server is up again"), std::string::npos);
}

TEST(WorldCrashEvents, AHostThatStaysDownIsNoLeftover) {
  for (const CrashKind kind : {CrashKind::kReset, CrashKind::kSilent, CrashKind::kClose}) {
    Pair it;
    it.world.play().send(0, "a");
    it.world.play().crash(0, kind);
    it.world.play().send(1, "b");
    EXPECT_TRUE(it.world.run()) << lastOf(it.world);
    EXPECT_EQ(it.taken(), "s.made s.got:a");
  }
}

TEST(WorldCrashEvents, AHostThatDoesNotExistIsNamedModuloThoseThatDo) {
  Pair it;
  it.world.play().crash(7);
  it.world.run();
  EXPECT_TRUE(it.server().up());
  EXPECT_FALSE(it.client().up());
}

TEST(WorldFaultCrash, ACrashIsDrawnOnlyForHostsThatStartAgainAndTheyComeBack) {
  std::set<std::string> crashed;
  for (std::uint64_t seed = 0; seed < 60; ++seed) {
    WorldOptions options = chaos(seed);
    options.faults.partition = {0, 1};
    Pair it(options);
    it.world.choices().usePrng(seed);
    it.world.play() = Play::draw(it.world.choices());
    it.dial();
    EXPECT_TRUE(it.world.run()) << seed << ": " << lastOf(it.world);
    for (const TraceEvent& event : it.world.trace().events())
      if (event.kind == TraceKind::kCrash) crashed.insert(it.world.hostNames()[event.party]);
    EXPECT_TRUE(it.server().up() || it.world.verdict() != nullptr);
  }
  EXPECT_EQ(crashed, std::set<std::string>{"server"});
}

/// Sends numbered lines to whoever connects, one after each answer.
class Numbers final : public LineReceiver {
 public:
  explicit Numbers(Reactor* reactor) : reactor_(reactor) {}
  void connectionMade() override { next(); }
  void lineReceived(std::string_view) override { next(); }
  void connectionLost(const Failure&) override { timer_.cancelIfActive(); }

 private:
  void next() {
    timer_ = reactor_->callLater(1s, [this] { sendLine(std::to_string(sent_++)); });
  }
  Reactor* reactor_;
  DelayedCall timer_;
  int sent_ = 0;
};

/// Answers numbered lines, and checks that none is missing or comes twice.
class Counting final : public LineReceiver {
 public:
  Counting(World* world, int* heard) : world_(world), heard_(heard) {}
  void lineReceived(std::string_view line) override {
    world_->check(line == std::to_string(seen_++), "gap");
    ++*heard_;
    if (seen_ == 20) transport().loseConnection();
    else sendLine("next");
  }

 private:
  World* world_;
  int* heard_;
  int seen_ = 0;
};

TEST(WorldFaultPartition, AStreamNeverHasAGapWhateverPartsAndCrashes) {
  int heard = 0;
  for (std::uint64_t seed = 0; seed < 200; ++seed) {
    World world(chaos(seed));
    world.choices().usePrng(seed);
    Reactor& client = world.host("client").reactor();
    world.host("server").onStart([](Reactor& reactor) {
      auto factory = Factory::forProtocol<Numbers>(&reactor);
      factory->noisy = false;
      reactor.listenTCP(8000, factory);
    });
    auto counting = ClientFactory::forProtocol<Counting>(&world, &heard);
    counting->noisy = false;
    client.connectTCP(world.host("server").address().host(), 8000, counting);
    world.advance(2h);
    EXPECT_TRUE(world.run()) << seed << ": " << lastOf(world) << world.diagram({.events = 60});
  }
  EXPECT_GT(heard, 200);
}

TEST(WorldFaultPartition, TheSameSeedGivesTheSameTraceInAWorldThatWasUsedBefore) {
  World reused;
  const auto run = [](World& world, std::uint64_t seed) {
    world.reset(chaos(seed));
    world.choices().usePrng(seed);
    world.play() = Play::draw(world.choices(), {.events = 30, .connections = 4}, {.hosts = 2});
    world.host("server").onStart([](Reactor& reactor) {
      auto factory = Factory::forProtocol<test::Echo>();
      factory->noisy = false;
      reactor.listenTCP(8000, factory);
    });
    auto clients = ClientFactory::forProtocol<test::Echo>();
    clients->noisy = false;
    world.host("client").reactor().connectTCP(world.host("server").address().host(), 8000, clients);
    EXPECT_TRUE(world.run()) << seed << ": " << lastOf(world) << world.diagram({.events = 60});
    return world.trace().hash();
  };
  for (std::uint64_t seed = 0; seed < 100; ++seed) {
    World fresh;
    EXPECT_EQ(run(reused, seed), run(fresh, seed)) << seed;
  }
}

TEST(WorldFaultPartition, ADrawnPartitionEndsByItself) {
  Pair it(WorldOptions{.faults = {.latency = false, .partition = {1, 1}}});
  it.connected();
  const std::vector<ChoiceRecord> cut{{kStreamEntities, static_cast<std::uint16_t>(ChoiceSite::kFaultPartition), 0, 2, 1}};
  it.world.choices().useRecords(cut);
  it.atClient->transport().write("a");
  it.world.advance(99ms);
  EXPECT_EQ(it.taken(), "");
  it.world.advance(1ms);
  EXPECT_EQ(it.taken(), "s.got:a");
}

}  // namespace
}  // namespace teasel::fakes
