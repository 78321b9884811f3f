#include <teasel/protocols/irc/message_builder.hpp>

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include <teasel/core/errors.hpp>

namespace teasel::irc {
namespace {

using Words = std::vector<std::string_view>;

TEST(MessageBuilder, WritesAllPartsInOrder) {
  MessageBuilder line;
  line.tag("time", "2026").tag("a").prefix("bob!b@host").command("PRIVMSG").param("#tea").trailing("two cups");
  EXPECT_EQ(line.line(), "@time=2026;a :bob!b@host PRIVMSG #tea :two cups\r\n");
  EXPECT_EQ(line.text(), "@time=2026;a :bob!b@host PRIVMSG #tea :two cups");
}

TEST(MessageBuilder, BeginsANewLineAfterClear) {
  MessageBuilder line;
  line.command("PING").trailing("a b");
  EXPECT_EQ(line.clear().command("PONG").param("x").line(), "PONG x\r\n");
}

TEST(MessageBuilder, WritesNumericsWithThreeDigits) {
  MessageBuilder line;
  EXPECT_EQ(line.prefix("srv").command(RPL_WELCOME).param("me").trailing("hi").line(), ":srv 001 me :hi\r\n");
  EXPECT_EQ(line.clear().command(ERR_NICKNAMEINUSE).line(), "433\r\n");
}

TEST(MessageBuilder, WritesAPrefixFromItsParts) {
  MessageBuilder line;
  EXPECT_EQ(line.prefix("a", "b", "c").command("X").line(), ":a!b@c X\r\n");
  EXPECT_EQ(line.clear().prefix("a!x", "b", "c").command("X").fault(), Fault::kBadPrefix);
  EXPECT_EQ(line.clear().prefix("a", "", "c").command("X").fault(), Fault::kBadPrefix);
}

TEST(MessageBuilder, WritesTheLastOfAllParametersAsItNeeds) {
  MessageBuilder line;
  EXPECT_EQ(line.command("X").params(Words{"a", "b"}).line(), "X a b\r\n");
  EXPECT_EQ(line.clear().command("X").params(Words{"a", "b c"}).line(), "X a :b c\r\n");
  EXPECT_EQ(line.clear().command("X").params(Words{""}).line(), "X :\r\n");
  EXPECT_EQ(line.clear().command("X").params(Words{":)"}).line(), "X ::)\r\n");
  EXPECT_EQ(line.clear().command("X").params(Words{}).line(), "X\r\n");
}

TEST(MessageBuilder, LetsNoCrLfOrNulIntoALineAtAnyPlace) {
  const auto faultOf = [](auto fill) {
    MessageBuilder line;
    fill(line);
    EXPECT_TRUE(line.line().empty());
    return line.fault();
  };
  for (const std::string& bad : {std::string("a\rb"), std::string("a\nb"), std::string("a\0b", 3), std::string("\n")}) {
    EXPECT_EQ(faultOf([&](auto& line) { line.prefix(bad).command("X"); }), Fault::kIllegalByte);
    EXPECT_EQ(faultOf([&](auto& line) { line.prefix("n", bad, "h").command("X"); }), Fault::kIllegalByte);
    EXPECT_EQ(faultOf([&](auto& line) { line.command(bad); }), Fault::kIllegalByte);
    EXPECT_EQ(faultOf([&](auto& line) { line.command("X").param(bad); }), Fault::kIllegalByte);
    EXPECT_EQ(faultOf([&](auto& line) { line.command("X").trailing(bad); }), Fault::kIllegalByte);
    EXPECT_EQ(faultOf([&](auto& line) { line.tag(bad).command("X"); }), Fault::kBadTag);
  }
  EXPECT_EQ(faultOf([](auto& line) { line.tag("a", std::string_view("\0", 1)).command("X"); }), Fault::kIllegalByte);
}

TEST(MessageBuilder, EscapesLineEndsInTheValueOfATag) {
  MessageBuilder line;
  EXPECT_EQ(line.tag("a", "x\r\ny; z\\").command("X").line(), "@a=x\\r\\ny\\:\\sz\\\\ X\r\n");
}

TEST(MessageBuilder, RefusesAWordThatWouldBecomeTwoOrNone) {
  MessageBuilder line;
  for (const char* word : {"", "a b", ":a", " "}) {
    EXPECT_EQ(line.clear().command("X").param(word).param("b").fault(), Fault::kBadParam) << word;
  }
  EXPECT_EQ(line.clear().command("X Y").fault(), Fault::kBadCommand);
  EXPECT_EQ(line.clear().command("").fault(), Fault::kBadCommand);
  EXPECT_EQ(line.clear().prefix("a b").command("X").fault(), Fault::kBadPrefix);
  EXPECT_EQ(line.clear().tag("a b").command("X").fault(), Fault::kBadTag);
}

TEST(MessageBuilder, KeepsTheFirstFault) {
  MessageBuilder line;
  line.command("X").param("a b").trailing("c\n");
  EXPECT_EQ(line.fault(), Fault::kBadParam);
  EXPECT_EQ(line.line(), "");
}

TEST(MessageBuilder, SaysWhichPartIsAtFault) {
  MessageBuilder line;
  line.command("X").param("a b");
  try {
    line.check();
    FAIL() << "a fault must throw";
  } catch (const FormatError& error) {
    EXPECT_EQ(error.fault(), Fault::kBadParam);
    EXPECT_NE(std::string(error.what()).find("in \"a b\""), std::string::npos) << error.what();
  }
}

TEST(MessageBuilder, IsNotOkWithoutACommand) {
  MessageBuilder line;
  EXPECT_EQ(line.fault(), Fault::kNoCommand);
  EXPECT_EQ(line.prefix("a").fault(), Fault::kNoCommand);
  EXPECT_THROW(line.check(), FormatError);
}

TEST(MessageBuilder, RefusesPartsInAnotherOrder) {
  MessageBuilder line;
  EXPECT_THROW(line.param("a"), UsageError);
  line.clear().command("X");
  EXPECT_THROW(line.prefix("a"), UsageError);
  EXPECT_THROW(line.tag("a"), UsageError);
  line.trailing("t");
  EXPECT_THROW(line.param("a"), UsageError);
}

TEST(MessageBuilder, RefusesMoreThanFifteenParameters) {
  MessageBuilder line;
  line.command("X");
  for (std::size_t i = 0; i < kMaxParams; ++i) line.param("p");
  EXPECT_TRUE(line.ok());
  EXPECT_EQ(line.trailing("one more").fault(), Fault::kTooManyParams);
}

TEST(MessageBuilder, TakesALineOf512BytesAndRefusesOneMore) {
  MessageBuilder line;
  const std::string text(512 - 2 - std::string("PRIVMSG a :").size(), 'x');
  EXPECT_EQ(line.command("PRIVMSG").param("a").room(), text.size());
  EXPECT_EQ(line.trailing(text).line().size(), 512u);
  EXPECT_EQ(line.clear().command("PRIVMSG").param("a").trailing(text + "x").fault(), Fault::kTooLong);
}

TEST(MessageBuilder, CountsTagsApart) {
  MessageBuilder line;
  line.tag("k", std::string(kMaxTags - 4, 'v')).command("A").trailing(std::string(507, 'x'));
  ASSERT_TRUE(line.ok());
  EXPECT_EQ(line.line().size(), kMaxLine);
  EXPECT_TRUE(Message::parse(line.line()));
  EXPECT_EQ(line.clear().tag("k", std::string(kMaxTags - 3, 'v')).command("A").fault(), Fault::kTagsTooLong);
}

TEST(MessageBuilder, CutsATextBetweenTwoCharactersWhenItMay) {
  std::string euros;
  for (int i = 0; i < 300; ++i) euros += "\xe2\x82\xac";
  MessageBuilder line;
  line.cut().command("PRIVMSG").param("a").trailing(euros);
  ASSERT_TRUE(line.ok());
  EXPECT_LE(line.line().size(), 512u);
  EXPECT_GT(line.line().size(), 509u);
  EXPECT_EQ(Message::parse(line.line()).message.params[1].size() % 3, 0u);
  EXPECT_EQ(line.clear().command("X").trailing(std::string(600, 'x')).line().size(), 512u) << "clear keeps the permission";
}

TEST(MessageBuilder, WritesAParsedMessageAgain) {
  for (const std::string text : {"@a=b;+c :n!u@h PRIVMSG #c :a b", "PING :x y", "001 me :", ":srv 433 * nick :is taken",
                                 "X 1 2 3 4 5 6 7 8 9 10 11 12 13 14 :15 16", "TOPIC #a ::)"}) {
    MessageBuilder line;
    line.message(Message::parse(text).message);
    EXPECT_EQ(line.text(), text);
  }
}

TEST(MessageBuilder, ReadsWhatItWroteAsTheSameMessage) {
  const std::string texts[] = {"",
                               "a",
                               "a b",
                               ":",
                               " ",
                               ":a",
                               " a ",
                               "\x01"
                               "A\x01",
                               "\xff\x80",
                               "\x10",
                               "a:b",
                               "@a=b",
                               "\t\v"};
  for (const std::string& last : texts) {
    for (const std::string& prefix : {std::string(), std::string("n!u@h"), std::string("srv")}) {
      MessageBuilder line;
      if (!prefix.empty()) line.prefix(prefix);
      line.command("CMD").param("w").trailing(last);
      const std::string sent(line.line());
      const auto parsed = Message::parse(sent);
      ASSERT_TRUE(parsed) << sent;
      EXPECT_EQ(parsed.message.prefix.text(), prefix);
      EXPECT_EQ(parsed.message.params[1], last);
      MessageBuilder again;
      EXPECT_EQ(Message::parse(again.message(parsed.message).line()).message, parsed.message);
    }
  }
}

}  // namespace
}  // namespace teasel::irc
