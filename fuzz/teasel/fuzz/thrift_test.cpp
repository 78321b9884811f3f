#include <teasel/fuzz/thrift.hpp>

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <set>
#include <string>

#include <teasel/fakes/program/sparing.hpp>
#include <teasel/fuzz/engine.hpp>

namespace teasel::fuzz {
namespace {

std::array<std::uint8_t, 13> edges{};  // what the compiler's instrumentation would count

TEST(SeenCounters, CallNewWhatWasNeverRememberedByEdgeAndByClass) {
  edges = {};
  SeenCounters seen(edges);
  EXPECT_FALSE(seen.news());
  edges[12] = 1;
  EXPECT_TRUE(seen.news());
  EXPECT_TRUE(seen.news()) << "looking does not change anything";
  seen.remember();
  EXPECT_FALSE(seen.news());
  edges[12] = 4;
  EXPECT_TRUE(seen.news());
  seen.remember();
  edges[12] = 7;
  EXPECT_FALSE(seen.news()) << "4 to 7 are one class";
  edges[3] = 7;
  EXPECT_TRUE(seen.news());
}

TEST(SeenCounters, PutBackWhatWasKeptAndEdgesThatAreNewAsTakenOnce) {
  edges = {3, 0, 0, 5};
  SeenCounters seen(edges);
  seen.keep();
  edges = {200, 50, 0, 0};
  seen.putBack();
  EXPECT_EQ(edges[3], 5) << "it has wrapped";
  EXPECT_EQ(edges[0], 3);
  EXPECT_EQ(edges[1], 1);
  EXPECT_EQ(edges[2], 0);
}

std::size_t chosenOf(std::size_t inputs, std::size_t size, unsigned checks) {
  std::size_t count = 0;
  for (std::size_t i = 0; i < inputs; ++i) {
    std::string input = std::to_string(i);
    input.resize(size, 'x');
    count += Thrift::chosen(input, checks);
  }
  return count;
}

TEST(Thrift, ChoosesOneInputInTwiceAsManyAsThereAreChecksLessOneAndOfLongOnesAsManyBytes) {
  EXPECT_EQ(chosenOf(8000, 10, 1), 8000u);
  EXPECT_NEAR(static_cast<double>(chosenOf(8000, 10, 2)), 8000 / 3, 150);
  EXPECT_NEAR(static_cast<double>(chosenOf(8000, 10, 4)), 8000 / 7, 100);
  EXPECT_NEAR(static_cast<double>(chosenOf(8000, Thrift::kFullSize, 4)), 8000 / 7, 100);
  EXPECT_NEAR(static_cast<double>(chosenOf(8000, 4 * Thrift::kFullSize, 4)), 2000 / 7, 60);
}

std::set<std::string>& dearlySeen() {
  static std::set<std::string> inputs;
  return inputs;
}

/// One of its two dear checks cannot stand '!'. What it does new is what its first byte says.
TEASEL_SCENARIO(dear, "has two dear checks") {
  const auto events = world.play().events();
  const std::string bytes = events.empty() ? "" : world.play().bytes(events.back()).str();
  const auto first = bytes.empty() ? std::size_t{0} : static_cast<unsigned char>(bytes[0]) % 8u;
  ++edges[first];
  const bool one = fakes::Sparing::leavesOut(), other = fakes::Sparing::leavesOut();
  if (one || other) return;
  dearlySeen().insert(bytes);
  edges[8] = static_cast<std::uint8_t>(edges[8] + 20);
  world.check(bytes.find('!') == std::string::npos, "no-bang");
}

struct ThriftyEngine : testing::Test {
  ThriftyEngine() { dearlySeen().clear(); }
  /// Runs an input as libFuzzer does.
  InputOutcome run(const std::string& input) {
    edges = {};
    return engine.run(input);
  }
  /// The n-th input with this first byte that no hash chooses.
  static std::string unchosen(char first, int n = 0) {
    for (int i = 0;; ++i) {
      std::string input = first + std::to_string(i) + "!";
      if (!Thrift::chosen(input, 2) && n-- == 0) return input;
    }
  }
  Engine engine{*fakes::findScenario("dear"),
                {.target = "", .ignored = {}, .trace = fakes::Trace::Mode::kOff, .counters = edges}};
};

TEST_F(ThriftyEngine, HasEveryCheckSeeEveryInputUntilItIsToldToSpare) {
  run("a");
  EXPECT_EQ(run(unchosen('a')), InputOutcome::kFinding);
  EXPECT_EQ(engine.judged(), 2u);
  engine.spare();
  EXPECT_EQ(run(unchosen('a', 1)), InputOutcome::kQuiet);
  EXPECT_EQ(engine.judged(), 2u);
}

TEST_F(ThriftyEngine, HasEveryCheckSeeAnInputThatDoesSomethingNew) {
  engine.spare();
  run("a");
  EXPECT_EQ(run(unchosen('a')), InputOutcome::kQuiet);
  EXPECT_EQ(run(unchosen('b')), InputOutcome::kFinding);
}

TEST_F(ThriftyEngine, FindsAFaultThatOnlyADearCheckSeesAmongInputsThatDoNothingNew) {
  engine.spare();
  run("a");
  std::size_t findings = 0;
  for (int i = 0; i < 800; ++i) findings += run("a" + std::to_string(i) + "!") == InputOutcome::kFinding;
  EXPECT_NEAR(static_cast<double>(findings), 267, 50) << "one in three, because there are two checks";
}

TEST(Thrift, ChoosesByTheChecksOfTheLastRunThatHadSomeAndNotByTheMostOfAnyRun) {
  std::array<std::uint8_t, 8> none{};
  Thrift thrift(none);
  thrift.begin();
  thrift.had(50);
  std::size_t seen = 0;
  for (int i = 0; i < 500; ++i) seen += thrift.judges(std::to_string(i));
  EXPECT_LT(seen, 50u);
  thrift.had(1);
  thrift.had(0);
  for (int i = 0; i < 500; ++i) ASSERT_TRUE(thrift.judges(std::to_string(i))) << i;
}

TEST_F(ThriftyEngine, ShowsTheFuzzerTheCountersFromBeforeTheDearChecks) {
  run("a");
  EXPECT_EQ(edges['a' % 8], 1);
  EXPECT_EQ(edges[8], 1) << "an edge that only the dear check took";
}

TEST_F(ThriftyEngine, HasEveryCheckSeeWhatTheFuzzerKeeps) {
  engine.spare();
  SeenCounters fuzzer(edges);  // keeps what shows it something new
  std::size_t kept = 0;
  for (int i = 0; i < 2000; ++i) {
    std::string input(1, static_cast<char>('a' + i % 7));
    input += std::to_string(i);
    run(input);
    if (!fuzzer.news()) continue;
    fuzzer.remember();
    ++kept;
    EXPECT_TRUE(dearlySeen().contains(input)) << input;
  }
  EXPECT_GE(kept, 7u);
  EXPECT_LT(engine.judged(), 800u);
}

TEST_F(ThriftyEngine, OwesTheDearChecksAnInputThatTheFuzzerKeptAllTheSame) {
  engine.spare();
  run("a");
  const std::string kept = unchosen('a');
  run(kept);
  EXPECT_TRUE(engine.ranLast(kept)) << "it may be that it is only changed further";
  run("a2");
  EXPECT_FALSE(engine.ranLast(kept));
  ASSERT_TRUE(engine.owes(kept));
  EXPECT_EQ(engine.judge(kept), InputOutcome::kFinding);
  EXPECT_FALSE(engine.owes(kept));
}

TEST_F(ThriftyEngine, RemembersNothingOfAnInputThatIsIgnored) {
  Engine ignoring(*fakes::findScenario("dear"),
                  {.target = "", .ignored = {"no-bang"}, .trace = fakes::Trace::Mode::kOff, .counters = edges});
  ignoring.spare();
  edges = {};
  EXPECT_EQ(ignoring.run(unchosen('a')), InputOutcome::kIgnored);
  edges = {};
  EXPECT_EQ(ignoring.run(unchosen('a', 1)), InputOutcome::kIgnored) << "it is as new as the first";
}

}  // namespace
}  // namespace teasel::fuzz
