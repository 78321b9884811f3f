#include <teasel/fakes/play/shrink.hpp>

#include <gtest/gtest.h>

namespace teasel::fakes {
namespace {

using namespace std::chrono_literals;

std::string sentOn(const Play& play, unsigned k) {
  std::string out;
  for (const PlayEvent& event : play.events()) {
    if (event.connection == k) out += play.bytes(event).text();
  }
  return out;
}

Play busyPlay() {
  Play play;
  for (unsigned k = 0; k < 4; ++k) {
    play.send(k, "hello there"), play.cut(k), play.advance(30ms), play.read(k, 77), play.send(k, "some ERROR here\r\n"),
        play.endOfStream(k);
  }
  return play;
}

std::vector<ChoiceRecord> busyRecords() {
  std::vector<ChoiceRecord> records;
  for (std::uint32_t entity = 0; entity < 5; ++entity) {
    for (std::uint32_t index = 0; index < 6; ++index) {
      records.push_back({entity, 1, index, 100, 40 + index}), records.push_back({entity, 3, index, 100, 7});
    }
  }
  return records;
}

TEST(Shrink, LeavesNothingWhenEverythingFails) {
  const Shrunk shrunk = shrink(busyPlay(), busyRecords(), "x", [](const Play&, std::span<const ChoiceRecord>) { return "x"; });
  EXPECT_TRUE(shrunk.reproduced);
  EXPECT_TRUE(shrunk.complete);
  EXPECT_EQ(shrunk.play, Play());
  EXPECT_TRUE(shrunk.records.empty());
  EXPECT_LT(shrunk.runs, 20u);
}

TEST(Shrink, KeepsOnlyTheBytesThatMatter) {
  const InterestingnessTest interesting = [](const Play& play, std::span<const ChoiceRecord>) {
    for (unsigned k = 0; k < 8; ++k) {
      if (sentOn(play, k).find("ERR") != std::string::npos) return "found";
    }
    return "";
  };
  const Shrunk shrunk = shrink(busyPlay(), busyRecords(), "found", interesting);
  Play wanted;
  wanted.send(0, "ERR");
  EXPECT_TRUE(shrunk.complete);
  EXPECT_EQ(shrunk.play, wanted);
  EXPECT_TRUE(shrunk.records.empty());
}

TEST(Shrink, MakesBytesPlainWhereTheyDoNotMatter) {
  const InterestingnessTest interesting = [](const Play& play, std::span<const ChoiceRecord>) {
    const std::string sent = sentOn(play, 0);
    return sent.size() >= 6 && sent[3] == 'l' ? "x" : "";
  };
  Play wanted;
  wanted.send(0, "aaalaa");
  EXPECT_EQ(shrink(busyPlay(), {}, "x", interesting).play, wanted);
}

TEST(Shrink, LowersValuesAndDropsOtherStreams) {
  const InterestingnessTest interesting = [](const Play&, std::span<const ChoiceRecord> records) {
    for (const ChoiceRecord& record : records) {
      if (record.entity == 2 && record.site == 1 && record.value >= 23) return "x";
    }
    return "";
  };
  const Shrunk shrunk = shrink(busyPlay(), busyRecords(), "x", interesting);
  ASSERT_EQ(shrunk.records.size(), 1u);
  EXPECT_EQ(shrunk.records[0].value, 23u);
  EXPECT_EQ(shrunk.records[0].bound, 100u);
}

TEST(Shrink, GathersATotalInOneRecord) {
  const InterestingnessTest interesting = [](const Play&, std::span<const ChoiceRecord> records) {
    std::uint64_t sum = 0;
    for (const ChoiceRecord& record : records) sum += record.entity == 1 && record.site == 3 ? record.value : 0;
    return sum >= 20 ? "x" : "";
  };
  const Shrunk shrunk = shrink(Play(), busyRecords(), "x", interesting);
  ASSERT_EQ(shrunk.records.size(), 1u);
  EXPECT_EQ(shrunk.records[0].value, 20u);
}

TEST(Shrink, LowersOperandsOfEvents) {
  const InterestingnessTest interesting = [](const Play& play, std::span<const ChoiceRecord>) {
    for (const PlayEvent& event : play.events()) {
      if (event.kind == PlayEventKind::kRead && event.count() >= 13) return "x";
    }
    return "";
  };
  Play wanted;
  wanted.read(0, 13);
  EXPECT_EQ(shrink(busyPlay(), {}, "x", interesting).play, wanted);
}

TEST(Shrink, RenumbersConnectionsWhenTheNumberDoesNotMatter) {
  const InterestingnessTest interesting = [](const Play& play, std::span<const ChoiceRecord>) {
    int connects = 0;
    for (const PlayEvent& event : play.events()) connects += event.kind == PlayEventKind::kConnect ? 1 : 0;
    return connects >= 2 && play.byteCount() != 0 ? "x" : "";
  };
  Play wanted, from;
  wanted.connect(1), wanted.send(0, "a");
  from.send(5, "q"), from.send(3, "p"), from.cut(7);
  const Play shrunk = shrink(from, {}, "x", interesting).play;
  EXPECT_LE(ShrinkSize::of(shrunk, {}), ShrinkSize::of(wanted, {})) << testing::PrintToString(shrunk);
}

TEST(Shrink, RenumbersConnectionsTogetherWithWhatWasDrawnForThem) {
  const InterestingnessTest interesting = [](const Play& play, std::span<const ChoiceRecord> records) {
    const bool drawn = records.size() == 1 && !play.events().empty() &&
                       records[0].entity == kPlayEntities + 2 * play.events().back().connection + 1;
    return drawn && play.byteCount() != 0 ? "x" : "";
  };
  Play wanted, from;
  wanted.send(0, "a");
  from.send(3, "p");
  const std::vector<ChoiceRecord> records = {{kPlayEntities + 7, 1, 0, 2, 1}};
  const Shrunk shrunk = shrink(from, records, "x", interesting);
  EXPECT_EQ(shrunk.play, wanted);
  EXPECT_EQ(shrunk.records, (std::vector<ChoiceRecord>{{kPlayEntities + 1, 1, 0, 2, 1}}));
}

TEST(Shrink, NeverSlipsToAnotherFailure) {
  const InterestingnessTest interesting = [](const Play& play, std::span<const ChoiceRecord>) {
    if (play.byteCount() > 20) return "long";
    return play.byteCount() > 0 ? "short" : "";
  };
  const Shrunk shrunk = shrink(busyPlay(), {}, "long", interesting);
  EXPECT_EQ(shrunk.play.byteCount(), 21u);
}

TEST(Shrink, SaysWhenTheOriginalDoesNotFailThatWay) {
  const Shrunk shrunk = shrink(busyPlay(), {}, "x", [](const Play&, std::span<const ChoiceRecord>) { return "y"; });
  EXPECT_FALSE(shrunk.reproduced);
  EXPECT_FALSE(shrunk.complete);
  EXPECT_EQ(shrunk.play, busyPlay());
  EXPECT_EQ(shrunk.runs, 1u);
}

TEST(Shrink, StopsAtItsBudgetAndSaysSo) {
  const InterestingnessTest interesting = [](const Play& play, std::span<const ChoiceRecord>) {
    return sentOn(play, 3).find("ERROR") != std::string::npos ? "x" : "";
  };
  const Shrunk cut = shrink(busyPlay(), busyRecords(), "x", interesting, {.runs = 15});
  EXPECT_EQ(cut.runs, 15u);
  EXPECT_TRUE(cut.reproduced);
  EXPECT_FALSE(cut.complete);
  EXPECT_EQ(interesting(cut.play, cut.records), "x");
}

TEST(Shrink, KeepsTheVersionOfThePlay) {
  Play play;
  play.setVersion(1);
  play.send(0, "ab");
  const InterestingnessTest interesting = [](const Play& p, std::span<const ChoiceRecord>) {
    return p.version() == 1 && p.byteCount() >= 1 ? "x" : "";
  };
  const Shrunk shrunk = shrink(play, {}, "x", interesting);
  EXPECT_EQ(shrunk.play.byteCount(), 1u);
  EXPECT_EQ(shrunk.play.version(), 1u);
}

TEST(Shrink, IsDeterministicAndItsResultFailsToo) {
  Choices choices;
  for (std::uint64_t seed = 0; seed < 60; ++seed) {
    choices.usePrng(seed);
    const Play play = Play::draw(choices, {.events = 30, .connections = 4});
    const InterestingnessTest interesting = [](const Play& p, std::span<const ChoiceRecord>) {
      std::size_t cuts = 0;
      for (const PlayEvent& event : p.events()) cuts += event.kind == PlayEventKind::kCut ? 1 : 0;
      return cuts >= 2 && p.byteCount() >= 3 ? "x" : "";
    };
    if (interesting(play, {}) != "x") continue;
    const Shrunk first = shrink(play, choices.records(), "x", interesting),
                 again = shrink(play, choices.records(), "x", interesting);
    EXPECT_EQ(first.play, again.play) << seed;
    EXPECT_EQ(interesting(first.play, first.records), "x");
    EXPECT_LE(first.play.events().size(), 4u) << testing::PrintToString(first.play);
  }
}

}  // namespace
}  // namespace teasel::fakes
