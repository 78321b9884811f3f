#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "report.hpp"
#include "subject.hpp"

namespace teasel::bench {

/// A figure that a measurement yields: the first part of the row's name, its unit, and whether less
/// is better.
struct Figure {
  std::string name, unit;
  bool lessIsBetter = true;
};

/// One of those that are measured in turns.
struct Contender {
  std::string name;
  /// Starts the server. May throw Skip.
  std::function<std::unique_ptr<Subject>()> start;
  /// Measures one round. Returns a value for each figure. Throws Skip when this machine cannot, and
  /// another exception when the server made a mistake.
  std::function<std::vector<double>(Subject& subject)> measure;
  std::unique_ptr<Subject> subject{};
  std::vector<std::vector<double>> samples{};  // of each figure
  std::string skipped{}, failed{};             // why it has no further part
};

/// All contenders take turns for effort().rounds; another one begins in each round. A server that
/// has died by the end, be it when its last client left, has failed.
void measureInTurns(std::vector<Contender>& contenders, std::size_t figures);

/// Whether a row is wanted, by its name.
using Wanted = std::function<bool(const std::string& name)>;
/// FIGURE/SHAPE/BACKEND
std::string rowName(const Figure& figure, const std::string& shape, const std::string& backend);
/// Adds the rows that are wanted to a report, and the reasons of those that are not there. Says on
/// standard error which contenders dropped out.
void collect(const std::string& shape, const std::vector<Figure>& figures, const std::vector<Contender>& contenders,
             const Wanted& wanted, Report& report);

/// Throws Skip when this process may not have so many connections.
void demandDescriptors(int connections);
/// As many descriptors as the system lets this process have, `enough` if it is a privileged one.
void raiseDescriptors(int enough);

}  // namespace teasel::bench
