#include "parcels.hpp"

#include <gtest/gtest.h>
#include <teasel/fakes/string_transport.hpp>
#include <teasel/gtest/matchers.hpp>

using teasel::fakes::StringTransport;

TEST(Parcels, AnswersAnEchoThatComesByteByByte) {
  StringTransport peer(std::make_shared<Parcels>());
  peer.feedBytewise("e\2hi");
  EXPECT_EQ(peer.value(), "e\2hi");
}

TEST(Parcels, CountsTheBytesOfAllKinds) {
  StringTransport peer(std::make_shared<Parcels>());
  peer.feed("e\2hil\0\3abct\0");
  EXPECT_EQ(peer.value(), teasel::ByteView("e\2hit\10\0\0\0\0\0\0\0\5").text());
}

TEST(Parcels, EndsTheConnectionAfterAParcelOfNoKindAndSaysSo) {
  StringTransport peer(std::make_shared<Parcels>());
  peer.feed("x\0");
  EXPECT_THAT(peer.lost(), teasel::gtest::FailedWith<std::runtime_error>("no parcel of kind 'x'"));
}
