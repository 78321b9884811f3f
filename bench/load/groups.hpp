#pragma once

#include <functional>
#include <string>
#include <vector>

#include "subject.hpp"

namespace teasel::bench {

/// A figure that a measurement yields: the first part of the row's name, its unit, and whether less
/// is better.
struct Figure {
  std::string name, unit;
  bool lessIsBetter = true;
};

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
  std::string rowName(const Figure& figure, const std::string& backend) const {
    return figure.name + '/' + shape + '/' + backend;
  }
};

/// All measurements, in the order of the report.
std::vector<Group> groups();

}  // namespace teasel::bench
