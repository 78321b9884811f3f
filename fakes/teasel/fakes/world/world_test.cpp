#include <teasel/fakes/world/world.hpp>

#include <gtest/gtest.h>

#include <stdexcept>

#include <teasel/core/errors.hpp>
#include <teasel/fakes/world/test/world_test_kit.hpp>
#include <teasel/protocol/factory.hpp>
#include <teasel/protocols/timeout_mixin.hpp>

namespace teasel::fakes {
namespace {

using namespace std::chrono_literals;
using test::Echo;
using test::Recorder;
using test::Served;

TEST(World, PlaysASessionFromConnectToSelfCheck) {
  Served served;
  served.does.onData = [](Recorder& self, ByteView data) { self.transport().write(data); };
  Play& play = served.world.play();
  play.connect(0);
  play.send(0, "hel");
  play.cut(0);
  play.send(0, "lo");
  play.endOfStream(0);
  EXPECT_TRUE(served.world.run());
  EXPECT_EQ(served.log.text(), "made got:hel got:lo lost:ConnectionDone");
  EXPECT_EQ(served.world.peer(0).received(), "hello");
  EXPECT_TRUE(served.world.peer(0).sawEof());
}

TEST(World, BehavesAlikeInCompletionMode) {
  Served served(test::completion());
  served.does.onData = [](Recorder& self, ByteView data) { self.transport().write(data); };
  served.world.play().send(0, "hello");
  EXPECT_TRUE(served.world.run());
  EXPECT_EQ(served.log.text(), "made got:hello lost:ConnectionDone");
  EXPECT_EQ(served.world.peer(0).received(), "hello");
}

TEST(World, TimeStartsAtAnInstantThatIsNotZero) { EXPECT_GT(World().now(), Instant{}); }

TEST(World, DeliversSendsThatFollowEachOtherInOneChunk) {
  Served served;
  served.world.play().send(0, "ab");
  served.world.play().send(0, "cd");
  served.world.run();
  EXPECT_EQ(served.log.text(), "made got:abcd lost:ConnectionDone");
}

TEST(World, EndsAPlayThatNamesNoEndingInEachOfThreeWays) {
  const std::pair<std::uint64_t, const char*> endings[] = {
      {0, "made lost:ConnectionDone"}, {1, "made timer lost:ConnectionDone"}, {2, "made lost:ConnectionLost"}};
  for (const auto& [ending, expected] : endings) {
    Served served;
    DelayedCall timer;
    served.does.onMade = [&](Recorder&) {
      timer = served.world.host().reactor().callLater(5s, [&] { served.log.lines.push_back("timer"); });
    };
    served.does.onLost = [&](Recorder&) { timer.cancelIfActive(); };
    served.world.play().connect(0);
    const std::vector<ChoiceRecord> records{{0, static_cast<std::uint16_t>(ChoiceSite::kPlayEnding), 0, 3, ending}};
    served.world.choices().useRecords(records);
    EXPECT_TRUE(served.world.run());
    EXPECT_EQ(served.log.text(), expected);
  }
}

TEST(World, VisitsEachDeadlineAtItsOwnTimeWhenThePlayAdvances) {
  Served served;
  std::vector<Duration> ran;
  const Instant start = served.world.now();
  Reactor& reactor = served.world.host().reactor();
  reactor.callLater(3s, [&] { ran.push_back(reactor.now() - start); });
  reactor.callLater(1s, [&] {
    ran.push_back(reactor.now() - start);
    reactor.callLater(1s, [&] { ran.push_back(reactor.now() - start); });
  });
  served.world.play().advance(10s);
  EXPECT_TRUE(served.world.run());
  EXPECT_EQ(ran, (std::vector<Duration>{1s, 2s, 3s}));
}

TEST(World, NextTimerMeetsItsDeadlineBeforeAtAndAfter) {
  const std::pair<TimerPoint, const char*> points[] = {{TimerPoint::kBefore, "made got:x timer lost:ConnectionDone"},
                                                       {TimerPoint::kAt, "made got:x timer lost:ConnectionDone"},
                                                       {TimerPoint::kAfter, "made timer got:x lost:ConnectionDone"}};
  for (const auto& [point, expected] : points) {
    Served served;
    served.does.onMade = [&](Recorder&) {
      served.world.host().reactor().callLater(5s, [&] { served.log.lines.push_back("timer"); });
    };
    served.does.onData = [&](Recorder&, ByteView) {
      const Duration at = served.world.now() - Network::kStart;
      EXPECT_EQ(at, point == TimerPoint::kBefore ? 5s - 1ns : point == TimerPoint::kAt ? 5s : 5s + 1ns);
    };
    served.world.play().connect(0);
    served.world.play().nextTimer(point);
    served.world.play().send(0, "x");
    const std::vector<ChoiceRecord> timersFirst{{0, static_cast<std::uint16_t>(ChoiceSite::kPlayEnding), 0, 3, 1}};
    served.world.choices().useRecords(timersFirst);
    EXPECT_TRUE(served.world.run());
    EXPECT_EQ(served.log.text(), expected);
  }
}

TEST(World, TieOfArrivalAndTimerIsFreeForChoices) {
  Served served;
  served.does.onMade = [&](Recorder&) {
    served.world.host().reactor().callLater(5s, [&] { served.log.lines.push_back("timer"); });
  };
  served.world.play().connect(0);
  served.world.play().nextTimer(TimerPoint::kAt);
  served.world.play().send(0, "x");
  const std::vector<ChoiceRecord> timerFirst{{0, static_cast<std::uint16_t>(ChoiceSite::kTimerTie), 0, 2, 1}};
  served.world.choices().useRecords(timerFirst);
  EXPECT_TRUE(served.world.run());
  EXPECT_EQ(served.log.text(), "made timer got:x lost:ConnectionDone");
}

TEST(World, EndOfStreamSharesATurnWithTheLastBytesWhenThePlaySaysSo) {
  for (const bool withLast : {false, true}) {
    Served served;
    served.does.halfCloseable = true;
    std::uint64_t turnOfData = 0;
    served.does.onData = [&](Recorder& self, ByteView) {
      turnOfData = 1;
      served.world.host().reactor().callFromThread([&] { served.log.lines.push_back("next-turn"); });
      self.transport().loseWriteConnection();
    };
    served.world.play().send(0, "x");
    served.world.play().endOfStream(0, withLast);
    EXPECT_TRUE(served.world.run());
    EXPECT_EQ(served.log.text(), withLast ? "made got:x eof shut lost:ConnectionDone next-turn"
                                          : "made got:x shut next-turn eof lost:ConnectionDone");
  }
}

TEST(World, EchoSendsCapturedOutputAndRedeliverAnEarlierSend) {
  Served served;
  served.does.onData = [&, sent = false](Recorder& self, ByteView) mutable {
    if (!std::exchange(sent, true)) self.transport().write("token42");
  };
  Play& play = served.world.play();
  play.send(0, "hi");
  play.echo(0, 5, 2);
  play.redeliver(0, 0);
  EXPECT_TRUE(served.world.run());
  EXPECT_EQ(served.log.text(), "made got:hi got:42 got:hi lost:ConnectionDone");
}

TEST(World, ApplicationActionsReachTheScenario) {
  Served served;
  std::string seen;
  served.world.onApp(
      [&](unsigned op, std::uint64_t argument) { seen += std::to_string(op) + ':' + std::to_string(argument) + ' '; });
  served.world.play().app(3, 14);
  served.world.play().app(1, 5);
  served.world.run();
  EXPECT_EQ(seen, "3:14 1:5 ");
}

TEST(World, PlaysTheServerForAReactorThatConnectsToTheRemotePeer) {
  test::Log log;
  Recorder::Does does;
  does.onMade = [](Recorder& self) { self.transport().write("HELO\r\n"); };
  World world;
  world.host().reactor().connectTCP(world.remoteAddress().host(), world.remoteAddress().port(),
                                    std::make_shared<test::Clients>(&log, &does));
  world.play().send(0, "250 ok\r\n");
  EXPECT_TRUE(world.run());
  EXPECT_EQ(log.text(), "made got:250 ok\\r\\n lost:ConnectionDone");
  EXPECT_EQ(world.peer(0).received(), "HELO\r\n");
}

TEST(World, ConnectMakesAPeerThatTheTestMoves) {
  Served served;
  served.does.onData = [](Recorder& self, ByteView data) { self.transport().write(data); };
  RemotePeer& peer = served.world.connect(3);
  EXPECT_EQ(&peer, &served.world.peer(3));
  EXPECT_EQ(served.log.text(), "") << "nothing happens before the world is moved";
  peer.send("hello");
  served.world.settle();
  EXPECT_EQ(peer.received(), "hello");
  EXPECT_EQ(served.log.text(), "made got:hello");
}

/// Passes what one peer says on to the others, and closes a connection on which nothing was said
/// for 30 s.
class Chat final : public TimeoutMixin<> {
 public:
  Chat(Reactor* reactor, std::vector<Chat*>* room) : TimeoutMixin(*reactor), room_(room) {}
  void connectionMade() override {
    room_->push_back(this);
    setTimeout(30s);
  }
  void dataReceived(ByteView line) override {
    resetTimeout();
    for (Chat* each : *room_)
      if (each != this) each->transport().write(line);
  }
  void connectionLost(const Failure& reason) override {
    std::erase(*room_, this);
    TimeoutMixin::connectionLost(reason);
  }

 private:
  std::vector<Chat*>* room_;
};

// The example in string_transport.hpp.
TEST(World, TestsTwoPeersAndATimeOutAsTheHeaderOfStringTransportShows) {
  std::vector<Chat*> room;
  World world;
  Reactor& reactor = world.host().reactor();
  reactor.listenTCP(8000, Factory::forProtocol<Chat>(&reactor, &room));
  RemotePeer& ann = world.connect(0);
  RemotePeer& bob = world.connect(1);
  ann.send("hello\r\n");
  world.settle();
  EXPECT_EQ(bob.received(), "hello\r\n");
  world.advance(std::chrono::seconds(30));
  EXPECT_TRUE(ann.sawEof());
  EXPECT_TRUE(bob.sawEof());
}

TEST(World, ConnectByHandDrawsAsThePlaysConnectDoes) {
  const auto trace = [](bool byHand) {
    Served served;
    served.world.choices().usePrng(5);
    served.world.settle();
    if (byHand) served.world.connect(1);
    else served.world.play().connect(1);
    served.world.run();
    return served.world.trace().hash();
  };
  EXPECT_EQ(trace(true), trace(false));
}

TEST(World, ConnectAcceptsWhatAHostBegins) {
  test::Log log;
  Recorder::Does does;
  World world;
  const auto clients = std::make_shared<test::Clients>(&log, &does);
  const auto dial = [&] {
    world.host().reactor().connectTCP(world.remoteAddress().host(), world.remoteAddress().port(), clients);
    world.settle();
  };
  RemotePeer& first = world.connect(0);
  EXPECT_FALSE(first.open()) << "it waits for a host to connect";
  dial();
  EXPECT_TRUE(first.open());
  dial();
  world.connect(1).send("second");
  world.settle();
  EXPECT_EQ(log.text(), "made made got:second");
}

TEST(World, ConnectRefusesAConnectionThatWasMadeAndOneThatAPlayDoesNotHave) {
  Served served;
  served.world.connect(0);
  EXPECT_THROW(served.world.connect(0), UsageError);
  EXPECT_THROW(served.world.connect(Play::kMaxConnections), UsageError);
  World idle;
  idle.connect(0);
  EXPECT_THROW(idle.connect(0), UsageError) << "it waits already";
}

TEST(World, APlayGoesOnWithAConnectionThatWasMadeByHand) {
  Served served;
  RemotePeer& peer = served.world.connect(0);
  peer.send("hand ");
  served.world.settle();
  served.world.play().send(0, "play");
  EXPECT_TRUE(served.world.run());
  EXPECT_EQ(served.log.text(), "made got:hand  got:play lost:ConnectionDone");
}

TEST(World, AConnectByHandThatWaitsForAHostAndAPlaysConnectAcceptOneConnection) {
  test::Log log;
  Recorder::Does does;
  World world;
  world.connect(0);
  const auto clients = std::make_shared<test::Clients>(&log, &does);
  world.onApp([&](unsigned, std::uint64_t) {
    for (int i = 0; i < 2; ++i)
      world.host().reactor().connectTCP(world.remoteAddress().host(), world.remoteAddress().port(), clients);
  });
  world.play().send(0, "once");
  world.play().app(0, 0);
  world.run();
  EXPECT_EQ(log.text().find("made"), log.text().rfind("made")) << log.text();
}

TEST(World, ConnectPicksThePort) {
  test::Log log;
  Recorder::Does first, second;
  first.name = "first:", second.name = "second:";
  World world;
  world.host().reactor().listenTCP(1000, test::recorders(&log, &first));
  world.host().reactor().listenTCP(2000, test::recorders(&log, &second));
  world.connect(0, 1);
  world.settle();
  EXPECT_EQ(log.text(), "second:made");
}

TEST(World, TwoHostsTalkToEachOther) {
  test::Log log;
  Recorder::Does server{nullptr, [](Recorder& self, ByteView data) { self.transport().write(data); }, nullptr, "s:"};
  Recorder::Does client{[](Recorder& self) { self.transport().write("ping"); },
                        [](Recorder& self, ByteView) { self.transport().loseConnection(); }, nullptr, "c:"};
  World world;
  world.host("server").reactor().listenTCP(80, test::recorders(&log, &server));
  world.host("client").reactor().connectTCP(world.host("server").address().host(), 80,
                                            std::make_shared<test::Clients>(&log, &client));
  EXPECT_TRUE(world.run());
  EXPECT_EQ(log.text(), "c:made s:made s:got:ping c:got:ping c:lost:ConnectionDone s:lost:ConnectionDone");
}

TEST(World, ConnectsToThePortThatThePlayPicks) {
  test::Log log;
  Recorder::Does first, second;
  first.name = "first:", second.name = "second:";
  World world;
  world.host().reactor().listenTCP(1000, test::recorders(&log, &first));
  world.host().reactor().listenTCP(2000, test::recorders(&log, &second));
  world.play().connect(0, 1);
  world.play().connect(1, 0);
  EXPECT_TRUE(world.run());
  EXPECT_EQ(log.text(), "second:made first:made second:lost:ConnectionDone first:lost:ConnectionDone");
}

TEST(World, StepsByHandAndRunsUntilAConditionHolds) {
  Served served;
  World& world = served.world;
  world.settle();
  int ticks = 0;
  world.host().reactor().callLater(1s, [&] { ++ticks; });
  world.host().reactor().callLater(4s, [&] { ++ticks; });
  EXPECT_FALSE(world.step());
  EXPECT_TRUE(world.advanceToNext());
  EXPECT_EQ(ticks, 1);
  EXPECT_TRUE(world.runUntil([&] { return ticks == 2; }));
  EXPECT_EQ(world.now() - Network::kStart, 4s);
  EXPECT_FALSE(world.runUntil([] { return false; }));
  EXPECT_FALSE(world.advanceToNext());
  EXPECT_THROW(world.advance(-1ns), NegativeDelay);
}

TEST(World, RefusesToBeMovedFromInsideACallback) {
  Served served;
  served.does.onMade = [&](Recorder&) { EXPECT_THROW(served.world.advance(1s), UsageError); };
  served.world.play().connect(0);
  EXPECT_TRUE(served.world.run());
}

TEST(World, AHostThatIsStoppedRunsItsShutdown) {
  Served served;
  Reactor& reactor = served.world.host().reactor();
  std::string ran;
  reactor.addSystemEventTrigger(Reactor::Phase::kBefore, Reactor::Event::kShutdown, [&] {
    // It blocks the shutdown until a timer has run.
    reactor.callLater(3s, [&, block = std::make_shared<UniqueFunction<void()>>(reactor.blockSystemEvent())] {
      ran += "blocked ";
      (*block)();
    });
  });
  reactor.addSystemEventTrigger(Reactor::Phase::kAfter, Reactor::Event::kShutdown, [&] { ran += "after"; });
  served.does.onData = [&](Recorder&, ByteView) { reactor.stop(); };
  served.world.play().send(0, "stop");
  EXPECT_TRUE(served.world.run());
  EXPECT_EQ(ran, "blocked after");
  EXPECT_EQ(served.log.text(), "made got:stop lost:ConnectionLost");
}

TEST(World, TheSameInputsGiveTheSameTraceInAReusedAndInAFreshWorld) {
  const auto play = [](Served& served, std::uint64_t seed) {
    served.does.onData = [](Recorder& self, ByteView data) { self.transport().write(data); };
    served.world.play().clear();
    served.world.play().send(0, "some bytes that are cut");
    served.world.play().send(1, "and others");
    served.world.choices().usePrng(seed);
    served.world.run();
    return served.world.trace().hash();
  };
  Served reused;
  play(reused, 99);
  for (std::uint64_t seed = 0; seed < 50; ++seed) {
    Served fresh;
    reused.again({});
    EXPECT_EQ(play(reused, seed), play(fresh, seed)) << seed;
  }
}

TEST(World, DrawnCutsLieOnlyBetweenThoseThatThePlayNames) {
  Served served;
  bool sawMore = false;
  for (std::uint64_t seed = 0; seed < 100; ++seed) {
    served.again({});
    served.world.play().clear();
    served.world.play().send(0, "abc");
    served.world.play().cut(0);
    served.world.play().send(0, "def");
    served.world.play().endOfStream(0);
    served.world.choices().usePrng(seed);
    served.world.run();
    std::string all;
    bool boundary = false;
    for (const std::string& line : served.log.lines)
      if (line.starts_with("got:")) {
        all += line.substr(4);
        boundary = boundary || all == "abc";
        sawMore = sawMore || (all != "abc" && all != "abcdef");
      }
    EXPECT_TRUE(boundary) << served.log.text();
  }
  EXPECT_TRUE(sawMore);
}

TEST(World, ReactorsKnowWhatTimeItIsAfterAnAdvanceInWhichTheyHadNothingToDo) {
  World world;
  Reactor& reactor = world.host().reactor();
  world.settle();
  world.advance(10s);
  EXPECT_EQ(reactor.now(), world.now());
  Instant fired{};
  reactor.callLater(5s, [&] { fired = world.now(); });
  world.advance(20s);
  EXPECT_EQ(fired - Network::kStart, 15s);
}

TEST(World, AnApplicationActionCountsFromTheTimeOfItsStep) {
  World world;
  Instant fired{};
  world.onApp([&](unsigned, std::uint64_t) { world.host().reactor().callLater(5s, [&] { fired = world.now(); }); });
  world.host();
  world.play().advance(10s);
  world.play().app(0);
  world.play().advance(20s);
  EXPECT_TRUE(world.run());
  EXPECT_EQ(fired - Network::kStart, 15s);
}

}  // namespace
}  // namespace teasel::fakes
