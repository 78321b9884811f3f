#include <gtest/gtest.h>

#include <algorithm>
#include <set>

#include <teasel/fakes/play/every_event_test_kit.hpp>
#include <teasel/fakes/play/play.hpp>
#include <teasel/fakes/play/play_codec.hpp>
#include <teasel/fakes/play/shrink.hpp>
#include <teasel/fakes/play/tape.hpp>

// Walks the table of events: each reader of the table knows every event. world_tables_test.cpp
// tests what a world does with them, and mutator_test.cpp what the mutator does.

namespace teasel::fakes {
namespace {

using test::everyEvent;

const PlayEvent& sampleOf(const Play& play, PlayEventKind kind) {
  const auto events = play.events();
  return *std::find_if(events.begin(), events.end(), [kind](const PlayEvent& event) { return event.kind == kind; });
}

class Events : public testing::TestWithParam<PlayEventKind> {
 protected:
  const EventRow& row() const { return eventRow(GetParam()); }
  const PlayEvent& sample() const { return sampleOf(play_, row().kind); }
  Play alone() const {
    Play play;
    play.append(play_, sample());
    return play;
  }
  static Play readBack(ByteView bytes) {
    Play play;
    std::vector<ChoiceRecord> records;
    decode(bytes, {}, play, records);
    return play;
  }
  const Play play_ = everyEvent();
};

TEST(EventTable, EverySampleIsSaidByAMethodOfPlay) {
  std::set<PlayEventKind> kinds;
  const Play play = everyEvent();
  for (const PlayEvent& event : play.events()) kinds.insert(event.kind);
  EXPECT_EQ(kinds.size(), kEventKinds) << "everyEvent() lacks a kind that kEvents has";
}

TEST(EventTable, NamesAreDifferentWordsAndRowsSayWhatTheyDo) {
  std::set<std::string_view> names;
  for (const EventRow& row : kEvents) {
    EXPECT_TRUE(names.insert(row.name).second) << row.name;
    EXPECT_EQ(row.name.find_first_not_of("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"), std::string_view::npos);
    EXPECT_FALSE(row.does.empty()) << row.name;
  }
}

TEST(EventTable, AnOperandThatAnEventDoesNotHaveReadsAsZeroAndCannotBeSet) {
  for (const EventRow& row : kEvents) {
    PlayEvent event(row.kind, 0);
    for (std::size_t i = 0; i < kOperandTypes; ++i) {
      const auto type = static_cast<OperandType>(i);
      const bool has =
          std::any_of(row.operands.begin(), row.operands.end(), [type](const Operand& each) { return each.type == type; });
      event.setOperand(type, 1);
      EXPECT_EQ(event.operand(type) != 0, has && type != OperandType::kBytes) << row.name << ' ' << i;
    }
  }
}

TEST(EventTable, OperandsComeIntoTheirRange) {
  Play play;
  play.step(PlayEventKind::kEcho, 0, {9, ~0ull, 10});
  EXPECT_EQ(play.events()[1].length(), 0xffffffffu);
  EXPECT_EQ(play.events()[1].source(), 2u);
  play.step(PlayEventKind::kApp, 7, {0x12345, ~0ull, 3});
  EXPECT_EQ(play.events()[2].operation(), 0x2345u);
  EXPECT_EQ(play.events()[2].argument(), ~0ull);
  EXPECT_EQ(play.events()[2].connection, 0);
  play.step(PlayEventKind::kNextTimer, 0, {5});
  EXPECT_EQ(play.events()[3].timerPoint(), TimerPoint::kAfter);
  play.step(PlayEventKind::kAdvance, 0, {~0ull});
  EXPECT_EQ(play.events()[4].duration(), Play::kMaxAdvance);
  play.step(PlayEventKind::kEndOfStream, 0, {7});
  EXPECT_TRUE(play.events()[5].withLast());
}

TEST(EventTable, AStepWithoutItsOperandsHasZerosAndASendNeedsItsBytes) {
  Play steps, said;
  EXPECT_TRUE(steps.step(PlayEventKind::kRead, 2));
  EXPECT_TRUE(steps.step(PlayEventKind::kSend, 2, {9}));
  said.read(2, 0);
  EXPECT_EQ(steps, said);
}

TEST_P(Events, SampleHasOperandsThatAreNotTheirDefaults) {
  for (const Operand& operand : row().operands) {
    const std::uint64_t usual = operand.type == OperandType::kConnection ? sample().connection : 0;
    EXPECT_NE(sample().operand(operand.type), usual) << operand.name;
  }
}

TEST_P(Events, ATapeLineBeginsWithTheNameAndReadsBack) {
  Tape tape;
  tape.play = play_;
  EXPECT_TRUE(eventText(play_, sample()).starts_with(std::string(row().name) + ' '));
  EXPECT_EQ(Tape::parse(tape.print()).play, play_);
  tape.play = alone();
  EXPECT_EQ(Tape::parse(tape.print()).play, alone());
}

TEST_P(Events, ATapeMayLackOptionalOperandsAndNoOthers) {
  std::string line(row().name);
  if (row().onConnection) line += " 0";
  const bool optional = std::all_of(row().operands.begin(), row().operands.end(),
                                    [](const Operand& each) { return each.presence != OperandPresence::kRequired; });
  bool read = true;
  try {
    Tape::parse("teasel tape 1\n" + line + '\n');
  } catch (const TapeError&) {
    read = false;
  }
  EXPECT_EQ(read, optional) << line;
}

TEST_P(Events, FuzzerBytesReadBack) {
  EXPECT_EQ(readBack(encode(play_, {})), play_);
  EXPECT_EQ(readBack(encode(alone(), {})), alone());
}

TEST_P(Events, EveryCodeMeansTheEventAndIsWritten) {
  for (const EventCode& code : row().codes) {
    std::string bytes = "\xf5";
    if (code.code > 0xff) bytes += static_cast<char>(code.code >> 8);
    bytes += static_cast<char>(code.code & 0xff);
    const std::string escape = bytes;
    bytes += std::string(row().operands.size() + 1, '\1');
    const Play play = readBack(bytes);
    ASSERT_FALSE(play.empty());
    const auto events = play.events();
    EXPECT_TRUE(std::any_of(events.begin(), events.end(), [&](const PlayEvent& event) { return event.kind == row().kind; }))
        << code.code;
    if (row().kind == PlayEventKind::kConnect) continue;  // also said by selecting the connection
    EXPECT_NE(encode(play, {}).find(escape), std::string::npos) << code.code;
  }
}

TEST_P(Events, ATestSaysItByTheMethodOfItsName) {
  const std::vector<std::string> calls = eventCalls(play_, sample());
  ASSERT_EQ(calls.size(), 1u);
  EXPECT_TRUE(calls[0].starts_with(std::string(row().name) + '(')) << calls[0];
  const auto commas = static_cast<std::size_t>(std::count(calls[0].begin(), calls[0].end(), ','));
  EXPECT_EQ(commas + 1, row().operands.size() + (row().onConnection ? 1 : 0)) << calls[0];
}

TEST_P(Events, AppendCopiesIt) {
  const Play copy = alone();
  EXPECT_EQ(eventText(copy, copy.events().back()), eventText(play_, sample()));
}

TEST_P(Events, ShrinksToItsPlainestForm) {
  const InterestingnessTest interesting = [this](const Play& play, std::span<const ChoiceRecord>) {
    return std::any_of(play.events().begin(), play.events().end(),
                       [&](const PlayEvent& event) { return event.kind == row().kind; })
               ? "there"
               : "";
  };
  const Shrunk shrunk = shrink(play_, {}, "there", interesting);
  EXPECT_TRUE(shrunk.complete);
  const PlayEvent& event = shrunk.play.events().back();
  EXPECT_EQ(event.kind, row().kind);
  EXPECT_EQ(event.connection, 0);
  for (const Operand& operand : row().operands)
    EXPECT_EQ(event.operand(operand.type), operand.type == OperandType::kBytes ? 1u : 0u) << operand.name;
  EXPECT_LE(shrunk.play.events().size(), 2u);
}

std::vector<PlayEventKind> kinds() {
  std::vector<PlayEventKind> out;
  for (const EventRow& row : kEvents) out.push_back(row.kind);
  return out;
}

INSTANTIATE_TEST_SUITE_P(Table, Events, testing::ValuesIn(kinds()),
                         [](const auto& each) { return std::string(eventRow(each.param).name); });

}  // namespace
}  // namespace teasel::fakes
