// Properties of one input share their runs, and none are made while they are left out.

#include <gtest/gtest.h>

#include <memory>

#include <teasel/fakes/program/sparing.hpp>
#include <teasel/props/properties.hpp>
#include <teasel/reactor/reactor.hpp>

namespace teasel::props {
namespace {

/// Reports each chunk, which no protocol should.
struct Chunks : Protocol {
  explicit Chunks(EventLog& to) : log(to) {}
  void dataReceived(ByteView data) override { log.event("chunk", data); }
  EventLog& log;
};

struct SharedRuns : testing::Test {
  int runs = 0;
  Subject counting = Subject::sharing([this](Reactor&) { return ++runs; },
                                      [](int&, Reactor&, EventLog&) { return std::make_shared<Protocol>(); });
  fakes::World world;
  void sendCut() { world.play().send(0, "ab"), world.play().cut(0), world.play().send(0, "cd"); }
};

TEST_F(SharedRuns, ThreePropertiesMakeThreeRuns) {
  sendCut();
  EXPECT_TRUE(chunkInvariance(world, counting) && chunkCost(world, counting) && boundedHeap(world, counting));
  EXPECT_EQ(runs, 3) << "whole, bytewise and as played";
}

TEST_F(SharedRuns, APlayWithoutCutsIsDeliveredWholeAsItIs) {
  world.play().send(0, "abcd");
  EXPECT_TRUE(chunkInvariance(world, counting) && chunkCost(world, counting) && boundedHeap(world, counting));
  EXPECT_EQ(runs, 2) << "whole and bytewise";
}

TEST_F(SharedRuns, PropertiesThatActFromHandlersShareTheCalmRun) {
  sendCut();
  EXPECT_TRUE(exactlyOnce(world, counting, 0) && silentAfterClose(world, counting, 0) && pauseInvariance(world, counting, 0));
  EXPECT_EQ(runs, 2) << "as played and whole";
}

TEST_F(SharedRuns, ACopyOfASubjectIsTheSameAndAnotherOneIsNot) {
  sendCut();
  const Subject copy = counting;
  EXPECT_TRUE(chunkInvariance(world, counting) && chunkInvariance(world, copy));
  EXPECT_EQ(runs, 3);
  EXPECT_FALSE(chunkInvariance(world, [](Reactor&, EventLog& log) { return std::make_shared<Chunks>(log); }));
}

TEST_F(SharedRuns, AreMadeAnewForAnotherPlay) {
  sendCut();
  EXPECT_TRUE(chunkCost(world, counting));
  world.play().send(0, "e");
  EXPECT_TRUE(chunkCost(world, counting));
  EXPECT_EQ(runs, 4);
  EXPECT_EQ(harness().bytes(), 5u);
}

TEST_F(SharedRuns, AreMadeAnewForAWorldOfAnotherKind) {
  sendCut();
  EXPECT_TRUE(chunkCost(world, counting));
  fakes::World narrow({.window = 1});
  narrow.play() = world.play();
  EXPECT_TRUE(chunkCost(narrow, counting));
  EXPECT_EQ(runs, 4);
}

TEST_F(SharedRuns, OfAPlayThatRunsAgainAndAgainTakeTheMemoryOfThoseBefore) {
  const auto whole = [this] {
    const Subject fresh = [](Reactor&, EventLog& log) { return std::make_shared<Chunks>(log); };
    return harness().shared(world, fresh, Chunking::kWhole);
  };
  sendCut();
  const Results* const first = whole();
  EXPECT_NE(whole(), first) << "of another subject in the same run";
  world.reset();
  EXPECT_EQ(whole(), first);
}

TEST_F(SharedRuns, AreNotMadeWhilePropertiesAreLeftOut) {
  sendCut();
  const Subject chunks = [](Reactor&, EventLog& log) { return std::make_shared<Chunks>(log); };
  {
    const fakes::Sparing sparing;
    EXPECT_TRUE(chunkInvariance(world, chunks) && exactlyOnce(world, counting) && chunkCost(world, counting) &&
                silentAfterClose(world, counting) && pauseInvariance(world, counting) && boundedHeap(world, counting));
    EXPECT_EQ(sparing.asked(), 6u);
    EXPECT_FALSE(sparing.saw());
  }
  EXPECT_EQ(runs, 0);
  EXPECT_FALSE(chunkInvariance(world, chunks)) << "it is only left out";
}

}  // namespace
}  // namespace teasel::props
