#include "framing/servers.hpp"

#include <gtest/gtest.h>

#include <memory>
#include <string>

#include <teasel/fakes/fake_clock.hpp>
#include <teasel/fakes/string_transport.hpp>

#include "framing/formats.hpp"
#include "framing/records.hpp"

namespace teasel::targets {
namespace {

using namespace std::chrono_literals;
using fakes::StringTransport;

struct ServerTest : testing::Test {
  fakes::FakeClock clock;
  props::EventLog log;
  StringTransport wire{std::make_shared<Server<Lines>>(clock, log)};

  std::string answer(ByteView input) {
    wire.clear();
    wire.feedBytewise(input);
    return wire.value();
  }
};

TEST_F(ServerTest, Obeys) {
  EXPECT_EQ(answer("echo two  words\r\n"), "two  words\r\n");
  EXPECT_EQ(answer("count\r\n"), "2\r\n");
  EXPECT_EQ(answer("size 3\r\n"), "xxx\r\n");
  EXPECT_EQ(answer("size 201\r\n"), "too long for you\r\n");
  EXPECT_EQ(answer("echosize 3\r\nsize 3x\r\n"), "?\r\n?\r\n");
  EXPECT_EQ(answer("blink\r\nquit\r\ncount\r\n"), "bye\r\n");
  EXPECT_EQ(log.events(), 8u);
}

TEST_F(ServerTest, PausesAndAnswersLater) {
  EXPECT_EQ(answer("later 9 b\r\nlater 1 a\r\npause 5\r\ncount\r\n"), "");
  clock.advance(5ms);
  wire.settle();
  clock.advance(5ms);
  wire.settle();
  EXPECT_EQ(wire.value(), "a\r\nresumed\r\n4\r\nb\r\n");
}

TEST_F(ServerTest, EndsForAReason) {
  answer("fail\r\ncount\r\n");
  wire.endOfStream();
  ASSERT_TRUE(wire.lost() != nullptr);
  EXPECT_TRUE(wire.lost()->check<Commands::NotWanted>() != nullptr) << *wire.lost();
}

TEST_F(ServerTest, BearsTwoLinesThatAreTooLong) {
  const std::string line = std::string(201, 'x') + "\r\n";
  EXPECT_EQ(answer(line + line + "count\r\n"), "too long\r\ntoo long\r\n1\r\n");
  EXPECT_EQ(answer(line + "count\r\n"), "too long\r\n");
  wire.endOfStream();
  ASSERT_TRUE(wire.lost() != nullptr);
  EXPECT_TRUE(wire.lost()->check<LimitExceeded>() != nullptr) << *wire.lost();
}

TEST_F(ServerTest, LeavesNoTimerBehind) {
  answer("later 50 x\r\npause 10\r\n");
  wire.reset();
  clock.advance(10ms);
  wire.settle();  // it reads again, and hears of the reset
  EXPECT_EQ(clock.pending(), 0u);
}

TEST_F(ServerTest, SpeaksRecords) {
  StringTransport records(std::make_shared<Server<Records>>(clock, log));
  records.feedBytewise(ByteView("m\0\6echo al\2\0\5countwsize\0\0\0\0z\0\2m\0\5countqm\0\5count"));
  EXPECT_EQ(records.value(), std::string("m\0\1am\0\1?m\0\0013m\0\1?m\0\0015", 20));
  EXPECT_TRUE(records.disconnecting());
  EXPECT_TRUE(wholeRecords(records.value()));
  EXPECT_FALSE(wholeRecords(ByteView(records.value()).sub(0, 19)));
}

TEST_F(ServerTest, RefusesOtherRecords) {
  StringTransport records(std::make_shared<Server<Records>>(clock, log));
  records.feedBytewise("?m");
  records.endOfStream();
  ASSERT_TRUE(records.lost() != nullptr);
  EXPECT_TRUE(records.lost()->check<Records::UnknownKind>() != nullptr) << *records.lost();
}

std::string fetched(const std::string& messages) {
  fakes::FakeClock clock;
  props::EventLog log;
  StringTransport wire(std::make_shared<Client<Netstrings>>(clock, log));
  wire.feedBytewise(messages);
  clock.advance(30s);
  wire.settle();
  return wire.value();
}

TEST(Fetch, FetchesWhatIsAnnounced) {
  EXPECT_EQ(fetched("7:hello x,6:item 3,3:abc,6:item 0,0:,3:end,3:end,"), "4:list,10:thanks 2 3,");
}

TEST(Fetch, RefusesWhatItDoesNotUnderstand) {
  EXPECT_EQ(fetched("2:hi,"), "17:error no greeting,");
  EXPECT_EQ(fetched("7:hello x,2:hi,"), "4:list,20:error unknown answer,");
  EXPECT_EQ(fetched("7:hello x,7:item 3x,"), "4:list,14:error bad size,");
  EXPECT_EQ(fetched("7:hello x,6:item 3,2:ab,"), "4:list,29:error an item of another size,");
  EXPECT_EQ(fetched("7:hello x,4:wait,4:wait,4:wait,4:wait,"), "4:list,19:error waited enough,");
}

TEST(Fetch, LosesPatience) { EXPECT_EQ(fetched("7:hello x,6:item 3,3:abc"), "4:list,15:error no answer,"); }

TEST(Fetch, HearsOfABrokenFormat) {
  EXPECT_EQ(fetched("7:hello x,01"), "4:list,48:error byte 1 of a netstring must be ':', got \"1\",");
}

}  // namespace
}  // namespace teasel::targets
