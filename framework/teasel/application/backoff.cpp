#include <teasel/application/backoff.hpp>

#include <algorithm>

#include <teasel/core/errors.hpp>

namespace teasel {

RetryPolicy backoffPolicy(Duration initialDelay, Duration maxDelay, Fraction factor, Duration jitter) {
  detail::requireDelays("backoffPolicy", initialDelay, maxDelay, factor);
  if (jitter < Duration::zero()) throw NegativeDelay("backoffPolicy: a jitter of " + durationText(jitter));
  return [=](std::size_t failedAttempts, std::uint64_t random) {
    Duration delay = std::min(initialDelay, maxDelay);
    for (std::size_t failed = 1; failed < failedAttempts; ++failed) {
      const Duration longer = detail::scaled(delay, factor.n, factor.d, maxDelay);
      if (longer == delay) break;  // it has reached maxDelay, or it does not grow
      delay = longer;
    }
    const Duration extra = detail::between(Duration::zero(), jitter, random);
    return delay > Duration::max() - extra ? Duration::max() : delay + extra;
  };
}

}  // namespace teasel
