#include <teasel/core/address.hpp>

#include <gtest/gtest.h>

#include <teasel/core/errors.hpp>

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
                                         "1:2:3:4:5:6:7:8", "1:0:0:2::3", "fe80::1:0:0:1", "::ffff:0.0.0.0", "::ffff:127.0.0.1",
                                         "::fffe:102:304", "1::ffff:102:304"));

class NotAnAddress : public testing::TestWithParam<const char*> {};

TEST_P(NotAnAddress, IsRefused) { EXPECT_FALSE(Address::parse(GetParam(), 80)) << GetParam(); }
INSTANTIATE_TEST_SUITE_P(Texts, NotAnAddress,
                         testing::Values("", "localhost", "1.2.3", "1.2.3.4.5", "256.1.1.1", "01.2.3.4", "1.2.3.4 ", "1..2.3",
                                         ":", ":::", "1::2::3", "12345::", "1:2:3:4:5:6:7", "1:2:3:4:5:6:7:8:9", "::1.2.3",
                                         "g::", "1:2:"));

TEST(Address, ReadsAnIPv4Tail) { EXPECT_EQ(Address::parse("::ffff:1.2.3.4", 1)->host(), "::ffff:1.2.3.4"); }

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

TEST(Address, IsNoLargerThanTwoPointersAndAWord) { EXPECT_LE(sizeof(Address), 3 * sizeof(void*)); }

TEST(UnixAddress, PrintsAPathAnAbstractNameAndNone) {
  EXPECT_EQ(Address::unixPath("/run/x").text(), "unix:/run/x");
  EXPECT_EQ(Address::unixPath(std::string("\0name", 5)).text(), "unix:@name");
  EXPECT_EQ(Address::unixPath("").text(), "unix:");
  EXPECT_EQ(Address::unixPath("/run/x").host(), "/run/x");
}

TEST(UnixAddress, PrintsControlCharactersAsEscapes) {
  EXPECT_EQ(Address::unixPath("/run/a\nb\x7f").text(), "unix:/run/a\\x0ab\\x7f");
}

TEST(UnixAddress, TellsItsParts) {
  const Address address = Address::unixPath("/run/x");
  EXPECT_EQ(address.family(), Address::Family::kUnix);
  EXPECT_EQ(address.path(), "/run/x");
  EXPECT_FALSE(address.abstract());
  EXPECT_TRUE(Address::unixPath(std::string("\0n", 2)).abstract());
  EXPECT_EQ(address.port(), 0);
  EXPECT_EQ((address.bytes()), (std::array<std::uint8_t, 16>{}));
}

TEST(UnixAddress, IsEqualByContent) {
  EXPECT_EQ(Address::unixPath("/run/x"), Address::unixPath("/run/x"));
  EXPECT_FALSE(Address::unixPath("/run/x") == Address::unixPath("/run/y"));
  EXPECT_EQ(Address::unixPath(""), Address::unixPath(""));
  EXPECT_FALSE(Address::unixPath("") == Address());
}

TEST(UnixAddress, CopiesShareThePath) {
  const Address address = Address::unixPath("/run/x");
  const Address copy = address;
  EXPECT_EQ(&copy.path(), &address.path());
}

TEST(UnixAddress, IsAssignedOverOtherFamiliesAndBack) {
  Address address = Address::ipv4(1, 2, 3, 4, 5);
  address = Address::unixPath("/run/x");
  Address other = std::move(address);
  address = Address::ipv4(1, 2, 3, 4, 5);
  EXPECT_EQ(other.path(), "/run/x");
  EXPECT_EQ(address, Address::ipv4(1, 2, 3, 4, 5));
  other = *&other;
  EXPECT_EQ(other.path(), "/run/x");
}

TEST(UnixAddress, KeepsItsPathWhenAPortIsAskedFor) {
  EXPECT_EQ(Address::unixPath("/run/x").withPort(80), Address::unixPath("/run/x"));
}

TEST(UnixAddress, RefusesMoreThan107Bytes) {
  EXPECT_EQ(Address::unixPath(std::string(107, 'a')).path().size(), 107u);
  EXPECT_THROW(Address::unixPath(std::string(108, 'a')), InvalidAddressError);
  EXPECT_THROW(Address::unixPath(std::string(108, '\0')), InvalidAddressError);
}

TEST(UnixAddress, RefusesANulInsideAPath) { EXPECT_THROW(Address::unixPath(std::string("/run\0x", 6)), InvalidAddressError); }

TEST(UnixAddress, OtherFamiliesHaveNoPath) {
  EXPECT_EQ(Address::ipv4(1, 2, 3, 4, 5).path(), "");
  EXPECT_FALSE(Address().abstract());
}

}  // namespace
}  // namespace teasel
