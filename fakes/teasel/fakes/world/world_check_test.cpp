#include <gtest/gtest.h>

#include <stdexcept>

#include <teasel/core/errors.hpp>
#include <teasel/fakes/world/leak_guard.hpp>
#include <teasel/fakes/world/test/world_test_kit.hpp>
#include <teasel/fakes/world/world.hpp>

namespace teasel::fakes {
namespace {

using namespace std::chrono_literals;
using test::Recorder;
using test::Served;

std::string oracleOf(const World& world) { return world.verdict() == nullptr ? "" : world.verdict()->oracle; }

/// A factory that keeps the protocols that it built, which keep the factory.
class Collector final : public Factory {
 public:
  std::shared_ptr<Protocol> buildProtocol(const Address&) override {
    made.push_back(std::make_shared<test::Echo>());
    return made.back();
  }
  std::vector<std::shared_ptr<Protocol>> made;
};

TEST(WorldSelfCheck, AProtocolThatOutlivesEverythingIsAVerdict) {
  World world;
  const World::Active active(world);
  const auto factory = std::make_shared<Collector>();
  world.play().connect(0);
  world.host().reactor().listenTCP(7, factory);
  EXPECT_TRUE(world.run());
  EXPECT_FALSE(world.finish());
  ASSERT_NE(world.verdict(), nullptr);
  EXPECT_EQ(world.verdict()->oracle, "live-protocol");
  factory->made.clear();
}

TEST(WorldSelfCheck, ProtocolsThatWereLetGoAreNone) {
  World world;
  const World::Active active(world);
  const auto factory = std::make_shared<Collector>();
  world.play().connect(0);
  world.host().reactor().listenTCP(7, factory);
  EXPECT_TRUE(world.run());
  factory->made.clear();
  EXPECT_TRUE(world.finish());
}

TEST(WorldCheck, RecordsTheFirstVerdictAndStopsAfterTheCallback) {
  Served served;
  served.does.onData = [&](Recorder&, ByteView) {
    served.world.check(false, "first");
    served.world.fail("second", "too late");
  };
  served.world.play().send(0, "a");
  served.world.play().cut(0);
  served.world.play().send(0, "b");
  EXPECT_FALSE(served.world.run());
  EXPECT_EQ(served.log.text(), "made got:a");
  ASSERT_NE(served.world.verdict(), nullptr);
  EXPECT_EQ(served.world.verdict()->oracle, "first");
  EXPECT_EQ(served.world.verdict()->site.text().substr(0, 20), "world_check_test.cpp");
  EXPECT_EQ(served.world.trace().events().back().kind, TraceKind::kVerdict);
}

TEST(WorldCheck, AConditionThatHoldsRecordsNothing) {
  World world;
  EXPECT_TRUE(world.check(true, "fine"));
  EXPECT_TRUE(world.run());
}

TEST(WorldCheck, AnExceptionThatWasNotAllowedIsAVerdict) {
  Served served;
  served.does.onData = [](Recorder&, ByteView) { throw std::runtime_error("broken"); };
  served.world.play().send(0, "x");
  EXPECT_FALSE(served.world.run());
  EXPECT_EQ(oracleOf(served.world), "exception");
  EXPECT_NE(served.world.verdict()->message.find("broken"), std::string::npos);
}

TEST(WorldCheck, AnAllowedExceptionOnlyEndsItsConnection) {
  Served served;
  served.does.onData = [](Recorder&, ByteView) { throw std::runtime_error("broken"); };
  served.world.allow<std::runtime_error>();
  served.world.play().send(0, "x");
  EXPECT_TRUE(served.world.run());
  EXPECT_TRUE(served.world.peer(0).sawReset());
  EXPECT_EQ(served.log.text(), "made got:x lost:std::runtime_error");
}

TEST(WorldCheck, ACycleOfCallsWithoutDelayIsStuck) {
  WorldOptions options;
  options.limits.eventsAtOneInstant = 1000;
  World world(options);
  struct Again {
    Reactor& reactor;
    void operator()() const { reactor.callLater(0s, Again{reactor}); }
  };
  world.host().reactor().callLater(1s, Again{world.host().reactor()});
  EXPECT_FALSE(world.run());
  EXPECT_EQ(oracleOf(world), "stuck");
  ASSERT_TRUE(world.stuck());
  EXPECT_EQ(world.stuck()->limit, "eventsAtOneInstant");
  EXPECT_NE(world.stuck()->text().find("timer made at world_check_test.cpp"), std::string::npos);
}

TEST(WorldCheck, TimersWithoutProgressAreStuckWhenAskedToRunOn) {
  WorldOptions options;
  options.limits.eventsSinceProgress = 500;
  World world(options);
  struct Again {
    Reactor& reactor;
    void operator()() const { reactor.callLater(1s, Again{reactor}); }
  };
  world.host().reactor().callLater(1s, Again{world.host().reactor()});
  EXPECT_FALSE(world.runUntil([] { return false; }));
  EXPECT_EQ(world.stuck()->limit, "eventsSinceProgress");
}

TEST(WorldCheck, VirtualTimeIsLimited) {
  WorldOptions options;
  options.limits.virtualTime = 1h;
  World world(options);
  world.host().reactor().callLater(2h, [] {});
  EXPECT_FALSE(world.runUntil([] { return false; }));
  EXPECT_EQ(world.stuck()->limit, "virtualTime");
}

TEST(WorldCheck, ATimerBehindTheLimitOfTimeIsReportedWithBothTimes) {
  World world;
  world.host().reactor().callLater(24h * 8, [] {});
  EXPECT_FALSE(world.runUntil([] { return false; }));
  const std::string message = world.verdict()->message;
  EXPECT_EQ(message.substr(0, message.find(';')),
            "the next timer is due 8 days into the run, and the limit virtualTime is 7 days");
  EXPECT_NE(message.find("timer made at world_check_test.cpp:"), std::string::npos);
  EXPECT_NE(message.find(", due in 8 days\n"), std::string::npos);
  EXPECT_NE(world.diagram().find("FAIL stuck: the next timer is due"), std::string::npos);
}

TEST(WorldCheck, TimeThatThePlayLetsPassDoesNotCountAgainstTheLimit) {
  Served served;
  served.does.onMade = [&served](Recorder&) { served.world.host().reactor().callLater(1s, [] {}); };
  served.world.play().connect(0);
  const Duration limit = WorldOptions().limits.virtualTime;
  for (Duration passed{}; passed <= limit; passed += Play::kMaxAdvance) served.world.play().advance(Play::kMaxAdvance);
  served.world.play().connect(1);
  served.world.play().advance(2s);
  EXPECT_TRUE(served.world.run()) << served.world.verdict()->message;
}

TEST(WorldCheck, TheStuckReportNamesAPausedConnection) {
  WorldOptions options;
  options.limits.virtualTime = 1s;
  Served served(options);
  served.does.onMade = [](Recorder& self) { self.transport().pauseProducing(); };
  served.world.host().reactor().callLater(2s, [] {});
  served.world.play().send(0, "abc");
  EXPECT_FALSE(served.world.run());
  EXPECT_NE(served.world.stuck()->text().find("reading paused"), std::string::npos);
  EXPECT_NE(served.world.stuck()->text().find("3 bytes wait for reading"), std::string::npos);
}

TEST(WorldCheck, AConnectionThatOutlivesItsPeerIsAVerdict) {
  Served served;
  served.does.onMade = [](Recorder& self) { self.transport().pauseProducing(); };
  served.world.play().connect(0);
  EXPECT_FALSE(served.world.run());
  EXPECT_EQ(oracleOf(served.world), "open-connection");
}

TEST(WorldCheck, ATimerThatOutlivesTheShutdownIsAVerdict) {
  Served served;
  struct Again {
    Reactor& reactor;
    void operator()() const { reactor.callLater(1s, Again{reactor}); }
  };
  served.does.onMade = [&](Recorder&) { Again{served.world.host().reactor()}(); };
  served.world.play().connect(0);
  EXPECT_FALSE(served.world.run());
  EXPECT_EQ(oracleOf(served.world), "pending-timer");
  EXPECT_NE(served.world.verdict()->message.find("world_check_test.cpp"), std::string::npos);
}

TEST(WorldCheck, ATimerThatNeverFallsDueIsAVerdictToo) {
  Served served;
  served.does.onMade = [&](Recorder&) { served.world.host().reactor().callLater(Duration::max(), [] {}); };
  served.world.play().connect(0);
  EXPECT_FALSE(served.world.run());
  EXPECT_EQ(oracleOf(served.world), "pending-timer");
}

TEST(WorldCheck, ATimerThatItsFactoryStopsIsNone) {
  struct Ticking final : Factory {
    explicit Ticking(Reactor& r) : reactor(r) { noisy = false; }
    void startFactory() override { tick(); }
    void stopFactory() override { timer.cancel(); }
    void tick() {
      timer = reactor.callLater(1s, [this] { tick(); });
    }
    Reactor& reactor;
    DelayedCall timer;
  };
  World world;
  world.host().reactor().listenTCP(1, std::make_shared<Ticking>(world.host().reactor()));
  world.play().connect(0);
  EXPECT_TRUE(world.run());
}

TEST(WorldCheck, AResetWorldKnowsNothingOfTheVerdictBefore) {
  Served served;
  served.does.onData = [](Recorder&, ByteView) { throw std::runtime_error("broken"); };
  served.world.play().send(0, "x");
  served.world.run();
  served.again({});
  served.does.onData = nullptr;
  EXPECT_TRUE(served.world.run());
  EXPECT_EQ(served.log.text(), "made got:x lost:ConnectionDone");
  EXPECT_EQ(served.world.now() > Network::kStart, false);
}

TEST(WorldCheck, ADestroyedWorldReportsTimersToTheLeakGuard) {
  LeakCapture leaks;
  {
    World world;
    world.host().reactor().callLater(1s, [] {});
    world.settle();
  }
  ASSERT_EQ(leaks.found().size(), 1u);
  EXPECT_EQ(leaks.found()[0].kind, Leftover::Kind::kTimer);
  EXPECT_NE(leaks.found()[0].text.find("world_check_test.cpp"), std::string::npos);
}

TEST(WorldCheck, AWorldWithAVerdictIsSilentToTheLeakGuard) {
  LeakCapture leaks;
  {
    World world;
    world.host().reactor().callLater(1s, [] {});
    world.fail("known", "already");
  }
  EXPECT_TRUE(leaks.found().empty());
}

}  // namespace
}  // namespace teasel::fakes
