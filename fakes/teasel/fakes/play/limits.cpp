#include <teasel/fakes/play/limits.hpp>

namespace teasel::fakes {

std::string shown(Duration duration) { return durationText(duration); }

namespace {

std::string counted(std::uint64_t events) { return std::to_string(events) + (events == 1 ? " event" : " events"); }

/// A time that lies behind `limit`. It may lie so little behind it that both look alike.
std::string shownBehind(Duration time, Duration limit) {
  if (time <= limit || shown(time) != shown(limit)) return shown(time);
  return shown(limit) + " and " + shown(time - limit);
}

std::string whatHappened(const StuckReport& report) {
  if (report.limit == "virtualTime") {
    const Duration limit(static_cast<std::int64_t>(report.allowed));
    return "the next " + report.next + " is due " + shownBehind(report.nextDue, limit) +
           " into the run, and the limit virtualTime is " + shown(limit);
  }
  const std::string reached = "reached the limit " + report.limit + ": " + counted(report.allowed);
  if (report.limit == "eventsAtOneInstant") return reached + " while the clock stood still";
  if (report.limit == "eventsSinceProgress") return reached + " without a byte, a connection or an event of the Play";
  return reached + " in one run";
}

}  // namespace

std::string StuckReport::text() const {
  std::string out = whatHappened(*this) + "; the run has come to " + shown(at) + ", after " + counted(events);
  out += waiting.empty() ? "; nothing was waiting\n" : "; waiting were:\n";
  for (const std::string& line : waiting) out += "  " + line + '\n';
  return out;
}

}  // namespace teasel::fakes
