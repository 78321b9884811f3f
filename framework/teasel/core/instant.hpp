#pragma once

#include <chrono>
#include <string>

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

/// A duration for people, as every message of Teasel shows it. Below two minutes it is a number in
/// the largest unit that fits: "0 ns", "1.5 ms", "90 s". From then on it is days, hours, minutes
/// and seconds, without those that are zero: "5 min", "7 days", "1 day 2 h 0.5 s". A number has at
/// most three decimals; what is smaller is cut off.
std::string durationText(Duration duration);
/// The same for columns of times: in no unit above seconds, "604800 s".
std::string secondsText(Duration duration);

}  // namespace teasel
