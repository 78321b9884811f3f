#include "line/line_server.hpp"

#include <gtest/gtest.h>

#include <memory>
#include <string>

#include <teasel/fakes/fake_clock.hpp>
#include <teasel/fakes/string_transport.hpp>

namespace teasel::targets {
namespace {

using namespace std::chrono_literals;

struct LineServerTest : testing::Test {
  fakes::FakeClock clock;
  fakes::StringTransport wire{std::make_shared<LineServer>(clock)};

  std::string answer(ByteView input) {
    wire.clear();
    wire.feedBytewise(input);
    return wire.value();
  }
  std::string after(Duration time) {
    wire.clear();
    clock.advance(time);
    wire.settle();
    return wire.value();
  }
};

TEST_F(LineServerTest, Answers) {
  EXPECT_EQ(answer("How are you?\r\n"), "Fine\r\n");
  EXPECT_EQ(answer("echo two  words\r\n"), "two  words\r\n");
  EXPECT_EQ(answer("echo\r\n"), "\r\n");
  EXPECT_EQ(answer("echoes\r\n"), "I don't know what you mean\r\n");
}

TEST_F(LineServerTest, TakesRawBytesAndGoesOnWithLines) {
  EXPECT_EQ(answer("raw 4\r\n\r\n\r\nHow are you?\r\n"), "raw 4 397306\r\nFine\r\n");
  EXPECT_EQ(answer("raw 0\r\n"), "raw 0 0\r\n");
  EXPECT_EQ(answer("raw 4097\r\n"), "I don't know what you mean\r\n");
}

TEST_F(LineServerTest, HoldsInputBackWhilePaused) {
  EXPECT_EQ(answer("pause 5\r\necho held\r\n"), "");
  EXPECT_EQ(after(4ms), "");
  EXPECT_EQ(after(1ms), "resumed\r\nheld\r\n");
}

TEST_F(LineServerTest, AnswersLaterInOrderOfTime) {
  EXPECT_EQ(answer("later 9 b\r\nlater 1 a\r\n"), "");
  EXPECT_EQ(after(10ms), "a\r\nb\r\n");
}

TEST_F(LineServerTest, TakesFourAnswersForLaterAtMost) {
  EXPECT_EQ(answer("later 1 a\r\nlater 1 b\r\nlater 1 c\r\nlater 1 d\r\nlater 1 e\r\n"), "too many\r\n");
}

TEST_F(LineServerTest, ClosesAfterTheThirdLineThatIsTooLong) {
  const std::string line(300, 'x');
  EXPECT_EQ(answer(line + "\r\necho on\r\n"), "line too long\r\non\r\n");
  EXPECT_EQ(answer(line + "\r\n" + line + "\r\necho off\r\n"), "line too long\r\nline too long\r\n");
  EXPECT_TRUE(wire.disconnecting());
}

TEST_F(LineServerTest, SaysGoodbye) {
  EXPECT_EQ(answer("quit\r\necho no\r\n"), "bye\r\n");
  EXPECT_TRUE(wire.sawEof());
}

TEST_F(LineServerTest, LeavesNoTimerBehind) {
  answer("later 50 x\r\npause 10\r\n");
  wire.reset();
  clock.advance(10ms);
  wire.settle();  // it reads again, and hears of the reset
  EXPECT_TRUE(clock.pending() == 0);
}

}  // namespace
}  // namespace teasel::targets
