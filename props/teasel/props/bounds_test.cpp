// What the oracles of counted bounds tell the shrinker.

#include <memory>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include <teasel/fakes/play/shrink.hpp>
#include <teasel/fakes/program/replay.hpp>
#include <teasel/fakes/world/scenario.hpp>
#include <teasel/props/properties.hpp>
#include <teasel/props/watch.hpp>
#include <teasel/protocol/port.hpp>

namespace teasel::props {
namespace {

using fakes::ReplayJob;
using fakes::ReplayOutcome;

/// Searches all that it holds with every chunk.
struct Rescanner : Protocol {
  void dataReceived(ByteView data) override {
    held += data.text();
    for (std::size_t i = 0; i < held.size(); ++i) newlines += held[i] == '\n' ? 1 : 0;
  }
  std::string held;
  std::size_t newlines = 0;
};

TEASEL_SCENARIO(boundsTestRescans, "costs the square of its input") {
  const Subject rescanner = [](Reactor&, EventLog&) { return std::make_shared<Rescanner>(); };
  if (serve(world, rescanner)) chunkCost(world, rescanner);
}

/// Makes room for as many kilobytes as there are bytes.
struct Reserves : Protocol {
  void dataReceived(ByteView data) override { held.push_back(std::make_unique<char[]>(data.size() << 10)); }
  std::vector<std::unique_ptr<char[]>> held;
};

TEASEL_SCENARIO(boundsTestReserves, "takes a kilobyte for each byte") {
  const Subject reserves = [](Reactor&, EventLog&) { return std::make_shared<Reserves>(); };
  if (serve(world, reserves)) boundedHeap(world, reserves);
}

TEASEL_SCENARIO(boundsTestWaits, "holds back more than ten bytes") {
  Bounds bounds;
  bounds.bufferedBytes = 10;
  bounds.buffered = [](const Protocol& protocol) { return static_cast<const Rescanner&>(protocol).held.size(); };
  Watch watch(world, bounds);
  const auto factory = Factory::forProtocol<Rescanner>();
  factory->noisy = false;
  world.host().reactor().listenTCP(1, watch.over(factory));
  world.run();
  watch.finish();
}

/// The smallest input that the shrinker keeps of so many bytes.
ReplayOutcome shrunk(const char* scenario, std::size_t bytes) {
  fakes::Replayer replayer;
  ReplayJob job;
  job.scenario = scenario;
  job.play.send(0, std::string(bytes, 'x'));
  const ReplayOutcome first = replayer.run(job);
  const fakes::InterestingnessTest interesting = [&](const fakes::Play& play, std::span<const fakes::ChoiceRecord>) {
    job.play = play;
    const ReplayOutcome outcome = replayer.run(job);
    return fakes::showsTheSame(outcome, first) ? outcome.signature : std::string();
  };
  job.play = fakes::shrink(job.play, {}, first.signature, interesting, {.runs = 300}).play;
  return replayer.run(job);
}

/// How far the input exceeds the bound, in percent.
std::uint64_t percentAbove(const ReplayOutcome& outcome) {
  return outcome.excess ? outcome.excess->measured * 100 / outcome.excess->allowed - 100 : 0;
}

TEST(CountedBound, AFindingOfChunkCostStaysThreeTimesAboveTheBoundSoThatEveryBuildShowsIt) {
  const ReplayOutcome small = shrunk("boundsTestRescans", 2000);
  EXPECT_EQ(small.oracle, "chunk-cost");
  EXPECT_GE(percentAbove(small), 200u) << small.message;
  EXPECT_LT(small.play.byteCount(), 1500u) << "it does shrink";
}

TEST(CountedBound, AFindingOfHeapStaysHalfAboveTheBound) {
  const ReplayOutcome small = shrunk("boundsTestReserves", 2000);
  EXPECT_EQ(small.oracle, "heap");
  EXPECT_GE(percentAbove(small), 50u) << small.message;
}

TEST(CountedBound, AFindingOfBytesThatWaitStaysAQuarterAboveTheBound) {
  const ReplayOutcome small = shrunk("boundsTestWaits", 900);
  EXPECT_EQ(small.oracle, "bounded-buffering");
  EXPECT_EQ(small.play.byteCount(), 13u) << "10 bytes and a quarter, rounded up";
}

}  // namespace
}  // namespace teasel::props
