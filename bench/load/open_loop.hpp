#pragma once

#include <cstddef>
#include <vector>

#include "subject.hpp"

namespace teasel::bench {

/// Latencies in microseconds of messages that are due at fixed times, `rate` per second for
/// `seconds`, whether or not earlier ones have come back. A latency counts from the time at which
/// its message was due. So waiting behind a late message counts, too (no coordinated omission).
/// The clients run on another core than the server where there is one, and never sleep.
std::vector<double> openLoop(const Subject& subject, int connections, std::size_t bytes, double rate, double seconds);

/// The value that a share of `values` does not exceed.
double quantile(std::vector<double> values, double share);

}  // namespace teasel::bench
