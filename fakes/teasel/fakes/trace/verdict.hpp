#pragma once

#include <cstdint>
#include <string>

#include <teasel/core/instant.hpp>
#include <teasel/core/site.hpp>

namespace teasel::fakes {

/// The first thing that went wrong in a world.
struct Verdict {
  std::string oracle;   ///< which check failed; failures are told apart by it
  std::string message;  ///< for people only
  Site site;
  Duration at{};            ///< virtual time since the beginning of the run
  std::uint64_t event = 0;  ///< how many trace events there were
  /// What is wrong, in a few words: for oracles that find faults of several kinds. It holds no
  /// sizes, times or bytes of the input, and no blanks or commas. Empty: the oracle says it all.
  std::string aspect = {};

  /// The name of the fault: the oracle, or "oracle:aspect". Two verdicts with different names are
  /// two faults: a shrinker does not go from one to the other, and a campaign that passes over one
  /// still reports the other.
  std::string fault() const { return aspect.empty() ? oracle : oracle + ":" + aspect; }
};

}  // namespace teasel::fakes
