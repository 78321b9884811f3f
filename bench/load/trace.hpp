#pragma once

#include <cstddef>

#include "subject.hpp"

namespace teasel::bench {

/// What a server asked of the kernel, traced with ptrace while clients of one process made round
/// trips. Tracing is slow, so more is ready at each wait than without it. That is the same for all.
struct Traced {
  double callsPerRoundTrip;
  /// Readiness: what the waits returned, per wait. io_uring: completions per io_uring_enter.
  double completionsPerWait;
};

/// Throws Skip where tracing is forbidden.
Traced trace(const Subject& subject, int connections, std::size_t bytes, long roundTrips);

}  // namespace teasel::bench
