#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "../load/effort.hpp"

/// The frame of every benchmark here. A row is one figure of the report. A row measures its subject
/// and its reference in turns within one run, round after round, and reports the median of the
/// rounds' ratios. Absolute times drift from minute to minute on a shared machine; the ratio of two
/// measurements that follow each other does not. Google Benchmark runs the rows and writes them as
/// JSON. ci/bench makes the report from that JSON.

namespace teasel::bench {

/// The figures of one round: the subject's value and, if the row has a reference, the reference's
/// value and the ratio that the row reports.
struct Sample {
  double value = 0;
  std::optional<double> reference{};
  std::optional<double> ratio{};
};

using Round = std::function<Sample()>;

struct Row {
  std::string name;
  std::string unit;  ///< unit of value and reference
  /// Prepares what all rounds share, warms it up and returns the round. May throw Skip.
  std::function<Round()> prepare;
};

/// Adds a row. The addXxxRows functions, which main lists, call it.
void addRow(Row row);

/// Does all the work of main. The arguments are [--filter REGEX] [--rounds N] [--json FILE]
/// [--uring-features LIST] [--smoke] [--count N] [--list]. Returns the exit status.
int benchMain(int argc, char** argv);

double median(std::vector<double> values);

}  // namespace teasel::bench
