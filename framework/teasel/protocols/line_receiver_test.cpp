#include <teasel/protocols/line_receiver.hpp>

#include <gtest/gtest.h>

#include <functional>
#include <stdexcept>
#include <string>
#include <vector>

#include <teasel/core/errors.hpp>
#include <teasel/protocols/test/framing_test_kit.hpp>

namespace teasel {
namespace {

using test::Draw;
using test::obey;
using test::Session;
using test::Story;
using test::waysToCut;

/// Tells what it gets, and obeys lines that are commands.
class Obedient : public LineReceiver {
 public:
  using LineReceiver::LineReceiver;

  void lineReceived(std::string_view line) override {
    heard.note("line", line);
    if (line.starts_with("raw")) {
      rawLeft = static_cast<std::size_t>(line[3] - '0');
      setRawMode();
    } else if (line == "nest") dataReceived("n1\r\nn2\r\n");
    else obey(*this, line);
    if (onLine) onLine(line);
  }
  void rawDataReceived(ByteView data) override {
    const std::size_t mine = std::min(rawLeft, data.size());
    heard.note("raw", data.sub(0, mine).text());
    rawLeft -= mine;
    if (onRaw) onRaw(data);
    if (rawLeft == 0 && copiesRest) setLineMode(data.sub(mine).str());
    else if (rawLeft == 0) setLineMode(data.sub(mine));
  }
  void lineLengthExceeded(std::string_view line) override {
    heard.note("long", line);
    if (onLong) onLong(line);
    else LineReceiver::lineLengthExceeded(line);
  }

  std::string story() const { return heard.text(); }

  std::size_t rawLeft = 0;
  bool copiesRest = false;
  Story heard;
  std::function<void(std::string_view)> onLine, onLong;
  std::function<void(ByteView)> onRaw;
};

struct Lines : Session<Obedient> {
  explicit Lines(std::size_t maxLength = 40, std::string delimiter = "\r\n") : Session(std::move(delimiter), maxLength) {}
};

using Prepare = std::function<void(Lines&)>;

/// The script gives the same story however it is cut.
void expectStory(ByteView script, const std::string& story, std::size_t maxLength = 40, const Prepare& prepare = {},
                 const std::string& delimiter = "\r\n") {
  for (const fakes::ChunkPlan& plan : waysToCut(script.size())) {
    Lines session(maxLength, delimiter);
    if (prepare) prepare(session);
    session.deliver(script, plan);
    ASSERT_EQ(session.protocol.story(), story) << script << " cut by " << plan.text();
  }
}

TEST(LineReceiver, DeliversLinesWithoutTheirDelimiter) { expectStory("a\r\n\r\nbc\r\n", "line[a] line[] line[bc]"); }

TEST(LineReceiver, KeepsAnUnfinishedLineToItself) { expectStory("one\r\ntwo\r", "line[one]"); }

TEST(LineReceiver, TakesALoneCarriageReturnOrLineFeedAsText) { expectStory("a\rb\nc\r\r\n\n\r\n", "line[a\rb\nc\r] line[\n]"); }

TEST(LineReceiver, TakesAOneByteDelimiter) { expectStory("a\nbc\n\nd", "line[a] line[bc] line[]", 40, {}, "\n"); }

TEST(LineReceiver, FindsADelimiterThatOverlapsItself) {
  expectStory("xaaab--aab-aaab", "line[xa] line[--] line[-a]", 40, {}, "aab");
  expectStory("aaaaabaaaa", "line[] line[] line[ab] line[]", 40, {}, "aa");
}

TEST(LineReceiver, RefusesAnEmptyDelimiter) { EXPECT_THROW(Obedient(""), UsageError); }

TEST(LineReceiver, AcceptsALineOfExactlyMaxLength) { expectStory("12345\r\n12345\r\n", "line[12345] line[12345]", 5); }

TEST(LineReceiver, ClosesOnALineThatIsTooLong) {
  expectStory("ok\r\n123456\r\nx\r\n", "line[ok] long[123456\r]", 5);
  expectStory("1234567", "long[1234567]", 5);
  expectStory("12345678901\r\n", "long[1234567]", 5);
}

TEST(LineReceiver, EndsTheConnectionWithTheLimitAndWhatWasSeen) {
  Lines session(5);
  session.protocol.dataReceived("123456\r\n");
  const auto* why = session.transport->failed.check<LimitExceeded>();
  ASSERT_TRUE(why != nullptr) << session.transport->failed;
  EXPECT_STREQ(why->what(), "line length limit is 5, got 7");
}

TEST(LineReceiver, DoesNotJudgeALineBeforeItsDelimiterIsDue) { expectStory("123456", "", 5); }

TEST(LineReceiver, SkipsTheRestOfALineThatAnOverrideIgnores) {
  const Prepare ignore = [](Lines& s) { s.protocol.onLong = [](std::string_view) {}; };
  expectStory("123456789\r\nab\r\n", "long[1234567] line[ab]", 5, ignore);
  expectStory("123456\r\nab\r\n", "long[123456\r] line[ab]", 5, ignore);
  expectStory("1234567\n\r\nab\r\n", "long[1234567] line[ab]", 5, ignore);
  expectStory("abcdefghiaabxaab", "long[abcdef] line[x]", 3, ignore, "aab");
  expectStory("abcdaaabxaab", "long[abcdaa] line[x]", 3, ignore, "aab");
}

TEST(LineReceiver, GoesRawBehindTheBytesOfALineThatWasTooLong) {
  const Prepare goRaw = [](Lines& s) {
    s.protocol.onLong = [&p = s.protocol](std::string_view) {
      p.rawLeft = 3;
      p.setRawMode();
    };
  };
  expectStory("1234567raw\r\nab\r\n", "long[1234567] raw[raw] line[] line[ab]", 5, goRaw);
}

TEST(LineReceiver, BeginsALineBehindOneThatWasTooLongWhenToldTo) {
  const Prepare lineMode = [](Lines& s) { s.protocol.onLong = [&p = s.protocol](std::string_view) { p.setLineMode(); }; };
  expectStory("123456789\r\nab\r\n", "long[1234567] line[89] line[ab]", 5, lineMode);
}

TEST(LineReceiver, AppliesANewMaxLengthToTheLineBeingReceived) {
  Lines session;
  session.protocol.dataReceived("123456");
  session.protocol.setMaxLength(2);
  session.protocol.dataReceived("7");
  EXPECT_EQ(session.protocol.story(), "long[1234]");
}

TEST(LineReceiver, TakesTheLargestMaxLength) { expectStory("abc\r\nd\r\n", "line[abc] line[d]", static_cast<std::size_t>(-1)); }

TEST(LineReceiver, SwitchesToRawModeAndBackInsideAChunk) {
  expectStory("raw4\r\nab\r\nxy\r\n", "line[raw4] raw[ab\r\n] line[xy]");
  expectStory("raw1\r\n\rraw2\r\n\r\n\r\n", "line[raw1] raw[\r] line[raw2] raw[\r\n] line[]");
  expectStory("raw3\r\nabcraw3\r\ndefgh\r\n", "line[raw3] raw[abc] line[raw3] raw[def] line[gh]");
}

TEST(LineReceiver, TakesACopyOfTheRestBack) {
  const Prepare copy = [](Lines& s) { s.protocol.copiesRest = true; };
  expectStory("raw2\r\nabcd\r\ne\r\n", "line[raw2] raw[ab] line[cd] line[e]", 40, copy);
  expectStory("raw2\r\nabraw1\r\nc\r\n", "line[raw2] raw[ab] line[raw1] raw[c] line[]", 40, copy);
}

TEST(LineReceiver, DeliversExtraAtOnceOutsideACallback) {
  Lines session;
  session.protocol.setRawMode();
  session.protocol.setLineMode("a\r\nb");
  EXPECT_EQ(session.protocol.story(), "line[a]");
  session.protocol.dataReceived("c\r\n");
  EXPECT_EQ(session.protocol.story(), "line[a] line[bc]");
}

TEST(LineReceiver, PutsExtraBeforeWhatWasNotDelivered) {
  Lines session;
  session.protocol.dataReceived("pause\r\nc\r\nd");
  session.protocol.setLineMode("b\r\nb");
  session.resumeUntilRunning();
  session.protocol.dataReceived("\r\n");
  EXPECT_EQ(session.protocol.story(), "line[pause] line[b] line[bc] line[d]");
}

TEST(LineReceiver, HandsAnUnfinishedLineOverWhenRawModeIsChosenOutsideACallback) {
  Lines session;
  session.protocol.rawLeft = 5;
  session.protocol.dataReceived("abc");
  session.protocol.setRawMode();
  EXPECT_EQ(session.protocol.story(), "");
  session.protocol.dataReceived("defg\r\n");
  EXPECT_EQ(session.protocol.story(), "raw[abcde] line[fg]");
}

TEST(LineReceiver, CutsLinesBehindRawBytesByADelimiterThatWasSetInRawMode) {
  const Prepare change = [](Lines& s) { s.protocol.onRaw = [&p = s.protocol](ByteView) { p.setDelimiter(";"); }; };
  expectStory("raw3\r\n;\r\n;b\r\n;c", "line[raw3] raw[;\r\n] line[] line[b\r\n]", 40, change);
}

TEST(LineReceiver, ThrowsWhenRawModeHasNoHandler) {
  struct Rawless final : LineReceiver {
    void lineReceived(std::string_view) override { setRawMode(); }
  } protocol;
  EXPECT_THROW(protocol.dataReceived("go\r\nx"), UsageError);
}

TEST(LineReceiver, HoldsBackEverythingBehindAPause) {
  expectStory("pause\r\na\r\n", "line[pause] line[a]");
  expectStory("pause\r\npause\r\nraw2\r\nabc\r\npause\r\n", "line[pause] line[pause] line[raw2] raw[ab] line[c] line[pause]");
  Lines session;
  session.protocol.dataReceived("pause\r\na\r\nb\r\n");
  session.protocol.dataReceived("c\r\n");
  EXPECT_EQ(session.protocol.story(), "line[pause]");
  EXPECT_EQ(session.protocol.bufferedBytes(), 9u);
  session.resumeUntilRunning();
  EXPECT_EQ(session.protocol.story(), "line[pause] line[a] line[b] line[c]");
  EXPECT_EQ(session.protocol.bufferedBytes(), 0u);
}

TEST(LineReceiver, GoesOnWhenPausedAndResumedInOneCallback) {
  const Prepare brief = [](Lines& s) {
    s.protocol.onLine = [&s](std::string_view) { s.transport->pauseProducing(), s.transport->resumeProducing(); };
  };
  expectStory("a\r\nb\r\nc\r\n", "line[a] line[b] line[c]", 40, brief);
}

TEST(LineReceiver, DeliversNothingAfterLoseConnection) { expectStory("close\r\na\r\n", "line[close]"); }

TEST(LineReceiver, DeliversNothingAfterAbortConnection) { expectStory("abort\r\na\r\n", "line[abort]"); }

TEST(LineReceiver, DeliversNothingThatSetLineModeGivesBackAfterLoseConnection) {
  const Prepare closeInRaw = [](Lines& s) { s.protocol.onRaw = [&s](ByteView) { s.transport->loseConnection(); }; };
  expectStory("raw1\r\nxyz\r\n", "line[raw1] raw[x]", 40, closeInRaw);
}

TEST(LineReceiver, DoesNotReportALongLineAfterLoseConnection) { expectStory("close\r\n123456789", "line[close]", 5); }

TEST(LineReceiver, DropsWhatNobodyWillGet) {
  Lines session;
  session.protocol.dataReceived("close\r\nabc\r\ndef");
  session.protocol.dataReceived("ghi\r\n");
  EXPECT_EQ(session.protocol.bufferedBytes(), 0u);
}

TEST(LineReceiver, OnlyAppendsWhatACallbackFeeds) {
  Lines session;
  session.protocol.dataReceived("nest\r\na\r\nb");
  EXPECT_EQ(session.protocol.story(), "line[nest] line[a] line[bn1] line[n2]");
}

TEST(LineReceiver, KeepsViewsValidWhileTheirCallbackFeedsMore) {
  Lines session;
  const std::string much(5000, 'x');
  std::vector<std::string> seen;
  session.protocol.onLine = [&](std::string_view line) {
    if (line.size() == 2) session.protocol.dataReceived(much);
    seen.emplace_back(line);
  };
  session.protocol.setMaxLength(10000);
  session.protocol.dataReceived("a");
  session.protocol.dataReceived("a\r\nbb\r\n");
  session.protocol.dataReceived("\r\n");
  EXPECT_TRUE(seen == (std::vector<std::string>{"aa", "bb", much + much}));
}

TEST(LineReceiver, DeliversNothingTwiceWhenAnExceptionIsCaughtOutside) {
  const std::string script = "a\r\nthrow\r\nb\r\nthrow\r\nc\r\n";
  for (const fakes::ChunkPlan& plan : waysToCut(script.size())) {
    Lines session;
    session.deliver(script, plan);
    session.deliver("d\r\n"), session.deliver("e\r\n");
    ASSERT_EQ(session.protocol.story(), "line[a] line[throw] line[b] line[throw] line[c] line[d] line[e]");
    ASSERT_EQ(session.caught, 2);
  }
}

TEST(LineReceiver, KeepsTheRestOfTheChunkBehindAnException) {
  Lines session;
  EXPECT_THROW(session.protocol.dataReceived("throw\r\nb\r\nc"), std::runtime_error);
  EXPECT_EQ(session.protocol.bufferedBytes(), 4u);
  EXPECT_EQ(session.protocol.clearLineBuffer(), "b\r\nc");
}

TEST(LineReceiver, KeepsWhatACallbackFedBeforeItThrew) {
  Lines session;
  session.protocol.onLine = [&](std::string_view line) {
    if (line != "x") return;
    session.protocol.dataReceived("fed\r\n");
    throw std::runtime_error("after feeding");
  };
  session.deliver("x\r\nb\r\n");
  EXPECT_EQ(session.caught, 1);
  session.deliver("c\r\n");
  EXPECT_EQ(session.protocol.story(), "line[x] line[b] line[fed] line[c]");
}

TEST(LineReceiver, GoesOnBehindALongLineWhoseHandlerThrew) {
  Lines session(5);
  session.protocol.onLong = [](std::string_view) { throw std::runtime_error("too long"); };
  session.deliver("123456789");
  session.deliver("0\r\nab\r\n");
  EXPECT_EQ(session.protocol.story(), "long[1234567] line[ab]");
}

TEST(LineReceiver, ReturnsAndForgetsWhatWasNotDelivered) {
  Lines session;
  session.protocol.dataReceived("a\r\nbc");
  EXPECT_EQ(session.protocol.clearLineBuffer(), "bc");
  session.protocol.dataReceived("d\r\n");
  std::string cleared;
  session.protocol.onLine = [&](std::string_view) {
    session.protocol.dataReceived("g");
    cleared = session.protocol.clearLineBuffer();
  };
  session.protocol.dataReceived("e\r\nf\r\n");
  EXPECT_EQ(cleared, "f\r\ng");
  EXPECT_EQ(session.protocol.story(), "line[a] line[d] line[e]");
}

TEST(LineReceiver, DeliversLinesInsideAChunkAsViewsOfTheChunk) {
  const std::string chunk = "one\r\ntwo\r\nthree";
  Lines session;
  int inside = 0;
  session.protocol.onLine = [&](std::string_view line) {
    inside += line.data() >= chunk.data() && line.data() < chunk.data() + chunk.size();
  };
  session.protocol.dataReceived(chunk);
  EXPECT_EQ(inside, 2);
}

TEST(LineReceiver, SendsALineWithItsDelimiter) {
  Lines session;
  session.protocol.sendLine("hello");
  session.protocol.sendLine("");
  EXPECT_EQ(session.transport->written, "hello\r\n\r\n");
}

TEST(LineReceiver, WorksWithoutATransport) {
  Obedient protocol;
  protocol.dataReceived("a\r\nb\r");
  protocol.dataReceived("\n");
  EXPECT_EQ(protocol.story(), "line[a] line[b]");
}

// With any rescanning or moving of what is held, each of these would take minutes at least.
TEST(LineReceiver, ReceivesAHugeLineByteByByteInLinearTime) {
  struct Counting final : LineReceiver {
    Counting() : LineReceiver("\r\n", std::size_t{1} << 30) {}
    void lineReceived(std::string_view line) override { size = line.size(); }
    std::size_t size = 0;
  } protocol;
  const std::size_t kSize = std::size_t{2} << 20;
  for (std::size_t i = 0; i < kSize; ++i) protocol.dataReceived(i % 3 == 0 ? ByteView("\n") : ByteView("x"));
  protocol.dataReceived("\r");
  protocol.dataReceived("\n");
  EXPECT_EQ(protocol.size, kSize);
}

TEST(LineReceiver, DeliversManyLinesOnePerPauseInLinearTime) {
  Lines session;
  std::size_t lines = 0;
  session.protocol.onLine = [&](std::string_view) {
    session.protocol.heard.forget(), ++lines;
    session.transport->pauseProducing();
  };
  std::string chunk;
  for (int i = 0; i < 200000; ++i) chunk += "x\r\n";
  session.deliver(chunk);
  session.resumeUntilRunning();
  EXPECT_EQ(lines, 200000u);
}

TEST(LineReceiver, AlternatesBetweenTheModesInsideAChunkInLinearTime) {
  Lines session;
  std::string chunk;
  for (int i = 0; i < 100000; ++i) chunk += "raw1\r\n-";
  std::size_t lines = 0;
  session.protocol.onLine = [&](std::string_view) { session.protocol.heard.forget(), ++lines; };
  session.deliver(chunk);
  EXPECT_EQ(lines, 100000u);
}

/// What any cutting of `input` must lead to, by the plainest means.
std::string reference(std::string_view input, std::size_t maxLength, std::string_view delimiter) {
  std::string story, line;
  bool skipping = false;
  for (const char c : input) {
    line += c;
    const bool ends = line.ends_with(delimiter);
    if (skipping) {
      if (ends) line.clear(), skipping = false;
    } else if (ends) {
      story += "line[" + line.substr(0, line.size() - delimiter.size()) + "] ";
      line.clear();
    } else if (line.size() == maxLength + delimiter.size()) {
      story += "long[" + line + "] ";
      skipping = true;
    }
  }
  if (!story.empty()) story.pop_back();
  return story;
}

TEST(LineReceiver, AgreesWithAPlainReferenceOnRandomInputHoweverItIsCut) {
  Draw below;
  const std::string delimiters[] = {"\n", "ab", "aa", "aab", "abab", "abaab"};
  for (int round = 0; round < 20000; ++round) {
    const std::string& delimiter = delimiters[below(6)];
    const std::size_t maxLength = below(8);
    std::string input(below(40), 'a');
    for (char& c : input) c = "abc\n"[below(4)];
    Lines session(maxLength, delimiter);
    session.protocol.onLong = [](std::string_view) {};
    for (std::size_t at = 0, size = 0; at < input.size(); at += size) {
      size = 1 + below(8);
      session.deliver(ByteView(input).sub(at, size));
    }
    ASSERT_EQ(session.protocol.story(), reference(input, maxLength, delimiter)) << escaped(input) << " by " << delimiter;
  }
}

}  // namespace
}  // namespace teasel
