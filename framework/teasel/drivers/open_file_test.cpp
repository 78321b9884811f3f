#include <teasel/drivers/open_file.hpp>

#include <array>
#include <string>

#include <fcntl.h>
#include <sys/stat.h>

#include <teasel/drivers/file_test_kit.hpp>

namespace teasel::drivertest {
namespace {

std::string readFrom(File& file, std::uint64_t offset, std::size_t most) {
  std::string bytes(most, '\0');
  bytes.resize(file.read(offset, bytes));
  return bytes;
}

template <class Call>
std::string refusal(Call call) {
  try {
    call();
  } catch (const FileReadError& error) {
    return error.what();
  }
  return "none";
}

TEST(OpenFile, ReadsAtAnyPlaceAndKnowsItsSizeOfNow) {
  const NotedFile made("0123456789");
  const auto file = openFile(made.path());
  EXPECT_EQ(file->size(), 10u);
  EXPECT_GE(file->descriptor(), 0);
  EXPECT_EQ(readFrom(*file, 7, 100), "789");
  EXPECT_EQ(readFrom(*file, 0, 3), "012");
  EXPECT_EQ(readFrom(*file, 10, 3), "");
  made.resize(4);
  EXPECT_EQ(file->size(), 4u);
}

TEST(OpenFile, SaysWhichFileItCannotOpenAndWhy) {
  EXPECT_EQ(refusal([] { openFile("/no such file"); }), "cannot open '/no such file': No such file or directory (ENOENT)");
  EXPECT_EQ(refusal([] { openFile("/"); }), "cannot read '/': Is a directory (EISDIR)");
  EXPECT_EQ(refusal([] { adoptFile(-1); }), "cannot open descriptor -1: Bad file descriptor (EBADF)");
}

TEST(OpenFile, ClosesItsDescriptorAndProgramsThatAreStartedDoNotInheritIt) {
  const NotedFile made("x");
  auto file = openFile(made.path());
  const int descriptor = file->descriptor();
  EXPECT_EQ(::fcntl(descriptor, F_GETFD), FD_CLOEXEC);
  file.reset();
  EXPECT_EQ(::fcntl(descriptor, F_GETFD), -1);
}

TEST(OpenFile, WhatHasNotAsManyBytesAsItSaysIsOnlyRead) {
  for (const char* path : {"/proc/self/status", "/sys/kernel/mm/transparent_hugepage/enabled"}) {
    if (::access(path, R_OK) != 0) continue;
    const auto file = openFile(path);
    EXPECT_EQ(file->size(), 0u) << path;
    EXPECT_NE(readFrom(*file, 0, 100), "") << path;
  }
  if (::access("/sys/kernel/mm/transparent_hugepage/enabled", R_OK) != 0) GTEST_SKIP() << "no file in /sys";
  EXPECT_EQ(openFile("/sys/kernel/mm/transparent_hugepage/enabled")->descriptor(), -1);
}

TEST(AdoptFile, ReadsFromTheBeginningAndLeavesTheCallersPositionWhereItIs) {
  const NotedFile made("0123456789");
  const int mine = ::open(made.path().c_str(), O_RDONLY | O_CLOEXEC);
  ASSERT_EQ(::lseek(mine, 4, SEEK_SET), 4);
  const auto file = adoptFile(mine);
  EXPECT_EQ(readFrom(*file, 0, 3), "012");
  EXPECT_EQ(::lseek(mine, 0, SEEK_CUR), 4);
  ::close(mine);
  EXPECT_EQ(readFrom(*file, 8, 3), "89");
}

TEST(AdoptFile, APipeIsReadInOrderAndHasNoSize) {
  int ends[2];
  ASSERT_EQ(posix::openPipe(ends, posix::Blocking::kNo), 0);
  const auto file = adoptFile(ends[0]);
  EXPECT_EQ(file->size(), 0u);
  EXPECT_EQ(file->descriptor(), -1);
  EXPECT_NE(refusal([&] { readFrom(*file, 0, 1); }).find("EAGAIN"), std::string::npos);
  ASSERT_EQ(::write(ends[1], "abcdef", 6), 6);
  EXPECT_EQ(readFrom(*file, 1000, 4), "abcd");
  ::close(ends[1]);
  EXPECT_EQ(readFrom(*file, 0, 4), "ef");
  EXPECT_EQ(readFrom(*file, 0, 4), "");
  ::close(ends[0]);
}

TEST(AdoptFile, RefusesADescriptorThatIsOpenForWritingOnly) {
  const NotedFile made("x");
  const int mine = ::open(made.path().c_str(), O_WRONLY | O_CLOEXEC);
  EXPECT_NE(refusal([&] { adoptFile(mine); }).find("EBADF"), std::string::npos);
  ::close(mine);
}

}  // namespace
}  // namespace teasel::drivertest
