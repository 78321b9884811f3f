#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>

#include <teasel/core/instant.hpp>
#include <teasel/protocol/retry_delays.hpp>

namespace teasel {

/// Says how long a ClientService waits before its next attempt. `failedAttempts` counts from 1: the
/// attempts that have failed one after the other, a connection that was lost included. `random` are
/// 64 random bits out of the service's source.
using RetryPolicy = std::function<Duration(std::size_t failedAttempts, std::uint64_t random)>;

/// Waits `initialDelay`, then `factor` times as long after each further failure, at most
/// `maxDelay`. To each of these it adds a part of `jitter`, by chance (Twisted: backoffPolicy,
/// which waits initialDelay * factor before the first attempt). Throws NegativeDelay for a time
/// below 0, and UsageError for a factor below 1.
RetryPolicy backoffPolicy(Duration initialDelay = std::chrono::seconds(1), Duration maxDelay = std::chrono::seconds(60),
                          Fraction factor = {3, 2}, Duration jitter = std::chrono::seconds(1));

}  // namespace teasel
