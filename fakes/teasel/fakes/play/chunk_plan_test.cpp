#include <teasel/fakes/play/chunk_plan.hpp>

#include <set>

#include <gmock/gmock.h>

#include <teasel/core/errors.hpp>
#include <teasel/fakes/play/choices.hpp>

namespace teasel::fakes {
namespace {

using testing::ElementsAre;

std::vector<std::string> chunks(ByteView bytes, const ChunkPlan& plan) {
  std::vector<std::string> out;
  plan.forEachChunk(bytes, [&out](ByteView chunk) { out.push_back(chunk.str()); });
  return out;
}

TEST(ChunkPlan, CutsAsItsNameSays) {
  EXPECT_THAT(chunks("abcde", ChunkPlan::whole()), ElementsAre("abcde"));
  EXPECT_THAT(chunks("abc", ChunkPlan::bytewise()), ElementsAre("a", "b", "c"));
  EXPECT_THAT(chunks("abcde", ChunkPlan::every(2)), ElementsAre("ab", "cd", "e"));
  EXPECT_THAT(chunks("abcdef", ChunkPlan::sizes({3, 0, 1})), ElementsAre("abc", "d", "ef"));
  EXPECT_THAT(chunks("abcdef", ChunkPlan::cutAt({4, 0, 2, 2, 6, 9})), ElementsAre("ab", "cd", "ef"));
}

TEST(ChunkPlan, NeverGivesAnEmptyChunk) {
  for (const ChunkPlan& plan : {ChunkPlan::whole(), ChunkPlan::bytewise(), ChunkPlan::sizes({0, 0}), ChunkPlan::every(0)}) {
    EXPECT_TRUE(chunks("", plan).empty());
    for (const std::string& chunk : chunks("abc", plan)) EXPECT_FALSE(chunk.empty());
  }
}

TEST(ChunkPlan, EverySplitHasEachPlaceOnce) {
  EXPECT_TRUE(ChunkPlan::everySplit(1).empty());
  std::vector<std::string> heads;
  for (const ChunkPlan& plan : ChunkPlan::everySplit(4)) heads.push_back(chunks("abcd", plan).at(0));
  EXPECT_THAT(heads, ElementsAre("a", "ab", "abc"));
}

TEST(ChunkPlan, AllCutsAreAllAndDifferent) {
  std::set<std::vector<std::string>> seen;
  for (const ChunkPlan& plan : ChunkPlan::allCuts(10)) seen.insert(chunks("0123456789", plan));
  EXPECT_EQ(seen.size(), 512u);
  EXPECT_EQ(ChunkPlan::allCuts(16).size(), 32'768u);
  EXPECT_EQ(ChunkPlan::allCuts(0).size(), 1u);
  EXPECT_THROW(ChunkPlan::allCuts(17), LimitExceeded);
}

TEST(ChunkPlan, DrawnPlansRepeatPerSeedAndDifferBetweenSeeds) {
  std::set<std::string> seen;
  for (std::uint64_t seed = 0; seed < 40; ++seed) {
    EXPECT_EQ(ChunkPlan::drawn(50, seed), ChunkPlan::drawn(50, seed));
    seen.insert(ChunkPlan::drawn(50, seed).text());
  }
  EXPECT_GT(seen.size(), 25u);
}

TEST(ChunkPlan, PositionsAgreeWithChunks) {
  EXPECT_THAT(ChunkPlan::every(2).positions(5), ElementsAre(2, 4));
  EXPECT_THAT(ChunkPlan::cutAt({1, 4, 5}).positions(5), ElementsAre(1, 4));
  EXPECT_TRUE(ChunkPlan::bytewise().positions(0).empty());
}

TEST(ChunkPlan, SaysHowItIsMade) {
  EXPECT_EQ(ChunkPlan::sizes({3, 1}).text(), "ChunkPlan::cutAt({3, 4})");
  EXPECT_EQ(ChunkPlan::bytewise().finWithLast().text(), "ChunkPlan::bytewise().finWithLast()");
}

TEST(ChunkPlan, AppliedToAPlayReplacesTheCutsOfOneConnection) {
  Play play, wanted;
  play.send(0, "abc"), play.cut(0), play.send(1, "x"), play.cut(1), play.send(0, "de"), play.endOfStream(0);
  wanted.send(0, "ab"), wanted.cut(0), wanted.send(0, "c"), wanted.send(1, "x"), wanted.cut(1);
  wanted.send(0, "d"), wanted.cut(0), wanted.send(0, "e"), wanted.endOfStream(0, true);
  EXPECT_EQ(ChunkPlan::cutAt({2, 4}).finWithLast().applyTo(play, 0), wanted);
}

TEST(ChunkPlan, CoalescedDropsEveryCut) {
  Play play, wanted;
  play.send(0, "ab"), play.cut(0), play.send(0, "cd"), play.reset(0);
  wanted.send(0, "abcd"), wanted.reset(0);
  EXPECT_EQ(ChunkPlan::coalesced().applyTo(play, 0), wanted);
}

TEST(ChunkPlan, AppliedToAnyPlayKeepsItsBytes) {
  Choices choices;
  for (std::uint64_t seed = 0; seed < 300; ++seed) {
    choices.usePrng(seed);
    const Play play = Play::draw(choices);
    const Play cut = ChunkPlan::drawn(100, seed).applyTo(play, 0);
    EXPECT_EQ(ChunkPlan::whole().applyTo(cut, 0), ChunkPlan::whole().applyTo(play, 0)) << seed;
    EXPECT_EQ(cut.byteCount(), play.byteCount());
  }
}

}  // namespace
}  // namespace teasel::fakes
