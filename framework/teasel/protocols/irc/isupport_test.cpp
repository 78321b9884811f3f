#include <teasel/protocols/irc/isupport.hpp>

#include <gtest/gtest.h>

#include <initializer_list>
#include <string>
#include <vector>

namespace teasel::irc {
namespace {

using Limits = std::vector<FeatureEntry<Limit>>;

ServerSupportedFeatures after(std::initializer_list<std::string_view> words) {
  ServerSupportedFeatures features;
  features.parse(std::vector<std::string_view>(words));
  return features;
}

// What Twisted's ServerSupportedFeatureTests ask.
TEST(Isupport, HasDefaults) {
  const ServerSupportedFeatures features = after({"DEFINITELY_NOT=a_feature"});
  EXPECT_EQ(features.channelLen, Limit(200));
  EXPECT_EQ(features.chanTypes, "#&");
  EXPECT_EQ(features.modes, Limit(3));
  EXPECT_EQ(features.nickLen, Limit(9));
  EXPECT_EQ(features.modeKinds.ranks, "ovh");
  EXPECT_EQ(features.rankSigns, "@+%");
  EXPECT_EQ(features.modeKinds.lists, "b");
  EXPECT_EQ(features.modeKinds.onSet, "lk");
  for (const char* name : {"CHANNELLEN", "CHANTYPES", "MODES", "NICKLEN", "PREFIX", "CHANMODES"})
    EXPECT_TRUE(features.hasFeature(name));
  EXPECT_FALSE(features.hasFeature("TOPICLEN"));
}

TEST(Isupport, UnescapesHexadecimalNumbers) {
  EXPECT_EQ(after({"FOO=A\\x20B"}).getFeature("FOO"), "A B");
  EXPECT_EQ(after({"FOO=\\x5Cx"}).getFeature("FOO"), "\\x");
  EXPECT_EQ(after({"FOO=\\"}).getFeature("FOO"), "\\");
  EXPECT_EQ(after({"FOO=\\n"}).getFeature("FOO"), "\\n");
  EXPECT_EQ(after({"FOO"}).getFeature("FOO"), "");
  EXPECT_EQ(after({"FOO="}).getFeature("FOO"), "");
}

TEST(Isupport, LeavesTheOldValueWhenAnEscapeIsBroken) {
  for (const char* word : {"NETWORK=\\x", "NETWORK=\\xNN", "NETWORK=\\xN", "NETWORK=\\x20\\x"}) {
    const ServerSupportedFeatures features = after({"NETWORK=old", word});
    EXPECT_EQ(features.network, "old") << word;
    EXPECT_EQ(features.getFeature("NETWORK"), "old") << word;
  }
}

TEST(Isupport, ReadsSeveralWordsAndUnknownOnes) {
  const auto features = after({"MODES=4", "CHANLIMIT=#:20,&:10", "INVEX", "EXCEPTS=Z", "UNKNOWN=A,B,C"});
  EXPECT_EQ(features.modes, Limit(4));
  EXPECT_EQ(features.chanLimit, (Limits{{"#", 20}, {"&", 10}}));
  EXPECT_EQ(features.invex, 'I');
  EXPECT_EQ(features.excepts, 'Z');
  EXPECT_EQ(features.getFeature("UNKNOWN"), "A,B,C");
}

TEST(Isupport, TakesAFeatureBack) {
  auto features = after({"INVEX", "TOPICLEN=300", "-INVEX", "-TOPICLEN", "-NICKLEN", "-INVEX", "-NEVER"});
  EXPECT_FALSE(features.hasFeature("INVEX"));
  EXPECT_EQ(features.invex, 0);
  EXPECT_EQ(features.topicLen, Limit());
  EXPECT_EQ(features.nickLen, Limit());
  EXPECT_FALSE(features.hasFeature("NICKLEN"));
}

TEST(Isupport, GoesBackToTheDefaultsOfWhatAClientCannotDoWithout) {
  const auto features = after({"PREFIX=(qo)~@", "CHANMODES=beI,k,l,imn", "CHANTYPES=!", "-PREFIX", "-CHANMODES", "-CHANTYPES"});
  EXPECT_EQ(features.modeKinds.ranks, "ovh");
  EXPECT_EQ(features.rankSigns, "@+%");
  EXPECT_EQ(features.modeKinds.lists, "b");
  EXPECT_EQ(features.chanTypes, "#&");
}

TEST(Isupport, ReadsChanmodes) {
  const auto kindsOf = [](std::string_view word) { return after({word}).modeKinds; };
  const ModeKinds all = kindsOf("CHANMODES=A,Bc,Def,Ghij");
  EXPECT_EQ(all.lists + "|" + all.always + "|" + all.onSet + "|" + all.flags, "A|Bc|Def|Ghij");
  EXPECT_EQ(kindsOf("CHANMODES=,A,,").always, "A");
  EXPECT_EQ(kindsOf("CHANMODES=,,,").lists, "");
  EXPECT_EQ(kindsOf("CHANMODES=b").onSet, "");
  EXPECT_EQ(kindsOf("CHANMODES=x,,y,,z").lists, "b") << "five groups cannot be read";
}

TEST(Isupport, ReadsPrefix) {
  const auto features = after({"PREFIX=(ohv)@%+"});
  EXPECT_EQ(features.modeKinds.ranks, "ohv");
  EXPECT_EQ(features.rankSigns, "@%+");
  EXPECT_EQ(features.rankOfSign('%'), 'h');
  EXPECT_EQ(features.rankOfSign('x'), 0);
  EXPECT_EQ(after({"PREFIX=hello"}).modeKinds.ranks, "ovh");
  EXPECT_EQ(after({"PREFIX=)("}).modeKinds.ranks, "ovh");
  EXPECT_EQ(after({"PREFIX="}).modeKinds.ranks, "");
  EXPECT_EQ(after({"PREFIX=(ov)@"}).modeKinds.ranks, "o") << "a rank without a sign is none";
}

TEST(Isupport, ReadsListsOfLimits) {
  EXPECT_EQ(after({"MAXLIST=b:25,eI:50"}).maxList, (Limits{{"b", 25}, {"eI", 50}}));
  EXPECT_EQ(after({"MAXLIST=b:25,a:3.1415,c:notanint,d"}).maxList, (Limits{{"b", 25}, {"a", {}}, {"c", {}}, {"d", {}}}));
  EXPECT_EQ(after({"TARGMAX=PRIVMSG:4,NOTICE:3,KICK:"}).targMax, (Limits{{"PRIVMSG", 4}, {"NOTICE", 3}, {"KICK", {}}}));
  EXPECT_EQ(after({"IDCHAN=!:5"}).idChan, (std::vector<FeatureEntry<std::string>>{{"!", "5"}}));
}

TEST(Isupport, ReadsLimitsThatMayBeLeftOut) {
  for (const char* key : {"KICKLEN", "TOPICLEN", "MODES"}) {
    ServerSupportedFeatures features;
    const auto limit = [&] { return key[0] == 'K' ? features.kickLen : key[0] == 'T' ? features.topicLen : features.modes; };
    const std::string number = std::string(key) + "=42", none = std::string(key) + "=", wrong = std::string(key) + "=notanint";
    features.parse(std::vector<std::string_view>{number});
    EXPECT_EQ(limit(), Limit(42)) << key;
    features.parse(std::vector<std::string_view>{wrong});
    EXPECT_EQ(limit(), Limit(42)) << key;
    features.parse(std::vector<std::string_view>{none});
    EXPECT_EQ(limit(), Limit()) << key;
  }
}

TEST(Isupport, ReadsLimitsThatAlwaysAreThere) {
  const auto features =
      after({"NICKLEN=16", "NICKLEN=", "NICKLEN=x", "NICKLEN=-1", "CHANNELLEN=30", "CHANNELLEN=99999999999999999999999"});
  EXPECT_EQ(features.nickLen, Limit(16));
  EXPECT_EQ(features.channelLen, Limit(30));
}

TEST(Isupport, ReadsTheRest) {
  const auto features =
      after({"NETWORK=IRCNet", "SAFELIST", "STATUSMSG=@+", "CHANTYPES=#&%", "EXCEPTS", "INVEX=X", "CASEMAPPING=ascii"});
  EXPECT_EQ(features.network, "IRCNet");
  EXPECT_TRUE(features.safeList);
  EXPECT_EQ(features.statusMsg, "@+");
  EXPECT_EQ(features.chanTypes, "#&%");
  EXPECT_EQ(features.excepts, 'e');
  EXPECT_EQ(features.invex, 'X');
  EXPECT_EQ(features.caseMapping, CaseMapping::kAscii);
  EXPECT_TRUE(features.isChannel("%x"));
  EXPECT_FALSE(features.isChannel("x"));
  EXPECT_FALSE(features.isChannel(""));
}

TEST(Isupport, KeepsNoMoreFeaturesThanItsLimit) {
  ServerSupportedFeatures features;
  for (std::size_t i = 0; i < 2 * ServerSupportedFeatures::kMaxFeatures; ++i) {
    const std::string word = "K" + std::to_string(i) + "=1";
    features.parse(std::vector<std::string_view>{word});
  }
  EXPECT_TRUE(features.hasFeature("K0"));
  EXPECT_FALSE(features.hasFeature("K399"));
  features.parse(std::vector<std::string_view>{"NICKLEN=30"});
  EXPECT_EQ(features.nickLen, Limit(30)) << "a typed feature is read all the same";
}

}  // namespace
}  // namespace teasel::irc
