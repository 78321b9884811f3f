#include <teasel/application/detail/options.hpp>

#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <teasel/application/detail/options_test_kit.hpp>

namespace teasel::detail {

using test::Known;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;

TEST(CommandLine, SetsAnOptionOfEachKind) {
  Known known;
  EXPECT_EQ(known.read({"--quote", "an apple", "--count", "-5", "--listen", "tcp:1", "--loud", "--listen=tcp:2"}), "");
  EXPECT_EQ(known.quote, "an apple");
  EXPECT_EQ(known.count, "-5");
  EXPECT_THAT(known.listen, ElementsAre("tcp:1", "tcp:2"));
  EXPECT_EQ(known.loud, "true");
}

TEST(CommandLine, LeavesDefaultsWhereNothingIsGiven) {
  Known known;
  EXPECT_EQ(known.read({}), "");
  EXPECT_EQ(known.quote, "default");
  EXPECT_THAT(known.listen, ElementsAre("tcp:8000"));
}

TEST(CommandLine, TakesTextsAsTheyAre) {
  for (const char* text : {"", "-x", "--quote", "[a,b]", "a=b", "{}", "%%", " "}) {
    Known known;
    EXPECT_EQ(known.read({"--quote", text}), "") << text;
    EXPECT_EQ(known.quote, text);
  }
}

TEST(CommandLine, TakesWhatFollowsAnEqualsSignAndNothingElse) {
  for (const char* text : {"", "x", "a=b", "[a,b]", "--count"}) {
    Known known;
    EXPECT_EQ(known.read({std::string("--quote=") + text, "--count", "3"}), "") << text;
    EXPECT_EQ(known.quote, text);
    EXPECT_EQ(known.count, "3");
  }
}

TEST(CommandLine, GivesARepeatedOptionOneTextEachTime) {
  Known known;
  EXPECT_THAT(known.read({"--listen", "tcp:1", "tcp:2"}), HasSubstr("unexpected argument 'tcp:2'; see --help"));
}

TEST(CommandLine, NamesAnUnknownOption) {
  EXPECT_EQ(Known().read({"--quotation", "x"}), "unknown option '--quotation'; see --help");
  EXPECT_EQ(Known().read({"-q"}), "unknown option '-q'; see --help");
}

TEST(CommandLine, NamesAnOptionWithoutItsValueAndOneThatIsGivenTwice) {
  for (const auto& arguments : {std::vector<std::string>{"--quote"}, {"--quote", "a", "--quote", "b"}}) {
    const std::string said = Known().read(arguments);
    EXPECT_THAT(said, HasSubstr("--quote"));
    EXPECT_THAT(said, HasSubstr("; see --help"));
    EXPECT_THAT(said, Not(HasSubstr("\n")));
  }
}

TEST(CommandLine, SaysWhatAValueMustBe) {
  EXPECT_EQ(Known().read({"--count", "many"}), "--count cannot be 'many'; it takes a whole number");
}

TEST(CommandLine, RefusesAValueForASwitch) {
  for (const char* value : {"false", "true", "1", "many", "99999999999999999999", ""}) {
    Known known;
    EXPECT_EQ(known.read({std::string("--loud=") + value}), "--loud takes no value; see --help") << value;
    EXPECT_EQ(known.loud, "false");
    EXPECT_EQ(Known().read({std::string("--help=") + value}), "--help takes no value; see --help");
    EXPECT_EQ(Known().read({std::string("--version=") + value}), "--version takes no value; see --help");
  }
}

TEST(CommandLine, PrintsHelpWithEveryOption) {
  Known known;
  const std::string help = known.printed({"--help"});
  for (const char* part : {"program", "Does something.", "--quote TEXT", "--count N", "--listen STRING", "--loud",
                           "--config FILE", "--version", "the quote"})
    EXPECT_THAT(help, HasSubstr(part));
  EXPECT_EQ(known.printed({"-h"}), help);
}

TEST(CommandLine, PrintsTheVersionOfTheProgramAndOfTeasel) {
  EXPECT_THAT(Known().printed({"--version"}), testing::MatchesRegex("program 1\\.2 \\(Teasel [0-9.]+\\)\n"));
}

TEST(CommandLine, PrintsNothingWhereItIsAskedForNothing) { EXPECT_THAT(Known().printed({"--quote", "x"}), IsEmpty()); }

}  // namespace teasel::detail
