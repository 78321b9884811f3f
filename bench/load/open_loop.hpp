#pragma once

#include <cstdint>
#include <vector>

#include "connections.hpp"

namespace teasel::bench {

/// What an exchange that is due does while an earlier one of its connection is under way.
enum class WhenBusy : std::uint8_t {
  kWaits,      ///< until the connection is free: for servers that take one request after the other
  kPipelines,  ///< begins all the same
};

/// What came of a schedule.
struct Latencies {
  std::vector<double> microseconds;  ///< of each exchange
  /// Whether the last reply came so late that the server (or the clients) cannot keep up.
  bool overloaded;
};

/// Latencies of exchanges that are due at fixed times, `rate` per second for
/// `seconds`, whether or not earlier ones have come back. A latency counts from the time at which
/// its exchange was due. So waiting behind a late one counts, too (no coordinated omission).
/// The clients run on another core than the server where there is one, and never sleep. They are
/// connected, and the server has nothing else to do.
Latencies openLoop(LoadConnections& clients, double rate, double seconds, WhenBusy whenBusy);

/// The value that a share of `values` does not exceed.
double quantile(std::vector<double> values, double share);

}  // namespace teasel::bench
