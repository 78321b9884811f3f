#include <teasel/props/work.hpp>

#include <algorithm>

namespace teasel::props {

namespace {

constexpr std::uint64_t kReferenceBytes = 1024, kReferenceSteps = 4 * kReferenceBytes;

thread_local constinit std::uint64_t blocks = 0;  // that the compiler's calls have counted
thread_local constinit std::uint64_t reported = 0;
// Blocks that kReferenceSteps are worth in this build. It is set before main.
constinit std::uint64_t reference = 0;

}  // namespace

std::uint64_t workDone() noexcept {
  if (reference == 0) return reported + blocks;
  // Split, so that the product stays small.
  return reported + blocks / reference * kReferenceSteps + blocks % reference * kReferenceSteps / reference;
}

void countWork(std::size_t count) noexcept { reported += count; }

bool detail::measureWork(std::size_t (*loops)(const std::string& text)) {
  const std::string text(kReferenceBytes, 'x');
  const std::uint64_t before = blocks;
  loops(text);
  reference = std::max(reference, blocks - before);
  return true;
}

}  // namespace teasel::props

/// The compiler's call at each basic block. teasel_count_work has the linker direct it here
/// (--wrap): libFuzzer has a function of the plain name, which does nothing.
extern "C" void __wrap___sanitizer_cov_trace_pc();
extern "C" void __wrap___sanitizer_cov_trace_pc() { ++teasel::props::blocks; }
