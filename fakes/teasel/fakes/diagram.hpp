#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include <teasel/fakes/trace.hpp>

namespace teasel::fakes {

class World;

struct DiagramOptions {
  std::size_t events = 120;  ///< the last so many are shown
  std::size_t lane = 34;     ///< columns between two parties
};

/// What happened as an ASCII sequence diagram: time on the left, one lane per party (the outside first, then hosts), an
/// arrow for everything that was handed over, boundaries and faults in the margin, FAIL where the verdict fell.
///
///     t             outside                            host
///     0 ns             |--- "hel" ----------------------->|
///     0 ns             |--- "lo\r\n" -------------------->|        cut after 3
///     0 ns             |<-- "hello\r\n" -----------------|
std::string diagram(const Trace& trace, const std::vector<std::string>& hostNames, const DiagramOptions& options = {});
/// The same with the world's host names, and its verdict and what waited as the last lines.
std::string diagram(World& world, const DiagramOptions& options = {});

}  // namespace teasel::fakes
