#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>
#include <stdexcept>
#include <string>

#include <teasel/core/errors.hpp>
#include <teasel/fakes/world/leak_guard.hpp>
#include <teasel/fakes/world/test/pair_test_kit.hpp>
#include <teasel/reactor/threads.hpp>

// Hosts that crash and start again, in both modes of the driver.

namespace teasel::fakes {
namespace {

using namespace std::chrono_literals;
using test::Pair;
using test::Recorder;

class WorldCrash : public testing::TestWithParam<SimDriver::Mode> {
 protected:
  Pair it_{GetParam()};
  World& world_ = it_.world;
};

TEST_P(WorldCrash, ItsOwnProtocolsAreToldNothingAndItsPeersGetResets) {
  it_.connected();
  EXPECT_TRUE(it_.server().crash());
  world_.settle();
  EXPECT_EQ(it_.taken(), "c.lost:ConnectionLost");
  EXPECT_FALSE(it_.server().up());
  EXPECT_FALSE(it_.server().crash()) << "it is down already";
}

TEST_P(WorldCrash, ASilentCrashIsNoticedByNobodyUntilTheHostIsUpAndBytesCome) {
  it_.connected();
  it_.server().crash(CrashKind::kSilent);
  it_.atClient->transport().write("anybody?");
  world_.advance(600s);
  EXPECT_EQ(it_.taken(), "");
  it_.server().restart();
  world_.settle();
  EXPECT_EQ(it_.taken(), "c.lost:ConnectionLost");
}

TEST_P(WorldCrash, WhoSendsNothingToASilentHostStaysConnected) {
  it_.connected();
  it_.server().crash(CrashKind::kSilent);
  world_.advance(24h);
  it_.server().restart();
  world_.advance(24h);
  EXPECT_EQ(it_.taken(), "");
  it_.atClient->transport().write("anybody?");
  world_.settle();
  EXPECT_EQ(it_.taken(), "c.lost:ConnectionLost");
}

TEST_P(WorldCrash, AnEndOfStreamThatASilentHostMissedIsAnsweredByAResetAfterItsRestart) {
  it_.onClient.halfCloseable = true;
  it_.connected();
  it_.server().crash(CrashKind::kSilent);
  it_.atClient->transport().loseWriteConnection();
  world_.advance(60s);
  EXPECT_EQ(it_.taken(), "c.shut");
  it_.server().restart();
  world_.settle();
  EXPECT_EQ(it_.taken(), "c.lost:ConnectionLost");
}

TEST_P(WorldCrash, AKernelThatClosesSocketsEndsStreamsBehindWhatItWasGiven) {
  it_.connected();
  it_.atServer->transport().write("farewell");
  world_.settle();
  it_.server().crash(CrashKind::kClose);
  world_.settle();
  EXPECT_EQ(it_.taken(), "c.got:farewell c.lost:ConnectionDone");
}

TEST_P(WorldCrash, AKernelThatClosesSocketsResetsThoseWithUnreadInput) {
  it_.connected();
  it_.atServer->transport().pauseProducing();
  it_.atClient->transport().write("unread");
  world_.settle();
  it_.server().crash(CrashKind::kClose);
  world_.settle();
  EXPECT_EQ(it_.taken(), "c.lost:ConnectionLost");
}

TEST_P(WorldCrash, ARestartRunsTheStartFunctionOnTheSameReactorAndPorts) {
  Reactor& reactor = it_.server().reactor();
  it_.connected();
  it_.server().crash();
  world_.advance(5s);
  EXPECT_TRUE(it_.server().restart());
  EXPECT_FALSE(it_.server().restart()) << "it is up already";
  EXPECT_EQ(&reactor, &it_.server().reactor());
  EXPECT_EQ(reactor.now(), world_.now());
  it_.dial();
  world_.settle();
  EXPECT_EQ(it_.taken(), "c.lost:ConnectionLost c.made s.made");
}

TEST_P(WorldCrash, AStopThatTheCrashOvertakesShutsNothingDown) {
  it_.connected();
  Reactor& reactor = it_.server().reactor();
  reactor.callLater(1s, [&] {
    reactor.stop();
    it_.server().crash();
  });
  world_.advance(2s);
  EXPECT_THAT(world_.diagram(), testing::Not(testing::HasSubstr("server shuts down")));
  EXPECT_EQ(it_.taken(), "c.lost:ConnectionLost");
  EXPECT_TRUE(it_.server().restart());
  it_.dial();
  world_.settle();
  EXPECT_EQ(it_.taken(), "c.made s.made");
  EXPECT_TRUE(reactor.running());
}

TEST_P(WorldCrash, TimersPostedCallsAndTriggersOfTheHostAreForgotten) {
  Reactor& reactor = it_.server().reactor();
  int ran = 0;
  const DelayedCall timer = reactor.callLater(1s, [&] { ++ran; });
  world_.settle();
  reactor.callFromThread([&] { ++ran; });
  reactor.addSystemEventTrigger(Reactor::Phase::kDuring, Reactor::Event::kShutdown, [&] { ++ran; });
  it_.server().crash();
  EXPECT_FALSE(timer.active());
  it_.server().restart();
  EXPECT_TRUE(world_.run());
  EXPECT_EQ(ran, 0);
}

TEST_P(WorldCrash, ACallOnTheReactorOfAHostThatIsDownIsRefusedOrDropped) {
  it_.server().crash();
  Reactor& reactor = it_.server().reactor();
  int ran = 0;
  reactor.callLater(0s, [&] { ++ran; });
  EXPECT_THROW(reactor.listenTCP(9000, Factory::forProtocol<test::Echo>()), CannotListenError);
  it_.server().restart();
  world_.advance(1s);
  EXPECT_EQ(ran, 0);
}

TEST_P(WorldCrash, TheMemoryOfTheHostIsFreedAndNothingOfItCountsAsLeftOver) {
  LeakCapture leaks;
  std::weak_ptr<int> memory;
  it_.server().onStart([&](Reactor& reactor) {
    const auto state = std::make_shared<int>(0);
    memory = state;
    reactor.callLater(1h, [state] {});
    const Deferred<int> waits;
    reactor.callLater(1h, [waits] { waits.callback(1); });
    const Deferred<int> fails;
    fails.errback(Failure(std::runtime_error("nobody looks")));
    reactor.callLater(1h, [fails] {});
  });
  world_.settle();
  EXPECT_FALSE(memory.expired());
  it_.server().crash();
  EXPECT_TRUE(memory.expired());
  EXPECT_TRUE(world_.run());
  const World::Active active(world_);
  EXPECT_TRUE(world_.finish()) << world_.diagram();
  EXPECT_TRUE(leaks.found().empty());
}

TEST_P(WorldCrash, ACrashedHostRefusesConnectionsAndASilentOneLetsThemWait) {
  it_.server().crash(CrashKind::kReset);
  it_.dial();
  world_.settle();
  EXPECT_EQ(it_.taken(), "failed:ConnectionRefusedError");
  it_.server().restart();
  it_.server().crash(CrashKind::kSilent);
  it_.dial();
  world_.advance(2s);
  EXPECT_EQ(it_.taken(), "");
  it_.server().restart();
  world_.advance(1s);
  EXPECT_EQ(it_.taken(), "s.made c.made") << "the request was repeated after three seconds";
}

TEST_P(WorldCrash, ARemotePeerFindsThePortOfAHostAgainAtItsPlace) {
  it_.client().reactor().listenTCP(9000, test::recorders(&it_.log, &it_.onClient));
  it_.server().crash();
  EXPECT_TRUE(world_.connect(0, 0).sawRefusal());
  it_.server().restart();
  world_.connect(1, 0);
  world_.connect(2, 1);
  world_.settle();
  EXPECT_EQ(it_.taken(), "s.made c.made");
}

TEST_P(WorldCrash, AConnectionThatWaitedInTheBacklogSeesTheCrash) {
  it_.dial();
  it_.client().reactor().callLater(0s, [&] { it_.server().crash(); });
  while (it_.taken().find("lost") == std::string::npos && world_.step()) {
  }
  EXPECT_FALSE(world_.step()) << "the client knows the end";
}

TEST_P(WorldCrash, AConnectionThatAPortDoesNotKnowYetDiesWithItsHost) {
  for (const CrashKind kind : {CrashKind::kReset, CrashKind::kSilent}) {
    Pair it(GetParam());
    it.world.latency("client", "server", 1s);
    it.dial();
    it.world.advance(1500ms);
    EXPECT_EQ(it.taken(), "c.made");
    it.server().crash(kind);
    it.server().restart();
    it.world.advance(10s);
    EXPECT_EQ(it.taken(), kind == CrashKind::kReset ? "c.lost:ConnectionLost" : "");
    if (kind == CrashKind::kReset) continue;
    it.atClient->transport().write("anybody?");
    it.world.advance(10s);
    EXPECT_EQ(it.taken(), "c.lost:ConnectionLost") << "the new process knows nothing of it";
  }
}

// Inside callbacks -------------------------------------------------------------------------------

TEST_P(WorldCrash, ACallbackThatCrashesItsHostRunsToItsEndAndNoOtherFollows) {
  it_.connected();
  it_.onServer.onData = [&](Recorder& self, ByteView) {
    self.transport().write("not sent any more");
    it_.server().reactor().callFromThread([&] { it_.log.lines.push_back("posted"); });
    it_.server().crash();
    self.transport().write("nor this");
    self.transport().loseConnection();
    it_.server().reactor().callLater(0s, [&] { it_.log.lines.push_back("timer"); });
    it_.log.lines.push_back("end of callback");
  };
  it_.atClient->transport().write("boom");
  world_.advance(1s);
  EXPECT_EQ(it_.taken(), "s.got:boom end of callback c.lost:ConnectionLost");
}

TEST_P(WorldCrash, ACrashAndARestartMayBeAskedForInOneCallback) {
  it_.connected();
  it_.onServer.onData = [&](Recorder&, ByteView) {
    it_.server().crash();
    it_.server().restart();
  };
  it_.atClient->transport().write("boom");
  world_.settle();
  it_.dial();
  world_.settle();
  EXPECT_EQ(it_.taken(), "s.got:boom c.lost:ConnectionLost c.made s.made");
}

TEST_P(WorldCrash, ACrashInAnyCallbackOfAConnectionIsTheLastCallback) {
  const auto with = [&](std::function<void(Recorder&)> Recorder::Does::* when) {
    Pair it(GetParam());
    it.onServer.*when = [&](Recorder&) { it.server().crash(); };
    it.dial();
    it.world.settle();
    const bool lost = it.log.text().find("c.lost") != std::string::npos;  // then atClient is gone
    if (!lost) it.atClient->transport().loseConnection();
    it.world.settle();
    return it.taken();
  };
  EXPECT_EQ(with(&Recorder::Does::onMade), "c.made s.made c.lost:ConnectionLost");
  EXPECT_EQ(with(&Recorder::Does::onLost), "c.made s.made c.lost:ConnectionDone s.lost:ConnectionDone");
}

/// Crashes its host when it is asked for a protocol, or when it stops.
class Crashing final : public ClientFactory {
 public:
  Crashing(Host* host, bool building) : host_(host), building_(building) { noisy = false; }
  std::shared_ptr<Protocol> buildProtocol(const Address&) override {
    if (building_) host_->crash();
    return std::make_shared<test::Echo>();
  }
  void startedConnecting(Connector&) override {
    if (!building_) host_->crash();
  }
  void clientConnectionLost(Connector&, const Failure&) override { ++told; }
  void clientConnectionFailed(Connector&, const Failure&) override { ++told; }
  void stopFactory() override { ++told; }
  int told = 0;

 private:
  Host* host_;
  bool building_;
};

TEST_P(WorldCrash, ACrashInACallbackOfAFactoryIsTheLastCallback) {
  for (const bool building : {true, false}) {
    Pair it(GetParam());
    const auto factory = std::make_shared<Crashing>(&it.client(), building);
    it.client().reactor().connectTCP(it.server().address().host(), 8000, factory);
    it.world.advance(60s);
    EXPECT_EQ(factory->told, 0);
    EXPECT_EQ(factory->numPorts(), 0);
    EXPECT_EQ(it.taken(), building ? "s.made s.lost:ConnectionLost" : "");
  }
}

TEST_P(WorldCrash, AStartFunctionMayCrashItsHostOrThrow) {
  it_.server().crash();
  it_.server().onStart([&](Reactor&) { it_.server().crash(); });
  it_.server().restart();
  EXPECT_FALSE(it_.server().up());
  it_.server().onStart([](Reactor&) { throw std::runtime_error("no configuration"); });
  EXPECT_EQ(world_.verdict(), nullptr);
  it_.server().restart();
  EXPECT_TRUE(it_.server().up());
  ASSERT_NE(world_.verdict(), nullptr);
  EXPECT_NE(world_.verdict()->message.find("the start function of a host"), std::string::npos);
}

TEST_P(WorldCrash, ACrashWaitsForACallInAThreadThatWaitsForItsReactor) {
  Reactor& reactor = it_.server().reactor();
  reactor.callInThread([&] {
    it_.server().crash();
    it_.log.lines.push_back(blockingCallFromThread(reactor, [] { return std::string("answer"); }));
  });
  world_.settle();
  EXPECT_EQ(it_.taken(), "answer");
  EXPECT_FALSE(it_.server().up());
  EXPECT_EQ(reactor.describeOpen().size(), 0u);
}

TEST_P(WorldCrash, ARestartMayBeAskedForWhileTheCrashWaitsForACallInAThread) {
  Reactor& reactor = it_.server().reactor();
  reactor.callInThread([&] {
    it_.server().crash();
    EXPECT_TRUE(it_.server().restartIn(1s));
    blockingCallFromThread(reactor, [] {});
  });
  world_.settle();
  EXPECT_FALSE(it_.server().up());
  world_.advance(1s);
  EXPECT_TRUE(it_.server().up());
}

TEST(WorldCrashSlow, AHostThatIsDownTakesNoTime) {
  int crashes = 0;
  for (std::uint64_t seed = 1; seed <= 50; ++seed) {
    WorldOptions options;
    options.faults.slow = true;
    Pair it(options);
    it.world.choices().usePrng(seed);
    it.onServer.onMade = [&](Recorder&) { it.server().crash(CrashKind::kReset); };
    it.dial();
    it.world.advance(60s);
    const std::string trace = it.world.trace().text();
    const std::size_t crash = trace.find("host0 crash");
    if (crash == std::string::npos) continue;
    ++crashes;
    EXPECT_EQ(trace.find("host0 slow", crash), std::string::npos) << trace;
  }
  EXPECT_GT(crashes, 10);
}

TEST_P(WorldCrash, CallsInThreadsThatHaveNotBegunAreForgotten) {
  int ran = 0;
  it_.server().reactor().callInThread([&] { ++ran; });
  it_.server().crash();
  it_.server().restart();
  world_.advance(1h);
  EXPECT_EQ(ran, 0);
}

INSTANTIATE_TEST_SUITE_P(Modes, WorldCrash, testing::Values(SimDriver::Mode::kReadiness, SimDriver::Mode::kCompletion),
                         [](const auto& each) { return each.param == SimDriver::Mode::kReadiness ? "readiness" : "completion"; });

}  // namespace
}  // namespace teasel::fakes
