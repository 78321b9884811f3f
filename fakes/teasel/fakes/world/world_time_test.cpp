#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <utility>
#include <vector>

#include <teasel/core/errors.hpp>
#include <teasel/fakes/world/test/world_test_kit.hpp>
#include <teasel/fakes/world/world.hpp>
#include <teasel/reactor/looping_call.hpp>

// Callbacks that take time: what their host, the wire and the other hosts do meanwhile.

namespace teasel::fakes {
namespace {

using namespace std::chrono_literals;
using test::Recorder;
using test::Served;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

/// What happened when, since the beginning of the world.
using Times = std::vector<std::pair<std::string, Duration>>;
std::pair<std::string, Duration> at(std::string what, Duration when) { return {std::move(what), when}; }

/// A world whose hosts note when their callbacks run, as their reactors see the time.
struct Noted {
  explicit Noted(const WorldOptions& options = {}) : world(options) {}
  Reactor& reactor(std::string_view host = "host") { return world.host(host).reactor(); }
  UniqueFunction<void()> note(std::string what, std::string_view host = "host") {
    return [this, what, clock = &reactor(host)] { seen.emplace_back(what, clock->now() - Network::kStart); };
  }
  World world;
  Times seen;
};

TEST(WorldTime, DelaysCountFromTheTimeAtTheCall) {
  Noted it;
  it.reactor().callLater(1s, [&] {
    it.world.takeTime(400ms);
    EXPECT_EQ(it.reactor().now(), Network::kStart + 1s);
    EXPECT_EQ(it.reactor().liveNow(), Network::kStart + 1400ms);
    it.reactor().callLater(200ms, it.note("later"));
  });
  it.world.advance(3s);
  EXPECT_THAT(it.seen, ElementsAre(at("later", 1600ms)));
  EXPECT_EQ(it.world.now(), Network::kStart + 3s);
}

TEST(WorldTime, TimersThatFellDueMeanwhileBothFireInOrderInTheNextTurn) {
  Noted it;
  it.reactor().callLater(2s, it.note("b"));
  it.reactor().callLater(1s, [&] { it.world.takeTime(5s); });
  it.reactor().callLater(1s, it.note("same turn"));
  it.reactor().callLater(1500ms, it.note("a"));
  it.world.advance(1s);
  EXPECT_THAT(it.seen, ElementsAre(at("same turn", 1s), at("a", 6s), at("b", 6s)));
  EXPECT_EQ(it.world.now(), Network::kStart + 6s) << "time does not go back to the end of the advance";
}

TEST(WorldTime, AStartupTriggerThatTakesTimeShortensNoDelay) {
  Noted it;
  it.reactor().callWhenRunning([&] {
    it.world.takeTime(400ms);
    it.reactor().callLater(200ms, it.note("later"));
  });
  it.world.advance(1s);
  EXPECT_THAT(it.seen, ElementsAre(at("later", 600ms)));
}

TEST(WorldTime, ALoopingCallSkipsTheMultiplesThatItsBodyTook) {
  Noted it;
  std::vector<std::int64_t> counts;
  LoopingCall loop = LoopingCall::withCount(it.reactor(), [&](std::int64_t count) {
    counts.push_back(count);
    it.note("call")();
    it.world.takeTime(70ms);
  });
  it.reactor().callLater(0s, [&] { loop.start(50ms); });
  it.world.advance(210ms);
  EXPECT_THAT(it.seen, ElementsAre(at("call", 0ms), at("call", 100ms), at("call", 200ms)));
  EXPECT_THAT(counts, ElementsAre(1, 2, 2));
}

TEST(WorldTime, ATimeoutOfConnectTCPIsNotShortenedByWorkBeforeIt) {
  Served it;
  auto clients = std::make_shared<test::Clients>(&it.log, &it.does);
  Reactor& reactor = it.world.host().reactor();
  reactor.callLater(0s, [&] {
    it.world.takeTime(400ms);
    reactor.connectTCP(Network::blackHole().host(), 80, clients, 200ms);
  });
  it.world.advance(599ms);
  EXPECT_EQ(it.log.text(), "");
  it.world.advance(1ms);
  EXPECT_EQ(it.log.text(), "failed:TimeoutError");
}

TEST(WorldTime, TheLingerTimeIsNotShortenedByWorkBeforeTheClose) {
  Served it;
  it.does.onData = [&](Recorder& self, ByteView) {
    it.world.takeTime(10s);
    self.transport().loseConnection();
  };
  it.world.connect(0);
  it.peer().send("x");
  it.world.settle();
  EXPECT_EQ(it.log.text(), "made got:x lost:ConnectionDone");
  it.world.advance(1999ms);
  EXPECT_EQ(it.world.host().driver().lingeringSlots(), 1u);
  it.world.advance(1ms);
  EXPECT_EQ(it.world.host().driver().lingeringSlots(), 0u);
}

TEST(WorldTime, WhatArrivesMeanwhileIsDeliveredAfterwardsInOneTurn) {
  Served it;
  it.does.onData = [&](Recorder&, ByteView data) {
    if (data != "work") return;
    it.peer().send("one");
    it.world.takeTime(1s);
    it.peer().send("two");
    EXPECT_EQ(it.log.text(), "made got:work");
  };
  it.world.connect(0);
  it.peer().send("work");
  it.world.settle();
  EXPECT_EQ(it.log.text(), "made got:work got:onetwo");
}

TEST(WorldTime, ADelayedByteArrivesAtItsTimeAndNotAfterTheWork) {
  Served it;
  const std::vector<ChoiceRecord> records{{kPlayEntities, static_cast<std::uint16_t>(ChoiceSite::kLatency), 1, 0, 4}};
  it.world.choices().useRecords(records);
  std::size_t arrived = 0;
  it.does.onData = [&](Recorder&, ByteView data) {
    if (data != "work") return;
    it.peer().send("1 ms later");
    it.world.takeTime(1s);
    it.peer().reset();  // what has not arrived is lost
    arrived = it.log.lines.size();
  };
  it.world.connect(0);
  it.peer().send("work");
  it.world.settle();
  EXPECT_EQ(arrived, 2u);
  EXPECT_EQ(it.log.text(), "made got:work got:1 ms later lost:ConnectionLost");
}

// --- Several hosts

TEST(WorldTime, OtherHostsGoOnAtTheirOwnTimes) {
  Noted it;
  it.reactor("a").callLater(1s, [&] {
    it.note("a works", "a")();
    it.world.takeTime(10s);
    it.note("a is done", "a")();
  });
  it.reactor("a").callLater(3s, it.note("a late", "a"));
  it.reactor("b").callLater(2s, it.note("b", "b"));
  it.reactor("b").callLater(20s, it.note("b last", "b"));
  it.world.advance(30s);
  EXPECT_THAT(it.seen, ElementsAre(at("a works", 1s), at("b", 2s), at("a is done", 1s), at("a late", 11s), at("b last", 20s)));
}

TEST(WorldTime, TwoHostsMayWorkAtOnce) {
  Noted it;
  it.reactor("a").callLater(1s, [&] {
    it.world.takeTime(2s);
    it.reactor("a").callLater(0s, it.note("a", "a"));
  });
  it.reactor("b").callLater(2s, [&] {
    it.world.takeTime(4s);
    it.reactor("b").callLater(0s, it.note("b", "b"));
  });
  it.reactor("c").callLater(5s, it.note("c", "c"));
  it.world.advance(10s);
  // b works longer than a would have, and a goes on only when b is done.
  EXPECT_THAT(it.seen, ElementsAre(at("c", 5s), at("b", 6s), at("a", 6s)));
}

TEST(WorldTime, AnotherHostMaySendToOneThatWorksAndGetsItsAnswerAfterwards) {
  Recorder::Does asks;  // the world ends before it
  asks.name = "client ";
  Served it;
  Reactor& client = it.world.host("client").reactor();
  it.does.onMade = [&](Recorder& self) {
    it.world.takeTime(1s);
    self.transport().write("welcome");
  };
  asks.onMade = [](Recorder& self) { self.transport().write("hello"); };
  client.connectTCP("10.0.0.1", 8000, std::make_shared<test::Clients>(&it.log, &asks));
  it.world.settle();
  EXPECT_EQ(it.log.text(), "client made made got:hello client got:welcome");
  EXPECT_EQ(it.world.now(), Network::kStart + 1s);
}

TEST(WorldTime, AShutdownThatNeedsABusyHostWaitsForIt) {
  using enum Reactor::Phase;
  Noted it;
  Reactor& b = it.reactor("b");
  UniqueFunction<void()> release;
  b.addSystemEventTrigger(kBefore, Reactor::Event::kShutdown, [&] { release = b.blockSystemEvent(); });
  b.addSystemEventTrigger(kAfter, Reactor::Event::kShutdown, it.note("b is down", "b"));
  b.callLater(2s, [&] { b.stop(); });
  it.reactor("a").callLater(1s, [&] { it.world.takeTime(10s); });
  it.reactor("a").callLater(12s, [&] { release(); });
  it.world.advance(30s);
  EXPECT_EQ(it.world.verdict(), nullptr);
  EXPECT_THAT(it.seen, ElementsAre(at("b is down", 12s)));
}

TEST(WorldTime, AVerdictOfAnotherHostEndsTheWait) {
  Noted it;
  it.reactor("a").callLater(1s, [&] { it.world.takeTime(10s); });
  it.reactor("b").callLater(2s, [&] { it.world.fail("enough", "b has failed"); });
  it.world.advance(30s);
  ASSERT_NE(it.world.verdict(), nullptr);
  EXPECT_EQ(it.world.verdict()->oracle, "enough");
  EXPECT_EQ(it.world.now(), Network::kStart + 2s);
}

// --- Who may take time

TEST(WorldTime, AnApplicationActionTakesTheTimeOfEveryHost) {
  Noted it;
  it.reactor().callLater(1s, it.note("timer"));
  it.world.onApp([&](unsigned, std::uint64_t) {
    it.world.takeTime(3s);
    EXPECT_TRUE(it.seen.empty());
  });
  it.world.play().app(0);
  it.world.run();
  EXPECT_THAT(it.seen, ElementsAre(at("timer", 3s)));
}

TEST(WorldTime, ATestTakesTheTimeOfEveryHost) {
  Noted it;
  it.reactor().callLater(1s, it.note("timer"));
  it.world.takeTime(3s);
  EXPECT_TRUE(it.seen.empty());
  it.reactor().callLater(1s, it.note("later"));
  it.world.advance(1s);
  EXPECT_THAT(it.seen, ElementsAre(at("timer", 3s), at("later", 4s)));
}

TEST(WorldTime, WorkInAThreadTakesTime) {
  Noted it;
  it.reactor().callLater(0s, [&] { it.reactor().callInThread([&] { it.world.takeTime(3s); }); });
  it.reactor().callLater(1s, it.note("timer"));
  it.world.advance(1s);
  EXPECT_THAT(it.seen, ElementsAre(at("timer", 3s)));
}

TEST(WorldTime, CallbacksOfTheEndOfAWorldMayTakeTime) {
  for (const bool reset : {false, true}) {
    int lost = 0;
    {
      Served it;
      it.does.onLost = [&](Recorder&) {
        it.world.takeTime(1s);
        ++lost;
      };
      it.world.connect(0);
      it.world.settle();
      if (reset) it.world.reset();
    }
    EXPECT_EQ(lost, 1);
  }
}

TEST(WorldTime, RefusesToGoBackAndSaysWhere) {
  World world;
  const int line = __LINE__ + 2;
  try {
    world.takeTime(-1ns);
    FAIL() << "went back";
  } catch (const NegativeDelay& error) {
    EXPECT_THAT(error.what(), HasSubstr("takeTime(-1 ns) at world_time_test.cpp:" + std::to_string(line)));
  }
}

// --- The fault

ChoiceRecord slow(std::uint64_t value, std::uint32_t index, std::uint32_t host = 0) {
  return {host, static_cast<std::uint16_t>(ChoiceSite::kSlow), index, 0, value};
}

/// A host that gets two connections ready in one turn, and has a timer of 100 ms.
struct Slow {
  explicit Slow(const std::vector<ChoiceRecord>& records, bool on = true) : it(options(on)) {
    it.does.onData = [this](Recorder&, ByteView) { live.push_back(it.world.now() - Network::kStart); };
    it.world.connect(0);
    it.world.connect(1);
    it.world.settle();
    if (!records.empty()) it.world.choices().useRecords(records);
    it.world.host().reactor().callLater(100ms, [this] { live.push_back(it.world.now() - Network::kStart); });
    it.world.peer(0).send("x");
    it.world.peer(1).send("y");
    it.world.advance(1s);
  }
  static WorldOptions options(bool on) {
    WorldOptions options;
    options.faults.slow = on;
    return options;
  }
  Served it;
  std::vector<Duration> live;
};

TEST(WorldTime, ADrawnSlowCallbackTakesTimeAfterTheUpcallsOfItsConnection) {
  EXPECT_THAT(Slow({slow(11, 0)}).live, ElementsAre(0ms, 0ms, 100ms));
  EXPECT_THAT(Slow({slow(13, 0)}).live, ElementsAre(0ms, 20ms, 100ms));
  EXPECT_THAT(Slow({slow(12, 0), slow(14, 1)}).live, ElementsAre(0ms, 1ms, 201ms));
}

TEST(WorldTime, ATurnWithoutUpcallsMayBeSlowBeforeItsTimers) {
  EXPECT_THAT(Slow({slow(13, 2)}).live, ElementsAre(0ms, 0ms, 120ms));
}

TEST(WorldTime, NothingIsSlowUnlessTheFaultIsOn) {
  Slow off({slow(15, 0)}, false);
  EXPECT_THAT(off.live, ElementsAre(0ms, 0ms, 100ms));
  EXPECT_EQ(off.it.world.choices().unused(), 1u);
}

TEST(WorldTime, TraceAndDiagramShowWhoWasBusy) {
  Slow drawn({slow(15, 1)});
  EXPECT_THAT(drawn.it.world.trace().text(), HasSubstr("host0 slow number 2000000000"));
  EXPECT_THAT(drawn.it.world.diagram(), HasSubstr("host is busy for 2 s"));
  EXPECT_NE(drawn.it.world.trace().hash(), Slow({slow(14, 1)}).it.world.trace().hash());
  EXPECT_EQ(drawn.it.world.trace().hash(), Slow({slow(15, 1)}).it.world.trace().hash());
}

}  // namespace
}  // namespace teasel::fakes
