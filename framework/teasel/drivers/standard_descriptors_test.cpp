#include <teasel/drivers/standard_descriptors.hpp>

#include <fcntl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <gtest/gtest.h>

namespace teasel::posix {

namespace {

/// The number that the next file gets in a process that has closed these standard descriptors.
int nextAfter(bool input, bool output, bool error) {
  const pid_t child = ::fork();
  if (child == 0) {
    if (input) ::close(0);
    if (output) ::close(1);
    if (error) ::close(2);
    openStandardDescriptors();
    ::_exit(::open("/", O_RDONLY));
  }
  int status = 0;
  if (child < 0 || ::waitpid(child, &status, 0) != child || !WIFEXITED(status)) return -1;
  return WEXITSTATUS(status);
}

}  // namespace

TEST(StandardDescriptors, NoFileGetsTheNumberOfOneThatWasClosed) {
  for (int closed = 0; closed < 8; ++closed)
    EXPECT_GT(nextAfter((closed & 1) != 0, (closed & 2) != 0, (closed & 4) != 0), 2) << closed;
}

TEST(StandardDescriptors, StayAsTheyAreWhenTheyAreOpen) {
  struct stat before = {}, after = {};
  ASSERT_EQ(::fstat(1, &before), 0);
  openStandardDescriptors();
  ASSERT_EQ(::fstat(1, &after), 0);
  EXPECT_EQ(before.st_ino, after.st_ino);
}

}  // namespace teasel::posix
