#include <teasel/fuzz/dictionary.hpp>

#include <gtest/gtest.h>

namespace teasel::fuzz {
namespace {

using Words = std::vector<std::string>;

TEST(Dictionary, GivesTheWordsOfLinesWithAndWithoutAName) {
  EXPECT_EQ(dictionaryWords("\"GET \"\nmethod=\"PUT \"\n  header = \"a: b\"\n\"last\""), (Words{"GET ", "PUT ", "a: b", "last"}));
}

TEST(Dictionary, UnderstandsTheEscapesOfTheFormat) {
  EXPECT_EQ(dictionaryWords(R"("\x0d\x0A" 
"a\\b\"c")"),
            (Words{"\r\n", "a\\b\"c"}));
}

TEST(Dictionary, LeavesOutCommentsAndWhatIsNoWord) {
  EXPECT_EQ(dictionaryWords("# \"no\"\n\t# \"no\"\n\nnone\n\"\"\n\"open\n\"\\x1\"\n\"\\q\"\n\"\\\"\nyes=\"yes\""), Words{"yes"});
  EXPECT_EQ(dictionaryWords(""), Words{});
}

}  // namespace
}  // namespace teasel::fuzz
