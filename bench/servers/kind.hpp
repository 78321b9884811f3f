#pragma once

#include <cstdint>

namespace teasel::bench {

/// How many connections may wait for a server to accept them. Thousands come in a burst. Where more
/// come than have room, the client's system asks again after a second; and Linux 6.18 was seen to
/// reset a connection that a server had not touched.
constexpr int kBacklog = 4096;

/// What a server under test does with a connection. Every backend serves the same kinds.
enum class Kind : std::uint8_t {
  kEcho,    ///< sends back what it gets
  kSink,    ///< takes bytes; sends a Receipt for each MiB
  kSource,  ///< gets a number of 8 bytes, and sends as many bytes of the pattern
  kFanOut,  ///< sends what it gets to all of its connections
  kTimers,  ///< gets a number of 8 bytes, sets as many timers, and sends a Receipt at their end
};

}  // namespace teasel::bench
