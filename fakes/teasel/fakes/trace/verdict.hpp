#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include <teasel/core/instant.hpp>
#include <teasel/core/site.hpp>

namespace teasel::fakes {

/// What an oracle of a counted bound has measured: steps, bytes of heap, bytes that wait.
struct Excess {
  std::uint64_t measured = 0;
  std::uint64_t allowed = 0;  ///< the bound; `measured` is above it
  /// A shrunk input stays so far above the bound, in percent of it, if the first input was. What is
  /// counted differs a little between builds, and a finding must show in all of them.
  std::uint32_t marginPercent = 25;
};

/// The first thing that went wrong in a world.
struct Verdict {
  std::string oracle;   ///< which check failed; failures are told apart by it
  std::string message;  ///< for people only
  Site site;
  Duration at{};                      ///< virtual time since the beginning of the run
  std::uint64_t event = 0;            ///< how many trace events there were
  std::optional<Excess> excess = {};  ///< for an oracle of a counted bound
  /// What is wrong, in a few words: for oracles that find faults of several kinds. It holds no
  /// sizes, times or bytes of the input, and no blanks or commas. Empty: the oracle says it all.
  std::string aspect = {};

  /// The name of the fault: the oracle, or "oracle:aspect". Two verdicts with different names are
  /// two faults: a shrinker does not go from one to the other, and a campaign that passes over one
  /// still reports the other.
  std::string fault() const { return aspect.empty() ? oracle : oracle + ":" + aspect; }
};

}  // namespace teasel::fakes
