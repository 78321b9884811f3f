#include <teasel/drivers/signals.hpp>

#include <atomic>
#include <chrono>
#include <csignal>
#include <thread>

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

TEST(SignalWatch, RefusesASecondWatchWhileOneLives) {
  const SignalWatch first({SIGUSR1}, [](int) {});
  EXPECT_THROW(SignalWatch({SIGUSR2}, [](int) {}), UsageError);
}

}  // namespace teasel::posix
