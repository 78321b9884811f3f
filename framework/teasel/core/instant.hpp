#pragma once

#include <chrono>

namespace teasel {

/// int64 nanoseconds. `using namespace std::chrono_literals` makes `callLater(5s, ...)` read well.
using Duration = std::chrono::nanoseconds;

/// The time line of one Clock: no relation to the calendar, none between two clocks unless they say
/// so.
struct ClockTime {
  using duration = Duration;
  using rep = duration::rep;
  using period = duration::period;
  using time_point = std::chrono::time_point<ClockTime, Duration>;
  static constexpr bool is_steady = true;
};
using Instant = ClockTime::time_point;
inline constexpr Instant kNever = Instant::max();

}  // namespace teasel
