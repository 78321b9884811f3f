#include <teasel/protocols/haproxy_header.hpp>

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include <teasel/protocols/detail/crc32c.hpp>
#include <teasel/protocols/test/framing_test_kit.hpp>
#include <teasel/protocols/test/haproxy_test_kit.hpp>

namespace teasel {
namespace {

using namespace test;
using Problem = HaproxyError::Problem;

HaproxyParser fed(ByteView bytes, std::size_t maxLength = HaproxyParser::kDefaultMaxLength) {
  HaproxyParser parser(maxLength);
  parser.feed(bytes);
  return parser;
}

/// Expects that `bytes` are refused for this problem at this byte, and that what() says `part`.
void refuses(ByteView bytes, Problem problem, std::size_t at, std::string_view part) {
  SCOPED_TRACE(escaped(bytes));
  const HaproxyParser parser = fed(bytes);
  ASSERT_TRUE(parser.error());
  EXPECT_FALSE(parser.header());
  EXPECT_EQ(static_cast<int>(parser.error()->problem()), static_cast<int>(problem)) << parser.error()->what();
  EXPECT_EQ(parser.error()->at(), at);
  EXPECT_NE(std::string_view(parser.error()->what()).find(part), std::string_view::npos) << parser.error()->what();
}

// Version 1 ---------------------------------------------------------------------------------------

TEST(HaproxyLine, NamesIPv4Addresses) {
  const HaproxyParser parser = fed("PROXY TCP4 127.0.0.1 10.0.0.255 8080 65535\r\n");
  ASSERT_TRUE(parser.header());
  EXPECT_EQ(parser.header()->version, 1);
  EXPECT_EQ(parser.header()->source.text(), "127.0.0.1:8080");
  EXPECT_EQ(parser.header()->destination.text(), "10.0.0.255:65535");
  EXPECT_TRUE(parser.header()->addressed);
  EXPECT_EQ(parser.header()->size, 44u);
}

TEST(HaproxyLine, NamesIPv6Addresses) {
  const HaproxyParser parser = fed("PROXY TCP6 ::1 2001:db8::42 0 443\r\n");
  ASSERT_TRUE(parser.header());
  EXPECT_EQ(parser.header()->source.text(), "[::1]:0");
  EXPECT_EQ(parser.header()->destination.text(), "[2001:db8::42]:443");
}

TEST(HaproxyLine, UnknownNamesNoAddressesWhateverFollowsInItsLine) {
  for (const std::string_view rest : {""sv, " "sv, " ffff:f...f:ffff ffff:f...f:ffff 65535 65535"sv, " \x01\xff"sv}) {
    const HaproxyParser parser = fed("PROXY UNKNOWN" + std::string(rest) + "\r\n");
    ASSERT_TRUE(parser.header()) << rest;
    EXPECT_FALSE(parser.header()->addressed);
    EXPECT_FALSE(parser.header()->local);
    EXPECT_EQ(parser.header()->source, Address());
  }
}

TEST(HaproxyLine, TakesNothingBehindItsEnd) {
  const std::string line = "PROXY TCP4 1.2.3.4 5.6.7.8 9 10\r\n";
  HaproxyParser parser;
  EXPECT_EQ(parser.feed(line + "GET / HTTP/1.0\r\n\r\n"), line.size());
  EXPECT_EQ(parser.taken(), line.size());
  EXPECT_EQ(parser.feed("more"), 0u);
}

TEST(HaproxyLine, MayHaveTheLongestLineButNotOneByteMore) {
  const std::string most = "PROXY UNKNOWN " + std::string(91, 'f') + "\r\n";
  ASSERT_EQ(most.size(), HaproxyParser::kMaxLine);
  EXPECT_TRUE(fed(most).header());
  refuses("PROXY UNKNOWN " + std::string(92, 'f') + "\r\n", Problem::kTooLong, 107, "at most 107 bytes");
}

TEST(HaproxyLine, RefusesWhatIsNoBeginningOfAHeaderAtItsFirstByte) {
  refuses("GET / HTTP/1.0\r\n", Problem::kSignature, 0, "\"G\" is the beginning of neither");
  refuses("PROX TCP4", Problem::kSignature, 4, "\"PROX \"");
  refuses("PROXY\r\n", Problem::kSignature, 5, "PROXY\\r");
}

TEST(HaproxyLine, RefusesAnotherProtocol) {
  refuses("PROXY UDP4 1.2.3.4 5.6.7.8 9 10\r\n", Problem::kProtocol, 6, "\"UDP4\"");
  refuses("PROXY  TCP4 1.2.3.4 5.6.7.8 9 10\r\n", Problem::kProtocol, 6, "\"\" is neither");
  refuses("PROXY UNKNOWNS\r\n", Problem::kProtocol, 6, "UNKNOWNS");
  refuses("PROXY \r\n", Problem::kProtocol, 6, "\"\" is neither");
}

TEST(HaproxyLine, RefusesAddressesThatTheProtocolDoesNotHave) {
  refuses("PROXY TCP4 ::1 5.6.7.8 9 10\r\n", Problem::kAddress, 11, "the source address \"::1\" is no IPv4 address");
  refuses("PROXY TCP6 ::1 5.6.7.8 9 10\r\n", Problem::kAddress, 15, "the destination address \"5.6.7.8\" is no IPv6 address");
  refuses("PROXY TCP4 zz 5.6.7.8 9 10\r\n", Problem::kAddress, 11, "\"zz\"");
  refuses("PROXY TCP4 1.2.3.04 5.6.7.8 9 10\r\n", Problem::kAddress, 11, "\"1.2.3.04\"");
  refuses("PROXY TCP4 1.2.3.4  5.6.7.8 9 10\r\n", Problem::kAddress, 19, "\"\" is no IPv4");
}

TEST(HaproxyLine, RefusesPortsThatAreNone) {
  for (const std::string_view port : {"65536"sv, "99999"sv, "-1"sv, "+1"sv, "x"sv, "080"sv, "00"sv, "8\t"sv})
    refuses("PROXY TCP4 1.2.3.4 5.6.7.8 " + std::string(port) + " 10\r\n", Problem::kPort, 27, escaped(port));
  refuses("PROXY TCP4 1.2.3.4 5.6.7.8 9 65536\r\n", Problem::kPort, 29, "the destination port \"65536\"");
}

TEST(HaproxyLine, RefusesALineThatEndsTooEarlyOrTooLate) {
  refuses("PROXY TCP4\r\n", Problem::kMissing, 10, "before the source address");
  refuses("PROXY TCP4 1.2.3.4 5.6.7.8 9\r\n", Problem::kMissing, 28, "before the destination port");
  refuses("PROXY TCP4 1.2.3.4 5.6.7.8 9 10 11\r\n", Problem::kTrailing, 31, "\" 11\"");
  refuses("PROXY TCP4 1.2.3.4 5.6.7.8 9 10 \r\n", Problem::kTrailing, 31, "\" \"");
}

TEST(HaproxyLine, EndsWithCrlfAndNothingElse) {
  refuses("PROXY UNKNOWN\nGET", Problem::kLineEnd, 13, "LF without CR");
  refuses("PROXY UNKNOWN\rGET", Problem::kLineEnd, 14, "CR without LF");
  refuses("PROXY UNKNOWN\r\r\n", Problem::kLineEnd, 14, "CR without LF");
}

// Version 2 ---------------------------------------------------------------------------------------

TEST(HaproxyBinary, NamesIPv4Addresses) {
  const HaproxyParser parser = fed(binaryHeader(kProxy, kTcp4, block4()));
  ASSERT_TRUE(parser.header());
  EXPECT_EQ(parser.header()->version, 2);
  EXPECT_EQ(parser.header()->source.text(), "10.1.2.3:4660");
  EXPECT_EQ(parser.header()->destination.text(), "192.168.0.1:443");
  EXPECT_FALSE(parser.header()->local);
  EXPECT_FALSE(parser.header()->datagram);
  EXPECT_EQ(parser.header()->size, 28u);
}

TEST(HaproxyBinary, NamesIPv6AddressesAndSaysWhetherTheClientSentDatagrams) {
  const std::string block = std::string(15, '\0') + '\x01' + std::string(15, '\0') + '\x02' + u16(80) + u16(81);
  const HaproxyParser parser = fed(binaryHeader(kProxy, '\x22', block));
  ASSERT_TRUE(parser.header());
  EXPECT_EQ(parser.header()->source.text(), "[::1]:80");
  EXPECT_EQ(parser.header()->destination.text(), "[::2]:81");
  EXPECT_TRUE(parser.header()->datagram);
}

TEST(HaproxyBinary, NamesPathsAbstractNamesAndUnnamedUnixSockets) {
  const auto field = [](std::string_view path) { return std::string(path) + std::string(108 - path.size(), '\0'); };
  const HaproxyParser paths = fed(binaryHeader(kProxy, kUnixStream, field("/run/a\0junk"sv) + field("\0name"sv)));
  ASSERT_TRUE(paths.header());
  EXPECT_EQ(paths.header()->source, Address::unixPath("/run/a"));
  EXPECT_EQ(paths.header()->destination, Address::unixPath(std::string("\0name"sv)));
  const HaproxyParser unnamed = fed(binaryHeader(kProxy, kUnixStream, field("") + field(std::string(107, 'p'))));
  ASSERT_TRUE(unnamed.header());
  EXPECT_EQ(unnamed.header()->source, Address::unixPath(""));
  EXPECT_EQ(unnamed.header()->destination.path().size(), 107u);
}

TEST(HaproxyBinary, RefusesAUnixPathThatNoSocketCanHave) {
  refuses(binaryHeader(kProxy, kUnixStream, std::string(108, '\0') + std::string(108, 'p')), Problem::kAddress, 124, "108 bytes");
}

TEST(HaproxyBinary, LocalIgnoresEverythingThatFollows) {
  for (const char family : {kUnspec, kTcp4, '\x7f'}) {
    const HaproxyParser parser = fed(binaryHeader(kLocal, family, "what is this"));
    ASSERT_TRUE(parser.header());
    EXPECT_TRUE(parser.header()->local);
    EXPECT_FALSE(parser.header()->addressed);
  }
}

TEST(HaproxyBinary, UnspecifiedNamesNoAddresses) {
  for (const char family : {kUnspec, '\x01', '\x10'}) {
    const HaproxyParser parser = fed(binaryHeader(kProxy, family, "abc"));
    ASSERT_TRUE(parser.header());
    EXPECT_FALSE(parser.header()->addressed);
    EXPECT_FALSE(parser.header()->local);
    EXPECT_EQ(parser.header()->size, 19u);
  }
  EXPECT_TRUE(fed(binaryHeader(kProxy, kUnspec, "")).header());
}

TEST(HaproxyBinary, RefusesAnotherVersionCommandFamilyOrTransport) {
  refuses(binaryHeader('\x11', kTcp4, block4()), Problem::kVersion, 12, "version 1");
  refuses(binaryHeader('\x22', kTcp4, block4()), Problem::kCommand, 12, "command 2");
  refuses(binaryHeader(kProxy, '\x41', block4()), Problem::kFamily, 13, "address family 4");
  refuses(binaryHeader(kProxy, '\x13', block4()), Problem::kFamily, 13, "transport protocol 3");
  refuses("\r\n\r\nx", Problem::kSignature, 4, "\\r\\n\\r\\nx");
}

TEST(HaproxyBinary, RefusesALengthThatHoldsNoAddresses) {
  refuses(binaryHeader(kProxy, kTcp4, block4().substr(1)), Problem::kTooShort, 14, "the addresses need 12");
  refuses(binaryHeader(kProxy, kTcp6, std::string(35, 'x')), Problem::kTooShort, 14, "the addresses need 36");
  refuses(binaryHeader(kProxy, kUnixStream, std::string(215, 'x')), Problem::kTooShort, 14, "the addresses need 216");
}

TEST(HaproxyBinary, RefusesALengthAboveTheLimitBeforeItsBytesCome) {
  const std::string whole = binaryHeader(kProxy, kTcp4, block4() + tlv('\x04', std::string(85, 'n')));
  EXPECT_TRUE(fed(whole, 100).header());
  HaproxyParser parser(99);
  EXPECT_EQ(parser.feed(whole), HaproxyParser::kFixedSize);
  ASSERT_TRUE(parser.error());
  EXPECT_STREQ(parser.error()->what(), "PROXY header refused at byte 14: a length of 100, the limit is 99");
}

TEST(HaproxyBinary, SkipsTlvs) {
  const HaproxyParser parser =
      fed(binaryHeader(kProxy, kTcp4, block4() + tlv('\x01', "h2") + tlv('\xee', "") + tlv('\x04', "no")));
  ASSERT_TRUE(parser.header()) << parser.error()->what();
  EXPECT_EQ(parser.header()->source.text(), "10.1.2.3:4660");
}

TEST(HaproxyBinary, RefusesATlvBeyondTheEndOfTheHeader) {
  refuses(binaryHeader(kProxy, kTcp4, block4() + "\x01"), Problem::kTlv, 28, "a TLV of 1 bytes");
  refuses(binaryHeader(kProxy, kTcp4, block4() + tlv('\x01', "h2").substr(0, 4)), Problem::kTlv, 29, "2 bytes where 1 are left");
}

TEST(HaproxyBinary, ChecksTheChecksumIfThereIsOne) {
  const std::string good = withChecksum(binaryHeader(kProxy, kTcp4, block4() + tlv('\x01', "h2") + tlv('\x03', "\0\0\0\0"sv)));
  EXPECT_TRUE(fed(good).header());
  for (const std::size_t at : {std::size_t{16}, std::size_t{31}, good.size() - 1}) {
    std::string bad = good;
    bad[at] = static_cast<char>(bad[at] ^ 1);
    refuses(bad, Problem::kChecksum, good.size() - 4, "the CRC32c TLV says");
  }
  refuses(binaryHeader(kProxy, kTcp4, block4() + tlv('\x03', "abc")), Problem::kChecksum, 29, "it has 4");
  refuses(binaryHeader(kProxy, kTcp4, block4() + tlv('\x03', "abcd") + tlv('\x03', "abcd")), Problem::kChecksum, 35, "second");
}

TEST(Crc32c, IsThatOfTheStandard) {
  detail::Crc32c crc;
  crc.add("1234");
  crc.add("56789");
  EXPECT_EQ(crc.value(), 0xE3069283u);
  EXPECT_EQ(detail::Crc32c().value(), 0u);
}

// Both --------------------------------------------------------------------------------------------

std::string outcome(const HaproxyParser& parser) {
  const std::string taken = std::to_string(parser.taken()) + ' ';
  if (parser.error()) return taken + parser.error()->what();
  if (!parser.header()) return taken + "incomplete";
  return taken + parser.header()->source.text() + ' ' + parser.header()->destination.text();
}

TEST(HaproxyParser, SaysTheSameHoweverTheHeaderIsCut) {
  const std::string good = binaryHeader(kProxy, kTcp4, block4() + tlv('\x03', "\0\0\0\0"sv));
  const std::vector<std::string> streams = {"PROXY TCP4 1.2.3.4 5.6.7.8 9 10\r\nhello",
                                            "PROXY UNKNOWN\r\nPROXY UNKNOWN\r\n",
                                            "PROXY TCP4 1.2.3.4 5.6.7.8 9 999999\r\nhello",
                                            "PROXY UNKNOWN\n",
                                            "GET / HTTP/1.0\r\n\r\n",
                                            "PROXY UNKNOWN " + std::string(100, 'f') + "\r\n",
                                            withChecksum(good) + "hello",
                                            good + "hello",
                                            binaryHeader('\x31', kTcp4, block4()),
                                            binaryHeader(kLocal, kUnspec, "") + "x"};
  for (const std::string& stream : streams) {
    const std::string whole = outcome(fed(stream));
    for (const auto& way : waysToCut(stream.size())) {
      HaproxyParser parser;
      way.forEachChunk(stream, [&](ByteView chunk) { parser.feed(chunk); });
      ASSERT_EQ(outcome(parser), whole) << way.text();
    }
  }
}

}  // namespace
}  // namespace teasel
