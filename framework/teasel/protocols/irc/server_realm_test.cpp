#include <teasel/protocols/irc/test/server_test_kit.hpp>

#include <teasel/core/errors.hpp>

namespace teasel::irc {
namespace {

using namespace test;

class ServerAndRealm : public ServerTest {
 protected:
  /// A realm that says what a test wants.
  struct Told : InMemoryWordsRealm {
    Deferred<Avatar> login(const Credentials& credentials) override {
      if (!refusal.empty()) return fail<Avatar>(UnauthorizedLogin(refusal));
      return avatar ? succeed(*avatar) : InMemoryWordsRealm::login(credentials);
    }
    std::optional<GroupSettings> getGroup(std::string_view name, std::string_view nick, const Avatar&) override {
      if (asked) asked(name, nick);
      if (name == "#bad") return std::nullopt;
      return group;
    }
    void groupEmptied(std::string_view name, const GroupSettings&) override {
      if (emptied) emptied(name);
    }
    GroupSettings group;
    std::string refusal;
    std::optional<Avatar> avatar;
    std::function<void(std::string_view name, std::string_view nick)> asked;
    std::function<void(std::string_view name)> emptied;
  };
  ServerAndRealm() { realm = told; }
  std::shared_ptr<Told> told = std::make_shared<Told>();
};

// Calls into the realm ---------------------------------------------------------------------------

TEST_F(ServerAndRealm, AUserWhomTheRealmEndsInACallJoinsNothingMore) {
  told->asked = [this](std::string_view name, std::string_view nick) {
    if (name == "#bad") factory->findUser(nick)->disconnect("banned");
  };
  fakes::RemotePeer& ann = member("ann", "#tea");
  fakes::RemotePeer& bob = user("bob");
  quiet(ann, bob);
  EXPECT_EQ(say(bob, "JOIN #bad,#tea,#new"), "ERROR :Closing Link: host (banned)|");
  EXPECT_EQ(heard(ann), "");
  EXPECT_THAT(factory->members("#tea"), ElementsAre("@ann"));
  EXPECT_EQ(factory->channels(), 1u);
}
TEST_F(ServerAndRealm, AUserWhomTheRealmEndsWhileItMakesAChannelIsNotInIt) {
  told->asked = [this](std::string_view, std::string_view nick) { factory->findUser(nick)->disconnect("no"); };
  fakes::RemotePeer& bob = user("bob");
  quiet(bob);
  EXPECT_EQ(say(bob, "JOIN #new"), "ERROR :Closing Link: host (no)|");
  EXPECT_EQ(factory->channels(), 0u);
}
TEST_F(ServerAndRealm, AUserWhomTheRealmEndsInAPartPartsNothingMore) {
  told->emptied = [this](std::string_view name) {
    if (IRCUser* bob = factory->findUser("bob"); bob != nullptr && name == "#a") bob->disconnect("enough");
  };
  fakes::RemotePeer& ann = member("ann", "#b");
  fakes::RemotePeer& bob = member("bob", "#a,#b");
  quiet(ann, bob);
  EXPECT_EQ(say(bob, "PART #a,#b :bye"), ":bob!bob@host PART #a :bye|ERROR :Closing Link: host (enough)|");
  EXPECT_EQ(heard(ann), ":bob!bob@host QUIT :enough|");
}

// Settings of channels ---------------------------------------------------------------------------

TEST_F(ServerAndRealm, KeyOfARealmHoldsForTheFirstOneInToo) {
  told->group = {.topic = "members only", .modes = "nk", .key = "secret"};
  fakes::RemotePeer& eve = user("eve");
  quiet(eve);
  EXPECT_EQ(say(eve, "JOIN #vip"), ":S 475 eve #vip :Cannot join channel (+k)|");
  EXPECT_EQ(factory->channels(), 0u);
  EXPECT_THAT(say(eve, "JOIN #vip secret"), HasSubstr(" 332 eve #vip :members only|"));
}
TEST_F(ServerAndRealm, AChannelThatIsInviteOnlyFromItsBeginningHasNoFirstMember) {
  told->group = {.modes = "i"};
  fakes::RemotePeer& eve = user("eve");
  quiet(eve);
  EXPECT_EQ(say(eve, "JOIN #vip"), ":S 473 eve #vip :Cannot join channel (+i)|");
  EXPECT_EQ(factory->channels(), 0u);
}
TEST_F(ServerAndRealm, ALineEndInATextOfTheRealmBecomesASpace) {
  told->group = {.topic = "two\r\nlines"};
  told->avatar = Avatar{.account = "a\nb", .host = "ev\nil"};
  fakes::RemotePeer& ann = user("ann");
  EXPECT_THAT(say(ann, "JOIN #tea"), AllOf(StartsWith(":ann!ann@ev JOIN #tea|"), HasSubstr(" 332 ann #tea :two  lines|")));
  EXPECT_THAT(say(ann, "WHOIS ann"), HasSubstr(" 330 ann ann a :is logged in as|"));
}
TEST_F(ServerAndRealm, ARefusalOfTwoLinesIsSentAsOne) {
  told->refusal = "line one\nline two";
  EXPECT_THAT(say(connect(), "NICK a\r\nUSER a 0 * :a"), StartsWith(":S 464 a :line one line two|"));
}
TEST_F(ServerAndRealm, AKeyThatNobodyCouldSayEndsTheConnection) {
  world.allowExceptions();
  told->group = {.key = "two words"};
  fakes::RemotePeer& ann = user("ann");
  say(ann, "JOIN #tea");
  EXPECT_EQ(factory->users(), 0u);
  EXPECT_EQ(factory->channels(), 0u);
  EXPECT_EQ(log.flushLoggedErrors<UsageError>().size(), 1u);
}

// Nicks of accounts ------------------------------------------------------------------------------

class ServerAccounts : public ServerTest {
 protected:
  ServerAccounts() {
    const auto known = std::make_shared<InMemoryWordsRealm>();
    known->addUser("Bob", "pw");
    realm = known;
  }
};

TEST_F(ServerAccounts, TheNickOfAnAccountCannotBeTakenByNick) {
  fakes::RemotePeer& eve = user("eve");
  quiet(eve);
  EXPECT_EQ(say(eve, "NICK bob"), ":S 433 eve bob :This nick belongs to an account|");
  EXPECT_EQ(factory->findUser("bob"), nullptr);
}
TEST_F(ServerAccounts, TheOwnerOfAnAccountMayLeaveItsNickAndComeBack) {
  fakes::RemotePeer& bob = connect();
  say(bob, "PASS pw\r\nNICK bob\r\nUSER b 0 * :b");
  EXPECT_EQ(say(bob, "NICK rob"), ":bob!b@host NICK :rob|");
  EXPECT_EQ(say(bob, "NICK BOB"), ":rob!b@host NICK :BOB|");
}

}  // namespace
}  // namespace teasel::irc
