#include <teasel/application/run.hpp>

#include <cerrno>
#include <cstddef>
#include <cstdlib>
#include <iterator>
#include <string>
#include <vector>

#ifdef __linux__
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#endif

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <teasel/core/errors.hpp>
#include <teasel/core/logger.hpp>
#include <teasel/drivers/drivers.hpp>

namespace teasel {

namespace {

using testing::HasSubstr;

/// The arguments of a main function.
struct Arguments {
  explicit Arguments(std::vector<const char*> words) : argv(std::move(words)) {}
  int argc() const { return static_cast<int>(argv.size()); }
  std::vector<const char*> argv;
};

/// Stops the reactor as soon as it has started.
class Short : public Service {
 public:
  explicit Short(Reactor& reactor) : reactor_(reactor) {}
  void startService() override {
    Service::startService();
    ++started;
    reactor_.stop();
  }
  Deferred<void> stopService() override {
    ++stopped;
    return Service::stopService();
  }
  int started = 0, stopped = 0;

 private:
  Reactor& reactor_;
};

}  // namespace

TEST(Application, RefusesOptionsWithAMalformedOrTakenName) {
  std::string target;
  bool flag = false;
  Application application("program");
  for (const char* name : {"", "x", "-x", "x-", "Xy", "a b", "a=b", "a_b", "listen", "reactor", "config", "pid-file", "log",
                           "log-format", "log-level", "help", "version"}) {
    EXPECT_THROW(application.add(name, "TEXT", "about", target), UsageError) << name;
    EXPECT_THROW(application.add(name, "about", flag), UsageError) << name;
  }
  application.add("xy", "TEXT", "about", target).add("x-2", "about", flag);
  EXPECT_THROW(application.add("xy", "about", flag), UsageError);
}

TEST(Application, RunsOnce) {
  const Arguments help({"program", "--help"});
  Application application("program");
  const Application::Maker maker = [](Launch&) { return std::make_shared<Service>(); };
  testing::internal::CaptureStdout();
  EXPECT_EQ(application.run(help.argc(), help.argv.data(), maker), kExitClean);
  EXPECT_THAT(testing::internal::GetCapturedStdout(), HasSubstr("--config FILE"));
  EXPECT_THROW(application.run(help.argc(), help.argv.data(), maker), UsageError);
}

TEST(Application, HasNoListenOptionUnlessItListens) {
  for (const bool listens : {false, true}) {
    const Arguments help({"program", "--help"});
    Application application("program");
    if (listens) application.listens("tcp:8000").listens("unix:/run/program");
    testing::internal::CaptureStdout();
    application.run(std::make_shared<Service>(), help.argc(), help.argv.data());
    const std::string text = testing::internal::GetCapturedStdout();
    EXPECT_EQ(text.find("--listen STRING") != std::string::npos, listens) << text;
    EXPECT_EQ(text.find("tcp:8000") != std::string::npos, listens) << text;
  }
}

TEST(Run, StartsAndStopsAServiceOnTheCallersReactor) {
  const Arguments quiet({"some/where/program", "--log-level", "critical"});
  Reactor reactor(makeDriver());
  const auto service = std::make_shared<Short>(reactor);
  EXPECT_EQ(run(reactor, service, quiet.argc(), quiet.argv.data()), kExitClean);
  EXPECT_EQ(service->started, 1);
  EXPECT_EQ(service->stopped, 1);
}

TEST(Run, HasNoReactorOptionWhereTheCallerBringsOne) {
  const Arguments wrong({"some/where/program", "--reactor", "poll"});
  Reactor reactor(makeDriver());
  testing::internal::CaptureStderr();
  EXPECT_EQ(run(reactor, std::make_shared<Service>(), wrong.argc(), wrong.argv.data()), kExitUsage);
  EXPECT_EQ(testing::internal::GetCapturedStderr(), "program: unknown option '--reactor'; see --help\n");
}

TEST(Run, FailsOnAReactorThatHasRunBefore) {
  const Arguments plain({"program"});
  Reactor reactor(makeDriver());
  reactor.callWhenRunning([&] { reactor.stop(); });
  reactor.run();
  testing::internal::CaptureStderr();
  EXPECT_EQ(run(reactor, std::make_shared<Service>(), plain.argc(), plain.argv.data()), kExitFailed);
  EXPECT_THAT(testing::internal::GetCapturedStderr(), HasSubstr("this reactor has run and was stopped; make a new one"));
}

TEST(Run, MakesTheServiceOnAReactorOfItsOwn) {
  const Arguments quiet({"program", "--log-level", "critical", "--reactor", "poll"});
  std::shared_ptr<Short> service;
  const Application::Maker maker = [&](Launch& launch) {
    EXPECT_EQ(launch.name(), "program");
    return service = std::make_shared<Short>(launch.reactor);
  };
  EXPECT_EQ(run(maker, quiet.argc(), quiet.argv.data()), kExitClean);
  EXPECT_EQ(service->stopped, 1);
}

#ifdef __linux__
/// Forbids io_uring to this process, as containers do. False if that is not possible.
bool forbidUring() {
  sock_filter filter[] = {BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(seccomp_data, nr)),
                          BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, __NR_io_uring_setup, 0, 1),
                          BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | EPERM), BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW)};
  const sock_fprog program{static_cast<unsigned short>(std::size(filter)), filter};
  return ::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0 && ::prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) == 0;
}

TEST(RunDeathTest, SaysInOneLineThatItsDriverIsKnownButUnavailable) {
  const Arguments uring({"program", "--reactor", "io_uring"});
  const auto child = [&] {
    if (!forbidUring()) std::_Exit(kExitCannotStart);
    std::_Exit(Application("program").run(std::make_shared<Service>(), uring.argc(), uring.argv.data()));
  };
  EXPECT_EXIT(child(), testing::ExitedWithCode(kExitCannotStart), "^program: io_uring: [^\n]+\n$");
}
#endif

TEST(Run, LeavesTheLogOfTheProcessAsItWasAtTheStart) {
  const Arguments quiet({"program", "--log-level", "critical"});
  Reactor reactor(makeDriver());
  run(reactor, std::make_shared<Short>(reactor), quiet.argc(), quiet.argv.data());
  EXPECT_TRUE(logging::enabled(LogLevel::kInfo));
  EXPECT_FALSE(logging::enabled(LogLevel::kDebug));
}

}  // namespace teasel
