#include <teasel/fakes/play/limits.hpp>

namespace teasel::fakes {

std::string shown(Duration duration) {
  struct Unit {
    std::int64_t nanoseconds;
    const char* name;
  };
  static constexpr Unit kUnits[] = {{1'000'000'000, " s"}, {1'000'000, " ms"}, {1'000, " us"}};
  const std::int64_t count = duration.count();
  const std::uint64_t size = count < 0 ? 0 - static_cast<std::uint64_t>(count) : static_cast<std::uint64_t>(count);
  for (const Unit& unit : kUnits) {
    const auto one = static_cast<std::uint64_t>(unit.nanoseconds);
    if (size < one) continue;
    std::string text = (count < 0 ? "-" : "") + std::to_string(size / one);
    if (std::uint64_t rest = size % one / (one / 1000); rest > 0) {
      std::string decimals = std::to_string(1000 + rest).substr(1);
      while (decimals.back() == '0') decimals.pop_back();
      text += '.' + decimals;
    }
    return text + unit.name;
  }
  return std::to_string(count) + " ns";
}

std::string StuckReport::text() const {
  std::string out = "stuck: reached the limit " + limit + " (" +
                    (limit == "virtualTime" ? shown(Duration(static_cast<std::int64_t>(allowed))) : std::to_string(allowed)) +
                    ") after " + std::to_string(events) + " events, " + shown(at) + " of virtual time";
  out += waiting.empty() ? "; nothing was waiting\n" : "; waiting were:\n";
  for (const std::string& line : waiting) out += "  " + line + '\n';
  return out;
}

}  // namespace teasel::fakes
