#include <teasel/protocols/irc/detail/mask.hpp>

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace teasel::irc::detail {
namespace {

bool matches(std::string_view mask, std::string_view text) { return Mask(mask).matches(text); }

TEST(Mask, StarStandsForAnyTextAndQuestionMarkForOneByte) {
  EXPECT_TRUE(matches("a*c", "ac"));
  EXPECT_TRUE(matches("a*c", "abcbc"));
  EXPECT_TRUE(matches("**", ""));
  EXPECT_TRUE(matches("a?c", "abc"));
  EXPECT_FALSE(matches("a?c", "ac"));
  EXPECT_FALSE(matches("a*c", "abcb"));
  EXPECT_FALSE(matches("", "a"));
  EXPECT_TRUE(matches("", ""));
}
TEST(Mask, TakesUpperAndLowerCaseForTheSame) {
  EXPECT_TRUE(matches("[ANN]*", "{ann}!a@h"));
  EXPECT_FALSE(matches("ann", "ann_"));
}
TEST(Mask, ComparesMasksThatAreLongerThanAWord) {
  const std::string long1(200, 'x');
  for (const std::size_t size : {63u, 64u, 65u, 127u, 128u, 200u}) {
    const std::string text = long1.substr(0, size);
    EXPECT_TRUE(matches(text, text)) << size;
    EXPECT_TRUE(matches("*" + text + "?", "yy" + text + "z")) << size;
    EXPECT_FALSE(matches(text + "?", text)) << size;
  }
}
// Every mask and text of up to six letters, against the definition.
bool defined(std::string_view mask, std::string_view text) {
  if (mask.empty()) return text.empty();
  if (mask[0] == '*') return defined(mask.substr(1), text) || (!text.empty() && defined(mask, text.substr(1)));
  return !text.empty() && (mask[0] == '?' || mask[0] == text[0]) && defined(mask.substr(1), text.substr(1));
}
TEST(Mask, FollowsItsDefinition) {
  const auto word = [](unsigned number, std::string_view letters) {
    std::string text;
    for (; number > 0; number /= 5) text += letters[number % 5 % letters.size()];
    return text;
  };
  for (unsigned m = 0; m < 3125; m += 3)
    for (unsigned t = 0; t < 625; ++t) {
      const std::string mask = word(m, "ab*?*"), text = word(t, "ab");
      ASSERT_EQ(matches(mask, text), defined(mask, text)) << mask << " and " << text;
    }
}
TEST(Mask, LooksAtEachByteOfATextOnceWhateverTheMaskIs) {
  const std::string text(200, 'a');
  const std::vector<std::string> masks{"*" + std::string(98, 'a') + "b", "*a*a*a*a*a*a*b", "*" + std::string(27, '?') + "b"};
  for (const std::string& hard : masks) {
    const Mask mask(hard);
    EXPECT_FALSE(mask.matches(text));
    EXPECT_LE(mask.steps(), text.size() * mask.words()) << hard;
    EXPECT_LE(mask.words(), 2u);
  }
}

}  // namespace
}  // namespace teasel::irc::detail
