#pragma once

#include <iosfwd>
#include <string>
#include <utility>
#include <vector>

#include "statistics.hpp"

namespace teasel::bench {

/// The samples of one row. Its name is FIGURE/SHAPE/BACKEND.
struct Result {
  std::string name, figure, shape, backend, unit;
  bool lessIsBetter;
  Samples samples;
};

/// A row without samples, and the reason. Or one with samples, and what must be known of them.
struct Refusal {
  std::string name, why;
};

struct Report {
  std::vector<Result> rows;
  std::vector<Refusal> skipped, failed, notes;
  /// The backend that others are compared with, as far as it is known.
  std::string reference;

  /// The row of this name, or null.
  const Result* find(const std::string& name) const;
};

/// A string of JSON. Control characters become blanks.
std::string quoted(const std::string& text);
/// Writes a report as JSON, a line for each row. `head` is what stands before its rows: names, and
/// values that are JSON. `reference` is a backend: the rows then also have their median, interval
/// and variation, and how they stand to that backend's.
void writeJson(std::ostream& out, const std::vector<std::pair<std::string, std::string>>& head, const Report& report,
               const std::string& reference = {});
/// Reads the rows of such a file, in the lines in which writeJson wrote them, and its reference if
/// it names one. Throws std::runtime_error, which says what is wrong with the file.
Report readJson(const std::string& path);

}  // namespace teasel::bench
