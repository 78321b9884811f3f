#include <teasel/protocols/irc/message.hpp>

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include <teasel/core/byte_view.hpp>

namespace teasel::irc {
namespace {

Message parsed(std::string_view line) {
  const Message::Parsed result = Message::parse(line);
  EXPECT_TRUE(result) << describe(result.fault) << " at " << result.at << " of " << line;
  return result.message;
}

void expectFault(std::string_view line, Fault fault, std::size_t at) {
  const Message::Parsed result = Message::parse(line);
  EXPECT_EQ(result.fault, fault) << escaped(ByteView(line)) << ": " << describe(result.fault);
  EXPECT_EQ(result.at, at) << escaped(ByteView(line));
  EXPECT_EQ(result.message, Message()) << "a fault comes without a message";
}

std::vector<std::string_view> paramsOf(const Message& message) { return {message.params.begin(), message.params.end()}; }
using Words = std::vector<std::string_view>;

TEST(IrcMessage, ReadsPrefixCommandAndParameters) {
  const Message message = parsed(":bob!b@host.example PRIVMSG #tea :two cups, please");
  EXPECT_EQ(message.prefix.text(), "bob!b@host.example");
  EXPECT_EQ(message.command, "PRIVMSG");
  EXPECT_EQ(paramsOf(message), (Words{"#tea", "two cups, please"}));
  EXPECT_TRUE(message.tags.empty());
}

TEST(IrcMessage, ReadsACommandAlone) {
  EXPECT_EQ(parsed("QUIT").command, "QUIT");
  EXPECT_TRUE(parsed("QUIT").params.empty());
  EXPECT_TRUE(parsed("QUIT").prefix.empty());
}

TEST(IrcMessage, TakesAColonInsideAWordAsPartOfIt) {
  EXPECT_EQ(paramsOf(parsed("MODE #a +b a:b!*@* x")), (Words{"#a", "+b", "a:b!*@*", "x"}));
}

TEST(IrcMessage, KeepsSpacesAndColonsOfATrailingParameter) {
  EXPECT_EQ(paramsOf(parsed("PRIVMSG a : :  b c ")), (Words{"a", " :  b c "}));
  EXPECT_EQ(paramsOf(parsed("PRIVMSG a ::)")), (Words{"a", ":)"}));
}

TEST(IrcMessage, ReadsAnEmptyTrailingParameter) { EXPECT_EQ(paramsOf(parsed("TOPIC #a :")), (Words{"#a", ""})); }

TEST(IrcMessage, TakesSeveralSpacesBetweenPartsAsOne) {
  const Message message = parsed("  :srv   001   me    hello  ");
  EXPECT_EQ(message.prefix.text(), "srv");
  EXPECT_EQ(message.numeric(), 1);
  EXPECT_EQ(paramsOf(message), (Words{"me", "hello"}));
}

TEST(IrcMessage, IgnoresLineEndsBehindTheLine) {
  EXPECT_EQ(paramsOf(parsed("PING x\r\n")), (Words{"x"}));
  EXPECT_EQ(paramsOf(parsed("PING x\r\r\r")), (Words{"x"}));
}

TEST(IrcMessage, PutsAllBehindTheFourteenthParameterIntoTheFifteenth) {
  const std::string line = "X 1 2 3 4 5 6 7 8 9 10 11 12 13 14 ";
  EXPECT_EQ(parsed(line + "15 16 :17").params[14], "15 16 :17");
  EXPECT_EQ(parsed(line + ":15 16").params[14], "15 16");
  EXPECT_EQ(parsed(line + "15 16").params.size(), kMaxParams);
}

TEST(IrcMessage, ReadsAMissingParameterAsAnEmptyOne) {
  const Message message = parsed("KICK #a");
  EXPECT_EQ(message.params[1], "");
  EXPECT_EQ(message.params[99], "");
  EXPECT_EQ(parsed("KICK").params.back(), "");
  EXPECT_TRUE(message.params.from(5).empty());
}

TEST(IrcMessage, ComparesCommandsWithoutCase) {
  EXPECT_TRUE(parsed("privMSG a b").is("PRIVMSG"));
  EXPECT_FALSE(parsed("PRIVMS a b").is("PRIVMSG"));
  EXPECT_EQ(parsed("433 * x").numeric(), 433);
  EXPECT_EQ(parsed("PING x").numeric(), 0);
}

TEST(IrcMessage, RefusesALineWithoutAWord) {
  expectFault("", Fault::kEmpty, 0);
  expectFault("\r", Fault::kEmpty, 0);
  expectFault("   ", Fault::kEmpty, 0);
}

// The lines that escape Twisted's dataReceived as ValueError or IndexError.
TEST(IrcMessage, RefusesALineWithoutACommandAndSaysWhere) {
  expectFault(":foo", Fault::kNoCommand, 4);
  expectFault(":foo  ", Fault::kNoCommand, 6);
  expectFault("@a=b", Fault::kNoCommand, 4);
  expectFault(": ", Fault::kBadPrefix, 0);
  expectFault(": FOO", Fault::kBadPrefix, 0);
  expectFault("@ FOO", Fault::kBadTag, 0);
}

TEST(IrcMessage, RefusesACommandThatIsNeitherLettersNorThreeDigits) {
  for (const char* line : {"12 a", "1234 a", "PRIV-MSG a", "\x01 a", ":a b!c d", "00a x", "\xc3\xa4 x"})
    EXPECT_EQ(Message::parse(line).fault, Fault::kBadCommand) << line;
  expectFault(":srv 12 a", Fault::kBadCommand, 5);
}

TEST(IrcMessage, RefusesCrLfAndNulInsideALine) {
  expectFault("PRIVMSG a :b\rQUIT", Fault::kIllegalByte, 12);
  expectFault("PRIVMSG a :b\nQUIT", Fault::kIllegalByte, 12);
  expectFault(std::string_view("PRIVMSG a :\0b", 13), Fault::kIllegalByte, 11);
  expectFault(std::string_view("@a=\0 X", 6), Fault::kIllegalByte, 3);
}

TEST(IrcMessage, FindsAnIllegalByteAtEveryPlace) {
  const std::string line = "PRIVMSG #tea :a text that is longer than a few words of eight bytes";
  for (std::size_t at = 1; at + 1 < line.size(); ++at) {
    for (const char byte : {'\0', '\r', '\n'}) {
      std::string wrong = line;
      wrong[at] = byte;
      expectFault(wrong, Fault::kIllegalByte, at);
    }
  }
}

TEST(IrcMessage, TakesAMessageOf510BytesAndRefusesOneByteMore) {
  const std::string head = "PRIVMSG #tea :";
  EXPECT_TRUE(Message::parse(head + std::string(510 - head.size(), 'x')));
  expectFault(head + std::string(511 - head.size(), 'x'), Fault::kTooLong, 510);
}

TEST(IrcMessage, CountsTagsApartFromTheMessage) {
  const std::string tags = "@" + std::string(kMaxTags - 2, 'k') + " ", text = "A " + std::string(508, 'x');
  EXPECT_TRUE(Message::parse(tags + text));
  expectFault("@" + tags.substr(1, tags.size() - 2) + "k " + text, Fault::kTagsTooLong, kMaxTags - 1);
  EXPECT_EQ(Message::parse(tags + text + "x").fault, Fault::kTooLong);
}

TEST(IrcMessage, PassesBytesThatAreNotUtf8On) { EXPECT_EQ(parsed("PRIVMSG a :\xff\xfe\x80").params[1], "\xff\xfe\x80"); }

TEST(IrcMessage, FindsTheEndOfWordsOfEverySize) {
  for (std::size_t size = 1; size < 40; ++size) {
    const std::string word(size, 'w'), other(40 - size, 'o');
    const std::string line = ":" + word + " CMD " + other + " " + word + " :" + other + " " + word;
    const Message message = parsed(line);
    EXPECT_EQ(message.prefix.text(), word);
    EXPECT_EQ(paramsOf(message), (Words{other, word, other + " " + word}));
  }
}

TEST(IrcPrefix, IsTakenApartIntoNickUserAndHost) {
  const Prefix prefix("bob!b@host");
  EXPECT_EQ(prefix.nick(), "bob");
  EXPECT_EQ(prefix.user(), "b");
  EXPECT_EQ(prefix.host(), "host");
}

TEST(IrcPrefix, MayLackItsParts) {
  EXPECT_EQ(Prefix("irc.example").nick(), "irc.example");
  EXPECT_EQ(Prefix("irc.example").user(), "");
  EXPECT_EQ(Prefix("irc.example").host(), "");
  EXPECT_EQ(Prefix("bob@host").nick(), "bob");
  EXPECT_EQ(Prefix("bob@host").host(), "host");
  EXPECT_EQ(Prefix("bob!b").user(), "b");
  EXPECT_EQ(Prefix("!@").nick(), "");
  EXPECT_EQ(Prefix("a!b@c@d").host(), "d");
  EXPECT_EQ(Prefix("a!b@c@d").user(), "b@c");
}

TEST(IrcTags, AreReadInOrderWithTheirValues) {
  const Message message = parsed("@time=2026;+draft/x=a\\sb;flag;;empty= :a X b");
  std::vector<std::string> seen;
  for (const Tag& tag : message.tags) seen.push_back(std::string(tag.key) + "|" + std::string(tag.value));
  EXPECT_EQ(seen, (std::vector<std::string>{"time|2026", "+draft/x|a\\sb", "flag|", "empty|"}));
  EXPECT_EQ(message.tags.get("+draft/x"), "a b");
  EXPECT_EQ(message.tags.find("flag"), "");
  EXPECT_TRUE(message.tags.has("empty"));
  EXPECT_FALSE(message.tags.has("tim"));
  EXPECT_EQ(message.prefix.nick(), "a");
}

TEST(IrcTags, GiveTheLastValueOfAKeyThatComesTwice) { EXPECT_EQ(parsed("@a=1;b=2;a=3 X").tags.find("a"), "3"); }

TEST(IrcTags, AreNotTakenForAMessageThatBeginsLikeOne) {
  EXPECT_EQ(parsed("@a=:b :srv X :@c").params[0], "@c");
  EXPECT_EQ(parsed("@a=:b :srv X :@c").tags.find("a"), ":b");
}

TEST(IrcTags, EscapeAndUnescapeEveryByte) {
  EXPECT_EQ(escapeTagValue("a; b\\c\r\n"), "a\\:\\sb\\\\c\\r\\n");
  EXPECT_EQ(unescapeTagValue("a\\:\\sb\\\\c\\r\\n"), "a; b\\c\r\n");
  EXPECT_EQ(unescapeTagValue("\\x\\"), "x") << "a backslash before another character, and one at the end, is dropped";
  std::string all;
  for (int byte = 1; byte < 256; ++byte) all += static_cast<char>(byte);
  EXPECT_EQ(unescapeTagValue(escapeTagValue(all)), all);
}

TEST(IrcTags, KnowWhichKeysAreAllowed) {
  for (const char* key : {"a", "time", "+a", "example.com/a", "+example.com/a-b", "9"}) EXPECT_TRUE(isTagKey(key)) << key;
  for (const char* key : {"", "+", "/a", "a/", "a b", "a=b", "a;b", "++a", "a/b/c", "a.b"}) EXPECT_FALSE(isTagKey(key)) << key;
}

}  // namespace
}  // namespace teasel::irc
