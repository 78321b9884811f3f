#include <teasel/props/work.hpp>

namespace teasel::props {

namespace {

thread_local constinit std::uint64_t steps = 0;

}  // namespace

std::uint64_t workDone() noexcept { return steps; }

void countWork(std::size_t count) noexcept { steps += count; }

}  // namespace teasel::props

/// The compiler's call at each basic block. teasel_count_work has the linker direct it here
/// (--wrap): libFuzzer has a function of the plain name, which does nothing.
extern "C" void __wrap___sanitizer_cov_trace_pc();
extern "C" void __wrap___sanitizer_cov_trace_pc() { ++teasel::props::steps; }
