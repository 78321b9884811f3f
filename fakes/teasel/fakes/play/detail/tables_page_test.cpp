#include <teasel/fakes/play/detail/tables_page.hpp>

#include <gtest/gtest.h>

#include <fstream>
#include <sstream>

#include <teasel/fakes/play/choice_sites.hpp>
#include <teasel/fakes/play/play.hpp>

namespace teasel::fakes {
namespace {

TEST(TablesPage, IsTheOneInDocs) {
  std::ifstream file(TEASEL_DOCS_DIR "/events.md", std::ios::binary);
  std::ostringstream text;
  text << file.rdbuf();
  EXPECT_EQ(text.str(), detail::tablesPage()) << "write it anew: events_page > docs/events.md";
}

TEST(TablesPage, HasEveryRowOfTheTables) {
  const std::string page = detail::tablesPage();
  const auto has = [&](const std::string& text) { return page.find(text) != std::string::npos; };
  for (const EventRow& row : kEvents) EXPECT_TRUE(has("| `" + std::string(row.name) + ' ')) << row.name;
  for (const ChoiceSiteRow& row : kChoiceSites) EXPECT_TRUE(has(" | `" + std::string(row.name) + "` | ")) << row.name;
  for (const FaultRow& row : kFaults) EXPECT_TRUE(has("| `" + std::string(row.name) + "` | o")) << row.name;
}

}  // namespace
}  // namespace teasel::fakes
