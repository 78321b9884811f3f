#pragma once

#include <cstddef>

#include "../load/server_process.hpp"

namespace teasel::bench {

/// Counts a server's system calls per round trip by tracing the server with ptrace. A process may
/// trace its own child without special rights, but a container may forbid it. Tracing is slow, so
/// the server's loop finds more connections ready at a time than it would without tracing; this is
/// the same for every server. Throws Skip when tracing is forbidden.
double syscallsPerRoundTrip(const Serve& serve, int connections, std::size_t bytes, long roundTrips);

}  // namespace teasel::bench
