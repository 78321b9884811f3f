#include <span>

#include <teasel/core/errors.hpp>
#include <teasel/fakes/program/scenario_main.hpp>

// The main function of scenario programs that have no other engine: CMake target
// Teasel::scenario_main.

/// Defined by Teasel::scenario_bench, which programs are linked to where Google Benchmark is.
// NOLINTNEXTLINE(readability-identifier-naming): a name for linkers
extern "C" [[gnu::weak]] int teasel_scenario_bench(const char* program, int argc, char** argv);

namespace {

int bench(const char* program, int argc, char** argv) {
  if (teasel_scenario_bench == nullptr)
    throw teasel::UsageError(
        "bench: this program was built without Google Benchmark: install it (Debian: libbenchmark-dev) and configure its build "
        "tree again");
  return teasel_scenario_bench(program, argc, argv);
}

constexpr teasel::fakes::ProgramCommand kBench{
    "bench",
    "bench FILE|DIR... [--scenario NAME] [--json OUT] [--against JSON] [--min-time SECONDS]\n"
    "      measures the scenarios with these inputs, delivered whole and in pieces of 1460, 64 and 1 bytes: messages per\n"
    "      second, ns per byte, allocations; JSON is what an earlier `bench --json` wrote",
    bench};

}  // namespace

int main(int argc, char** argv) { return teasel::fakes::scenarioMain(argc, argv, std::span(&kBench, 1)); }
