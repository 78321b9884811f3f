#include <teasel/protocols/irc/irc_base.hpp>

#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <vector>

#include <teasel/core/sanitizers.hpp>
#include <teasel/props/heap.hpp>
#include <teasel/protocols/test/framing_test_kit.hpp>

namespace teasel::irc {
namespace {

using teasel::test::obey;
using teasel::test::Session;
using teasel::test::Story;
using teasel::test::waysToCut;

class Peer : public IRCProtocol {
 public:
  void messageReceived(const Message& message) override {
    heard.note(std::string(message.command), message.params.back());
    obey(*this, message.params.back());
  }
  void badMessage(std::string_view, Fault fault, std::size_t at) override {
    heard.note("bad" + std::to_string(at), describe(fault));
  }
  void lineTooLong(std::string_view begin) override { heard.note("long", std::to_string(begin.size())); }
  Story heard;
};

void expectStory(ByteView script, const std::string& story) {
  for (const fakes::ChunkPlan& plan : waysToCut(script.size())) {
    Session<Peer> session;
    session.deliver(script, plan);
    ASSERT_EQ(session.protocol.heard.text(), story) << "cut by " << plan.text();
  }
}

TEST(IRCProtocol, DeliversMessagesHoweverTheStreamIsCut) { expectStory(":a X b\r\nY :c d\r\n", "X[b] Y[c d]"); }

TEST(IRCProtocol, TakesLfAloneAndSeveralCrsAsTheEndOfALine) { expectStory("A 1\nB 2\r\r\nC 3\n", "A[1] B[2] C[3]"); }

TEST(IRCProtocol, IgnoresLinesWithoutAWord) { expectStory("\r\n\n \r\n\r\nA 1\r\n\n", "A[1]"); }

TEST(IRCProtocol, ReportsLinesThatAreNoMessages) {
  expectStory(":foo\r\nA 1\r\n: \r\n", "bad4[no command] A[1] bad0[a prefix that is empty or has a space]");
  expectStory("A b\rc\nB 2\n", "bad3[a CR, LF or NUL inside a line] B[2]");
}

TEST(IRCProtocol, PassesBytesOnThatAreNotUtf8HoweverTheStreamIsCut) {
  expectStory("A :\xe2\x82\xac\r\nB \xff\xfe\n", "A[\xe2\x82\xac] B[\xff\xfe]");
}

TEST(IRCProtocol, ReportsAMessageThatIsTooLongAndGoesOn) {
  const std::string line = "A :" + std::string(600, 'x');
  for (const auto& plan : {fakes::ChunkPlan::whole(), fakes::ChunkPlan::bytewise(), fakes::ChunkPlan::drawn(700, 7)}) {
    Session<Peer> session;
    session.deliver(line + "\r\nB 2\r\n", plan);
    EXPECT_EQ(session.protocol.heard.text(), "bad510[a message of more than 512 bytes] B[2]");
    EXPECT_EQ(session.protocol.badLines(), 1u);
  }
}

TEST(IRCProtocol, ReportsALineWithoutAnEndOnceAndKeepsNoMoreThanItsLimit) {
  Session<Peer> session;
  for (int i = 0; i < 100; ++i) {
    session.deliver(std::string(1000, 'x'));
    ASSERT_LE(session.protocol.bufferedBytes(), kMaxLine);
  }
  session.deliver("\nB 2\n");
  EXPECT_EQ(session.protocol.heard.text(), "long[" + std::to_string(kMaxLine) + "] B[2]");
  EXPECT_EQ(session.protocol.badLines(), 1u);
}

TEST(IRCProtocol, TakesTheLongestLineThatThereMayBe) {
  const std::string line = "@" + std::string(kMaxTags - 2, 'k') + " A :" + std::string(507, 'x') + "\r\n";
  ASSERT_EQ(line.size(), kMaxLine);
  Session<Peer> session;
  session.deliver(line, fakes::ChunkPlan::drawn(line.size(), 3));
  EXPECT_EQ(session.protocol.heard.text(), "A[" + std::string(507, 'x') + "]");
}

TEST(IRCProtocol, DeliversNothingAfterItClosed) { expectStory("A 1\r\nB close\r\nC 3\r\n", "A[1] B[close]"); }

TEST(IRCProtocol, DeliversNothingWhilePaused) { expectStory("A pause\r\nB 2\r\n", "A[pause] B[2]"); }

/// Counts the calls of write.
class Writes final : public IRCProtocol {
 public:
  void messageReceived(const Message&) override {}
  std::vector<std::string> lines;

 protected:
  void writeLine(std::string_view line) override { lines.emplace_back(line); }
};

TEST(IRCProtocol, SendsEachLineInOneWrite) {
  Writes writes;
  writes.sendCommand("JOIN", {"#tea"});
  writes.sendCommand("PRIVMSG", {"#tea", "two cups"});
  writes.sendCommand("QUIT");
  writes.sendLine("RAW a  b");
  EXPECT_EQ(writes.lines, (std::vector<std::string>{"JOIN #tea\r\n", "PRIVMSG #tea :two cups\r\n", "QUIT\r\n", "RAW a  b\r\n"}));
}

TEST(IRCProtocol, SendsNothingOfAMessageThatIsNotOk) {
  Writes writes;
  EXPECT_THROW(writes.sendCommand("JOIN", {"a b", "c"}), FormatError);
  EXPECT_THROW(writes.sendCommand("QUIT", {"a\r\nb"}), FormatError);
  EXPECT_THROW(writes.sendLine("A\r\nB"), FormatError);
  EXPECT_THROW(writes.sendLine(std::string_view("A\0", 2)), FormatError);
  EXPECT_THROW(writes.sendLine(std::string(kMaxLine, 'x')), FormatError);
  EXPECT_TRUE(writes.lines.empty());
}

/// Counts, and keeps nothing.
class Counting final : public IRCProtocol {
 public:
  void messageReceived(const Message& message) override {
    count += 1;
    bytes += message.params.back().size() + message.prefix.nick().size() + message.tags.find("time").value_or("").size();
  }
  std::size_t count = 0, bytes = 0;
};

TEST(IRCProtocol, UsesNoHeapForAMessage) {
  if (detail::kSanitized) GTEST_SKIP() << "memory of a frame is freed at once there, so that a view that was kept is seen";
  ASSERT_TRUE(props::HeapMeter::counted());
  std::string block;
  for (int i = 0; i < 500; ++i)
    block += "@time=1;a=b :nick!user@host PRIVMSG #tea :one two\r\n:srv 353 me = #tea :a b c\r\nPING x\n";
  Counting protocol;
  protocol.dataReceived(block.substr(0, block.size() - 20));
  protocol.dataReceived(block.substr(block.size() - 20));
  ASSERT_EQ(protocol.count, 1500u);
  const props::HeapMeter meter;
  protocol.dataReceived(block);
  for (const char& byte : block) protocol.dataReceived({&byte, 1});
  EXPECT_EQ(meter.peak(), 0u);
  EXPECT_EQ(protocol.count, 4500u);
}

TEST(IRCProtocol, UsesNoHeapForAMessageThatItSends) {
  Counting protocol;
  protocol.sendCommand("PRIVMSG", {"#tea", "hello there"});
  const props::HeapMeter meter;
  for (int i = 0; i < 100; ++i) protocol.sendCommand("PRIVMSG", {"#tea", "hello there"});
  EXPECT_EQ(meter.peak(), 0u);
}

}  // namespace
}  // namespace teasel::irc
