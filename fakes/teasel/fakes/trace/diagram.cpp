#include <teasel/fakes/trace/diagram.hpp>

#include <algorithm>

#include <teasel/fakes/play/limits.hpp>

namespace teasel::fakes {

namespace {

constexpr std::size_t kTimeColumns = 14;

class Ladder {
 public:
  Ladder(const Trace& trace, const std::vector<std::string>& names, const DiagramOptions& options)
      : trace_(trace), names_(names), lane_(std::max<std::size_t>(options.lane, 20)) {
    for (const TraceEvent& event : trace.events()) {
      note(event.party);
      if (event.connection != kNoConnection) note(event.peer), connections_ = std::max(connections_, event.connection + 1);
    }
    std::sort(parties_.begin(), parties_.end(), [](std::uint8_t a, std::uint8_t b) {
      // the remote peers (255) first
      return static_cast<std::uint8_t>(a + 1) < static_cast<std::uint8_t>(b + 1);
    });
  }

  std::string draw(std::size_t most) {
    const std::span<const TraceEvent> events = trace_.events();
    const std::size_t from = events.size() > most ? events.size() - most : 0;
    std::string line = pad("t", kTimeColumns);
    for (const std::uint8_t party : parties_)
      line = pad(pad(line, column(party) - std::min(column(party), nameOf(party).size() / 2)) + nameOf(party), 0);
    out_ = trimmed(line) + '\n';
    if (from > 0) out_ += "... " + std::to_string(from) + " earlier events\n";
    for (const TraceEvent& event : events.subspan(from)) show(event);
    return std::move(out_);
  }

 private:
  void note(std::uint8_t party) {
    if (std::find(parties_.begin(), parties_.end(), party) == parties_.end()) parties_.push_back(party);
  }
  std::string nameOf(std::uint8_t party) const {
    if (party == kRemotePeer) return "peer";
    return party < names_.size() ? names_[party] : "host" + std::to_string(party);
  }
  std::size_t column(std::uint8_t party) const {
    const auto at = std::find(parties_.begin(), parties_.end(), party) - parties_.begin();
    return kTimeColumns + 4 + static_cast<std::size_t>(at) * lane_;
  }
  static std::string pad(std::string text, std::size_t to) {
    if (text.size() < to) text.append(to - text.size(), ' ');
    return text;
  }
  static std::string trimmed(std::string text) {
    while (!text.empty() && text.back() == ' ') text.pop_back();
    return text;
  }
  std::string lanes() const {
    std::string line;
    for (const std::uint8_t party : parties_) line = pad(line, column(party)) + '|';
    return line;
  }
  void emit(const TraceEvent& event, std::string line, const std::string& margin) {
    const std::string time = shown(Duration(event.at));
    line.replace(0, std::min(kTimeColumns, time.size()), time.substr(0, kTimeColumns));
    if (!margin.empty()) line = pad(line, column(parties_.back()) + 4) + margin;
    out_ += trimmed(line) + '\n';
  }
  std::string prefix(const TraceEvent& event) const {
    return connections_ > 1 && event.connection != kNoConnection ? "#" + std::to_string(event.connection) + ' ' : "";
  }

  /// Draws an arrow from one lane to another with its label inside. A label that is too long is
  /// cut.
  void arrow(const TraceEvent& event, std::uint8_t from, std::uint8_t to, std::string label, const std::string& margin = {}) {
    std::string line = lanes();
    label = prefix(event) + label;
    if (from == to) return emit(event, line, label + (margin.empty() ? "" : "  " + margin));
    const bool right = column(to) > column(from);
    const std::size_t left = std::min(column(from), column(to)) + 1, width = std::max(column(from), column(to)) - left;
    if (label.size() + 8 > width) label = label.substr(0, width - 11) + "...";
    std::string body = (right ? "--- " : "<-- ") + label + ' ';
    body.append(width - body.size(), '-');
    if (right) body.back() = '>';
    line.replace(left, width, body);
    emit(event, line, margin);
  }
  void margin(const TraceEvent& event, const std::string& text) { emit(event, lanes(), prefix(event) + text); }
  std::string quoted(const TraceEvent& event) const {
    std::string text = '"' + escaped(trace_.bytes(event), lane_) + '"';
    if (event.size > lane_) text += ' ' + std::to_string(event.size) + " bytes";
    return text;
  }

  void show(const TraceEvent& event) {
    const std::string number = std::to_string(event.number);
    switch (event.kind) {
      case TraceKind::kListen: return margin(event, nameOf(event.party) + " listens on port " + number);
      case TraceKind::kListenEnd: return margin(event, nameOf(event.party) + " stops listening on port " + number);
      case TraceKind::kConnect: return arrow(event, event.party, event.peer, "connect :" + number);
      case TraceKind::kConnected: return arrow(event, event.peer, event.party, "connected");
      case TraceKind::kAccepted: return margin(event, "accepted");
      case TraceKind::kRefused: return arrow(event, event.peer, event.party, event.number == 1 ? "refused" : "no route");
      case TraceKind::kArrive: return arrow(event, event.peer, event.party, quoted(event));
      case TraceKind::kArriveEnd: return arrow(event, event.peer, event.party, "end of stream");
      case TraceKind::kWrite:
        if (event.size > 0) return arrow(event, event.party, event.peer, quoted(event));
        return margin(event, nameOf(event.party) + " sends " + number + " bytes");
      case TraceKind::kWriteEnd:
        if (event.peer == kRemotePeer) return arrow(event, event.party, event.peer, "end of stream");
        return margin(event, nameOf(event.party) + " ends its direction");
      case TraceKind::kClose: return margin(event, nameOf(event.party) + " closes");
      case TraceKind::kAbort:
        return arrow(event, event.party, event.peer, "RESET", event.number > 0 ? number + " bytes in flight lost" : "");
      case TraceKind::kResetSeen: return margin(event, nameOf(event.party) + " sees the reset");
      case TraceKind::kBlocked: return margin(event, nameOf(event.party) + ": window full, " + number + " bytes wait");
      case TraceKind::kReading: return margin(event, nameOf(event.party) + (event.number == 0 ? " stops reading" : " reads"));
      case TraceKind::kCut: return margin(event, "cut at byte " + number);
      case TraceKind::kDrawnCut: return margin(event, "cut after " + number + " bytes (drawn)");
      case TraceKind::kShortWrite: return margin(event, "short write: " + number + " bytes taken");
      case TraceKind::kDelay: return margin(event, "delayed by " + shown(Duration(static_cast<std::int64_t>(event.number))));
      case TraceKind::kTime: return margin(event, "time passes: " + shown(Duration(static_cast<std::int64_t>(event.number))));
      case TraceKind::kApp: return margin(event, "application action " + std::to_string(event.number >> 32));
      case TraceKind::kEnding: return margin(event, "the ending begins");
      case TraceKind::kChainFailed: return margin(event, "Deferred " + number + " died with an unhandled Failure");
      case TraceKind::kChainUnfired: return margin(event, "Deferred " + number + " died without a result");
      case TraceKind::kException: return margin(event, "user code threw");
      case TraceKind::kVerdict: return margin(event, "<== FAIL");
      case TraceKind::kHostStarted: return;
      case TraceKind::kHostStopped: return margin(event, nameOf(event.party) + " shuts down");
      case TraceKind::kSkipped: return margin(event, "step " + number + " of the Play had nothing to act on");
      case TraceKind::kLingerEnd: return margin(event, nameOf(event.party) + " lingers no longer");
      case TraceKind::kThread: return margin(event, "a thread of " + nameOf(event.party) + " runs");
      case TraceKind::kSlow:
        return margin(event, (event.party == kRemotePeer ? "every host" : nameOf(event.party)) + " is busy for " +
                                 shown(Duration(static_cast<std::int64_t>(event.number))));
      case TraceKind::kUser: return margin(event, "note " + number);
    }
  }

  const Trace& trace_;
  const std::vector<std::string>& names_;
  std::vector<std::uint8_t> parties_;
  std::size_t lane_;
  std::uint32_t connections_ = 0;
  std::string out_;
};

}  // namespace

std::string diagram(const Trace& trace, const std::vector<std::string>& hostNames, const Verdict* verdict,
                    const DiagramOptions& options) {
  std::string out = trace.events().empty() ? "(nothing was recorded)\n" : Ladder(trace, hostNames, options).draw(options.events);
  if (verdict != nullptr) {
    out += "FAIL " + verdict->oracle + ": " + verdict->message;
    if (verdict->site) out += " (" + verdict->site.text() + ')';
    if (out.back() != '\n') out += '\n';
  }
  return out;
}

}  // namespace teasel::fakes
