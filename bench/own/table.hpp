#pragma once

#include <iosfwd>
#include <map>
#include <string>

#include "../load/report.hpp"

namespace teasel::bench {

/// What a report says of the machine.
struct Machine {
  std::string cpu, kernel, compiler, flags;
  int cores;
  double load;

  std::string line() const;
  std::string json() const;
};
/// This one, now. `optimised` says how the benchmarks were compiled.
Machine thisMachine(bool optimised);

/// What the benchmarks are, by their names.
using Abouts = std::map<std::string, std::string>;
/// Prints the rows: each its median, interval and variation, and how it stands to the report's
/// reference.
void printTable(std::ostream& out, const Report& report, const Abouts& abouts);
/// Prints a verdict for each row that both reports have. Where both have the plain echo beside it,
/// of the same reference, the row is divided by that, round by round: two runs do not drift
/// together. Where the references differ, a line says that nothing is divided. Returns how many
/// rows are worse. Throws UsageError when the reports have no row in common.
int printComparison(std::ostream& out, const Report& ours, const Report& theirs, const std::string& path);

}  // namespace teasel::bench
