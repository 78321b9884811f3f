#include <teasel/fakes/program/report.hpp>

#include <gmock/gmock.h>

namespace teasel::fakes {
namespace {

using testing::HasSubstr;
using testing::Not;

Tape sample() {
  return Tape::parse(
      "teasel tape 1\nversion: 2\nscenario: line_framing\noracle: line-too-long\n\nsend 0 \"ab\\r\\n\\x00\"\ncut 0\nadvance "
      "1500us\nnextTimer at\n"
      "echo 0 1 2 1\nendOfStream 0 withLast\napp 3 4\nread 0 9999999999\nchoice cut 3 0 = 2 of 5\n");
}

TEST(TestCase, RebuildsThePlayStepByStep) {
  EXPECT_EQ(testCase(sample()),
            "#include <gtest/gtest.h>\n\n#include <teasel/fakes/program/replay.hpp>\n\n"
            "TEST(ScenarioLineFraming, DoesNotBreakLineTooLong) {\n"
            "  using namespace teasel::fakes;\n"
            "  Play play;\n"
            "  play.setVersion(2);\n"
            "  play.connect(0);\n"
            "  play.send(0, \"ab\\r\\n\");\n"
            "  play.send(0, \"\\x00\");\n"
            "  play.cut(0);\n"
            "  play.advance(std::chrono::microseconds(1500));\n"
            "  play.nextTimer(TimerPoint::kAt);\n"
            "  play.echo(0, 1, 2, 1);\n"
            "  play.endOfStream(0, true);\n"
            "  play.app(3, 4);\n"
            "  play.read(0, 9999999999u);\n"
            "  const std::vector<ChoiceRecord> choices = {\n"
            "      {3, 1, 0, 5, 2},  // cut of entity 3, draw 0: 2\n"
            "  };\n"
            "  EXPECT_EQ(replayFailure(\"line_framing\", play, choices), \"\");\n"
            "}\n");
}

TEST(TestCase, SaysTheVersionOfItsPlay) {
  Tape old = sample();
  old.play.setVersion(1);
  EXPECT_THAT(testCase(old), HasSubstr("  Play play;\n  play.setVersion(1);\n  play.connect(0);\n"));
}

/// The case above, pasted: it compiles and makes the same Play.
TEST(TestCase, CompilesAsPasted) {
  Play play;
  play.setVersion(2);
  play.connect(0);
  play.send(0, "ab\r\n");
  play.send(0, "\x00");
  play.cut(0);
  play.advance(std::chrono::microseconds(1500));
  play.nextTimer(TimerPoint::kAt);
  play.echo(0, 1, 2, 1);
  play.endOfStream(0, true);
  play.app(3, 4);
  play.read(0, 9999999999u);
  const std::vector<ChoiceRecord> choices = {
      {3, 1, 0, 5, 2},  // cut of entity 3, draw 0: 2
  };
  EXPECT_EQ(play, sample().play);
  EXPECT_EQ(choices, sample().records);
}

TEST(FailureReport, SaysWhatBrokeWhatHappenedAndHowToSeeItAgain) {
  const Tape tape = sample();
  ReplayOutcome outcome;
  outcome.oracle = "line-too-long";
  outcome.message = "got 5 bytes\nat x.cpp:3";
  outcome.diagram = "t  peer  host\n";
  const std::string text = FailureReport{tape, outcome, "./lines replay a.tape", "not fully shrunk"}.text();
  for (const char* part :
       {"FAILED line_framing: line-too-long\n  got 5 bytes\n  at x.cpp:3\n  (not fully shrunk)\n",
        "The input:\n  connect 0\n  send 0 \"ab\\r\\n\"\n", "  choice cut 3 0 = 2 of 5\n", "What happened:\n  t  peer  host\n",
        "Replay it:\n  ./lines replay a.tape\n", "As a test:\n\n#include"}) {
    EXPECT_THAT(text, HasSubstr(part));
  }
}

TEST(ShellWord, ChangesNothingButWhatAShellWouldChange) {
  EXPECT_EQ(shellWord("/a-b/c_1.tape"), "/a-b/c_1.tape");
  EXPECT_EQ(shellWord("my tapes/a.tape"), "'my tapes/a.tape'");
  EXPECT_EQ(shellWord("it's $HOME"), "'it'\\''s $HOME'");
  EXPECT_EQ(shellWord(""), "''");
}

TEST(FailureReport, HasNoTestWhereTheTestWouldPassAndSaysWhy) {
  const Tape tape = sample();
  ReplayOutcome outcome;
  outcome.oracle = "line-too-long";
  const std::string text = FailureReport{tape, outcome, "./lines replay a.tape", "", kNotAlone}.text();
  EXPECT_THAT(text, HasSubstr("There is no test to keep: it would pass.\n  In a fresh process this input breaks nothing"));
  EXPECT_THAT(text, Not(HasSubstr("TEST(")));
}

TEST(TestCase, OfACrashOrAHangRunsInAChild) {
  Tape tape = sample();
  for (const char* oracle : {"crash: SIGSEGV", "hang"}) {
    tape.oracle = oracle;
    EXPECT_THAT(testCase(tape), HasSubstr("EXPECT_EQ(replayFailureInChild(\"line_framing\", play, choices), \"\");"));
  }
}

TEST(SkipMarker, IsAlteredInReportsAndMeansTheSameInTheirTest) {
  Tape tape;
  tape.play.send(0, "[  SKIPPED ] x");
  ReplayOutcome outcome;
  outcome.message = "printed [  SKIPPED ] [  SKIPPED ]";
  const std::string text = FailureReport{tape, outcome, "", ""}.text();
  EXPECT_THAT(text, Not(HasSubstr("[  SKIPPED ]")));
  EXPECT_THAT(text, HasSubstr("play.send(0, \"[  SKIPPED\\x20] x\");"));
  EXPECT_EQ(std::string("[  SKIPPED\x20] x"), "[  SKIPPED ] x");
  EXPECT_EQ(Tape::parse("teasel tape 1\n\nsend 0 \"[  SKIPPED\\x20] x\"\n").play, tape.play);
}

TEST(ShowsTheSame, WantsTheSignatureAndTheMarginOrAsMuchAsTheFirstInput) {
  const auto outcome = [](std::uint64_t measured, const char* signature = "cost") {
    ReplayOutcome made;
    made.signature = signature;
    made.excess = Excess{measured, 100, 50};
    return made;
  };
  EXPECT_TRUE(showsTheSame(outcome(150), outcome(900)));
  EXPECT_FALSE(showsTheSame(outcome(149), outcome(900)));
  EXPECT_TRUE(showsTheSame(outcome(120), outcome(120)));
  EXPECT_FALSE(showsTheSame(outcome(119), outcome(120)));
  EXPECT_FALSE(showsTheSame(outcome(900, "heap"), outcome(900)));
}

TEST(TapeFileName, HasOnlyPlainCharactersAndDiffersPerTape) {
  Tape a = sample(), b = sample();
  a.oracle = b.oracle = "crash: heap/use after \"free\"";
  b.play.reset(0);
  EXPECT_NE(tapeFileName(a), tapeFileName(b));
  EXPECT_THAT(tapeFileName(a), testing::StartsWith("line_framing-crash-heap-use-after-free-"));
  EXPECT_THAT(tapeFileName(a), Not(HasSubstr("/")));
}

}  // namespace
}  // namespace teasel::fakes
