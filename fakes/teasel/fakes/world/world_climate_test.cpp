#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <string>
#include <vector>

#include <teasel/fakes/world/scenario.hpp>
#include <teasel/fakes/world/test/world_test_kit.hpp>

// Climates: how drivers work, and which faults exist in a run.

namespace teasel::fakes {
namespace {

constexpr auto site(ChoiceSite of) { return static_cast<std::uint16_t>(of); }

ChoiceRecord kindRecord(FaultSwitch fault) {
  std::uint32_t row = 0;
  while (kFaults[row].control != fault) ++row;
  return {row, site(ChoiceSite::kFaultKind), 0, 0, 1};
}
ChoiceRecord seedRecord(std::uint64_t seed) { return {0, site(ChoiceSite::kClimateSeed), 0, 0, seed}; }

/// Serves echoes, and notes in `last` what the world was like.
struct Climate {
  Faults faults;
  SimDriver::Mode mode = SimDriver::Mode::kReadiness;
};
Climate last;

void serveEchoes(World& world) {
  last = {world.network().faults(), world.mode()};
  auto factory = Factory::forProtocol<test::Echo>();
  factory->noisy = false;
  world.host().reactor().listenTCP(8000, factory);
  world.run();
}
TEASEL_SCENARIO(any_climate, "stands every climate") { serveEchoes(world); }
TEASEL_SCENARIO(no_reset, "stands no resets and no completions",
                {.climate = {.without = {&Faults::reset, &Faults::listen}, .completion = false}}) {
  serveEchoes(world);
}
TEASEL_SCENARIO(always_reset, "has resets in every climate", {.world = {.faults = {.reset = {1, 4}}}}) { serveEchoes(world); }

/// A run of a scenario, and the climate that it had.
class Ran {
 public:
  explicit Ran(const char* scenario, const std::vector<ChoiceRecord>& records = {}) : Ran(*findScenario(scenario)) {
    world.choices().useRecords(records);
    world.play().send(0, "hello");
    world.play().send(1, "there");
    run();
  }
  Ran(const char* scenario, std::uint64_t seed) : Ran(*findScenario(scenario)) {
    world.choices().usePrng(seed, Swarm::kOn);
    world.play() = Play::draw(world.choices());
    run();
  }
  World world;
  Climate climate;
  bool ok = false;

 private:
  explicit Ran(const Scenario& scenario) : world(scenario.options().world), scenario_(scenario) {}
  void run() {
    ok = scenario_.run(world);
    climate = last;
  }
  const Scenario& scenario_;
};

std::string names(const Faults& faults) {
  std::string out;
  for (const FaultRow& row : kFaults)
    if (row.control.isOn(faults) && !row.control.isOn(Faults())) out += std::string(row.name) + ' ';
  return out;
}

/// Sends more than would go through a window of one byte in the time that a world has.
class Long final : public Protocol {
 public:
  void connectionMade() override {
    transport().write(std::string(300'000, 'x'));
    transport().loseConnection();
  }
};
TEASEL_SCENARIO(sends_much, "sends much to each peer") {
  world.host().reactor().listenTCP(8000, Factory::forProtocol<Long>());
  world.run();
}

TEST(WorldClimate, AWindowOfOneByteOpensSoThatMuchGoesThroughIt) {
  const ChoiceRecord smallest{257, site(ChoiceSite::kWindow), 0, 0, 7};
  for (const bool completion : {false, true}) {
    std::vector<ChoiceRecord> records = {kindRecord(&Faults::windows), smallest};
    if (completion) records.push_back({0, site(ChoiceSite::kCompletion), 0, 0, 1});
    normalise(records);
    Ran ran("sends_much", records);
    EXPECT_TRUE(ran.ok) << ran.world.verdict()->message;
    EXPECT_EQ(ran.world.peer(0).received().size(), 300'000u);
  }
}

TEST(WorldClimate, IsCalmWithoutChoices) {
  Ran run("any_climate");
  EXPECT_EQ(names(run.climate.faults), "");
  EXPECT_EQ(run.climate.mode, SimDriver::Mode::kReadiness);
}

TEST(WorldClimate, OldRecordsKeepTheirMeaningBecauseNoRecordIsCalm) {
  Ran run("any_climate", {{0x100, site(ChoiceSite::kCut), 0, 0, 1}});
  EXPECT_EQ(names(run.climate.faults), "");
  EXPECT_EQ(run.climate.mode, SimDriver::Mode::kReadiness);
}

TEST(WorldClimate, HasTheFaultsAndTheModeThatAreDrawn) {
  const ChoiceRecord resets = kindRecord(&Faults::reset);
  Ran run("any_climate", {resets,
                          {resets.entity, site(ChoiceSite::kFaultRatio), 0, 0, 1},
                          kindRecord(&Faults::stalls),
                          {0, site(ChoiceSite::kCompletion), 0, 0, 1}});
  EXPECT_EQ(names(run.climate.faults), "reset stalls ");
  EXPECT_EQ(run.climate.faults.reset.d, 64u);
  EXPECT_EQ(run.climate.mode, SimDriver::Mode::kCompletion);
}

TEST(WorldClimate, DrawsEveryKindOfFaultAndBothModesInSomeSeedsAndNoneInMany) {
  std::map<std::string, int> count;
  for (std::uint64_t seed = 0; seed < 400; ++seed) {
    Ran run("any_climate", seed);
    EXPECT_TRUE(run.ok) << seed << ": " << run.world.verdict()->message;
    for (const FaultRow& row : kFaults) count[std::string(row.name)] += row.control.isOn(run.climate.faults) ? 1 : 0;
    count["completion"] += run.climate.mode == SimDriver::Mode::kCompletion ? 1 : 0;
    count["calm"] += names(run.climate.faults).empty() ? 1 : 0;
  }
  for (const FaultRow& row : kFaults) {
    if (row.name == "listen") EXPECT_EQ(count["listen"], 0);
    else EXPECT_GT(count[std::string(row.name)], 40) << row.name;
  }
  EXPECT_GT(count["completion"], 40);
  EXPECT_GT(count["calm"], 80);
}

TEST(WorldClimate, NeverHasWhatTheScenarioCannotStand) {
  for (std::uint64_t seed = 0; seed < 200; ++seed) {
    Ran run("no_reset", seed);
    EXPECT_EQ(run.climate.faults.reset.n, 0u) << seed;
    EXPECT_EQ(run.climate.mode, SimDriver::Mode::kReadiness) << seed;
  }
  EXPECT_EQ(names(Ran("no_reset", {kindRecord(&Faults::reset)}).climate.faults), "");
}

TEST(WorldClimate, AlwaysHasTheFaultsOfTheScenariosWorldAndMayHaveMoreOfThem) {
  bool more = false;
  for (std::uint64_t seed = 0; seed < 200; ++seed) {
    const Ratio reset = Ran("always_reset", seed).climate.faults.reset;
    EXPECT_GE(reset.n * 4, reset.d) << seed;
    more = more || reset.n * 4 > reset.d;
  }
  EXPECT_TRUE(more);
}

TEST(WorldClimate, OneRecordOfASeedDrawsAllAndTheDrawnRecordsGiveTheSameRunWithoutIt) {
  int stormy = 0;
  for (std::uint64_t seed = 1; seed < 100; ++seed) {
    Ran seeded("any_climate", {seedRecord(seed)});
    EXPECT_EQ(seeded.world.choices().unused(), 0u);
    std::vector<ChoiceRecord> drawn = seeded.world.choices().records();
    normalise(drawn);
    Ran replayed("any_climate", drawn);
    EXPECT_EQ(replayed.world.trace().hash(), seeded.world.trace().hash()) << seed;
    EXPECT_EQ(replayed.world.choices().unused(), 0u) << seed;
    stormy += names(seeded.climate.faults).empty() ? 0 : 1;
  }
  EXPECT_GT(stormy, 30);
}

TEST(WorldClimate, ARecordWinsOverTheSeed) {
  std::uint64_t seed = 1;
  while (Ran("any_climate", {seedRecord(seed)}).climate.faults.reset.d != 1) ++seed;
  Ran run("any_climate", {seedRecord(seed), kindRecord(&Faults::reset)});
  EXPECT_NE(run.climate.faults.reset.n, 0u);
}

}  // namespace
}  // namespace teasel::fakes
