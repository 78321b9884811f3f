#include <teasel/protocols/irc/detail/server_state.hpp>
#include <teasel/protocols/irc/test/server_test_kit.hpp>

namespace teasel::irc {
namespace {

using namespace test;

/// ann is operator of #tea, bob is in it.
class ServerModes : public ServerTest {
 protected:
  void SetUp() override {
    ann = &member("ann", "#tea");
    bob = &member("bob", "#tea");
    quiet(*ann, *bob);
  }
  std::string ops(const std::string& line) { return say(*ann, line); }
  std::string bobs(const std::string& line) { return say(*bob, line); }
  fakes::RemotePeer *ann = nullptr, *bob = nullptr;
};

TEST_F(ServerModes, AChannelBeginsWithNAndT) { EXPECT_EQ(ops("MODE #tea"), ":S 324 ann #tea +nt|"); }
TEST_F(ServerModes, TellsAllMembersWhatChanged) {
  EXPECT_EQ(ops("MODE #TEA +ov-t BOB bob"), ":ann!ann@host MODE #tea +ov-t bob bob|");
  EXPECT_EQ(heard(*bob), ":ann!ann@host MODE #tea +ov-t bob bob|");
  EXPECT_THAT(factory->members("#tea"), ElementsAre("@ann", "@bob"));
}
TEST_F(ServerModes, TellsNothingOfWhatDidNotChange) {
  EXPECT_EQ(ops("MODE #tea +nt-m"), "");
  EXPECT_EQ(ops("MODE #tea +o-v ann ann"), "");
  EXPECT_EQ(ops("MODE #tea +m-l"), ":ann!ann@host MODE #tea +m|");
}
TEST_F(ServerModes, RefusesWhoIsNoOperatorOrNoMember) {
  EXPECT_EQ(bobs("MODE #tea +m"), ":S 482 bob #tea :You're not channel operator|");
  EXPECT_EQ(say(user("cid"), "MODE #tea +m"), ":S 442 cid #tea :You're not on that channel|");
  EXPECT_EQ(ops("MODE"), ":S 461 ann MODE :Not enough parameters|");
  EXPECT_EQ(ops("MODE #no"), ":S 403 ann #no :No such channel|");
}
TEST_F(ServerModes, AnUnknownModeEndsTheChangesWithAnError) {
  EXPECT_EQ(ops("MODE #tea +mzi"), ":S 472 ann z :is unknown mode char to me|:ann!ann@host MODE #tea +m|");
}
TEST_F(ServerModes, AMissingParameterEndsTheChangesWithAnError) {
  EXPECT_EQ(ops("MODE #tea +mo"), ":S 461 ann MODE :Not enough parameters|:ann!ann@host MODE #tea +m|");
}
TEST_F(ServerModes, RanksAreForMembers) {
  user("cid");
  EXPECT_EQ(ops("MODE #tea +o cid"), ":S 441 ann cid #tea :They aren't on that channel|");
  EXPECT_EQ(ops("MODE #tea +v dan"), ":S 441 ann dan #tea :They aren't on that channel|");
}
TEST_F(ServerModes, TakesSoManyChangesWithParameters) {
  EXPECT_EQ(ops("MODE #tea +vvvvvvo bob bob bob bob bob bob bob"), ":ann!ann@host MODE #tea +v bob|");
  EXPECT_THAT(factory->members("#tea"), ElementsAre("@ann", "+bob"));
}

// k and l ----------------------------------------------------------------------------------------

TEST_F(ServerModes, AKeyIsNeededToJoin) {
  EXPECT_EQ(ops("MODE #tea +k leaf"), ":ann!ann@host MODE #tea +k leaf|");
  EXPECT_EQ(ops("MODE #tea"), ":S 324 ann #tea +ntk leaf|");
  fakes::RemotePeer& cid = user("cid");
  EXPECT_EQ(say(cid, "MODE #tea"), ":S 324 cid #tea +ntk *|");
  EXPECT_EQ(say(cid, "JOIN #tea"), ":S 475 cid #tea :Cannot join channel (+k)|");
  EXPECT_EQ(say(cid, "JOIN #tea Leaf"), ":S 475 cid #tea :Cannot join channel (+k)|");
  EXPECT_THAT(say(cid, "JOIN #tea leaf"), StartsWith(":cid!cid@host JOIN #tea|"));
}
TEST_F(ServerModes, AKeyIsSetOnceAndRemovedByAnyKey) {
  ops("MODE #tea +k leaf");
  EXPECT_EQ(ops("MODE #tea +k other"), ":S 467 ann #tea :Channel key already set|");
  EXPECT_EQ(ops("MODE #tea -k *"), ":ann!ann@host MODE #tea -k leaf|");
  EXPECT_EQ(ops("MODE #tea -k *"), "");
}
TEST_F(ServerModes, RefusesWhatIsNoKey) {
  EXPECT_EQ(ops("MODE #tea +k a,b"), ":S 696 ann #tea k a,b :Not a key|");
  EXPECT_EQ(ops("MODE #tea +k " + std::string(24, 'x')), ":S 696 ann #tea k " + std::string(24, 'x') + " :Not a key|");
  EXPECT_EQ(ops("MODE #tea +k :a b"), ":S 696 ann #tea k a :Not a key|");
}
TEST_F(ServerModes, ALimitKeepsOthersOut) {
  EXPECT_EQ(ops("MODE #tea +l 2"), ":ann!ann@host MODE #tea +l 2|");
  EXPECT_EQ(ops("MODE #tea +l 02"), "");
  EXPECT_EQ(say(user("cid"), "JOIN #tea"), ":S 471 cid #tea :Cannot join channel (+l)|");
  EXPECT_EQ(ops("MODE #tea -l"), ":ann!ann@host MODE #tea -l|");
}
TEST_F(ServerModes, RefusesWhatIsNoLimit) {
  for (const char* limit : {"0", "-1", "x", "2x", "100001", "99999999999999999999"})
    EXPECT_EQ(ops(std::string("MODE #tea +l ") + limit), std::string(":S 696 ann #tea l ") + limit + " :Not a limit|");
}

// b ----------------------------------------------------------------------------------------------

TEST_F(ServerModes, ABanKeepsOutAndSilencesUnlessThereIsAVoice) {
  EXPECT_EQ(ops("MODE #tea +b BOB"), ":ann!ann@host MODE #tea +b BOB!*@*|");
  EXPECT_EQ(bobs("PRIVMSG #tea :hi"), ":ann!ann@host MODE #tea +b BOB!*@*|:S 404 bob #tea :Cannot send to channel|");
  ops("MODE #tea +v bob");
  quiet(*bob);
  EXPECT_EQ(bobs("PRIVMSG #tea :hi"), "");
  bobs("PART #tea");
  EXPECT_EQ(bobs("JOIN #tea"), ":S 474 bob #tea :Cannot join channel (+b)|");
  ops("MODE #tea -b bob!*@*");
  EXPECT_THAT(bobs("JOIN #tea"), StartsWith(":bob!bob@host JOIN #tea|"));
}
TEST_F(ServerModes, ListsBansForEverybodyWhoSeesTheChannel) {
  ops("MODE #tea +bb *@spam.example x!y@z");
  for (const char* question : {"MODE #tea b", "MODE #tea +b"})
    EXPECT_EQ(say(*ann, question),
              ":S 367 ann #tea *!*@spam.example|:S 367 ann #tea x!y@z|:S 368 ann #tea :End of channel ban list|");
  fakes::RemotePeer& cid = user("cid");
  EXPECT_THAT(say(cid, "MODE #tea b"), HasSubstr(":S 367 cid #tea x!y@z|"));
  ops("MODE #tea +s");
  EXPECT_EQ(say(cid, "MODE #tea b"), ":S 442 cid #tea :You're not on that channel|");
}
TEST_F(ServerModes, ABanIsThereOnce) {
  ops("MODE #tea +b x");
  EXPECT_EQ(ops("MODE #tea +b X!*@*"), "");
  EXPECT_EQ(ops("MODE #tea -b y"), "");
  EXPECT_EQ(ops("MODE #tea -b X"), ":ann!ann@host MODE #tea -b X!*@*|");
}
TEST_F(ServerModes, RefusesAMaskThatIsTooLong) {
  EXPECT_THAT(ops("MODE #tea +b " + std::string(101, 'x')), AllOf(StartsWith(":S 415 ann xxx"), EndsWith(" :Bad ban mask|")));
  EXPECT_EQ(ops("MODE #tea b"), ":S 368 ann #tea :End of channel ban list|");
}
/// The same where two bans are allowed and the time is 99.
class ServerBans : public ServerModes {
 protected:
  ServerBans() {
    options.limits.bans = 2;
    options.unixTime = [] { return 99; };
  }
};
TEST_F(ServerBans, AChannelHasSoManyAndNotOneMore) {
  ops("MODE #tea +bb a b");
  EXPECT_EQ(ops("MODE #tea +b c"), ":S 478 ann #tea c!*@* :Channel ban list is full|");
}
TEST_F(ServerBans, AreToldWithTheirTime) {
  ops("MODE #tea +b a");
  EXPECT_THAT(ops("MODE #tea b"), StartsWith(":S 367 ann #tea a!*@* ann!ann@host 99|"));
  EXPECT_EQ(ops("MODE #tea"), ":S 324 ann #tea +nt|:S 329 ann #tea 99|");
}

// What i, m, n, s do -----------------------------------------------------------------------------

TEST_F(ServerModes, ModeMLetsOnlyVoicesAndOperatorsSpeak) {
  ops("MODE #tea +m");
  quiet(*bob);
  EXPECT_EQ(bobs("PRIVMSG #tea :hi"), ":S 404 bob #tea :Cannot send to channel|");
  EXPECT_EQ(ops("PRIVMSG #tea :hush"), "");
  EXPECT_EQ(heard(*bob), ":ann!ann@host PRIVMSG #tea :hush|");
  ops("MODE #tea +v bob");
  quiet(*bob);
  EXPECT_EQ(bobs("PRIVMSG #tea :hi"), "");
  EXPECT_THAT(heard(*ann), EndsWith(":bob!bob@host PRIVMSG #tea :hi|"));
}
TEST_F(ServerModes, WithoutModeNOthersMaySpeak) {
  fakes::RemotePeer& cid = user("cid");
  EXPECT_EQ(say(cid, "PRIVMSG #tea :hi"), ":S 404 cid #tea :Cannot send to channel|");
  ops("MODE #tea -n");
  EXPECT_EQ(say(cid, "PRIVMSG #tea :hi"), "");
  EXPECT_EQ(heard(*ann), ":cid!cid@host PRIVMSG #tea :hi|");
}

// Modes of users ---------------------------------------------------------------------------------

TEST_F(ServerModes, AUserSetsItsOwnModeIAlone) {
  EXPECT_EQ(ops("MODE ann"), ":S 221 ann +|");
  EXPECT_EQ(ops("MODE Ann +i"), ":ann!ann@host MODE ann :+i|");
  EXPECT_EQ(ops("MODE ann +i"), "");
  EXPECT_EQ(ops("MODE ann"), ":S 221 ann +i|");
  EXPECT_EQ(ops("MODE ann -i"), ":ann!ann@host MODE ann :-i|");
  EXPECT_EQ(ops("MODE bob"), ":S 502 ann :Cannot change mode for other users|");
  EXPECT_EQ(ops("MODE dan +i"), ":S 401 ann dan :No such nick|");
  EXPECT_EQ(ops("MODE ann +ow"), ":S 501 ann :Unknown MODE flag|");
}

TEST_F(ServerModes, CountsBansAmongTheChangesWithAParameter) {
  EXPECT_EQ(ops("MODE #tea +bbbbbbbb a b c d e f g h"), ":ann!ann@host MODE #tea +bbbbbb a!*@* b!*@* c!*@* d!*@* e!*@* f!*@*|");
}
TEST_F(ServerModes, SendsTheListOfBansOnceInAnswerToOneCommand) {
  ops("MODE #tea +b a");
  EXPECT_EQ(ops("MODE #tea bbbbbbbb"), ":S 367 ann #tea a!*@*|:S 368 ann #tea :End of channel ban list|");
}

// Masks ------------------------------------------------------------------------------------------

TEST(ServerMasks, AreMadeWhole) {
  using detail::wholeMask;
  EXPECT_EQ(wholeMask("bob"), "bob!*@*");
  EXPECT_EQ(wholeMask("b!u"), "b!u@*");
  EXPECT_EQ(wholeMask("u@h"), "*!u@h");
  EXPECT_EQ(wholeMask("b!u@h"), "b!u@h");
  EXPECT_EQ(wholeMask("!@"), "*!*@*");
  EXPECT_EQ(wholeMask("@h"), "*!*@h");
  EXPECT_EQ(wholeMask(""), "*!*@*");
}

}  // namespace
}  // namespace teasel::irc
