#include <teasel/protocols/irc/test/server_test_kit.hpp>

namespace teasel::irc {
namespace {

using namespace test;

class ServerRegistration : public ServerTest {};

// NICK, USER, PASS -------------------------------------------------------------------------------

TEST_F(ServerRegistration, WelcomesWhoHasSentNickAndUser) {
  fakes::RemotePeer& ann = connect();
  EXPECT_EQ(say(ann, "NICK ann"), "");
  const std::string text = say(ann, "USER ann 0 * :Ann");
  EXPECT_THAT(text,
              StartsWith(":S 001 ann :Welcome to the Teasel network, ann!ann@host|:S 002 ann :Your host is irc.example, running "
                         "version teasel-irc|:S 003 ann :This server was created today|:S 004 ann irc.example teasel-irc i "
                         "biklmnostv|:S 005 ann CASEMAPPING=rfc1459 "));
  EXPECT_THAT(text, EndsWith(":S 422 ann :There is no message of the day|"));
}
TEST_F(ServerRegistration, TakesUserBeforeNick) {
  fakes::RemotePeer& ann = connect();
  say(ann, "USER ann 0 * :Ann");
  EXPECT_THAT(say(ann, "NICK ann"), StartsWith(":S 001 ann "));
}
TEST_F(ServerRegistration, AnnouncesItsLimitsInTheTermsOfIsupport) {
  options.limits.nickLength = 11;
  options.limits.channelsPerUser = 7;
  fakes::RemotePeer& ann = connect();
  const std::string text = say(ann, "NICK ann\r\nUSER ann 0 * :Ann");
  for (const char* word : {" CHANTYPES=# ", " PREFIX=(ov)@+ ", " CHANMODES=b,k,l,imnst ", " NICKLEN=11 ", " CHANLIMIT=#:7 ",
                           " MAXLIST=b:50 ", " NETWORK=Teasel :are supported by this server|"})
    EXPECT_THAT(text, HasSubstr(word));
}
TEST_F(ServerRegistration, Answers451ToEveryOtherCommandBeforeIt) {
  fakes::RemotePeer& ann = connect();
  for (const char* line :
       {"JOIN", "JOIN #tea", "PRIVMSG bob :hi", "WHO", "LIST", "MODE #tea", "AWAY", "BREW tea", "LUSERS", "MOTD"})
    EXPECT_EQ(say(ann, line), ":S 451 * :You have not registered|") << line;
  say(ann, "NICK ann");
  EXPECT_EQ(say(ann, "join #tea"), ":S 451 ann :You have not registered|");
}
TEST_F(ServerRegistration, AnswersPingBeforeItWithAColonBeforeTheToken) {
  fakes::RemotePeer& ann = connect();
  EXPECT_EQ(say(ann, "PING 12345"), ":S PONG irc.example :12345|");
  EXPECT_EQ(say(ann, "PING"), ":S 409 * :No origin specified|");
}
TEST_F(ServerRegistration, RefusesANickThatIsNone) {
  fakes::RemotePeer& ann = connect();
  EXPECT_EQ(say(ann, "NICK"), ":S 431 * :No nickname given|");
  EXPECT_EQ(say(ann, "NICK :"), ":S 431 * :No nickname given|");
  for (const char* nick : {"1ann", "-ann", "a.b", "a*b", "#ann", "\xc3\xa4nn", "abcdefghijabcdefghijabcdefghij1"})
    EXPECT_EQ(say(ann, std::string("NICK ") + nick), std::string(":S 432 * ") + nick + " :Erroneous nickname|");
  EXPECT_EQ(say(ann, "NICK :two words"), ":S 432 * two :Erroneous nickname|");
}
TEST_F(ServerRegistration, TakesANickWithEverySpecialCharacterAndOfTheFullLength) {
  for (const char* nick : {"[]\\`_^{|}", "a-1", "abcdefghijabcdefghijabcdefghij"}) {
    EXPECT_EQ(say(connect(), std::string("NICK ") + nick), "");
    EXPECT_NE(factory->findUser(nick), nullptr);
  }
}
TEST_F(ServerRegistration, RefusesANickThatIsTakenWhateverItsCase) {
  user("ann[]");
  fakes::RemotePeer& other = connect();
  EXPECT_EQ(say(other, "NICK ANN{}"), ":S 433 * ANN{} :Nickname is already in use|");
}
TEST_F(ServerRegistration, RefusesANickThatAnUnregisteredClientHolds) {
  say(connect(), "NICK ann");
  EXPECT_EQ(say(connect(), "NICK ann"), ":S 433 * ann :Nickname is already in use|");
}
TEST_F(ServerRegistration, RefusesUserWithTooFewParametersAndTwice) {
  fakes::RemotePeer& ann = connect();
  EXPECT_EQ(say(ann, "USER ann"), ":S 461 * USER :Not enough parameters|");
  say(ann, "USER ann 0 * :Ann");
  EXPECT_EQ(say(ann, "USER bob 0 * :Bob"), ":S 462 * :You may not reregister|");
}
TEST_F(ServerRegistration, RefusesPassAndUserAfterIt) {
  fakes::RemotePeer& ann = user("ann");
  EXPECT_EQ(say(ann, "PASS x"), ":S 462 ann :You may not reregister|");
  EXPECT_EQ(say(ann, "USER x 0 * :x"), ":S 462 ann :You may not reregister|");
}
TEST_F(ServerRegistration, TakesWhatWouldBreakAHostmaskOutOfTheUserName) {
  fakes::RemotePeer& ann = connect();
  EXPECT_THAT(say(ann, "NICK ann\r\nUSER a@b!c:d 0 * :Ann"), HasSubstr("ann!abcd@host"));
  EXPECT_THAT(say(connect(), "NICK bob\r\nUSER @ 0 * :Bob"), HasSubstr("bob!user@host"));
  EXPECT_THAT(say(connect(), "NICK cid\r\nUSER abcdefghijklmnop 0 * :Cid"), HasSubstr("cid!abcdefghijkl@host"));
}

// CAP --------------------------------------------------------------------------------------------

TEST_F(ServerRegistration, WaitsForCapEndAfterCapLs) {
  fakes::RemotePeer& ann = connect();
  EXPECT_EQ(say(ann, "CAP LS 302"), ":S CAP * LS :multi-prefix userhost-in-names|");
  EXPECT_EQ(say(ann, "NICK ann\r\nUSER ann 0 * :Ann"), "");
  EXPECT_EQ(say(ann, "CAP REQ :multi-prefix"), ":S CAP ann ACK :multi-prefix|");
  EXPECT_THAT(say(ann, "CAP END"), StartsWith(":S 001 ann "));
}
TEST_F(ServerRegistration, RegistersWhoEndsCapBeforeNick) {
  fakes::RemotePeer& ann = connect();
  say(ann, "cap ls\r\nCAP END");
  EXPECT_THAT(say(ann, "NICK ann\r\nUSER ann 0 * :Ann"), StartsWith(":S 001 ann "));
}
TEST_F(ServerRegistration, GrantsAllCapabilitiesOfARequestOrNone) {
  fakes::RemotePeer& ann = connect();
  EXPECT_EQ(say(ann, "CAP REQ :multi-prefix sasl"), ":S CAP * NAK :multi-prefix sasl|");
  EXPECT_EQ(say(ann, "CAP LIST"), ":S CAP * LIST :|");
  EXPECT_EQ(say(ann, "CAP REQ :userhost-in-names  multi-prefix "), ":S CAP * ACK :userhost-in-names  multi-prefix |");
  EXPECT_EQ(say(ann, "CAP LIST"), ":S CAP * LIST :multi-prefix userhost-in-names|");
  EXPECT_EQ(say(ann, "CAP REQ :-multi-prefix"), ":S CAP * ACK :-multi-prefix|");
  EXPECT_EQ(say(ann, "CAP LIST"), ":S CAP * LIST :userhost-in-names|");
}
TEST_F(ServerRegistration, RefusesAnUnknownCapCommand) {
  EXPECT_EQ(say(connect(), "CAP FOO"), ":S 410 * FOO :Invalid CAP command|");
  EXPECT_EQ(say(connect(), "CAP"), ":S 461 * CAP :Not enough parameters|");
}
TEST_F(ServerRegistration, TellsARegisteredUserItsCapabilitiesWithoutHoldingIt) {
  fakes::RemotePeer& ann = user("ann");
  EXPECT_EQ(say(ann, "CAP LS"), ":S CAP ann LS :multi-prefix userhost-in-names|");
  EXPECT_THAT(say(ann, "JOIN #tea"), HasSubstr(" JOIN #tea|"));
}

// The realm --------------------------------------------------------------------------------------

TEST_F(ServerRegistration, RefusesAWrongPasswordAndClosesTheConnection) {
  realm = std::make_shared<InMemoryWordsRealm>(GroupSettings{}, "secret");
  fakes::RemotePeer& ann = connect();
  EXPECT_EQ(say(ann, "PASS wrong\r\nNICK ann\r\nUSER ann 0 * :Ann"),
            ":S 464 ann :Password incorrect|ERROR :Closing Link: host (Bad password)|");
  EXPECT_TRUE(ann.sawEof());
  EXPECT_EQ(factory->findUser("ann"), nullptr);
  EXPECT_THAT(say(connect(), "PASS secret\r\nNICK ann\r\nUSER ann 0 * :Ann"), StartsWith(":S 001 ann "));
}
TEST_F(ServerRegistration, AsksForThePasswordOfARegisteredNickAlone) {
  const auto known = std::make_shared<InMemoryWordsRealm>();
  known->addUser("Ann", "hers");
  realm = known;
  EXPECT_THAT(say(connect(), "NICK bob\r\nUSER bob 0 * :Bob"), StartsWith(":S 001 bob "));
  EXPECT_THAT(say(connect(), "NICK ann\r\nUSER ann 0 * :Ann"), HasSubstr(" 464 "));
  fakes::RemotePeer& ann = connect();
  EXPECT_THAT(say(ann, "PASS hers\r\nNICK ANN\r\nUSER ann 0 * :Ann"), StartsWith(":S 001 ANN "));
  EXPECT_EQ(factory->findUser("ann")->avatar().account, "Ann");
}

/// A realm whose answers the test gives.
struct SlowRealm : InMemoryWordsRealm {
  Deferred<Avatar> login(const Credentials& credentials) override {
    asked = credentials;
    answer = Deferred<Avatar>([this] { cancelled = true; });
    return answer;
  }
  std::optional<GroupSettings> getGroup(std::string_view name, std::string_view nick, const Avatar& who) override {
    if (name == "#throws") throw std::runtime_error("the store is broken");
    if (name == "#no") return std::nullopt;
    group = std::string(nick) + '/' + who.account;
    return GroupSettings{.topic = "from the store", .modes = "sm", .limit = 2, .founderIsOperator = false};
  }
  void groupEmptied(std::string_view name, const GroupSettings& last) override {
    emptied += std::string(name) + '/' + last.topic + '/' + last.modes;
    if (name == "#angry") throw std::runtime_error("no room on the disk");
  }
  Credentials asked;
  Deferred<Avatar> answer{nullptr};
  std::string group, emptied;
  bool cancelled = false;
};

class ServerRealm : public ServerTest {
 protected:
  ServerRealm() { realm = slow; }
  fakes::RemotePeer& ann() {
    fakes::RemotePeer& peer = connect();
    say(peer, "PASS p\r\nNICK ann\r\nUSER a 0 * :Ann A\r\nJOIN #tea");
    return peer;
  }
  std::shared_ptr<SlowRealm> slow = std::make_shared<SlowRealm>();
};

TEST_F(ServerRealm, IsToldWhatTheClientSaid) {
  ann();
  EXPECT_EQ(slow->asked.nick + ' ' + slow->asked.user + ' ' + slow->asked.realName + ' ' + slow->asked.password, "ann a Ann A p");
  EXPECT_EQ(slow->asked.peer.host(), "198.51.100.1");
  slow->answer.callback(Avatar{});
}
TEST_F(ServerRealm, ReadsNoCommandBeforeTheLoginIsThere) {
  fakes::RemotePeer& peer = ann();
  EXPECT_EQ(heard(peer), "");
  world.advance(30s);
  slow->answer.callback(Avatar{.account = "acc", .host = "cloak"});
  world.settle();
  const std::string text = heard(peer);
  EXPECT_THAT(text, AllOf(StartsWith(":S 001 ann "), HasSubstr("|:ann!a@cloak JOIN #tea|")));
  EXPECT_EQ(slow->group, "ann/acc");
}
TEST_F(ServerRealm, RefusesWithTheTextOfUnauthorizedLogin) {
  fakes::RemotePeer& peer = ann();
  slow->answer.errback(UnauthorizedLogin("Not today"));
  world.settle();
  EXPECT_EQ(heard(peer), ":S 464 ann :Not today|ERROR :Closing Link: host (Bad password)|");
}
TEST_F(ServerRealm, KeepsTheTextOfOtherFailuresForTheLog) {
  fakes::RemotePeer& peer = ann();
  slow->answer.errback(std::runtime_error("database password 1234 refused"));
  world.settle();
  EXPECT_EQ(heard(peer), ":S 464 ann :Login failed|ERROR :Closing Link: host (Bad password)|");
  EXPECT_EQ(log.flushLoggedErrors<std::runtime_error>().size(), 1u);
}
TEST_F(ServerRealm, CancelsTheLoginOfAClientThatGoes) {
  fakes::RemotePeer& peer = ann();
  peer.reset();
  world.settle();
  world.advance(60s);
  EXPECT_TRUE(slow->cancelled);
  EXPECT_EQ(factory->connections(), 0u);
}
TEST_F(ServerRealm, SaysWhatAChannelBeginsWith) {
  fakes::RemotePeer& peer = ann();
  slow->answer.callback(Avatar{});
  world.settle();
  EXPECT_THAT(heard(peer),
              EndsWith("JOIN #tea|:S 332 ann #tea :from the store|:S 353 ann @ #tea :ann|:S 366 ann #tea :End of NAMES list|"));
  EXPECT_EQ(say(peer, "MODE #tea"), ":S 324 ann #tea +msl 2|");
  EXPECT_EQ(say(peer, "JOIN #no"), ":S 403 ann #no :No such channel|");
}
TEST_F(ServerRealm, HearsHowAChannelWasWhenItsLastMemberWent) {
  fakes::RemotePeer& peer = ann();
  slow->answer.callback(Avatar{});
  world.settle();
  say(peer, "PART #tea");
  EXPECT_EQ(slow->emptied, "#tea/from the store/ms");
}
TEST_F(ServerRealm, ThatThrowsInGroupEmptiedIsLoggedAndChangesNothingElse) {
  world.allowExceptions();
  fakes::RemotePeer& peer = ann();
  slow->answer.callback(Avatar{});
  world.settle();
  say(peer, "JOIN #angry");
  EXPECT_THAT(say(peer, "PART #angry"), EndsWith(" PART #angry|"));
  EXPECT_EQ(log.flushLoggedErrors<std::runtime_error>().size(), 1u);
  EXPECT_EQ(say(peer, "PING x"), ":S PONG irc.example :x|");
  EXPECT_EQ(factory->channels(), 1u);
}
TEST_F(ServerRealm, ThatThrowsInGetGroupEndsThatConnectionAlone) {
  world.allowExceptions();
  fakes::RemotePeer& peer = ann();
  slow->answer.callback(Avatar{});
  world.settle();
  say(peer, "JOIN #throws");
  EXPECT_FALSE(peer.open());
  EXPECT_EQ(factory->channels(), 0u);
  EXPECT_EQ(factory->users(), 0u);
  EXPECT_FALSE(log.flushLoggedErrors<std::runtime_error>().empty());
}

}  // namespace
}  // namespace teasel::irc
