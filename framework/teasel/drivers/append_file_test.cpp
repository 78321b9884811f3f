#include <teasel/drivers/append_file.hpp>

#include <chrono>
#include <csignal>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

#include <fcntl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace teasel::posix {

namespace {

namespace files = std::filesystem;
using testing::HasSubstr;
using testing::IsEmpty;

class AppendFileTest : public testing::Test {
 protected:
  void SetUp() override {
    const testing::TestInfo& test = *testing::UnitTest::GetInstance()->current_test_info();
    folder_ = files::path(testing::TempDir()) / ("teasel_append_" + std::string(test.name()) + "_" + std::to_string(::getpid()));
    files::create_directory(folder_);
  }
  void TearDown() override { files::remove_all(folder_); }
  std::string path(const char* name = "log") const { return (folder_ / name).string(); }
  std::string content(const char* name = "log") const {
    std::stringstream text;
    text << std::ifstream(path(name)).rdbuf();
    return text.str();
  }

 private:
  files::path folder_;
};

}  // namespace

TEST_F(AppendFileTest, AppendsToWhatIsThere) {
  std::ofstream(path()) << "before\n";
  AppendFile file(path());
  EXPECT_THAT(file.append("first\n"), IsEmpty());
  EXPECT_THAT(file.append("second\n"), IsEmpty());
  EXPECT_EQ(content(), "before\nfirst\nsecond\n");
}

TEST_F(AppendFileTest, WritesIntoANewFileAfterARenameAndReopen) {
  AppendFile file(path());
  EXPECT_THAT(file.append("one\n"), IsEmpty());
  files::rename(path(), path("log.1"));
  EXPECT_THAT(file.append("two\n"), IsEmpty());
  EXPECT_THAT(file.reopen(), IsEmpty());
  EXPECT_THAT(file.append("three\n"), IsEmpty());
  EXPECT_EQ(content("log.1"), "one\ntwo\n");
  EXPECT_EQ(content(), "three\n");
}

TEST_F(AppendFileTest, KeepsTheOldFileWhenItCannotBeOpenedAnew) {
  AppendFile file(path());
  files::rename(path(), path("log.1"));
  files::create_directory(path());
  EXPECT_THAT(file.reopen(), HasSubstr("Is a directory (EISDIR)"));
  EXPECT_THAT(file.append("still\n"), IsEmpty());
  EXPECT_EQ(content("log.1"), "still\n");
}

TEST_F(AppendFileTest, NamesAFileThatCannotBeOpened) {
  try {
    const AppendFile file(path("nowhere/log"));
    FAIL() << "opened";
  } catch (const std::runtime_error& error) {
    EXPECT_THAT(error.what(), HasSubstr("nowhere/log' for appending: No such file or directory (ENOENT)"));
  }
}

TEST_F(AppendFileTest, DoesNotWaitForAReaderOfAPipe) {
  ASSERT_EQ(::mkfifo(path().c_str(), 0600), 0);
  EXPECT_THROW(AppendFile{path()}, std::runtime_error);
}

TEST_F(AppendFileTest, SaysWhyItCannotWrite) {
  AppendFile file("/dev/full");
  EXPECT_THAT(file.append("lost\n"), HasSubstr("No space left on device"));
}

TEST_F(AppendFileTest, BeginsAFreshLineBehindOneThatWasCut) {
  AppendFile file(path());
  EXPECT_THAT(file.append("first\n"), IsEmpty());
  ::signal(SIGXFSZ, SIG_IGN);
  rlimit before{};
  ::getrlimit(RLIMIT_FSIZE, &before);
  const rlimit full{content().size() + 4, before.rlim_max};
  ::setrlimit(RLIMIT_FSIZE, &full);
  const std::string why = file.append("second\n");
  EXPECT_THAT(file.append("nothing\n"), HasSubstr("File too large"));
  ::setrlimit(RLIMIT_FSIZE, &before);
  ::signal(SIGXFSZ, SIG_DFL);
  EXPECT_THAT(why, HasSubstr("File too large"));
  EXPECT_EQ(content(), "first\nseco");
  EXPECT_THAT(file.append("third\n"), IsEmpty());
  EXPECT_EQ(content(), "first\nseco\nthird\n");
}

TEST_F(AppendFileTest, DoesNotWaitForAFullPipeWhenItIsToldNotTo) {
  ASSERT_EQ(::mkfifo(path().c_str(), 0600), 0);
  const int reader = ::open(path().c_str(), O_RDWR | O_NONBLOCK);
  while (::write(reader, "full", 4) > 0) {
  }
  AppendFile file(path());
  constexpr int kTries = 20;
  const auto begin = std::chrono::steady_clock::now();
  for (int i = 0; i < kTries; ++i) EXPECT_THAT(file.append("x\n", AppendFile::Patience::kNone), HasSubstr("EAGAIN"));
  EXPECT_LT(std::chrono::steady_clock::now() - begin, std::chrono::seconds(kTries) / 2);
  ::close(reader);
}

TEST_F(AppendFileTest, TakesWholeLinesFromManyThreads) {
  AppendFile file(path());
  std::vector<std::thread> threads;
  for (char c = 'a'; c < 'e'; ++c)
    threads.emplace_back([&file, c] {
      for (int i = 0; i < 200; ++i) EXPECT_THAT(file.append(std::string(99, c) + '\n'), IsEmpty());
    });
  for (int i = 0; i < 20; ++i) EXPECT_THAT(file.reopen(), IsEmpty());
  for (std::thread& thread : threads) thread.join();
  std::istringstream lines(content());
  int count = 0;
  for (std::string line; std::getline(lines, line); ++count) EXPECT_EQ(line, std::string(99, line.front()));
  EXPECT_EQ(count, 800);
}

}  // namespace teasel::posix
