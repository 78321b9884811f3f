#include "statistics.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <map>
#include <numeric>

namespace teasel::bench {
namespace {

constexpr double kShare = 0.95;
// A difference is reported only if it is unlikely to be chance and large enough to matter.
constexpr double kSignificant = 0.01, kLarge = 0.71, kWorth = 0.03;

double sizeOf(const Samples& samples) { return static_cast<double>(samples.size()); }

}  // namespace

double medianOf(Samples samples) {
  std::ranges::sort(samples);
  const std::size_t half = samples.size() / 2;
  return samples.size() % 2 == 1 ? samples[half] : (samples[half - 1] + samples[half]) / 2;
}

std::optional<std::pair<double, double>> intervalOf(Samples samples) {
  const std::size_t count = samples.size();
  // The probability that the median lies below the sample of a rank: the first terms of the
  // binomial distribution.
  double outside = 0, term = std::pow(0.5, count);
  std::size_t rank = 0;
  for (;; ++rank) {
    outside += term;
    if (2 * outside > 1 - kShare) break;
    term *= static_cast<double>(count - rank) / static_cast<double>(rank + 1);
  }
  if (rank == 0) return {};
  std::ranges::sort(samples);
  return std::pair(samples[rank - 1], samples[count - rank]);
}

double variationOf(const Samples& samples) {
  const double mean = std::accumulate(samples.begin(), samples.end(), 0.0) / sizeOf(samples);
  if (samples.size() < 2 || mean == 0) return 0;
  double squares = 0;
  for (const double each : samples) squares += (each - mean) * (each - mean);
  return std::sqrt(squares / (sizeOf(samples) - 1)) / mean;
}

Samples ratiosOf(const Samples& ours, const Samples& reference) {
  if (ours.size() != reference.size() || std::ranges::count(reference, 0.0) > 0) return {};
  Samples ratios;
  for (std::size_t i = 0; i < ours.size(); ++i) ratios.push_back(ours[i] / reference[i]);
  return ratios;
}

double effectSize(const Samples& ours, const Samples& theirs) {
  double wins = 0;
  for (const double a : ours)
    for (const double b : theirs) wins += a > b ? 1 : a == b ? 0.5 : 0;
  return wins / (sizeOf(ours) * sizeOf(theirs));
}

double rankSum(const Samples& ours, const Samples& theirs) {
  std::map<double, double> counts;
  for (const Samples* samples : {&ours, &theirs})
    for (const double each : *samples) ++counts[each];
  double ties = 0;
  for (const auto& [value, count] : counts) ties += count * count * count - count;
  const double n = sizeOf(ours), m = sizeOf(theirs), total = n + m;
  const double variance = n * m / 12 * (total + 1 - ties / (total * (total - 1)));
  if (variance <= 0) return 1;
  const double distance = std::abs(effectSize(ours, theirs) * n * m - n * m / 2) - 0.5;
  return std::min(1.0, std::erfc(std::max(0.0, distance) / std::sqrt(2 * variance)));
}

Change changeOf(const Samples& ours, const Samples& theirs, bool lessIsBetter) {
  const double before = medianOf(theirs), now = medianOf(ours);
  const double factor = before != 0 ? now / before : now == 0 ? 1 : std::numeric_limits<double>::infinity();
  const double effect = effectSize(ours, theirs);
  if (rankSum(ours, theirs) > kSignificant || std::max(effect, 1 - effect) < kLarge || std::abs(factor - 1) < kWorth)
    return {factor, "same"};
  return {factor, (factor < 1) == lessIsBetter ? "better" : "worse"};
}

}  // namespace teasel::bench
