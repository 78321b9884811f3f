#include <teasel/props/feedable.hpp>

#include <gtest/gtest.h>

#include <string>

#include <teasel/props/properties.hpp>

namespace teasel::props {
namespace {

/// Numbers of decimal digits, each with a ';' at its end. Anything else is an error.
struct Numbers {
  std::size_t operator()(ByteView bytes, EventLog& log) {
    const std::size_t at = bytes.text().find_first_not_of("0123456789");
    if (at == std::string_view::npos) return 0;
    if (bytes[at] != ';') {
      log.last("error", bytes.sub(at, 1));
      return bytes.size();
    }
    log.event("number", bytes.sub(0, at));
    return at + 1;
  }
  void end(EventLog& log) { log.last("end"); }
};

/// Reports what it is given, which no parser should.
std::size_t chunks(ByteView bytes, EventLog& log) {
  log.event("chunk", bytes);
  return bytes.size();
}

struct FeedableTest : testing::Test {
  fakes::World world;
  std::string oracle() const { return world.verdict() == nullptr ? "" : world.verdict()->oracle; }
};

TEST_F(FeedableTest, GivesTheParserItsLogAndWhatItHasNotConsumed) {
  world.play().send(0, "12;3"), world.play().cut(0), world.play().send(0, "4;");
  ASSERT_TRUE(harness().run(world, feedable(Numbers()), Chunking::kAsPlayed));
  EXPECT_EQ(harness().connection(0).log.text(0, 9), "number[\"12\"]; number[\"34\"]");
}

TEST_F(FeedableTest, TellsTheParserThatThePeerHasEnded) {
  world.play().send(0, "12;"), world.play().endOfStream(0);
  ASSERT_TRUE(harness().run(world, feedable(Numbers()), Chunking::kWhole));
  EXPECT_EQ(harness().connection(0).log.lastText(), "end");
}

TEST_F(FeedableTest, CallsNoParserBehindItsLastWordAndClosesTheConnection) {
  world.play().send(0, "1;x2;"), world.play().cut(0), world.play().send(0, "3;");
  ASSERT_TRUE(harness().run(world, feedable(Numbers()), Chunking::kAsPlayed));
  const Observed& seen = harness().connection(0);
  EXPECT_EQ(seen.log.text(0, 9), "number[\"1\"]");
  EXPECT_EQ(seen.log.lastText(), "error[\"x\"]");
  EXPECT_EQ(seen.cause, CloseCause::kLoseConnection);
}

TEST_F(FeedableTest, ChecksThePropertiesThatItIsGiven) {
  world.play().send(0, "12;34;x");
  feedable(Numbers(), {chunkInvariance, exactlyOnce, silentAfterClose})(world);
  EXPECT_EQ(oracle(), "") << world.verdict()->message;
  world.reset();
  feedable(chunks, {chunkInvariance})(world);
  EXPECT_EQ(oracle(), "chunk-invariance");
}

TEST_F(FeedableTest, RefusesAParserThatConsumesMoreThanThereIs) {
  world.play().send(0, "abc");
  feedable([](ByteView bytes, EventLog&) { return bytes.size() + 1; }, {chunkInvariance})(world);
  EXPECT_EQ(oracle(), "exception");
  EXPECT_NE(world.verdict()->message.find("consumed 4 of 3 bytes"), std::string::npos) << world.verdict()->message;
}

}  // namespace
}  // namespace teasel::props
