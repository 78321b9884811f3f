#include "line/line_client.hpp"

#include <gtest/gtest.h>

#include <memory>
#include <string>

#include <teasel/fakes/fake_clock.hpp>
#include <teasel/fakes/string_transport.hpp>

namespace teasel::targets {
namespace {

using namespace std::chrono_literals;

struct LineClientTest : testing::Test {
  fakes::FakeClock clock;
  std::shared_ptr<LineClient> client = std::make_shared<LineClient>(clock);
  fakes::StringTransport wire{client};

  std::string answer(ByteView input) {
    wire.clear();
    wire.feedBytewise(input);
    return wire.value();
  }
};

TEST_F(LineClientTest, FetchesWhatIsAnnounced) {
  EXPECT_EQ(answer("hello server\r\n"), "list\r\n");
  EXPECT_EQ(answer("item 3\r\nabcitem 0\r\nitem 2\r\n\r\nend\r\n"), "thanks 3 5\r\n");
  EXPECT_TRUE(client->finished() && !client->failed());
  EXPECT_EQ(client->received(), client->announced());
}

TEST_F(LineClientTest, RefusesWhatItDoesNotUnderstand) {
  EXPECT_EQ(answer("good day\r\n"), "error no greeting\r\n");
  EXPECT_TRUE(client->failed());
}

TEST_F(LineClientTest, RefusesLargeItemsAndBadSizes) {
  EXPECT_EQ(answer("hello x\r\nitem 2049\r\n"), "list\r\nerror item too large\r\n");
  fakes::StringTransport other(std::make_shared<LineClient>(clock));
  other.feed("hello x\r\nitem 3x\r\n");
  EXPECT_EQ(other.value(), "list\r\nerror bad size\r\n");
}

TEST_F(LineClientTest, LosesPatience) {
  answer("hello x\r\n");
  wire.clear();
  clock.advance(30s);
  wire.settle();
  EXPECT_EQ(wire.value(), "error no answer\r\n");
  EXPECT_TRUE(wire.disconnecting());
}

TEST_F(LineClientTest, WaitsThreeTimesWhenAskedTo) {
  answer("hello x\r\n");
  for (int i = 0; i < 3; ++i) {
    clock.advance(29s);
    EXPECT_EQ(answer("wait\r\n"), "");
  }
  EXPECT_EQ(answer("wait\r\n"), "error waited enough\r\n");
}

TEST_F(LineClientTest, LeavesNoTimerBehind) {
  wire.reset();
  EXPECT_EQ(clock.pending(), 0u);
}

}  // namespace
}  // namespace teasel::targets
