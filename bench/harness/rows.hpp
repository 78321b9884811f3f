#pragma once

#include <functional>
#include <optional>
#include <stdexcept>
#include <string>
#include <vector>

/// The frame that every benchmark here stands in. A row is one figure of the report: its subject
/// and its reference are measured in turns within one run, round after round, and what is reported
/// is the median of the rounds' ratios: absolute times drift from minute to minute on a shared
/// machine, ratios of neighbours do not. Google Benchmark runs the rows and writes them as JSON;
/// ci/bench makes the report of that.

namespace teasel::bench {

/// One round: the subject's value and, where there is a reference, its value and the ratio that the
/// row reports.
struct Sample {
  double value = 0;
  std::optional<double> reference{};
  std::optional<double> ratio{};
};

using Round = std::function<Sample()>;

/// Why a row cannot be measured here: it is reported as skipped.
class Skip : public std::runtime_error {
  using runtime_error::runtime_error;
};

struct Row {
  std::string name;
  std::string unit;  ///< of value and reference
  /// Prepares what all rounds share and warms it up. May throw Skip.
  std::function<Round()> prepare;
};

/// How thoroughly to measure, from the command line.
struct Effort {
  int rounds = 11;
  bool smoke = false;  ///< --smoke: only show that everything runs; figures mean nothing
  /// A count of operations, reduced to next to nothing for a smoke run.
  long scaled(long full) const { return smoke ? (full + 999) / 1000 : full; }
};
Effort& effort();

/// Adds rows; called by the addXxxRows functions that main lists.
void addRow(Row row);

/// The whole main: [--filter REGEX] [--rounds N] [--json FILE] [--smoke] [--list]. Returns the exit
/// status.
int benchMain(int argc, char** argv);

double median(std::vector<double> values);

}  // namespace teasel::bench
