#include <teasel/protocols/irc/irc_client.hpp>

#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <vector>

#include <teasel/protocols/irc/test/irc_test_kit.hpp>

// What the client sends: Twisted's ClientMsgTests, ClientInviteTests and ClientTests.

namespace teasel::irc {
namespace {

using namespace std::chrono_literals;
using test::Wired;

/// What the client sends when `command` runs.
template <class F>
std::string sent(F command) {
  Wired irc;
  command(*irc.client);
  return irc.takeSent();
}

TEST(IRCClientCommands, SendChannelCommands) {
  EXPECT_EQ(sent([](IRCClient& irc) { irc.join("#tea"); }), "JOIN #tea|");
  EXPECT_EQ(sent([](IRCClient& irc) { irc.join("tea", "key"); }), "JOIN #tea key|");
  EXPECT_EQ(sent([](IRCClient& irc) { irc.leave("#tea"); }), "PART #tea|");
  EXPECT_EQ(sent([](IRCClient& irc) { irc.part("tea", "so long"); }), "PART #tea :so long|");
  EXPECT_EQ(sent([](IRCClient& irc) { irc.kick("tea", "bob"); }), "KICK #tea bob|");
  EXPECT_EQ(sent([](IRCClient& irc) { irc.kick("#tea", "bob", "no spam"); }), "KICK #tea bob :no spam|");
  EXPECT_EQ(sent([](IRCClient& irc) { irc.invite("foo", "bar"); }), "INVITE foo #bar|");
  EXPECT_EQ(sent([](IRCClient& irc) { irc.invite("foo", "&bar"); }), "INVITE foo &bar|");
  EXPECT_EQ(sent([](IRCClient& irc) { irc.topic("tea", "new topic"); }), "TOPIC #tea :new topic|");
  EXPECT_EQ(sent([](IRCClient& irc) { irc.topic("tea", ""); }), "TOPIC #tea :|");
}

TEST(IRCClientCommands, SendCommandsAboutMe) {
  EXPECT_EQ(sent([](IRCClient& irc) { irc.away("Sorry, I'm not here."); }), "AWAY :Sorry, I'm not here.|");
  EXPECT_EQ(sent([](IRCClient& irc) { irc.back(); }), "AWAY :|");
  EXPECT_EQ(sent([](IRCClient& irc) { irc.quit("bye"); }), "QUIT :bye|");
  EXPECT_EQ(sent([](IRCClient& irc) { irc.setNick("moi"); }), "NICK moi|");
}

TEST(IRCClientCommands, SendModesInAsManyCommandsAsTheServerWants) {
  EXPECT_EQ(sent([](IRCClient& irc) { irc.mode("#tea", true, "s"); }), "MODE #tea +s|");
  EXPECT_EQ(sent([](IRCClient& irc) { irc.mode("#tea", false, "ov", {"ann", "bob"}); }), "MODE #tea -ov ann bob|");
  EXPECT_EQ(sent([](IRCClient& irc) { irc.mode("#tea", true, "oooos", {"a", "b", "c", "d"}); }),
            "MODE #tea +ooo a b c|MODE #tea +os d|");
  EXPECT_EQ(sent([](IRCClient& irc) { irc.mode("#tea", true, "b"); }), "MODE #tea +b|");
  EXPECT_EQ(sent([](IRCClient& irc) { irc.mode("#tea", true, "s", {"left", "over"}); }), "MODE #tea +s left over|");
}

TEST(IRCClientCommands, SendMessages) {
  EXPECT_EQ(sent([](IRCClient& irc) { irc.msg("foo", "bar"); }), "PRIVMSG foo :bar|");
  EXPECT_EQ(sent([](IRCClient& irc) { irc.notice("foo", "bar"); }), "NOTICE foo :bar|");
  EXPECT_EQ(sent([](IRCClient& irc) { irc.say("thechannel", "the message"); }), "PRIVMSG #thechannel :the message|");
  EXPECT_EQ(sent([](IRCClient& irc) { irc.msg("foo", ""); }), "");
}

TEST(IRCClientCommands, BeginANewMessageAtEachLineEnd) {
  for (const char* text : {"bar\nbaz", "\nbar\nbaz\n", "bar\n\nbaz", "bar\r\nbaz", "bar\rbaz"}) {
    EXPECT_EQ(sent([text](IRCClient& irc) { irc.msg("foo", text); }), "PRIVMSG foo :bar|PRIVMSG foo :baz|");
    EXPECT_EQ(sent([text](IRCClient& irc) { irc.notice("foo", text); }), "NOTICE foo :bar|NOTICE foo :baz|");
  }
}

TEST(IRCClientCommands, CutAMessageToTheLengthThatIsGiven) {
  const std::size_t length = std::string("PRIVMSG foo :").size() + 3 + 2;
  EXPECT_EQ(sent([&](IRCClient& irc) { irc.msg("foo", "barbazbo", length); }),
            "PRIVMSG foo :bar|PRIVMSG foo :baz|PRIVMSG foo :bo|");
  EXPECT_EQ(sent([&](IRCClient& irc) { irc.notice("foo", "barbazbo", length - 1); }),
            "NOTICE foo :bar|NOTICE foo :baz|NOTICE foo :bo|");
  EXPECT_EQ(sent([&](IRCClient& irc) { irc.msg("foo", "barbazbo", length + 5); }), "PRIVMSG foo :barbazbo|");
  EXPECT_EQ(sent([&](IRCClient& irc) { irc.msg("foo", "barbazbo", length + 4); }), "PRIVMSG foo :barbazb|PRIVMSG foo :o|");
}

TEST(IRCClientCommands, RefuseALengthThatLeavesNoRoom) {
  Wired irc;
  for (const std::size_t length : {std::size_t{0}, std::size_t{3}, std::string("PRIVMSG foo :").size() + 2})
    EXPECT_THROW(irc.client->msg("foo", "bar", length), UsageError) << length;
  EXPECT_EQ(irc.takeSent(), "");
}

TEST(IRCClientCommands, CutALongMessageSoThatItArrivesWholeAtTheOthers) {
  Wired irc;
  irc.wire.feed(":srv 001 me :Welcome me!user@a.rather.long.host.example\r\n");
  irc.wire.clear();
  irc.client->say("#tea", std::string(510, 'o'));
  irc.wire.settle();
  const std::string prefix = ":me!user@a.rather.long.host.example ";
  std::string text, value = irc.wire.value();
  std::size_t lines = 0, longest = 0;
  for (std::size_t end; (end = value.find("\r\n")) != std::string::npos; value.erase(0, end + 2), ++lines) {
    longest = std::max(longest, prefix.size() + end + 2);
    text += Message::parse(value.substr(0, end)).message.params[1];
  }
  EXPECT_EQ(text, std::string(510, 'o'));
  EXPECT_EQ(lines, 2u);
  EXPECT_EQ(longest, 512u) << "the real prefix leaves no byte unused";
}

TEST(IRCClientCommands, GuessALongPrefixAsLongAsTheirOwnIsUnknown) {
  EXPECT_LE(sent([](IRCClient& irc) { irc.msg("foo", std::string(400, 'o')); }).find('|'), 512u - (1 + 9 + 75 + 1));
}

TEST(IRCClientCommands, CountBytesAndCutNoCharacterInTwo) {
  std::string euros;
  for (int i = 0; i < 900; ++i) euros += "\xe2\x82\xac";
  Wired irc;
  irc.client->msg("foo", euros);
  irc.wire.settle();
  std::string text, value = irc.wire.value();
  for (std::size_t end; (end = value.find("\r\n")) != std::string::npos; value.erase(0, end + 2)) {
    EXPECT_LE(end + 2, 512u);
    const std::string line = value.substr(0, end);
    const std::string piece(Message::parse(line).message.params[1]);
    EXPECT_EQ(piece.size() % 3, 0u);
    text += piece;
  }
  EXPECT_EQ(text, euros);
}

TEST(IRCClientCommands, PreferToCutAtASpace) {
  const std::string half(256, 'o');
  EXPECT_EQ(sent([&](IRCClient& irc) { irc.msg("foo", half + " " + half); }),
            "PRIVMSG foo :" + half + "|PRIVMSG foo :" + half + "|");
}

TEST(IRCClientCommands, SendActions) {
  EXPECT_EQ(sent([](IRCClient& irc) { irc.describe("foo", "waves"); }),
            "PRIVMSG foo :\x01"
            "ACTION waves\x01|");
  const std::string two = sent([](IRCClient& irc) { irc.describe("#bar", std::string(500, 'x')); });
  EXPECT_EQ(std::count(two.begin(), two.end(), '|'), 2);
  EXPECT_EQ(std::count(two.begin(), two.end(), '\x01'), 4) << "each piece is an action of its own";
}

TEST(IRCClientCommands, SendNoCrLfOrNulOutOfAnArgument) {
  const std::string bad("a\r\nQUIT\0b", 9);
  Wired irc;
  IRCClient& client = *irc.client;
  client.join("#" + bad, bad);
  client.leave(bad, bad);
  client.kick(bad, bad, bad);
  client.invite(bad, bad);
  client.topic(bad, bad);
  client.mode(bad, true, "o", {bad});
  client.mode(bad, true, bad, {bad});
  client.msg(bad, bad);
  client.notice(bad, bad);
  client.describe(bad, bad);
  client.ping(bad, bad);
  client.setNick(bad);
  client.away(bad);
  client.quit(bad);
  irc.wire.settle();
  std::string value = irc.wire.value();
  EXPECT_EQ(value.find('\0'), std::string::npos);
  for (std::size_t end; (end = value.find("\r\n")) != std::string::npos; value.erase(0, end + 2)) {
    const std::string line = value.substr(0, end);
    EXPECT_EQ(line.find_first_of("\r\n"), std::string::npos);
    EXPECT_NE(line.substr(0, 4), "QUIT") << line << " is what the argument wanted";
    if (line.starts_with("AWAY")) break;
  }
}

TEST(IRCClientCommands, RefuseAWordThatWouldBecomeTwoOrNone) {
  Wired irc;
  EXPECT_THROW(irc.client->join("#a b"), FormatError);
  EXPECT_THROW(irc.client->join(""), FormatError);
  EXPECT_THROW(irc.client->kick("#a", ":bob"), FormatError);
  EXPECT_THROW(irc.client->msg("a b", "text"), FormatError);
  EXPECT_THROW(irc.client->setNick(""), FormatError);
  EXPECT_THROW(irc.client->mode("#a", true, "o", {"a b"}), FormatError);
  EXPECT_THROW(irc.client->topic("#a", std::string(600, 'x')), FormatError);
  EXPECT_THROW(irc.client->mode("#a", true, "b", {std::string(600, 'x')}), FormatError);
  EXPECT_EQ(irc.takeSent(), "");
}

// The queue of lines.

IRCClientOptions slow(std::size_t most = 1000) {
  IRCClientOptions options = Wired::silent();
  options.lineRate = 1s;
  options.mostQueuedLines = most;
  return options;
}

TEST(IRCClientCommands, SendOneLineAtOnceAndTheOthersAtTheirRate) {
  Wired irc(slow());
  irc.client->msg("foo", "a\nb\nc");
  EXPECT_EQ(irc.takeSent(), "PRIVMSG foo :a|");
  EXPECT_EQ(irc.client->queuedLines(), 2u);
  irc.advance(999ms);
  EXPECT_EQ(irc.takeSent(), "");
  irc.advance(1ms);
  EXPECT_EQ(irc.takeSent(), "PRIVMSG foo :b|");
  irc.advance(5s);
  EXPECT_EQ(irc.takeSent(), "PRIVMSG foo :c|");
  irc.client->msg("foo", "d");
  EXPECT_EQ(irc.takeSent(), "PRIVMSG foo :d|") << "after a rest the next line leaves at once";
}

TEST(IRCClientCommands, SendNothingOfAMessageForWhichTheQueueHasNoRoom) {
  Wired irc(slow(2));
  irc.client->msg("foo", "a\nb");
  EXPECT_THROW(irc.client->msg("foo", "c\nd"), LimitExceeded);
  EXPECT_EQ(irc.client->queuedLines(), 1u);
  irc.client->msg("foo", "c");
  EXPECT_THROW(irc.client->join("#tea"), LimitExceeded);
  irc.advance(10s);
  EXPECT_EQ(irc.takeSent(), "PRIVMSG foo :a|PRIVMSG foo :b|PRIVMSG foo :c|");
}

TEST(IRCClientCommands, AnswerAPingWhileOthersWait) {
  Wired irc(slow());
  irc.client->msg("foo", "a\nb\nc");
  irc.takeSent();
  EXPECT_EQ(irc.sentAfter("PING :are you there"), "PONG :are you there|");
}

TEST(IRCClientCommands, LeaveNoTimerWhenTheConnectionIsLost) {
  Wired irc(slow());
  irc.signOn();
  irc.client->msg("foo", "a\nb\nc");
  EXPECT_EQ(irc.clock.pending(), 2u);
  irc.wire.reset();
  EXPECT_EQ(irc.clock.pending(), 0u);
  EXPECT_EQ(irc.client->queuedLines(), 0u);
}

}  // namespace
}  // namespace teasel::irc
