#pragma once

#include <cstddef>
#include <cstdint>

namespace teasel::props {

/// The work that the code under test has done so far in this thread, in steps. No clock is
/// involved: the number is the same in every run of one build.
///
/// A step is a basic block that ran in code compiled for counting (link the CMake target
/// teasel_count_work). The compiler does not see inside library functions, so such code reports
/// their work itself, by countWork.
std::uint64_t workDone() noexcept;

/// Adds work that a library function does: the bytes that memchr searches or memmove moves.
void countWork(std::size_t steps) noexcept;

}  // namespace teasel::props
