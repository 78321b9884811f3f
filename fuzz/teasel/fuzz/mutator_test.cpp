#include <teasel/fuzz/mutator.hpp>

#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <set>
#include <vector>

namespace teasel::fuzz {
namespace {

using fakes::CodecOptions;
using fakes::PlayEventKind;

constexpr std::string_view kInput =
    "user ann\r\nraw 12\r\nabc\xF5\x02"
    "def 7\r\nquit\r\n";
constexpr std::uint64_t kSeeds = 3000;
constexpr auto kClimateSeed = static_cast<std::uint16_t>(fakes::ChoiceSite::kClimateSeed);

/// An input of the newest version, as the mutator writes it.
std::string newest(std::string_view bytes) { return std::string("\xF5\x0F\0\2", 4).append(bytes); }

/// Stands in for the mutation of the engine: adds one byte at the end.
void append(std::string& text, std::size_t limit) {
  if (text.size() < limit) text += '!';
}

struct Decoded {
  explicit Decoded(ByteView bytes, const CodecOptions& codec = {}) { fakes::decode(bytes, codec, play, records); }
  std::string sent(unsigned connection) const {
    std::string all;
    for (const fakes::PlayEvent& event : play.events())
      if (event.connection == connection) all += play.bytes(event).str();
    return all;
  }
  fakes::Play play;
  std::vector<fakes::ChoiceRecord> records;
};

TEST(Mutator, IsAFunctionOfInputAndSeed) {
  Mutator one({}, append), other({}, append);
  other.mutated("something else", 100, 7);
  for (std::uint64_t seed = 0; seed < 200; ++seed) EXPECT_EQ(one.mutated(kInput, 400, seed), other.mutated(kInput, 400, seed));
}

TEST(Mutator, KeepsWithinTheLimitAndIsNeverEmpty) {
  Mutator mutator({}, append);
  for (const std::size_t limit : {kInput.size() + 5, kInput.size() / 2, std::size_t{1}})
    for (std::uint64_t seed = 0; seed < kSeeds; ++seed) {
      const std::string out = mutator.mutated(kInput, limit, seed), crossed = mutator.crossed(kInput, kInput, limit, seed);
      ASSERT_LE(std::max(out.size(), crossed.size()), limit);
      ASSERT_FALSE(out.empty() || crossed.empty());
    }
}

TEST(Mutator, TakesAnyInput) {
  Mutator mutator({}, append);
  for (const std::string_view input : {"", "\xF5", "\r\n", "\xF5\x03", "\xF5\x0E\x01"})
    for (std::uint64_t seed = 0; seed < 300; ++seed) EXPECT_LE(mutator.mutated(ByteView(input), 64, seed).size(), 64u);
}

TEST(Mutator, MakesEveryKindOfEvent) {
  Mutator mutator({}, append, {.appOps = 1});
  std::set<PlayEventKind> kinds;
  for (std::uint64_t seed = 0; seed < kSeeds; ++seed) {
    const Decoded decoded(mutator.mutated(kInput, 400, seed));
    for (const fakes::PlayEvent& event : decoded.play.events()) kinds.insert(event.kind);
  }
  EXPECT_EQ(kinds.size(), fakes::kEventKinds);
}

TEST(Mutator, LeavesHostsAloneWhereTheLimitsForbidEventsOnThem) {
  Mutator mutator({.limits = {}}, append);
  for (std::uint64_t seed = 0; seed < kSeeds; ++seed) {
    const Decoded decoded(mutator.mutated(kInput, 400, seed));
    for (const fakes::PlayEvent& event : decoded.play.events()) EXPECT_FALSE(fakes::actsOnHosts(fakes::eventRow(event.kind)));
  }
}

/// Facts of a run that drew two sites, one of them often.
InputFacts someFacts() {
  InputFacts facts;
  facts.sites.push_back({1, 3, {{0x100, 1, 0, 9, 0}, {0x102, 1, 1, 100, 0}, {0x100, 1, 2, 1'000'000, 0}}});
  facts.sites.push_back({8, 1, {{0, 8, 0, 2, 0}}});
  return facts;
}

/// The records of many mutations of an input, by site.
std::map<std::uint16_t, std::vector<fakes::ChoiceRecord>> changedChoices(const InputFacts* facts, ByteView input = kInput) {
  Mutator mutator({}, append, {.facts = [facts](ByteView) { return facts; }});
  std::map<std::uint16_t, std::vector<fakes::ChoiceRecord>> bySite;
  for (std::uint64_t seed = 0; seed < 4 * kSeeds; ++seed)
    for (const fakes::ChoiceRecord& record : Decoded(mutator.mutated(input, 400, seed)).records)
      bySite[record.site].push_back(record);
  return bySite;
}

TEST(Mutator, ChangesChoicesThatTheInputDrewAndNoOthersAtEachSiteAsOften) {
  const InputFacts facts = someFacts();
  auto changed = changedChoices(&facts);
  changed.erase(kClimateSeed);
  ASSERT_EQ(changed.size(), 2u);
  for (const InputFacts::SiteDraws& site : facts.sites) {
    const auto& records = changed.at(site.site);
    EXPECT_GT(records.size(), 100u);
    for (const fakes::ChoiceRecord& record : records)
      EXPECT_TRUE(std::any_of(site.some.begin(), site.some.end(),
                              [&](const fakes::ChoiceRecord& each) {
                                return each.entity == record.entity && each.index == record.index && record.value < each.bound;
                              }))
          << record.entity << ' ' << record.site << ' ' << record.index << ' ' << record.value;
  }
}

TEST(Mutator, GivesChoicesSmallValuesTheLargestOneAndPowersOfTwo) {
  const InputFacts facts = someFacts();
  std::set<std::uint64_t> values;
  const auto changed = changedChoices(&facts).at(1);
  for (const fakes::ChoiceRecord& record : changed) values.insert(record.value);
  for (const std::uint64_t expected : {1u, 2u, 8u, 64u, 99u, 65'536u, 999'999u})
    EXPECT_TRUE(values.contains(expected)) << expected;
}

TEST(Mutator, ChangesNothingButTheClimateWithoutFacts) {
  const auto changed = changedChoices(nullptr);
  ASSERT_EQ(changed.size(), 1u);
  std::set<std::uint64_t> seeds;
  for (const fakes::ChoiceRecord& record : changed.at(kClimateSeed)) {
    EXPECT_EQ(record.entity, 0u);
    seeds.insert(record.value);
  }
  EXPECT_GT(seeds.size(), 100u);
}

TEST(Mutator, DropsRecordsThatTheRunDidNotDraw) {
  const fakes::ChoiceRecord live{0x100, 1, 0, 0, 3}, dead{5, 1, 0, 0, 3};
  Decoded input(kInput);
  const std::string bytes = fakes::encode(input.play, std::vector{live, dead});
  InputFacts facts;
  facts.live = {live};
  Mutator mutator({}, [](std::string& text, std::size_t) { text = "by bytes"; }, {.facts = [&](ByteView) { return &facts; }});
  int kept = 0;
  for (std::uint64_t seed = 0; seed < kSeeds; ++seed) {
    const std::string out = mutator.mutated(bytes, 400, seed);
    if (out.ends_with("by bytes")) continue;  // changed as bytes, so a part of it is as it was
    const Decoded decoded(out);
    for (const fakes::ChoiceRecord& record : decoded.records) {
      EXPECT_NE(record.entity, dead.entity);
      kept += record.entity == live.entity ? 1 : 0;
    }
  }
  EXPECT_GT(kept, 1000);
}

TEST(Mutator, DuplicatesDropsAndMovesWholeMessages) {
  Mutator mutator({}, append);
  std::set<std::string> sent;
  for (std::uint64_t seed = 0; seed < kSeeds; ++seed) sent.insert(Decoded(mutator.mutated("a\nb\nc\n", 400, seed)).sent(0));
  for (const char* expected : {"a\nb\nc\na\n", "a\nc\n", "b\na\nc\n", "c\nb\na\n"})
    EXPECT_TRUE(sent.contains(expected)) << expected;
}

/// A message is a length in one byte, and that many bytes.
std::size_t counted(ByteView bytes, std::span<const fakes::ChoiceRecord>) {
  const std::size_t size = 1 + static_cast<unsigned char>(bytes[0]);
  return size <= bytes.size() ? size : 0;
}

std::set<std::string> sentByMutationsOf(ByteView input) {
  Mutator mutator({}, append, {.messageSize = counted});
  std::set<std::string> sent;
  for (std::uint64_t seed = 0; seed < kSeeds; ++seed) sent.insert(Decoded(mutator.mutated(input, 400, seed)).sent(0));
  return sent;
}

TEST(Mutator, TakesMessagesAsTheScenarioSaysWhereTheyEnd) {
  const std::set<std::string> sent = sentByMutationsOf("\2a\n\1b\3ccc");
  for (const char* expected : {"\2a\n\1b\3ccc\2a\n", "\2a\n\3ccc", "\1b\2a\n\3ccc", "\3ccc\1b\2a\n"})
    EXPECT_TRUE(sent.contains(expected)) << expected;
}

TEST(Mutator, FindsTheMessagesBehindOneThatIsCut) {
  const std::set<std::string> sent = sentByMutationsOf(
      "\3cc\xF5\x02"
      "c\1b\2a\n");
  for (const char* expected : {"\3ccc\2a\n", "\3ccc\2a\n\1b"}) EXPECT_TRUE(sent.contains(expected)) << expected;
}

TEST(Mutator, LeavesWhatIsNoWholeMessageInOnePiece) {
  Mutator mutator({}, append, {.messageSize = counted});
  std::set<std::string> crossed;
  for (std::uint64_t seed = 0; seed < 500; ++seed) crossed.insert(mutator.crossed("\1a\7b\1c", "\1d", 400, seed));
  EXPECT_TRUE(crossed.contains(newest("\1a\1d")));
  EXPECT_TRUE(crossed.contains(newest("\1a\7b\1c\1d")));
  EXPECT_FALSE(crossed.contains(newest("\1a\7b\1d")));
}

TEST(Mutator, SetsNumbersToBoundaryValues) {
  Mutator mutator({}, append);
  std::set<std::string> sent;
  for (std::uint64_t seed = 0; seed < kSeeds; ++seed) sent.insert(Decoded(mutator.mutated("raw 12\n", 400, seed)).sent(0));
  for (const char* expected : {"raw 0\n", "raw 4096\n", "raw 4294967296\n"}) EXPECT_TRUE(sent.contains(expected)) << expected;
}

TEST(Mutator, SplitsDelimiters) {
  Mutator mutator({}, append);
  bool split = false;
  for (std::uint64_t seed = 0; seed < kSeeds; ++seed)
    split = split || mutator.mutated("ab\r\n", 400, seed) == newest("ab\r\xF5\x02\n");
  EXPECT_TRUE(split);
}

TEST(Mutator, WritesNoEscapesWhereThereAreNone) {
  const CodecOptions raw{.introducer = std::nullopt, .limits = {}};
  Mutator mutator(raw, append);
  for (std::uint64_t seed = 0; seed < kSeeds; ++seed)
    EXPECT_EQ(mutator.mutated("ab\ncd\n", 400, seed).find('\xF5'), std::string::npos);
}

TEST(Mutator, CrossesBetweenMessages) {
  Mutator mutator({}, append);
  std::set<std::string> all;
  for (std::uint64_t seed = 0; seed < 500; ++seed) all.insert(mutator.crossed("a\nb\n", "c\nd\n", 400, seed));
  EXPECT_TRUE(all.contains(newest("a\nd\n")));
  EXPECT_TRUE(all.contains(newest("a\nb\nc\nd\n")));
}

TEST(Mutator, CrossesSideBySideAndKeepsEachStreamsOrder) {
  Mutator mutator({}, append);
  int both = 0;
  for (std::uint64_t seed = 0; seed < 500; ++seed) {
    const Decoded crossed(mutator.crossed("a\nb\n", "c\nd\n", 400, seed));
    if (crossed.sent(1).empty()) continue;
    ++both;
    EXPECT_EQ(crossed.sent(0), "a\nb\n");
    EXPECT_EQ(crossed.sent(1), "c\nd\n");
  }
  EXPECT_GT(both, 50);
}

/// Two peers that log in, and then say something.
std::string twoLogins() {
  fakes::Play play;
  for (const unsigned k : {0u, 1u}) {
    play.connect(k);
    play.send(k, "user u\n");
    play.send(k, "pass p\n");
    play.send(k, "join j\n");
  }
  for (const unsigned k : {0u, 1u, 1u, 0u}) play.send(k, "say 12\n");
  return fakes::encode(play, {});
}

TEST(Mutator, KeepsTheLoginsOfADialogMostOfTheTime) {
  Mutator mutator({}, append);
  const std::string input = twoLogins(), login = "user u\npass p\njoin j\n";
  std::uint64_t kept = 0;
  for (std::uint64_t seed = 0; seed < kSeeds; ++seed) {
    const Decoded decoded(mutator.mutated(input, 400, seed));
    kept += decoded.sent(0).starts_with(login) && decoded.sent(1).starts_with(login) ? 1 : 0;
  }
  EXPECT_GT(kept * 2, kSeeds);
  EXPECT_LT(kept * 10, kSeeds * 9) << "logins are changed as well";
}

TEST(Mutator, CrossesDialogsWithoutTearingTheirLoginsApart) {
  Mutator mutator({}, append);
  const std::string input = twoLogins(), login = "user u\npass p\njoin j\n";
  std::uint64_t kept = 0;
  for (std::uint64_t seed = 0; seed < kSeeds; ++seed) {
    const Decoded decoded(mutator.crossed(input, input, 800, seed));
    kept += decoded.sent(0).starts_with(login) && decoded.sent(1).starts_with(login) ? 1 : 0;
  }
  EXPECT_GT(kept * 2, kSeeds);
}

TEST(Mutator, MovesMostMessagesPastThoseOfOtherConnectionsOnly) {
  Mutator mutator({}, [](std::string& text, std::size_t) { text = "by bytes"; });
  fakes::Play play;
  for (const std::string_view message : {"1\n", "2\n", "3\n"})
    for (const unsigned k : {0u, 1u}) play.send(k, message);
  const std::string input = fakes::encode(play, {});
  std::uint64_t kept = 0, torn = 0;
  for (std::uint64_t seed = 0; seed < 4 * kSeeds; ++seed) {
    const Decoded decoded(mutator.mutated(input, 400, seed));
    std::string one = decoded.sent(0), other = decoded.sent(1);
    if (decoded.play == play) continue;
    const bool whole = one == "1\n2\n3\n" && other == one;
    std::sort(one.begin(), one.end());
    std::sort(other.begin(), other.end());
    if (one != "\n\n\n123" || other != one || decoded.play.events().size() > play.events().size()) continue;
    ++(whole ? kept : torn);
  }
  EXPECT_GT(kept, 50u);
  EXPECT_GT(torn, 0u);
  EXPECT_GT(kept, torn);
}

TEST(Mutator, PutsAnEchoOfRealOutputInPlaceOfAWord) {
  InputFacts facts;
  facts.outputs[0] = "token abc123\r\n";
  Mutator mutator({}, append, {.facts = [&](ByteView) { return &facts; }});
  bool found = false;
  for (std::uint64_t seed = 0; seed < 10 * kSeeds && !found; ++seed) {
    const Decoded decoded(mutator.mutated("auth word\r\n", 400, seed));
    const auto events = decoded.play.events();
    for (std::size_t i = 1; i + 1 < events.size(); ++i)
      found = found || (events[i].kind == PlayEventKind::kEcho && events[i].offset() == 6 && events[i].length() == 6 &&
                        decoded.play.bytes(events[i - 1]) == "auth " && decoded.play.bytes(events[i + 1]) == "\r\n");
  }
  EXPECT_TRUE(found);
}

TEST(Mutator, MakesTheActionsThatTheScenarioHasAndNoOthers) {
  for (const std::uint16_t most : {0, 3}) {
    Mutator mutator({}, append, {.appOps = most});
    std::set<unsigned> operations;
    for (std::uint64_t seed = 0; seed < 2 * kSeeds; ++seed) {
      const Decoded decoded(mutator.mutated("ab\n", 400, seed));
      for (const fakes::PlayEvent& event : decoded.play.events())
        if (event.kind == PlayEventKind::kApp) operations.insert(event.operation());
    }
    EXPECT_EQ(operations.size(), most);
    if (most != 0) {
      EXPECT_EQ(*operations.rbegin(), most - 1u);
    }
  }
}

TEST(Mutator, LetsPowersOfTwoOfSecondsPass) {
  Mutator mutator({}, append);
  std::set<Duration> times;
  for (std::uint64_t seed = 0; seed < 8 * kSeeds; ++seed) {
    const Decoded decoded(mutator.mutated("ab\n", 400, seed));
    for (const fakes::PlayEvent& event : decoded.play.events())
      if (event.kind == PlayEventKind::kAdvance) times.insert(event.duration());
  }
  for (std::int64_t seconds = 1; seconds <= 1 << 16; seconds *= 2)
    EXPECT_TRUE(times.contains(std::chrono::seconds(seconds))) << seconds;
}

TEST(Mutator, PutsWordsOfTheDictionaryInEachPlaceOfTheDialogAndAlsoTwiceInARow) {
  Mutator mutator({}, append, {.words = {"<word>"}});
  std::set<std::string> some;
  for (std::uint64_t seed = 0; seed < 4 * kSeeds; ++seed)
    some.insert(Decoded(mutator.mutated("one 1\r\ntwo 2\r\n", 100, seed)).sent(0));
  for (const std::string_view each : {"<word>one 1\r\ntwo 2\r\n", "one 1\r\n<word>two 2\r\n", "one 1\r\ntwo 2\r\n<word>",
                                      "one <word>\r\ntwo 2\r\n", "<word><word>one 1\r\ntwo 2\r\n"})
    EXPECT_TRUE(some.contains(std::string(each))) << each;
}

TEST(Mutator, LosesNoMutationToAWordThatIsLongerThanAnInputMayBe) {
  Mutator with({}, append, {.words = {std::string(300, 'w')}}), without({}, append);
  std::size_t bytes[2] = {};  // how many mutations were left to `append`
  for (std::uint64_t seed = 0; seed < kSeeds; ++seed) {
    bytes[0] += with.mutated(kInput, 100, seed).ends_with('!');
    bytes[1] += without.mutated(kInput, 100, seed).ends_with('!');
  }
  EXPECT_LT(bytes[0], bytes[1] + kSeeds / 10);
}

TEST(Mutator, BeginsADialogWithAWordWhereThereIsNone) {
  Mutator mutator({}, append, {.words = {"<word>"}});
  std::set<std::string> some;
  for (std::uint64_t seed = 0; seed < 200; ++seed) some.insert(Decoded(mutator.mutated("", 100, seed)).sent(0));
  EXPECT_TRUE(some.contains("<word>"));
}

TEST(Mutator, FindsANumberThatStandsBeforeThePlaceWhereItLooks) {
  Mutator mutator({}, append);
  std::size_t changed = 0;
  for (std::uint64_t seed = 0; seed < kSeeds; ++seed)
    changed += Decoded(mutator.mutated("1 and a long text behind the only number\r\n", 100, seed)).sent(0).starts_with("4096 ");
  EXPECT_GT(changed, kSeeds / 400);
}

}  // namespace
}  // namespace teasel::fuzz
