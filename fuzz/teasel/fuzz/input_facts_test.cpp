#include <teasel/fuzz/input_facts.hpp>

#include <gtest/gtest.h>

#include <teasel/fuzz/engine.hpp>
#include <teasel/protocol/factory.hpp>
#include <teasel/protocol/port.hpp>

namespace teasel::fuzz {
namespace {

constexpr auto kCut = static_cast<std::uint16_t>(fakes::ChoiceSite::kCut);

/// Sends everything back twice.
class Twice final : public Protocol {
 public:
  void dataReceived(ByteView data) override {
    transport().write(data);
    transport().write(data);
  }
};

TEASEL_SCENARIO(twice, "says everything twice") {
  auto factory = Factory::forProtocol<Twice>();
  factory->noisy = false;
  world.host().reactor().listenTCP(7, factory);
  world.run();
}

const fakes::Scenario& twice() { return *fakes::findScenario("twice"); }

/// "abcd" with records: one that is drawn, and one of an entity that does not exist.
std::string withRecords() {
  fakes::Play play;
  play.send(0, "abcd");
  return fakes::encode(play, std::vector<fakes::ChoiceRecord>{{0x100, kCut, 0, 0, 1}, {5, kCut, 0, 0, 1}});
}

const InputFacts::SiteDraws* drawsAt(const InputFacts& facts, std::uint16_t site) {
  for (const InputFacts::SiteDraws& each : facts.sites)
    if (each.site == site) return &each;
  return nullptr;
}

TEST(InputFacts, HaveTheDrawsOfACalmRunWithTheirBoundsAndWhatPeersReceived) {
  Engine engine(twice());
  engine.run("abcd");
  EXPECT_TRUE(engine.world().choices().records().empty()) << "a calm run records nothing";
  const InputFacts* facts = engine.factsOf("abcd");
  ASSERT_NE(facts, nullptr);
  EXPECT_EQ(engine.factRuns(), 1u);
  const InputFacts::SiteDraws* cuts = drawsAt(*facts, kCut);
  ASSERT_NE(cuts, nullptr);
  EXPECT_EQ(cuts->some.at(0), (fakes::ChoiceRecord{0x100, kCut, 0, 4, 0}));
  EXPECT_EQ(facts->outputs[0], "abcdabcd");
  EXPECT_EQ(facts->outputs[1], "");
}

TEST(InputFacts, OfARunWithRecordsNeedNoFurtherRunAndSayWhichRecordsWereDrawn) {
  Engine engine(twice());
  const std::string input = withRecords();
  engine.run(input);
  const InputFacts* facts = engine.factsOf(input);
  ASSERT_NE(facts, nullptr);
  EXPECT_EQ(engine.factRuns(), 0u);
  ASSERT_EQ(facts->live.size(), 1u);
  EXPECT_EQ(facts->live[0].entity, 0x100u);
}

TEST(InputFacts, AreRememberedAndAFurtherRunGivesTheSame) {
  Engine engine(twice());
  const std::string input = withRecords();
  engine.run(input);
  const std::size_t sites = engine.factsOf(input)->sites.size();
  engine.run("abcd");
  EXPECT_EQ(engine.factsOf(input)->sites.size(), sites);
  EXPECT_EQ(engine.factRuns(), 0u) << "it is still known";
  Engine other(twice());
  EXPECT_EQ(other.factsOf(input)->sites.size(), sites);
  EXPECT_EQ(other.factRuns(), 1u);
}

TEST(InputFacts, AreRefusedWhereTheyWouldNeedMoreThanTheirShareOfRuns) {
  Engine engine(twice());
  EXPECT_NE(engine.factsOf("a"), nullptr);
  EXPECT_EQ(engine.factsOf("b"), nullptr);
  for (std::uint64_t i = 0; i < Engine::kRunsPerFactRun; ++i) engine.run("c");
  EXPECT_NE(engine.factsOf("b"), nullptr);
  EXPECT_EQ(engine.factsOf("d"), nullptr);
}

TEST(InputFacts, KeepASampleOfASiteThatDrawsOften) {
  fakes::World world;
  world.choices().usePrng(1);
  for (int i = 0; i < 10'000; ++i) world.choices().below(1'000, fakes::ChoiceKey(0, fakes::kUserSites));
  InputFacts facts;
  facts.take(world, {});
  ASSERT_EQ(facts.sites.size(), 1u);
  EXPECT_EQ(facts.sites[0].count, 10'000u);
  EXPECT_EQ(facts.sites[0].some.size(), InputFacts::kMostDraws);
  std::size_t late = 0;
  for (const fakes::ChoiceRecord& record : facts.sites[0].some) late += record.index >= 5'000 ? 1 : 0;
  EXPECT_GT(late, 4u);
  EXPECT_LT(late, 20u);
}

TEST(InputFacts, OfManyInputsTakeTheSamePlaces) {
  FactTable table;
  for (int i = 0; i < 10'000; ++i) table.renew(std::to_string(i));
  std::size_t known = 0;
  for (int i = 0; i < 10'000; ++i) known += table.find(std::to_string(i)) != nullptr ? 1 : 0;
  EXPECT_GT(known, FactTable::kInputs / 2);
  EXPECT_LE(known, FactTable::kInputs);
}

}  // namespace
}  // namespace teasel::fuzz
