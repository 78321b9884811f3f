#include <teasel/fakes/play/choices.hpp>

#include <gtest/gtest.h>

#include <teasel/fakes/play/odometer.hpp>

namespace teasel::fakes {
namespace {

constexpr ChoiceKey kCutOf3(3, ChoiceSite::kCut);
constexpr ChoiceKey kLatencyOf3(3, ChoiceSite::kLatency);

TEST(Choices, AreCalmFromTheStartAndRecordNothing) {
  Choices choices;
  EXPECT_TRUE(choices.calm());
  EXPECT_EQ(choices.below(100, kCutOf3), 0u);
  EXPECT_FALSE(choices.chance({1, 1}, kCutOf3));
  EXPECT_TRUE(choices.records().empty());
}

TEST(Choices, GiveTheSameNumbersOnEveryCompiler) {
  Choices choices;
  choices.usePrng(42);
  std::vector<std::uint64_t> seen;
  for (int i = 0; i < 6; ++i) seen.push_back(choices.below(1000, kCutOf3));
  for (int i = 0; i < 2; ++i) seen.push_back(choices.below(~0ull, ChoiceKey(70'000, kUserSites)));
  EXPECT_EQ(seen, (std::vector<std::uint64_t>{918, 996, 520, 933, 17, 567, 4942458164001755799ull, 13946614658697491302ull}));
}

TEST(Choices, DrawOfOneStreamDoesNotDependOnOtherStreams) {
  Choices alone, mixed;
  alone.usePrng(7);
  mixed.usePrng(7);
  for (int i = 0; i < 50; ++i) {
    mixed.below(9, kLatencyOf3);
    mixed.below(9, ChoiceKey(static_cast<std::uint32_t>(i), ChoiceSite::kCut));
    const ChoiceKey key(1000, ChoiceSite::kCut);
    const std::uint64_t wanted = alone.below(1u << 30, key);
    EXPECT_EQ(mixed.below(1u << 30, key), wanted) << i;
  }
}

TEST(Choices, StayBelowTheirBoundAndReachEveryValue) {
  Choices choices;
  choices.usePrng(1);
  std::vector<int> hits(7);
  for (int i = 0; i < 7000; ++i) ++hits.at(choices.below(7, kCutOf3));
  for (const int count : hits) EXPECT_NEAR(count, 1000, 150);
}

TEST(Choices, DrawNothingWhereThereIsNoChoice) {
  Choices choices;
  choices.usePrng(1);
  EXPECT_EQ(choices.below(1, kCutOf3), 0u);
  EXPECT_EQ(choices.below(0, kCutOf3), 0u);
  EXPECT_FALSE(choices.chance({0, 5}, kCutOf3));
  EXPECT_TRUE(choices.records().empty());
}

TEST(Choices, ChanceComesTrueInItsRatioAndIsRecordedAsABit) {
  Choices choices;
  choices.usePrng(5);
  int hits = 0;
  for (int i = 0; i < 8000; ++i) hits += choices.chance({1, 8}, kCutOf3) ? 1 : 0;
  EXPECT_NEAR(hits, 1000, 150);
  EXPECT_EQ(choices.records().front().bound, 2u);
  EXPECT_TRUE(choices.chance({1, 1}, kLatencyOf3));
}

TEST(Choices, RecordEveryDrawWithKeyIndexBoundAndValue) {
  Choices choices;
  choices.usePrng(11);
  const std::uint64_t first = choices.below(10, kCutOf3), latency = choices.below(20, kLatencyOf3),
                      second = choices.below(30, kCutOf3);
  const std::vector<ChoiceRecord> wanted{{3, 1, 0, 10, first}, {3, 3, 0, 20, latency}, {3, 1, 1, 30, second}};
  EXPECT_EQ(choices.records(), wanted);
}

TEST(Choices, ReplayOfTheirRecordsGivesTheSameDraws) {
  Choices first, second;
  first.usePrng(99);
  for (int i = 0; i < 300; ++i)
    first.below(5 + i % 3, ChoiceKey(static_cast<std::uint32_t>(i % 70), static_cast<std::uint16_t>(1 + i % 4)));
  second.useTape(first.records());
  for (int i = 0; i < 300; ++i)
    second.below(5 + i % 3, ChoiceKey(static_cast<std::uint32_t>(i % 70), static_cast<std::uint16_t>(1 + i % 4)));
  EXPECT_EQ(second.records(), first.records());
  EXPECT_EQ(second.unused(), 0u);
  EXPECT_EQ(second.clamped(), 0u);
}

TEST(Choices, RecordsArePositionFreeLastWinsAndAbsentIsZero) {
  Choices choices;
  const std::vector<ChoiceRecord> records{{3, 1, 2, 0, 4}, {3, 1, 0, 0, 9}, {3, 1, 0, 0, 2}};
  choices.useRecords(records);
  EXPECT_EQ(choices.below(10, kCutOf3), 2u);
  EXPECT_EQ(choices.below(10, kLatencyOf3), 0u);
  EXPECT_EQ(choices.below(10, kCutOf3), 0u);
  EXPECT_EQ(choices.below(10, kCutOf3), 4u);
  EXPECT_EQ(choices.below(10, kCutOf3), 0u);
}

TEST(Choices, WithoutAnyRecordAreCalm) {
  Choices choices;
  choices.usePrng(1);
  choices.useRecords({});
  EXPECT_TRUE(choices.calm());
  EXPECT_EQ(choices.below(10, kCutOf3), 0u);
}

TEST(Choices, TapeCountsWhatWasNotUsedAndWhatDidNotFit) {
  Choices choices;
  const std::vector<ChoiceRecord> records{{3, 1, 0, 100, 50}, {3, 1, 7, 100, 1}, {8, 8, 0, 2, 1}};
  choices.useTape(records);
  EXPECT_EQ(choices.below(10, kCutOf3), 9u);
  EXPECT_EQ(choices.clamped(), 1u);
  EXPECT_EQ(choices.unused(), 2u);
}

TEST(Choices, StartAnewWithEachSource) {
  Choices choices;
  choices.usePrng(4);
  const std::uint64_t first = choices.below(1u << 20, kCutOf3);
  choices.usePrng(4);
  EXPECT_EQ(choices.below(1u << 20, kCutOf3), first);
  EXPECT_EQ(choices.records().size(), 1u);
  choices.useCalm();
  EXPECT_TRUE(choices.records().empty());
}

TEST(Choices, AnswerZeroBeyondTheirLimitAndCountIt) {
  Choices choices;
  choices.usePrng(4);
  for (std::size_t i = 0; i < Choices::kMaxDraws; ++i) choices.below(2, kCutOf3);
  EXPECT_EQ(choices.below(~0ull, kLatencyOf3), 0u);
  EXPECT_EQ(choices.unrecorded(), 1u);
  EXPECT_EQ(choices.records().size(), Choices::kMaxDraws);
}

TEST(Choices, SwarmLeavesSitesOutPerSeedAndNeverThoseOfThePlay) {
  int silent = 0;
  for (std::uint64_t seed = 0; seed < 64; ++seed) {
    Choices choices;
    choices.usePrng(seed, Swarm::kOn);
    std::uint64_t cuts = 0, play = 0;
    for (int i = 0; i < 20; ++i)
      cuts += choices.below(100, kCutOf3), play += choices.below(100, ChoiceKey(0, ChoiceSite::kPlayEvent));
    silent += cuts == 0 ? 1 : 0;
    EXPECT_NE(play, 0u);
  }
  EXPECT_GT(silent, 15);
  EXPECT_LT(silent, 45);
}

TEST(Records, NormaliseToOneForm) {
  std::vector<ChoiceRecord> records{{2, 1, 0, 0, 5}, {1, 1, 1, 0, 3}, {1, 1, 0, 0, 7}, {1, 1, 1, 0, 0}, {2, 1, 0, 9, 6}};
  normalise(records);
  EXPECT_EQ(records, (std::vector<ChoiceRecord>{{1, 1, 0, 0, 7}, {2, 1, 0, 9, 6}}));
}

TEST(Choices, RecordWhatIsDrawnWithoutAnyRecordWhereThatIsWanted) {
  Choices choices;
  choices.useRecords({}, Recording::kAlways);
  EXPECT_FALSE(choices.calm());
  EXPECT_EQ(choices.below(9, kCutOf3), 0u);
  EXPECT_EQ(choices.records(), (std::vector<ChoiceRecord>{{3, 1, 0, 9, 0}}));
}

TEST(Choices, KnowWhichRecordsOfTheSourceWereDrawn) {
  Choices choices;
  const ChoiceRecord first{3, 1, 0, 0, 2}, second{3, 1, 1, 7, 2}, other{4, 1, 0, 7, 2};
  choices.useTape(std::vector{first, second, other});
  choices.below(9, kCutOf3);
  EXPECT_TRUE(choices.hasDrawn(first));
  EXPECT_FALSE(choices.hasDrawn(second));
  EXPECT_FALSE(choices.hasDrawn(other));
  EXPECT_FALSE(choices.hasDrawn({9, 9, 9, 9, 9}));
}

}  // namespace
}  // namespace teasel::fakes
