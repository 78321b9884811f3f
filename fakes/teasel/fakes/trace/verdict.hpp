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
};

}  // namespace teasel::fakes
