#include <teasel/gtest/detail/exit_guard.hpp>

#include <atomic>
#include <cstddef>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string>

#include <sys/syscall.h>
#include <unistd.h>

#include <gtest/gtest.h>

// The end of a process as the runtimes of sanitizers have it. Without one it is null.
extern "C" void __interceptor__exit(int status) __attribute__((weak));

namespace teasel::gtest {
namespace {

constexpr int kFailed = 1;
constexpr std::size_t kLongestName = 512;

/// The process whose tests run now; 0 when none do.
std::atomic<pid_t> owner{0};
/// What runs there. It is a plain array: handlers may read it while the heap is broken.
char running[kLongestName];

[[noreturn]] void endProcess(int status) noexcept {
  if (__interceptor__exit != nullptr) __interceptor__exit(status);
  for (;;) ::syscall(SYS_exit_group, status);
}

bool testsRunHere() noexcept { return owner.load() == ::getpid(); }

void print(const char* text) noexcept {
  // Nothing can be done when this fails: the process is about to end.
  [[maybe_unused]] const ssize_t written = ::write(STDERR_FILENO, text, std::strlen(text));
}

void accuse(const char* how) noexcept {
  const char* const parts[] = {"\nteasel: ", running, " ended the program: it called ", how,
                               ".\nteasel: This counts as a failure. The tests after it did not run.\n"};
  for (const char* part : parts) print(part);
}

void onExit(const char* how) noexcept {
  if (!testsRunHere()) return;
  std::fflush(nullptr);
  accuse(how);
  owner = 0;
  endProcess(kFailed);
}

class ExitGuard final : public testing::EmptyTestEventListener {
 public:
  void OnEnvironmentsSetUpStart(const testing::UnitTest&) override {
    if (!registered_) {
      // Handlers run in the opposite order of this, so these come before those of code under test.
      registered_ = true;
      std::atexit([] { onExit("exit"); });
      std::at_quick_exit([] { onExit("quick_exit"); });
    }
    name("the set-up of a test environment");
    owner = ::getpid();
  }
  void OnEnvironmentsSetUpEnd(const testing::UnitTest&) override { name("code between the test suites"); }
  void OnTestSuiteStart(const testing::TestSuite& suite) override { nameSuite(suite); }
  void OnTestStart(const testing::TestInfo& test) override {
    name("the test " + std::string(test.test_suite_name()) + "." + test.name());
  }
  void OnTestEnd(const testing::TestInfo&) override {
    if (const testing::TestSuite* suite = testing::UnitTest::GetInstance()->current_test_suite()) nameSuite(*suite);
  }
  void OnTestSuiteEnd(const testing::TestSuite&) override { name("code between the test suites"); }
  void OnEnvironmentsTearDownStart(const testing::UnitTest&) override { name("the tear-down of a test environment"); }
  void OnEnvironmentsTearDownEnd(const testing::UnitTest&) override { owner = 0; }

 private:
  static void name(const std::string& what) { running[what.copy(running, kLongestName - 1)] = '\0'; }
  static void nameSuite(const testing::TestSuite& suite) {
    name("the set-up or tear-down of the test suite " + std::string(suite.name()));
  }
  bool registered_ = false;
};

[[noreturn]] void leave(const char* how, int status) noexcept {
  if (testsRunHere()) {
    accuse(how);
    if (status == 0) status = kFailed;
  }
  endProcess(status);
}

}  // namespace

void detail::installExitGuard() {
  static const bool kOnce = [] {
    testing::UnitTest::GetInstance()->listeners().Append(new ExitGuard);  // which owns it
    return true;
  }();
  static_cast<void>(kOnce);
}

}  // namespace teasel::gtest

// The library asks the linker for this symbol (see CMakeLists.txt), and so for this whole file.
// NOLINTBEGIN(readability-identifier-naming): a name for linkers
extern "C" const bool teasel_gtest_exit_guard;
const bool teasel_gtest_exit_guard = (teasel::gtest::detail::installExitGuard(), true);
// NOLINTEND(readability-identifier-naming)

// These two stand in front of the C library's. No handler runs when a program calls them.
extern "C" void _exit(int status) { teasel::gtest::leave("_exit", status); }
extern "C" void _Exit(int status) noexcept { teasel::gtest::leave("_Exit", status); }
