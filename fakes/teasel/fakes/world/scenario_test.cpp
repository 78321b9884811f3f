#include <teasel/fakes/world/scenario.hpp>

#include <gtest/gtest.h>

#include <algorithm>
#include <stdexcept>

#include <teasel/fakes/world/feedable.hpp>
#include <teasel/fakes/world/test/world_test_kit.hpp>

namespace teasel::fakes {
namespace {

ScenarioOptions oneConnection() {
  ScenarioOptions options;
  options.introducer = std::nullopt;
  options.play.connections = 1;
  return options;
}

TEASEL_SCENARIO(zEcho, "what is sent comes back") {
  auto factory = Factory::forProtocol<test::Echo>();
  world.host().reactor().listenTCP(7, factory);
  world.run();
}

TEASEL_SCENARIO(aThrowing, "throws out of the scenario itself", oneConnection()) { throw std::runtime_error("set-up failed"); }

TEASEL_SCENARIO(greedy, "says that it consumed more than there was") {
  feedable([](ByteView bytes) { return bytes.size() + 1; })(world);
}

TEASEL_SCENARIO(keepsDeferred, "keeps a Deferred beyond its run") {
  static Deferred<int>* kept = nullptr;
  delete kept;
  kept = new Deferred<int>;
  world.run();
}

TEST(Scenario, TheRegistryIsSortedByName) {
  std::vector<std::string_view> names;
  for (const Scenario* each : scenarios()) names.push_back(each->name());
  EXPECT_TRUE(std::is_sorted(names.begin(), names.end()));
  for (const char* own : {"aThrowing", "greedy", "keepsDeferred", "zEcho"})
    EXPECT_EQ(std::count(names.begin(), names.end(), own), 1) << own;
  EXPECT_EQ(findScenario("nosuch"), nullptr);
}

TEST(Scenario, KnowsWhatItIsAboutAndItsOptions) {
  const Scenario& scenario = *findScenario("aThrowing");
  EXPECT_EQ(scenario.about(), "throws out of the scenario itself");
  EXPECT_EQ(scenario.options().play.connections, 1);
  EXPECT_EQ(scenario.site().text().substr(0, 17), "scenario_test.cpp");
}

TEST(Scenario, RunsInAWorldThatAnEngineHasFilled) {
  World world;
  world.play().send(0, "hello");
  EXPECT_TRUE(findScenario("zEcho")->run(world));
  EXPECT_EQ(world.peer(0).received(), "hello");
}

TEST(Scenario, AnExceptionOutOfItIsAVerdict) {
  World world;
  EXPECT_FALSE(findScenario("aThrowing")->run(world));
  EXPECT_EQ(world.verdict()->oracle, "exception");
  EXPECT_NE(world.verdict()->message.find("set-up failed"), std::string::npos);
}

TEST(Scenario, ADeferredThatOutlivesItIsAVerdict) {
  World world;
  EXPECT_FALSE(findScenario("keepsDeferred")->run(world));
  EXPECT_EQ(world.verdict()->oracle, "unfired-deferred");
}

TEST(Feedable, ChecksWhatTheParserSaysThatItConsumed) {
  World world;
  world.play().send(0, "abc");
  EXPECT_FALSE(findScenario("greedy")->run(world));
  EXPECT_EQ(world.verdict()->oracle, "consumed-too-much");
}

TEST(Feedable, GivesUnreadBytesAgainTogetherWithNewOnes) {
  World world;
  std::vector<std::string> calls;
  std::vector<std::string>* log = &calls;
  world.play().send(0, "ab;c");
  world.play().cut(0);
  world.play().send(0, "d;");
  feedable([log](ByteView bytes) -> std::size_t {
    log->push_back(bytes.str());
    const std::size_t end = bytes.text().find(';');
    return end == std::string_view::npos ? 0 : end + 1;
  })(world);
  EXPECT_EQ(calls, (std::vector<std::string>{"ab;c", "c", "cd;"}));
  EXPECT_EQ(world.verdict(), nullptr);
}

}  // namespace
}  // namespace teasel::fakes
