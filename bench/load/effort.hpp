#pragma once

#include <optional>
#include <stdexcept>
#include <string>

namespace teasel::bench {

/// Thrown when a row cannot be measured on this machine. The row is reported as skipped, with the
/// message as the reason.
class Skip : public std::runtime_error {
  using runtime_error::runtime_error;
};

/// How thoroughly to measure. The command line sets it.
struct Effort {
  int rounds = 11;
  bool smoke = false;  ///< --smoke: only show that all rows run; figures mean nothing
  /// --count: a round does exactly so many operations of the subject, and none of the reference.
  /// For counting instructions; the figures mean nothing.
  long count = 0;
  /// --uring-features: the list for Teasel's io_uring driver; without it the driver's default
  std::optional<std::string> uringFeatures;
  /// For how many milliseconds a server may say nothing where bytes are expected of it.
  int patience = 30000;
  /// A count of operations. A smoke run does a thousandth of them, rounded up.
  long scaled(long full) const { return smoke ? (full + 999) / 1000 : full; }
};
Effort& effort();

}  // namespace teasel::bench
