#include <teasel/fakes/world/script.hpp>

#include <gtest/gtest.h>

#include <algorithm>
#include <initializer_list>
#include <optional>
#include <regex>
#include <stdexcept>
#include <string>

#include <teasel/core/errors.hpp>
#include <teasel/fakes/string_transport.hpp>
#include <teasel/fakes/world/leak_guard.hpp>
#include <teasel/fakes/world/script_diff.hpp>
#include <teasel/fakes/world/test/world_test_kit.hpp>
#include <teasel/fakes/world/world.hpp>
#include <teasel/protocol/factory.hpp>
#include <teasel/protocol/port.hpp>
#include <teasel/protocols/line_receiver.hpp>

namespace teasel::fakes {
namespace {

using namespace std::chrono_literals;

/// Greets, answers each line in upper case, and obeys "later", "quit", "abort" and "throw".
class Parrot final : public LineReceiver {
 public:
  explicit Parrot(Clock* aClock) : clock(aClock) {}
  void connectionMade() override { sendLine("hello"); }
  void lineReceived(std::string_view line) override {
    if (line == "quit") return transport().loseConnection();
    if (line == "abort") return transport().abortConnection();
    if (line == "throw") throw std::runtime_error("asked to");
    if (line == "later") {
      timer_ = clock->callLater(5s, [this] { sendLine("LATER"); });
      return;
    }
    std::string loud(line);
    for (char& c : loud) c = c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c;
    sendLine(loud);
  }
  void connectionLost(const Failure&) override { timer_.cancelIfActive(); }
  Clock* clock;

 private:
  DelayedCall timer_;
};

/// A world that serves Parrots, and a script for one of them.
struct Served {
  explicit Served(ScriptOptions options = {}) {
    const auto factory = Factory::forProtocol<Parrot>(&world.host().reactor());
    factory->noisy = false;
    world.host().reactor().listenTCP(8000, factory);
    script.emplace(world, world.connect(0), std::move(options));
  }
  Script& rows() { return *script; }
  /// The message of the failure of play(), or "played".
  std::string outcome() {
    const ScriptResult result = script->play();
    return result ? "played" : result.message;
  }
  /// What the script reports when it dies.
  std::string left() {
    script.reset();
    std::string text;
    for (const Leftover& each : leaks.take()) text += std::string(name(each.kind)) + ": " + each.text;
    return text;
  }
  LeakCapture leaks;
  World world;
  std::optional<Script> script;
};

/// Expects that the script fails, and that its message has each of the parts.
void fails(Served& served, std::initializer_list<std::string_view> parts) {
  const std::string message = served.outcome();
  for (const std::string_view part : parts)
    EXPECT_NE(message.find(part), std::string::npos) << part << "\nis not in\n" << message;
}

// What it plays -----------------------------------------------------------------------------------

TEST(Script, PlaysRowsInOrder) {
  Served served;
  served.rows().expectLine("hello").sendLine("ab").expectLine("AB").send("c\r\nd\r\n").expect("C\r\nD").expect("\r\n");
  EXPECT_EQ(served.outcome(), "played");
  EXPECT_EQ(served.rows().played(), 6u);
  EXPECT_EQ(served.left(), "");
}

TEST(Script, PlaysTheFarEndOfAStringTransport) {
  const auto parrot = std::make_shared<Parrot>(nullptr);
  StringTransport wire(parrot);
  parrot->clock = &wire.clock();
  Script script(wire);
  script.expectLine("hello").sendLine("later").expectLine("LATER").within(5s).sendLine("quit").expectClose();
  const ScriptResult result = script.play();
  EXPECT_TRUE(result) << result.message;
}

TEST(Script, ReadsATranscript) {
  Served served;
  served.rows().transcript(R"(
    < hello
    # it answers in upper case
    > good day
    < GOOD DAY

    > quit
  )");
  served.rows().expectClose();
  EXPECT_EQ(served.outcome(), "played");
  EXPECT_EQ(served.rows().rows(), 5u);
}

TEST(Script, PlaysRowsThatAreAddedLater) {
  Served served;
  served.rows().expectLine("hello");
  EXPECT_EQ(served.outcome(), "played");
  served.rows().sendLine("x").expectLine("X");
  EXPECT_EQ(served.rows().played(), 1u);
  EXPECT_EQ(served.outcome(), "played");
  EXPECT_EQ(served.rows().played(), 3u);
}

TEST(Script, TwoOfThemTakeTurnsInOneWorld) {
  Served served;
  Script other(served.world, served.world.connect(1), {.name = "other"});
  other.expectLine("hello").sendLine("one").expectLine("ONE");
  served.rows().expectLine("hello").sendLine("two").expectLine("TWO");
  EXPECT_TRUE(other.play());
  EXPECT_EQ(served.outcome(), "played");
}

TEST(Script, MatchesLinesByAnExpressionOrAFunction) {
  Served served;
  served.rows().expectLineMatching("h[el]+o").sendLine("abc");
  served.rows().expectLineWhere("three letters", [](std::string_view line) { return line.size() == 3; });
  EXPECT_EQ(served.outcome(), "played");
}

TEST(Script, CutsWhatItSends) {
  test::Log log;
  test::Recorder::Does does;
  World world;
  world.host().reactor().listenTCP(8000, test::recorders(&log, &does));
  Script script(world, world.connect(0), {.cuts = ChunkPlan::sizes({1, 2})});
  script.sendLine("abc").send("xyz");
  EXPECT_TRUE(script.play());
  EXPECT_EQ(log.text(), "made got:a got:bc got:\\r\\n got:x got:yz");
}

TEST(Script, ExpectsAResetAndTheEndOfTheStream) {
  Served reset;
  reset.rows().expectLine("hello").sendLine("abort").expectReset();
  EXPECT_EQ(reset.outcome(), "played");
  Served closed;
  closed.rows().expectLine("hello").endOfStream().expectClose();
  EXPECT_EQ(closed.outcome(), "played");
}

TEST(Script, CallsTheTestBetweenItsRows) {
  Served served;
  int calls = 0;
  served.rows().expectLine("hello").call("counts", [&] { ++calls; }).sendLine("x").expectLine("X");
  EXPECT_EQ(calls, 0);
  EXPECT_EQ(served.outcome(), "played");
  EXPECT_EQ(calls, 1);
}

// Time --------------------------------------------------------------------------------------------

TEST(Script, ARowWaitsNoLongerThanItsPatience) {
  for (const Duration patience : {Duration(5s), Duration(5s - 1ns), Duration(0)}) {
    Served served;
    served.rows().expectLine("hello").sendLine("later").expectLine("LATER").within(patience);
    EXPECT_EQ(served.outcome() == "played", patience == 5s) << durationText(patience);
  }
}

TEST(Script, WithoutPatienceWhatIsExpectedMustComeBeforeTimePasses) {
  Served served;
  served.rows().expectLine("hello").sendLine("later").expectLine("LATER");
  fails(served, {"row 3 of 3", "it did not come before time passed"});
}

TEST(Script, TheOptionsSayHowLongRowsWaitThatDoNotSayIt) {
  Served served(ScriptOptions{.patience = 10s});
  served.rows().expectLine("hello").sendLine("later").expectLine("LATER");
  EXPECT_EQ(served.outcome(), "played");
}

TEST(Script, SaysWhenNothingMoreIsDue) {
  Served served;
  served.rows().expectLine("hello").expectLine("again").within(1h);
  fails(served, {"row 2 of 2", "it did not come, and nothing more is due"});
}

TEST(Script, ExpectsNothingForAWhile) {
  Served quiet;
  quiet.rows().expectLine("hello").sendLine("later").expectNothing(4s).expectLine("LATER").within(1s);
  EXPECT_EQ(quiet.outcome(), "played");
  Served loud;
  loud.rows().expectLine("hello").sendLine("later").expectNothing(6s);
  fails(loud, {"row 3 of 3", "expects nothing for 6 s", "bytes came: \"LATER\\r\\n\""});
}

TEST(Script, LetsTimePass) {
  Served served;
  served.rows().expectLine("hello").sendLine("later").wait(10s).expectLine("LATER");
  EXPECT_EQ(served.outcome(), "played");
}

// How it fails ------------------------------------------------------------------------------------

TEST(Script, ShowsWhatCameInsteadAndWhereItDiffersAndWhatIsLeft) {
  Served served(ScriptOptions{.name = "parrot"});
  served.rows().expectLine("hello");
  served.rows().sendLine("abc");
  served.rows().expectLine("ABD");
  const int line = __LINE__ - 1;
  served.rows().sendLine("quit");
  served.rows().expectClose();
  EXPECT_EQ(served.outcome(),
            "script \"parrot\" stopped at row 3 of 5:\n"
            "  row 3 (script_test.cpp:" +
                std::to_string(line) +
                ") expects the line \"ABD\"\n"
                "something else came: \"ABC\\r\\n\"\n"
                "expected 00000000  41 42 44 0d 0a                                    |ABD..|\n"
                "got      00000000  41 42 43 0d 0a                                    |ABC..|\n"
                "                         ^^\n"
                "not played, 3 rows:\n"
                "  row 3 (script_test.cpp:" +
                std::to_string(line) +
                ") expects the line \"ABD\"\n"
                "  row 4 (script_test.cpp:" +
                std::to_string(line + 2) +
                ") sends the line \"quit\"\n"
                "  row 5 (script_test.cpp:" +
                std::to_string(line + 3) + ") expects the end of stream\n");
}

TEST(Script, AfterAFailureItPlaysNothingMore) {
  Served served;
  served.rows().expectLine("no").sendLine("x");
  const std::string first = served.outcome();
  EXPECT_EQ(served.outcome(), first);
  EXPECT_EQ(served.rows().played(), 0u);
  EXPECT_EQ(served.rows().unread(), "hello\r\n");
}

TEST(Script, SaysThatTheConnectionEndedTooEarly) {
  Served closed;
  closed.rows().expectLine("hello").sendLine("quit").expectLine("QUIT");
  fails(closed, {"row 3 of 3", "the end of stream came before that"});
  Served reset;
  reset.rows().expectLine("hello").sendLine("abort").expectClose();
  fails(reset, {"row 3 of 3", "the connection was reset before that"});
  Served over;
  over.rows().expectLine("hello").reset().sendLine("x");
  fails(over, {"row 3 of 3", "the connection is over, nothing can be sent"});
}

TEST(Script, BytesBeforeAnExpectedEndAreNamed) {
  Served served;
  served.rows().endOfStream().expectClose();
  fails(served, {"row 2 of 2", "bytes came before that: \"hello\\r\\n\""});
}

TEST(Script, SaysWhatStoppedTheWorld) {
  Served served;
  served.rows().expectLine("hello").sendLine("throw").expectLine("THROW").within(1s);
  fails(served, {"row 3 of 3", "the world stopped: exception", "asked to"});
}

TEST(Script, FailsOnAPeerThatIsNotConnected) {
  const LeakCapture leaks;
  World world;
  Script script(world, world.peer(0));
  script.sendLine("x");
  const ScriptResult result = script.play();
  EXPECT_FALSE(result);
  EXPECT_NE(result.message.find("nothing can be sent"), std::string::npos) << result.message;
}

TEST(Script, NamesALineThatDoesNotMatch) {
  Served served;
  served.rows().expectLineMatching("good .*");
  fails(served, {"expects a line that matches /good .*/", "another line came: \"hello\""});
}

TEST(Script, AnExceptionOfTheTestLeavesPlay) {
  Served served;
  served.rows().call("throws", [] { throw std::runtime_error("no"); });
  EXPECT_THROW(static_cast<void>(served.script->play()), std::runtime_error);
}

/// Counts how often it is moved.
struct Moved {
  explicit Moved(int& count) : count_(&count) {}
  Moved(Moved&& other) noexcept : count_(other.count_) { ++*count_; }
  Moved(const Moved&) = delete;
  Moved& operator=(const Moved&) = delete;
  ~Moved() = default;
  int* count_;
};

TEST(Script, ACallMayAddRowsAndStaysWhereItIs) {
  constexpr int kMore = 100;
  Served served;
  int moves = 0;
  served.rows().expectLine("hello").call("adds rows", [&rows = served.rows(), moved = Moved(moves)] {
    const int before = *moved.count_;
    for (int i = 0; i < kMore; ++i) rows.sendLine("x").expectLine("X");
    EXPECT_EQ(*moved.count_, before);
  });
  EXPECT_EQ(served.outcome(), "played");
  EXPECT_EQ(served.rows().rows(), 2U + 2 * kMore);
}

TEST(Script, CannotBePlayedInsideItsPlay) {
  Served served;
  served.rows().expectLine("hello").call("plays", [&] { EXPECT_THROW(static_cast<void>(served.script->play()), UsageError); });
  served.rows().sendLine("x").expectLine("X");
  EXPECT_EQ(served.outcome(), "played");
}

// What is left over -------------------------------------------------------------------------------

TEST(Script, ReportsRowsThatWereNotPlayed) {
  Served served(ScriptOptions{.name = "late"});
  served.rows().expectLine("hello").sendLine("x");
  const std::string left = served.left();
  EXPECT_EQ(left.substr(0, left.find('\n')), "unfinished script: script \"late\", 2 rows not played:");
  EXPECT_NE(left.find("expects the line \"hello\""), std::string::npos) << left;
}

TEST(Script, ReportsBytesThatNoRowExpects) {
  Served served;
  served.rows().expect("hel");
  EXPECT_EQ(served.outcome(), "played");
  EXPECT_EQ(served.left(), "unfinished script: script \"script\": 4 bytes came that no row expects: \"lo\\r\\n\"");
}

TEST(Script, IgnoresTheRestWhenItIsToldTo) {
  Served served;
  served.rows().expect("hel").ignoreRest();
  EXPECT_EQ(served.outcome(), "played");
  EXPECT_EQ(served.left(), "");
}

// Misuse ------------------------------------------------------------------------------------------

TEST(Script, RefusesRowsThatMakeNoSense) {
  Served served;
  EXPECT_THROW(served.rows().within(1s), UsageError);
  EXPECT_THROW(served.rows().wait(-1s), NegativeDelay);
  EXPECT_THROW(served.rows().expectNothing(-1s), NegativeDelay);
  EXPECT_THROW(served.rows().expectLineWhere("nothing", nullptr), UsageError);
  EXPECT_THROW(served.rows().expectLineMatching("("), std::regex_error);
  EXPECT_EQ(served.rows().rows(), 0u);
}

TEST(Script, NamesTheLineOfATranscriptThatIsNone) {
  Served served;
  try {
    served.rows().transcript("< hello\nhow are you\n");
    FAIL() << "nothing was thrown";
  } catch (const UsageError& why) {
    EXPECT_STREQ(why.what(), "line 2 of a transcript begins neither with \"> \" nor with \"< \": \"how are you\"");
  }
  served.rows().ignoreRest();
  EXPECT_EQ(served.outcome(), "played") << "the line before it is a row";
}

// hexDiff -----------------------------------------------------------------------------------------

TEST(HexDiff, ShowsTheLineBeforeTheFirstDifferenceAndMarksWhatDiffers) {
  EXPECT_EQ(hexDiff("NICK bot\r\nUSER bot\r\n", "NICK bot\r\nUSER bob\r"),
            "both     00000000  4e 49 43 4b 20 62 6f 74  0d 0a 55 53 45 52 20 62  |NICK bot..USER b|\n"
            "expected 00000010  6f 74 0d 0a                                       |ot..|\n"
            "got      00000010  6f 62 0d                                          |ob.|\n"
            "                      ^^    ^^\n");
}

TEST(HexDiff, IsEmptyForWhatIsEqualAndBounded) {
  EXPECT_EQ(hexDiff("same", "same"), "");
  EXPECT_EQ(hexDiff("", ""), "");
  const std::string text = hexDiff(std::string(1000, 'a'), std::string(999, 'b'), 2);
  EXPECT_EQ(std::count(text.begin(), text.end(), '\n'), 7);
  EXPECT_NE(text.find("... 1000 bytes expected, 999 there"), std::string::npos) << text;
}

}  // namespace
}  // namespace teasel::fakes
