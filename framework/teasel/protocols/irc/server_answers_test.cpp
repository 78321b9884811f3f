#include <teasel/protocols/irc/test/server_test_kit.hpp>

#include <set>

namespace teasel::irc {
namespace {

using namespace test;

/// Answers of many lines, with a small send queue.
class ServerAnswers : public ServerTest {
 protected:
  ServerAnswers() {
    options.limits.channelsPerUser = 10'000;
    options.limits.sendQueue = 20'000;
  }
  /// One user founds channels with topics of 300 bytes.
  void channels(int count) {
    fakes::RemotePeer& founder = user("founder");
    const std::string topic(300, 't');
    for (int i = 0; i < count; ++i) {
      const std::string name = "#c" + std::to_string(i);
      founder.send("JOIN " + name + "\r\nTOPIC " + name + " :" + topic + "\r\n");
      if (i % 10 == 9) world.settle(), quiet(founder);
    }
    world.settle();
    quiet(founder);
  }
  static std::set<std::string> wordsOf(std::string_view text, std::string_view numeric, std::size_t word) {
    std::set<std::string> found;
    for (std::size_t end = text.find('|'); end != std::string_view::npos; end = text.find('|')) {
      std::string_view line = text.substr(0, end);
      text.remove_prefix(end + 1);
      if (line.find(" " + std::string(numeric) + " ") == std::string_view::npos) continue;
      for (std::size_t skip = 0; skip < word; ++skip) line.remove_prefix(std::min(line.find(' ') + 1, line.size()));
      found.emplace(line.substr(0, line.find(' ')));
    }
    return found;
  }
};

TEST_F(ServerAnswers, AClientThatReadsGetsAListThatIsLongerThanItsSendQueue) {
  channels(10'000);
  fakes::RemotePeer& ann = user("ann");
  quiet(ann);
  const std::string text = say(ann, "LIST");
  EXPECT_EQ(wordsOf(text, "322", 3).size(), 10'000u);
  EXPECT_THAT(text, EndsWith(":S 323 ann :End of LIST|"));
  EXPECT_EQ(say(ann, "PING x"), ":S PONG irc.example :x|");
}
TEST_F(ServerAnswers, AClientThatDoesNotReadItsListIsCutOff) {
  channels(1000);
  fakes::RemotePeer& ann = user("ann");
  ann.stopReading();
  ann.send("LIST\r\n");
  world.advance(60s);
  EXPECT_LE(factory->findUser("ann")->transport().pendingBytes(), options.limits.sendQueue);
  world.advance(181s);
  EXPECT_EQ(factory->findUser("ann"), nullptr);
}
TEST_F(ServerAnswers, AListGoesOnWhenItsClientReadsAgain) {
  channels(1000);
  fakes::RemotePeer& ann = user("ann");
  quiet(ann);
  ann.stopReading();
  ann.send("LIST\r\nPING x\r\n");
  world.advance(30s);
  ann.read(0);
  world.settle();
  const std::string text = heard(ann);
  EXPECT_EQ(wordsOf(text, "322", 3).size(), 1000u);
  EXPECT_THAT(text, EndsWith(":S 323 ann :End of LIST|:S PONG irc.example :x|"));
}
TEST_F(ServerAnswers, WhatIsThereAllTheWhileIsListedOnceThoughChannelsComeAndGo) {
  channels(1000);
  fakes::RemotePeer& ann = user("ann");
  fakes::RemotePeer& bob = user("bob");
  quiet(ann);
  ann.stopReading();
  ann.send("LIST\r\n");
  world.settle();
  say(bob, "JOIN #aaa,#zzz");
  say(bob, "PART #aaa");
  ann.read(0);
  world.settle();
  const std::string text = heard(ann);
  EXPECT_THAT(wordsOf(text, "322", 3), testing::Contains("#zzz"));
  EXPECT_EQ(wordsOf(text, "322", 3).size(), 1001u);
}
TEST_F(ServerAnswers, AQuitWhileAnAnswerWaitsEndsTheConnection) {
  channels(1000);
  fakes::RemotePeer& ann = user("ann");
  ann.stopReading();
  ann.send("LIST\r\n");
  world.settle();
  factory->findUser("ann")->disconnect("enough");
  world.advance(10s);
  EXPECT_EQ(factory->connections(), 1u);
}
TEST_F(ServerAnswers, NamesWhoAndBansAreLongerThanASmallSendQueue) {
  options.limits.sendQueue = 3000;
  options.limits.textLength = 430;
  options.limits.bans = 100;
  options.limits.modes = 1;
  fakes::RemotePeer& ann = connect();
  std::string channels = "#0";
  for (int i = 1; i < 10; ++i) channels += ",#" + std::to_string(i);
  for (int i = 0; i < 7; ++i) {
    fakes::RemotePeer& peer = i == 0 ? ann : connect();
    say(peer, "NICK " + std::string(29, 'n') + std::to_string(i));
    say(peer, "USER " + std::string(12, 'u') + " 0 * :" + std::string(430, 'r'));
    say(peer, "CAP REQ :userhost-in-names");
    say(peer, "JOIN " + channels);
  }
  for (int i = 0; i < 100; ++i) say(ann, "MODE #0 +b " + std::string(60, 'x') + std::to_string(i) + "!*@*");
  quiet(ann);
  const std::string names = say(ann, "NAMES " + channels);
  EXPECT_GT(names.size(), options.limits.sendQueue);
  EXPECT_EQ(replaced(names, "@host", "@host!").size() - names.size(), 70u);
  EXPECT_EQ(wordsOf(say(ann, "WHO #0"), "352", 7).size(), 7u);
  EXPECT_EQ(wordsOf(say(ann, "WHO *"), "352", 7).size(), 7u);
  EXPECT_EQ(wordsOf(say(ann, "MODE #0 b"), "367", 4).size(), 100u);
  EXPECT_EQ(factory->users(), 7u);
}

// Cost -------------------------------------------------------------------------------------------

TEST_F(ServerAnswers, ALongListTakesCreditForItsLength) {
  options.flood = {.burst = 10, .interval = 1s, .patience = 1h};
  options.limits.sendQueue = std::size_t{1} << 20;
  fakes::RemotePeer& founder = user("founder");
  for (int i = 0; i < 900; ++i) {
    const std::string name = "#c" + std::to_string(i);
    founder.send("JOIN " + name + "\r\nTOPIC " + name + " :" + std::string(300, 't') + "\r\n");
  }
  world.advance(1850s);
  fakes::RemotePeer& ann = user("ann");
  world.advance(60s);
  quiet(ann);
  // 4 for LIST, and 5 for 340 KB; so 1 of 10 is left.
  const std::string text = say(ann, "LIST\r\nPING 1\r\nPING 2\r\nPING 3\r\nPING 4");
  EXPECT_THAT(text, AllOf(HasSubstr("PONG irc.example :1|"), Not(HasSubstr("PONG irc.example :3|"))));
  world.advance(10s);
  EXPECT_THAT(heard(ann), HasSubstr("PONG irc.example :4|"));
}

}  // namespace
}  // namespace teasel::irc
