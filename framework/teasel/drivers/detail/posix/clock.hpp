#pragma once

#include <ctime>

#include <teasel/core/clock.hpp>

namespace teasel::posix {

/// CLOCK_MONOTONIC: answered without entering the kernel.
inline Instant monotonicNow() noexcept {
  timespec now{};
  ::clock_gettime(CLOCK_MONOTONIC, &now);
  return Instant(std::chrono::seconds(now.tv_sec) + std::chrono::nanoseconds(now.tv_nsec));
}

/// A wait as the kernel takes it; below zero is zero.
inline timespec toTimespec(Duration wait) noexcept {
  if (wait < Duration::zero()) wait = Duration::zero();
  timespec out{};
  out.tv_sec = static_cast<std::time_t>(wait.count() / 1'000'000'000);
  out.tv_nsec = static_cast<long>(wait.count() % 1'000'000'000);
  return out;
}

/// `from` plus `wait`, at most kNever.
inline Instant later(Instant from, Duration wait) noexcept { return wait > kNever - from ? kNever : from + wait; }

}  // namespace teasel::posix
