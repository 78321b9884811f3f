#include <teasel/protocols/irc/irc_client.hpp>

#include <gtest/gtest.h>

#include <string>

#include <teasel/protocols/irc/test/irc_test_kit.hpp>

// The way to signedOn: names, passwords, nicks that are taken, capabilities, time limits,
// heartbeat.

namespace teasel::irc {
namespace {

using namespace std::chrono_literals;
using test::Wired;

IRCClientOptions named(std::string nickname) {
  IRCClientOptions options;
  options.nickname = std::move(nickname);
  return options;
}

TEST(IRCClientRegistration, IntroducesTheClientWhenTheConnectionIsMade) {
  Wired irc(named("me"));
  EXPECT_EQ(irc.takeSent(), "NICK me|USER me foo bar :me|");
  EXPECT_FALSE(irc.client->registered());
}

TEST(IRCClientRegistration, SendsPasswordUserAndRealNameThatAreSet) {
  IRCClientOptions options = named("me");
  options.password = "secret";
  options.username = "user";
  options.realname = "Real Name";
  Wired irc(options);
  EXPECT_EQ(irc.takeSent(), "PASS secret|NICK me|USER user foo bar :Real Name|");
}

TEST(IRCClientRegistration, IsSilentWithoutPerformLogin) {
  Wired irc;
  EXPECT_EQ(irc.takeSent(), "");
  irc.client->registerAs("testuser", "testhost", "testserver");
  EXPECT_EQ(irc.takeSent(), "NICK testuser|USER testuser testhost testserver :testuser|");
}

TEST(IRCClientRegistration, IsSignedOnByTheWelcome) {
  Wired irc(named("me"));
  EXPECT_EQ(irc.heardAfter(":srv 001 me :Welcome"), "signedOn()");
  EXPECT_TRUE(irc.client->registered());
  EXPECT_EQ(irc.client->hostname(), "srv");
  EXPECT_EQ(irc.client->nickname(), "me");
  EXPECT_EQ(irc.heardAfter(":srv 001 me :Welcome"), "") << "once";
}

TEST(IRCClientRegistration, TakesTheNickThatTheServerGaveIt) {
  Wired irc(named("a_nick_that_is_too_long"));
  irc.heardAfter(":srv 001 a_nick_th :Welcome");
  EXPECT_EQ(irc.client->nickname(), "a_nick_th");
}

TEST(IRCClientRegistration, TriesOtherNicksWhenOneIsTaken) {
  Wired irc(named("me"));
  irc.takeSent();
  EXPECT_EQ(irc.sentAfter(":srv 433 * me :taken"), "NICK me_|");
  EXPECT_EQ(irc.sentAfter(":srv 433 * me_ :taken"), "NICK me__|");
  EXPECT_EQ(irc.sentAfter(":srv 436 * me__ :collision"), "NICK me___|");
  irc.heardAfter(":srv 001 me___ :Welcome");
  EXPECT_EQ(irc.client->nickname(), "me___");
}

TEST(IRCClientRegistration, TriesTheNicksThatTheProgramWants) {
  class Stars : public test::NoticingClient {
   public:
    using NoticingClient::NoticingClient;
    std::string alterCollidedNick(std::string_view nickname) override { return std::string(nickname) + "^"; }
  };
  fakes::FakeClock clock;
  const auto client = std::make_shared<Stars>(clock, named("me"));
  fakes::StringTransport wire(client);
  wire.clear();
  wire.feed(":srv 433 * me :taken\r\n");
  EXPECT_EQ(wire.value(), "NICK me^\r\n");
}

TEST(IRCClientRegistration, EndsWhenNoNickIsFree) {
  IRCClientOptions options = named("me");
  options.mostNicks = 3;
  Wired irc(options);
  for (int i = 0; i < 3; ++i) irc.wire.feed(":srv 433 * x :taken\r\n");
  ASSERT_NE(irc.wire.lost(), nullptr);
  EXPECT_TRUE(irc.wire.lost()->check<NickInUse>());
}

TEST(IRCClientRegistration, KeepsTheNickWhenANewOneIsTakenAndNoOtherIsFree) {
  IRCClientOptions options = named("me");
  options.mostNicks = 2;
  Wired irc(options);
  irc.signOn();
  irc.client->setNick("bob");
  irc.takeSent();
  EXPECT_EQ(irc.sentAfter(":srv 433 me bob :taken"), "NICK bob_|");
  EXPECT_EQ(irc.sentAfter(":srv 433 me bob_ :taken"), "");
  EXPECT_TRUE(irc.wire.connected());
  EXPECT_EQ(irc.client->nickname(), "me");
}

TEST(IRCClientRegistration, ChangesItsNickWhenTheServerSaysSo) {
  Wired irc(named("foo"));
  irc.wire.feed(":srv 001 foo :Welcome\r\n");
  irc.client->setNick("bar");
  EXPECT_EQ(irc.client->nickname(), "foo");
  irc.wire.feed(":foo!q@q NICK bar\r\n");
  EXPECT_EQ(irc.client->nickname(), "bar");
}

TEST(IRCClientRegistration, FallsBackFromANickThatTheServerCallsIllegal) {
  IRCClientOptions options = named("b\xc3\xa4");
  options.erroneousNickFallback = "plain";
  Wired irc(options);
  irc.takeSent();
  EXPECT_EQ(irc.sentAfter(":srv 432 * x :Erroneous Nickname"), "NICK plain|");
  irc.signOn();
  irc.client->setNick("b\xc3\xa4");
  irc.takeSent();
  EXPECT_EQ(irc.sentAfter(":srv 432 me x :Erroneous Nickname"), "") << "a registered client keeps its nick";
  EXPECT_EQ(irc.client->nickname(), "me");
}

TEST(IRCClientRegistration, EndsWhenTheFallbackIsIllegalToo) {
  Wired irc(named("x"));
  irc.wire.feed(":srv 432 * x :Erroneous Nickname\r\n:srv 432 * defaultnick :Erroneous Nickname\r\n");
  ASSERT_NE(irc.wire.lost(), nullptr);
  EXPECT_TRUE(irc.wire.lost()->check<ReplyError>());
}

TEST(IRCClientRegistration, EndsWhenThePasswordIsWrong) {
  Wired irc(named("me"));
  irc.wire.feed(":srv 464 * :Password incorrect\r\n");
  ASSERT_NE(irc.wire.lost(), nullptr);
  EXPECT_TRUE(irc.wire.lost()->check<IRCPasswordMismatch>());
}

TEST(IRCClientRegistration, EndsWhenTheServerDoesNotRegisterItInTime) {
  Wired irc(named("me"));
  irc.advance(119s);
  EXPECT_TRUE(irc.wire.connected());
  irc.advance(1s);
  ASSERT_NE(irc.wire.lost(), nullptr);
  EXPECT_TRUE(irc.wire.lost()->check<TimeoutError>());
  EXPECT_EQ(irc.clock.pending(), 0u);
}

// Capabilities.

IRCClientOptions capable() {
  IRCClientOptions options = named("me");
  options.capabilities = {"server-time", "multi-prefix", "sasl"};
  return options;
}

TEST(IRCClientRegistration, AsksForTheCapabilitiesThatTheServerOffers) {
  Wired irc(capable());
  EXPECT_EQ(irc.takeSent(), "CAP LS 302|NICK me|USER me foo bar :me|");
  EXPECT_EQ(irc.sentAfter(":srv CAP * LS * :away-notify multi-prefix"), "") << "more follows";
  EXPECT_EQ(irc.sentAfter(":srv CAP * LS :server-time=x cap-notify"), "CAP REQ :server-time|CAP REQ :multi-prefix|");
  EXPECT_EQ(irc.sentAfter(":srv CAP me ACK :server-time"), "");
  EXPECT_EQ(irc.sentAfter(":srv CAP me NAK :multi-prefix"), "CAP END|");
  EXPECT_TRUE(irc.client->hasCapability("server-time"));
  EXPECT_FALSE(irc.client->hasCapability("multi-prefix"));
}

TEST(IRCClientRegistration, EndsTheNegotiationWhenNothingThatItWantsIsOffered) {
  Wired irc(capable());
  irc.takeSent();
  EXPECT_EQ(irc.sentAfter(":srv CAP * LS :away-notify"), "CAP END|");
  EXPECT_EQ(irc.sentAfter(":srv CAP * LS :away-notify"), "");
}

TEST(IRCClientRegistration, GoesOnWithAServerThatKnowsNoCapabilities) {
  Wired irc(capable());
  irc.wire.feed(":srv 421 * CAP :Unknown command\r\n");
  irc.client->takeHeard();
  EXPECT_EQ(irc.heardAfter(":srv 001 me :Welcome"), "signedOn()");
}

TEST(IRCClientRegistration, FollowsCapabilitiesThatComeAndGo) {
  Wired irc(capable());
  irc.wire.feed(":srv CAP * LS :\r\n:srv 001 me :Welcome\r\n");
  irc.takeSent();
  EXPECT_EQ(irc.sentAfter(":srv CAP me NEW :server-time other"), "CAP REQ :server-time|");
  EXPECT_EQ(irc.sentAfter(":srv CAP me ACK :server-time"), "") << "no END once it is registered";
  EXPECT_TRUE(irc.client->hasCapability("server-time"));
  irc.sentAfter(":srv CAP me DEL :server-time");
  EXPECT_FALSE(irc.client->hasCapability("server-time"));
}

// Heartbeat.

TEST(IRCClientRegistration, PingsTheServerAtEachHeartbeat) {
  Wired irc(named("me"));
  irc.advance(60s);
  irc.signOn();
  irc.advance(119s);
  EXPECT_EQ(irc.takeSent(), "");
  irc.advance(1s);
  EXPECT_EQ(irc.takeSent(), "PING srv|");
  irc.wire.feed(":srv PONG srv\r\n");
  irc.advance(120s);
  EXPECT_EQ(irc.takeSent(), "PING srv|");
  irc.wire.endOfStream();
  EXPECT_EQ(irc.clock.pending(), 0u);
}

TEST(IRCClientRegistration, HasNoHeartbeatWithoutAnInterval) {
  IRCClientOptions options = named("me");
  options.heartbeatInterval.reset();
  Wired irc(options);
  irc.signOn();
  EXPECT_EQ(irc.clock.pending(), 0u);
}

TEST(IRCClientRegistration, AbortsTheConnectionWhenTheServerIsSilentForTwoHeartbeats) {
  Wired irc(named("me"));
  irc.signOn();
  irc.advance(240s);
  EXPECT_TRUE(irc.wire.connected()) << "one silent heartbeat";
  irc.advance(120s);
  ASSERT_NE(irc.wire.lost(), nullptr);
  const auto* aborted = irc.wire.lost()->check<ConnectionAborted>();
  ASSERT_NE(aborted, nullptr);
  EXPECT_TRUE(aborted->cause().check<TimeoutError>());
}

TEST(IRCClientRegistration, KeepsTheConnectionAsLongAsAnythingComes) {
  Wired irc(named("me"));
  irc.signOn();
  for (int i = 0; i < 20; ++i) {
    irc.advance(100s);
    irc.wire.feed(":b!b@h PRIVMSG #tea :hi\r\n");
  }
  EXPECT_TRUE(irc.wire.connected());
}

// What a server says must not end a connection ----------------------------------------------------

TEST(IRCClientRegistration, TriesAnotherNickThoughTheQueueOfLinesIsFull) {
  IRCClientOptions options = Wired::silent();
  options.lineRate = std::chrono::seconds(1);
  options.mostQueuedLines = 4;
  Wired irc(options);
  irc.client->setNick("me");
  for (int i = 0; i < 4; ++i) irc.client->msg("bob", "x");
  irc.takeSent();
  EXPECT_EQ(irc.sentAfter(":srv 433 * me :taken"), "NICK me_|");
  EXPECT_FALSE(irc.wire.lost());
}
TEST(IRCClientRegistration, TakesANickThatIsUnavailableAsOneThatIsTaken) {
  Wired irc;
  irc.client->setNick("me");
  irc.takeSent();
  EXPECT_EQ(irc.sentAfter(":srv 437 * me :Nick/channel is temporarily unavailable"), "NICK me_|");
  irc.signOn();
  EXPECT_EQ(irc.sentAfter(":srv 437 me #tea :Nick/channel is temporarily unavailable"), "");
}
TEST(IRCClientRegistration, APasswordThatIsRefusedLaterEndsNothing) {
  Wired irc;
  irc.signOn();
  EXPECT_EQ(irc.heardAfter(":srv 464 me :Password incorrect"),
            "quirkyMessage(the server did not take a password: Password incorrect)");
  irc.wire.settle();
  EXPECT_FALSE(irc.wire.lost());
}
TEST(IRCClientRegistration, SpeaksThoughTheServerAnnouncesNicksOf500Bytes) {
  Wired irc;
  irc.signOn();
  irc.wire.feed(":srv 005 me NICKLEN=500 :are supported by this server\r\n");
  irc.client->msg("#tea", "hello");
  EXPECT_EQ(irc.takeSent(), "PRIVMSG #tea :hello|");
}

}  // namespace
}  // namespace teasel::irc
