#include <teasel/protocols/irc/irc_client.hpp>

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include <teasel/gtest/results.hpp>
#include <teasel/protocols/irc/test/irc_test_kit.hpp>

namespace teasel::irc {
namespace {

using namespace std::chrono_literals;
using gtest::assertNoResult;
using gtest::failureResultOf;
using gtest::successResultOf;
using test::Wired;

TEST(IRCClientAnswers, WhoisGivesAllThatTheServerSaid) {
  Wired irc;
  irc.signOn();
  const auto answer = irc.client->whois("Bob");
  EXPECT_EQ(irc.takeSent(), "WHOIS Bob|");
  irc.wire.feed(
      ":srv 311 me bob b host * :Bob Real\r\n:srv 312 me bob srv.example :A server\r\n:srv 313 me bob :is an operator\r\n"
      ":srv 301 me bob :gone\r\n:srv 330 me bob account :is logged in as\r\n:srv 317 me bob 65 1700000000 :seconds idle\r\n"
      ":srv 319 me bob :@#tea #coffee\r\n:srv 319 me bob :#water\r\n");
  assertNoResult(answer);
  irc.wire.feed(":srv 318 me bob :End of WHOIS\r\n");
  const WhoisReply reply = successResultOf(answer);
  EXPECT_EQ(reply.nick + "!" + reply.user + "@" + reply.host + " " + reply.realname, "bob!b@host Bob Real");
  EXPECT_EQ(reply.server + " " + reply.serverInfo, "srv.example A server");
  EXPECT_TRUE(reply.isOperator);
  EXPECT_EQ(reply.away, "gone");
  EXPECT_EQ(reply.account, "account");
  EXPECT_EQ(reply.idle, 65s);
  EXPECT_EQ(reply.signedOn, 1700000000);
  EXPECT_EQ(reply.channels, (std::vector<std::string>{"@#tea", "#coffee", "#water"}));
}

TEST(IRCClientAnswers, WhoisAsksTheServerThatIsNamed) {
  Wired irc;
  const auto answer = irc.client->whois("bob", "srv");
  EXPECT_EQ(irc.takeSent(), "WHOIS srv bob|");
  irc.wire.feed(":srv 402 me srv :No such server\r\n");
  EXPECT_EQ(failureResultOf<ReplyError>(answer).check<ReplyError>()->numeric(), ERR_NOSUCHSERVER);
}

TEST(IRCClientAnswers, WhoisFailsWithTheErrorOfTheServer) {
  Wired irc;
  const auto answer = irc.client->whois("bob");
  irc.wire.feed(":srv 401 me bob :No such nick\r\n");
  const Failure why = failureResultOf<ReplyError>(answer);
  EXPECT_EQ(why.check<ReplyError>()->subject(), "bob");
  EXPECT_STREQ(why.what(), "401 ERR_NOSUCHNICK for \"bob\": No such nick");
}

TEST(IRCClientAnswers, TheEndBehindAnErrorIsNotTheEndOfTheNextQuestion) {
  Wired irc;
  const auto first = irc.client->whois("bob");
  irc.wire.feed(":srv 401 me bob :No such nick\r\n");
  failureResultOf(first);
  const auto second = irc.client->whois("bob");
  irc.wire.feed(":srv 318 me bob :End of WHOIS\r\n");
  assertNoResult(second);
  irc.wire.feed(":srv 311 me bob b h * :Bob\r\n:srv 318 me bob :End of WHOIS\r\n");
  EXPECT_EQ(successResultOf(second).realname, "Bob");
}

TEST(IRCClientAnswers, AServerMayLeaveOutTheEndBehindAnError) {
  Wired irc;
  const auto first = irc.client->whois("bob");
  irc.wire.feed(":srv 401 me bob :No such nick\r\n");
  failureResultOf(first);
  const auto second = irc.client->whois("bob");
  irc.wire.feed(":srv 311 me bob b h * :Bob\r\n:srv 318 me bob :End of WHOIS\r\n");
  EXPECT_EQ(successResultOf(second).realname, "Bob");
}

TEST(IRCClientAnswers, QuestionsAboutDifferentNicksMayBeAnsweredInAnyOrder) {
  Wired irc;
  const auto ann = irc.client->whois("ann"), bob = irc.client->whois("bob");
  irc.wire.feed(":srv 311 me bob b h * :Bob\r\n:srv 311 me ann a h * :Ann\r\n:srv 318 me bob :End\r\n:srv 318 me ann :End\r\n");
  EXPECT_EQ(successResultOf(ann).realname, "Ann");
  EXPECT_EQ(successResultOf(bob).realname, "Bob");
}

TEST(IRCClientAnswers, NamesGivesTheMembersWithTheirSigns) {
  Wired irc;
  const auto answer = irc.client->names("tea");
  EXPECT_EQ(irc.takeSent(), "NAMES #tea|");
  irc.wire.feed(":srv 353 me = #tea :@ann +bob\r\n:srv 353 me = #TEA :cy @+dan\r\n:srv 366 me #tea :End\r\n");
  EXPECT_EQ(successResultOf(answer), (NamesReply{{"ann", "@"}, {"bob", "+"}, {"cy", ""}, {"dan", "@+"}}));
}

TEST(IRCClientAnswers, NamesOfAnEmptyChannelAreNone) {
  Wired irc;
  const auto answer = irc.client->names("#tea");
  irc.wire.feed(":srv 366 me #other :End\r\n");
  assertNoResult(answer);
  irc.wire.feed(":srv 366 me #tea :End\r\n");
  EXPECT_TRUE(successResultOf(answer).empty());
}

TEST(IRCClientAnswers, WhoGivesEntries) {
  Wired irc;
  const auto answer = irc.client->who("#tea");
  EXPECT_EQ(irc.takeSent(), "WHO #tea|");
  irc.wire.feed(
      ":srv 352 me #tea u h srv bob H@ :3 Bob Real Name\r\n:srv 352 me #tea u2 h2 srv ann G :x\r\n:srv 315 me #tea :End\r\n");
  const WhoReply reply = successResultOf(answer);
  ASSERT_EQ(reply.size(), 2u);
  EXPECT_EQ(reply[0].nick + " " + reply[0].flags + " " + reply[0].realname, "bob H@ Bob Real Name");
  EXPECT_EQ(reply[0].hops, 3u);
  EXPECT_EQ(reply[1].hops, 0u) << "a number that is none";
}

TEST(IRCClientAnswers, ListGivesChannels) {
  Wired irc;
  const auto answer = irc.client->list();
  EXPECT_EQ(irc.takeSent(), "LIST|");
  irc.wire.feed(
      ":srv 321 me Channel :Users Name\r\n:srv 322 me #tea 12 :hot drinks\r\n:srv 322 me #b 1 :\r\n:srv 323 me :End\r\n");
  const ListReply reply = successResultOf(answer);
  ASSERT_EQ(reply.size(), 2u);
  EXPECT_EQ(reply[0].channel + " " + reply[0].topic, "#tea hot drinks");
  EXPECT_EQ(reply[0].users, 12u);
  EXPECT_EQ(reply[1].topic, "");
}

TEST(IRCClientAnswers, TopicGivesTheTopicOrNone) {
  Wired irc;
  const auto set = irc.client->topic("#tea"), none = irc.client->topic("water"), refused = irc.client->topic("#secret");
  EXPECT_EQ(irc.takeSent(), "TOPIC #tea|TOPIC #water|TOPIC #secret|");
  irc.wire.feed(
      ":srv 332 me #tea :hot drinks\r\n:srv 331 me #water :No topic is set\r\n:srv 442 me #secret :You're not there\r\n");
  EXPECT_EQ(successResultOf(set), "hot drinks");
  EXPECT_EQ(successResultOf(none), "");
  failureResultOf<ReplyError>(refused);
}

TEST(IRCClientAnswers, FailWhenTheServerDoesNotKnowTheCommand) {
  Wired irc;
  const auto who = irc.client->who("bob");
  const auto list = irc.client->list();
  irc.wire.feed(":srv 421 me WHO :Unknown command\r\n:srv 263 me LIST :Please wait a while\r\n");
  failureResultOf<ReplyError>(who);
  failureResultOf<ReplyError>(list);
}

TEST(IRCClientAnswers, FailWhenTheConnectionIsLost) {
  Wired irc;
  const auto whois = irc.client->whois("bob");
  const auto names = irc.client->names("#tea");
  const auto who = irc.client->who("bob");
  const auto list = irc.client->list();
  const auto topic = irc.client->topic("#tea");
  irc.wire.reset();
  failureResultOf<ConnectionLost>(whois);
  failureResultOf<ConnectionLost>(names);
  failureResultOf<ConnectionLost>(who);
  failureResultOf<ConnectionLost>(list);
  failureResultOf<ConnectionLost>(topic);
  failureResultOf<ConnectionLost>(irc.client->whois("bob"));
  EXPECT_EQ(irc.clock.pending(), 0u);
}

TEST(IRCClientAnswers, FailWhenNoAnswerComesInTime) {
  Wired irc;
  const auto late = irc.client->whois("bob");
  irc.advance(120s);
  failureResultOf<TimeoutError>(late);
  const auto next = irc.client->whois("bob");
  irc.wire.feed(":srv 318 me bob :End\r\n");
  assertNoResult(next);
  irc.wire.feed(":srv 318 me bob :End\r\n");
  EXPECT_EQ(successResultOf(next).nick, "");
}

TEST(IRCClientAnswers, MayBeCancelled) {
  Wired irc;
  const auto cancelled = irc.client->whois("bob"), other = irc.client->whois("bob");
  cancelled.cancel();
  failureResultOf<CancelledError>(cancelled);
  irc.wire.feed(":srv 318 me bob :End\r\n");
  assertNoResult(other);
  irc.wire.feed(":srv 318 me bob :End\r\n");
  successResultOf(other);
}

TEST(IRCClientAnswers, FailWhenTheQuestionCannotBeSent) {
  Wired irc;
  failureResultOf<FormatError>(irc.client->whois("a b"));
  failureResultOf<FormatError>(irc.client->names(""));
  EXPECT_EQ(irc.takeSent(), "");
  EXPECT_EQ(irc.clock.pending(), 0u);
}

TEST(IRCClientAnswers, AreBounded) {
  IRCClientOptions options = Wired::silent();
  options.mostAnswerEntries = 3;
  Wired irc(options);
  const auto names = irc.client->names("#tea");
  irc.wire.feed(":srv 353 me = #tea :a b c d e\r\n:srv 353 me = #tea :f\r\n");
  failureResultOf<LimitExceeded>(names);
  std::vector<Deferred<WhoisReply>> many;
  for (int i = 0; i < 64; ++i) many.push_back(irc.client->whois("n" + std::to_string(i)));
  irc.takeSent();
  failureResultOf<LimitExceeded>(irc.client->whois("one-more"));
  EXPECT_EQ(irc.takeSent(), "") << "a question that fails at once is not sent";
  irc.wire.reset();
  for (const auto& each : many) failureResultOf(each);
}

TEST(IRCClientAnswers, MayLeadToTheNextQuestionInTheCallback) {
  Wired irc;
  std::string found;
  auto first = irc.client->whois("ann");
  first.addCallback([&](const WhoisReply& reply) { return irc.client->whois(reply.realname); })
      .addCallback([&](WhoisReply reply) {
        found = reply.realname;
        return reply;
      });
  irc.wire.feed(":srv 311 me ann a h * :bob\r\n:srv 318 me ann :End\r\n");
  irc.wire.feed(":srv 311 me bob b h * :found\r\n:srv 318 me bob :End\r\n");
  EXPECT_EQ(found, "found");
}

TEST(IRCClientAnswers, IgnoreNumericsThatNobodyAskedFor) {
  Wired irc;
  irc.wire.feed(
      ":srv 311 me b b h * :B\r\n:srv 318 me b :End\r\n:srv 401 me b :no\r\n:srv 353 me = #c :a\r\n:srv 366 me #c :End\r\n");
  irc.wire.feed(":srv 315 me x :End\r\n:srv 323 me :End\r\n:srv 421 me WHO :?\r\n:srv 451 * :not registered\r\n");
  EXPECT_TRUE(irc.wire.connected());
}

}  // namespace
}  // namespace teasel::irc
