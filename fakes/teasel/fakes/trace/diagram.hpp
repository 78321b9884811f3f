#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include <teasel/fakes/trace/trace.hpp>
#include <teasel/fakes/trace/verdict.hpp>

namespace teasel::fakes {

struct DiagramOptions {
  std::size_t events = 120;  ///< the last so many are shown
  std::size_t lane = 34;     ///< columns between two parties
};

/// What happened as an ASCII sequence diagram: time on the left, one lane per party (the outside
/// first, then hosts), an arrow for everything that was handed over, boundaries and faults in the
/// margin, FAIL where the verdict fell.
///
///     t             outside                            host
///     0 ns             |--- "hel" ----------------------->|
///     0 ns             |--- "lo\r\n" -------------------->|        cut after 3
///     0 ns             |<-- "hello\r\n" -----------------|
///
/// `verdict`, where there is one, becomes the last line. World::diagram fills all of this in.
std::string diagram(const Trace& trace, const std::vector<std::string>& hostNames, const Verdict* verdict = nullptr,
                    const DiagramOptions& options = {});

}  // namespace teasel::fakes
