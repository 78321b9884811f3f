#include <teasel/fakes/program/health.hpp>

#include <gtest/gtest.h>

namespace teasel::fakes {
namespace {

Health healthOf(int shortPlays, int longPlays) {
  Health health;
  for (int i = 0; i < shortPlays; ++i) health.add(Health::kFewBytes - 1);
  for (int i = 0; i < longPlays; ++i) health.add(Health::kFewBytes);
  return health;
}

TEST(Health, WarnsWhereNearlyAllPlaysEndedBeforeTheProtocolsHeardAnything) {
  EXPECT_EQ(healthOf(91, 9).warning().substr(0, 59), "91 % of 100 plays ended before the protocols had 4 bytes, s");
}

TEST(Health, SaysNothingWhereSomePlaysSaySomethingOrThereWereFew) {
  EXPECT_EQ(healthOf(90, 10).warning(), "");
  EXPECT_EQ(healthOf(99, 0).warning(), "");
}

TEST(Health, DoesNotCountPlaysWithoutHosts) {
  Health health;
  for (int i = 0; i < 1000; ++i) health.add(std::nullopt);
  EXPECT_EQ(health.plays(), 0u);
  EXPECT_EQ(health.warning(), "");
}

}  // namespace
}  // namespace teasel::fakes
