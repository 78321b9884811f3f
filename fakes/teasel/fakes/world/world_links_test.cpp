#include <gtest/gtest.h>

#include <string>
#include <vector>

#include <teasel/core/errors.hpp>
#include <teasel/fakes/world/test/pair_test_kit.hpp>

// What a link does to streams: partition, hold and latency, in both modes of the driver.

namespace teasel::fakes {
namespace {

using namespace std::chrono_literals;
using test::Pair;
using test::Recorder;

class WorldLinks : public testing::TestWithParam<SimDriver::Mode> {
 protected:
  Pair it_{GetParam()};
  World& world_ = it_.world;
};

TEST_P(WorldLinks, AStreamStandsStillDuringAPartitionAndHasNoGap) {
  it_.connected();
  world_.partition("client", "server");
  it_.atClient->transport().write("a");
  world_.advance(10s);
  it_.atClient->transport().write("b");
  world_.advance(10s);
  EXPECT_EQ(it_.taken(), "");
  world_.repair("client", "server");
  world_.settle();
  EXPECT_EQ(it_.taken(), "s.got:ab");
}

TEST_P(WorldLinks, WhatIsInFlightAtAPartitionIsSentAgainAfterTheRepair) {
  it_.connected();
  world_.latency("client", "server", 1s);
  it_.atClient->transport().write("a");
  world_.advance(500ms);
  world_.partition("server", "client");
  world_.advance(10s);
  world_.repair("server", "client");
  world_.advance(999ms);
  EXPECT_EQ(it_.taken(), "") << "it sets out anew";
  world_.advance(1ms);
  EXPECT_EQ(it_.taken(), "s.got:a");
}

TEST_P(WorldLinks, AnEndOfStreamComesAfterTheRepairAlsoWhenItsSenderIsGone) {
  it_.connected();
  world_.partition("client", "server");
  it_.atClient->transport().write("last");
  it_.atClient->transport().loseConnection();
  world_.advance(60s);
  EXPECT_EQ(it_.taken(), "c.lost:ConnectionDone");
  world_.repair("client", "server");
  world_.settle();
  EXPECT_EQ(it_.taken(), "s.got:last s.lost:ConnectionDone");
}

TEST_P(WorldLinks, AResetDuringAPartitionIsLostAndTheOtherEndLearnsOfItWhenItSends) {
  it_.connected();
  world_.partition("client", "server");
  it_.atClient->transport().abortConnection();
  world_.advance(60s);
  world_.repair("client", "server");
  world_.advance(60s);
  EXPECT_EQ(it_.taken(), "c.lost:ConnectionAborted");
  it_.atServer->transport().write("hello?");
  world_.settle();
  EXPECT_EQ(it_.taken(), "s.lost:ConnectionLost");
}

TEST_P(WorldLinks, BytesThatMetADeadEndDuringAPartitionBringTheResetAfterTheRepair) {
  it_.connected();
  world_.partition("client", "server");
  it_.atServer->transport().write("hello?");
  it_.atClient->transport().abortConnection();
  world_.advance(60s);
  world_.repair("client", "server");
  world_.settle();
  EXPECT_EQ(it_.taken(), "c.lost:ConnectionAborted s.lost:ConnectionLost");
}

TEST_P(WorldLinks, AResetThatCannotReturnComesWhenItsDirectionIsOpenAgain) {
  it_.connected();
  world_.partitionOneWay("client", "server");
  it_.atClient->transport().abortConnection();
  world_.advance(1s);
  it_.atServer->transport().write("hello?");
  world_.advance(60s);
  EXPECT_EQ(it_.taken(), "c.lost:ConnectionAborted");
  world_.repairOneWay("client", "server");
  world_.settle();
  EXPECT_EQ(it_.taken(), "s.lost:ConnectionLost");
}

TEST_P(WorldLinks, WhoSendsIntoAPartitionGivesUpAfterAQuarterOfAnHour) {
  it_.connected();
  world_.partition("client", "server");
  it_.atClient->transport().write("a");
  world_.advance(924599ms);
  EXPECT_EQ(it_.taken(), "");
  world_.advance(1ms);
  EXPECT_EQ(it_.taken(), "c.lost:ConnectionLost");
  world_.repair("client", "server");
  world_.advance(1h);
  EXPECT_EQ(it_.taken(), "") << "the server has sent nothing and cannot know";
}

TEST_P(WorldLinks, WhoGivesUpTakesBackNothingThatHasArrived) {
  it_.connected();
  it_.atServer->transport().pauseProducing();
  it_.atClient->transport().write("a");
  world_.settle();
  world_.partition("client", "server");
  it_.atClient->transport().write("b");
  world_.advance(925s);
  EXPECT_EQ(it_.taken(), "c.lost:ConnectionLost");
  it_.atServer->transport().resumeProducing();
  world_.settle();
  EXPECT_EQ(it_.taken(), "s.got:a");
}

TEST_P(WorldLinks, AnEndOfStreamMeetsTheResetThatAPartitionSwallowed) {
  it_.onServer.halfCloseable = true;
  it_.connected();
  world_.partition("client", "server");
  it_.atClient->transport().abortConnection();
  world_.advance(1s);
  world_.repair("client", "server");
  it_.atServer->transport().loseWriteConnection();
  world_.settle();
  EXPECT_EQ(it_.taken(), "c.lost:ConnectionAborted s.shut s.lost:ConnectionLost");
}

TEST_P(WorldLinks, WhoHasSentNothingDoesNotNoticeAPartition) {
  it_.connected();
  world_.partition("client", "server");
  world_.advance(24h);
  EXPECT_EQ(it_.taken(), "");
  world_.repair("client", "server");
  it_.atClient->transport().write("still here");
  world_.settle();
  EXPECT_EQ(it_.taken(), "s.got:still here");
}

TEST_P(WorldLinks, AnAttemptToConnectDuringAPartitionEndsByItsTimeOut) {
  world_.partition("client", "server");
  it_.dial(20s);
  world_.advance(19999ms);
  EXPECT_EQ(it_.taken(), "");
  world_.advance(1ms);
  EXPECT_EQ(it_.taken(), "failed:TimeoutError");
  world_.repair("client", "server");
  world_.advance(200s);
  EXPECT_EQ(it_.taken(), "");
  EXPECT_EQ(world_.network().openStreams(), 0u) << "nothing is left of the attempt";
}

TEST_P(WorldLinks, AnAttemptToConnectIsRepeatedAsLinuxDoesAndSucceedsAfterTheRepair) {
  world_.partition("client", "server");
  it_.dial();
  world_.advance(4s);
  world_.repair("client", "server");
  world_.advance(2999ms);
  EXPECT_EQ(it_.taken(), "");
  world_.advance(1ms);
  EXPECT_EQ(it_.taken(), "s.made c.made") << "seven seconds after the first request";
}

TEST_P(WorldLinks, AnAttemptToConnectThatNobodyAnswersFailsAfter127Seconds) {
  world_.partition("client", "server");
  it_.dial(1h);
  world_.advance(126999ms);
  EXPECT_EQ(it_.taken(), "");
  world_.advance(1ms);
  EXPECT_EQ(it_.taken(), "failed:TimeoutError");
}

TEST_P(WorldLinks, APartitionOfOneDirectionLetsTheOtherOneThrough) {
  it_.connected();
  world_.partitionOneWay("server", "client");
  it_.onServer.onData = [](Recorder& self, ByteView data) { self.transport().write(data); };
  it_.atClient->transport().write("ping");
  world_.advance(1s);
  EXPECT_EQ(it_.taken(), "s.got:ping");
  it_.dial(2s);
  world_.advance(2s);
  EXPECT_EQ(it_.taken(), "failed:TimeoutError") << "connecting needs both directions";
  world_.repairOneWay("server", "client");
  world_.settle();
  EXPECT_EQ(it_.taken(), "c.got:ping");
}

TEST_P(WorldLinks, TheOutsideCanBeCutOffFromAHostAndNotFromAnother) {
  RemotePeer& peer = world_.connect(0);
  it_.connected();
  world_.partition("server", World::kOutside);
  peer.send("from outside");
  it_.atClient->transport().write("from inside");
  RemotePeer& late = world_.connect(1);
  late.send("early bird");
  world_.advance(5s);
  EXPECT_EQ(it_.taken(), "s.got:from inside");
  world_.repair("server", World::kOutside);
  world_.advance(60s);
  EXPECT_EQ(it_.taken(), "s.got:from outside s.made s.got:early bird");
}

TEST_P(WorldLinks, AHoldKeepsBytesAndTheEndOfTheStreamUntilTheRelease) {
  it_.connected();
  world_.hold("client", "server");
  it_.atClient->transport().write("a");
  it_.atClient->transport().write("b");
  it_.atClient->transport().loseConnection();
  world_.advance(1h);
  EXPECT_EQ(it_.taken(), "c.lost:ConnectionDone");
  world_.release("client", "server");
  world_.settle();
  EXPECT_EQ(it_.taken(), "s.got:ab s.lost:ConnectionDone");
}

TEST_P(WorldLinks, AHoldKeepsAResetBehindTheBytesBeforeIt) {
  RemotePeer& peer = world_.connect(0);
  world_.settle();
  it_.taken();
  world_.hold("server", World::kOutside);
  peer.send("a");
  peer.reset();
  world_.advance(1h);
  EXPECT_EQ(it_.taken(), "");
  world_.release("server", World::kOutside);
  world_.settle();
  EXPECT_EQ(it_.taken(), "s.got:a s.lost:ConnectionLost");
}

TEST_P(WorldLinks, AResetSentDuringAHoldDoesNotOvertakeWhatIsInFlight) {
  it_.connected();
  world_.latency("client", "server", 10s);
  it_.atClient->transport().write("a");
  world_.settle();
  world_.hold("client", "server");
  world_.advance(1s);
  it_.atClient->transport().abortConnection();
  world_.release("client", "server");
  world_.advance(9s);
  EXPECT_EQ(it_.taken(), "c.lost:ConnectionAborted s.got:a");
  world_.advance(1s);
  EXPECT_EQ(it_.taken(), "s.lost:ConnectionLost");
}

TEST_P(WorldLinks, AHoldKeepsAnAttemptToConnectAndNoKernelGivesUp) {
  world_.hold("client", "server");
  it_.dial(24h);
  world_.advance(1h);
  EXPECT_EQ(it_.taken(), "");
  world_.release("client", "server");
  world_.settle();
  EXPECT_EQ(it_.taken(), "s.made c.made");
}

TEST_P(WorldLinks, WhatWasInFlightAtAHoldArrivesNotBeforeItsOwnTime) {
  it_.connected();
  world_.latency("client", "server", 10s);
  it_.atClient->transport().write("a");
  world_.hold("client", "server");
  world_.advance(1s);
  world_.release("client", "server");
  world_.advance(8999ms);
  EXPECT_EQ(it_.taken(), "");
  world_.advance(1ms);
  EXPECT_EQ(it_.taken(), "s.got:a");
}

TEST_P(WorldLinks, LatencyDelaysEachDirectionByItsOwnTime) {
  std::vector<std::string> seen;
  const auto note = [&](const char* what) { seen.push_back(what + std::to_string(world_.network().elapsed() / 1ms)); };
  it_.onServer.onMade = [&](Recorder&) { note("accepted "); };
  it_.onServer.onData = [&](Recorder& self, ByteView data) { note("asked "), self.transport().write(data); };
  it_.onClient.onMade = [&](Recorder& self) { note("connected "), self.transport().write("ping"); };
  it_.onClient.onData = [&](Recorder& self, ByteView) { note("answered "), self.transport().loseConnection(); };
  it_.onServer.onLost = [&](Recorder&) { note("lost "); };
  world_.latency("client", "server", 30ms);
  world_.latency("server", "client", 5ms);
  it_.dial();
  world_.advance(1s);
  EXPECT_EQ(seen, (std::vector<std::string>{"connected 35", "accepted 65", "asked 65", "answered 70", "lost 100"}));
}

TEST_P(WorldLinks, AResetTakesTheLatencyOfItsLinkAndComesBehindTheBytes) {
  it_.connected();
  world_.latency("client", "server", 1s);
  it_.atClient->transport().write("a");
  world_.settle();
  world_.advance(100ms);
  it_.atClient->transport().abortConnection();
  world_.advance(899ms);
  EXPECT_EQ(it_.taken(), "c.lost:ConnectionAborted");
  world_.advance(1ms);
  EXPECT_EQ(it_.taken(), "s.got:a");
  world_.advance(100ms);
  EXPECT_EQ(it_.taken(), "s.lost:ConnectionLost");
}

TEST_P(WorldLinks, ARefusalTakesARoundTrip) {
  world_.latency("client", "server", 1s);
  world_.latency("server", "client", 1s);
  it_.client().reactor().connectTCP(it_.server().address().host(), 9, std::make_shared<test::Clients>(&it_.log, &it_.onClient));
  world_.advance(1999ms);
  EXPECT_EQ(it_.taken(), "");
  world_.advance(1ms);
  EXPECT_EQ(it_.taken(), "failed:ConnectionRefusedError");
}

TEST_P(WorldLinks, ACallInsideACallbackTakesEffectAtOnce) {
  it_.connected();
  it_.onServer.onData = [&](Recorder& self, ByteView data) {
    self.transport().write(data);
    world_.partition("server", "client");
  };
  it_.atClient->transport().write("ping");
  world_.advance(1s);
  EXPECT_EQ(it_.taken(), "s.got:ping");
}

INSTANTIATE_TEST_SUITE_P(Modes, WorldLinks, testing::Values(SimDriver::Mode::kReadiness, SimDriver::Mode::kCompletion),
                         [](const auto& each) { return each.param == SimDriver::Mode::kReadiness ? "readiness" : "completion"; });

TEST(WorldLinkNames, ALinkNeedsTwoPartiesThatExist) {
  Pair it;
  EXPECT_THROW(it.world.partition("client", "sever"), UsageError);
  EXPECT_THROW(it.world.hold("client", "client"), UsageError);
  EXPECT_THROW(it.world.latency("client", "server", -1s), NegativeDelay);
  EXPECT_THROW(it.world.host("outside"), UsageError);
  try {
    it.world.partition("client", "sever");
  } catch (const UsageError& error) {
    EXPECT_NE(std::string(error.what()).find("server, client, outside"), std::string::npos) << error.what();
  }
}

TEST(WorldLinkNames, TheDiagramAndTheStuckReportShowLinks) {
  Pair it;
  it.connected();
  it.world.partition("client", "server");
  it.world.latency("client", World::kOutside, 20ms);
  EXPECT_NE(it.world.diagram().find("the link is cut: client <-> server"), std::string::npos) << it.world.diagram();
  EXPECT_NE(it.world.diagram().find("latency client -> the outside: 20 ms"), std::string::npos);
  std::string waiting;
  for (const std::string& line : it.world.waiting()) waiting += line + '\n';
  EXPECT_NE(waiting.find("link client -> server: cut"), std::string::npos) << waiting;
  EXPECT_EQ(waiting.find("outside"), std::string::npos) << "latency alone holds nobody up";
}

TEST(WorldLinkEvents, APlayDoesWhatTheCallsDo) {
  const auto trace = [](bool byPlay) {
    test::Served served;
    Play& play = served.world.play();
    if (byPlay) play.partition(0, Play::kOutside, true);
    else served.world.partitionOneWay("host", World::kOutside);
    play.send(0, "a");
    play.advance(1s);
    EXPECT_TRUE(served.world.run());
    return served.log.text();
  };
  EXPECT_EQ(trace(true), trace(false));
}

TEST(WorldLinkEvents, LinksOpenWhenThePlayIsOver) {
  test::Served served;
  Play& play = served.world.play();
  play.connect(0);
  play.partition(0, Play::kOutside);
  play.send(0, "late");
  EXPECT_TRUE(served.world.run());
  EXPECT_EQ(served.log.text(), "made got:late lost:ConnectionDone");
}

TEST(WorldLinkEvents, AnEndThatCouldNotHearOfAResetIsFoundByKeepAliveInTheEnd) {
  test::Served served;
  Play& play = served.world.play();
  play.connect(0);
  play.partition(0, Play::kOutside);
  play.reset(0);
  play.repair(0, Play::kOutside);
  play.advance(1h);
  EXPECT_TRUE(served.world.run());
  EXPECT_EQ(served.log.text(), "made lost:ConnectionLost");
}

TEST(WorldLinkEvents, ALinkFromAPartyToItselfHasNothingToActOn) {
  test::Served served;
  served.world.play().partition(0, 1);
  served.world.play().latency(3, 4, 1s);
  EXPECT_TRUE(served.world.run());
  EXPECT_NE(served.world.trace().text().find("skipped"), std::string::npos);
  EXPECT_EQ(served.world.trace().text().find("link-cut"), std::string::npos);
}

}  // namespace
}  // namespace teasel::fakes
