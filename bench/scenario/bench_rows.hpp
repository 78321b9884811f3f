#pragma once

#include <iosfwd>
#include <map>
#include <string>
#include <vector>

namespace teasel::bench {

/// What was measured of one scenario, its input delivered in pieces of one size.
struct BenchRow {
  std::string name;  ///< SCENARIO/PIECE: "telegram/1460", "telegram/whole"
  double messagesPerSecond = 0;
  double nanosecondsPerByte = 0;
  double allocationsPerMessage = -1;  ///< -1: this build does not count them
};

/// Writes rows as JSON, a row a line.
void writeRows(std::ostream& out, const std::vector<BenchRow>& rows);

/// Reads what writeRows wrote, by name. Throws UsageError that names `path` for anything else.
std::map<std::string, BenchRow> readRows(const std::string& path);

/// Prints the rows as a table; with `before`, how each differs from the row of its name there.
void printRows(std::ostream& out, const std::vector<BenchRow>& rows, const std::map<std::string, BenchRow>& before);

}  // namespace teasel::bench
