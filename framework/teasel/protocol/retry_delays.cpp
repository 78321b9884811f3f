#include <teasel/protocol/retry_delays.hpp>

#include <string>

#include <teasel/core/errors.hpp>

namespace teasel {

namespace {
__extension__ using Wide = unsigned __int128;

std::uint64_t mixed(std::uint64_t bits) noexcept {
  bits = (bits ^ (bits >> 30U)) * 0xbf58476d1ce4e5b9U;
  bits = (bits ^ (bits >> 27U)) * 0x94d049bb133111ebU;
  return bits ^ (bits >> 31U);
}

Wide wide(Duration time) noexcept { return static_cast<Wide>(time.count()); }
}  // namespace

RandomSource seededRandom(std::uint64_t seed) {
  return [state = seed]() mutable { return mixed(state += 0x9e3779b97f4a7c15U); };
}

std::uint64_t seedFrom(const Clock& clock) noexcept {
  return mixed(static_cast<std::uint64_t>(clock.liveNow().time_since_epoch().count()));
}

Duration detail::scaled(Duration delay, std::uint64_t n, std::uint64_t d, Duration most) noexcept {
  const Wide product = wide(delay) * n / d;
  return product < wide(most) ? Duration(static_cast<Duration::rep>(product)) : most;
}

Duration detail::between(Duration low, Duration high, std::uint64_t bits) noexcept {
  return low + Duration(static_cast<Duration::rep>((wide(high - low) * bits) >> 64U));
}

void detail::requireDelays(const char* who, Duration initialDelay, Duration maxDelay, Fraction factor) {
  const std::string prefix = std::string(who) + ": ";
  if (initialDelay < Duration::zero()) throw NegativeDelay(prefix + "an initialDelay of " + durationText(initialDelay));
  if (maxDelay < Duration::zero()) throw NegativeDelay(prefix + "a maxDelay of " + durationText(maxDelay));
  if (factor.d == 0 || factor.n < factor.d)
    throw UsageError(prefix + "a factor of " + std::to_string(factor.n) + '/' + std::to_string(factor.d) +
                     "; it is at least 1, because delays do not shrink");
}

}  // namespace teasel
