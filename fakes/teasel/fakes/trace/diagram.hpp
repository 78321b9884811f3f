#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include <teasel/fakes/trace/trace.hpp>
#include <teasel/fakes/trace/verdict.hpp>

namespace teasel::fakes {

struct DiagramOptions {
  std::size_t events = 120;  ///< only the last so many are shown
  std::size_t lane = 34;     ///< columns between two parties
};

/// What happened as an ASCII sequence diagram. Time is on the left. Each party has a lane: first
/// the remote peers, which share one, then the hosts. Everything that was handed over is an arrow.
/// Boundaries and faults stand in the margin, and FAIL where the verdict fell.
///
///     t               peer                             host
///     0 ns             |--- "hel" ----------------------->|
///     0 ns             |--- "lo\r\n" -------------------->|        cut after 3
///     0 ns             |<-- "hello\r\n" -----------------|
///
/// The last line is the verdict, where there is one. World::diagram passes all the arguments.
std::string diagram(const Trace& trace, const std::vector<std::string>& hostNames, const Verdict* verdict = nullptr,
                    const DiagramOptions& options = {});

}  // namespace teasel::fakes
