#include <teasel/protocols/irc/test/server_test_kit.hpp>

namespace teasel::irc {
namespace {

using namespace test;

class ServerUsers : public ServerTest {};

// PRIVMSG and NOTICE -----------------------------------------------------------------------------

TEST_F(ServerUsers, SendsAMessageToAUserUnderTheNickThatItHas) {
  fakes::RemotePeer& ann = user("ann");
  fakes::RemotePeer& bob = user("bob");
  quiet(bob);
  EXPECT_EQ(say(ann, "PRIVMSG BOB :hello there"), "");
  EXPECT_EQ(heard(bob), ":ann!ann@host PRIVMSG bob :hello there|");
}
TEST_F(ServerUsers, SendsAMessageToAllMembersButItsSender) {
  fakes::RemotePeer& ann = member("ann", "#tea");
  fakes::RemotePeer& bob = member("bob", "#tea");
  fakes::RemotePeer& cid = member("cid", "#tea");
  quiet(ann, bob, cid);
  EXPECT_EQ(say(ann, "PRIVMSG #TEA :hello"), "");
  EXPECT_EQ(say(ann, "NOTICE #tea word"), "");
  for (fakes::RemotePeer* other : {&bob, &cid})
    EXPECT_EQ(heard(*other), ":ann!ann@host PRIVMSG #tea :hello|:ann!ann@host NOTICE #tea :word|");
}
TEST_F(ServerUsers, SendsAMessageToSeveralTargets) {
  fakes::RemotePeer& ann = user("ann");
  fakes::RemotePeer& bob = user("bob");
  fakes::RemotePeer& cid = user("cid");
  quiet(bob, cid);
  EXPECT_EQ(say(ann, "PRIVMSG bob,cid,dan,ann :hi"), ":S 401 ann dan :No such nick|:ann!ann@host PRIVMSG ann :hi|");
  EXPECT_EQ(heard(bob), ":ann!ann@host PRIVMSG bob :hi|");
  EXPECT_EQ(heard(cid), ":ann!ann@host PRIVMSG cid :hi|");
}
TEST_F(ServerUsers, ATargetThatIsNamedTwiceCountsOnce) {
  fakes::RemotePeer& ann = user("ann");
  fakes::RemotePeer& bob = user("bob");
  quiet(bob);
  EXPECT_EQ(say(ann, "PRIVMSG bob,BOB,bob,bob,bob,bob,bob,bob,bob,bob,bob :x"), "");
  EXPECT_EQ(heard(bob), ":ann!ann@host PRIVMSG bob :x|");
  EXPECT_EQ(say(ann, "WHOIS dan,dan"), ":S 401 ann dan :No such nick|:S 318 ann dan :End of WHOIS list|");
}
TEST_F(ServerUsers, RefusesAMessageWithoutTargetOrText) {
  fakes::RemotePeer& ann = user("ann");
  EXPECT_EQ(say(ann, "PRIVMSG"), ":S 411 ann :No recipient given|");
  EXPECT_EQ(say(ann, "PRIVMSG , :hi"), ":S 411 ann :No recipient given|");
  EXPECT_EQ(say(ann, "PRIVMSG bob"), ":S 412 ann :No text to send|");
  EXPECT_EQ(say(ann, "PRIVMSG bob :"), ":S 412 ann :No text to send|");
  EXPECT_EQ(say(ann, "PRIVMSG bob :hi"), ":S 401 ann bob :No such nick|");
  EXPECT_EQ(say(ann, "PRIVMSG #no :hi"), ":S 403 ann #no :No such channel|");
  EXPECT_EQ(say(ann, "PRIVMSG a,b,c,d,e,f,g,h,i,j,k :hi").substr(0, 60),
            ":S 407 ann PRIVMSG :Too many targets, the limit is 10|:S 401");
}
TEST_F(ServerUsers, NeverAnswersANotice) {
  member("bob", "#tea");
  fakes::RemotePeer& ann = user("ann");
  for (const char* line :
       {"NOTICE", "NOTICE bob", "NOTICE dan :hi", "NOTICE #no :hi", "NOTICE #tea :hi", "NOTICE a,b,c,d,e,f,g,h,i,j,k :hi"})
    EXPECT_EQ(say(ann, line), "") << line;
}
TEST_F(ServerUsers, ReachesNoUserBeforeItsRegistration) {
  say(connect(), "NICK bob");
  EXPECT_EQ(say(user("ann"), "PRIVMSG bob :hi"), ":S 401 ann bob :No such nick|");
}
TEST_F(ServerUsers, CutsAMessageThatDoesNotFitBetweenTwoCharacters) {
  fakes::RemotePeer& ann = user("ann");
  fakes::RemotePeer& bob = user("bob");
  quiet(bob);
  std::string text;
  while (text.size() < 480) text += "\u20ac";
  say(ann, "PRIVMSG bob :" + text);
  const std::string line = bob.takeReceived();
  EXPECT_LE(line.size(), 512u);
  EXPECT_GT(line.size(), 509u);
  EXPECT_THAT(line, EndsWith("\u20ac\r\n"));
}
TEST_F(ServerUsers, CarriesBytesThatAreNoUtf8) {
  fakes::RemotePeer& ann = user("ann");
  fakes::RemotePeer& bob = user("bob");
  quiet(bob);
  say(ann, "PRIVMSG bob :\xff\xfe caf\xe9");
  EXPECT_EQ(heard(bob), ":ann!ann@host PRIVMSG bob :\xff\xfe caf\xe9|");
}
TEST_F(ServerUsers, CarriesNoTagsOfClients) {
  fakes::RemotePeer& ann = user("ann");
  fakes::RemotePeer& bob = user("bob");
  quiet(bob);
  say(ann, "@+typing=active :ann PRIVMSG bob :hi");
  EXPECT_EQ(heard(bob), ":ann!ann@host PRIVMSG bob :hi|");
}

// AWAY -------------------------------------------------------------------------------------------

TEST_F(ServerUsers, TellsThatAUserIsAway) {
  fakes::RemotePeer& ann = user("ann");
  fakes::RemotePeer& bob = user("bob");
  EXPECT_EQ(say(ann, "AWAY :making tea"), ":S 306 ann :You have been marked as being away|");
  EXPECT_EQ(say(bob, "PRIVMSG ann :hi"), ":S 301 bob ann :making tea|");
  EXPECT_EQ(say(bob, "NOTICE ann :hi"), "");
  EXPECT_EQ(say(bob, "WHO ann"), ":S 352 bob * ann host irc.example ann G :0 ann the user|:S 315 bob ann :End of WHO list|");
  EXPECT_EQ(say(bob, "USERHOST ann bob dan"), ":S 302 bob :ann=-ann@host bob=+bob@host|");
  quiet(ann);
  EXPECT_EQ(say(ann, "AWAY"), ":S 305 ann :You are no longer marked as being away|");
  EXPECT_EQ(say(bob, "PRIVMSG ann :hi"), "");
}

// WHO, WHOIS, USERHOST, ISON ---------------------------------------------------------------------

TEST_F(ServerUsers, WhoListsTheMembersOfAChannelWithTheirRanks) {
  fakes::RemotePeer& ann = member("ann", "#tea");
  member("bob", "#tea");
  quiet(ann);
  EXPECT_EQ(say(ann, "WHO #TEA"),
            ":S 352 ann #tea ann host irc.example ann H@ :0 ann the user|"
            ":S 352 ann #tea bob host irc.example bob H :0 bob the user|:S 315 ann #TEA :End of WHO list|");
  EXPECT_EQ(say(ann, "WHO #tea o"), ":S 315 ann #tea :End of WHO list|");
  EXPECT_EQ(say(ann, "WHO #no"), ":S 315 ann #no :End of WHO list|");
}
TEST_F(ServerUsers, WhoFindsUsersByMask) {
  fakes::RemotePeer& ann = user("ann");
  user("anton");
  user("bob");
  EXPECT_THAT(say(ann, "WHO an*"), AllOf(HasSubstr(" ann H "), HasSubstr(" anton H "), Not(HasSubstr(" bob "))));
  EXPECT_THAT(say(ann, "WHO *bob?the*"), HasSubstr(" bob H "));
  EXPECT_THAT(say(ann, "WHO " + std::string(101, '*')), StartsWith(":S 315 ann "));
  for (const char* all : {"WHO", "WHO 0", "WHO *"})
    EXPECT_THAT(say(ann, all), AllOf(HasSubstr(" ann H "), HasSubstr(" anton H "), HasSubstr(" bob H ")));
}
TEST_F(ServerUsers, WhoHidesInvisibleUsersAndSecretChannelsFromOthers) {
  fakes::RemotePeer& ann = member("ann", "#tea");
  fakes::RemotePeer& bob = member("bob", "#tea");
  fakes::RemotePeer& cid = user("cid");
  say(bob, "MODE bob +i");
  EXPECT_THAT(say(cid, "WHO *"), Not(HasSubstr("bob")));
  EXPECT_THAT(say(cid, "WHO #tea"), AllOf(HasSubstr(" ann H@ "), Not(HasSubstr("bob"))));
  EXPECT_THAT(say(ann, "WHO b*"), HasSubstr(" bob H "));
  say(ann, "MODE #tea +s");
  EXPECT_EQ(say(cid, "WHO #tea"), ":S 315 cid #tea :End of WHO list|");
}
TEST_F(ServerUsers, WhoisTellsWhoAUserIs) {
  fakes::RemotePeer& ann = member("ann", "#tea,#milk");
  fakes::RemotePeer& bob = user("bob");
  say(ann, "AWAY :making tea\r\nMODE #milk +s");
  world.advance(90s);
  EXPECT_EQ(say(bob, "WHOIS ANN"),
            ":S 311 bob ann ann host * :ann the user|:S 319 bob ann :@#tea|"
            ":S 312 bob ann irc.example :an IRC server of Teasel|:S 301 bob ann :making tea|"
            ":S 317 bob ann 90 :seconds idle|:S 318 bob ANN :End of WHOIS list|");
  EXPECT_THAT(say(ann, "WHOIS irc.example ann"), HasSubstr(" 319 ann ann :@#milk @#tea|"));
}
TEST_F(ServerUsers, WhoisTellsTheAccountAndTheTimeOfSignOnWhereThereAreAny) {
  options.unixTime = [] { return 77; };
  const auto known = std::make_shared<InMemoryWordsRealm>();
  known->addUser("ann", "p");
  realm = known;
  fakes::RemotePeer& ann = connect();
  say(ann, "PASS p\r\nNICK ann\r\nUSER ann 0 * :Ann");
  EXPECT_THAT(say(ann, "WHOIS ann"), AllOf(HasSubstr("|:S 330 ann ann ann :is logged in as|"),
                                           HasSubstr("|:S 317 ann ann 0 77 :seconds idle, signon time|")));
}
TEST_F(ServerUsers, WhoisOfNobody) {
  fakes::RemotePeer& ann = user("ann");
  EXPECT_EQ(say(ann, "WHOIS"), ":S 431 ann :No nickname given|");
  EXPECT_EQ(say(ann, "WHOIS dan"), ":S 401 ann dan :No such nick|:S 318 ann dan :End of WHOIS list|");
}
TEST_F(ServerUsers, IsonTellsWhoIsThere) {
  fakes::RemotePeer& ann = user("ann");
  user("bob");
  EXPECT_EQ(say(ann, "ISON BOB dan ann"), ":S 303 ann :bob ann|");
  EXPECT_EQ(say(ann, "ISON :dan bob"), ":S 303 ann :bob|");
  EXPECT_EQ(say(ann, "ISON"), ":S 461 ann ISON :Not enough parameters|");
}

// NICK and QUIT ----------------------------------------------------------------------------------

TEST_F(ServerUsers, TellsEachWhoSharesAChannelOnceOfANewNick) {
  fakes::RemotePeer& ann = member("ann", "#a,#b");
  fakes::RemotePeer& bob = member("bob", "#a,#b");
  fakes::RemotePeer& cid = user("cid");
  quiet(ann, bob, cid);
  EXPECT_EQ(say(ann, "NICK anna"), ":ann!ann@host NICK :anna|");
  EXPECT_EQ(heard(bob), ":ann!ann@host NICK :anna|");
  EXPECT_EQ(heard(cid), "");
  EXPECT_EQ(say(cid, "PRIVMSG anna :hi"), "");
  EXPECT_EQ(say(cid, "NICK ann"), ":cid!cid@host NICK :ann|");
}
TEST_F(ServerUsers, ChangesTheCaseOfANickAndIgnoresTheSameNick) {
  fakes::RemotePeer& ann = user("ann");
  EXPECT_EQ(say(ann, "NICK Ann"), ":ann!ann@host NICK :Ann|");
  EXPECT_EQ(say(ann, "NICK Ann"), "");
  user("bob");
  EXPECT_EQ(say(ann, "NICK BOB"), ":S 433 Ann BOB :Nickname is already in use|");
  EXPECT_EQ(factory->findUser("ann")->nick(), "Ann");
}
TEST_F(ServerUsers, TellsEachWhoSharesAChannelOnceWhoQuits) {
  fakes::RemotePeer& ann = member("ann", "#a,#b");
  fakes::RemotePeer& bob = member("bob", "#a,#b");
  quiet(ann);
  EXPECT_THAT(say(bob, "QUIT :good-bye"), EndsWith("ERROR :Closing Link: host (Quit: good-bye)|"));
  EXPECT_TRUE(bob.sawEof());
  EXPECT_EQ(heard(ann), ":bob!bob@host QUIT :Quit: good-bye|");
  EXPECT_THAT(say(ann, "QUIT"), EndsWith("ERROR :Closing Link: host (Client Quit)|"));
  EXPECT_EQ(factory->channels(), 0u);
  EXPECT_EQ(factory->users(), 0u);
}

// LUSERS, MOTD, VERSION and the rest -------------------------------------------------------------

TEST_F(ServerUsers, LusersCounts) {
  fakes::RemotePeer& ann = member("ann", "#tea");
  say(user("bob"), "MODE bob +i");
  say(user("cid"), "QUIT");
  say(connect(), "NICK dan");
  EXPECT_EQ(
      say(ann, "LUSERS"),
      ":S 251 ann :There are 1 users and 1 invisible on 1 server|:S 253 ann 1 :unknown connection(s)|"
      ":S 254 ann 1 :channels formed|:S 255 ann :I have 2 clients and 0 servers|:S 265 ann 2 3 :Current local users 2, max 3|"
      ":S 266 ann 2 3 :Current global users 2, max 3|");
}
TEST_F(ServerUsers, TellsTheMessageOfTheDayAndTheVersion) {
  options.motd = {"Have some tea.", ""};
  fakes::RemotePeer& ann = user("ann");
  EXPECT_EQ(say(ann, "MOTD"),
            ":S 375 ann :- irc.example Message of the day - |:S 372 ann :- Have some tea.|:S 372 ann :- |"
            ":S 376 ann :End of MOTD command|");
  EXPECT_EQ(say(ann, "VERSION"), ":S 351 ann teasel-irc irc.example :an IRC server of Teasel|");
}
TEST_F(ServerUsers, HasNoOperatorsAndNamesUnknownCommands) {
  fakes::RemotePeer& ann = user("ann");
  EXPECT_EQ(say(ann, "OPER root secret"), ":S 491 ann :There are no server operators|");
  EXPECT_EQ(say(ann, "BREW tea"), ":S 421 ann BREW :Unknown command|");
  EXPECT_EQ(say(ann, "001 x"), ":S 421 ann 001 :Unknown command|");
  EXPECT_EQ(say(ann, "ABCDEFGHIJKLMNOPQRSTUVWXYZ"), ":S 421 ann ABCDEFGHIJKLMNOPQRSTUVWXYZ :Unknown command|");
}

}  // namespace
}  // namespace teasel::irc
