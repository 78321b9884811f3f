#pragma once

#include <array>
#include <chrono>

#include <teasel/core/clock.hpp>

namespace teasel::fakes::detail {

/// The durations that one draw can give: a delay on the wire, or the time that a call takes in a
/// simulated thread. They are a few steps and not a range, because a shrinker lowers an index
/// quickly and because equal delays make ties likely. The first one is zero, since 0 is always the
/// benign choice.
inline constexpr std::array<Duration, 12> kDelays = {
    std::chrono::nanoseconds(0),    std::chrono::microseconds(1),   std::chrono::microseconds(10),
    std::chrono::microseconds(100), std::chrono::milliseconds(1),   std::chrono::milliseconds(5),
    std::chrono::milliseconds(20),  std::chrono::milliseconds(50),  std::chrono::milliseconds(100),
    std::chrono::milliseconds(250), std::chrono::milliseconds(500), std::chrono::milliseconds(2000)};

}  // namespace teasel::fakes::detail
