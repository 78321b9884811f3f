#include <teasel/protocols/irc/irc_client.hpp>

#include <gtest/gtest.h>

#include <string>

#include <teasel/protocols/irc/test/irc_test_kit.hpp>

// What the client hears: Twisted's ClientImplementationTests and ServerToClientTests, and what bad
// input makes of it. irc_client_commands_test.cpp has what it sends.

namespace teasel::irc {
namespace {

using test::Wired;

TEST(IRCClient, TellsWhatTheServerSaysAboutItself) {
  Wired irc;
  EXPECT_EQ(irc.heardAfter(":srv 002 me :Your host is some.host[blah/6667]"), "yourHost(Your host is some.host[blah/6667])");
  EXPECT_EQ(irc.heardAfter(":srv 003 me :This server was cobbled together"), "created(This server was cobbled together)");
  EXPECT_EQ(irc.heardAfter(":srv 004 me :host version abc bcd"), "myInfo(host, version, abc, bcd)");
  EXPECT_EQ(irc.heardAfter(":srv 004 me host version abc bcd"), "myInfo(host, version, abc, bcd)");
  EXPECT_EQ(irc.heardAfter(":srv 251 me :There are 9 victims"), "luserClient(There are 9 victims)");
  EXPECT_EQ(irc.heardAfter(":srv 010 me :Try server some.host, port 321"), "bounce(Try server some.host, port 321)");
  EXPECT_EQ(irc.heardAfter(":srv 254 me 7116 :channels formed"), "luserChannels(7116)");
  EXPECT_EQ(irc.heardAfter(":srv 252 me 34 :flagged staff members"), "luserOp(34)");
  EXPECT_EQ(irc.heardAfter(":srv 255 me :I have 1937 clients"), "luserMe(I have 1937 clients)");
}

TEST(IRCClient, TellsNoCountThatIsNoNumber) {
  Wired irc;
  EXPECT_EQ(irc.heardAfter(":srv 254 me many :channels formed"), "");
  EXPECT_EQ(irc.heardAfter(":srv 252 me -1 :staff"), "");
  EXPECT_EQ(irc.heardAfter(":srv 252 me 99999999999999999999999 :staff"), "");
}

TEST(IRCClient, ReadsIsupportBeforeItTells) {
  Wired irc;
  EXPECT_EQ(irc.heardAfter(":srv 005 me MODES=4 NICKLEN=16 PREFIX=(ov)@+ CAPAB :are available on this server"),
            "isupport(MODES=4, NICKLEN=16, PREFIX=(ov)@+, CAPAB)");
  EXPECT_EQ(irc.client->supported().nickLen, Limit(16));
  EXPECT_EQ(irc.client->supported().modeKinds.ranks, "ov");
}

TEST(IRCClient, CollectsTheMessageOfTheDay) {
  Wired irc;
  EXPECT_EQ(irc.heardAfter(":srv 375 me :- host.name Message of the Day -"), "");
  EXPECT_EQ(irc.heardAfter(":srv 372 me :- Welcome to host.name"), "");
  EXPECT_EQ(irc.heardAfter(":srv 376 me :End of /MOTD command."),
            "receivedMOTD(host.name Message of the Day -, Welcome to host.name)");
  EXPECT_EQ(irc.heardAfter(":srv 372 me :- Again"), "");
  EXPECT_EQ(irc.heardAfter(":srv 376 me :End of /MOTD command."), "receivedMOTD(Again)") << "the start may be missing";
}

TEST(IRCClient, KeepsNoMoreLinesOfTheDayThanItsLimit) {
  Wired irc;
  for (std::size_t i = 0; i < IRCClient::kMostMotdLines + 10; ++i) irc.wire.feed(":srv 372 me :- x\r\n");
  const std::string heard = irc.heardAfter(":srv 376 me :End");
  EXPECT_EQ(heard.size(), std::string("receivedMOTD(x)").size() + 3 * (IRCClient::kMostMotdLines - 1));
}

TEST(IRCClient, TellsMessages) {
  Wired irc;
  EXPECT_EQ(irc.heardAfter(":bob!b@h PRIVMSG #tea :Tooty toot."), "privmsg(bob!b@h, #tea, Tooty toot.)");
  EXPECT_EQ(irc.heardAfter(":bob!b@h PRIVMSG me :hi"), "privmsg(bob!b@h, me, hi)");
  EXPECT_EQ(irc.heardAfter(":bob!b@h NOTICE #tea :hi"), "noticed(bob!b@h, #tea, hi)");
  EXPECT_EQ(irc.heardAfter("@time=1 :bob!b@h privmsg #tea hi"), "privmsg(bob!b@h, #tea, hi)");
}

TEST(IRCClient, PutsWhatLowLevelQuotingStandsForInPlaceOfIt) {
  Wired irc;
  EXPECT_EQ(irc.heardAfter(":bob!b@h PRIVMSG #tea :a\x10nb\x10\x10 c"), "privmsg(bob!b@h, #tea, a\nb\x10 c)");
}

TEST(IRCClient, TellsWhoJoinsAndLeaves) {
  Wired irc;
  irc.signOn();
  EXPECT_EQ(irc.heardAfter(":me!m@h JOIN #tea"), "joined(#tea)");
  EXPECT_EQ(irc.heardAfter(":bob!b@h JOIN #tea"), "userJoined(bob, #tea)");
  EXPECT_EQ(irc.heardAfter(":bob!b@h JOIN #tea account :Real Name"), "userJoined(bob, #tea)") << "extended-join";
  EXPECT_EQ(irc.heardAfter(":bob!b@h PART #tea :bye"), "userLeft(bob, #tea)");
  EXPECT_EQ(irc.heardAfter(":me!m@h PART #tea"), "left(#tea)");
  EXPECT_EQ(irc.heardAfter(":bob!b@h QUIT :Adios."), "userQuit(bob, Adios.)");
  EXPECT_EQ(irc.heardAfter(":me!m@h QUIT :Farewell."), "userQuit(me, Farewell.)");
}

TEST(IRCClient, KnowsItselfByTheCaseMappingOfTheServer) {
  Wired irc;
  irc.wire.feed(":srv 001 me[] :Welcome\r\n");
  irc.client->takeHeard();
  EXPECT_EQ(irc.heardAfter(":ME{}!m@h JOIN #tea"), "joined(#tea)");
  irc.wire.feed(":srv 005 me[] CASEMAPPING=ascii :are\r\n");
  irc.client->takeHeard();
  EXPECT_EQ(irc.heardAfter(":ME{}!m@h JOIN #tea"), "userJoined(ME{}, #tea)");
}

TEST(IRCClient, TellsWhoIsKicked) {
  Wired irc;
  irc.signOn();
  EXPECT_EQ(irc.heardAfter(":bob!b@h KICK #tea ME :shoryuken!"), "kickedFrom(#tea, bob, shoryuken!)");
  EXPECT_EQ(irc.heardAfter(":me!m@h KICK #tea bob :hadouken!"), "userKicked(bob, #tea, me, hadouken!)");
  EXPECT_EQ(irc.heardAfter(":me!m@h KICK #tea bob"), "userKicked(bob, #tea, me, )") << "the nick is not the reason";
}

TEST(IRCClient, TellsNewNicks) {
  Wired irc;
  irc.signOn();
  EXPECT_EQ(irc.heardAfter(":bob!b@h NICK :robert"), "userRenamed(bob, robert)");
  EXPECT_EQ(irc.heardAfter(":me!m@h NICK :moi"), "nickChanged(moi)");
  EXPECT_EQ(irc.client->nickname(), "moi");
  EXPECT_EQ(irc.heardAfter(":me!m@h NICK :other"), "userRenamed(me, other)");
}

TEST(IRCClient, TellsTopics) {
  Wired irc;
  EXPECT_EQ(irc.heardAfter(":bob!b@h TOPIC #tea :new topic"), "topicUpdated(bob, #tea, new topic)");
  EXPECT_EQ(irc.heardAfter(":srv 332 me #tea :new topic"), "topicUpdated(srv, #tea, new topic)");
  EXPECT_EQ(irc.heardAfter(":srv 331 me #tea :No topic is set"), "topicUpdated(srv, #tea, )");
}

TEST(IRCClient, TellsModesWithTheirParameters) {
  Wired irc;
  const std::string from = "modeChanged(wolf!w@h, #c, ";
  EXPECT_EQ(irc.heardAfter(":wolf!w@h MODE #c s"), from + "+, s, )") << "a sign may be missing";
  EXPECT_EQ(irc.heardAfter(":wolf!w@h MODE #c -s"), from + "-, s, )");
  EXPECT_EQ(irc.heardAfter(":wolf!w@h MODE #c +o ann"), from + "+, o, ann)");
  EXPECT_EQ(irc.heardAfter(":wolf!w@h MODE #c +osv ann bob"), from + "+, osv, ann, , bob)");
  EXPECT_EQ(irc.heardAfter(":wolf!w@h MODE #c +v-os ann bob"), from + "+, v, ann) " + from + "-, os, bob, )");
}

TEST(IRCClient, TellsNoModesThatItCannotRead) {
  Wired irc;
  for (const char* modes : {"+s wrong", "+o", "", "+", "+-s"}) {
    const std::string heard = irc.heardAfter(std::string(":wolf!w@h MODE #c ") + modes);
    EXPECT_EQ(heard.find("modeChanged"), std::string::npos) << modes;
    EXPECT_EQ(heard.substr(0, 13), "quirkyMessage") << modes;
  }
}

TEST(IRCClient, ReadsModesOfItselfWithoutParameters) {
  Wired irc;
  irc.signOn();
  EXPECT_EQ(irc.heardAfter(":me MODE me :+o"), "modeChanged(me, me, +, o, )");
}

TEST(IRCClient, PassesUnknownCommandsAndNumericsOnByName) {
  Wired irc;
  EXPECT_EQ(irc.heardAfter(":srv WALLOPS :hear ye"), "unknown(WALLOPS, hear ye)");
  EXPECT_EQ(irc.heardAfter(":srv wallops :hear ye"), "unknown(WALLOPS, hear ye)");
  EXPECT_EQ(irc.heardAfter(":srv 333 me #tea bob 123"), "unknown(RPL_TOPICWHOTIME, 123)");
  EXPECT_EQ(irc.heardAfter(":srv 998 me x"), "unknown(998, x)");
}

TEST(IRCClient, TellsWhyTheServerCloses) {
  Wired irc;
  EXPECT_EQ(irc.heardAfter("ERROR :Closing Link: flood"), "serverError(Closing Link: flood)");
}

// Bad input. In Twisted some of these leave dataReceived as an exception.
TEST(IRCClient, SurvivesCommandsWithoutParameters) {
  Wired irc;
  irc.signOn();
  for (const char* command :
       {"JOIN", "PART", "QUIT", "KICK", "NICK", "MODE", "TOPIC", "PRIVMSG", "NOTICE", "PING", "ERROR", "CAP", "001",
        "002",  "003",  "004",  "005",  "010",  "251",  "252",   "254",     "255",    "301",  "311",   "312", "313",
        "315",  "317",  "318",  "319",  "322",  "323",  "331",   "332",     "352",    "353",  "366",   "372", "375",
        "376",  "396",  "401",  "402",  "403",  "421",  "432",   "433",     "436",    "442",  "461"}) {
    irc.wire.feed(std::string(command) + "\r\n");
    irc.wire.feed(":me!m@h " + std::string(command) + "\r\n");
    irc.wire.feed(":me!m@h " + std::string(command) + " :\r\n");
    irc.wire.feed(":me!m@h " + std::string(command) + " me :\r\n");
    EXPECT_TRUE(irc.wire.connected()) << command;
  }
}

TEST(IRCClient, ReportsWhatIsNoMessageAndGoesOn) {
  Wired irc;
  EXPECT_EQ(irc.heardAfter(":foo"), "badMessage(:foo, no command)");
  EXPECT_EQ(irc.heardAfter("    "), "");
  EXPECT_EQ(irc.heardAfter(": "), "badMessage(: , a prefix that is empty or has a space)");
  EXPECT_EQ(irc.heardAfter(":b!b@h PRIVMSG #tea :\xff\xfe"), "privmsg(b!b@h, #tea, \xff\xfe)");
  EXPECT_EQ(irc.heardAfter(std::string(9000, 'x')), "lineTooLong()");
  EXPECT_EQ(irc.heardAfter(":b!b@h PRIVMSG #tea :still here"), "privmsg(b!b@h, #tea, still here)");
}

TEST(IRCClient, HearsTheSameHoweverTheStreamIsCut) {
  const std::string script =
      ":srv 001 me :Hi\r\n:me!m@h JOIN #tea\r\n:b!b@h PRIVMSG #tea :\xe2\x82\xac \x01"
      "ACTION x\x01\r\n:b!b@h NICK c\n\r\nPING :1\r\n";
  std::string whole;
  {
    Wired irc;
    irc.wire.feed(script);
    whole = irc.client->takeHeard() + irc.takeSent();
  }
  for (std::size_t cut = 1; cut < script.size(); ++cut) {
    Wired irc;
    irc.wire.feed(script, fakes::ChunkPlan::everySplit(script.size())[cut - 1]);
    ASSERT_EQ(irc.client->takeHeard() + irc.takeSent(), whole) << cut;
  }
}

TEST(IRCClient, HearsNothingAfterItClosed) {
  class Closing : public test::NoticingClient {
   public:
    using NoticingClient::NoticingClient;
    void modeChanged(std::string_view user, std::string_view channel, bool set, std::string_view modes,
                     std::span<const std::string_view> args) override {
      NoticingClient::modeChanged(user, channel, set, modes, args);
      transport().loseConnection();
    }
  };
  fakes::FakeClock clock;
  const auto client = std::make_shared<Closing>(clock, Wired::silent());
  fakes::StringTransport wire(client);
  wire.feed(":a MODE #c +s-n\r\n:b!b@h JOIN #c\r\n");
  EXPECT_EQ(client->takeHeard(), "modeChanged(a, #c, +, s, )");
}

}  // namespace
}  // namespace teasel::irc
