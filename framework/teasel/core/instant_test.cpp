#include <teasel/core/instant.hpp>

#include <gtest/gtest.h>

namespace teasel {
namespace {

using namespace std::chrono_literals;

TEST(DurationText, BelowTwoMinutesUsesTheLargestUnitThatFits) {
  EXPECT_EQ(durationText(0ns), "0 ns");
  EXPECT_EQ(durationText(999ns), "999 ns");
  EXPECT_EQ(durationText(2us), "2 us");
  EXPECT_EQ(durationText(1500us), "1.5 ms");
  EXPECT_EQ(durationText(90s), "90 s");
  EXPECT_EQ(durationText(119'999ms), "119.999 s");
}

TEST(DurationText, HasAtMostThreeDecimalsAndCutsOffTheRest) {
  EXPECT_EQ(durationText(1'234'567ns), "1.234 ms");
  EXPECT_EQ(durationText(1s + 999us), "1 s");
  EXPECT_EQ(durationText(1s + 50ms), "1.05 s");
}

TEST(DurationText, FromTwoMinutesOnLeavesOutTheUnitsThatAreZero) {
  EXPECT_EQ(durationText(120s), "2 min");
  EXPECT_EQ(durationText(125s), "2 min 5 s");
  EXPECT_EQ(durationText(1h), "1 h");
  EXPECT_EQ(durationText(24h), "1 day");
  EXPECT_EQ(durationText(24h * 7), "7 days");
  EXPECT_EQ(durationText(50h + 500ms), "2 days 2 h 0.5 s");
  EXPECT_EQ(durationText(1h + 1ns), "1 h");
}

TEST(SecondsText, UsesNoUnitAboveSeconds) {
  EXPECT_EQ(secondsText(24h * 7), "604800 s");
  EXPECT_EQ(secondsText(1500us), "1.5 ms");
  EXPECT_EQ(secondsText(Duration::min()), "-9223372036.854 s");
}

TEST(DurationText, ShowsEveryDuration) {
  EXPECT_EQ(durationText(-3s), "-3 s");
  EXPECT_EQ(durationText(-25h), "-1 day 1 h");
  EXPECT_EQ(durationText(Duration::max()), "106751 days 23 h 47 min 16.854 s");
  EXPECT_EQ(durationText(Duration::min()), "-106751 days 23 h 47 min 16.854 s");
}

}  // namespace
}  // namespace teasel
