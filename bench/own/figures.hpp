#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "../load/turns.hpp"
#include "registry.hpp"

namespace teasel::bench {

/// A measurement of a benchmark. All reactors take turns at it.
struct Measurement {
  std::string shape;
  std::vector<Figure> figures;
  int connections;
  /// Measures one round with the server of this benchmark.
  std::function<std::vector<double>(Subject& subject, const Benchmark& benchmark)> measure;
  /// Whether the plain echo is measured beside it.
  bool besideEcho = true;
};

/// All measurements of a benchmark, with these numbers of connections, in the order of the report.
std::vector<Measurement> measurementsOf(const Registered& each, const std::vector<int>& connections, std::optional<int> rate);

}  // namespace teasel::bench
