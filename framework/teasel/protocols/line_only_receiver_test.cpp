#include <teasel/protocols/line_only_receiver.hpp>

#include <gtest/gtest.h>

#include <functional>
#include <span>
#include <string>

#include <teasel/protocols/test/framing_test_kit.hpp>

// What it shares with LineReceiver is tested there, what it shares with all framing protocols in
// framing_test.cpp.

namespace teasel {
namespace {

using test::Draw;
using test::obey;
using test::Session;
using test::Story;
using test::waysToCut;

class Lines : public LineOnlyReceiver {
 public:
  explicit Lines(std::size_t maxLength = 5, std::string delimiter = "\r\n") : LineOnlyReceiver(std::move(delimiter), maxLength) {}
  /// The line "use X" makes X the delimiter.
  void lineReceived(std::string_view line) override {
    heard.note("line", line);
    obey(*this, line);
    if (line.starts_with("use ")) setDelimiter(std::string(line.substr(4)));
  }
  void lineLengthExceeded(std::string_view line) override {
    heard.note("long", line);
    if (onLong) onLong();
    else if (!tolerant) LineOnlyReceiver::lineLengthExceeded(line);
  }
  Story heard;
  bool tolerant = false;
  std::function<void()> onLong;
};

void expectStory(ByteView script, const std::string& story, bool tolerant = false) {
  for (const fakes::ChunkPlan& plan : waysToCut(script.size())) {
    Session<Lines> session;
    session.protocol.tolerant = tolerant;
    session.deliver(script, plan);
    ASSERT_EQ(session.protocol.heard.text(), story) << script << " cut by " << plan.text();
  }
}

TEST(LineOnlyReceiver, AcceptsALineOfExactlyMaxLengthWhereverItsDelimiterIsCut) {
  expectStory("12345\r\n12345\r\n", "line[12345] line[12345]");
}

TEST(LineOnlyReceiver, ReportsALineThatIsTooLongOnceWithTheSameBytesHoweverItIsCut) {
  expectStory("ok\r\n123456\r\nx\r\n", "line[ok] long[123456\r]");
  expectStory("123456789\r\nab\r\n", "long[1234567]");
  expectStory("123456789\r\nab\r\n", "long[1234567] line[ab]", true);
}

TEST(LineOnlyReceiver, EndsTheConnectionWithTheLimitAndWhatWasSeen) {
  Session<Lines> session;
  session.deliver("123456\r\n");
  ASSERT_TRUE(session.transport->failed.check<LimitExceeded>() != nullptr);
  EXPECT_STREQ(session.transport->failed.what(), "line length limit is 5, got 7");
}

TEST(LineOnlyReceiver, RefusesAnEmptyDelimiter) { EXPECT_THROW(Lines(5, ""), UsageError); }

TEST(LineOnlyReceiver, SendsALineWithItsDelimiter) {
  Session<Lines> session;
  session.protocol.sendLine("hello");
  session.protocol.sendLine("");
  EXPECT_EQ(session.transport->written, "hello\r\n\r\n");
}

// A new delimiter in the middle of a stream.

TEST(LineOnlyReceiver, CutsEverythingBehindTheLineThatChangesTheDelimiterByTheNewOneHoweverItIsCut) {
  expectStory("a\r\nuse ;\r\nb;;c", "line[a] line[use ;] line[b] line[]");
  expectStory("use ;\r\n;\r\n;use |;d;e|f|", "line[use ;] line[] line[\r\n] line[use |] line[d;e] line[f]");
  expectStory("use x\r\nuse yx", "line[use x] line[use y]");
}

TEST(LineOnlyReceiver, TakesADelimiterOfAnotherSize) {
  const auto story = [](ByteView script, const std::string& expected) {
    for (const fakes::ChunkPlan& plan : waysToCut(script.size())) {
      Session<Lines> session(std::size_t{9}, ";");
      session.deliver(script, plan);
      ASSERT_EQ(session.protocol.heard.text(), expected) << script << " cut by " << plan.text();
    }
  };
  story("use abab;xababab-abab", "line[use abab] line[x] line[ab-]");
  story("use --;123456789--use x--x1234567890-", "line[use --] line[123456789] line[use x] line[] long[1234567890]");
}

TEST(LineOnlyReceiver, SendsTheNewDelimiterAtOnce) {
  Session<Lines> session;
  session.deliver("use ;\r\n");
  session.protocol.sendLine("hello");
  EXPECT_EQ(session.protocol.delimiter(), ";");
  EXPECT_EQ(session.transport->written, "hello;");
}

TEST(LineOnlyReceiver, DeliversWhatIsCompleteByADelimiterThatIsSetOutsideACallbackHoweverTheStreamIsCut) {
  const std::string before = "ab\r\nc;d;e", behind = "f;g\r\n;h";
  for (const fakes::ChunkPlan& first : waysToCut(before.size())) {
    Session<Lines> session;
    session.deliver(before, first);
    session.protocol.setDelimiter(";");
    ASSERT_EQ(session.protocol.heard.text(), "line[ab] line[c] line[d]") << "cut by " << first.text();
    session.deliver(behind, fakes::ChunkPlan::bytewise());
    ASSERT_EQ(session.protocol.heard.text(), "line[ab] line[c] line[d] line[ef] line[g\r\n]") << "cut by " << first.text();
  }
  for (const fakes::ChunkPlan& second : waysToCut(behind.size())) {
    Session<Lines> session;
    session.deliver(before);
    session.protocol.setDelimiter(";");
    session.deliver(behind, second);
    ASSERT_EQ(session.protocol.heard.text(), "line[ab] line[c] line[d] line[ef] line[g\r\n]") << "cut by " << second.text();
  }
}

TEST(LineOnlyReceiver, HoldsLinesBackThatANewDelimiterCompletesWhilePaused) {
  Session<Lines> session;
  session.protocol.dataReceived("pause\r\nb;c;d");
  session.protocol.setDelimiter(";");
  EXPECT_EQ(session.protocol.heard.text(), "line[pause]");
  session.resumeUntilRunning();
  EXPECT_EQ(session.protocol.heard.text(), "line[pause] line[b] line[c]");
}

TEST(LineOnlyReceiver, DeliversNothingThatANewDelimiterCompletesAfterLoseConnection) {
  Session<Lines> session;
  session.deliver("a;b;");
  session.transport->loseConnection();
  session.protocol.setDelimiter(";");
  EXPECT_EQ(session.protocol.heard.text(), "");
  EXPECT_EQ(session.protocol.bufferedBytes(), 0u);
}

TEST(LineOnlyReceiver, JudgesTheLineBeingReceivedAnewByANewDelimiter) {
  Session<Lines> session;
  session.deliver("123456");  // it may still end with the old delimiter: "12345\r\n" is six and one
  session.protocol.setDelimiter(";");
  EXPECT_EQ(session.protocol.heard.text(), "long[123456]");
}

TEST(LineOnlyReceiver, SkipsALineThatWasTooLongUpToTheNewDelimiterHoweverTheStreamIsCut) {
  const std::string script = "1234567\r\n8ab--cd--";
  for (const fakes::ChunkPlan& plan : waysToCut(script.size())) {
    Session<Lines> session;
    session.protocol.onLong = [&p = session.protocol] { p.setDelimiter("--"); };
    session.deliver(script, plan);
    ASSERT_EQ(session.protocol.heard.text(), "long[1234567] line[cd]") << "cut by " << plan.text();
  }
}

TEST(LineOnlyReceiver, SeesNoNewDelimiterThatBeganBeforeItWasSetInALineThatIsSkipped) {
  for (const fakes::ChunkPlan& plan : waysToCut(6)) {
    Session<Lines> session;
    session.protocol.tolerant = true;
    session.deliver("12345678-");
    session.protocol.setDelimiter("--");
    session.deliver("-ab--c", plan);
    session.deliver("--");
    ASSERT_EQ(session.protocol.heard.text(), "long[1234567] line[c]") << "cut by " << plan.text();
  }
}

TEST(LineOnlyReceiver, RefusesToChangeToAnEmptyDelimiterAndKeepsTheOldOne) {
  Session<Lines> session;
  EXPECT_THROW(session.protocol.setDelimiter(""), UsageError);
  session.deliver("a\r\n");
  EXPECT_EQ(session.protocol.heard.text(), "line[a]");
}

/// What any cutting of `input` must lead to, by the plainest means: each line and each line that is
/// too long chooses the delimiter of what follows by its size.
std::string reference(std::string_view input, std::size_t maxLength, std::span<const std::string> delimiters) {
  std::string story, line, delimiter = delimiters[0];
  bool skipping = false;
  for (const char c : input) {
    line += c;
    const bool ends = line.ends_with(delimiter), tooLong = !ends && !skipping && line.size() == maxLength + delimiter.size();
    if (!ends && !tooLong) continue;
    if (!skipping) {
      story += (tooLong ? "long[" : "line[") + line.substr(0, line.size() - (tooLong ? 0 : delimiter.size())) + "] ";
      delimiter = delimiters[(line.size() - (tooLong ? 0 : delimiter.size())) % delimiters.size()];
    }
    skipping = tooLong;
    line.clear();
  }
  if (!story.empty()) story.pop_back();
  return story;
}

TEST(LineOnlyReceiver, AgreesWithAPlainReferenceOnDelimitersThatChangeHoweverTheStreamIsCut) {
  static const std::string kDelimiters[] = {"ab", "a", "bcb", "ccc", "c"};
  struct Changing final : LineOnlyReceiver {
    explicit Changing(std::size_t maxLength) : LineOnlyReceiver(kDelimiters[0], maxLength) {}
    void lineReceived(std::string_view line) override { choose("line", line); }
    void lineLengthExceeded(std::string_view line) override { choose("long", line); }
    void choose(const std::string& what, std::string_view line) {
      heard.note(what, line);
      setDelimiter(kDelimiters[line.size() % std::size(kDelimiters)]);
      ++changes;
    }
    Story heard;
    std::size_t changes = 0;
  };
  Draw below;
  std::size_t changes = 0;
  for (int round = 0; round < 20000; ++round) {
    const std::size_t maxLength = below(6);
    std::string input(below(40), 'a');
    for (char& c : input) c = "abc"[below(3)];
    Session<Changing> session(maxLength);
    session.deliver(input, fakes::ChunkPlan::drawn(input.size(), static_cast<std::uint64_t>(round)));
    ASSERT_EQ(session.protocol.heard.text(), reference(input, maxLength, kDelimiters)) << input << " at most " << maxLength;
    changes += session.protocol.changes;
  }
  EXPECT_GT(changes, 40000u);
}

}  // namespace
}  // namespace teasel
