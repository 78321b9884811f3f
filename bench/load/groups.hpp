#pragma once

#include <functional>
#include <string>
#include <vector>

#include "../servers/kind.hpp"
#include "turns.hpp"

namespace teasel::bench {

/// A measurement, made on all backends in turns. It yields a row FIGURE/SHAPE/BACKEND for each of
/// its figures and each backend.
struct Group {
  std::string shape;
  std::vector<Figure> figures;
  Kind kind = Kind::kEcho;
  int connections = 1;
  /// Measures one round. Returns a value for each figure. Throws Skip when this machine cannot, and
  /// another exception when the server made a mistake.
  std::function<std::vector<double>(Subject& subject)> measure;
};

/// All measurements, in the order of the report.
std::vector<Group> groups();

}  // namespace teasel::bench
