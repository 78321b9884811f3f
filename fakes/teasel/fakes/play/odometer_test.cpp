#include <teasel/fakes/play/odometer.hpp>

#include <set>

#include <gtest/gtest.h>

namespace teasel::fakes {
namespace {

constexpr ChoiceKey kCut(0, ChoiceSite::kCut);
constexpr ChoiceKey kTie(1, ChoiceSite::kTimerTie);

TEST(Odometer, RunsEveryCombinationOnceInOrder) {
  Odometer odometer({ChoiceSite::kCut, ChoiceSite::kTimerTie});
  Choices choices;
  std::vector<std::vector<std::uint64_t>> seen;
  while (odometer.next()) {
    choices.useOdometer(odometer);
    const std::uint64_t a = choices.below(2, kCut), b = choices.below(3, kTie);
    seen.push_back({a, b});
  }
  EXPECT_EQ(seen, (std::vector<std::vector<std::uint64_t>>{{0, 0}, {0, 1}, {0, 2}, {1, 0}, {1, 1}, {1, 2}}));
  EXPECT_EQ(odometer.runs(), 6u);
  EXPECT_FALSE(odometer.next());
}

TEST(Odometer, FollowsDrawsThatDependOnEarlierOnes) {
  Odometer odometer({ChoiceSite::kCut});
  Choices choices;
  std::set<std::vector<std::uint64_t>> cuts;  // every way to cut 10 bytes
  while (odometer.next()) {
    choices.useOdometer(odometer);
    std::vector<std::uint64_t> sizes;
    for (std::uint64_t left = 10; left != 0; left -= sizes.back()) sizes.push_back(left - choices.below(left, kCut));
    EXPECT_TRUE(cuts.insert(sizes).second);
  }
  EXPECT_EQ(cuts.size(), 512u);
}

TEST(Odometer, LeavesOtherSitesAtZeroAndRecordsThem) {
  Odometer odometer({ChoiceSite::kCut});
  Choices choices;
  while (odometer.next()) {
    choices.useOdometer(odometer);
    choices.below(2, kCut);
    EXPECT_EQ(choices.below(50, kTie), 0u);
    EXPECT_EQ(choices.records().size(), 2u);
  }
  EXPECT_EQ(odometer.runs(), 2u);
}

TEST(Odometer, WithoutAnyDrawRunsOnce) {
  Odometer odometer({ChoiceSite::kCut});
  EXPECT_TRUE(odometer.next());
  EXPECT_FALSE(odometer.next());
  EXPECT_EQ(odometer.runs(), 1u);
}

void expectMismatch(Odometer& odometer, const char* text) {
  try {
    odometer.next();
    ADD_FAILURE() << "no mismatch seen";
  } catch (const OdometerMismatch& error) {
    EXPECT_NE(std::string(error.what()).find(text), std::string::npos) << error.what();
  }
}

TEST(Odometer, StopsWhenAPrefixShowsAnotherBound) {
  Odometer odometer({ChoiceSite::kCut});
  odometer.next();
  odometer.draw(4, kCut);
  odometer.next();
  EXPECT_EQ(odometer.draw(5, kCut), 0u);
  EXPECT_TRUE(odometer.broken());
  expectMismatch(odometer, "draw 1 was entity 0, cut with bound 4, this time entity 0, cut with bound 5");
}

TEST(Odometer, StopsWhenAPrefixShowsAnotherKey) {
  Odometer odometer({ChoiceSite::kCut});
  odometer.next();
  odometer.draw(4, kCut);
  odometer.next();
  odometer.draw(4, ChoiceKey(8, ChoiceSite::kCut));
  expectMismatch(odometer, "this time entity 8, cut with bound 4");
}

TEST(Odometer, StopsWhenARunEndsInsideItsPrefix) {
  Odometer odometer({ChoiceSite::kCut});
  odometer.next();
  odometer.draw(4, kCut);
  odometer.next();
  expectMismatch(odometer, "the run ended before it");
}

TEST(Odometer, RefusesBeyondItsBudgetAndSaysHowFarItGot) {
  Odometer odometer({ChoiceSite::kCut}, {.runs = 10});
  try {
    while (odometer.next()) odometer.draw(7, kCut), odometer.draw(9, kCut);
    ADD_FAILURE() << "went on";
  } catch (const OdometerBudget& error) {
    EXPECT_STREQ(error.what(), "not enumerated within 10 runs; next was run 10: cut 1 of 7, cut 1 of 9");
  }
}

TEST(Odometer, RefusesARunOfTooManyDraws) {
  Odometer odometer({ChoiceSite::kCut}, {.draws = 3});
  odometer.next();
  for (int i = 0; i < 4; ++i) odometer.draw(2, kCut);
  EXPECT_THROW(odometer.next(), OdometerBudget);
}

}  // namespace
}  // namespace teasel::fakes
