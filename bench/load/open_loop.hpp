#pragma once

#include <vector>

#include "connections.hpp"

namespace teasel::bench {

/// Latencies in microseconds of exchanges that are due at fixed times, `rate` per second for
/// `seconds`, whether or not earlier ones have come back. A latency counts from the time at which
/// its exchange was due. So waiting behind a late one counts, too (no coordinated omission).
/// The clients run on another core than the server where there is one, and never sleep. They are
/// connected, and the server has nothing else to do.
std::vector<double> openLoop(LoadConnections& clients, double rate, double seconds);

/// The value that a share of `values` does not exceed.
double quantile(std::vector<double> values, double share);

}  // namespace teasel::bench
