#include <teasel/protocols/irc/test/server_test_kit.hpp>

namespace teasel::irc {
namespace {

using namespace test;

class ServerChannels : public ServerTest {};

// JOIN -------------------------------------------------------------------------------------------

TEST_F(ServerChannels, TheFirstMemberOfAChannelIsItsOperator) {
  fakes::RemotePeer& ann = user("ann");
  EXPECT_EQ(say(ann, "JOIN #tea"), ":ann!ann@host JOIN #tea|:S 353 ann = #tea :@ann|:S 366 ann #tea :End of NAMES list|");
  EXPECT_THAT(factory->members("#tea"), ElementsAre("@ann"));
}
TEST_F(ServerChannels, TellsTheMembersWhoJoins) {
  fakes::RemotePeer& ann = member("ann", "#tea");
  fakes::RemotePeer& bob = user("bob");
  EXPECT_EQ(say(bob, "JOIN #TEA"), ":bob!bob@host JOIN #tea|:S 353 bob = #tea :@ann bob|:S 366 bob #tea :End of NAMES list|");
  EXPECT_EQ(heard(ann), ":bob!bob@host JOIN #tea|");
}
TEST_F(ServerChannels, JoiningAgainSaysNothing) {
  fakes::RemotePeer& ann = member("ann", "#tea");
  EXPECT_EQ(say(ann, "JOIN #Tea"), "");
}
TEST_F(ServerChannels, JoinsSeveralChannelsWithTheirKeys) {
  fakes::RemotePeer& ann = member("ann", "#a,#b,#c");
  say(ann, "MODE #b +k second\r\nMODE #c +k third");
  fakes::RemotePeer& bob = user("bob");
  EXPECT_THAT(say(bob, "JOIN #a,#b,#c ,second"), AllOf(HasSubstr("JOIN #a|"), HasSubstr("JOIN #b|"), Not(HasSubstr("JOIN #c|")),
                                                       EndsWith(":S 475 bob #c :Cannot join channel (+k)|")));
}
TEST_F(ServerChannels, RefusesNamesThatNoChannelHas) {
  fakes::RemotePeer& ann = user("ann");
  EXPECT_EQ(say(ann, "JOIN"), ":S 461 ann JOIN :Not enough parameters|");
  for (const char* name : {"tea", "#", "&tea", "#a:b", "#a\x07", "#a\x7f"})
    EXPECT_EQ(say(ann, std::string("JOIN ") + name), std::string(":S 403 ann ") + name + " :No such channel|");
  EXPECT_THAT(say(ann, "JOIN #" + std::string(50, 'x')), HasSubstr(" 403 ann #x"));
  EXPECT_THAT(say(ann, "JOIN #" + std::string(49, 'x')), HasSubstr(" JOIN #x"));
  EXPECT_EQ(say(ann, "JOIN :#two words"), ":S 403 ann #two :No such channel|");
}
TEST_F(ServerChannels, AUserIsInSoManyChannelsAndNotInOneMore) {
  options.limits.channelsPerUser = 2;
  fakes::RemotePeer& ann = member("ann", "#a,#b");
  EXPECT_EQ(say(ann, "JOIN #c"), ":S 405 ann #c :You have joined too many channels, the limit is 2|");
  say(ann, "PART #a");
  EXPECT_THAT(say(ann, "JOIN #c"), HasSubstr(" JOIN #c|"));
}
TEST_F(ServerChannels, ThereAreSoManyChannelsAndNotOneMore) {
  options.limits.channels = 1;
  fakes::RemotePeer& ann = member("ann", "#a");
  EXPECT_EQ(say(ann, "JOIN #b"), ":S 437 ann #b :There are too many channels, the limit is 1|");
}
TEST_F(ServerChannels, TakesSoManyTargetsAndSaysSoOnce) {
  options.limits.targets = 2;
  fakes::RemotePeer& ann = user("ann");
  EXPECT_THAT(say(ann, "JOIN #a,#b,#c,#d"), StartsWith(":S 407 ann JOIN :Too many targets, the limit is 2|"));
  EXPECT_EQ(factory->channels(), 2u);
  EXPECT_THAT(say(ann, "PART #a,#b,#c"), StartsWith(":S 407 ann PART "));
}
TEST_F(ServerChannels, JoinZeroPartsAllChannels) {
  fakes::RemotePeer& ann = member("ann", "#b,#a");
  EXPECT_EQ(say(ann, "JOIN 0"), ":ann!ann@host PART #a|:ann!ann@host PART #b|");
  EXPECT_EQ(factory->channels(), 0u);
}

// PART -------------------------------------------------------------------------------------------

TEST_F(ServerChannels, TellsTheMembersAndThePartingOneWhoParts) {
  fakes::RemotePeer& ann = member("ann", "#tea");
  fakes::RemotePeer& bob = member("bob", "#tea");
  quiet(ann);
  EXPECT_EQ(say(bob, "PART #tea"), ":bob!bob@host PART #tea|");
  EXPECT_EQ(heard(ann), ":bob!bob@host PART #tea|");
  EXPECT_EQ(say(ann, "PART #tea :the tea is cold"), ":ann!ann@host PART #tea :the tea is cold|");
  EXPECT_EQ(factory->channels(), 0u);
}
TEST_F(ServerChannels, RefusesToPartFromWhereOneIsNot) {
  member("bob", "#tea");
  fakes::RemotePeer& ann = user("ann");
  EXPECT_EQ(say(ann, "PART"), ":S 461 ann PART :Not enough parameters|");
  EXPECT_EQ(say(ann, "PART #tea,#no"), ":S 442 ann #tea :You're not on that channel|:S 403 ann #no :No such channel|");
}
TEST_F(ServerChannels, ForgetsAChannelWithItsLastMember) {
  fakes::RemotePeer& ann = member("ann", "#tea");
  say(ann, "MODE #tea +k key\r\nTOPIC #tea :old\r\nPART #tea");
  fakes::RemotePeer& bob = user("bob");
  EXPECT_EQ(say(bob, "JOIN #tea"), ":bob!bob@host JOIN #tea|:S 353 bob = #tea :@bob|:S 366 bob #tea :End of NAMES list|");
}

// TOPIC ------------------------------------------------------------------------------------------

TEST_F(ServerChannels, TellsAndSetsTheTopic) {
  fakes::RemotePeer& ann = member("ann", "#tea");
  fakes::RemotePeer& bob = member("bob", "#tea");
  quiet(ann, bob);
  EXPECT_EQ(say(bob, "TOPIC #tea"), ":S 331 bob #tea :No topic is set|");
  EXPECT_EQ(say(ann, "TOPIC #tea :Earl Grey"), ":ann!ann@host TOPIC #tea :Earl Grey|");
  EXPECT_EQ(heard(bob), ":ann!ann@host TOPIC #tea :Earl Grey|");
  EXPECT_EQ(say(bob, "TOPIC #TEA"), ":S 332 bob #tea :Earl Grey|");
  EXPECT_THAT(say(user("cid"), "JOIN #tea"), HasSubstr("|:S 332 cid #tea :Earl Grey|:S 353 "));
  EXPECT_EQ(say(ann, "TOPIC #tea :"), ":cid!cid@host JOIN #tea|:ann!ann@host TOPIC #tea :|");
  quiet(bob);
  EXPECT_EQ(say(bob, "TOPIC #tea"), ":S 331 bob #tea :No topic is set|");
}
TEST_F(ServerChannels, OnlyOperatorsSetTheTopicOfAChannelWithModeT) {
  fakes::RemotePeer& ann = member("ann", "#tea");
  fakes::RemotePeer& bob = member("bob", "#tea");
  quiet(ann);
  EXPECT_EQ(say(bob, "TOPIC #tea :mine"), ":S 482 bob #tea :You're not channel operator|");
  say(ann, "MODE #tea -t");
  quiet(bob);
  EXPECT_EQ(say(bob, "TOPIC #tea :mine"), ":bob!bob@host TOPIC #tea :mine|");
}
TEST_F(ServerChannels, RefusesTheTopicOfWhatOneIsNotIn) {
  fakes::RemotePeer& ann = member("ann", "#tea");
  say(ann, "MODE #tea +s");
  fakes::RemotePeer& bob = user("bob");
  EXPECT_EQ(say(bob, "TOPIC"), ":S 461 bob TOPIC :Not enough parameters|");
  EXPECT_EQ(say(bob, "TOPIC #no"), ":S 403 bob #no :No such channel|");
  EXPECT_EQ(say(bob, "TOPIC #tea"), ":S 442 bob #tea :You're not on that channel|");
  EXPECT_EQ(say(bob, "TOPIC #tea :x"), ":S 442 bob #tea :You're not on that channel|");
}
TEST_F(ServerChannels, CutsALongTopicBetweenTwoCharacters) {
  options.limits.topicLength = 5;
  fakes::RemotePeer& ann = member("ann", "#tea");
  EXPECT_EQ(say(ann, "TOPIC #tea :\u20ac\u20ac"), ":ann!ann@host TOPIC #tea :\u20ac|");
}
TEST_F(ServerChannels, SaysWhoSetTheTopicAndWhenIfThereIsATime) {
  options.unixTime = [] { return 1234; };
  fakes::RemotePeer& ann = member("ann", "#tea");
  say(ann, "TOPIC #tea :Earl Grey");
  EXPECT_EQ(say(ann, "TOPIC #tea"), ":S 332 ann #tea :Earl Grey|:S 333 ann #tea ann!ann@host 1234|");
}

// NAMES and LIST ---------------------------------------------------------------------------------

TEST_F(ServerChannels, NamesShowsRanksAndHidesInvisibleUsersFromOthers) {
  fakes::RemotePeer& ann = member("ann", "#tea");
  fakes::RemotePeer& bob = member("bob", "#tea");
  member("cid", "#tea");
  say(ann, "MODE #tea +v bob");
  say(bob, "MODE bob +i");
  EXPECT_EQ(say(bob, "NAMES #tea"), ":S 353 bob = #tea :@ann +bob cid|:S 366 bob #tea :End of NAMES list|");
  EXPECT_EQ(say(user("dan"), "NAMES #tea"), ":S 353 dan = #tea :@ann cid|:S 366 dan #tea :End of NAMES list|");
}
TEST_F(ServerChannels, NamesShowsMoreToWhoAskedForTheCapabilities) {
  fakes::RemotePeer& ann = member("ann", "#tea");
  say(ann, "CAP REQ :multi-prefix userhost-in-names\r\nMODE #tea +v ann");
  EXPECT_THAT(say(ann, "NAMES #tea"), StartsWith(":S 353 ann = #tea :@+ann!ann@host|"));
  EXPECT_THAT(say(ann, "WHO #tea"), StartsWith(":S 352 ann #tea ann host irc.example ann H@+ :0 ann the user|"));
}
TEST_F(ServerChannels, NamesOfNoneOrOfASecretChannelIsEmpty) {
  fakes::RemotePeer& ann = member("ann", "#tea");
  say(ann, "MODE #tea +s");
  fakes::RemotePeer& bob = user("bob");
  EXPECT_EQ(say(bob, "NAMES"), ":S 366 bob * :End of NAMES list|");
  EXPECT_EQ(say(bob, "NAMES #tea,#no"), ":S 366 bob #tea :End of NAMES list|:S 366 bob #no :End of NAMES list|");
  EXPECT_THAT(say(ann, "NAMES #tea"), StartsWith(":S 353 ann @ #tea :@ann|"));
}
TEST_F(ServerChannels, ListShowsChannelsButNoSecretOnes) {
  fakes::RemotePeer& ann = member("ann", "#b,#a,#c");
  say(ann, "TOPIC #a :first\r\nMODE #c +s");
  fakes::RemotePeer& bob = user("bob");
  EXPECT_EQ(say(bob, "LIST"),
            ":S 321 bob Channel :Users  Name|:S 322 bob #a 1 :first|:S 322 bob #b 1 :|:S 323 bob :End of LIST|");
  EXPECT_EQ(say(bob, "LIST #b,#c,#no"), ":S 321 bob Channel :Users  Name|:S 322 bob #b 1 :|:S 323 bob :End of LIST|");
  EXPECT_THAT(say(ann, "LIST #c"), HasSubstr("|:S 322 ann #c 1 :|"));
}

// KICK and INVITE --------------------------------------------------------------------------------

TEST_F(ServerChannels, AnOperatorKicks) {
  fakes::RemotePeer& ann = member("ann", "#tea");
  fakes::RemotePeer& bob = member("bob", "#tea");
  quiet(ann);
  EXPECT_EQ(say(ann, "KICK #tea BOB :spilled it"), ":ann!ann@host KICK #tea bob :spilled it|");
  EXPECT_THAT(heard(bob), EndsWith(":ann!ann@host KICK #tea bob :spilled it|"));
  EXPECT_THAT(factory->members("#tea"), ElementsAre("@ann"));
  say(bob, "JOIN #tea");
  EXPECT_THAT(say(ann, "KICK #tea bob"), EndsWith(":ann!ann@host KICK #tea bob :ann|"));
}
TEST_F(ServerChannels, KicksSeveralAndOneself) {
  fakes::RemotePeer& ann = member("ann", "#tea");
  member("bob", "#tea");
  quiet(ann);
  EXPECT_EQ(say(ann, "KICK #tea bob,ann,cid"),
            ":ann!ann@host KICK #tea bob :ann|:ann!ann@host KICK #tea ann :ann|:S 403 ann #tea :No such channel|");
}
TEST_F(ServerChannels, RefusesToKick) {
  fakes::RemotePeer& ann = member("ann", "#tea");
  fakes::RemotePeer& bob = member("bob", "#tea");
  fakes::RemotePeer& cid = user("cid");
  quiet(ann, bob);
  EXPECT_EQ(say(ann, "KICK #tea"), ":S 461 ann KICK :Not enough parameters|");
  EXPECT_EQ(say(ann, "KICK #no bob"), ":S 403 ann #no :No such channel|");
  EXPECT_EQ(say(bob, "KICK #tea ann"), ":S 482 bob #tea :You're not channel operator|");
  EXPECT_EQ(say(cid, "KICK #tea ann"), ":S 442 cid #tea :You're not on that channel|");
  EXPECT_EQ(say(ann, "KICK #tea cid"), ":S 441 ann cid #tea :They aren't on that channel|");
  EXPECT_EQ(say(ann, "KICK #tea dan"), ":S 441 ann dan #tea :They aren't on that channel|");
}
TEST_F(ServerChannels, InviteOpensAChannelThatIsInviteOnlyOnce) {
  fakes::RemotePeer& ann = member("ann", "#tea");
  fakes::RemotePeer& bob = user("bob");
  say(ann, "MODE #tea +i");
  EXPECT_EQ(say(bob, "JOIN #tea"), ":S 473 bob #tea :Cannot join channel (+i)|");
  EXPECT_EQ(say(ann, "INVITE bob #TEA"), ":S 341 ann bob #tea|");
  EXPECT_EQ(heard(bob), ":ann!ann@host INVITE bob :#tea|");
  EXPECT_THAT(say(bob, "JOIN #tea"), StartsWith(":bob!bob@host JOIN #tea|"));
  say(bob, "PART #tea");
  EXPECT_EQ(say(bob, "JOIN #tea"), ":S 473 bob #tea :Cannot join channel (+i)|");
}
TEST_F(ServerChannels, RefusesToInvite) {
  fakes::RemotePeer& ann = member("ann", "#tea");
  fakes::RemotePeer& bob = member("bob", "#tea");
  fakes::RemotePeer& cid = user("cid");
  say(ann, "MODE #tea +i");
  quiet(ann, bob);
  EXPECT_EQ(say(ann, "INVITE bob"), ":S 461 ann INVITE :Not enough parameters|");
  EXPECT_EQ(say(ann, "INVITE dan #tea"), ":S 401 ann dan :No such nick|");
  EXPECT_EQ(say(ann, "INVITE cid #no"), ":S 403 ann #no :No such channel|");
  EXPECT_EQ(say(ann, "INVITE bob #tea"), ":S 443 ann bob #tea :is already on channel|");
  EXPECT_EQ(say(bob, "INVITE cid #tea"), ":S 482 bob #tea :You're not channel operator|");
  EXPECT_EQ(say(cid, "INVITE bob #tea"), ":S 442 cid #tea :You're not on that channel|");
}
TEST_F(ServerChannels, AnInvitationEndsWithItsChannel) {
  fakes::RemotePeer& ann = member("ann", "#tea");
  fakes::RemotePeer& bob = user("bob");
  say(ann, "INVITE bob #tea\r\nPART #tea");
  say(member("cid", "#tea"), "MODE #tea +i");
  quiet(bob);
  EXPECT_EQ(say(bob, "JOIN #tea"), ":S 473 bob #tea :Cannot join channel (+i)|");
}
TEST_F(ServerChannels, AnInvitationByWhoIsNoOperatorOpensNothing) {
  fakes::RemotePeer& ann = member("ann", "#tea");
  fakes::RemotePeer& eve = member("eve", "#tea");
  fakes::RemotePeer& bob = user("bob");
  say(eve, "INVITE bob #tea");
  say(ann, "MODE #tea +i");
  EXPECT_THAT(heard(bob), EndsWith(":eve!eve@host INVITE bob :#tea|"));
  EXPECT_EQ(say(bob, "JOIN #tea"), ":S 473 bob #tea :Cannot join channel (+i)|");
}
TEST_F(ServerChannels, AUserHoldsSoManyInvitationsAndTheOldestGoes) {
  options.limits.invitations = 1;
  fakes::RemotePeer& ann = member("ann", "#a,#b");
  fakes::RemotePeer& bob = user("bob");
  say(ann, "MODE #a +i\r\nMODE #b +i\r\nINVITE bob #a\r\nINVITE bob #b");
  quiet(bob);
  EXPECT_EQ(say(bob, "JOIN #a"), ":S 473 bob #a :Cannot join channel (+i)|");
  EXPECT_THAT(say(bob, "JOIN #b"), HasSubstr(" JOIN #b|"));
}

}  // namespace
}  // namespace teasel::irc
