#pragma once

#include <cstdint>
#include <functional>

#include <teasel/core/clock.hpp>

/// What clients that come back use for their delays. Delays are counted in integers, so that they
/// are the same on every machine.

namespace teasel {

/// Gives 64 random bits at each call. Clients that come back vary their delays by it, so that not
/// all clients of a server come back at one time.
using RandomSource = std::function<std::uint64_t()>;

/// The same numbers for the same seed: SplitMix64 (Steele, Lea and Flood, 2014).
RandomSource seededRandom(std::uint64_t seed);

/// A seed from the clock's time, in nanoseconds. In a world, whose clock is simulated, it is the
/// same in each run; between real machines it differs.
std::uint64_t seedFrom(const Clock& clock) noexcept;

/// n / d, for example {3, 2} for 1.5.
struct Fraction {
  std::uint32_t n = 1;
  std::uint32_t d = 1;
};

namespace detail {
/// `delay` times n / d, at most `most`, without overflow. `delay` is not negative, d not 0.
Duration scaled(Duration delay, std::uint64_t n, std::uint64_t d, Duration most) noexcept;
/// A time from `low` up to `high`, evenly spread; `bits` are random.
Duration between(Duration low, Duration high, std::uint64_t bits) noexcept;
/// Throws UsageError or NegativeDelay, and names `who`, unless delays that begin with
/// `initialDelay` and grow by `factor` up to `maxDelay` make sense.
void requireDelays(const char* who, Duration initialDelay, Duration maxDelay, Fraction factor);
}  // namespace detail

}  // namespace teasel
