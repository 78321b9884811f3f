#pragma once

#include <cstdint>

namespace teasel::bench {

/// What a server under test does with a connection. Every backend serves the same kinds.
enum class Kind : std::uint8_t {
  kEcho,    ///< sends back what it gets
  kSink,    ///< takes bytes; sends a Receipt for each MiB
  kSource,  ///< gets a number of 8 bytes, and sends as many bytes of the pattern
  kFanOut,  ///< sends what it gets to all of its connections
  kTimers,  ///< gets a number of 8 bytes, sets as many timers, and sends a Receipt at their end
};

}  // namespace teasel::bench
