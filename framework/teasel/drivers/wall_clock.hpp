#pragma once

#include <cstdint>

namespace teasel::posix {

/// Microseconds since 1970-01-01 00:00 UTC, by the clock of the machine, which may jump. For time
/// stamps that people read. Everything that waits uses Clock.
std::int64_t wallClockMicroseconds() noexcept;

}  // namespace teasel::posix
