#include <teasel/gtest/seeds.hpp>

#include <gtest/gtest-spi.h>
#include <gtest/gtest.h>

#include <unistd.h>

#include <cstdio>
#include <filesystem>
#include <fstream>

#include <teasel/fakes/world/feedable.hpp>

namespace teasel::gtest {
namespace {

// The main function of this program registers it as well: "Scenarios.seedsTestLines".
TEASEL_SCENARIO(seedsTestLines, "takes whole lines") {
  fakes::feedable([](ByteView bytes) -> std::size_t {
    const std::size_t end = bytes.text().find('\n');
    return end == std::string_view::npos ? 0 : end + 1;
  })(world);
}

bool armed = false;
TEASEL_SCENARIO(seedsTestBroken, "breaks, when armed, on a chunk that begins with an x") {
  fakes::feedable([&world](ByteView bytes) {
    world.check(!armed || bytes[0] != 'x', "x-first");
    return bytes.size();
  })(world);
}

TEST(Seeds, PassAScenarioThatKeepsItsPromise) { EXPECT_TRUE(runSeeds("seedsTestLines", {.count = 20})); }

TEST(Seeds, ReportAVerdictWithDiagramTapeAndTestCase) {
  fakes::Tape tape;
  tape.scenario = "seedsTestBroken";
  tape.play.send(0, "ax");
  tape.play.cut(0);
  tape.play.send(0, "xa");
  armed = true;
  testing::TestPartResultArray results;
  {
    const testing::ScopedFakeTestPartResultReporter reporter(testing::ScopedFakeTestPartResultReporter::INTERCEPT_ALL_THREADS,
                                                             &results);
    EXPECT_FALSE(runTape(tape));
  }
  armed = false;
  ASSERT_EQ(results.size(), 1);
  const std::string message = results.GetTestPartResult(0).message();
  for (const char* part : {"x-first", "<== FAIL", "teasel tape 1", "TEST("})
    EXPECT_NE(message.find(part), std::string::npos) << part << " in\n" << message;
}

TEASEL_SCENARIO(seedsTestLeavesBehind, "breaks, when armed, in its third run in one process") {
  static int runs = 0;
  fakes::feedable([](ByteView bytes) { return bytes.size(); })(world);
  world.check(!armed || ++runs != 3, "third-run");
}

TEST(Seeds, SayWhenAFailureNeedsEarlierRunsAndPrintNoTest) {
  armed = true;
  testing::TestPartResultArray results;
  {
    const testing::ScopedFakeTestPartResultReporter reporter(testing::ScopedFakeTestPartResultReporter::INTERCEPT_ALL_THREADS,
                                                             &results);
    EXPECT_FALSE(runSeeds("seedsTestLeavesBehind"));
  }
  armed = false;
  ASSERT_EQ(results.size(), 1);
  const std::string message = results.GetTestPartResult(0).message();
  for (const char* part : {"third-run", "There is no test to keep", "Runs before it have left something behind"})
    EXPECT_NE(message.find(part), std::string::npos) << part << " in\n" << message;
  EXPECT_EQ(message.find("TEST("), std::string::npos) << message;
}

TEASEL_SCENARIO(seedsTestWarns, "warns in every run") {
  fakes::feedable([](ByteView bytes) { return bytes.size(); })(world);
  world.warn("nothing was looked at, [  SKIPPED ]");
}

TEST(Seeds, SayTheFirstWarningOfRunsThatHold) {
  testing::internal::CaptureStderr();
  EXPECT_TRUE(runSeeds("seedsTestWarns", {.count = 3}));
  EXPECT_EQ(testing::internal::GetCapturedStderr(),
            "warning: scenario seedsTestWarns, the calm run without any step: nothing was looked at, [  SKIPPED\\x20]\n");
}

TEST(Seeds, ReplayACorpusOfTapesAndFuzzerInputs) {
  const auto folder = std::filesystem::path(testing::TempDir()) /
                      ("teasel_seeds_test_" + std::to_string(reinterpret_cast<std::uintptr_t>(&armed)));
  std::filesystem::create_directories(folder);
  std::ofstream(folder / "raw") << "line\nxrest";
  fakes::Tape tape;
  tape.play.send(0, "one\n");
  tape.save((folder / "written.tape").string());
  EXPECT_TRUE(runSeeds("seedsTestLines", {.count = 3, .corpus = folder.string()}));
  std::filesystem::remove_all(folder);
  EXPECT_NONFATAL_FAILURE(runSeeds("seedsTestLines", {.corpus = folder.string()}), "there is no directory");
}

TEST(GtestMain, HasTheCommandsOfScenarioPrograms) {
  const auto file = std::filesystem::path(testing::TempDir()) / ("teasel_gtest_main_" + std::to_string(::getpid()));
  fakes::Tape tape;
  tape.scenario = "seedsTestLines";
  tape.play.send(0, "one\n");
  tape.save(file.string());
  const std::string command = std::filesystem::read_symlink("/proc/self/exe").string() + " show " + file.string();
  FILE* pipe = ::popen(command.c_str(), "r");
  char buffer[4096];
  const std::string shown(buffer, std::fread(buffer, 1, sizeof buffer, pipe));
  EXPECT_EQ(::pclose(pipe), 0);
  std::filesystem::remove(file);
  EXPECT_NE(shown.find("send 0 \"one\\n\""), std::string::npos) << shown;
}

}  // namespace
}  // namespace teasel::gtest
