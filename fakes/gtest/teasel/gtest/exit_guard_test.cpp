// Runs exit_guard_demo, with several mains, as CTest does.
#include <cstdio>
#include <string>

#include <sys/wait.h>

#include <gmock/gmock.h>

#include <teasel/fakes/program/detail/watchdog.hpp>
#include <teasel/fakes/program/report.hpp>

namespace teasel::gtest {
namespace {

using testing::HasSubstr;
using testing::Not;

struct Ran {
  int status = -1;
  std::string output;
};

Ran run(const std::string& program, const std::string& test) {
  Ran ran;
  std::FILE* pipe = ::popen((program + " --gtest_filter=" + test + " 2>&1").c_str(), "r");
  char buffer[4096];
  for (std::size_t got = 0; (got = std::fread(buffer, 1, sizeof buffer, pipe)) != 0;) ran.output.append(buffer, got);
  const int status = ::pclose(pipe);
  ran.status = WIFEXITED(status) ? WEXITSTATUS(status) : -1;
  ran.output = fakes::withoutSkipMarker(ran.output);
  return ran;
}

/// The demo with the main of Teasel::gtest_main, and with GoogleTest's own.
class ExitGuard : public testing::TestWithParam<const char*> {};
INSTANTIATE_TEST_SUITE_P(Mains, ExitGuard, testing::Values(EXIT_GUARD_DEMO, EXIT_GUARD_PLAIN_DEMO),
                         [](const auto& each) { return each.index == 0 ? "Teasels" : "GoogleTests"; });

TEST_P(ExitGuard, FailsAProgramThatItsTestsEndAndNamesTheTest) {
  for (const char* test : {"Ends.ByExit", "Ends.ByQuickExit", "Ends.ByUnderscoreExit", "Ends.ByCapitalExit",
                           "Ends.ByExitOfAThread", "EndsAScenario.InRunSeeds"}) {
    const Ran ran = run(GetParam(), test);
    EXPECT_EQ(ran.status, 1) << test << '\n' << ran.output;
    EXPECT_THAT(ran.output, HasSubstr("the test " + std::string(test) + " ended the program: it called ")) << test;
  }
}

TEST_P(ExitGuard, KeepsAStatusThatSaysFailureAlready) { EXPECT_EQ(run(GetParam(), "Ends.BySeven").status, 7); }

TEST_P(ExitGuard, WatchesTheSetUpOfASuiteToo) {
  const Ran ran = run(GetParam(), "EndsInSetUp.*");
  EXPECT_EQ(ran.status, 1) << ran.output;
  EXPECT_THAT(ran.output, HasSubstr("the set-up or tear-down of the test suite EndsInSetUp ended the program"));
}

TEST_P(ExitGuard, LetsForkedChildrenAndDeathTestsEndAsTheyLike) {
  const Ran ran = run(GetParam(), "LetsGo*");
  EXPECT_EQ(ran.status, 0) << ran.output;
  EXPECT_THAT(ran.output, Not(HasSubstr("teasel:")));
}

TEST_P(ExitGuard, IsNotNeededByAPrintedTestOfACrashWhichSaysWhatCameOfIt) {
  const Ran ended = run(GetParam(), "EndsAScenario.InAPrintedTest:EndsAScenario.NotOnceItIsMended");
  EXPECT_EQ(ended.status, 1) << ended.output;
  EXPECT_THAT(ended.output, HasSubstr("crash: exit 0"));
  EXPECT_THAT(ended.output, HasSubstr("[       OK ] EndsAScenario.NotOnceItIsMended"));
  EXPECT_THAT(ended.output, Not(HasSubstr("ended the program")));
}

TEST_P(ExitGuard, APrintedTestOfAHangEndsAndSaysSo) {
  if (!fakes::watchdog::kStopsSpinning) GTEST_SKIP() << "ThreadSanitizer keeps the signal back";
  const Ran hung = run(GetParam(), "EndsAScenario.ByAHangInAPrintedTest");
  EXPECT_EQ(hung.status, 1) << hung.output;
  EXPECT_THAT(hung.output, HasSubstr("hang: the run did not end within 1 s"));
}

}  // namespace
}  // namespace teasel::gtest
