#include "statistics.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

using namespace teasel::bench;

namespace {

Samples upTo(int last, double step = 1) {
  Samples samples;
  for (int i = 1; i <= last; ++i) samples.push_back(step * i);
  return samples;
}

}  // namespace

TEST(Statistics, TheMedianOfAnEvenNumberOfSamplesIsTheMeanOfTheTwoInTheMiddle) {
  EXPECT_EQ(medianOf({4, 1, 3, 2}), 2.5);
  EXPECT_EQ(medianOf({3, 1, 2}), 2);
}

// Ranks 2 and 10 of 11: 12 of 2048 outcomes lie outside on either side, 67 with the next rank.
TEST(Statistics, TheIntervalHasTheLargestRankThatLeavesAtMostFivePercentOutside) {
  EXPECT_EQ(intervalOf(upTo(11)), std::pair(2.0, 10.0));
  EXPECT_EQ(intervalOf(upTo(6)), std::pair(1.0, 6.0));
  EXPECT_EQ(intervalOf(upTo(5)), std::nullopt);
}

TEST(Statistics, AThousandSamplesHaveANarrowInterval) {
  const auto interval = intervalOf(upTo(1000));
  ASSERT_TRUE(interval);
  EXPECT_EQ(*interval, std::pair(469.0, 532.0));
}

TEST(Statistics, RatiosArePairedByRoundAndEmptyWhereTheyCannotBe) {
  EXPECT_THAT(ratiosOf({2, 6}, {1, 2}), testing::ElementsAre(2, 3));
  EXPECT_THAT(ratiosOf({2, 6}, {1, 0}), testing::IsEmpty());
  EXPECT_THAT(ratiosOf({2, 6}, {1}), testing::IsEmpty());
}

TEST(Statistics, TheEffectSizeCountsWinsAndHalvesTies) {
  EXPECT_EQ(effectSize({3, 4}, {1, 2}), 1);
  EXPECT_EQ(effectSize({1, 2}, {1, 2}), 0.5);
}

// U = 0 of 25, without ties: z = (12.5 - 0.5) / sqrt(5 * 5 * 11 / 12) = 2.507.
TEST(Statistics, TheRankSumTestIsTheNormalApproximationWithBothCorrections) {
  EXPECT_NEAR(rankSum({1, 2, 3, 4, 5}, {6, 7, 8, 9, 10}), 0.01219, 1e-5);
  EXPECT_EQ(rankSum({1, 1}, {1, 1}), 1);
}

TEST(Statistics, ALargeChangeThatIsNoChanceIsBetterOrWorseByWhatIsWanted) {
  EXPECT_EQ(changeOf(upTo(11, 10), upTo(11), true).verdict, "worse");
  EXPECT_EQ(changeOf(upTo(11), upTo(11, 10), true).verdict, "better");
  EXPECT_EQ(changeOf(upTo(11, 10), upTo(11), false).verdict, "better");
  EXPECT_EQ(changeOf(upTo(11, 10), upTo(11), true).factor, 10);
}

TEST(Statistics, ASmallChangeAndOneOfFewRoundsAreTheSame) {
  EXPECT_EQ(changeOf(Samples(11, 1.02), Samples(11, 1), true).verdict, "same");
  EXPECT_EQ(changeOf(Samples(2, 9), Samples(2, 1), true).verdict, "same");
}
