#include <teasel/drivers/standard_descriptors.hpp>

#include <cerrno>

#include <fcntl.h>
#include <unistd.h>

namespace teasel::posix {

void openStandardDescriptors() noexcept {
  for (int standard = STDIN_FILENO; standard <= STDERR_FILENO; ++standard) {
    if (::fcntl(standard, F_GETFD) >= 0 || errno != EBADF) continue;
    // The lowest number that is free, so this one: those below are open now.
    const int opened = ::open("/dev/null", O_RDWR);
    if (opened > STDERR_FILENO) ::close(opened);
  }
}

}  // namespace teasel::posix
