#include <teasel/drivers/signals.hpp>

#include <atomic>
#include <cerrno>
#include <chrono>
#include <csignal>
#include <thread>

#include <sys/wait.h>
#include <unistd.h>

#include <gtest/gtest.h>

#include <teasel/core/errors.hpp>

namespace teasel::posix {

namespace {
bool soon(const std::atomic<int>& value, int expected) {
  for (int i = 0; i < 1000 && value != expected; ++i) std::this_thread::sleep_for(std::chrono::milliseconds(1));
  return value == expected;
}
}  // namespace

TEST(SignalWatch, RunsItsCallbackInAThreadOfItsOwn) {
  std::atomic<int> got{0};
  const std::thread::id here = std::this_thread::get_id();
  std::atomic<bool> elsewhere{false};
  const SignalWatch watch({SIGUSR1, SIGUSR2}, [&](int signal) {
    elsewhere = std::this_thread::get_id() != here;
    got = signal;
  });
  ::raise(SIGUSR2);
  EXPECT_TRUE(soon(got, SIGUSR2));
  EXPECT_TRUE(elsewhere);
}

TEST(SignalWatch, RestoresWhatWasThereBefore) {
  struct sigaction ignore = {}, now = {};
  ignore.sa_handler = SIG_IGN;
  ::sigaction(SIGUSR1, &ignore, nullptr);
  {
    const SignalWatch watch({SIGUSR1}, [](int) {});
  }
  ::sigaction(SIGUSR1, nullptr, &now);
  EXPECT_EQ(now.sa_handler, SIG_IGN);
  ::signal(SIGUSR1, SIG_DFL);
}

TEST(SignalWatch, ASecondSignalHasItsUsualEffect) {
  std::atomic<int> got{0};
  const SignalWatch watch({SIGUSR1}, [&](int signal) { got = signal; });
  ::raise(SIGUSR1);
  EXPECT_TRUE(soon(got, SIGUSR1));
  struct sigaction now = {};
  ::sigaction(SIGUSR1, nullptr, &now);
  EXPECT_EQ(now.sa_handler, SIG_DFL);
}

TEST(SignalWatch, HearsEverySignalIfItIsAskedTo) {
  std::atomic<int> count{0};
  const SignalWatch watch({SIGUSR1}, [&](int) { ++count; }, SignalWatch::Again::kCallback);
  for (int i = 1; i <= 3; ++i) {
    ::raise(SIGUSR1);
    EXPECT_TRUE(soon(count, i));
  }
}

TEST(SignalWatch, AFloodOfOneSignalHidesNoOther) {
  std::atomic<bool> go{false};
  std::atomic<int> floods{0}, others{0};
  const SignalWatch watch(
      {SIGUSR1, SIGUSR2},
      [&](int signal) {
        while (!go) std::this_thread::sleep_for(std::chrono::milliseconds(1));
        ++(signal == SIGUSR1 ? floods : others);
      },
      SignalWatch::Again::kCallback);
  constexpr int kMoreThanAPipeHolds = 100'000;
  for (int i = 0; i < kMoreThanAPipeHolds; ++i) ::raise(SIGUSR1);
  ::raise(SIGUSR2);
  go = true;
  EXPECT_TRUE(soon(others, 1));
  EXPECT_TRUE(soon(floods, kMoreThanAPipeHolds));
}

TEST(SignalWatch, HearsASignalThatItsCallerBlocks) {
  sigset_t only, before;
  ::sigemptyset(&only);
  ::sigaddset(&only, SIGUSR1);
  ::pthread_sigmask(SIG_BLOCK, &only, &before);
  std::atomic<int> got{0};
  {
    const SignalWatch watch({SIGUSR1}, [&](int signal) { got = signal; });
    ::kill(::getpid(), SIGUSR1);
    EXPECT_TRUE(soon(got, SIGUSR1));
  }
  ::pthread_sigmask(SIG_SETMASK, &before, nullptr);
}

TEST(SignalIgnored, SaysWhatTheProcessIgnores) {
  EXPECT_FALSE(signalIgnored(SIGUSR1));
  ::signal(SIGUSR1, SIG_IGN);
  EXPECT_TRUE(signalIgnored(SIGUSR1));
  ::signal(SIGUSR1, SIG_DFL);
}

TEST(EndBySignal, EndsTheProcessByThatSignalAlthoughItIsBlockedAndWatched) {
  const pid_t child = ::fork();
  if (child == 0) {
    ::signal(SIGUSR1, SIG_IGN);
    sigset_t all;
    ::sigfillset(&all);
    ::sigprocmask(SIG_BLOCK, &all, nullptr);
    endBySignal(SIGUSR1);
  }
  int status = 0;
  ASSERT_EQ(::waitpid(child, &status, 0), child);
  EXPECT_TRUE(WIFSIGNALED(status));
  EXPECT_EQ(WTERMSIG(status), SIGUSR1);
}

TEST(IgnoreBrokenPipes, MakesAWriteFailInsteadOfEndingTheProcess) {
  ignoreBrokenPipes();
  int ends[2];
  ASSERT_EQ(::pipe(ends), 0);
  ::close(ends[0]);
  EXPECT_EQ(::write(ends[1], "x", 1), -1);
  EXPECT_EQ(errno, EPIPE);
  ::close(ends[1]);
  ::signal(SIGPIPE, SIG_DFL);
}

TEST(SignalWatch, RefusesASecondWatchWhileOneLives) {
  const SignalWatch first({SIGUSR1}, [](int) {});
  EXPECT_THROW(SignalWatch({SIGUSR2}, [](int) {}), UsageError);
}

}  // namespace teasel::posix
