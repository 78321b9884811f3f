#include <gtest/gtest.h>

#include <string>
#include <string_view>
#include <vector>

#include <examples/line_client.hpp>
#include <examples/mail.hpp>
#include <teasel/fakes/fake_clock.hpp>
#include <teasel/fakes/play/chunk_plan.hpp>
#include <teasel/fakes/string_transport.hpp>
#include <teasel/fakes/world/world.hpp>
#include <teasel/protocol/connector.hpp>
#include <teasel/protocol/port.hpp>

// The mail server, in virtual time.

namespace teasel::examples {
namespace {

using fakes::ChunkPlan;
using namespace std::chrono_literals;

std::string describe(const Mail& mail) {
  std::string text = mail.sender + " to";
  for (const std::string& recipient : mail.recipients) text += ' ' + recipient;
  return text + ": " + mail.text;
}

constexpr std::string_view kEnvelope = "HELO me\r\nMAIL FROM:<a@x>\r\nRCPT TO:<b@y>\r\nDATA\r\n";
constexpr std::string_view kToText = "250 hello|250 ok|250 ok|354 end with a line that is a single dot|";

/// A mail server whose client is the test.
struct Session {
  Session() { replies(); }

  /// What came back since the last call, each line with '|' behind it.
  std::string replies() {
    std::string text = wire.value();
    wire.clear();
    for (std::size_t at = 0; (at = text.find("\r\n", at)) != std::string::npos;) text.replace(at, 2, "|");
    return text;
  }
  std::string replyTo(ByteView lines) {
    wire.feed(lines);
    return replies();
  }
  void beginText() { EXPECT_EQ(replyTo(kEnvelope), kToText); }
  std::string advance(Duration by) {
    clock.advance(by);
    wire.settle();
    return replies();
  }

  fakes::FakeClock clock;
  std::vector<std::string> mails;
  fakes::StringTransport wire{std::make_shared<MailServer>(clock, [this](const Mail& mail) { mails.push_back(describe(mail)); })};
};

using Mails = std::vector<std::string>;

TEST(Mail, GreetsAndSaysGoodBye) {
  fakes::FakeClock clock;
  fakes::StringTransport wire(std::make_shared<MailServer>(clock, [](const Mail&) {}));
  wire.feed("QUIT\r\n");
  EXPECT_EQ(wire.value(), "220 ready\r\n221 good-bye\r\n");
  ASSERT_TRUE(wire.lost());
  EXPECT_TRUE(wire.lost()->check<ConnectionDone>());
}

TEST(Mail, TakesMessagesInCommandModeAndDataModeHoweverTheStreamIsCut) {
  const std::string script = std::string(kEnvelope) +
                             "first\r\n\r\nQUIT\r\n.\r\n"
                             "MAIL FROM:<>\r\nRCPT TO:<c@z>\r\nRCPT TO:<d@z>\r\nDATA\r\n.\r\nNOOP\r\n";
  std::vector<ChunkPlan> ways = ChunkPlan::everySplit(script.size());
  ways.push_back(ChunkPlan::whole());
  ways.push_back(ChunkPlan::bytewise());
  for (const ChunkPlan& way : ways) {
    Session session;
    session.wire.feed(script, way);
    ASSERT_EQ(session.mails, (Mails{"a@x to b@y: first\n\nQUIT\n", " to c@z d@z: "})) << "cut by " << way.text();
    ASSERT_EQ(
        session.replies(),
        std::string(kToText) + "250 taken|250 ok|250 ok|250 ok|354 end with a line that is a single dot|" + "250 taken|250 ok|")
        << "cut by " << way.text();
  }
}

TEST(Mail, TakesOffTheDotThatTheClientPutBeforeALine) {
  Session session;
  session.beginText();
  EXPECT_EQ(session.replyTo("..\r\n..twice\r\n.x\r\nx.\r\n. \r\n.\r\n"), "250 taken|");
  EXPECT_EQ(session.mails, Mails{"a@x to b@y: .\n.twice\nx\nx.\n \n"});
}

// Servers that differ here let a message carry another one past a filter (SMTP smuggling, 2023).
TEST(Mail, DoesNotTakeADotBetweenBareLineFeedsForTheEndOfTheText) {
  Session session;
  session.beginText();
  EXPECT_EQ(session.replyTo("a\n.\nMAIL FROM:<evil@x>\n\r\n.\n\r\n.\r\n"), "250 taken|");
  EXPECT_EQ(session.mails, Mails{"a@x to b@y: a\n.\nMAIL FROM:<evil@x>\n\n\n\n"});
}

TEST(Mail, UnderstandsCommandsInAnyCaseAndRefusesOthers) {
  Session session;
  EXPECT_EQ(session.replyTo("ehlo me\r\nmail from:<a@x>\r\nRcpt To:<b@y>\r\n"), "250 hello|250 ok|250 ok|");
  EXPECT_EQ(session.replyTo("VRFY b\r\n\r\nDATAX\r\n"), "500 unknown command|500 unknown command|500 unknown command|");
  EXPECT_EQ(session.replyTo("RSET\r\nMAIL a@x\r\nMAIL FROM:<a@x\r\n"), "250 ok|501 MAIL FROM:<address>|501 MAIL FROM:<address>|");
  EXPECT_EQ(session.replyTo("RCPT TO:<>\r\n"), "501 RCPT TO:<address>|");
}

TEST(Mail, RefusesCommandsOutOfOrder) {
  Session session;
  EXPECT_EQ(session.replyTo("RCPT TO:<b@y>\r\nDATA\r\n"), "503 MAIL comes first|503 RCPT comes first|");
  EXPECT_EQ(session.replyTo("MAIL FROM:<a@x>\r\nDATA\r\n"), "250 ok|503 RCPT comes first|");
  EXPECT_EQ(session.replyTo("MAIL FROM:<a@x>\r\n"), "503 one message at a time|");
  EXPECT_EQ(session.replyTo("RSET\r\nRCPT TO:<b@y>\r\n"), "250 ok|503 MAIL comes first|");
}

TEST(Mail, SkipsACommandThatIsTooLong) {
  Session session;
  EXPECT_EQ(session.replyTo(std::string(5000, 'x') + "\r\nNOOP\r\n"), "500 line too long|250 ok|");
}

TEST(Mail, RefusesATextWithALineThatIsTooLongAtItsEnd) {
  Session session;
  session.beginText();
  EXPECT_EQ(session.replyTo("a\r\n" + std::string(5000, 'x')), "");
  EXPECT_EQ(session.replyTo(".\r\n.\r\nNOOP\r\n"), "552 too large|250 ok|");
  EXPECT_EQ(session.mails, Mails{});
  session.beginText();
  EXPECT_EQ(session.replyTo("the next one\r\n.\r\n"), "250 taken|");
}

TEST(Mail, RefusesATextThatIsTooLargeAtItsEnd) {
  Session session;
  session.beginText();
  const std::string line(MailServer::kMaxLine, 'x');
  for (std::size_t sent = 0; sent <= MailServer::kMaxText; sent += line.size() + 1) EXPECT_EQ(session.replyTo(line + "\r\n"), "");
  EXPECT_EQ(session.replyTo(".\r\n"), "552 too large|");
  EXPECT_EQ(session.mails, Mails{});
}

TEST(Mail, TakesSoManyRecipientsAndNoMore) {
  Session session;
  session.replyTo("MAIL FROM:<a@x>\r\n");
  for (std::size_t i = 0; i < MailServer::kMaxRecipients; ++i) EXPECT_EQ(session.replyTo("RCPT TO:<b@y>\r\n"), "250 ok|");
  EXPECT_EQ(session.replyTo("RCPT TO:<b@y>\r\n"), "452 too many recipients|");
}

TEST(Mail, EndsAConnectionOnWhichNothingIsHeard) {
  Session session;
  EXPECT_EQ(session.advance(MailServer::kPatience - 1s), "");
  session.beginText();
  EXPECT_EQ(session.advance(MailServer::kPatience - 1s), "") << "a command is heard";
  EXPECT_EQ(session.replyTo("text\r\n"), "");
  EXPECT_EQ(session.advance(MailServer::kPatience - 1s), "") << "so is a line of the text";
  session.wire.feed("half a line");
  EXPECT_EQ(session.advance(1s), "421 nothing heard for too long|");
  ASSERT_TRUE(session.wire.lost());
  EXPECT_TRUE(session.wire.lost()->check<ConnectionDone>());
  EXPECT_EQ(session.mails, Mails{});
  EXPECT_EQ(session.clock.pending(), 0u);
}

/// A client sends two messages without waiting for replies. Cuts, delays and order are drawn.
TEST(Mail, TakesMailFromTheLineClientInAnyWeather) {
  for (std::uint64_t seed = 0; seed < 50; ++seed) {
    fakes::World world;
    world.choices().usePrng(seed);
    Mails mails;
    Reactor& reactor = world.host("server").reactor();
    const auto server = std::make_shared<MailFactory>(reactor, [&](const Mail& mail) { mails.push_back(describe(mail)); });
    server->noisy = false;
    const auto port = reactor.listenTCP(8126, server);
    std::string heard, ended;
    const auto say = [](LineClient& client) {
      for (const std::string_view line : {"MAIL FROM:<a@x>", "RCPT TO:<b@y>", "DATA", "one", "..", ".", "MAIL FROM:<a@x>",
                                          "RCPT TO:<c@y>", "DATA", ".", "QUIT"})
        client.sendLine(line);
    };
    const auto client = std::make_shared<LineClientFactory>(
        LineClientFactory::Events{say, [&](std::string_view line) { heard += std::string(line.substr(0, 3)) + '|'; },
                                  [&](const Failure& why) { ended = why.name(); }});
    world.host("client").reactor().connectTCP(world.host("server").address().host(), 8126, client);
    ASSERT_TRUE(world.runUntil([&] { return !ended.empty(); })) << "seed " << seed;
    EXPECT_EQ(heard, "220|250|250|354|250|250|250|354|250|221|") << "seed " << seed;
    EXPECT_EQ(mails, (Mails{"a@x to b@y: one\n.\n", "a@x to c@y: "})) << "seed " << seed;
    EXPECT_EQ(ended, "ConnectionDone");
  }
}

}  // namespace
}  // namespace teasel::examples
