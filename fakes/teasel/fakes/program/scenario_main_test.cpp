// Runs the program scenario_main_demo as a person would.
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <string>

#include <gmock/gmock.h>
#include <sys/wait.h>

#include <teasel/core/sanitizers.hpp>
#include <teasel/fakes/play/play_codec.hpp>
#include <teasel/fakes/play/tape.hpp>
#include <teasel/fakes/program/detail/watchdog.hpp>

namespace teasel::fakes {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::Not;

struct Ran {
  int status;
  std::string output;  // standard output and standard error
};

class ScenarioMain : public testing::Test {
 protected:
  ScenarioMain() {
    const std::string name = testing::UnitTest::GetInstance()->current_test_info()->name();
    folder_ = std::filesystem::path(testing::TempDir()) / ("scenario_main_" + name);
    std::filesystem::remove_all(folder_);
    std::filesystem::create_directories(folder_ / "corpus");
  }
  ~ScenarioMain() override { std::filesystem::remove_all(folder_); }

  Ran run(const std::string& arguments) {
    const std::string command = "cd " + folder_.string() + " && " SCENARIO_MAIN_DEMO " " + arguments + " 2>&1";
    std::FILE* pipe = ::popen(command.c_str(), "r");
    Ran ran{-1, {}};
    char buffer[4096];
    for (std::size_t got = 0; (got = std::fread(buffer, 1, sizeof buffer, pipe)) != 0;) ran.output.append(buffer, got);
    ran.status = WEXITSTATUS(::pclose(pipe));
    return ran;
  }
  void write(const std::string& name, const std::string& text) { std::ofstream(folder_ / name, std::ios::binary) << text; }
  /// The one tape that a run left behind.
  std::string finding() {
    std::error_code none;
    for (const auto& entry : std::filesystem::directory_iterator(folder_ / "findings", none)) return entry.path().string();
    return "none";
  }

  std::filesystem::path folder_;
};

TEST_F(ScenarioMain, ListsItsScenarios) {
  const Ran ran = run("--list");
  EXPECT_EQ(ran.status, 0);
  EXPECT_EQ(
      ran.output,
      "aborts\tcalls abort\naborts_inside\tcalls abort in a run of a property\ndeaf\tlistens nowhere\nexits\tcalls exit(0)\n"
      "forgets\tloses its count\n"
      "hoards\tkeeps more than 100 bytes\nholds\tcounts every byte\nkeeps_view\treads a view past its callback\n"
      "mute\tlistens nowhere, and says that this is so\n"
      "remembers\tbreaks in its third run\nsays\tquotes its input\nspins\tnever returns\n");
}

TEST_F(ScenarioMain, HelpSaysEveryCommand) {
  const Ran ran = run("--help");
  EXPECT_EQ(ran.status, 0);
  for (const char* command : {"run ", "replay ", "exhaust ", "shrink ", "serve ", "show ", "encode ", "import ", "--list"})
    EXPECT_THAT(ran.output, HasSubstr(command));
}

TEST_F(ScenarioMain, WrongArgumentsEndInOneLineAndStatusTwo) {
  const std::pair<const char*, std::string> cases[] = {
      {"", "a command is missing"},
      {"rum", "no command 'rum'; there are: run, replay"},
      {"run --sedes 3", "unknown argument '--sedes'; options are: --scenario, --seeds"},
      {"run --seeds many", "--seeds needs a number, not 'many'"},
      {"run --seeds", "--seeds needs a value"},
      {"run --scenario hold", "no scenario 'hold'; there are: aborts, aborts_inside, deaf, exits, forgets, hoards, holds"},
      {"run --corpus nowhere", "there is no directory nowhere; the folders in " + folder_.string() + " are: corpus, many"},
      {"run --corpus corpus", "the directory corpus is empty"},
      {"run --seeds 0", "nothing to run"},
      {"replay", "a tape or a fuzzer input is missing"},
      {"replay nowhere.tape", "there is no file nowhere.tape; the files in " + folder_.string() + " are: new.tape, raw\n"},
      {"replay corpus/nowhere", "there is no file corpus/nowhere; there is no file in " + (folder_ / "corpus").string()},
      {"replay many/nowhere", ": 00, 01, 02"},
      {"replay many/nowhere", "28, 29 and 5 others\n"},
      {"replay corpus", "corpus is a directory"},
      {"replay a b", "not also 'b'"},
      {"replay new.tape", "new.tape:1: the tape has format 9, written by a newer Teasel"},
      {"replay raw", "choose with --scenario one of: aborts"},
      {"replay raw --timeout 0", "--timeout needs"},
      {"encode raw --scenario holds", "-o FILE is missing"},
  };
  write("new.tape", "teasel tape 9\n");
  write("raw", "abc");
  std::filesystem::create_directory(folder_ / "many");
  for (int i = 0; i < 35; ++i) write((i < 10 ? "many/0" : "many/") + std::to_string(i), "");
  for (const auto& [arguments, text] : cases) {
    const Ran ran = run(arguments);
    EXPECT_EQ(ran.status, 2) << arguments;
    EXPECT_THAT(ran.output, HasSubstr(text));
    EXPECT_EQ(std::count(ran.output.begin(), ran.output.end(), '\n'), 1) << ran.output;
  }
}

TEST_F(ScenarioMain, WhatHoldsRunsQuietly) {
  write("corpus/a", "hello");
  write("corpus/b", "!\xf5\x02!");
  const Ran ran = run("run --scenario holds --seeds 50 --corpus corpus");
  EXPECT_EQ(ran.status, 0) << ran.output;
  EXPECT_EQ(ran.output, "ok holds: 2 inputs, 50 seeds\n");
}

TEST_F(ScenarioMain, WarnsWhereThePlaysSayNothingToAProtocol) {
  const Ran ran = run("run --scenario deaf --seeds 120");
  EXPECT_EQ(ran.status, 0);
  EXPECT_THAT(ran.output, HasSubstr("warning: deaf: 100 % of 120 plays ended before the protocols had 4 bytes"));
  EXPECT_THAT(ran.output, AllOf(HasSubstr("nothing broke in deaf: 0 inputs, 120 seeds\n"), Not(HasSubstr("ok deaf"))));
}

TEST_F(ScenarioMain, DoesNotWarnOfAScenarioThatIsNotThereToTalk) {
  const Ran ran = run("run --scenario mute --seeds 120");
  EXPECT_EQ(ran.status, 0);
  EXPECT_THAT(ran.output, AllOf(HasSubstr("ok mute"), Not(HasSubstr("warning"))));
}

TEST_F(ScenarioMain, ShrinksWhatAClimateSeedDrawsAndNotTheSeed) {
  constexpr auto kSeed = static_cast<std::uint16_t>(ChoiceSite::kClimateSeed),
                 kCut = static_cast<std::uint16_t>(ChoiceSite::kCut);
  Tape tape;
  tape.scenario = "forgets";
  tape.play.send(0, "x!");  // breaks where it is cut in two
  const std::string path = (folder_ / "found.tape").string();
  std::uint64_t seed = 0;
  do {
    tape.records = {{0, kSeed, 0, 0, ++seed}};
    tape.save(path);
  } while (seed < 200 && run("replay found.tape --in-process").status != 1);
  const Ran ran = run("shrink found.tape -o small.tape");
  EXPECT_THAT(ran.output, HasSubstr("FAILED forgets: forgotten"));
  const Tape small = Tape::load((folder_ / "small.tape").string());
  ASSERT_EQ(small.records.size(), 1u) << small.print();
  EXPECT_EQ(small.records[0].site, kCut) << small.print();
}

TEST_F(ScenarioMain, FindsShrinksReportsAndReplays) {
  const Ran ran = run("run --scenario forgets --seeds 3000 --revision abc");
  EXPECT_EQ(ran.status, 1);
  EXPECT_THAT(ran.output, AllOf(HasSubstr("FAILED forgets: forgotten"), HasSubstr("What happened:"), HasSubstr("Replay it:"),
                                HasSubstr("TEST(ScenarioForgets, DoesNotBreakForgotten)"), Not(HasSubstr("not fully"))));
  const Tape tape = Tape::load(finding());
  EXPECT_EQ(tape.revision + tape.target + tape.oracle, "abcscenario_main_demoforgotten");
  EXPECT_LE(tape.play.byteCount(), 2u) << tape.print();
  const Ran again = run("replay " + finding());
  EXPECT_EQ(again.status, 1);
  EXPECT_THAT(again.output, HasSubstr("FAILED forgets: forgotten"));
  EXPECT_EQ(run("replay --expect-failure " + finding()).status, 0);
  const Ran fixed = run("replay --scenario holds " + finding());
  EXPECT_EQ(fixed.status, 3) << "the tape names an oracle, and nothing breaks";
  EXPECT_THAT(fixed.output, HasSubstr("NOT SHOWN holds: nothing breaks"));
}

TEST_F(ScenarioMain, TheCommandThatReplaysAFindingIsOneThatAShellUnderstands) {
  const Ran ran = run("run --scenario forgets --seeds 3000 --findings 'my tapes'");
  EXPECT_EQ(ran.status, 1);
  EXPECT_THAT(ran.output, HasSubstr(" replay 'my tapes/forgets-forgotten-"));
}

TEST_F(ScenarioMain, ReplayOfATapeThatNamesNoOracleEndsWithStatusZeroWhenNothingBreaks) {
  write("plain.tape", "teasel tape 1\nscenario: holds\n\nsend 0 \"a\"\n");
  write("named.tape", "teasel tape 1\nscenario: holds\noracle: forgotten\n\nsend 0 \"a\"\n");
  EXPECT_EQ(run("replay plain.tape").status, 0);
  EXPECT_EQ(run("replay named.tape").status, 3);
  EXPECT_EQ(run("replay named.tape --hash").status, 3);
  EXPECT_EQ(run("replay named.tape --expect-failure").status, 1);
  EXPECT_THAT(run("--help").output, HasSubstr("3  replay: the tape names a failure, and nothing broke"));
}

TEST_F(ScenarioMain, AFindingOfACountedBoundIsShrunkWithAMargin) {
  write("raw", std::string(900, 'x'));
  const Ran ran = run("shrink raw --scenario hoards -o small.tape");
  EXPECT_EQ(ran.status, 1) << ran.output;
  // The bound is 100 bytes and its margin 50 percent.
  EXPECT_EQ(Tape::load((folder_ / "small.tape").string()).play.byteCount(), 150u) << ran.output;
  write("raw", std::string(120, 'x'));
  run("shrink raw --scenario hoards -o small.tape");
  EXPECT_EQ(Tape::load((folder_ / "small.tape").string()).play.byteCount(), 120u) << "as much as the input allows";
}

TEST_F(ScenarioMain, AFailureThatNeedsEarlierRunsIsSaidToBeThatAndGivesNoTest) {
  const Ran ran = run("run --scenario remembers --seeds 50");
  EXPECT_EQ(ran.status, 1);
  EXPECT_THAT(ran.output, AllOf(HasSubstr("FAILED remembers: third-run"), HasSubstr("There is no test to keep: it would pass."),
                                HasSubstr("Runs before it have left something behind"), Not(HasSubstr("TEST("))));
  EXPECT_EQ(run("replay " + finding()).status, 3);
}

TEST_F(ScenarioMain, AFindingIsOnDiskBeforeItIsShrunk) {
  const Ran ran = run("run --scenario forgets --seeds 3000 --shrink-runs 0");
  EXPECT_THAT(ran.output, HasSubstr("kept as " + std::filesystem::path(finding()).lexically_relative(folder_).string()));
  const std::size_t kept = run("run --scenario forgets --seeds 3000").output.find("kept as findings/");
  EXPECT_NE(kept, std::string::npos);
}

TEST_F(ScenarioMain, ThePrintedTestOfACrashRunsInAChild) {
  write("raw", "x\xf5\x02!");
  const Ran ran = run("shrink raw --scenario aborts");
  EXPECT_THAT(ran.output, HasSubstr("EXPECT_EQ(replayFailureInChild(\"aborts\", play), \"\");"));
}

TEST_F(ScenarioMain, ExitWithStatusZeroIsACrashInAndOutOfProcess) {
  write("raw", "x\xf5\x02!");
  const Ran apart = run("replay raw --scenario exits"), here = run("replay raw --scenario exits --in-process");
  EXPECT_EQ(apart.status, 1);
  EXPECT_THAT(apart.output, HasSubstr("FAILED exits: crash: exit 0"));
  EXPECT_EQ(here.status, 1);
  EXPECT_THAT(here.output, HasSubstr("the code under test ended the process by exit"));
}

TEST_F(ScenarioMain, ACrashInARunOfAPropertyIsDrawnAndNamed) {
  write("raw", "ab");
  const Ran ran = run("shrink raw --scenario aborts_inside --runs 0");
  EXPECT_THAT(ran.output, AllOf(HasSubstr("FAILED aborts_inside: crash: SIGABRT"),
                                HasSubstr("in run 2 of the property inner-oracle, in which the input is delivered backwards"),
                                HasSubstr("--- \"b\" ---"), Not(HasSubstr("--- \"ab\" ---"))));
}

TEST_F(ScenarioMain, WhatCTestTakesForASkippedTestIsAltered) {
  write("raw", "x\xf5\x02![  SKIPPED ] it");
  const Ran ran = run("shrink raw --scenario says --runs 0");
  EXPECT_EQ(ran.status, 1);
  EXPECT_THAT(ran.output, AllOf(HasSubstr("[  SKIPPED\\x20]"), Not(HasSubstr("[  SKIPPED ]"))));
  EXPECT_EQ(run("replay raw --scenario says").output.find("[  SKIPPED ]"), std::string::npos);
}

TEST_F(ScenarioMain, CrashesShrinkToo) {
  write("raw", "hello there\xf5\x02!and more of it\xf5\x05\x07\xf5\x03");
  const Ran ran = run("shrink raw --scenario aborts -o small.tape");
  EXPECT_EQ(ran.status, 1) << ran.output;
  EXPECT_THAT(ran.output, AllOf(HasSubstr("FAILED aborts: crash: SIGABRT"), HasSubstr("dataReceived")));
  Play wanted;
  wanted.send(0, "a"), wanted.cut(0), wanted.send(0, "!");
  EXPECT_EQ(Tape::load((folder_ / "small.tape").string()).play, wanted);
}

TEST_F(ScenarioMain, MemoryErrorsAreNamedBySanitizers) {
  if (!teasel::detail::kSanitized) GTEST_SKIP() << "needs AddressSanitizer";
  write("raw", "x\xf5\x02!yz");
  const Ran ran = run("shrink raw --scenario keeps_view");
  EXPECT_THAT(ran.output, AllOf(HasSubstr("FAILED keeps_view: crash: heap-use-after-free"), HasSubstr("scenario_main_demo.cpp")));
}

TEST_F(ScenarioMain, ACallbackThatNeverReturnsIsNamed) {
  if (!watchdog::kStopsSpinning) GTEST_SKIP() << "ThreadSanitizer keeps the signal back";
  write("raw", "hello\xf5\x02!more");
  const Ran ran = run("run --seeds 0 --corpus . --scenario spins --timeout 1 --shrink-runs 3");
  EXPECT_EQ(ran.status, 1);
  EXPECT_THAT(ran.output, AllOf(HasSubstr("FAILED spins: hang"), HasSubstr("did not end within 1 s"), HasSubstr("Counter::")));
  EXPECT_EQ(Tape::load(finding()).oracle, "hang");
}

TEST_F(ScenarioMain, EveryCombinationOfCutsIsRun) {
  write("raw", "abcdef!h");
  EXPECT_EQ(run("exhaust raw --scenario holds").output, "ok holds: nothing breaks in all 128 combinations of cut\n");
  const Ran found = run("exhaust raw --scenario forgets -o out.tape");
  EXPECT_EQ(found.status, 1);
  EXPECT_THAT(found.output, HasSubstr("FAILED forgets: forgotten"));
  EXPECT_EQ(Tape::load((folder_ / "out.tape").string()).oracle, "forgotten");
  const Ran over = run("exhaust raw --scenario holds --budget 20");
  EXPECT_EQ(over.status, 2);
  EXPECT_THAT(over.output, HasSubstr("not enumerated within 20 runs; next was run 20"));
  EXPECT_THAT(run("exhaust raw --scenario holds --sites cuts").output, HasSubstr("there is no site 'cuts'"));
}

TEST_F(ScenarioMain, BenchSaysWhatToInstallWhereGoogleBenchmarkIsNotLinked) {
  write("raw", "abc");
  const Ran ran = run("bench raw");
  EXPECT_EQ(ran.status, 2);
  EXPECT_THAT(ran.output, HasSubstr("built without Google Benchmark: install it (Debian: libbenchmark-dev)"));
}

TEST_F(ScenarioMain, ReplayIsTheSameInAndOutOfProcess) {
  write("raw", "hello\xf5\x02!more\xf5\x03");
  const std::string hash = run("replay raw --scenario holds --hash").output;
  EXPECT_EQ(run("replay raw --scenario holds --hash --in-process").output, hash);
  EXPECT_THAT(hash, testing::MatchesRegex("[0-9a-f]{16} -\n"));
}

TEST_F(ScenarioMain, TapesAndFuzzerInputsTurnIntoEachOther) {
  write("raw", "hello\xf5\x02!");
  const Ran shown = run("show raw --scenario holds");
  write("shown.tape", shown.output);
  EXPECT_EQ(run("encode shown.tape -o back").status, 0);
  std::ifstream back(folder_ / "back", std::ios::binary);
  EXPECT_EQ(std::string(std::istreambuf_iterator<char>(back), {}), "hello\xf5\x02!");
}

TEST_F(ScenarioMain, AReportKeepsTheMessageFromBeforeShrinking) {
  write("raw", "hello there\xf5\x02!and more");
  const Ran ran = run("shrink raw --scenario forgets");
  EXPECT_EQ(ran.status, 1) << ran.output;
  EXPECT_THAT(ran.output, AllOf(HasSubstr("  1 bytes are not counted any more\n"),
                                HasSubstr("  before it was shrunk: 11 bytes are not counted any more\n")));
}

TEST_F(ScenarioMain, ImportEscapesCapturedFiles) {
  const std::string captured("a\xf5\x02!b\xf5\xf5\x00", 8);
  write("corpus/captured", captured);
  EXPECT_EQ(run("import corpus/captured -o one --scenario holds").status, 0);
  std::ifstream one(folder_ / "one", std::ios::binary);
  EXPECT_EQ(std::string(std::istreambuf_iterator<char>(one), {}), escapedForFuzzer(captured));
  EXPECT_THAT(run("show one --scenario holds").output, HasSubstr("send 0 \"a\\xf5\\x02!b\\xf5\\xf5\\x00\"\n"));
  EXPECT_EQ(run("import corpus -o all --scenario holds").output, "imported 1 files for holds into all\n");
  EXPECT_TRUE(std::filesystem::exists(folder_ / "all/captured"));
}

TEST_F(ScenarioMain, ImportRefusesWhatAnInputCannotSend) {
  write("raw", "abc");
  EXPECT_THAT(run("import raw --scenario holds").output, HasSubstr("-o OUT is missing"));
  write("tape", "teasel tape 1\n");
  EXPECT_THAT(run("import tape -o out --scenario holds").output, HasSubstr("begins as a tape does"));
  std::ofstream(folder_ / "big", std::ios::binary) << std::string(3'000'000, 'x');
  EXPECT_THAT(run("import big -o out --scenario holds").output, HasSubstr("big has 3000000 bytes; inputs of the scenario holds"));
}

TEST_F(ScenarioMain, ACorpusWithoutInputsForAScenarioIsAnError) {
  std::filesystem::create_directories(folder_ / "holds");
  write("holds/a", "a");
  const Ran ran = run("run --seeds 0 --corpus holds");
  EXPECT_EQ(ran.status, 2) << ran.output;
  EXPECT_THAT(ran.output, HasSubstr("the corpus has 0 inputs for the scenario aborts: its 1 files belong to scenario holds"));
  EXPECT_EQ(run("run --seeds 0 --corpus holds --scenario holds").output, "ok holds: 1 inputs, 0 seeds\n");
}

TEST_F(ScenarioMain, CorpusFoldersNamedLikeScenariosBelongToThem) {
  std::filesystem::create_directories(folder_ / "corpus/holds");
  std::filesystem::create_directories(folder_ / "corpus/aborts");
  write("corpus/holds/a", "a");
  write("corpus/aborts/b", "b\xf5\x02!");
  write("corpus/c", "c");
  write("corpus/d.tape", "teasel tape 1\nscenario: forgets\n\nconnect 0\n");
  EXPECT_EQ(run("run --scenario holds --seeds 0 --corpus corpus").output, "ok holds: 2 inputs, 0 seeds\n");
}

}  // namespace
}  // namespace teasel::fakes
