#include <teasel/rapidcheck/generators.hpp>

#include <algorithm>
#include <set>

#include <gtest/gtest.h>
#include <rapidcheck.h>

#include <teasel/fakes/play/shrink.hpp>
#include <teasel/rapidcheck/plays.hpp>

namespace teasel::rapidcheck {
namespace {

using fakes::ChunkPlan;
using fakes::Play;
using fakes::PlayEventKind;

/// Calls a function with many draws at size 50.
template <class T, class F>
void eachOf(const rc::Gen<T>& generator, F&& look, std::uint64_t count = 300) {
  for (std::uint64_t seed = 0; seed < count; ++seed) look(generator(rc::Random(seed), 50).value());
}

/// Shrinks the first of many draws that `wanted` accepts, and returns the result.
template <class T, class F>
T smallest(const rc::Gen<T>& generator, F&& wanted) {
  for (std::uint64_t seed = 0; seed < 1000; ++seed) {
    const auto drawn = generator(rc::Random(seed), 50);
    if (wanted(drawn.value())) return rc::shrinkable::findLocalMin(drawn, wanted).first;
  }
  ADD_FAILURE() << "never drawn";
  return {};
}

TEST(RapidCheckGenerators, ByteStringsStayWithinTheirLengthReachItAndHoldWords) {
  std::set<std::size_t> lengths;
  std::size_t words = 0;
  eachOf(byteStrings({.longest = 20, .words = {"PING"}}), [&](const std::string& bytes) {
    lengths.insert(bytes.size());
    words += bytes.find("PING") != std::string::npos;
  });
  EXPECT_EQ(*lengths.rbegin(), 20u);
  EXPECT_EQ(lengths.count(0), 1u);
  EXPECT_GT(words, 50u);
}

TEST(RapidCheckGenerators, ByteStringsShrinkToFewPlainBytes) {
  const auto found = smallest(byteStrings(), [](const std::string& bytes) { return bytes.size() > 3; });
  EXPECT_EQ(found, "aaaa");
  const auto special = smallest(byteStrings(), [](const std::string& bytes) { return bytes.find(':') < bytes.find(','); });
  EXPECT_EQ(special, ":");
}

TEST(RapidCheckGenerators, LongByteStringsShrinkInFewSteps) {
  std::size_t asked = 0;
  const auto found = smallest(byteStrings({.longest = 16384}), [&](const std::string& bytes) {
    ++asked;
    return bytes.size() > 10'000;
  });
  EXPECT_EQ(found, std::string(10'001, 'a'));
  EXPECT_LT(asked, 200'000u);
}

TEST(RapidCheckGenerators, MessagesAreEndedByTheirDelimiterAndNothingElse) {
  for (const std::string delimiter : {"\r\n", "a", "aa", ":,:"})
    eachOf(messages({.delimiter = delimiter}), [&](const std::vector<std::string>& made) {
      for (const std::string& each : made) EXPECT_EQ((each + delimiter).find(delimiter), each.size());
    });
}

TEST(RapidCheckGenerators, MessagesShrinkToWhatMatters) {
  const auto found = smallest(messages({.delimiter = "\r\n"}), [](const std::vector<std::string>& made) {
    return std::any_of(made.begin(), made.end(), [](const std::string& each) { return each.find('\r') < each.size(); });
  });
  // A carriage return alone is no end of a message, because the delimiter would begin there.
  EXPECT_EQ(found, std::vector<std::string>{"\r"});
}

TEST(RapidCheckGenerators, ChunkPlansAreOfEveryKind) {
  std::size_t whole = 0, bytewise = 0, one = 0, fin = 0;
  eachOf(chunkPlans(10), [&](const ChunkPlan& plan) {
    const std::size_t cuts = plan.positions(10).size();
    whole += cuts == 0, bytewise += cuts == 9, one += cuts == 1, fin += plan.endsWithLast();
  });
  for (const std::size_t count : {whole, bytewise, one, fin}) EXPECT_GT(count, 20u);
}

TEST(RapidCheckGenerators, ChunkPlansShrinkToTheCutsThatMatter) {
  const auto found = smallest(chunkPlans(10), [](const ChunkPlan& plan) {
    const auto cuts = plan.positions(10);
    return std::count(cuts.begin(), cuts.end(), 4) == 1 && std::count(cuts.begin(), cuts.end(), 7) == 1;
  });
  EXPECT_EQ(found, ChunkPlan::cutAt({4, 7}));
}

TEST(RapidCheckGenerators, PlaysHaveEveryKindOfStepAndKeepTheirShape) {
  std::set<PlayEventKind> kinds;
  eachOf(plays({.connections = 3, .appOps = 2}, {.connections = 3, .hosts = 2}), [&](const Play& play) {
    for (const fakes::PlayEvent& event : play.events()) {
      kinds.insert(event.kind);
      EXPECT_LT(event.connection, 3);
    }
  });
  EXPECT_EQ(kinds.size(), fakes::kEventKinds);
}

TEST(RapidCheckGenerators, PlaysShrinkToTheStepsThatMatter) {
  const auto found = smallest(plays({.connections = 2}), [](const Play& play) {
    const auto events = play.events();
    return std::any_of(events.begin(), events.end(), [](const auto& event) { return event.kind == PlayEventKind::kReset; }) &&
           std::any_of(events.begin(), events.end(), [](const auto& event) { return event.kind == PlayEventKind::kSend; });
  });
  Play expected;
  expected.send(0, "a");
  expected.reset(0);
  Play reversed;
  reversed.reset(0);
  reversed.send(0, "a");
  EXPECT_TRUE(found == expected || found == reversed) << testing::PrintToString(found);
}

TEST(RapidCheckGenerators, EveryStepOfShrinkingAnInputIsSmaller) {
  const auto small = [](const Input& input) { return fakes::ShrinkSize::of(input.play, input.records); };
  eachOf(
      plays(),
      [&](const Play& play) {
        const Input input{play, {{1, 1, 0, 9, 5}, {1, 1, 1, 9, 3}, {2, 3, 0, 0, 70}}};
        for (const Input& step : detail::simpler(input, 200)) EXPECT_LT(small(step), small(input));
      },
      20);
}

}  // namespace
}  // namespace teasel::rapidcheck
