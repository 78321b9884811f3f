#pragma once

#include <chrono>

namespace teasel {

/// Nanoseconds in 64 bits. With `using namespace std::chrono_literals` one writes `callLater(5s,
/// ...)`.
using Duration = std::chrono::nanoseconds;

/// The time of one Clock. It has no relation to the calendar. The times of two clocks have no
/// relation unless the clocks say so.
struct ClockTime {
  using duration = Duration;
  using rep = duration::rep;
  using period = duration::period;
  using time_point = std::chrono::time_point<ClockTime, Duration>;
  static constexpr bool is_steady = true;
};
using Instant = ClockTime::time_point;
/// Later than any other: "no deadline".
inline constexpr Instant kNever = Instant::max();

}  // namespace teasel
