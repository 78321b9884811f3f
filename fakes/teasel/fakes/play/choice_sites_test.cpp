#include <teasel/fakes/play/choice_sites.hpp>

#include <gtest/gtest.h>

#include <set>

#include <teasel/fakes/play/play.hpp>

// Walks the tables of choice sites and faults. world_tables_test.cpp tests which sites a world
// draws, and who draws them.

namespace teasel::fakes {
namespace {

/// Converts to the type of any member of an aggregate.
struct Any {
  template <class T>
  operator T() const {
    return T{};
  }
};
/// How many members an aggregate has.
template <class T, class... Members>
constexpr std::size_t memberCount() {
  if constexpr (requires { T{Members{}..., Any{}}; }) return memberCount<T, Members..., Any>();
  else return sizeof...(Members);
}

TEST(FaultTable, HasARowForEveryMemberOfFaults) { EXPECT_EQ(memberCount<Faults>(), std::size(kFaults)); }

TEST(FaultTable, EveryFaultIsAnotherSwitchAndEveryoneHasWords) {
  std::set<std::string_view> names;
  for (const FaultRow& row : kFaults) {
    EXPECT_TRUE(names.insert(row.name).second) << row.name;
    EXPECT_FALSE(row.standsFor.empty()) << row.name;
    Faults none{.latency = false};
    for (const FaultRow& other : kFaults) EXPECT_FALSE(other.control.isOn(none)) << other.name;
    row.control.turnOn(none);
    for (const FaultRow& other : kFaults) EXPECT_EQ(other.control.isOn(none), other.name == row.name) << other.name;
  }
}

TEST(ChoiceSites, HaveNamesThatReadBack) {
  EXPECT_EQ(siteName(1), "cut");
  EXPECT_EQ(siteName(0x105), "user.5");
  EXPECT_EQ(siteName(99), "site.99");
  for (std::uint32_t site = 0; site < 0x400; ++site) EXPECT_EQ(siteByName(siteName(static_cast<std::uint16_t>(site))), site);
  for (const char* bad : {"", "Cut", "user.", "user.x", "user.65535", "site.123456", "cut "})
    EXPECT_FALSE(siteByName(bad)) << bad;
}

TEST(ChoiceSites, EveryRowHasItsOwnNameAndItsWords) {
  std::set<std::string_view> names;
  for (const ChoiceSiteRow& row : kChoiceSites) {
    EXPECT_TRUE(names.insert(row.name).second) << row.name;
    EXPECT_FALSE(row.decides.empty() || row.zero.empty()) << row.name;
    EXPECT_LT(static_cast<std::uint16_t>(row.site), kUserSites);
  }
}

TEST(ChoiceSites, ThoseOfPlayDrawAreNoneOfAWorld) {
  Faults all;
  for (const FaultRow& row : kFaults) row.control.turnOn(all);
  std::size_t ofDraw = 0;
  for (const ChoiceSiteRow& row : kChoiceSites) {
    const bool draws = drawsPlay(static_cast<std::uint16_t>(row.site));
    ofDraw += draws ? 1 : 0;
    const bool drawn = !draws && row.decider != Decider::kTest && row.decider != Decider::kRecords;
    EXPECT_EQ(drawnInWorld(row, all), drawn && row.retiredIn > kCodecVersion) << row.name;
  }
  EXPECT_EQ(ofDraw, 4u);
  EXPECT_FALSE(drawsPlay(kUserSites));
  EXPECT_FALSE(drawsPlay(11));
}

TEST(ChoiceSites, OfAFaultAreDrawnOnlyWhereItIsOn) {
  for (const ChoiceSiteRow& row : kChoiceSites) {
    Faults off{.latency = false};
    if (!row.fault) continue;
    EXPECT_FALSE(drawnInWorld(row, off)) << row.name;
    row.fault->turnOn(off);
    EXPECT_TRUE(drawnInWorld(row, off)) << row.name;
  }
}

}  // namespace
}  // namespace teasel::fakes
