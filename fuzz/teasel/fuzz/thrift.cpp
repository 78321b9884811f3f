#include <teasel/fuzz/thrift.hpp>

#include <algorithm>
#include <array>
#include <cstring>

#include <teasel/fakes/play/choices.hpp>
#include <teasel/fakes/trace/trace.hpp>

namespace teasel::fuzz {

namespace {

/// The class of each value of a counter, as a bit. None of 0.
constexpr std::array<std::uint8_t, 256> kClass = [] {
  std::array<std::uint8_t, 256> bits{};
  for (unsigned count = 1; count < bits.size(); ++count) {
    const unsigned which = count >= 128 ? 7 : count >= 32 ? 6 : count >= 16 ? 5 : count >= 8 ? 4 : count >= 4 ? 3 : count - 1;
    bits[count] = static_cast<std::uint8_t>(1u << which);
  }
  return bits;
}();

/// Calls visit(index) for each counter that is not 0, until it returns true. Most are 0, so it
/// looks at eight at a time. Returns whether a call did.
template <class Visit>
bool anyOf(std::span<const std::uint8_t> counters, Visit&& visit) noexcept {
  constexpr std::size_t kAtOnce = sizeof(std::uint64_t);
  std::size_t at = 0;
  for (; at + kAtOnce <= counters.size(); at += kAtOnce) {
    std::uint64_t word = 0;
    std::memcpy(&word, counters.data() + at, kAtOnce);
    if (word == 0) continue;
    for (std::size_t i = at; i < at + kAtOnce; ++i)
      if (counters[i] != 0 && visit(i)) return true;
  }
  for (; at < counters.size(); ++at)
    if (counters[at] != 0 && visit(at)) return true;
  return false;
}

}  // namespace

bool SeenCounters::news() const noexcept {
  return anyOf(counters_, [this](std::size_t i) { return (seen_[i] & kClass[counters_[i]]) == 0; });
}

void SeenCounters::remember() noexcept {
  anyOf(counters_, [this](std::size_t i) {
    seen_[i] |= kClass[counters_[i]];
    return false;
  });
}

void SeenCounters::putBack() noexcept {
  // A counter may have wrapped to 0 since it was kept.
  anyOf(kept_, [this](std::size_t i) {
    counters_[i] = kept_[i];
    return false;
  });
  anyOf(counters_, [this](std::size_t i) {
    if (kept_[i] == 0) counters_[i] = 1;
    return false;
  });
}

std::uint64_t Thrift::hashOf(ByteView input) noexcept { return fakes::detail::mix(fakes::detail::hashBytes(input)); }

bool Thrift::chosen(ByteView input, unsigned checks) noexcept {
  const std::uint64_t one = std::max<std::uint64_t>(input.size(), kFullSize) * (kPerCheck * checks - 1);
  return fakes::detail::scaled(hashOf(input), one) < kFullSize;
}

void Thrift::judged(ByteView input) {
  if (!chosen(input, checks_)) judged_.insert(hashOf(input));
}

}  // namespace teasel::fuzz
