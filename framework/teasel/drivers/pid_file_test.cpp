#include <teasel/drivers/pid_file.hpp>

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>
#include <vector>

#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace teasel::posix {

namespace {

namespace files = std::filesystem;
using testing::HasSubstr;

/// Each test has a folder of its own.
class PidFileTest : public testing::Test {
 protected:
  void SetUp() override {
    const testing::TestInfo& test = *testing::UnitTest::GetInstance()->current_test_info();
    folder_ = files::path(testing::TempDir()) / ("teasel_pid_" + std::string(test.name()) + "_" + std::to_string(::getpid()));
    files::create_directory(folder_);
  }
  void TearDown() override { files::remove_all(folder_); }

  std::string path() const { return (folder_ / "program.pid").string(); }
  void write(const std::string& text) const { std::ofstream(path()) << text; }
  std::string content() const {
    std::stringstream text;
    text << std::ifstream(path()).rdbuf();
    return text.str();
  }
  /// The names in the folder, so that nothing is left behind unseen.
  std::size_t filesThere() const {
    return static_cast<std::size_t>(std::distance(files::directory_iterator(folder_), files::directory_iterator()));
  }
  static std::string own() { return std::to_string(::getpid()) + "\n"; }
  /// The number of a process that has ended.
  static pid_t deadProcess() {
    const pid_t child = ::fork();
    if (child == 0) ::_exit(0);
    ::waitpid(child, nullptr, 0);
    return child;
  }
  std::string refusal() const {
    try {
      const PidFile file(path());
      return "not refused";
    } catch (const PidFileError& error) {
      return error.what();
    }
  }

 private:
  files::path folder_;
};

/// Processes that all want a PID file at the same moment, and keep it if they get it.
class Starters {
 public:
  Starters(int count, const std::string& path) {
    if (::pipe(go_) != 0 || ::pipe(answers_) != 0) std::abort();
    for (int i = 0; i < count; ++i) {
      const pid_t child = ::fork();
      if (child == 0) runChild(path);
      children_.push_back(child);
    }
    ::close(go_[0]);
    ::close(answers_[1]);
  }
  Starters(const Starters&) = delete;
  Starters& operator=(const Starters&) = delete;
  ~Starters() {
    ::close(answers_[0]);
    for (const pid_t child : children_) ::kill(child, SIGKILL), ::waitpid(child, nullptr, 0);
  }
  /// Lets all go. Returns a 'y' for each that has got the file, and an 'n' for each other.
  std::string start() {
    ::close(go_[1]);
    std::string answers;
    char byte = 0;
    while (answers.size() < children_.size() && ::read(answers_[0], &byte, 1) == 1) answers += byte;
    return answers;
  }

 private:
  [[noreturn]] void runChild(const std::string& path) const {
    ::close(go_[1]);
    char byte = 0;
    [[maybe_unused]] ssize_t done = ::read(go_[0], &byte, 1);  // ends when all may go
    try {
      const PidFile file(path);
      done = ::write(answers_[1], "y", 1);
      ::pause();
    } catch (const PidFileError&) {
      done = ::write(answers_[1], "n", 1);
      ::pause();
    }
    ::_exit(0);
  }
  int go_[2] = {-1, -1}, answers_[2] = {-1, -1};
  std::vector<pid_t> children_;
};

}  // namespace

TEST_F(PidFileTest, HoldsTheNumberOfTheProcessAndGoesWithTheObject) {
  {
    const PidFile file(path());
    EXPECT_EQ(content(), own());
    EXPECT_EQ(filesThere(), 1U);
  }
  EXPECT_EQ(filesThere(), 0U);
}

TEST_F(PidFileTest, IsRefusedWhileALivingProcessIsInIt) {
  const pid_t child = ::fork();
  if (child == 0) {
    ::pause();
    ::_exit(0);
  }
  write(std::to_string(child) + "\n");
  EXPECT_THAT(refusal(), HasSubstr("belongs to process " + std::to_string(child) + ", which is running"));
  EXPECT_EQ(content(), std::to_string(child) + "\n");
  EXPECT_EQ(filesThere(), 1U);
  ::kill(child, SIGKILL);
  ::waitpid(child, nullptr, 0);
}

TEST_F(PidFileTest, IsRefusedByALivingProcessThatItMayNotSignal) {
  // Root may signal everybody, so a child gives that up and asks for its parent. Others ask for the
  // first process.
  const bool root = ::geteuid() == 0;
  write(root ? own() : "1\n");
  files::permissions(files::path(path()).parent_path(), files::perms::all);
  enum Outcome { kHeld, kTaken, kMaySignal };
  const pid_t child = ::fork();
  if (child == 0) {
    constexpr uid_t kNobody = 65534;
    if (root && (::setgid(kNobody) != 0 || ::setuid(kNobody) != 0)) ::_exit(kMaySignal);
    if (::kill(root ? ::getppid() : 1, 0) == 0 || errno != EPERM) ::_exit(kMaySignal);
    try {
      const PidFile file(path());
    } catch (const PidFileHeld&) {
      ::_exit(kHeld);
    } catch (const PidFileError&) {
    }
    ::_exit(kTaken);
  }
  int status = 0;
  ::waitpid(child, &status, 0);
  if (WEXITSTATUS(status) == kMaySignal) GTEST_SKIP() << "there is no process here that may not be signalled";
  EXPECT_TRUE(WIFEXITED(status));
  EXPECT_EQ(WEXITSTATUS(status), kHeld);
}

TEST_F(PidFileTest, ReplacesTheFileOfADeadProcess) {
  write(std::to_string(deadProcess()) + "\n");
  const PidFile file(path());
  EXPECT_EQ(content(), own());
}

TEST_F(PidFileTest, ReplacesAnEmptyFileAndOneWithItsOwnNumber) {
  for (const std::string& left : {std::string(), own(), std::string(" \n")}) {
    write(left);
    const PidFile file(path());
    EXPECT_EQ(content(), own());
  }
}

TEST_F(PidFileTest, LeavesAFileAloneThatIsNoPidFile) {
  for (const char* text : {"important\n", "12 13\n", "-5\n", "0\n", "99999999999\n", "1x\n"}) {
    write(text);
    EXPECT_THAT(refusal(), HasSubstr("holds something else than a process number")) << text;
    EXPECT_EQ(content(), text);
  }
  write(std::string(65, ' '));
  EXPECT_THAT(refusal(), HasSubstr("holds something else"));
  EXPECT_EQ(filesThere(), 1U);
}

TEST_F(PidFileTest, IsRefusedWhileItsHolderHasTheLockWhateverNumberIsInIt) {
  const PidFile first(path());
  // The number is that of this process, and so says nothing; the lock does.
  try {
    const PidFile second(path());
    FAIL() << "not refused";
  } catch (const PidFileHeld& held) {
    EXPECT_EQ(held.pid(), 0);
    EXPECT_THAT(held.what(), HasSubstr("belongs to a process, which is running"));
  }
  EXPECT_EQ(content(), own());
  EXPECT_EQ(filesThere(), 1U);
}

TEST_F(PidFileTest, LetsOneOfManyThatStartAtOnceHaveAStaleFile) {
  write(std::to_string(deadProcess()) + "\n");
  Starters starters(8, path());
  const std::string answers = starters.start();
  EXPECT_EQ(answers.size(), 8U);
  EXPECT_EQ(std::count(answers.begin(), answers.end(), 'y'), 1) << answers;
  EXPECT_EQ(filesThere(), 1U);
}

TEST_F(PidFileTest, DoesNotRemoveWhatHasTakenItsPlace) {
  {
    const PidFile file(path());
    files::remove(path());
    write("another");
  }
  EXPECT_EQ(content(), "another");
}

TEST_F(PidFileTest, IsRemovedOnceAndMayBeMadeAgain) {
  PidFile file(path());
  file.remove();
  EXPECT_EQ(filesThere(), 0U);
  const PidFile second(path());
  file.remove();
  EXPECT_EQ(content(), own());
}

TEST_F(PidFileTest, NamesTheFileAndTheErrorWhenItCannotBeMade) {
  try {
    const PidFile file(path() + "/nowhere");
    FAIL() << "not refused";
  } catch (const PidFileError& error) {
    EXPECT_THAT(error.what(), HasSubstr("program.pid/nowhere' cannot be made: No such file or directory (ENOENT)"));
  }
}

TEST_F(PidFileTest, FollowsNoLinkAndReadsNoPipe) {
  files::create_symlink("/etc/hostname", path());
  EXPECT_THAT(refusal(), HasSubstr("cannot be read: Too many levels of symbolic links"));
  files::remove(path());
  ASSERT_EQ(::mkfifo(path().c_str(), 0600), 0);
  EXPECT_THAT(refusal(), HasSubstr("is no regular file"));
}

TEST_F(PidFileTest, KeepsItsPlaceWhenTheWorkingDirectoryChanges) {
  const files::path before = files::current_path();
  files::current_path(files::path(path()).parent_path());
  {
    const PidFile file("program.pid");
    files::current_path(before);
    EXPECT_EQ(file.path(), path());
    EXPECT_EQ(content(), own());
  }
  EXPECT_EQ(filesThere(), 0U);
}

}  // namespace teasel::posix
