#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <map>
#include <string>
#include <vector>

#include "trace_hashes.hpp"

// CTest runs each of these tests in a process of its own. Every build tree that has these tests
// compares with the same committed file, whatever its compiler, optimisation and sanitizers are.

namespace teasel::determinism {
namespace {

std::vector<std::string> tapes() {
  std::vector<std::string> paths;
  for (const auto& entry : std::filesystem::directory_iterator(TEASEL_DETERMINISM_DIR "/tapes"))
    paths.push_back(entry.path().string());
  std::sort(paths.begin(), paths.end());
  return paths;
}

std::string nameOf(const std::string& path) { return std::filesystem::path(path).stem().string(); }

std::map<std::string, std::string> committed() {
  std::map<std::string, std::string> lines;
  std::ifstream file(TEASEL_DETERMINISM_DIR "/hashes.txt");
  for (std::string line; std::getline(file, line);) lines[line.substr(0, line.find(':'))] = line;
  return lines;
}

class TapeHash : public testing::TestWithParam<std::string> {};

TEST_P(TapeHash, IsTheCommittedOne) {
  const std::string name = nameOf(GetParam());
  EXPECT_EQ(line(name, fakes::Tape::load(GetParam())), committed()[name]);
}

TEST_P(TapeHash, IsTheSameAfterOtherRunsInThisProcess) {
  const fakes::Tape tape = fakes::Tape::load(GetParam());
  const std::string alone = outcome(tape);
  for (const std::string& other : tapes()) outcome(fakes::Tape::load(other));
  EXPECT_EQ(outcome(tape), alone);
}

INSTANTIATE_TEST_SUITE_P(Determinism, TapeHash, testing::ValuesIn(tapes()), [](const auto& each) { return nameOf(each.param); });

TEST(Determinism, EveryCommittedHashHasItsTapeAndNoTwoTapesComeToTheSame) {
  const auto lines = committed();
  EXPECT_EQ(lines.size(), tapes().size());
  std::map<std::string, std::string> seen;
  for (const auto& [name, line] : lines) {
    const auto [at, isNew] = seen.emplace(line.substr(line.find(':')), name);
    EXPECT_TRUE(isNew) << name << " and " << at->second;
  }
  EXPECT_GE(seen.size(), 12u);
}

}  // namespace
}  // namespace teasel::determinism
