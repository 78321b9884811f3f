#include "telegram.hpp"

#include <gtest/gtest.h>
#include <teasel/fakes/string_transport.hpp>
#include <teasel/gtest/matchers.hpp>

using teasel::fakes::StringTransport;
using teasel::gtest::FailedWith;

TEST(Telegram, AddsUpWhatComesByteByByte) {
  StringTransport peer(std::make_shared<Telegram>());
  peer.feedBytewise("a\0\1\2a\0\2\1\0t\0\0");
  EXPECT_EQ(peer.value(), teasel::ByteView("r\0\10\0\0\0\0\0\0\1\2").text());
  peer.endOfStream();
  EXPECT_THAT(peer.lost(), FailedWith<teasel::ConnectionDone>());
}

TEST(Telegram, HearsNothingAfterQuit) {
  StringTransport peer(std::make_shared<Telegram>());
  peer.feed("q\0\0a\0\1\2");
  EXPECT_EQ(static_cast<Telegram&>(peer.protocol()).total(), 0u);
}

TEST(Telegram, ALengthAboveTheLimitEndsTheConnectionAndSaysSo) {
  StringTransport peer(std::make_shared<Telegram>());
  peer.feed("p\2\1");
  EXPECT_THAT(peer.lost(), FailedWith<teasel::LimitExceeded>("length limit is 512, got 513"));
}
