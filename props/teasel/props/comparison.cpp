#include <teasel/props/comparison.hpp>

#include <algorithm>

namespace teasel::props {

namespace {

std::string around(ByteView output, std::size_t at) {
  const std::size_t from = at < 10 ? 0 : at - 10;
  return "\"" + escaped(output.sub(from, 40)) + "\" from byte " + std::to_string(from);
}

/// Two words of an aspect, one for each delivery.
std::string pair(std::string_view about, std::string_view a, std::string_view b) {
  return std::string(about) + ":" + (a.empty() ? "nothing" : std::string(a)) + "/" + (b.empty() ? "nothing" : std::string(b));
}

/// "closes it by abortConnection (ConnectionAborted)".
std::string endOf(const Observed& observed) {
  const std::string reason = " (" + (observed.reason.empty() ? "never connected" : observed.reason) + ")";
  if (!observed.closedItself()) return "leaves the end to the peer" + reason;
  if (observed.cause == CloseCause::kException) return "ends it by an exception" + reason;
  if (observed.cause == CloseCause::kWriteLimit) return "ends it by reaching the write limit" + reason;
  return std::string("closes it by ") + name(observed.cause) + reason;
}

std::string_view kindAt(const EventLog& log, std::size_t at) { return at < log.size() ? log.kind(at) : std::string_view(); }

/// The first entry that differs, as text; "" if the logs are equal.
std::string logDifference(const EventLog& a, const std::string& nameA, const EventLog& b, const std::string& nameB) {
  const std::size_t at = EventLog::firstDifference(a, b);
  if (at == std::max(a.size(), b.size())) return {};
  return "after " + std::to_string(at) + " equal reports, " + nameA + " has " + a.text(at, 3) + ", " + nameB + " has " +
         b.text(at, 3);
}

std::string outputDifference(const Observed& a, const std::string& nameA, const Observed& b, const std::string& nameB) {
  const auto [inA, inB] = std::mismatch(a.output.begin(), a.output.end(), b.output.begin(), b.output.end());
  const auto byte = static_cast<std::size_t>(inA - a.output.begin());
  return "the output differs: " + nameA + " sends " + around(a.output, byte) + ", " + nameB + " " + around(b.output, byte);
}

/// How the ends differ: who ended the connection, and for which reason.
std::optional<Difference> endDifference(const Observed& a, const std::string& nameA, const Observed& b,
                                        const std::string& nameB) {
  if (a.reason == b.reason && a.closedItself() == b.closedItself()) return std::nullopt;
  Difference out;
  if (a.closedItself() != b.closedItself()) {
    out.aspect = pair("close", name(a.cause), name(b.cause));
    out.text = "only " + (a.closedItself() ? nameA : nameB) + " delivery makes the protocol close: " + nameA + " " + endOf(a) +
               ", " + nameB + " " + endOf(b);
  } else {
    out.aspect = pair("reason", a.reason, b.reason);
    out.text = "the close differs: " + nameA + " " + endOf(a) + ", " + nameB + " " + endOf(b);
  }
  if (const std::string logs = logDifference(a.log, nameA, b.log, nameB); !logs.empty()) out.text += "; " + logs;
  return out;
}

}  // namespace

bool refused(const Observed& observed) noexcept { return observed.log.ended() || observed.closedItself(); }

std::optional<Difference> difference(const Observed& a, const std::string& nameA, const Observed& b, const std::string& nameB,
                                     const Comparison& comparison) {
  if (std::optional<Difference> ends = endDifference(a, nameA, b, nameB)) return ends;
  if (!EventLog::sameLast(a.log, b.log))
    return Difference{
        pair("last", a.log.lastKind(), b.log.lastKind()),
        "the last word differs: " + nameA + " ends with " + a.log.lastText() + ", " + nameB + " with " + b.log.lastText()};
  // Equal ends and last words: refused in both deliveries or in neither.
  const bool prefix = refused(a);
  const bool logs = a.log == b.log || (prefix && (a.log.beginningOf(b.log) || b.log.beginningOf(a.log)));
  if (!logs) {
    const std::size_t at = EventLog::firstDifference(a.log, b.log);
    return Difference{pair("log", kindAt(a.log, at), kindAt(b.log, at)), logDifference(a.log, nameA, b.log, nameB)};
  }
  const bool output = !comparison.output || a.output == b.output ||
                      (prefix && (a.output.starts_with(b.output) || b.output.starts_with(a.output)));
  if (!output) return Difference{"output", outputDifference(a, nameA, b, nameB)};
  return std::nullopt;
}

}  // namespace teasel::props
