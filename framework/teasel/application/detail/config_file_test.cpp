#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include <unistd.h>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <teasel/application/detail/options.hpp>
#include <teasel/application/detail/options_test_kit.hpp>

namespace teasel::detail {

using test::Known;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;
using testing::StartsWith;

constexpr const char* kKeys = "count, listen, loud, quote";

TEST(ConfigFile, SetsAnOptionOfEachKind) {
  Known known;
  EXPECT_EQ(known.readFile("quote = \"an apple\" # comment\ncount = -5\nlisten = ['tcp:1', \"tcp:2\"]\n\nloud = true\n"), "");
  EXPECT_EQ(known.quote, "an apple");
  EXPECT_EQ(known.count, "-5");
  EXPECT_THAT(known.listen, ElementsAre("tcp:1", "tcp:2"));
  EXPECT_EQ(known.loud, "true");
}

TEST(ConfigFile, TakesOneStringForAnArrayOfOne) {
  Known known;
  EXPECT_EQ(known.readFile("listen = 'tcp:1'"), "");
  EXPECT_THAT(known.listen, ElementsAre("tcp:1"));
}

TEST(ConfigFile, MayBeEmptyAndHaveEveryKindOfLineEnd) {
  for (const char* text : {"", "\n", "# nothing\n", "\xef\xbb\xbf", "count = 3\r\nloud = true\r\n", "count = 3"})
    EXPECT_EQ(Known().readFile(text), "") << text;
}

TEST(ConfigFile, GivesWayToTheCommandLine) {
  Known known;
  EXPECT_EQ(known.read({"--quote", "from the command line", "--listen", "tcp:3"}), "");
  EXPECT_EQ(known.readFile("quote = 'from the file'\nlisten = ['tcp:1']\ncount = 9\n"), "");
  EXPECT_EQ(known.quote, "from the command line");
  EXPECT_THAT(known.listen, ElementsAre("tcp:3"));
  EXPECT_EQ(known.count, "9");
}

TEST(ConfigFile, RefusesANumberBeyond64Bits) {
  for (const char* number : {"9223372036854775808", "-9223372036854775809", "99999999999999999999999", "0xFFFFFFFFFFFFFFFF",
                             "0x1_0000_0000_0000_0005", "0o7777777777777777777777", "18_446_744_073_709_551_621"})
    EXPECT_EQ(Known().readFile(std::string("loud = true\ncount = ") + number + "\n"),
              "chat.toml:2: count is a number that does not fit into 64 bits")
        << number;
}

TEST(ConfigFile, TakesEveryWayToWriteANumber) {
  for (const auto& [written, meant] : {std::pair("+5", "5"), std::pair("1_000", "1000"), std::pair("0xff", "255"),
                                       std::pair("0o17", "15"), std::pair("0b101", "5"), std::pair("-0", "0")}) {
    Known known;
    EXPECT_EQ(known.readFile(std::string("count=") + written + " # five"), "") << written;
    EXPECT_EQ(known.count, meant) << written;
  }
}

TEST(ConfigFile, IsCheckedEvenWhereTheCommandLineWins) {
  Known known;
  EXPECT_EQ(known.read({"--quote", "x"}), "");
  EXPECT_THAT(known.readFile("quote = 1\n"), HasSubstr("chat.toml:1: quote is a whole number"));
}

TEST(ConfigFile, NamesFileLineKeyAndTheKeysThatThereAre) {
  EXPECT_EQ(Known().readFile("# the chat\n\nlisten = 'tcp:1'\nlisen = 'tcp:2'\n"),
            std::string("chat.toml:4: there is no key 'lisen'; the keys are: ") + kKeys);
}

TEST(ConfigFile, NamesTheFirstOfSeveralWrongLines) {
  EXPECT_THAT(Known().readFile("count = 1\nzeta = 1\nalpha = 1\nbeta = 1\n"), StartsWith("chat.toml:2: there is no key 'zeta'"));
}

TEST(ConfigFile, KnowsNoKeyThatOnlyTheCommandLineHas) {
  EXPECT_THAT(Known().readFile("config = 'other.toml'"), StartsWith("chat.toml:1: there is no key 'config'"));
}

TEST(ConfigFile, SaysWhichTypeAKeyHasAndWhichItTakes) {
  const std::vector<std::pair<std::string, std::string>> rows{
      {"quote = 1", "quote is a whole number; it takes a string"},
      {"quote = ['a']", "quote is an array; it takes a string"},
      {"count = '1'", "count is a string; it takes a whole number"},
      {"count = 1.0", "count is a number with a fraction; it takes a whole number"},
      {"count = 2026-11-29", "count is a date or time; it takes a whole number"},
      {"loud = 1", "loud is a whole number; it takes true or false"},
      {"listen = 8000", "listen is a whole number; it takes a string or an array of strings"},
      {"listen = ['tcp:1', 2]", "listen is an array; it takes a string or an array of strings"},
      {"quote.text = 'x'", "quote is a table; it takes a string"},
      {"[listen]\nport = 1", "listen is a table; it takes a string or an array of strings"}};
  for (const auto& [text, what] : rows)
    EXPECT_EQ(Known().readFile("\n" + text + "\n"), "chat.toml:2: " + what + ". The keys are: " + kKeys) << text;
}

TEST(ConfigFile, SaysWhatAValueMustBe) {
  EXPECT_EQ(Known().readFile("count = 12345678901"), "chat.toml:1: count cannot be '12345678901'; it takes a whole number");
}

TEST(ConfigFile, SaysInOneLineWhereTheSyntaxIsWrong) {
  const std::vector<std::pair<int, std::string>> rows{{2, "count = 1\nquote = unquoted\n"},
                                                      {2, "count = 1\nquote = \"open\nloud = true\n"},
                                                      {3, "count = 1\n\nquote\n"},
                                                      {2, "count = 1\n= 5\n"},
                                                      {2, "count = 1\ncount = 2\n"},
                                                      {1, "listen = ['a' 'b']\n"},
                                                      {2, "\n[listen\n"},
                                                      {1, "quote = \"\\q\"\n"}};
  for (const auto& [line, text] : rows) {
    const std::string said = Known().readFile(text);
    EXPECT_THAT(said, StartsWith("chat.toml:" + std::to_string(line) + ": ")) << text;
    EXPECT_THAT(said, Not(HasSubstr("\n"))) << text;
    EXPECT_THAT(said, Not(HasSubstr("toml::"))) << text;
    EXPECT_GT(said.size(), 20U) << said;
  }
}

TEST(ConfigFile, IsRefusedWhenItIsNestedDeeplyBeforeAnythingRecurs) {
  for (const std::string& part : {std::string("["), std::string("{a="), std::string("a.")}) {
    std::string text = "\nlisten = ";
    if (part == "a.") text = "\n";
    for (int i = 0; i < 20'000; ++i) text += part;
    EXPECT_EQ(Known().readFile(text), "chat.toml:2: nested deeper than 16 levels") << part;
  }
}

TEST(ConfigFile, CountsNoBracketsInStringsAndComments) {
  const std::string brackets(40, '['), dots = "a.b.c.d.e.f.g.h.i.j.k.l.m.n.o.p.q.r.s.t";
  const std::vector<std::pair<std::size_t, std::string>> rows{{1, "quote = '" + brackets + dots + "'\n"},
                                                              {1, "quote = \"\\\"" + brackets + "\"\n"},
                                                              {1, "# " + brackets + dots + "\n"},
                                                              {3, "quote = '''\n" + brackets + "'\n'''\n"},
                                                              {3, "quote = \"\"\"\n\\\"" + brackets + "\\\n\"\"\"\n"}};
  for (auto [lines, text] : rows) {
    EXPECT_EQ(lineNestedTooDeeply(text), 0U) << text;
    EXPECT_EQ(Known().readFile(text), "") << text;
    text += brackets;
    EXPECT_EQ(lineNestedTooDeeply(text), lines + 1) << text;
  }
}

TEST(ConfigFile, AllowsSixteenLevels) {
  EXPECT_EQ(lineNestedTooDeeply("a = " + std::string(16, '[')), 0U);
  EXPECT_EQ(lineNestedTooDeeply("a = " + std::string(17, '[')), 1U);
}

namespace {

/// What is wrong with a file, or "".
std::string problemOf(const std::string& path) {
  Known known;
  try {
    readConfigFile(path, known.options);
    return "";
  } catch (const ConfigurationError& error) {
    return error.what();
  }
}

}  // namespace

TEST(ConfigFile, IsReadFromAFileWithALimit) {
  const std::string path = testing::TempDir() + "teasel_config_" + std::to_string(::getpid()) + ".toml";
  std::ofstream(path) << "count = 3\n#" << std::string(kMaxConfigBytes - 11, 'x');
  EXPECT_THAT(problemOf(path), IsEmpty());
  std::ofstream(path, std::ios::app) << "x";
  EXPECT_EQ(problemOf(path), path + ": the file has more than 65536 bytes");
  std::filesystem::remove(path);
}

TEST(ConfigFile, IsNamedWhenItCannotBeRead) {
  EXPECT_EQ(problemOf("/nowhere/chat.toml"),
            "cannot read the configuration file '/nowhere/chat.toml': No such file or directory");
  EXPECT_EQ(problemOf("/"), "cannot read the configuration file '/': Is a directory");
}

}  // namespace teasel::detail
