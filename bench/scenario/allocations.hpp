#pragma once

#include <cstdint>

namespace teasel::bench {

/// How many blocks this thread has taken by operator new so far. 0 in builds with a sanitizer,
/// whose operators are the sanitizer's.
std::uint64_t allocations() noexcept;
/// Whether this build counts them.
bool countsAllocations() noexcept;

}  // namespace teasel::bench
