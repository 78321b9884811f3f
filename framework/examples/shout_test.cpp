// The test that the README shows. It needs Teasel::fakes and GoogleTest.
#include "shout.hpp"

#include <gtest/gtest.h>
#include <teasel/fakes/string_transport.hpp>

using teasel::examples::Shout;
using teasel::fakes::StringTransport;

TEST(Shout, AnswersEachLineInCapitals) {
  StringTransport peer(std::make_shared<Shout>());
  peer.feedBytewise("hello\r\nyou\r\n");
  EXPECT_EQ(peer.value(), "HELLO\r\nYOU\r\n");
  peer.endOfStream();
  EXPECT_TRUE(peer.lost()->check<teasel::ConnectionDone>());
}
