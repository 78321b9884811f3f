#pragma once

#include <iosfwd>
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

/// Prints the rows: each its median, interval and variation, and how it stands to the reference.
void printTable(std::ostream& out, const Report& report, const std::string& reference);
/// Prints a verdict for each row that both reports have. Where both have the plain echo beside it,
/// the row is divided by that, round by round: two runs do not drift together. Returns how many
/// rows are worse. Throws UsageError when the reports have no row in common.
int printComparison(std::ostream& out, const Report& ours, const Report& theirs, const std::string& path);

}  // namespace teasel::bench
