// The counted properties on code that nobody compiled for them.

#include <gtest/gtest.h>

#include <cstring>
#include <string>

#include <teasel/fakes/program/replay.hpp>
#include <teasel/fakes/world/scenario.hpp>
#include <teasel/props/c_parsers_test_kit.hpp>
#include <teasel/props/properties.hpp>
#include <teasel/props/work.hpp>
#include <teasel/protocols/line_receiver.hpp>

namespace teasel::props {
namespace {

using test::Box;

struct Foreign : testing::Test {
  fakes::World world;
  std::string oracle() const { return world.verdict() == nullptr ? "" : world.verdict()->oracle; }
  void send(ByteView bytes) { world.play().send(0, bytes); }
};

TEST_F(Foreign, HeapOfACLibraryIsBounded) {
  send(std::string("\3abc\1d", 6));
  EXPECT_TRUE(boundedHeap(world, [](Reactor&, EventLog& log) { return std::make_shared<Box>(log); })) << world.verdict()->message;
}

TEST_F(Foreign, RoomThatACLibraryMakesForWhatIsOnlyDeclaredIsFound) {
  send("\xff");
  EXPECT_FALSE(boundedHeap(world, [](Reactor&, EventLog& log) { return std::make_shared<Box>(log); }));
  EXPECT_EQ(oracle(), "heap");
}

TEST_F(Foreign, FramingOfTeaselIsCountedOnInputWithoutAWholeLine) {
  struct Mute : LineReceiver {
    void lineReceived(std::string_view) override {}
  };
  send(std::string(500, 'x'));
  EXPECT_TRUE(chunkCost(world, [](Reactor&, EventLog&) { return std::make_shared<Mute>(); }));
  EXPECT_EQ(world.warning(), "");
  EXPECT_GE(harness().work(), 500u);
}

/// Everything that reads the bytes is in the C library, which is not compiled for counting.
struct Wrapper : Protocol {
  void dataReceived(ByteView data) override {
    all += data.text();
    if (counts) countWork(all.size());
    found += std::memchr(all.data(), '!', all.size()) != nullptr;
  }
  std::string all;
  int found = 0;
  bool counts = false;
};

TEST_F(Foreign, CodeThatIsNotCompiledForCountingIsWarnedOf) {
  send(std::string(500, 'x'));
  EXPECT_TRUE(chunkCost(world, [](Reactor&, EventLog&) { return std::make_shared<Wrapper>(); }));
  EXPECT_TRUE(world.warning().starts_with("chunkCost counted ")) << world.warning();
  EXPECT_NE(world.warning().find(" steps for 500 bytes: the code that reads them is not compiled for counting"),
            std::string::npos)
      << world.warning();
}

TEASEL_SCENARIO(foreign_wrapper, "is not compiled for counting") {
  chunkCost(world, [](Reactor&, EventLog&) { return std::make_shared<Wrapper>(); });
}

TEST_F(Foreign, WarningsOfARunThatHoldsReachItsEngine) {
  fakes::ReplayJob job;
  job.scenario = "foreign_wrapper";
  job.play.send(0, std::string(500, 'x'));
  fakes::Replayer replayer;
  const fakes::ReplayOutcome outcome = replayer.run(job);
  EXPECT_TRUE(outcome.ok());
  EXPECT_TRUE(outcome.message.starts_with("chunkCost counted ")) << outcome.message;
}

TEST_F(Foreign, WorkThatAWrapperReportsForItsLibraryNeedsNoWarning) {
  send(std::string(200, 'x'));
  chunkCost(world, [](Reactor&, EventLog&) {
    auto made = std::make_shared<Wrapper>();
    made->counts = true;
    return made;
  });
  EXPECT_EQ(world.warning(), "");
}

TEST_F(Foreign, InputThatIsRefusedAtItsFirstByteNeedsNoWarning) {
  struct Refuses : Protocol {
    void dataReceived(ByteView) override { transport().loseConnection(); }
  };
  send(std::string(500, 'x'));
  EXPECT_TRUE(chunkCost(world, [](Reactor&, EventLog&) { return std::make_shared<Refuses>(); }));
  EXPECT_EQ(world.warning(), "");
}

}  // namespace
}  // namespace teasel::props
