#include "bench_rows.hpp"

#include <gmock/gmock.h>

#include <filesystem>
#include <fstream>
#include <sstream>

#include <unistd.h>

#include <teasel/core/errors.hpp>

namespace teasel::bench {
namespace {

using testing::HasSubstr;
using testing::Not;

const std::vector<BenchRow> kRows{{"line/whole", 2e6, 0.5, 1.25}, {"line/1", 1e5, 20, -1}};

class Rows : public testing::Test {
 protected:
  void SetUp() override { path_ = std::filesystem::temp_directory_path() / ("bench_rows_" + std::to_string(::getpid())); }
  void TearDown() override { std::filesystem::remove(path_); }
  std::string file(const std::string& text) {
    std::ofstream(path_) << text;
    return path_.string();
  }
  std::filesystem::path path_;
};

std::string written(const std::vector<BenchRow>& rows) {
  std::ostringstream out;
  writeRows(out, rows);
  return out.str();
}

TEST_F(Rows, AreReadAsTheyWereWritten) {
  const auto rows = readRows(file(written(kRows)));
  ASSERT_EQ(rows.size(), 2u);
  EXPECT_EQ(rows.at("line/whole").messagesPerSecond, 2e6);
  EXPECT_EQ(rows.at("line/1").nanosecondsPerByte, 20);
  EXPECT_EQ(rows.at("line/1").allocationsPerMessage, -1);
}

TEST_F(Rows, OfAnythingElseAreRefusedByTheNameOfTheFile) {
  const std::string good = written(kRows);
  for (const std::string& bad : {std::string(), std::string("{}"), good.substr(0, good.size() - 3),
                                 "{\"version\": 1, \"rows\": [\n {\"name\": \"" + std::string(5000, 'x') + "\"}\n]}\n"})
    EXPECT_THROW(readRows(file(bad)), UsageError) << bad.substr(0, 80);
  try {
    readRows("/nowhere/rows.json");
    FAIL();
  } catch (const UsageError& error) {
    EXPECT_THAT(error.what(), HasSubstr("/nowhere/rows.json is no file that `bench --json` has written"));
  }
}

TEST_F(Rows, AreShownWithTheirChangesAgainstFormerOnes) {
  std::ostringstream out;
  printRows(out, kRows, {{"line/whole", {"line/whole", 1e6, 1.0, 1}}});
  EXPECT_THAT(out.str(), HasSubstr("2000000"));
  EXPECT_THAT(out.str(), HasSubstr("-50 %"));
  EXPECT_THAT(out.str(), HasSubstr("new"));
}

TEST_F(Rows, ThatCountNoAllocationsShowADash) {
  std::ostringstream out;
  printRows(out, kRows, {});
  EXPECT_THAT(out.str(), HasSubstr("  -"));
  EXPECT_THAT(out.str(), Not(HasSubstr("against")));
}

}  // namespace
}  // namespace teasel::bench
