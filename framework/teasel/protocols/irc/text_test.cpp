#include <teasel/protocols/irc/casemapping.hpp>
#include <teasel/protocols/irc/ctcp.hpp>
#include <teasel/protocols/irc/numerics.hpp>
#include <teasel/protocols/irc/utf8.hpp>

#include <gtest/gtest.h>

#include <map>
#include <set>
#include <string>
#include <vector>

#include <teasel/core/errors.hpp>

// Numerics, case mappings, UTF-8 and CTCP.

namespace teasel::irc {
namespace {

using Texts = std::vector<std::string>;

TEST(IrcNumerics, HaveNamesInBothDirections) {
  EXPECT_EQ(nameOfNumeric(1), "RPL_WELCOME");
  EXPECT_EQ(nameOfNumeric(433), "ERR_NICKNAMEINUSE");
  EXPECT_EQ(nameOfNumeric(0), "");
  EXPECT_EQ(nameOfNumeric(999), "");
  EXPECT_EQ(numericByName("ERR_NOSUCHNICK"), ERR_NOSUCHNICK);
  EXPECT_EQ(numericByName("ERR_NOSUCH"), std::nullopt);
  int named = 0;
  for (int number = 0; number < 1000; ++number) {
    const std::string_view name = nameOfNumeric(number);
    if (name.empty()) continue;
    ++named;
    EXPECT_EQ(numericByName(name), static_cast<Numeric>(number)) << name;
    EXPECT_EQ(name.starts_with("ERR_"), isError(number)) << name;
  }
  EXPECT_GE(named, 160);
}

TEST(IrcCaseMapping, FoldsWhatEachMappingFolds) {
  EXPECT_EQ(foldCase("Az[]\\~{}|^", CaseMapping::kAscii), "az[]\\~{}|^");
  EXPECT_EQ(foldCase("Az[]\\~{}|^", CaseMapping::kRfc1459), "az{}|~{}|~");
  EXPECT_EQ(foldCase("Az[]\\~{}|^", CaseMapping::kStrictRfc1459), "az{}|~{}|^");
  EXPECT_EQ(foldCase("\xc3\x84@", CaseMapping::kRfc1459), "\xc3\x84@");
}

TEST(IrcCaseMapping, ComparesAndOrdersNames) {
  EXPECT_TRUE(sameName("Bob[]", "bOB{}", CaseMapping::kRfc1459));
  EXPECT_FALSE(sameName("Bob[]", "bOB{}", CaseMapping::kAscii));
  EXPECT_FALSE(sameName("bob", "bobb", CaseMapping::kAscii));
  std::map<std::string, int, NameLess> byName(NameLess{CaseMapping::kRfc1459});
  byName["#Tea"] = 1;
  EXPECT_EQ(byName.count(std::string_view("#tEA")), 1u);
  EXPECT_EQ(byName.count(std::string_view("#te")), 0u);
}

TEST(IrcCaseMapping, HasNames) {
  for (const auto mapping : {CaseMapping::kAscii, CaseMapping::kRfc1459, CaseMapping::kStrictRfc1459})
    EXPECT_EQ(caseMappingByName(nameOf(mapping)), mapping);
  EXPECT_EQ(caseMappingByName("rfc1459-strict"), CaseMapping::kStrictRfc1459);
  EXPECT_EQ(caseMappingByName("rfc7613"), CaseMapping::kRfc1459);
}

TEST(IrcUtf8, KnowsWellFormedText) {
  for (const char* good : {"", "abc", "\xc3\xa4", "\xe2\x82\xac", "\xf0\x9f\x8d\xb5", "\xed\x9f\xbf", "\xf4\x8f\xbf\xbf"})
    EXPECT_TRUE(isUtf8(good)) << good;
  for (const char* bad : {"\x80", "\xc3", "\xc0\x80", "\xc1\xbf", "\xe0\x9f\xbf", "\xed\xa0\x80", "\xf0\x8f\xbf\xbf",
                          "\xf4\x90\x80\x80", "\xf5\x80\x80\x80", "\xff", "\xe2\x82", "\xe2\x28\xa1", "a\xe2"})
    EXPECT_FALSE(isUtf8(bad)) << testing::PrintToString(std::string(bad));
}

TEST(IrcUtf8, ReplacesEachByteThatIsWrong) {
  EXPECT_EQ(toUtf8("a\xff\xe2\x82"
                   "b\xc3\xa4"),
            "a\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd"
            "b\xc3\xa4");
  EXPECT_EQ(toUtf8("\xe2\x82\xac"), "\xe2\x82\xac");
}

TEST(IrcUtf8, CutsNoCharacterInTwo) {
  const std::string text =
      "a\xe2\x82\xac\xf0\x9f\x8d\xb5"
      "b";
  const std::size_t wanted[] = {0, 1, 1, 1, 4, 4, 4, 4, 8, 9, 9};
  for (std::size_t bytes = 0; bytes <= 10; ++bytes) EXPECT_EQ(wholeCharacters(text, bytes), wanted[bytes]) << bytes;
  EXPECT_EQ(wholeCharacters("\x80\x80\x80\x80\x80", 3), 3u) << "bytes that are not UTF-8 are cut anywhere";
  EXPECT_EQ(wholeCharacters("\xe2\x82\xac", 2), 2u) << "at least one byte, or a text would never end";
}

Texts pieces(std::string_view text, std::size_t bytes, std::string_view quotes = {}) {
  const auto views = splitText(text, bytes, quotes);
  return {views.begin(), views.end()};
}

TEST(IrcSplitText, CutsAtSpacesThenBetweenCharacters) {
  EXPECT_EQ(pieces("xx yyz", 2), (Texts{"xx", "yy", "z"}));
  EXPECT_EQ(pieces("one two three", 7), (Texts{"one two", "three"}));
  EXPECT_EQ(pieces("barbazbo", 3), (Texts{"bar", "baz", "bo"}));
  EXPECT_EQ(pieces("\xe2\x82\xac\xe2\x82\xac", 4), (Texts{"\xe2\x82\xac", "\xe2\x82\xac"}));
}

TEST(IrcSplitText, CutsAtEveryKindOfLineEnd) {
  EXPECT_EQ(pieces("xx\nyyz", 2), (Texts{"xx", "yy", "z"}));
  EXPECT_EQ(pieces("\n\na\r\nb\rc\n", 9), (Texts{"a", "b", "c"}));
  EXPECT_EQ(pieces("", 1), Texts{});
  EXPECT_EQ(pieces("\r\n", 1), Texts{});
}

TEST(IrcSplitText, RefusesPiecesWithoutAByte) { EXPECT_THROW(splitText("foo", 0), UsageError); }

TEST(IrcSplitText, LosesNothingButSpacesAndLineEnds) {
  const std::string text = "a bb  ccc \xe2\x82\xac\xe2\x82\xac\xff dddddddd\nee   f\r\n";
  std::string all;
  for (const char byte : text)
    if (byte != ' ' && byte != '\n' && byte != '\r') all += byte;
  for (std::size_t bytes = 1; bytes < 30; ++bytes) {
    std::string got;
    for (const std::string& piece : pieces(text, bytes)) {
      EXPECT_LE(piece.size(), bytes);
      EXPECT_FALSE(piece.empty());
      for (const char byte : piece)
        if (byte != ' ') got += byte;
    }
    EXPECT_EQ(got, all) << bytes;
  }
}

TEST(IrcSplitText, CutsNoEscapeInTwo) {
  EXPECT_EQ(pieces("ab\\\\cd", 3, "\\"), (Texts{"ab", "\\\\c", "d"}));
  EXPECT_EQ(pieces("\\a\\a\\a", 3, "\\"), (Texts{"\\a", "\\a", "\\a"}));
  EXPECT_EQ(pieces("\\a\\a\\a", 4, "\\"), (Texts{"\\a\\a", "\\a"}));
}

// What Twisted's QuotingTests ask.
TEST(IrcQuoting, LowLevelQuotingIsUndone) {
  for (const std::string& text :
       {std::string("foo"), std::string("foo \x10"), std::string("\r\n\0\x10\x10n", 6), std::string()}) {
    EXPECT_EQ(lowDequote(lowQuote(text)), text);
    EXPECT_EQ(lowQuote(text).find_first_of(std::string("\0\r\n", 3)), std::string::npos);
  }
  EXPECT_EQ(lowQuote(std::string("a\0b\nc\rd\x10", 8)),
            "a\x10"
            "0b\x10nc\x10rd\x10\x10");
  EXPECT_EQ(lowDequote("\x10x\x10"), "x\x10") << "an unknown escape is its second byte; a quote at the end stays";
}

TEST(IrcQuoting, CtcpQuotingIsUndone) {
  for (const std::string text : {"foo", "foo \x01", "\\a\\\\\x01\x01", ""}) {
    EXPECT_EQ(ctcpDequote(ctcpQuote(text)), text);
    EXPECT_EQ(ctcpQuote(text).find('\x01'), std::string::npos);
  }
  EXPECT_EQ(ctcpQuote("a\x01\\"), "a\\a\\\\");
}

TEST(IrcCtcp, TakesExtendedAndPlainPartsApart) {
  const CtcpText parts = ctcpExtract(
      "\x01"
      "ACTION waves\x01 hello \x01PING\x01\x01VERSION \x01"
      "end");
  EXPECT_EQ(parts.extended, (std::vector<CtcpMessage>{{"ACTION", "waves"}, {"PING", ""}, {"VERSION", ""}}));
  EXPECT_EQ(parts.normal, (Texts{" hello ", "end"}));
}

TEST(IrcCtcp, TakesWhatIsNotClosedAsExtended) {
  EXPECT_EQ(ctcpExtract("\x01"
                        "ACTION waves")
                .extended,
            (std::vector<CtcpMessage>{{"ACTION", "waves"}}));
  EXPECT_TRUE(ctcpExtract("\x01").extended.empty());
  EXPECT_TRUE(ctcpExtract("\x01\x01\x01").extended.empty());
  EXPECT_TRUE(ctcpExtract("").normal.empty());
}

TEST(IrcCtcp, ReadsWhatItWrites) {
  const std::vector<CtcpMessage> messages = {{"PING", "a b"}, {"X", ""}, {"ACTION", "\\ \x01 \\a"}};
  EXPECT_EQ(ctcpExtract(ctcpStringify(messages)).extended, messages);
  EXPECT_EQ(ctcpStringify({{"PING", "1"}}), "\x01PING 1\x01");
}

}  // namespace
}  // namespace teasel::irc
