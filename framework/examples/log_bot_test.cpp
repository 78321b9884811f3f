#include <examples/log_bot.hpp>

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include <teasel/fakes/world/world.hpp>

// The log bot in virtual time. The test plays the server: it reads what the bot sends, and answers.

namespace teasel::examples {
namespace {

using namespace std::chrono_literals;

/// A bot in a world, and the server that the test plays. The time of the log is that of the world:
/// seconds since the beginning.
struct Story {
  explicit Story(Duration reconnectAfter = {}) {
    LogBotFactory::Settings settings;
    settings.channel = "#test";
    settings.client.nickname = "bot";
    settings.reconnectAfter = reconnectAfter;
    Reactor& reactor = world.host().reactor();
    const MessageLogger logger([this](std::string_view line) { log += std::string(line) + "\n"; },
                               [this, &reactor](const char* format) {
                                 const auto passed = std::chrono::duration_cast<std::chrono::seconds>(reactor.now() - begin);
                                 return std::string(format) == "%c" ? "day one" : "t+" + std::to_string(passed.count());
                               });
    begin = reactor.now();
    factory = std::make_shared<LogBotFactory>(reactor, settings, logger);
    server = &world.connect(0);
  }
  void dial(const Address& to) {
    world.host().reactor().connectTCP(to.host(), to.port(), factory);
    world.settle();
  }
  void dial() { dial(world.remoteAddress()); }
  /// The server says these lines; gives what the bot sends then, with "|" for each CR LF.
  std::string answer(std::initializer_list<std::string> lines) {
    for (const std::string& line : lines) server->send(line + "\r\n");
    world.settle();
    std::string shown;
    for (const char byte : server->takeReceived())
      if (byte != '\r') shown += byte == '\n' ? '|' : byte;
    return shown;
  }
  /// The bot is in the channel, and the log is empty.
  void joinChannel() {
    dial();
    answer({":srv 001 bot :Welcome", ":bot!b@h JOIN #test"});
    log.clear();
  }

  std::string log;
  Instant begin;
  std::shared_ptr<LogBotFactory> factory;
  fakes::RemotePeer* server = nullptr;
  fakes::World world;
};

TEST(LogBot, IntroducesItselfAndJoinsItsChannel) {
  Story story;
  story.dial();
  EXPECT_EQ(story.answer({}), "NICK bot|USER bot foo bar :bot|");
  EXPECT_EQ(story.answer({":srv 001 bot :Welcome"}), "JOIN #test|");
  EXPECT_EQ(story.answer({":bot!b@h JOIN #test"}), "");
  EXPECT_EQ(story.log, "[t+0] [connected at day one]\n[t+0] [I have joined #test]\n");
}

TEST(LogBot, LogsMessagesAndActionsWithTheirTime) {
  Story story;
  story.joinChannel();
  story.answer({":bob!b@h PRIVMSG #test :hello"});
  story.world.advance(65s);
  story.answer(
      {":bob!b@h PRIVMSG #test :\x01"
       "ACTION waves\x01"});
  EXPECT_EQ(story.log, "[t+0] <bob> hello\n[t+65] * bob waves\n");
}

TEST(LogBot, AnswersAWhisper) {
  Story story;
  story.joinChannel();
  EXPECT_EQ(story.answer({":bob!b@h PRIVMSG bot :psst"}), "PRIVMSG bob :It isn't nice to whisper!  Play nice with the group.|");
  EXPECT_EQ(story.log, "[t+0] <bob> psst\n");
}

TEST(LogBot, AnswersWhoSpeaksToIt) {
  Story story;
  story.joinChannel();
  EXPECT_EQ(story.answer({":bob!b@h PRIVMSG #test :bot: who are you?"}), "PRIVMSG #test :bob: I am a log bot|");
  EXPECT_EQ(story.log, "[t+0] <bob> bot: who are you?\n[t+0] <bot> bob: I am a log bot\n");
  EXPECT_EQ(story.answer({":bob!b@h PRIVMSG #test :my bot: fine"}), "");
}

TEST(LogBot, LogsNewNicksItsOwnIncluded) {
  Story story;
  story.joinChannel();
  story.answer({":bob!b@h NICK robert", ":bot!b@h NICK :robot"});
  EXPECT_EQ(story.log, "[t+0] bob is now known as robert\n[t+0] bot is now known as robot\n");
  EXPECT_EQ(story.answer({":bob!b@h PRIVMSG #test :robot: hi"}), "PRIVMSG #test :bob: I am a log bot|");
}

TEST(LogBot, AddsAHatToANickThatIsTaken) {
  Story story;
  story.dial();
  story.answer({});
  EXPECT_EQ(story.answer({":srv 433 * bot :Nickname is already in use"}), "NICK bot^|");
  EXPECT_EQ(story.answer({":srv 433 * bot^ :Nickname is already in use"}), "NICK bot^^|");
}

TEST(LogBot, LetsNobodyForgeALineOfItsLog) {
  Story story;
  story.joinChannel();
  story.answer({":bob!b@h PRIVMSG #test :a\x10n[t+0] <ann> forged \x1b[2J\xff\xe2\x82\xac"});
  EXPECT_EQ(story.log, "[t+0] <bob> a?[t+0] <ann> forged ?[2J\xef\xbf\xbd\xe2\x82\xac\n");
}

TEST(LogBot, ComesBackWhenItIsDisconnected) {
  Story story;
  story.joinChannel();
  story.server->endOfStream();
  story.server = &story.world.connect(1);
  story.world.settle();
  EXPECT_EQ(story.log, "[t+0] [disconnected at day one]\n[t+0] [connected at day one]\n");
  EXPECT_EQ(story.answer({":srv 001 bot :Welcome"}), "NICK bot|USER bot foo bar :bot|JOIN #test|");
}

TEST(LogBot, WaitsBeforeItComesBackIfItIsTold) {
  Story story(5s);
  story.joinChannel();
  story.server->reset();
  story.server = &story.world.connect(1);
  story.world.advance(4s);
  EXPECT_EQ(story.log, "[t+0] [disconnected at day one]\n");
  story.world.advance(1s);
  EXPECT_EQ(story.log, "[t+0] [disconnected at day one]\n[t+5] [connected at day one]\n");
}

TEST(LogBot, WaitsLongerEachTimeThatTheServerDoesNotLetItIn) {
  Story story(20s);
  std::vector<std::int64_t> tries;
  story.dial();
  for (unsigned k = 1; k < 8; ++k) {
    story.server->endOfStream();
    story.server = &story.world.connect(k);
    const Instant since = story.world.host().reactor().now();
    while (story.answer({}).empty()) story.world.advance(1s);
    tries.push_back(std::chrono::duration_cast<std::chrono::seconds>(story.world.host().reactor().now() - since).count());
  }
  EXPECT_EQ(tries, (std::vector<std::int64_t>{20, 20, 40, 80, 160, 300, 300}));
}

TEST(LogBot, NeverHammersAServerThoughItIsToldToComeBackAtOnce) {
  Story story;
  story.dial();
  story.server->endOfStream();
  for (unsigned k = 1; k < 4; ++k) {
    story.server = &story.world.connect(k);
    story.world.settle();
    story.server->endOfStream();
    story.world.settle();
  }
  EXPECT_EQ(story.log,
            "[t+0] [connected at day one]\n[t+0] [disconnected at day one]\n"
            "[t+0] [connected at day one]\n[t+0] [disconnected at day one]\n");
}

TEST(LogBot, GivesUpWhenTryingAgainCannotHelp) {
  for (const char* line : {":srv 464 * :Password incorrect", ":srv 432 * defaultnick :Erroneous nickname"}) {
    Story story;
    story.dial();
    story.answer({line, line});
    story.world.advance(10s);
    EXPECT_TRUE(story.factory->failed()) << line;
    EXPECT_NE(story.factory->refusal(), "") << line;
    EXPECT_EQ(story.log.find("[connected", 10), std::string::npos) << line;
  }
}

TEST(LogBot, IsToldAtOnceThatItsNickOrChannelIsNoWord) {
  LogBotFactory::Settings settings;
  EXPECT_EQ(LogBotFactory::faultOf(settings), "");
  settings.channel = "#a b";
  EXPECT_NE(LogBotFactory::faultOf(settings), "");
  settings.channel = "#a,#b";
  EXPECT_NE(LogBotFactory::faultOf(settings), "");
  settings.channel = "#a";
  settings.client.nickname = "a b";
  EXPECT_NE(LogBotFactory::faultOf(settings), "");
}

TEST(LogBot, StaysWhenAMessageHasNoSenderThatItCouldAnswer) {
  Story story;
  story.joinChannel();
  EXPECT_EQ(story.answer({"PRIVMSG bot :psst", ":" + std::string(300, 'n') + "!u@h PRIVMSG bot :psst"}), "");
  EXPECT_EQ(story.answer({":bob!b@h PRIVMSG #test :bot: hi"}), "PRIVMSG #test :bob: I am a log bot|");
}

TEST(LogBot, TakesOutWhatTurnsOrEndsALineOfItsLog) {
  Story story;
  story.joinChannel();
  story.answer(
      {":bob!b@h PRIVMSG #test :\xc2\x85 \xc2\x9b \xe2\x80\xa8 \xe2\x80\xa9 \xe2\x80\xae \xe2\x80\x8f \xe2\x81\xa6 \xd8\x9c "
       "\xc2\xa0 \xe2\x82\xac"});
  EXPECT_EQ(story.log, "[t+0] <bob> ? ? ? ? ? ? ? ? \xc2\xa0 \xe2\x82\xac\n");
}

TEST(LogBot, StopsTheReactorWhenItCannotConnect) {
  Story story;
  const std::string empty = story.world.host("empty").address().host();
  story.world.host().reactor().connectTCP(empty, 6667, story.factory);
  story.world.settle();
  EXPECT_TRUE(story.factory->failed());
  EXPECT_TRUE(story.world.host().reactor().stopRequested() || !story.world.host().reactor().running());
  EXPECT_EQ(story.log.substr(0, 26), "[t+0] [connection failed: ");
}

TEST(LogBot, StaysWhenItIsKicked) {
  Story story;
  story.joinChannel();
  EXPECT_EQ(story.answer({":op!o@h KICK #test bot :no bots"}), "");
  EXPECT_EQ(story.log, "[t+0] [op has kicked me from #test: no bots]\n");
}

TEST(LogBot, HearsTheSameHoweverTheServersLinesAreCut) {
  const std::string script =
      ":srv 001 bot :Welcome\r\n:bot!b@h JOIN #test\r\n:bob!b@h PRIVMSG #test :bot: \xe2\x82\xac\r\n:bob!b@h NICK rob\r\n";
  Story whole;
  whole.dial();
  whole.server->send(script);
  whole.world.settle();
  const std::string sent = whole.server->takeReceived();
  for (std::size_t cut = 1; cut < script.size(); ++cut) {
    Story story;
    story.dial();
    story.server->send(script.substr(0, cut));
    story.world.settle();
    story.server->send(script.substr(cut));
    story.world.settle();
    ASSERT_EQ(story.log, whole.log) << cut;
    ASSERT_EQ(story.server->takeReceived(), sent) << cut;
  }
}

}  // namespace
}  // namespace teasel::examples
