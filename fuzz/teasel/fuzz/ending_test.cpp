#include <teasel/fuzz/ending.hpp>

#include <filesystem>
#include <fstream>
#include <iterator>

#include <gmock/gmock.h>
#include <unistd.h>

namespace teasel::fuzz {
namespace {

namespace fs = std::filesystem;

class EndingTest : public testing::Test {
 protected:
  EndingTest() { fs::create_directories(folder_); }
  ~EndingTest() override { fs::remove_all(folder_); }

  std::string file(const std::string& name) const { return (folder_ / name).string(); }
  static std::string contents(const std::string& path) {
    std::ifstream in(path, std::ios::binary);
    return {std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>()};
  }

  const fs::path folder_ = fs::path(testing::TempDir()) / ("teasel_ending_" + std::to_string(::getpid()));
};

TEST_F(EndingTest, WithoutFlagsItIsLibFuzzersOwn) {
  const Ending ending = endingOf({"-runs=5"});
  EXPECT_EQ(ending.prefix, "./");
  EXPECT_EQ(ending.exactPath, "");
  EXPECT_EQ(ending.status, 77);
  EXPECT_FALSE(ending.byLibFuzzer);
}

TEST_F(EndingTest, TheLastOfSeveralFlagsCounts) {
  const Ending ending = endingOf({"-artifact_prefix=a/", "-error_exitcode=3", "-artifact_prefix=b/x-", "-error_exitcode=4"});
  EXPECT_EQ(ending.prefix, "b/x-");
  EXPECT_EQ(ending.status, 4);
}

TEST_F(EndingTest, AnInputIsKeptAsItIsUnderANameThatItsBytesGive) {
  const Ending ending = endingOf({"-artifact_prefix=" + file("kept-")});
  const std::string bytes("a\0b\n", 4), path = ending.save(bytes);
  EXPECT_THAT(path, testing::MatchesRegex(file("kept-crash-") + "[0-9a-f]+"));
  EXPECT_EQ(contents(path), bytes);
  EXPECT_EQ(ending.save(bytes), path);
  EXPECT_NE(ending.save("other"), path);
}

TEST_F(EndingTest, AnExactPathIsTakenAsItIs) {
  const Ending ending = endingOf({"-artifact_prefix=" + file("no-"), "-exact_artifact_path=" + file("this")});
  EXPECT_EQ(ending.save(""), file("this"));
  EXPECT_EQ(contents(file("this")), "");
}

TEST_F(EndingTest, AnInputThatCannotBeKeptGivesNoPathAndLeavesNoPart) {
  EXPECT_EQ(endingOf({"-artifact_prefix=/proc/nowhere/"}).save("x"), "");
  fs::create_directories(file("taken/inside"));  // the whole is written, but its name is a folder's
  EXPECT_EQ(endingOf({"-exact_artifact_path=" + file("taken")}).save("x"), "");
  EXPECT_EQ(std::distance(fs::directory_iterator(folder_), fs::directory_iterator()), 1);
}

TEST_F(EndingTest, FilesThatAreRunOneByOneAreLibFuzzers) {
  std::ofstream(file("one")) << "1";
  EXPECT_TRUE(endingOf({"-runs=1", file("one")}).byLibFuzzer);
  EXPECT_FALSE(endingOf({file("one"), folder_.string()}).byLibFuzzer);
  EXPECT_FALSE(endingOf({file("missing")}).byLibFuzzer);
}

TEST_F(EndingTest, WhatOnlyLibFuzzerCanDoAtTheEndIsLeftToIt) {
  for (const char* flag : {"-features_dir=x", "-print_final_stats=1", "-print_coverage=1", "-close_fd_mask=3", "-handle_abrt=0"})
    EXPECT_TRUE(endingOf({flag}).byLibFuzzer) << flag;
  EXPECT_FALSE(endingOf({"-print_final_stats=0", "-close_fd_mask=0", "-handle_abrt=1"}).byLibFuzzer);
}

}  // namespace
}  // namespace teasel::fuzz
