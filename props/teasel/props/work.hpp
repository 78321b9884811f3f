#pragma once

#include <cstddef>
#include <cstdint>

namespace teasel::props {

/// Work done so far by the code under test, in steps: a number without a clock, the same in every
/// run of one build.
///
/// Steps are the basic blocks run in code that was compiled for counting (link the CMake target
/// teasel_count_work), and what such code reports itself: the compiler does not see inside library
/// functions.
std::uint64_t workDone() noexcept;

/// Reports work that is done inside a library function: the bytes that memchr searches, that
/// memmove moves.
void countWork(std::size_t steps) noexcept;

}  // namespace teasel::props
