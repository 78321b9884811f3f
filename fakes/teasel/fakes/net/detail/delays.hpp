#pragma once

#include <array>
#include <chrono>

#include <teasel/core/clock.hpp>

namespace teasel::fakes::detail {

/// The durations that a draw can give: of a delay on the wire, and of work in a simulated thread.
/// They are steps and no range, because a shrinker halves an index quickly and equal delays, which
/// make ties, become likely. The first one is zero: 0 is the benign choice.
inline constexpr std::array<Duration, 12> kDelays = {
    std::chrono::nanoseconds(0),    std::chrono::microseconds(1),   std::chrono::microseconds(10),
    std::chrono::microseconds(100), std::chrono::milliseconds(1),   std::chrono::milliseconds(5),
    std::chrono::milliseconds(20),  std::chrono::milliseconds(50),  std::chrono::milliseconds(100),
    std::chrono::milliseconds(250), std::chrono::milliseconds(500), std::chrono::milliseconds(2000)};

}  // namespace teasel::fakes::detail
