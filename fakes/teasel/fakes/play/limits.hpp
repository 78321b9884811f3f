#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include <teasel/core/clock.hpp>

namespace teasel::fakes {

/// How far a world may go before it counts as stuck. An event here is one turn of one reactor.
/// Progress is a byte that was delivered or taken, a connection that was opened or closed, or an
/// event of the Play that was performed. A count of 0 means "at once".
struct Limits {
  std::uint64_t events = 1'000'000;  ///< in one run
  /// While the clock stands still: reached by callLater(0) loops, and by ping-pong without delay.
  std::uint64_t eventsAtOneInstant = 50'000;
  std::uint64_t eventsSinceProgress = 100'000;  ///< timers that only set timers
  /// From the beginning of the run, without the time that the Play lets pass (`advance`).
  Duration virtualTime = std::chrono::hours(24 * 7);
};

/// Why a world stopped making progress, and what every part of it was waiting for.
struct StuckReport {
  std::string limit;                   ///< the name of the Limits member that was reached
  std::uint64_t allowed = 0;           ///< its value (nanoseconds for virtualTime)
  Duration at{};                       ///< virtual time since the beginning of the run
  std::uint64_t events = 0;            ///< how many events had happened
  std::vector<std::string> waiting{};  ///< a line for each connection, port, timer, paused peer
  /// For virtualTime: what comes next, "timer" or "event", and when it is due, since the beginning
  /// of the run.
  std::string next = "event";
  Duration nextDue{};

  /// Several lines for people. They do not begin with the name of the oracle, which is "stuck".
  std::string text() const;
};

/// durationText, by the name that this room uses.
std::string shown(Duration duration);

}  // namespace teasel::fakes
