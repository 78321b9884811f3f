#include "resets_page.hpp"

#include <gtest/gtest.h>

#include <fstream>
#include <sstream>

namespace teasel::contract {
namespace {

TEST(ResetsPage, IsTheOneInDocs) {
  std::ifstream file(TEASEL_DOCS_DIR "/resets.md", std::ios::binary);
  std::ostringstream text;
  text << file.rdbuf();
  EXPECT_EQ(text.str(), resetsPage()) << "write it anew: resets_page > docs/resets.md";
}

}  // namespace
}  // namespace teasel::contract
