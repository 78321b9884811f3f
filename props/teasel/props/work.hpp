#pragma once

#include <cstddef>
#include <cstdint>
#include <string>

namespace teasel::props {

/// The work that the code under test has done so far in this thread, in steps. No clock is
/// involved: the number is the same in every run of one build.
///
/// The compiler counts the basic blocks that run in code compiled for counting (link the CMake
/// target teasel_count_work). How many blocks the same source has differs between compilers,
/// optimisations and sanitizers. So a step is not a block: a loop that looks at each byte of a
/// string costs two steps a byte on average, in every build (work_unit.cpp measures it). The
/// numbers for other code differ by less than a factor of two between the trees `gcc` and `fuzz`.
/// What exceeds a bound on work is shrunk with a margin that is larger.
///
/// The compiler does not see inside library functions. Code that calls them reports their work
/// itself, by countWork.
std::uint64_t workDone() noexcept;

/// Adds work that a library function does: the bytes that memchr searches or memmove moves.
void countWork(std::size_t steps) noexcept;

namespace detail {
/// Called by each target that counts, before main: `loops` runs once, on a text of the caller's
/// choice, and does what costs four steps a byte. Of several targets the most expensive one counts.
/// Returns true.
bool measureWork(std::size_t (*loops)(const std::string& text));
}  // namespace detail

}  // namespace teasel::props
