#include <algorithm>
#include <csignal>
#include <filesystem>
#include <fstream>
#include <map>
#include <memory>
#include <set>
#include <sstream>
#include <string>
#include <vector>

#include <fcntl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <examples/test/program_test_kit.hpp>
#include <teasel/application/run.hpp>
#include <teasel/application/test/json_test_kit.hpp>
#include <teasel/core/sanitizers.hpp>
#include <teasel/drivers/drivers.hpp>

/// These tests run runner_test_program, and talk to it by signals and files.
namespace teasel {

namespace {

namespace files = std::filesystem;
using examples::test::Program;
using testing::AllOf;
using testing::AnyOf;
using testing::EndsWith;
using testing::HasSubstr;
using testing::MatchesRegex;
using testing::Not;
using testing::StartsWith;

class RunProgram : public testing::Test {
 protected:
  void SetUp() override {
    const testing::TestInfo& test = *testing::UnitTest::GetInstance()->current_test_info();
    folder_ = files::path(testing::TempDir()) / ("teasel_run_" + std::string(test.name()) + "_" + std::to_string(::getpid()));
    files::create_directory(folder_);
  }
  void TearDown() override { files::remove_all(folder_); }

  std::string path(const std::string& name) const { return (folder_ / name).string(); }
  std::string content(const std::string& name) const {
    std::stringstream text;
    text << std::ifstream(path(name)).rdbuf();
    return text.str();
  }
  void write(const std::string& name, const std::string& text) const { std::ofstream(path(name)) << text; }
  static std::unique_ptr<Program> start(std::vector<std::string> arguments) {
    return std::make_unique<Program>("runner_test_program", std::move(arguments));
  }
  /// Reads lines up to the one that contains `part`, and returns it.
  static std::string lineWith(Program& program, const std::string& part) {
    for (;;) {
      std::string line = program.line();
      if (line.find(part) != std::string::npos) return line;
      if (line == "<end>" || line == "<late>") return line + " instead of " + part;
    }
  }
  /// One that has started its service.
  static std::unique_ptr<Program> started(std::vector<std::string> arguments) {
    auto program = start(std::move(arguments));
    EXPECT_THAT(lineWith(*program, "the service is started"), HasSubstr("info test: the service is started"));
    return program;
  }
  /// Waits until a file contains `part`.
  bool soonContains(const std::string& name, const std::string& part) const {
    for (int i = 0; i < Program::kPatienceMs / 5; ++i) {
      if (content(name).find(part) != std::string::npos) return true;
      ::usleep(5000);
    }
    return false;
  }
  /// Runs the program in a child that `prepare` has prepared. Returns its process number.
  template <class Prepare>
  static pid_t spawn(std::vector<std::string> arguments, const Prepare& prepare) {
    arguments.insert(arguments.begin(), std::string(TEASEL_EXAMPLES_DIR) + "/runner_test_program");
    std::vector<char*> argv;
    for (std::string& argument : arguments) argv.push_back(argument.data());
    argv.push_back(nullptr);
    const pid_t pid = ::fork();
    if (pid != 0) return pid;
    prepare();
    ::execv(argv[0], argv.data());
    ::_exit(127);
  }
  /// What waitpid says of a child; -1 when it does not end in time, and it is killed then.
  static int statusOf(pid_t pid) {
    int status = 0;
    for (int waited = 0; waited < Program::kPatienceMs; waited += 5) {
      if (::waitpid(pid, &status, WNOHANG) == pid) return status;
      ::usleep(5000);
    }
    ::kill(pid, SIGKILL);
    ::waitpid(pid, &status, 0);
    return -1;
  }
  /// Expects one line that contains `what`, and this status.
  static void fails(std::vector<std::string> arguments, int status, const std::string& what) {
    const auto program = start(std::move(arguments));
    const std::string text = program->rest();
    EXPECT_THAT(text, AllOf(HasSubstr("runner_test_program: "), HasSubstr(what)));
    EXPECT_EQ(std::count(text.begin(), text.end(), '\n'), 1) << text;
    EXPECT_EQ(program->exitStatus(), status) << text;
  }

 private:
  files::path folder_;
};

std::string portOf(const std::string& line) { return line.substr(line.rfind(':') + 1); }

}  // namespace

TEST_F(RunProgram, StopsTheServiceOnSigtermAndSigintAndWaitsForIt) {
  for (const int signal : {SIGTERM, SIGINT}) {
    const auto program = started({"--stop-ms", "50"});
    program->signal(signal);
    const std::string text = program->rest();
    EXPECT_THAT(text,
                MatchesRegex("[^\n]*the service stops\n[^\n]*the service has stopped\n[^\n]*runner_test_program: stopped\n"));
    EXPECT_EQ(program->exitStatus(), kExitClean);
  }
}

TEST_F(RunProgram, RunsOnEveryDriver) {
  for (const std::string_view driver : driverNames()) {
    if (std::string why; !driverAvailable(driver, why)) continue;
    const auto program = started({"--reactor", std::string(driver)});
    program->signal(SIGTERM);
    EXPECT_THAT(program->rest(), EndsWith("stopped\n"));
    EXPECT_EQ(program->exitStatus(), kExitClean) << driver;
  }
}

TEST_F(RunProgram, EndsAtOnceOnTheSecondSignalOfEitherKind) {
  for (const auto& [first, second] : {std::pair(SIGTERM, SIGTERM), std::pair(SIGTERM, SIGINT)}) {
    const auto program = started({"--mode", "stuck", "--pid-file", path("pid")});
    program->signal(first);
    lineWith(*program, "the service stops");
    EXPECT_TRUE(files::exists(path("pid")));
    program->signal(second);
    EXPECT_EQ(program->exitStatus(), -second);
    EXPECT_FALSE(files::exists(path("pid")));
  }
}

extern "C" [[gnu::weak]] void __tsan_init();  // null without ThreadSanitizer

TEST_F(RunProgram, EndsOnTheSecondSignalAlthoughTheLoopHangs) {
  if (__tsan_init != nullptr) GTEST_SKIP() << "ThreadSanitizer keeps a signal back until a call that it sees";
  const auto program = started({"--mode", "hangs", "--pid-file", path("pid")});
  lineWith(*program, "the service hangs");
  program->signal(SIGINT);
  ::usleep(20'000);
  EXPECT_TRUE(files::exists(path("pid")));
  program->signal(SIGINT);
  EXPECT_EQ(program->exitStatus(), -SIGINT);
  EXPECT_FALSE(files::exists(path("pid")));
}

TEST_F(RunProgram, ObeysSignalsAsSoonAsThePidFileIsThere) {
  constexpr int kTries = 10;
  for (int i = 0; i < kTries; ++i) {
    const auto program = start({"--pid-file", path("pid"), "--log", path("log")});
    for (int waited = 0; waited < Program::kPatienceMs * 10 && !files::exists(path("pid")); ++waited) ::usleep(100);
    program->signal(SIGHUP);
    program->signal(SIGTERM);
    EXPECT_EQ(program->exitStatus(), kExitClean);
    EXPECT_FALSE(files::exists(path("pid")));
  }
}

TEST_F(RunProgram, LeavesNoPidFileWhenASignalComesAfterItHasStopped) {
  constexpr int kTries = 10;
  for (int i = 0; i < kTries; ++i) {
    const auto program = started({"--pid-file", path("pid")});
    program->signal(SIGTERM);
    lineWith(*program, ": stopped");
    program->signal(SIGTERM);
    EXPECT_NE(program->exitStatus(), Program::kRunning);
    EXPECT_FALSE(files::exists(path("pid")));
  }
}

TEST_F(RunProgram, EndsOnTheSecondSignalAlthoughNobodyReadsItsLog) {
  int ends[2];
  ASSERT_EQ(::pipe(ends), 0);
  ::fcntl(ends[1], F_SETFL, O_NONBLOCK);
  while (::write(ends[1], "full", 4) > 0) {
  }
  ::fcntl(ends[1], F_SETFL, 0);
  const pid_t pid = spawn({"--pid-file", path("pid")}, [&] { ::dup2(ends[1], 2); });
  EXPECT_TRUE(soonContains("pid", "\n"));
  ::usleep(100'000);
  for (const int signal : {SIGHUP, SIGTERM, SIGTERM}) {
    ::kill(pid, signal);
    ::usleep(20'000);
  }
  EXPECT_EQ(statusOf(pid), SIGTERM);
  EXPECT_FALSE(files::exists(path("pid")));
  ::close(ends[0]), ::close(ends[1]);
}

TEST_F(RunProgram, WritesNoLogIntoAnotherFileWhenItsStandardDescriptorsAreClosed) {
  const pid_t pid = spawn({"--pid-file", path("pid")}, [] {
    for (const int standard : {0, 1, 2}) ::close(standard);
  });
  EXPECT_TRUE(soonContains("pid", "\n"));
  ::usleep(100'000);
  EXPECT_EQ(content("pid"), std::to_string(pid) + "\n");
  ::kill(pid, SIGTERM);
  EXPECT_EQ(statusOf(pid), 0);
}

TEST_F(RunProgram, LeavesAnIgnoredSigintIgnored) {
  ::signal(SIGINT, SIG_IGN);
  const auto program = started({});
  ::signal(SIGINT, SIG_DFL);
  program->signal(SIGINT);
  program->signal(SIGTERM);
  EXPECT_THAT(program->rest(), EndsWith("stopped\n"));
  EXPECT_EQ(program->exitStatus(), kExitClean);
}

TEST_F(RunProgram, SaysNothingOnSighupWhenTheLogIsStandardError) {
  const auto program = started({});
  program->signal(SIGHUP);
  ::usleep(20'000);
  program->signal(SIGTERM);
  EXPECT_THAT(program->rest(), AllOf(Not(HasSubstr("opened anew")), EndsWith("stopped\n")));
}

TEST_F(RunProgram, SaysThatItCannotStartWithTooFewDescriptors) {
  if (detail::kSanitized) GTEST_SKIP() << "UBSan's check of dynamic types needs a descriptor of its own";
  const auto exitWith = [this](rlim_t descriptors) {
    const rlimit few{descriptors, descriptors};
    return statusOf(
        spawn({"--mode", "ends", "--log", path("log"), "--pid-file", path("pid")}, [&few] { ::setrlimit(RLIMIT_NOFILE, &few); }));
  };
  std::set<int> seen;
  // How many the test runner has left open is not known.
  constexpr int kLibrariesCannotBeLoaded = 127 << 8;
  for (rlim_t descriptors = 4; descriptors < 40; ++descriptors) {
    const int status = exitWith(descriptors);
    if (status == kLibrariesCannotBeLoaded && seen.empty()) continue;
    EXPECT_THAT(status, AnyOf(kExitClean << 8, kExitFailed << 8, kExitCannotStart << 8)) << descriptors;
    EXPECT_FALSE(files::exists(path("pid"))) << descriptors;
    seen.insert(status);
  }
  EXPECT_TRUE(seen.contains(kExitCannotStart << 8));
  EXPECT_TRUE(seen.contains(kExitClean << 8));
}

TEST_F(RunProgram, EndsWhenTheServiceStopsTheReactor) {
  const auto program = started({"--mode", "ends"});
  EXPECT_THAT(program->rest(), AllOf(HasSubstr("the service has stopped"), EndsWith(" stopped\n")));
  EXPECT_EQ(program->exitStatus(), kExitClean);
}

TEST_F(RunProgram, SaysThatTheServiceFailed) {
  fails({"--mode", "none"}, kExitFailed, "the maker gave no service");
  for (const auto& [mode, what] :
       {std::pair("fails", "the service does not want to start"), std::pair("fails-later", "the service broke"),
        std::pair("stop-fails", "could not stop: the service does not want to stop")}) {
    const auto program = start({"--mode", mode, "--log", path("log")});
    if (std::string(mode) == "stop-fails") {
      EXPECT_TRUE(soonContains("log", "the service is started"));
      program->signal(SIGTERM);
    }
    EXPECT_EQ(program->rest(), std::string("runner_test_program: ") + what + "\n");
    EXPECT_EQ(program->exitStatus(), kExitFailed);
    EXPECT_THAT(content("log"),
                AllOf(HasSubstr(std::string("critical runner_test_program: ") + what), EndsWith("stopped after a failure\n")));
    files::remove(path("log"));
  }
}

TEST_F(RunProgram, LogsTheLineOnceWhereTheLogIsStandardError) {
  const auto program = start({"--mode", "fails"});
  EXPECT_THAT(program->rest(),
              MatchesRegex("[^\n]*listening on [^\n]*\n20[^\n]*critical runner_test_program: the service does not want "
                           "to start\n[^\n]*stopped after a failure\n"));
  EXPECT_EQ(program->exitStatus(), kExitFailed);
}

TEST_F(RunProgram, ListensOnNothingWhenAPortIsInUse) {
  const auto first = start({});
  const std::string port = portOf(lineWith(*first, "listening on "));
  const auto second = start({"--listen", "tcp:0:interface=127.0.0.1", "--listen", "tcp:" + port + ":interface=127.0.0.1", "--log",
                             path("log"), "--pid-file", path("pid")});
  EXPECT_THAT(second->rest(), MatchesRegex("runner_test_program: [^\n]*127.0.0.1:" + port + "[^\n]*EADDRINUSE[^\n]*\n"));
  EXPECT_EQ(second->exitStatus(), kExitFailed);
  EXPECT_THAT(content("log"), AllOf(HasSubstr("listening on 127.0.0.1:"), Not(HasSubstr("the service is started"))));
  EXPECT_FALSE(files::exists(path("pid")));
  first->signal(SIGTERM);
  EXPECT_EQ(first->exitStatus(), kExitClean);
}

TEST_F(RunProgram, LosesNoLogLineInARotation) {
  const auto program = start({"--log", path("log"), "--stop-ms", "0", "--mode", "speaks"});
  EXPECT_TRUE(soonContains("log", "number 1\n"));
  for (const std::string rotated : {"log.1", "log.2"}) {
    files::rename(path("log"), path(rotated));
    const std::string before = content(rotated);
    for (int i = 0; i < Program::kPatienceMs && content(rotated) == before; ++i) ::usleep(1000);
    EXPECT_NE(content(rotated), before) << "a line between the rename and the signal";
    program->signal(SIGHUP);
    EXPECT_TRUE(soonContains("log", "the log was opened anew"));
  }
  program->signal(SIGTERM);
  EXPECT_EQ(program->exitStatus(), kExitClean);
  EXPECT_EQ(program->rest(), "");
  EXPECT_THAT(content("log"), AllOf(HasSubstr("the service stops"), EndsWith("stopped\n")));
  std::istringstream all(content("log.1") + content("log.2") + content("log"));
  int number = 0;
  for (std::string line; std::getline(all, line);) {
    const std::size_t at = line.find("number ");
    if (at == std::string::npos) continue;
    EXPECT_EQ(line.substr(at), "number " + std::to_string(++number));
  }
  EXPECT_GT(number, 2);
}

TEST_F(RunProgram, GoesOnInTheOldLogWhenSighupFindsNoPlaceForANewOne) {
  const auto program = start({"--log", path("log")});
  EXPECT_TRUE(soonContains("log", "the service is started"));
  files::rename(path("log"), path("log.1"));
  files::create_directory(path("log"));
  program->signal(SIGHUP);
  EXPECT_TRUE(soonContains("log.1", "error runner_test_program: cannot open '" + path("log") + "' anew: Is a directory"));
  program->signal(SIGTERM);
  EXPECT_EQ(program->exitStatus(), kExitClean);
  EXPECT_THAT(content("log.1"), EndsWith("stopped\n"));
}

TEST_F(RunProgram, LogsJsonInLines) {
  const auto program = start({"--log", path("log"), "--log-format", "json", "--mode", "logs-failure"});
  EXPECT_TRUE(soonContains("log", "line two"));
  program->signal(SIGTERM);
  EXPECT_EQ(program->exitStatus(), kExitClean);
  std::istringstream lines(content("log"));
  std::vector<std::map<std::string, std::string>> events;
  for (std::string line; std::getline(lines, line);) {
    const auto read = test::JsonObject::parse(line);
    ASSERT_TRUE(read) << line;
    EXPECT_THAT(read->at("time"), MatchesRegex("20[0-9T:.-]+Z"));
    events.push_back(*read);
  }
  ASSERT_GE(events.size(), 5U);
  EXPECT_EQ(events.back().at("message"), "stopped");
  const auto broken =
      std::find_if(events.begin(), events.end(), [](const auto& event) { return event.contains("failure.kind"); });
  ASSERT_NE(broken, events.end());
  EXPECT_EQ(broken->at("level"), "critical");
  EXPECT_EQ(broken->at("message"), "line one\nline two \x1b");
  EXPECT_EQ(broken->at("failure.what"), "a \"quoted\" reason");
  EXPECT_THAT(broken->at("failure.where"), StartsWith("runner_test_program.cpp:"));
}

TEST_F(RunProgram, LogsFromItsLevelOn) {
  const auto program = start({"--log-level", "critical", "--mode", "fails"});
  EXPECT_THAT(program->rest(), MatchesRegex("[^\n]*critical[^\n]*\n"));
}

TEST_F(RunProgram, HasItsNumberInThePidFileWhileItRuns) {
  const auto program = started({"--pid-file", path("pid")});
  EXPECT_EQ(content("pid"), std::to_string(program->pid()) + "\n");
  fails({"--pid-file", path("pid")}, kExitCannotStart,
        "the PID file '" + path("pid") + "' belongs to process " + std::to_string(program->pid()) + ", which is running");
  EXPECT_EQ(content("pid"), std::to_string(program->pid()) + "\n");
  program->signal(SIGTERM);
  EXPECT_EQ(program->exitStatus(), kExitClean);
  EXPECT_FALSE(files::exists(path("pid")));
}

TEST_F(RunProgram, IsRefusedByThePidFileOfAnyLivingProcess) {
  write("pid", std::to_string(::getpid()) + "\n");
  fails({"--pid-file", path("pid")}, kExitCannotStart, "belongs to process " + std::to_string(::getpid()));
  EXPECT_EQ(content("pid"), std::to_string(::getpid()) + "\n");
}

TEST_F(RunProgram, ReplacesThePidFileThatAKilledProcessLeft) {
  const auto killed = started({"--pid-file", path("pid")});
  killed->signal(SIGKILL);
  EXPECT_EQ(killed->exitStatus(), -SIGKILL);
  EXPECT_EQ(content("pid"), std::to_string(killed->pid()) + "\n");
  const auto next = started({"--pid-file", path("pid")});
  EXPECT_EQ(content("pid"), std::to_string(next->pid()) + "\n");
  next->signal(SIGTERM);
  EXPECT_EQ(next->exitStatus(), kExitClean);
}

TEST_F(RunProgram, TellsTheSupervisorWhenItIsReadyAndWhenItStops) {
  const int descriptor = ::socket(AF_UNIX, SOCK_DGRAM, 0);
  sockaddr_un at{};
  at.sun_family = AF_UNIX;
  path("notify").copy(at.sun_path, sizeof at.sun_path - 1);
  ASSERT_EQ(::bind(descriptor, reinterpret_cast<const sockaddr*>(&at), sizeof at), 0);
  const timeval patience{.tv_sec = 20, .tv_usec = 0};
  ::setsockopt(descriptor, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
  const auto next = [descriptor] {
    char buffer[1024];
    const ssize_t got = ::recv(descriptor, buffer, sizeof buffer, 0);
    return std::string(buffer, static_cast<std::size_t>(std::max<ssize_t>(got, 0)));
  };
  ::setenv("NOTIFY_SOCKET", path("notify").c_str(), 1);
  const auto program = start({"--mode", "stuck"});
  const auto failing = start({"--mode", "fails", "--log", path("log")});
  ::unsetenv("NOTIFY_SOCKET");
  std::vector<std::string> heard{next(), next()};
  std::sort(heard.begin(), heard.end());
  EXPECT_THAT(heard[0], HasSubstr("READY=1\n"));  // of the one that runs
  EXPECT_EQ(heard[1], "STOPPING=1");              // of the one that fails
  program->signal(SIGTERM);
  EXPECT_EQ(next(), "STOPPING=1");
  ::close(descriptor);
}

TEST_F(RunProgram, TakesItsOptionsFromTheFileAndTheCommandLineWins) {
  write("program.toml", "mode = 'ends'\nstop-ms = 0\nlog = '" + path("from file") + "'\nlog-format = 'json'\n");
  const auto program = start({"--config", path("program.toml"), "--log", path("log")});
  EXPECT_EQ(program->rest(), "");
  EXPECT_EQ(program->exitStatus(), kExitClean);
  EXPECT_THAT(content("log"), HasSubstr("\"message\":\"the service is started\"}\n"));
  EXPECT_FALSE(files::exists(path("from file")));
}

TEST_F(RunProgram, SaysInOneLineWhatIsWrongWithItsOptions) {
  write("key.toml", "mode = 'ends'\nmod = 'x'\n");
  write("type.toml", "stop-ms = 'long'\n");
  write("syntax.toml", "mode = 'runs'\n\nstop-ms 5\n");
  write("value.toml", "log-format = 'xml'\n");
  const std::string keys = "listen, log, log-format, log-level, mode, pid-file, reactor, stop-ms, twice";
  fails({"--config", path("key.toml")}, kExitUsage, "key.toml:2: there is no key 'mod'; the keys are: " + keys);
  fails({"--config", path("type.toml")}, kExitUsage,
        "type.toml:1: stop-ms is a string; it takes a whole number. The keys are: " + keys);
  fails({"--config", path("syntax.toml")}, kExitUsage, "syntax.toml:3: ");
  fails({"--config", path("value.toml")}, kExitUsage, "value.toml:1: log-format cannot be 'xml'; it takes text or json");
  fails({"--config", path("none.toml")}, kExitUsage, "none.toml': No such file or directory");
  fails({"--mod", "x"}, kExitUsage, "unknown option '--mod'; see --help");
  fails({"--stop-ms", "3000000000"}, kExitUsage,
        "--stop-ms cannot be '3000000000'; it takes a whole number from -2147483648 to 2147483647");
  fails({"--log-level", "loud"}, kExitUsage, "it takes debug, info, warn, error or critical");
  fails({"--reactor", "kqueue"}, kExitUsage, "there is no driver 'kqueue'; known: epoll");
  fails({"--mode", "bad-option"}, kExitUsage, "--mode cannot be 'bad-option'");
  fails({"--listen", "tcp:70000"}, kExitUsage, "cannot listen on 'tcp:70000': ");
}

TEST_F(RunProgram, SaysInOneLineWhatItCannotOpen) {
  fails({"--log", path("nowhere/log")}, kExitCannotStart, "No such file or directory");
  fails({"--pid-file", path("nowhere/pid")}, kExitCannotStart, "No such file or directory");
  fails({"--log", path("nowhere/log"), "--pid-file", path("pid")}, kExitCannotStart, "the log: cannot open");
  EXPECT_FALSE(files::exists(path("pid")));
}

TEST_F(RunProgram, PrintsHelpAndVersionAndEnds) {
  const auto help = start({"--help"});
  EXPECT_THAT(help->rest(), AllOf(HasSubstr("A program for tests."), HasSubstr("--listen STRING"), HasSubstr("--mode MODE"),
                                  HasSubstr("--pid-file FILE"), HasSubstr("epoll")));
  EXPECT_EQ(help->exitStatus(), kExitClean);
  const auto version = start({"--version"});
  EXPECT_THAT(version->rest(), MatchesRegex("runner_test_program 7.8 \\(Teasel [0-9.]+\\)\n"));
  EXPECT_EQ(version->exitStatus(), kExitClean);
}

TEST_F(RunProgram, FailsWhenItsHelpCannotBeWritten) {
  const pid_t pid = spawn({"--help"}, [] { ::dup2(::open("/dev/full", O_WRONLY), 1); });
  EXPECT_EQ(statusOf(pid), kExitFailed << 8);
}

TEST_F(RunProgram, GoesOnWhenNobodyReadsItsStandardError) {
  int ends[2];
  ASSERT_EQ(::pipe(ends), 0);
  const pid_t pid = spawn({"--mode", "ends"}, [&] {
    ::dup2(ends[1], 2);
    ::close(ends[0]), ::close(ends[1]);
  });
  ::close(ends[0]), ::close(ends[1]);
  EXPECT_EQ(statusOf(pid), kExitClean << 8);
}

}  // namespace teasel
