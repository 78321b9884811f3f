#include <gtest/gtest.h>

#include <examples/answer.hpp>
#include <examples/chat.hpp>
#include <examples/line_client.hpp>
#include <examples/logfile.hpp>
#include <examples/qotd.hpp>
#include <teasel/core/errors.hpp>
#include <teasel/core/logger.hpp>
#include <teasel/fakes/string_transport.hpp>
#include <teasel/fakes/world/world.hpp>
#include <teasel/protocol/port.hpp>

namespace teasel::examples {

using fakes::StringTransport;
using namespace std::chrono_literals;

/// Builds a protocol and sets its factory, as a port does.
std::shared_ptr<Protocol> built(const std::shared_ptr<Factory>& factory) {
  const auto protocol = factory->buildProtocol(Address());
  protocol->setFactory(factory);
  return protocol;
}

TEST(Qotd, SaysItsQuoteAndHangsUpHoweverItIsBuilt) {
  const std::shared_ptr<Factory> both[] = {std::make_shared<QOTDFactory>("one"), std::make_shared<BuildingQOTDFactory>("one")};
  for (const auto& factory : both) {
    StringTransport wire(built(factory));
    EXPECT_EQ(wire.value(), "one\r\n");
    ASSERT_TRUE(wire.lost());
    EXPECT_TRUE(wire.lost()->check<ConnectionDone>());
  }
}

TEST(Qotd, HasAQuoteOfItsOwn) {
  StringTransport wire(built(std::make_shared<QOTDFactory>()));
  EXPECT_EQ(wire.value(), "An apple a day keeps the doctor away\r\n");
}

TEST(Answer, KnowsOneQuestionHoweverItArrives) {
  StringTransport wire(std::make_shared<Answer>());
  wire.feedBytewise("How are you?\r\n");
  EXPECT_EQ(wire.value(), "Fine\r\n");
  wire.clear();
  wire.feed("how are you?\r\n\r\n");
  EXPECT_EQ(wire.value(), "I don't know what you mean\r\nI don't know what you mean\r\n");
}

TEST(Chat, GreetsAndTellsTheOthers) {
  const auto factory = std::make_shared<ChatFactory>();
  StringTransport anna(built(factory)), bert(built(factory));
  anna.feed("anna\r\n");
  EXPECT_EQ(anna.value(), "What's your name?\r\nWelcome, anna!\r\n");
  bert.feedBytewise("anna\r\nbert\r\nhello\r\n");
  anna.settle();
  EXPECT_EQ(bert.value(), "What's your name?\r\nName taken, please choose another.\r\nWelcome, bert!\r\n");
  EXPECT_TRUE(anna.value().ends_with("<bert> hello\r\n"));
}

TEST(Chat, ForgetsWhoLeft) {
  const auto factory = std::make_shared<ChatFactory>();
  {
    StringTransport anna(built(factory));
    anna.feed("anna\r\n");
    EXPECT_EQ(factory->users().count("anna"), 1u);
    anna.reset();
  }
  EXPECT_TRUE(factory->users().empty());
}

TEST(Logfile, KeepsItsFileOpenBetweenItsFirstPortAndItsLast) {
  const auto factory = std::make_shared<LogfileFactory>(testing::TempDir() + "/teasel_logfile_unit");
  factory->noisy = false;
  EXPECT_FALSE(factory->isOpen());
  factory->doStart();
  factory->doStart();
  StringTransport wire(built(factory));
  wire.feed("a line\r\n");
  factory->doStop();
  EXPECT_TRUE(factory->isOpen());
  factory->doStop();
  EXPECT_FALSE(factory->isOpen());
  std::remove((testing::TempDir() + "/teasel_logfile_unit").c_str());
}

TEST(Logfile, AFileThatCannotBeOpenedStopsTheListening) {
  fakes::World world;
  const auto factory = std::make_shared<LogfileFactory>("/nowhere/at/all");
  EXPECT_THROW(world.host("server").reactor().listenTCP(8125, factory), std::runtime_error);
}

TEST(Logfile, SaysOnceThatALineIsLost) {
  LogCapture log(LogLevel::kError);
  const auto factory = std::make_shared<LogfileFactory>("/dev/full");
  factory->noisy = false;
  factory->doStart();
  factory->log("one");
  factory->log("two");
  factory->doStop();
  ASSERT_EQ(log.events().size(), 1u);
  EXPECT_TRUE(log.contains("cannot write to '/dev/full'; lines are lost"));
}

/// The line client talks to a chat in a world, with many seeds. Cuts, delays and order are drawn.
TEST(LineClient, TalksToAChatInAnyWeather) {
  for (std::uint64_t seed = 0; seed < 50; ++seed) {
    fakes::World world;
    world.choices().usePrng(seed);
    const auto chat = std::make_shared<ChatFactory>();
    chat->noisy = false;
    const auto port = world.host("server").reactor().listenTCP(8123, chat);
    std::string heard, ended;
    const auto say = [](LineClient& client) { client.sendLine("anna"), client.sendLine("is anybody here?"), client.finish(); };
    const auto factory = std::make_shared<LineClientFactory>(LineClientFactory::Events{
        say, [&](std::string_view line) { heard += std::string(line) + '|'; }, [&](const Failure& why) { ended = why.name(); }});
    world.host("client").reactor().connectTCP(world.host("server").address().host(), 8123, factory);
    ASSERT_TRUE(world.runUntil([&] { return !ended.empty(); })) << "seed " << seed;
    EXPECT_EQ(heard, "What's your name?|Welcome, anna!|") << "seed " << seed;
    EXPECT_EQ(ended, "ConnectionDone");
  }
}

}  // namespace teasel::examples
