#include "report.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <sstream>

using namespace teasel::bench;

namespace {

std::string writtenTo(const std::string& name, const std::string& text) {
  const std::string path = std::filesystem::path(testing::TempDir()) / name;
  std::ofstream(path) << text;
  return path;
}

std::string refusalOf(const std::string& text) {
  try {
    readJson(writtenTo("refused.json", text));
  } catch (const std::runtime_error& error) {
    return error.what();
  }
  return "it was read";
}

Report report() {
  Report made;
  made.rows.push_back({"cpu/a/1/epoll", "cpu", "a/1", "epoll", "us", true, {1, 2, 3}});
  made.rows.push_back({"cpu/a/1/poll", "cpu", "a/1", "poll", "us", true, {2, 4, 9}});
  made.failed.push_back({"cpu/a/1/select", "a \"quoted\" byte"});
  return made;
}

}  // namespace

TEST(BenchmarkReport, RowsAreReadAsTheyWereWritten) {
  std::ostringstream text;
  writeJson(text, {{"rounds", "3"}}, report(), "epoll");
  const Report read = readJson(writtenTo("read.json", text.str()));
  ASSERT_EQ(read.rows.size(), 2u);
  EXPECT_EQ(read.rows[1].name, "cpu/a/1/poll");
  EXPECT_EQ(read.rows[1].backend, "poll");
  EXPECT_TRUE(read.rows[1].lessIsBetter);
  EXPECT_EQ(read.rows[1].samples, (Samples{2, 4, 9}));
}

TEST(BenchmarkReport, TheReferenceIsReadWhereverItStandsInTheHead) {
  for (const bool first : {true, false}) {
    std::ostringstream text;
    if (first) writeJson(text, {{"reference", quoted("poll")}, {"rounds", "3"}}, report());
    else writeJson(text, {{"rounds", "3"}, {"reference", quoted("poll")}}, report());
    EXPECT_EQ(readJson(writtenTo("reference.json", text.str())).reference, "poll");
  }
}

TEST(BenchmarkReport, ARowHasItsRatioToTheReferenceOfTheSameRound) {
  std::ostringstream text;
  writeJson(text, {}, report(), "epoll");
  EXPECT_THAT(text.str(), testing::HasSubstr("\"value\": 4, \"low\": null, \"high\": null"));
  EXPECT_THAT(text.str(), testing::HasSubstr("\"ratio\": 2, \"ratio_low\": null"));
  EXPECT_THAT(text.str(), testing::HasSubstr("\"why\": \"a \\\"quoted\\\" byte\""));
}

TEST(BenchmarkReport, WhatIsNoReportIsRefusedWithItsLine) {
  EXPECT_THAT(refusalOf("{}"), testing::EndsWith("refused.json is no report of --json: it has no rows"));
  EXPECT_THAT(refusalOf("{\n{\"name\": \"a\", \"samples\": [1]}"), testing::EndsWith("line 2: a row has no 'figure'"));
  EXPECT_THAT(refusalOf("{\"name\": \"a\", \"figure\": \"b\", \"shape\": \"c\", \"backend\": \"d\", \"unit\": \"e\", "
                        "\"less_is_better\": true, \"samples\": [x]}"),
              testing::EndsWith("line 1: a row has no samples"));
  EXPECT_THROW(readJson("no/such/file"), std::runtime_error);
}
