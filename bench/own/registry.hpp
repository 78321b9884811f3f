#pragma once

#include <string>
#include <vector>

#include <teasel/bench/benchmark.hpp>

namespace teasel::bench {

/// A benchmark of this program.
struct Registered {
  std::string name, about;
  Benchmark benchmark;
  bool optimised;
};

/// All of them, in the order in which the sources define them. Throws UsageError where one cannot
/// be measured as it is.
std::vector<Registered> registeredBenchmarks();

}  // namespace teasel::bench
