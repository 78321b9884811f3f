#include <teasel/core/address.hpp>

#include <gtest/gtest.h>

namespace teasel {
namespace {

class AddressText : public testing::TestWithParam<const char*> {};

TEST_P(AddressText, SurvivesParsingAndPrinting) {
  const auto address = Address::parse(GetParam(), 80);
  ASSERT_TRUE(address) << GetParam();
  EXPECT_EQ(address->host(), GetParam());
}
INSTANTIATE_TEST_SUITE_P(Literals, AddressText,
                         testing::Values("0.0.0.0", "127.0.0.1", "255.255.255.255", "::", "::1", "1::", "2001:db8::1",
                                         "1:2:3:4:5:6:7:8", "1:0:0:2::3", "fe80::1:0:0:1"));

class NotAnAddress : public testing::TestWithParam<const char*> {};

TEST_P(NotAnAddress, IsRefused) { EXPECT_FALSE(Address::parse(GetParam(), 80)) << GetParam(); }
INSTANTIATE_TEST_SUITE_P(Texts, NotAnAddress,
                         testing::Values("", "localhost", "1.2.3", "1.2.3.4.5", "256.1.1.1", "01.2.3.4", "1.2.3.4 ", "1..2.3",
                                         ":", ":::", "1::2::3", "12345::", "1:2:3:4:5:6:7", "1:2:3:4:5:6:7:8:9", "::1.2.3",
                                         "g::", "1:2:"));

TEST(Address, ReadsAnIPv4Tail) { EXPECT_EQ(Address::parse("::ffff:1.2.3.4", 1)->host(), "::ffff:102:304"); }

TEST(Address, PrintsThePortAsUsual) {
  EXPECT_EQ(Address::ipv4(127, 0, 0, 1, 80).text(), "127.0.0.1:80");
  EXPECT_EQ(Address::parse("::1", 443)->text(), "[::1]:443");
  EXPECT_EQ(Address().text(), "none");
}

TEST(Address, ComparesPortAndBytes) {
  EXPECT_EQ(Address::ipv4(1, 2, 3, 4, 5), Address::parse("1.2.3.4", 5));
  EXPECT_FALSE(Address::ipv4(1, 2, 3, 4, 5) == Address::ipv4(1, 2, 3, 4, 6));
  EXPECT_EQ(Address::ipv4(1, 2, 3, 4, 5).withPort(9).port(), 9);
}

}  // namespace
}  // namespace teasel
