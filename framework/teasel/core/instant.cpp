#include <teasel/core/instant.hpp>

#include <cstdint>

namespace teasel {

namespace {

constexpr std::uint64_t kMicrosecond = 1'000, kMillisecond = 1'000'000, kSecond = 1'000'000'000;

struct Unit {
  std::uint64_t nanoseconds;
  const char* name;
};

/// `size` as a number of units, with at most three decimals.
std::string inUnit(std::uint64_t size, const Unit& unit) {
  std::string text = std::to_string(size / unit.nanoseconds);
  if (const std::uint64_t thousandths = size % unit.nanoseconds * 1000 / unit.nanoseconds; thousandths > 0) {
    std::string decimals = std::to_string(1000 + thousandths).substr(1);
    while (decimals.back() == '0') decimals.pop_back();
    text += '.' + decimals;
  }
  return text + unit.name;
}

const char* sign(Duration duration) { return duration < Duration::zero() ? "-" : ""; }
/// The magnitude of the smallest duration fits only without a sign.
std::uint64_t magnitude(Duration duration) {
  const auto count = static_cast<std::uint64_t>(duration.count());
  return duration < Duration::zero() ? 0 - count : count;
}

std::string shortText(std::uint64_t size) {
  for (const Unit& unit : {Unit{kSecond, " s"}, Unit{kMillisecond, " ms"}, Unit{kMicrosecond, " us"}})
    if (size >= unit.nanoseconds) return inUnit(size, unit);
  return std::to_string(size) + " ns";
}

std::string longText(std::uint64_t size) {
  std::string text;
  for (const Unit& unit : {Unit{86'400 * kSecond, " day"}, Unit{3'600 * kSecond, " h"}, Unit{60 * kSecond, " min"}}) {
    const std::uint64_t count = size / unit.nanoseconds;
    if (count == 0) continue;
    text += std::to_string(count) + unit.name;
    text += unit.name[1] == 'd' && count > 1 ? "s " : " ";
    size %= unit.nanoseconds;
  }
  if (size >= kMillisecond) return text + inUnit(size, {kSecond, " s"});
  text.pop_back();
  return text;
}

}  // namespace

std::string durationText(Duration duration) {
  const std::uint64_t size = magnitude(duration);
  return sign(duration) + (size < 120 * kSecond ? shortText(size) : longText(size));
}

std::string secondsText(Duration duration) { return sign(duration) + shortText(magnitude(duration)); }

}  // namespace teasel
