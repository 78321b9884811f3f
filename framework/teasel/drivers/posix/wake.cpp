#include <teasel/drivers/posix/wake.hpp>

#include <cerrno>
#include <cstdint>

#include <sys/eventfd.h>
#include <unistd.h>

#include <teasel/core/errors.hpp>
#include <teasel/drivers/posix/sockets.hpp>

namespace teasel::posix {

Wake::Wake() : descriptor_(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) {
  if (descriptor_ < 0) throw DriverUnavailable("cannot make the driver's eventfd: " + errorText(errno));
}

Wake::~Wake() { ::close(descriptor_); }

void Wake::wake() noexcept {
  if (raised_.exchange(true)) return;
  const int saved = errno;
  const std::uint64_t one = 1;
  while (::write(descriptor_, &one, sizeof one) < 0 && errno == EINTR) {
  }
  errno = saved;
}

void Wake::drain() noexcept {
  std::uint64_t count = 0;
  while (::read(descriptor_, &count, sizeof count) < 0 && errno == EINTR) {
  }
  // In this order: a wake between the two is swallowed by the poll that is about to return anyway;
  // the other way round it would leave the flag up with nothing to read, and every later wake would
  // be lost.
  raised_.store(false);
}

}  // namespace teasel::posix
