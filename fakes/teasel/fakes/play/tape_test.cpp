#include <teasel/fakes/play/tape.hpp>

#include <gtest/gtest.h>

namespace teasel::fakes {
namespace {

constexpr const char* kSample =
    "teasel tape 1\n"
    "target: line_server\n"
    "scenario: framing\n"
    "revision: 0.1.0\n"
    "oracle: line too long\n"
    "\n"
    "connect 0\n"
    "send 0 \"abc\\r\\n\"\n"
    "send 0 \"\\x00\\xff\\\"\\\\ d\"\n"
    "cut 0\n"
    "connect 1 2\n"
    "endOfStream 1 withLast\n"
    "advance 1500us\n"
    "advance 0s\n"
    "nextTimer before\n"
    "stopReading 0\n"
    "read 0 18446744073709551615\n"
    "shortWrite 0 3\n"
    "app 4 5\n"
    "echo 0 1 2\n"
    "echo 0 1 2 1\n"
    "redeliver 1 0\n"
    "endOfStream 0\n"
    "reset 0\n"
    "choice cut 3 0 = 2 of 5\n"
    "choice user.7 3 1 = 9\n";

Tape parsed(const std::string& body) { return Tape::parse("teasel tape 1\n" + body, "some.tape"); }

void expectError(const std::string& text, std::size_t line, const std::string& what) {
  try {
    Tape::parse(text, "some.tape");
    ADD_FAILURE() << "no error in: " << text;
  } catch (const TapeError& error) {
    EXPECT_EQ(error.line(), line) << error.what();
    EXPECT_EQ(error.file(), "some.tape");
    EXPECT_NE(std::string(error.what()).find(what), std::string::npos) << error.what();
  }
}

TEST(Tape, PrintsAsItWasRead) { EXPECT_EQ(Tape::parse(kSample).print(), kSample); }

TEST(Tape, ReadsHeaderEventsAndChoices) {
  const Tape tape = Tape::parse(kSample);
  EXPECT_EQ(tape.target, "line_server");
  EXPECT_EQ(tape.oracle, "line too long");
  EXPECT_EQ(tape.play.bytes(tape.play.events()[1]), ByteView("abc\r\n\0\xff\"\\ d"));
  EXPECT_EQ(tape.records, (std::vector<ChoiceRecord>{{3, 1, 0, 5, 2}, {3, 0x107, 1, 0, 9}}));
}

TEST(Tape, OverlooksCommentsEmptyLinesAndCarriageReturns) {
  Play wanted;
  wanted.send(0, "x");
  EXPECT_EQ(parsed("# a comment\r\n\r\n  \nsend   0 \"x\"  \r\n").play, wanted);
}

TEST(Tape, AnyPlayReadsBackAsItself) {
  Choices choices;
  for (std::uint64_t seed = 0; seed < 2000; ++seed) {
    choices.usePrng(seed);
    Tape tape;
    tape.play = Play::draw(choices, {.events = 20, .connections = 3, .bytes = 150, .appOps = 3});
    tape.records = choices.records();
    normalise(tape.records);
    tape.oracle = "a: \"b\"\n\xff ";
    ASSERT_EQ(Tape::parse(tape.print()), tape) << seed;
  }
}

TEST(Tape, LongSendsGoOverLinesAndComeBackAsOne) {
  Tape tape;
  tape.play.send(0, std::string(200, 'a') + "\n" + std::string(10, 'b'));
  const std::string text = tape.print();
  EXPECT_EQ(Tape::parse(text), tape);
  for (std::size_t at = 0; at < text.size(); at = text.find('\n', at) + 1) EXPECT_LT(text.find('\n', at) - at, 100u);
}

TEST(Tape, WithoutAVersionLineHasVersionOne) {
  EXPECT_EQ(parsed("connect 0\n").play.version(), 1u);
  EXPECT_EQ(parsed("version: 2\nconnect 0\n").play.version(), 2u);
  EXPECT_EQ(Tape().print(), "teasel tape 1\nversion: 2\n\n");
}

TEST(Tape, RefusesAVersionThatDoesNotExistYet) {
  const std::string newest = std::to_string(kCodecVersion), next = std::to_string(kCodecVersion + 1);
  expectError("teasel tape 1\nversion: " + next + "\n", 2,
              "version " + next + ", written by a newer Teasel; expected at most version " + newest);
  expectError("teasel tape 1\nversion: 0\n", 2, "there is no version 0");
}

TEST(Tape, RefusesANewerFormat) {
  expectError("teasel tape 2\nconnect 0\n", 1, "format 2, written by a newer Teasel; expected at most format 1");
}

TEST(Tape, RefusesWhatIsNoTape) {
  for (const char* text : {"", "GET / HTTP/1.0\n", "teasel tape x\n", "teasel tape 0\n", "teasel tape 1 \n"})
    expectError(text, 1, "expected");
}

TEST(Tape, SaysWhereAndWhatIsWrong) {
  const std::pair<const char*, const char*> cases[] = {
      {"conect 0", "unknown line 'conect'; expected a header, choice, or one of connect, send"},
      {"connect 8", "'8' is no connection; expected a number up to 7"},
      {"connect", "the line ends too early; expected connection"},
      {"cut 0 1", "'1' is too much"},
      {"send 0 abc", "no quoted bytes"},
      {"send 0 \"abc", "do not end"},
      {"send 0 \"\\q\"", "unknown escape '\\q'"},
      {"send 0 \"\\x1\"", "two hexadecimal digits"},
      {"advance 5", "'5' is no duration"},
      {"advance -5s", "'-5s' is no duration"},
      {"advance 90000s", "is no duration; expected a number up to 86400"},
      {"nextTimer later", "before, at or after"},
      {"endOfStream 0 with", "withLast"},
      {"choice cuts 0 0 = 1", "no site 'cuts'"},
      {"choice cut 0 0 1", "'= value'"},
      {"choice cut 0 0 = 1 in 2", "'of bound'"},
  };
  for (const auto& [line, what] : cases) expectError(std::string("teasel tape 1\n\n") + line + "\n", 3, what);
}

TEST(Tape, RefusesAPlayBeyondItsLimits) {
  std::string text = "teasel tape 1\n";
  for (int i = 0; i < 5000; ++i) text += "cut 0\n";
  expectError(text, 4097, "too long; expected at most 4096 events");
}

TEST(Tape, NamesTheFileThatIsNotThere) {
  try {
    Tape::load("/nowhere/x.tape");
    ADD_FAILURE();
  } catch (const TapeError& error) {
    EXPECT_STREQ(error.what(), "/nowhere/x.tape: cannot be read; expected a tape file");
  }
  EXPECT_THROW(Tape().save("/nowhere/x.tape"), TapeError);
}

TEST(Tape, SavesAndLoads) {
  const std::string path = testing::TempDir() + "tape_test.tape";
  Tape::parse(kSample).save(path);
  EXPECT_EQ(Tape::load(path), Tape::parse(kSample));
}

}  // namespace
}  // namespace teasel::fakes
