#pragma once

#include <cstddef>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include <teasel/core/instant.hpp>

namespace teasel::bench {

/// Timers of one library, set from inside a callback of its running loop.
class LiveTimers {
 public:
  LiveTimers() = default;
  LiveTimers(const LiveTimers&) = delete;
  LiveTimers& operator=(const LiveTimers&) = delete;
  virtual ~LiveTimers() = default;
  /// Sets one timer for each duration, then cancels all. Returns the CPU time of the setting alone,
  /// in nanoseconds. There are at most as many durations as the object has timers.
  virtual double add(std::span<const Duration> after) = 0;
};

struct TimerPeer {
  std::string name;
  std::unique_ptr<LiveTimers> (*make)(std::size_t timers);
};

/// The libraries that this program was built with, by name.
std::vector<TimerPeer> timerPeers();

std::unique_ptr<LiveTimers> asioTimers(std::size_t timers);
std::unique_ptr<LiveTimers> libuvTimers(std::size_t timers);

}  // namespace teasel::bench
