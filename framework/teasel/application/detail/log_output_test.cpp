#include <teasel/application/detail/log_output.hpp>

#include <chrono>
#include <csignal>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>

#include <fcntl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <teasel/application/detail/log_text.hpp>

namespace teasel::detail {

namespace {

namespace files = std::filesystem;
using testing::EndsWith;
using testing::HasSubstr;
using testing::StartsWith;

/// No file grows beyond `bytes` while this lives: a write takes what fits.
class FullDisk {
 public:
  explicit FullDisk(std::size_t bytes) {
    ::signal(SIGXFSZ, SIG_IGN);
    ::getrlimit(RLIMIT_FSIZE, &before_);
    const rlimit now{bytes, before_.rlim_max};
    ::setrlimit(RLIMIT_FSIZE, &now);
  }
  ~FullDisk() {
    ::setrlimit(RLIMIT_FSIZE, &before_);
    ::signal(SIGXFSZ, SIG_DFL);
  }
  FullDisk(const FullDisk&) = delete;
  FullDisk& operator=(const FullDisk&) = delete;

 private:
  rlimit before_{};
};

class LogOutputTest : public testing::Test {
 protected:
  void TearDown() override { files::remove(path); }
  std::string content() const {
    std::stringstream text;
    text << std::ifstream(path).rdbuf();
    return text.str();
  }
  static LogEvent event(std::string_view message) { return {LogLevel::kInfo, "test", message, nullptr}; }
  static std::size_t count(const std::string& text, const std::string& part) {
    std::size_t found = 0;
    for (std::size_t at = text.find(part); at != std::string::npos; at = text.find(part, at + 1)) ++found;
    return found;
  }
  const std::string path = (files::path(testing::TempDir()) / ("teasel_log_output_" + std::to_string(::getpid()))).string();
};

}  // namespace

TEST_F(LogOutputTest, CountsTheLinesThatDidNotFitAndBeginsAFreshLineBehindOneThatWasCut) {
  LogOutput output(path, LogFormat::kText);
  const std::string notice =
      textLine({LogLevel::kError, "log", "1 line(s) could not be written and are missing here", nullptr}, 0);
  testing::internal::CaptureStderr();
  // So long that what is said on standard error, which is a file here, fits as well.
  output.onLog(event(std::string(1000, 'z')));
  {
    const FullDisk full(content().size() + 3);
    output.onLog(event("one"));
  }
  {
    // The notice fits, and of the line only the beginning.
    const FullDisk full(content().size() + 1 + notice.size() + 3);
    output.onLog(event("two"));
  }
  output.onLog(event("three"));
  EXPECT_EQ(count(testing::internal::GetCapturedStderr(), "cannot write to the log"), 2U);
  const std::string text = content();
  EXPECT_EQ(count(text, "1 line(s) could not be written"), 2U) << text;
  EXPECT_THAT(text, EndsWith(" info test: three\n"));
  EXPECT_EQ(count(text, "\n"), 6U) << text;
  std::istringstream lines(text);
  for (std::string line; std::getline(lines, line);) EXPECT_THAT(line, StartsWith("20"));
}

TEST_F(LogOutputTest, WaitsForAPipeThatNobodyReadsOnlyOnce) {
  ASSERT_EQ(::mkfifo(path.c_str(), 0600), 0);
  const int reader = ::open(path.c_str(), O_RDWR | O_NONBLOCK);
  while (::write(reader, "full", 4) > 0) {
  }
  LogOutput output(path, LogFormat::kText);
  testing::internal::CaptureStderr();
  const auto begin = std::chrono::steady_clock::now();
  constexpr int kLines = 60;
  for (int i = 0; i < kLines; ++i) output.onLog(event("lost"));
  const auto took = std::chrono::steady_clock::now() - begin;
  EXPECT_THAT(testing::internal::GetCapturedStderr(), HasSubstr("cannot write to the log"));
  EXPECT_LT(took, std::chrono::seconds(kLines / 2));
  ::close(reader);
}

}  // namespace teasel::detail
