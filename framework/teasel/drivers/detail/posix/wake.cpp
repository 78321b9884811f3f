#include <teasel/drivers/detail/posix/wake.hpp>

#include <cerrno>
#include <cstdint>

#include <unistd.h>

#include <teasel/core/errors.hpp>
#include <teasel/drivers/detail/posix/system.hpp>

namespace teasel::posix {

Wake::Wake() {
  if (openWakeUp(ends_) != 0) throw DriverUnavailable("cannot make the driver's wake-up descriptor: " + errorText(errno));
}

Wake::~Wake() { closeWakeUp(ends_); }

void Wake::wake() noexcept {
  if (raised_.exchange(true)) return;
  const int saved = errno;
  const std::uint64_t one = 1;
  while (::write(ends_[1], &one, sizeof one) < 0 && errno == EINTR) {
  }
  errno = saved;
}

void Wake::drain() noexcept {
  std::uint64_t count = 0;
  while (::read(ends_[0], &count, sizeof count) < 0 && errno == EINTR) {
  }
  // In this order: a wake between the two is swallowed by the poll that is about to return anyway;
  // the other way round it would leave the flag up with nothing to read, and every later wake would
  // be lost.
  raised_.store(false);
}

}  // namespace teasel::posix
