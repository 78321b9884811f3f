#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <map>
#include <set>
#include <sstream>
#include <string>
#include <vector>

#include <teasel/core/sanitizers.hpp>
#include <teasel/fakes/play/choice_sites.hpp>
#include <teasel/fakes/play/tape.hpp>
#include <teasel/fakes/world/scenario.hpp>

namespace teasel::museum {
namespace {

using fakes::ChoiceSite;
using fakes::Scenario;
using fakes::Tape;
using fakes::World;

std::vector<std::string> tapes() {
  std::vector<std::string> paths;
  for (const auto& entry : std::filesystem::directory_iterator(TEASEL_MUSEUM_TAPES)) paths.push_back(entry.path().string());
  std::sort(paths.begin(), paths.end());
  return paths;
}

/// The oracle of the verdict, "" if there is none. Chunks are overwritten after each callback, so
/// a kept view shows without AddressSanitizer.
std::string oracleOf(const Tape& tape, std::string_view name) {
  const Scenario* scenario = fakes::findScenario(name);
  if (scenario == nullptr) return "there is no scenario " + std::string(name);
  fakes::WorldOptions options = scenario->options().world;
  options.chunks = fakes::ChunkMemory::Mode::kOverwrite;
  World world(options);
  world.play() = tape.play;
  world.choices().useTape(tape.records);
  scenario->run(world);
  return world.verdict() == nullptr ? "" : world.verdict()->oracle;
}

class MuseumTape : public testing::TestWithParam<std::string> {};

TEST_P(MuseumTape, ShowsTheFault) {
  const Tape tape = Tape::load(GetParam());
  ASSERT_NE(tape.oracle, "") << "a finding tape says what broke";
  if (tape.scenario == "kept_view" && teasel::detail::kSanitized) GTEST_SKIP() << "AddressSanitizer ends the program here";
  EXPECT_EQ(oracleOf(tape, tape.scenario), tape.oracle);
}

TEST_P(MuseumTape, IsQuietOnTheFixedTwin) {
  const Tape tape = Tape::load(GetParam());
  EXPECT_EQ(oracleOf(tape, tape.scenario + "_fixed"), "");
}

INSTANTIATE_TEST_SUITE_P(Museum, MuseumTape, testing::ValuesIn(tapes()),
                         [](const auto& each) { return std::filesystem::path(each.param).stem().string(); });

TEST(Museum, ALineEndThatAResetHasCutInTwoIsNoInjection) {
  Tape tape;
  tape.play.connect(0);
  tape.play.send(0, "aa");
  tape.play.stopReading(0);
  tape.play.read(0, 8);
  tape.play.send(0, "\n");
  tape.play.reset(0);
  for (const char* twin : {"irc_characters_fixed", "irc_injection_fixed"}) EXPECT_EQ(oracleOf(tape, twin), "") << twin;
}

TEST(Museum, HasATapeOfEveryFault) {
  std::vector<std::string> shown;
  for (const std::string& path : tapes()) shown.push_back(Tape::load(path).scenario);
  for (const Scenario* each : fakes::scenarios()) {
    const std::string name(each->name());
    if (name == "canary" || name.ends_with("_fixed")) continue;
    EXPECT_NE(std::find(shown.begin(), shown.end(), name), shown.end()) << name;
  }
}

TEST(Museum, HasAFixedTwinOfEveryFault) {
  for (const Scenario* each : fakes::scenarios()) {
    const std::string name(each->name());
    if (name != "canary" && !name.ends_with("_fixed")) {
      EXPECT_NE(fakes::findScenario(name + "_fixed"), nullptr) << name;
    }
  }
}

/// For each exhibit the oracle that must find it, from the file `runs`.
std::map<std::string, std::string> findings() {
  std::map<std::string, std::string> all;
  std::ifstream file(TEASEL_MUSEUM_RUNS);
  for (std::string line; std::getline(file, line);) {
    std::istringstream words(line.substr(0, line.find('#')));
    std::string name, executions, finding;
    if (words >> name >> executions >> finding) all[name] = finding;
  }
  return all;
}

TEST(Museum, HasRunsForEveryFaultAndItsTapeWasFoundByWhatMustFindIt) {
  auto left = findings();
  EXPECT_EQ(left.erase("canary"), 1u);
  for (const std::string& path : tapes()) {
    const Tape tape = Tape::load(path);
    ASSERT_TRUE(left.contains(tape.scenario)) << tape.scenario;
    const std::string finding = left[tape.scenario];
    if (finding.starts_with("oracle:")) {
      EXPECT_EQ(finding, "oracle:" + tape.oracle) << tape.scenario;
    }
    left.erase(tape.scenario);
  }
  EXPECT_TRUE(left.empty()) << left.begin()->first << " has runs and no tape";
}

/// The sites that no exhibit can need.
constexpr ChoiceSite kNeededByNone[] = {
    ChoiceSite::kClimateSeed,  // it stands for the others; shrinking puts them in its place
    ChoiceSite::kFaultRatio,   // it says how likely a fault is, and a tape says that it comes
};

/// Whether the finding of a tape goes away where its records of this site are left out.
bool needs(const Tape& tape, std::uint16_t site) {
  Tape without = tape;
  const auto left = std::erase_if(without.records, [&](const auto& record) { return record.site == site && record.value != 0; });
  return left > 0 && oracleOf(without, tape.scenario) != tape.oracle;
}

/// The sites that some tape needs.
std::set<std::string> neededSites() {
  std::set<std::string> needed;
  for (const std::string& path : tapes()) {
    const Tape tape = Tape::load(path);
    for (const fakes::ChoiceRecord& record : tape.records)
      if (needs(tape, record.site)) needed.insert(fakes::siteName(record.site));
  }
  return needed;
}

TEST(Museum, HasATapeThatNeedsEverySiteThatWorldsDraw) {
  const std::set<std::string> needed = neededSites();
  std::set<std::string> left;
  for (const fakes::ChoiceSiteRow& row : fakes::kChoiceSites) {
    if (row.decider == fakes::Decider::kDraw || row.decider == fakes::Decider::kTest) continue;
    const bool exempt = std::find(std::begin(kNeededByNone), std::end(kNeededByNone), row.site) != std::end(kNeededByNone);
    EXPECT_FALSE(exempt && needed.contains(std::string(row.name))) << row.name << " is needed, and is said not to be";
    if (!exempt && !needed.contains(std::string(row.name)) && row.retiredIn > fakes::kCodecVersion)
      left.insert(std::string(row.name));
  }
  EXPECT_EQ(left, std::set<std::string>{}) << "no exhibit needs these sites";
}

TEST(Museum, ATapeDoesNotNeedARecordThatChangesNothing) {
  Tape tape = Tape::load(TEASEL_MUSEUM_TAPES "/accept_order.tape");
  const auto numberOf = [](ChoiceSite site) { return static_cast<std::uint16_t>(site); };
  tape.records.push_back({fakes::kStreamEntities, numberOf(ChoiceSite::kCut), 0, 2, 1});
  EXPECT_EQ(oracleOf(tape, tape.scenario), tape.oracle);
  EXPECT_TRUE(needs(tape, numberOf(ChoiceSite::kAcceptOrder)));
  EXPECT_FALSE(needs(tape, numberOf(ChoiceSite::kCut)));
  EXPECT_FALSE(needs(tape, numberOf(ChoiceSite::kLatency))) << "it has no record of this site";
}

/// A campaign found it in the twin.
TEST(Museum, AReplyThatStandsStillForLongerThanItsDriverWaitsIsNotCutByTheServer) {
  Tape tape;
  tape.play.setVersion(2);
  tape.play.connect(0);
  tape.play.send(0, "a");
  tape.play.redeliver(0, 0);
  tape.play.send(0, "\n");
  for (int i = 0; i < 8; ++i) tape.play.redeliver(0, 0);
  tape.records = {{4, 41, 0, 2, 1},  {256, 3, 0, 12, 1},  {256, 3, 10, 12, 11}, {256, 15, 10, 8, 5},
                  {257, 2, 0, 8, 1}, {257, 3, 1, 12, 11}, {257, 15, 1, 8, 5}};
  EXPECT_EQ(oracleOf(tape, "hasty_close_fixed"), "");
}

TEST(MuseumDeathTest, CanaryCrashes) {
  Tape tape;
  tape.play.send(0, "!");
  EXPECT_DEATH(oracleOf(tape, "canary"), "");
}

}  // namespace
}  // namespace teasel::museum
