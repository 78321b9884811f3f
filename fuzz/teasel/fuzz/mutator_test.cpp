#include <teasel/fuzz/mutator.hpp>

#include <gtest/gtest.h>

#include <map>
#include <set>

namespace teasel::fuzz {
namespace {

using fakes::CodecOptions;
using fakes::PlayEventKind;

constexpr std::string_view kInput =
    "user ann\r\nraw 12\r\nabc\xF5\x02"
    "def 7\r\nquit\r\n";
constexpr std::uint64_t kSeeds = 3000;

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
  for (std::uint64_t seed = 0; seed < kSeeds; ++seed) {
    const std::string out = mutator.mutated(kInput, kInput.size() + 5, seed);
    ASSERT_LE(out.size(), kInput.size() + 5);
    ASSERT_FALSE(out.empty());
  }
}

TEST(Mutator, TakesAnyInput) {
  Mutator mutator({}, append);
  for (const std::string_view input : {"", "\xF5", "\r\n", "\xF5\x03", "\xF5\x0E\x01"})
    for (std::uint64_t seed = 0; seed < 300; ++seed) EXPECT_LE(mutator.mutated(ByteView(input), 64, seed).size(), 64u);
}

TEST(Mutator, MakesEveryKindOfEvent) {
  Mutator mutator({}, append);
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

/// The records of many mutations, by site.
std::map<std::uint16_t, std::vector<fakes::ChoiceRecord>> changedChoices(const fakes::Faults& faults) {
  Mutator mutator({}, append, fakes::lineSize, faults);
  std::map<std::uint16_t, std::vector<fakes::ChoiceRecord>> bySite;
  for (std::uint64_t seed = 0; seed < 4 * kSeeds; ++seed)
    for (const fakes::ChoiceRecord& record : Decoded(mutator.mutated(kInput, 400, seed)).records)
      bySite[record.site].push_back(record);
  return bySite;
}

TEST(Mutator, ChangesChoicesOfEverySiteThatTheWorldDraws) {
  fakes::Faults all;
  for (const fakes::FaultRow& row : fakes::kFaults) row.control.turnOn(all);
  const auto changed = changedChoices(all);
  for (const fakes::ChoiceSiteRow& row : fakes::kChoiceSites)
    EXPECT_EQ(changed.contains(static_cast<std::uint16_t>(row.site)), fakes::drawnInWorld(row, all)) << row.name;
}

TEST(Mutator, LeavesChoicesAloneThatNeedAFaultWhichIsOff) {
  const auto changed = changedChoices({});
  for (const fakes::ChoiceSiteRow& row : fakes::kChoiceSites)
    EXPECT_EQ(changed.contains(static_cast<std::uint16_t>(row.site)), fakes::drawnInWorld(row, {})) << row.name;
}

TEST(Mutator, ChangesChoicesOfWhoeverMakesThem) {
  for (const auto& [site, records] : changedChoices({})) {
    const fakes::ChoiceSiteRow* row = fakes::choiceSiteRow(site);
    ASSERT_NE(row, nullptr);
    for (const fakes::ChoiceRecord& record : records) EXPECT_TRUE(fakes::canBe(row->decider, record.entity)) << row->name;
  }
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
  Mutator mutator({}, append, counted);
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
  Mutator mutator({}, append, counted);
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

}  // namespace
}  // namespace teasel::fuzz
