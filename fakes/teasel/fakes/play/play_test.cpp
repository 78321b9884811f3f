#include <teasel/fakes/play/play.hpp>

#include <gtest/gtest.h>

#include <set>

#include <teasel/core/errors.hpp>
#include <teasel/fakes/play/choices.hpp>

namespace teasel::fakes {
namespace {

using namespace std::chrono_literals;

TEST(Play, ConnectsBeforeTheFirstStepOnAConnection) {
  Play implied, said;
  implied.send(2, "hi");
  said.connect(2);
  said.send(2, "hi");
  EXPECT_EQ(implied, said);
  EXPECT_EQ(implied.events().size(), 2u);
}

TEST(Play, ConnectsOnce) {
  Play play;
  play.connect(0, 1);
  EXPECT_TRUE(play.connect(0));
  ASSERT_EQ(play.events().size(), 1u);
  EXPECT_EQ(play.events()[0].port(), 1u);
}

TEST(Play, JoinsSendsThatFollowEachOtherOnOneConnection) {
  Play play;
  play.send(0, "ab");
  play.send(0, "");
  play.send(0, "cd");
  play.send(1, "x");
  play.send(0, "e");
  ASSERT_EQ(play.events().size(), 5u);
  EXPECT_EQ(play.bytes(play.events()[1]), "abcd");
  EXPECT_EQ(play.bytes(play.events()[4]), "e");
}

TEST(Play, KeepsSendsApartAtACut) {
  Play play;
  play.send(0, "ab");
  play.cut(0);
  play.send(0, "cd");
  EXPECT_EQ(play.events().size(), 4u);
  EXPECT_EQ(play.byteCount(), 4u);
}

TEST(Play, DiffersByBytesEventsAndOperands) {
  Play a, b, c, d;
  a.send(0, "ab");
  b.send(0, "ac");
  c.send(0, "ab"), c.cut(0);
  d.send(0, "ab"), d.read(0, 1);
  EXPECT_FALSE(a == b);
  EXPECT_FALSE(a == c);
  EXPECT_FALSE(c == d);
}

TEST(Play, TakesNothingBeyondItsLimitsAndCounts) {
  Play play(PlayLimits{.events = 3, .bytes = 4, .connections = 2});
  EXPECT_FALSE(play.connect(2));
  EXPECT_FALSE(play.send(0, "abcdef"));
  EXPECT_EQ(play.bytes(play.events()[1]), "abcd");
  EXPECT_FALSE(play.send(0, "g"));
  EXPECT_TRUE(play.cut(0));
  EXPECT_FALSE(play.cut(0));
  EXPECT_EQ(play.events().size(), 3u);
  EXPECT_EQ(play.dropped(), 5u);
}

TEST(Play, ASendThatFindsNoRoomForItsConnectLeavesNoBytes) {
  Play play(PlayLimits{.events = 1});
  play.cut(0);
  EXPECT_FALSE(play.send(0, "abc"));
  EXPECT_EQ(play.byteCount(), 0u);
}

TEST(Play, ClearedIsLikeNew) {
  Play play;
  play.send(3, "abc");
  play.clear();
  EXPECT_EQ(play, Play());
  EXPECT_FALSE(play.connects(3));
  play.send(3, "abc");
  EXPECT_EQ(play.events().size(), 2u);
}

TEST(Play, RefusesToGoBackInTimeAndBoundsAnAdvance) {
  Play play;
  EXPECT_THROW(play.advance(-1ns), NegativeDelay);
  play.advance(100000h);
  EXPECT_EQ(play.events()[0].duration(), Duration(24h));
}

TEST(Play, DrawnFromCalmChoicesIsOneConnect) {
  Choices calm;
  Play wanted;
  wanted.connect(0);
  EXPECT_EQ(Play::draw(calm), wanted);
}

TEST(Play, DrawnTwiceFromOneSeedIsTheSame) {
  Choices choices;
  for (std::uint64_t seed = 0; seed < 50; ++seed) {
    choices.usePrng(seed);
    const Play first = Play::draw(choices);
    choices.usePrng(seed);
    EXPECT_EQ(Play::draw(choices), first) << seed;
  }
}

TEST(Play, DrawnFromItsRecordsIsTheSame) {
  Choices choices, replay;
  choices.usePrng(17);
  const Play first = Play::draw(choices);
  replay.useRecords(choices.records());
  EXPECT_EQ(Play::draw(replay), first);
}

TEST(Play, DrawnWithSeedsShowsEveryKindOfEvent) {
  static constexpr std::string_view kWords[] = {"PING\r\n"};
  std::vector<int> hits(kEventKinds);
  Choices choices;
  for (std::uint64_t seed = 0; seed < 300; ++seed) {
    choices.usePrng(seed);
    const Play play = Play::draw(choices, {.words = kWords, .appOps = 2}, {.hosts = 2});
    for (const PlayEvent& event : play.events()) ++hits[static_cast<std::size_t>(event.kind)];
  }
  for (std::size_t kind = 0; kind < kEventKinds; ++kind) EXPECT_GT(hits[kind], 0) << kind;
}

TEST(Play, DrawsEventsOnHostsOnlyWhereTheLimitsAllowThem) {
  Choices choices;
  std::set<unsigned> parties;
  for (std::uint64_t seed = 0; seed < 300; ++seed) {
    choices.usePrng(seed);
    const Play none = Play::draw(choices);
    for (const PlayEvent& event : none.events()) EXPECT_FALSE(actsOnHosts(eventRow(event.kind)));
    choices.usePrng(seed);
    const Play some = Play::draw(choices, {}, {.hosts = 2});
    for (const PlayEvent& event : some.events()) {
      if (!actsOnHosts(eventRow(event.kind))) continue;
      EXPECT_LT(event.host(), 2u);
      if (eventRow(event.kind).operands[0].type != OperandType::kParty) continue;
      EXPECT_NE(event.from(), event.to()) << "a link has two ends";
      parties.insert({event.from(), event.to()});
    }
  }
  EXPECT_EQ(parties, (std::set<unsigned>{0, 1, Play::kOutside}));
}

TEST(Play, TakesNoEventsOnHostsThatItsLimitsForbid) {
  Play play(PlayLimits{});
  EXPECT_FALSE(play.crash(0));
  EXPECT_FALSE(play.partition(0, Play::kOutside));
  EXPECT_EQ(play.dropped(), 2u);
  EXPECT_TRUE(play.empty());
  EXPECT_TRUE(Play().crash(0)) << "a test that says it by hand may do all";
  EXPECT_THROW(Play().latency(0, 1, std::chrono::nanoseconds(-1)), NegativeDelay);
}

TEST(Play, AppendCopiesAnyStep) {
  Choices choices;
  for (std::uint64_t seed = 0; seed < 100; ++seed) {
    choices.usePrng(seed);
    const Play from = Play::draw(choices, {.appOps = 3});
    Play to;
    for (const PlayEvent& event : from.events()) to.append(from, event);
    EXPECT_EQ(to, from);
  }
}

}  // namespace
}  // namespace teasel::fakes
