#pragma once

#include <cstdint>
#include <ctime>

#include <memory>
#include <utility>

#include "rows.hpp"

namespace teasel::bench {

/// CPU time of the calling thread in nanoseconds. Other programs that run meanwhile do not count.
inline double threadCpu() {
  timespec now{};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
  return static_cast<double>(now.tv_sec) * 1e9 + static_cast<double>(now.tv_nsec);
}

/// Prevents the compiler from removing the computation of `value`.
template <class T>
inline void keep(const T& value) {
  asm volatile("" : : "r,m"(value) : "memory");
}

/// Nanoseconds per operation. `batch(count)` does `count` operations.
template <class Batch>
double nanosecondsEach(Batch&& batch, long count) {
  const double before = threadCpu();
  batch(count);
  return (threadCpu() - before) / static_cast<double>(count);
}

/// The number of operations that take about `target` nanoseconds. 1 in a smoke run.
template <class Batch>
long calibrate(Batch&& batch, double target = 4e6) {
  if (effort().count > 0) return effort().count;
  if (effort().smoke) {
    batch(1);
    return 1;
  }
  long count = 1;
  for (;;) {
    const double took = nanosecondsEach(batch, count) * static_cast<double>(count);
    if (took > target / 8) return static_cast<long>(static_cast<double>(count) * target / took) + 1;
    count *= 4;
  }
}

enum class RatioIs : std::uint8_t { kCost, kSpeed };  ///< value/reference, or reference/value

/// Functions that compute the figure of a row from nanoseconds per operation.
inline double nanoseconds(double each) { return each; }
inline double millions(double each) { return 1e3 / each; }  ///< millions of operations per second
inline double milliseconds(double each) { return each / 1e6; }

/// A round that measures subject and reference in turns, in four slices each. `subject(count)` and
/// `reference(count)` do `count` operations each. `figure` computes value and reference from
/// nanoseconds per operation.
template <class Subject, class Reference, class Figure>
Round inTurns(Subject subject, Reference reference, RatioIs ratioIs, Figure figure) {
  if (effort().count > 0) return [subject]() mutable { return Sample{nanosecondsEach(subject, effort().count), {}, {}}; };
  const long subjects = calibrate(subject), references = calibrate(reference);
  return [=, subject = std::move(subject), reference = std::move(reference)]() mutable {
    constexpr int kSlices = 4;
    double ours = 0, theirs = 0;
    for (int i = 0; i < kSlices; ++i) {
      if (i % 2 == 0) ours += nanosecondsEach(subject, subjects) / kSlices;
      theirs += nanosecondsEach(reference, references) / kSlices;
      if (i % 2 == 1) ours += nanosecondsEach(subject, subjects) / kSlices;
    }
    return Sample{figure(ours), figure(theirs), ratioIs == RatioIs::kCost ? ours / theirs : theirs / ours};
  };
}

/// A round of a row without a reference.
template <class Subject, class Figure>
Round alone(Subject subject, Figure figure) {
  const long subjects = calibrate(subject, 16e6);
  return [=, subject = std::move(subject)]() mutable { return Sample{figure(nanosecondsEach(subject, subjects)), {}, {}}; };
}

}  // namespace teasel::bench
