// Runs rapidcheck_demo as a person and as CTest do.
#include <chrono>
#include <cstdio>
#include <filesystem>
#include <string>

#include <sys/wait.h>
#include <unistd.h>

#include <gmock/gmock.h>

#include <teasel/fakes/play/tape.hpp>
#include <teasel/fakes/program/detail/watchdog.hpp>

namespace teasel::rapidcheck {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::Not;

class RapidCheckProgram : public testing::Test {
 protected:
  // RC_PARAMS of the person who runs these tests is not for the demo.
  RapidCheckProgram() { std::filesystem::create_directories(folder_); }
  ~RapidCheckProgram() override { std::filesystem::remove_all(folder_); }

  struct Ran {
    int status = -1;
    std::string output;
    /// The rest of the line that begins with `beginning`. Where that is the whole line, the next
    /// line.
    std::string after(const std::string& beginning) const {
      const std::size_t at = output.find(beginning);
      if (at == std::string::npos) return {};
      const std::size_t from = output.find_first_not_of(" \n", at + beginning.size());
      return output.substr(from, output.find('\n', from) - from);
    }
  };
  Ran run(const std::string& command) const {
    Ran ran;
    FILE* pipe = ::popen(("cd '" + folder_.string() + "' && unset RC_PARAMS; " + command + " 2>&1").c_str(), "r");
    char buffer[4096];
    for (std::size_t size = 0; (size = std::fread(buffer, 1, sizeof buffer, pipe)) > 0;) ran.output.append(buffer, size);
    const int status = ::pclose(pipe);
    ran.status = WIFEXITED(status) ? WEXITSTATUS(status) : -1;
    return ran;
  }

  const std::filesystem::path folder_ =
      std::filesystem::path(testing::TempDir()) / ("teasel_rapidcheck_program_" + std::to_string(::getpid()));
};

TEST_F(RapidCheckProgram, ReplaysTheTapeAndReproducesTheFailureByTheCommandsThatItPrints) {
  const Ran found = run(RAPIDCHECK_DEMO " --gtest_filter=RapidCheck.splits:RapidCheck.holds");
  EXPECT_NE(found.status, 0);
  EXPECT_NE(found.output.find("[       OK ] RapidCheck.holds"), std::string::npos) << found.output;
  const std::string replay = found.after("Replay it:\n"), reproduce = found.after("As RapidCheck found it:\n");
  ASSERT_NE(replay.find(" replay "), std::string::npos) << found.output;
  const Ran replayed = run(replay);
  EXPECT_NE(replayed.status, 0);
  EXPECT_NE(replayed.output.find("FAILED splits: split-delimiter"), std::string::npos) << replayed.output;
  const Ran reproduced = run(reproduce + " --gtest_filter=RapidCheck.splits");
  EXPECT_NE(reproduced.status, 0);
  EXPECT_EQ(reproduced.after("Replay it:\n"), replay) << reproduced.output;
}

TEST_F(RapidCheckProgram, ShrinksAndReportsACrashLikeAVerdict) {
  const Ran found = run(RAPIDCHECK_DEMO " --gtest_filter=RapidCheck.crashes");
  EXPECT_NE(found.status, 0);
  EXPECT_NE(found.output.find("FAILED crashes: crash: SIGABRT"), std::string::npos) << found.output;
  EXPECT_NE(found.output.find("The input:\n  connect 0\n  send 0 \"h\"\n\n"), std::string::npos) << found.output;
  const Ran replayed = run(found.after("Replay it:\n"));
  EXPECT_NE(replayed.output.find("FAILED crashes: crash: SIGABRT"), std::string::npos) << replayed.output;
}

TEST_F(RapidCheckProgram, TakesParametersAndRefusesOthers) {
  EXPECT_EQ(run(RAPIDCHECK_DEMO " --gtest_filter=RapidCheck.holds --params=max_success=5").status, 0);
  const Ran refused = run(RAPIDCHECK_DEMO " --parms=max_success=5");
  EXPECT_NE(refused.status, 0);
  EXPECT_NE(refused.output.find("unknown argument --parms=max_success=5"), std::string::npos) << refused.output;
}

TEST_F(RapidCheckProgram, ReportsARunThatNeverReturnsWithinSecondsAndKeepsItsInputBeforeShrinking) {
  if (!fakes::watchdog::kStopsSpinning) GTEST_SKIP() << "ThreadSanitizer keeps the signal back";
  const auto began = std::chrono::steady_clock::now();
  const Ran found = run(RAPIDCHECK_DEMO " --gtest_filter=RapidCheck.hangs --timeout=1 --shrink-runs=5");
  EXPECT_LT(std::chrono::steady_clock::now() - began, std::chrono::seconds(60));
  EXPECT_EQ(found.status, 1);
  const std::size_t kept = found.output.find("(hang), kept as "), report = found.output.find("FAILED hangs: hang");
  EXPECT_LT(kept, report) << found.output;
  EXPECT_NE(report, std::string::npos) << found.output;
  EXPECT_THAT(found.output, AllOf(HasSubstr("did not end within 1 s"), HasSubstr("replayFailureInChild(\"hangs\"")));
  int tapes = 0;
  for (const auto& each : std::filesystem::directory_iterator(folder_ / "findings")) {
    EXPECT_EQ(fakes::Tape::load(each.path().string()).oracle, "hang");
    ++tapes;
  }
  EXPECT_EQ(tapes, 1) << "the first tape goes when the shrunk one is there";
}

TEST_F(RapidCheckProgram, SaysWhenAFailureNeedsWhatEarlierCasesLeaveBehind) {
  const Ran found = run(RAPIDCHECK_DEMO " --gtest_filter=RapidCheck.remembers");
  EXPECT_EQ(found.status, 1);
  EXPECT_THAT(found.output, AllOf(HasSubstr("the failure needs what earlier cases leave behind"), Not(HasSubstr("TEST("))));
  const Ran again = run(found.after("As RapidCheck found it:\n") + " --gtest_filter=RapidCheck.remembers");
  EXPECT_THAT(again.output, HasSubstr("FAILED remembers: too-much-ever"));
}

TEST_F(RapidCheckProgram, RefusesAReproduceStringByWhichOtherTestsWouldPassWithoutACase) {
  const std::string reproduce = run(RAPIDCHECK_DEMO " --gtest_filter=RapidCheck.splits").after("As RapidCheck found it:\n");
  ASSERT_THAT(reproduce, HasSubstr("RC_PARAMS="));
  const Ran all = run(reproduce);
  EXPECT_EQ(all.status, 2) << all.output;
  EXPECT_THAT(all.output, AllOf(HasSubstr("RC_PARAMS has reproduce= for RapidCheck.splits"),
                                HasSubstr("RapidCheck.crashes among"), Not(HasSubstr("[       OK ]"))));
  EXPECT_EQ(run(reproduce + " --gtest_filter=RapidCheck.holds").status, 2);
  EXPECT_EQ(run(reproduce + " --gtest_filter=RapidCheck.splits").status, 1);
}

TEST_F(RapidCheckProgram, SaysTheFirstWarningOfRunsThatHold) {
  const std::string warning = "warning: scenario warns: nothing was looked at\n";
  for (const char* place : {"", " --in-process"}) {
    const Ran held = run(std::string(RAPIDCHECK_DEMO " --gtest_filter=RapidCheck.warns --params=max_success=5") + place);
    EXPECT_EQ(held.status, 0);
    EXPECT_THAT(held.output, HasSubstr(warning));
  }
  EXPECT_THAT(run(RAPIDCHECK_DEMO " --gtest_filter=RapidCheck.holds").output, Not(HasSubstr("warning")));
}

TEST_F(RapidCheckProgram, AltersWhatCTestTakesForASkippedTest) {
  const Ran found = run(RAPIDCHECK_DEMO " --gtest_filter=RapidCheck.says");
  EXPECT_EQ(found.status, 1);
  EXPECT_EQ(found.output.find("[  SKIPPED ]"), std::string::npos);
  EXPECT_THAT(found.output, HasSubstr("[  SKIPPED\\x20] it"));
}

}  // namespace
}  // namespace teasel::rapidcheck
