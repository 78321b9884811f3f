#pragma once

#include <functional>
#include <memory>

#include "connections.hpp"
#include "subject.hpp"

namespace teasel::bench {

/// What a server asked of the kernel, traced with ptrace while clients of one process made
/// exchanges. Tracing is slow, so more is ready at each wait than without it. That is the same for
/// all.
struct Traced {
  double callsPerExchange;
  /// Readiness: what the waits returned, per wait. io_uring: completions per io_uring_enter.
  double completionsPerWait;
};

/// Makes the clients, in a process of its own.
using MakeClients = std::function<std::unique_ptr<LoadConnections>()>;

/// Counts during at least `count` exchanges, after `warmUp` others. Throws Skip where tracing is
/// forbidden.
Traced trace(Subject& subject, const MakeClients& clients, long warmUp, long count);

}  // namespace teasel::bench
