#pragma once

#include <optional>
#include <string>
#include <utility>
#include <vector>

/// What is said of the samples of a row. The same as in bench/peers.py and bench/against.py, for
/// programs that bring no Python.

namespace teasel::bench {

using Samples = std::vector<double>;

/// Of samples that are there: one at least.
double medianOf(Samples samples);
/// An interval that holds the median with a probability of at least 95 %, by order statistics. It
/// assumes nothing about how the samples are spread. None below six samples.
std::optional<std::pair<double, double>> intervalOf(Samples samples);
/// The coefficient of variation: the standard deviation as a share of the mean.
double variationOf(const Samples& samples);
/// Each sample divided by that of the same round. Empty where one is missing or 0.
Samples ratiosOf(const Samples& ours, const Samples& reference);
/// Vargha and Delaney's effect size: how likely one of ours is above one of theirs.
double effectSize(const Samples& ours, const Samples& theirs);
/// Two-sided p of the rank sum test, by the normal approximation with correction for ties and
/// continuity.
double rankSum(const Samples& ours, const Samples& theirs);

/// How samples stand to former ones.
struct Change {
  double factor;        ///< our median divided by theirs
  std::string verdict;  ///< same | better | worse
};
/// The verdict is `same` unless p <= 0.01, the effect size is large (0.71 or its mirror image) and
/// the change is 3 % or more. So it takes six rounds at least.
Change changeOf(const Samples& ours, const Samples& theirs, bool lessIsBetter);

}  // namespace teasel::bench
