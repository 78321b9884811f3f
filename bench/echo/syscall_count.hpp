#pragma once

#include <cstddef>

#include "server_process.hpp"

namespace teasel::bench {

/// System calls per round trip of a server, counted by tracing it (ptrace: needs no special right
/// for one's own child, but a container may forbid it). Slow, so the loop finds more connections
/// ready at a time than it would alone, and equally so for every server. Throws Skip when tracing
/// is forbidden here.
double syscallsPerRoundTrip(const Serve& serve, int connections, std::size_t bytes, long roundTrips);

}  // namespace teasel::bench
