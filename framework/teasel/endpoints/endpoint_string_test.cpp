#include <teasel/endpoints/endpoint_string.hpp>

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace teasel {
namespace {

/// The arguments as "value" and "key=value", with a bar between them.
std::string taken(std::string_view text) {
  const EndpointString string = EndpointString::parse(text);
  std::string out = string.kind;
  for (const EndpointString::Argument& each : string.arguments) out += '|' + (each.hasKey ? each.key + '=' : "") + each.value;
  return out;
}

EndpointStringError refused(std::string_view text) {
  try {
    EndpointString::parse(text);
  } catch (const EndpointStringError& error) {
    return error;
  }
  ADD_FAILURE() << "accepted: " << text;
  return {"", "", 0};
}

TEST(EndpointStringTest, IsAKindWithValuesAndKeys) {
  EXPECT_EQ(taken("tcp"), "tcp");
  EXPECT_EQ(taken("tcp:80"), "tcp|80");
  EXPECT_EQ(taken("tcp:80:interface=127.0.0.1:backlog=5"), "tcp|80|interface=127.0.0.1|backlog=5");
}

TEST(EndpointStringTest, ABackslashTakesTheNextCharacterAsItIs) {
  EXPECT_EQ(taken(R"(unix:/run/a\:b\=c\\d\x)"), R"(unix|/run/a:b=c\dx)");
  EXPECT_EQ(taken(R"(t\:cp:80)"), "t:cp|80");
  EXPECT_EQ(taken(R"(tcp:a\=b=c)"), "tcp|a=b=c");
}

TEST(EndpointStringTest, BehindTheFirstEqualsSignOfAnArgumentItNeedsNoBackslash) {
  EXPECT_EQ(EndpointString::parse("x:key=a=b=:c=d").arguments[0].value, "a=b=");
  EXPECT_EQ(EndpointString::parse("x:key=a=b=:c=d").arguments[1].key, "c");
}

TEST(EndpointStringTest, EmptyValuesAreValues) {
  EXPECT_EQ(taken("tcp:"), "tcp|");
  EXPECT_EQ(taken("tcp::80:"), "tcp||80|");
  EXPECT_EQ(taken("tcp:host="), "tcp|host=");
}

TEST(EndpointStringTest, KnowsWhereKeysAndValuesBegin) {
  const EndpointString string = EndpointString::parse(R"(a\:b:8\:0:key=value)");
  EXPECT_EQ(string.argumentsAt, 5u);
  EXPECT_EQ(string.arguments[0].valueAt, 5u);
  EXPECT_EQ(string.arguments[1].keyAt, 10u);
  EXPECT_EQ(string.arguments[1].valueAt, 14u);
}

TEST(EndpointStringTest, PrintsWhatParsesToTheSame) {
  for (const char* text : {"tcp", "tcp:", "tcp:80", "tcp:80:a=b", R"(x\:y\=z:\\:\:=\=)", "unix:/a b:mode=660::"}) {
    const std::string printed = EndpointString::parse(text).print();
    EXPECT_EQ(taken(printed), taken(text)) << text;
    EXPECT_EQ(EndpointString::parse(printed).print(), printed);
  }
}

TEST(EndpointStringTest, RefusesWhatIsNoneAndPointsToTheCharacter) {
  struct Case {
    std::string text, problem;
    std::size_t position;
  };
  const Case cases[] = {
      {"", "a kind of endpoint is missing", 0},
      {":80", "a kind of endpoint is missing", 0},
      {"port=80", "the string begins with a kind, not with a key", 4},
      {"tcp:80\\", "a backslash at the end takes no character", 6},
      {"tcp:=80", "a key is missing before '='", 4},
      {"tcp:a=1:b=2:a=3", "the key a stands there twice", 12},
      {std::string("tcp:\0", 5), "there is a NUL in the string", 4},
      {std::string(4097, 'a'), "the string has 4097 bytes, and 4096 are allowed", 4096},
      {"a" + std::string(65, ':'), "there are more than 64 arguments", 66},
  };
  for (const Case& each : cases) {
    const EndpointStringError error = refused(each.text);
    EXPECT_EQ(error.problem(), each.problem);
    EXPECT_EQ(error.position(), each.position) << each.problem;
    EXPECT_EQ(error.text(), each.text);
  }
}

TEST(EndpointStringTest, TheLongestStringAndTheMostArgumentsAreAccepted) {
  EXPECT_EQ(EndpointString::parse(std::string(4096, 'a')).kind.size(), 4096u);
  EXPECT_EQ(EndpointString::parse("a" + std::string(64, ':')).arguments.size(), 64u);
}

TEST(EndpointStringErrorTest, HasACaretUnderTheCharacterAndTheKeysThatThereAre) {
  const EndpointStringError error("port 7x is no number", "tcp:7x", 4, "tcp", {"port", "backlog"});
  EXPECT_STREQ(error.what(),
               "port 7x is no number\n"
               "    tcp:7x\n"
               "        ^\n"
               "tcp has the keys port, backlog");
}

TEST(EndpointStringErrorTest, ListsTheKindsWhereTheKindItselfIsWrong) {
  const EndpointStringError error("there is no kind tpc", "tpc:7", 0, "", {"tcp", "unix"});
  EXPECT_STREQ(error.what(),
               "there is no kind tpc\n"
               "    tpc:7\n"
               "    ^\n"
               "there are the kinds tcp, unix");
}

TEST(EndpointStringErrorTest, ShowsBytesThatAreNoTextAsEscapesAndKeepsTheCaretInPlace) {
  const EndpointStringError error("bad", "a\n\xff:b", 3);
  EXPECT_STREQ(error.what(), "bad\n    a\\x0a\\xff:b\n             ^");
}

TEST(EndpointStringErrorTest, ShowsOnlyWhatStandsAroundTheCharacterOfALongString) {
  const EndpointStringError error("bad", std::string(500, 'a') + '!' + std::string(500, 'b'), 500);
  const std::string text = error.what();
  EXPECT_LT(text.size(), 250u);
  EXPECT_NE(text.find("..." + std::string(60, 'a') + '!'), std::string::npos);
  EXPECT_NE(text.find("b...\n"), std::string::npos);
  EXPECT_NE(text.find('\n' + std::string(4 + 3 + 60, ' ') + '^'), std::string::npos);
}

TEST(QuoteStringArgument, MakesATextOneValue) {
  const std::string path = R"(/run/a:b=c\d)";
  EXPECT_EQ(quoteStringArgument(path), R"(/run/a\:b\=c\\d)");
  EXPECT_EQ(EndpointString::parse("unix:" + quoteStringArgument(path)).arguments.at(0).value, path);
  EXPECT_EQ(EndpointString::parse("unix:path=" + quoteStringArgument(path)).arguments.at(0).value, path);
}

}  // namespace
}  // namespace teasel
