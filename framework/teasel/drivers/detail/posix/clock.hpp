#pragma once

#include <ctime>

#include <teasel/core/clock.hpp>

namespace teasel::posix {

/// The time of CLOCK_MONOTONIC. Linux answers it without entering the kernel.
inline Instant monotonicNow() noexcept {
  timespec now{};
  ::clock_gettime(CLOCK_MONOTONIC, &now);
  return Instant(std::chrono::seconds(now.tv_sec) + std::chrono::nanoseconds(now.tv_nsec));
}

/// A wait in the form that the kernel takes. A negative wait becomes zero.
inline timespec toTimespec(Duration wait) noexcept {
  if (wait < Duration::zero()) wait = Duration::zero();
  timespec out{};
  out.tv_sec = static_cast<std::time_t>(wait.count() / 1'000'000'000);
  out.tv_nsec = static_cast<long>(wait.count() % 1'000'000'000);
  return out;
}

}  // namespace teasel::posix
