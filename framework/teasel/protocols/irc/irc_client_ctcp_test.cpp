#include <teasel/protocols/irc/irc_client.hpp>

#include <gtest/gtest.h>

#include <algorithm>
#include <string>

#include <teasel/protocols/irc/test/irc_test_kit.hpp>

// CTCP: Twisted's CTCPTests and CTCPQueryTests. '^' stands for the delimiter, byte 1.

namespace teasel::irc {
namespace {

using namespace std::chrono_literals;
using test::Wired;

std::string delimited(std::string text) {
  for (char& byte : text)
    if (byte == '^') byte = kCtcpDelimiter;
  return text;
}
std::string shown(std::string text) {
  for (char& byte : text)
    if (byte == kCtcpDelimiter) byte = '^';
  return text;
}

/// What the client answers to a query of bob.
std::string answer(const std::string& query, IRCClientOptions options = Wired::silent()) {
  options.performLogin = false;
  Wired irc(std::move(options));
  return shown(irc.sentAfter(delimited(":bob!b@h PRIVMSG #chan :" + query)));
}

TEST(IRCClientCtcp, AnswersErrmsgAndPing) {
  EXPECT_EQ(answer("^ERRMSG t^"), "NOTICE bob :^ERRMSG t :No error has occurred.^|");
  EXPECT_EQ(answer("^PING data^"), "NOTICE bob :^PING data^|");
}

TEST(IRCClientCtcp, AnswersWhatTheOptionsSayAndNothingElse) {
  for (const char* query : {"^FINGER^", "^VERSION^", "^SOURCE^", "^USERINFO^", "^TIME^"}) EXPECT_EQ(answer(query), "") << query;
  IRCClientOptions options;
  options.fingerReply = [] { return std::string("reply"); };
  options.timeReply = [] { return std::string("now"); };
  options.userinfo = "info";
  options.sourceURL = "url";
  options.versionName = "Frobozz";
  EXPECT_EQ(answer("^FINGER^", options), "NOTICE bob :^FINGER reply^|");
  EXPECT_EQ(answer("^TIME^", options), "NOTICE bob :^TIME :now^|");
  EXPECT_EQ(answer("^USERINFO^", options), "NOTICE bob :^USERINFO info^|");
  EXPECT_EQ(answer("^SOURCE^", options), "NOTICE bob :^SOURCE url^^SOURCE^|");
  EXPECT_EQ(answer("^VERSION^", options), "NOTICE bob :^VERSION Frobozz::^|");
  options.versionNum = "1.2g";
  options.versionEnv = "ZorkOS";
  EXPECT_EQ(answer("^VERSION^", options), "NOTICE bob :^VERSION Frobozz:1.2g:ZorkOS^|");
}

TEST(IRCClientCtcp, SaysWhichQueriesItKnows) {
  EXPECT_EQ(answer("^CLIENTINFO^"),
            "NOTICE bob :^CLIENTINFO ACTION CLIENTINFO ERRMSG FINGER PING SOURCE TIME USERINFO VERSION^|");
  EXPECT_EQ(answer("^CLIENTINFO PING PONG^"), "NOTICE bob :^CLIENTINFO^|");
  EXPECT_EQ(answer("^CLIENTINFO NO^"), "NOTICE bob :^ERRMSG CLIENTINFO NO :Unknown query 'NO'^|");
  EXPECT_EQ(answer("^CLIENTINFO ION^"), "NOTICE bob :^ERRMSG CLIENTINFO ION :Unknown query 'ION'^|") << "a part of a name";
}

TEST(IRCClientCtcp, DispatchesATagOnce) {
  EXPECT_EQ(answer("^PING a^x^PING b^"), "NOTICE bob :^PING a^|");
  Wired irc;
  EXPECT_EQ(irc.heardAfter(delimited(":bob!b@h PRIVMSG #c :^NOT REAL^foo^NOT twice^")),
            "ctcpUnknownQuery(bob!b@h, #c, NOT, REAL) privmsg(bob!b@h, #c, foo)");
}

TEST(IRCClientCtcp, TellsActionsAndThePlainTextAroundThem) {
  Wired irc;
  EXPECT_EQ(irc.heardAfter(delimited(":bob!b@h PRIVMSG #c :^ACTION waves^")), "action(bob!b@h, #c, waves)");
  EXPECT_EQ(irc.heardAfter(delimited(":bob!b@h PRIVMSG #c :^ACTION waves^hello^X^you")),
            "action(bob!b@h, #c, waves) ctcpUnknownQuery(bob!b@h, #c, X, ) privmsg(bob!b@h, #c, hello you)");
  EXPECT_EQ(
      irc.heardAfter(delimited(":bob!b@h NOTICE #c :^extended^data1^extended^data2^")),
      "ctcpUnknownReply(bob!b@h, #c, extended, ) ctcpUnknownReply(bob!b@h, #c, extended, ) noticed(bob!b@h, #c, data1 data2)");
}

TEST(IRCClientCtcp, IsSilentAboutMessagesWithoutText) {
  Wired irc;
  for (const char* text : {"", "^", "^^", "^^^^"}) {
    EXPECT_EQ(irc.heardAfter(delimited(":bob!b@h PRIVMSG #c :" + std::string(text))), "") << text;
    EXPECT_EQ(irc.heardAfter(delimited(":bob!b@h NOTICE #c :" + std::string(text))), "") << text;
  }
}

TEST(IRCClientCtcp, AnswersNoNotice) {
  Wired irc;
  EXPECT_EQ(irc.sentAfter(delimited(":bob!b@h NOTICE #c :^PING x^^VERSION^")), "");
}

TEST(IRCClientCtcp, LeavesOutAReplyThatCannotBeSent) {
  Wired irc;
  EXPECT_EQ(irc.sentAfter(delimited(":bob!b@h PRIVMSG #c :^ERRMSG " + std::string(450, 'x') + "^")).substr(0, 6), "NOTICE");
  EXPECT_EQ(irc.sentAfter(delimited(":b PRIVMSG c :^ERRMSG " + std::string(485, 'x') + "^")), "") << "too long";
  EXPECT_EQ(irc.sentAfter(delimited(":: PRIVMSG #c :^PING x^")), "") << "a nick that is no word";
  EXPECT_EQ(irc.sentAfter(delimited("PRIVMSG #c :^PING x^")), "") << "no nick";
  EXPECT_TRUE(irc.wire.connected());
}

TEST(IRCClientCtcp, LeavesOutRepliesThatWouldFillTheQueue) {
  IRCClientOptions options = Wired::silent();
  options.lineRate = 1s;
  options.mostQueuedLines = 10;
  options.ctcpReplyInterval.reset();
  Wired irc(options);
  for (int i = 0; i < 50; ++i) irc.wire.feed(delimited(":bob!b@h PRIVMSG #c :^PING x^\r\n"));
  EXPECT_EQ(irc.client->queuedLines(), 5u);
  irc.client->msg("foo", "bar");
  EXPECT_EQ(irc.client->queuedLines(), 6u) << "there is room for what the program says";
}

TEST(IRCClientCtcp, MeasuresPings) {
  Wired irc;
  irc.client->ping("Bob", "are you there");
  EXPECT_EQ(shown(irc.takeSent()), "PRIVMSG Bob :^PING are you there^|");
  irc.advance(250ms);
  EXPECT_EQ(irc.heardAfter(delimited(":bob!b@h NOTICE me :^PING are you there^")), "pong(bob!b@h, 250 ms)");
  EXPECT_EQ(irc.heardAfter(delimited(":bob!b@h NOTICE me :^PING are you there^")).substr(0, 13), "quirkyMessage") << "once";
}

TEST(IRCClientCtcp, GivesEachPingATextOfItsOwn) {
  Wired irc;
  irc.client->ping("bob");
  irc.client->ping("bob");
  const std::string sent = shown(irc.takeSent());
  const std::size_t half = sent.size() / 2;
  EXPECT_EQ(sent.substr(0, 20), "PRIVMSG bob :^PING t");
  EXPECT_NE(sent.substr(0, half), sent.substr(half));
}

TEST(IRCClientCtcp, ForgetsOldPings) {
  Wired irc;
  for (std::size_t i = 0; i < IRCClient::kMostPings + 1; ++i) irc.client->ping("bob", std::to_string(i));
  EXPECT_EQ(irc.heardAfter(delimited(":bob!b@h NOTICE me :^PING 0^")).substr(0, 13), "quirkyMessage");
  EXPECT_EQ(irc.heardAfter(delimited(":bob!b@h NOTICE me :^PING 1^")).substr(0, 4), "pong");
}

TEST(IRCClientCtcp, ExchangesMessagesWithAnyBytes) {
  const std::string data(
      "a\\b\x01^\r\n\0\x10"
      "c",
      11);
  Wired irc;
  irc.client->ctcpMakeQuery("bob", {{.tag = "X", .data = data}});
  irc.wire.settle();
  const std::string line = irc.wire.value();
  std::string heard = irc.heardAfter(":bob!b@h " + line.substr(0, line.size() - 2));
  EXPECT_EQ(heard, "ctcpUnknownQuery(bob!b@h, bob, X, " + data + ")");
}

TEST(IRCClientCtcp, RepliesToABurstOfQueriesAndThenToOneEachInterval) {
  Wired irc;
  irc.signOn();
  const auto replies = [&](int queries) {
    std::string sent;
    for (int i = 0; i < queries; ++i) sent += irc.sentAfter(":bob!b@h PRIVMSG me :\x01PING 1\x01");
    return static_cast<std::size_t>(std::count(sent.begin(), sent.end(), '|'));
  };
  EXPECT_EQ(replies(20), 5u);
  irc.advance(std::chrono::milliseconds(1999));
  EXPECT_EQ(replies(20), 0u);
  irc.advance(std::chrono::milliseconds(1));
  EXPECT_EQ(replies(20), 1u);
  irc.client->ctcpMakeQuery("bob", {{.tag = "PING", .data = "2"}});
  EXPECT_NE(irc.takeSent(), "");
}

}  // namespace
}  // namespace teasel::irc
