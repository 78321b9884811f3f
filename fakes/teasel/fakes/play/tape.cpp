#include <teasel/fakes/play/tape.hpp>

#include <algorithm>
#include <charconv>
#include <fstream>
#include <iterator>
#include <ostream>
#include <sstream>

#include <teasel/core/byte_view.hpp>

namespace teasel::fakes {
namespace {

constexpr std::string_view kMagic = "teasel tape ";
constexpr std::string_view kPoints[kTimerPoints] = {"before", "at", "after"};
constexpr std::string_view kPointCodes[kTimerPoints] = {"TimerPoint::kBefore", "TimerPoint::kAt", "TimerPoint::kAfter"};
struct Unit {
  std::string_view name;
  std::string_view code;
  std::uint64_t ns;
};
constexpr Unit kUnits[] = {{"s", "std::chrono::seconds", 1'000'000'000},
                           {"ms", "std::chrono::milliseconds", 1'000'000},
                           {"us", "std::chrono::microseconds", 1'000},
                           {"ns", "std::chrono::nanoseconds", 1}};
constexpr std::size_t kAll = std::string_view::npos;

/// The largest unit that divides a duration.
const Unit& unitOf(std::uint64_t ns) {
  return *std::find_if(std::begin(kUnits), std::end(kUnits), [ns](const Unit& unit) { return ns % unit.ns == 0; });
}

/// What an optional operand is when a tape lacks it.
std::uint64_t defaultOf(OperandType type, unsigned connection) { return type == OperandType::kConnection ? connection : 0; }

/// An operand as a word of a tape.
std::string wordOf(const Operand& operand, std::uint64_t value, ByteView bytes) {
  switch (operand.type) {
    case OperandType::kBytes: return '"' + escaped(bytes, kAll) + '"';
    case OperandType::kFlag: return std::string(operand.name);
    case OperandType::kTimerPoint: return std::string(kPoints[value]);
    case OperandType::kDuration: return std::to_string(value / unitOf(value).ns) + std::string(unitOf(value).name);
    case OperandType::kPort:
    case OperandType::kConnection:
    case OperandType::kOperation:
    case OperandType::kLength:
    case OperandType::kCount:
    case OperandType::kOffset:
    case OperandType::kArgument: return std::to_string(value);
  }
  return {};
}

/// An operand as an argument of Play's method. It is empty where the method has a default for it.
std::string argumentOf(OperandType type, std::uint64_t value, ByteView bytes) {
  switch (type) {
    case OperandType::kBytes: return '"' + escaped(bytes, kAll) + '"';
    case OperandType::kFlag: return value != 0 ? "true" : "";
    case OperandType::kPort: return value != 0 ? std::to_string(value) : "";
    case OperandType::kTimerPoint: return std::string(kPointCodes[value]);
    case OperandType::kDuration: return std::string(unitOf(value).code) + '(' + std::to_string(value / unitOf(value).ns) + ')';
    case OperandType::kConnection:
    case OperandType::kOperation:
    case OperandType::kLength: return std::to_string(value);
    case OperandType::kCount:
    case OperandType::kOffset:
    case OperandType::kArgument: return std::to_string(value) + (value > 0x7fffffffu ? "u" : "");
  }
  return {};
}

std::string lineOf(const PlayEvent& event, ByteView bytes) {
  const EventRow& row = eventRow(event.kind);
  std::string out(row.name);
  if (row.onConnection) out += ' ' + std::to_string(event.connection);
  for (const Operand& operand : row.operands) {
    const std::uint64_t value = event.operand(operand.type);
    if (operand.presence == OperandPresence::kOptional && value == defaultOf(operand.type, event.connection)) continue;
    out += ' ' + wordOf(operand, value, bytes);
  }
  return out;
}

std::string callOf(const PlayEvent& event, ByteView bytes) {
  const EventRow& row = eventRow(event.kind);
  std::string arguments = row.onConnection ? std::to_string(event.connection) : "";
  for (const Operand& operand : row.operands) {
    const std::string argument = argumentOf(operand.type, event.operand(operand.type), bytes);
    if (!argument.empty()) arguments += (arguments.empty() ? "" : ", ") + argument;
  }
  return std::string(row.name) + '(' + arguments + ')';
}

/// Calls f for the pieces in which bytes are shown. A piece ends after a newline, or at `most`
/// bytes.
template <class F>
void forEachPiece(ByteView bytes, std::size_t most, F&& f) {
  while (!bytes.empty()) {
    std::size_t size = std::min(bytes.size(), most);
    const std::size_t newline = bytes.sub(0, size).text().find('\n');
    if (newline != std::string_view::npos) size = newline + 1;
    f(bytes.sub(0, size));
    bytes = bytes.sub(size);
  }
}

/// Reads the words of one line.
class Line {
 public:
  Line(std::string_view text, std::string_view file, std::size_t number) : rest_(text), file_(file), number_(number) {}

  [[noreturn]] void fail(std::string what, std::string expected) const {
    throw TapeError(std::string(file_), number_, std::move(what), std::move(expected));
  }
  bool atEnd() {
    while (rest_.starts_with(' ')) rest_.remove_prefix(1);
    return rest_.empty();
  }
  std::string_view word(std::string_view expected) {
    if (atEnd()) fail("the line ends too early", std::string(expected));
    const std::string_view out = rest_.substr(0, rest_.find(' '));
    rest_.remove_prefix(out.size());
    return out;
  }
  std::uint64_t number(std::string_view expected, std::uint64_t most = ~std::uint64_t{0}) {
    return numberIn(word(expected), expected, most);
  }
  std::uint64_t numberIn(std::string_view text, std::string_view expected, std::uint64_t most = ~std::uint64_t{0}) const {
    std::uint64_t value = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (error != std::errc() || end != text.data() + text.size() || value > most) {
      fail("'" + std::string(text) + "' is no " + std::string(expected), "a number up to " + std::to_string(most));
    }
    return value;
  }
  void end() {
    if (!atEnd()) fail("'" + std::string(rest_) + "' is too much", "the end of the line");
  }
  std::string_view rest() const { return rest_; }

  /// Everything after a quote, up to the next quote that is not escaped.
  std::string quoted() {
    if (atEnd() || rest_.front() != '"') fail("no quoted bytes", "\"...\" with C escapes");
    rest_.remove_prefix(1);
    std::string out;
    while (!rest_.empty() && rest_.front() != '"') out += oneByte();
    if (rest_.empty()) fail("the quoted bytes do not end", "a closing quote");
    rest_.remove_prefix(1);
    return out;
  }
  std::string unescapedRest() {
    std::string out;
    while (!rest_.empty()) out += oneByte();
    return out;
  }

 private:
  char oneByte() {
    const char first = rest_.front();
    rest_.remove_prefix(1);
    if (first != '\\') return first;
    if (rest_.empty()) fail("a backslash at the end", "an escape");
    const char kind = rest_.front();
    rest_.remove_prefix(1);
    switch (kind) {
      case 'r': return '\r';
      case 'n': return '\n';
      case 't': return '\t';
      case '0': return '\0';
      case '\\':
      case '"':
      case '\'': return kind;
      case 'x': return hex();
      default: fail(std::string("unknown escape '\\") + kind + "'", "\\r \\n \\t \\0 \\\\ \\\" or \\xHH");
    }
  }
  char hex() {
    unsigned value = 0;
    const auto [end, error] = std::from_chars(rest_.data(), rest_.data() + std::min<std::size_t>(rest_.size(), 2), value, 16);
    if (error != std::errc() || end != rest_.data() + 2) fail("a broken escape behind '\\x'", "two hexadecimal digits");
    rest_.remove_prefix(2);
    return static_cast<char>(static_cast<unsigned char>(value));
  }

  std::string_view rest_;
  std::string_view file_;
  std::size_t number_;
};

class Parser {
 public:
  Parser(Tape& tape, std::string_view file) : tape_(tape), file_(file) {}

  void run(std::string_view text) {
    if (text.size() > Tape::kMaxSize) {
      throw TapeError(std::string(file_), 0, "the tape has " + std::to_string(text.size()) + " bytes",
                      "at most " + std::to_string(Tape::kMaxSize));
    }
    std::size_t number = 0;
    while (!text.empty() || number == 0) {
      const std::size_t end = std::min(text.find('\n'), text.size());
      std::string_view content = text.substr(0, end);
      if (content.ends_with('\r')) content.remove_suffix(1);
      Line line(content, file_, ++number);
      if (number == 1) magic(line, content), tape_.play.setVersion(1);
      else if (!content.empty() && content.front() != '#') oneLine(line, content);
      text.remove_prefix(std::min(end + 1, text.size()));
    }
    normalise(tape_.records);
  }

 private:
  void magic(Line& line, std::string_view content) {
    if (!content.starts_with(kMagic)) line.fail("this is no tape", "'teasel tape 1' as the first line");
    const std::uint64_t format = line.numberIn(content.substr(kMagic.size()), "tape format");
    if (format > Tape::kFormat) {
      line.fail("the tape has format " + std::to_string(format) + ", written by a newer Teasel",
                "at most format " + std::to_string(Tape::kFormat));
    }
    if (format == 0) line.fail("there is no format 0", "format 1");
  }

  void oneLine(Line& line, std::string_view content) {
    static constexpr std::pair<std::string_view, std::string Tape::*> kHeaders[] = {
        {"target:", &Tape::target}, {"scenario:", &Tape::scenario}, {"revision:", &Tape::revision}, {"oracle:", &Tape::oracle}};
    if (line.atEnd()) return;
    const std::string_view name = line.word("an event");
    for (const auto& [header, member] : kHeaders) {
      if (name != header) continue;
      line = Line(content.substr(std::min(content.size(), content.find(':') + 2)), file_, 0);
      tape_.*member = line.unescapedRest();
      return;
    }
    if (name == "choice") return choice(line);
    if (name == "version:") return version(line);
    for (const EventRow& row : kEvents) {
      if (row.name != name) continue;
      const std::size_t dropped = tape_.play.dropped();
      event(row, line);
      line.end();
      if (tape_.play.dropped() != dropped) line.fail("the play is too long", "at most " + limits());
      return;
    }
    line.fail("unknown line '" + std::string(name) + "'", "a header, choice, or one of " + eventNames());
  }

  void version(Line& line) {
    const std::uint64_t version = line.number("version");
    line.end();
    if (version == 0) line.fail("there is no version 0", "version 1 to " + std::to_string(kCodecVersion));
    if (version > kCodecVersion)
      line.fail("the tape has version " + std::to_string(version) + ", written by a newer Teasel",
                "at most version " + std::to_string(kCodecVersion));
    tape_.play.setVersion(version);
  }

  void event(const EventRow& row, Line& line) {
    const std::uint64_t k = row.onConnection ? line.number("connection", Play::kMaxConnections - 1) : 0;
    PlayEvent event(row.kind, static_cast<std::uint8_t>(k));
    for (const Operand& operand : row.operands) {
      if (operand.type == OperandType::kBytes) return void(tape_.play.send(static_cast<unsigned>(k), line.quoted()));
      const bool absent = operand.presence != OperandPresence::kRequired && line.atEnd();
      event.setOperand(operand.type, absent ? defaultOf(operand.type, static_cast<unsigned>(k)) : value(operand, line));
    }
    tape_.play.append(tape_.play, event);
  }

  static std::uint64_t value(const Operand& operand, Line& line) {
    switch (operand.type) {
      case OperandType::kBytes: return 0;
      case OperandType::kFlag: return flag(operand.name, line);
      case OperandType::kTimerPoint: return point(line);
      case OperandType::kDuration: return duration(line);
      case OperandType::kConnection: return line.number(operand.name, Play::kMaxConnections - 1);
      case OperandType::kPort:
      case OperandType::kOperation: return line.number(operand.name, 0xffff);
      case OperandType::kLength: return line.number(operand.name, 0xffffffffu);
      case OperandType::kCount:
      case OperandType::kOffset:
      case OperandType::kArgument: return line.number(operand.name);
    }
    return 0;
  }

  static std::uint64_t flag(std::string_view name, Line& line) {
    const std::string_view word = line.word(name);
    if (word != name) line.fail("unknown word '" + std::string(word) + "'", std::string(name) + " or the end of the line");
    return 1;
  }

  static std::uint64_t duration(Line& line) {
    const std::string_view word = line.word("a duration");
    const std::size_t digits = std::min(word.find_first_not_of("0123456789"), word.size());
    for (const Unit& unit : kUnits) {
      if (word.substr(digits) != unit.name) continue;
      const auto longest = static_cast<std::uint64_t>(Play::kMaxAdvance.count());
      return line.numberIn(word.substr(0, digits), "duration", longest / unit.ns) * unit.ns;
    }
    line.fail("'" + std::string(word) + "' is no duration", "a number and s, ms, us or ns");
  }

  static std::uint64_t point(Line& line) {
    const std::string_view word = line.word("before, at or after");
    for (std::size_t i = 0; i < kTimerPoints; ++i)
      if (word == kPoints[i]) return i;
    line.fail("'" + std::string(word) + "' is no point", "before, at or after");
  }

  void choice(Line& line) {
    const std::string_view name = line.word("a site");
    const auto site = siteByName(name);
    if (!site) line.fail("there is no site '" + std::string(name) + "'", "a name like cut, latency or user.0");
    ChoiceRecord record;
    record.site = *site;
    record.entity = static_cast<std::uint32_t>(line.number("entity", 0xffffffffu));
    record.index = static_cast<std::uint32_t>(line.number("index", 0xffffffffu));
    if (line.word("=") != "=") line.fail("no value", "'= value'");
    record.value = line.number("value");
    if (!line.atEnd()) {
      if (line.word("of") != "of") line.fail("unknown word behind the value", "'of bound' or the end of the line");
      record.bound = line.number("bound");
    }
    line.end();
    if (tape_.records.size() == Tape::kMaxChoices) line.fail("too many choices", "at most " + std::to_string(Tape::kMaxChoices));
    tape_.records.push_back(record);
  }

  std::string limits() const {
    const PlayLimits& limits = tape_.play.limits();
    return std::to_string(limits.events) + " events and " + std::to_string(limits.bytes) + " bytes";
  }
  static std::string eventNames() {
    std::string out;
    for (const EventRow& row : kEvents) (out += out.empty() ? "" : ", ") += row.name;
    return out;
  }

  Tape& tape_;
  std::string_view file_;
};

}  // namespace

TapeError::TapeError(std::string file, std::size_t line, std::string what, std::string expected)
    : std::runtime_error(file + (line == 0 ? "" : ':' + std::to_string(line)) + ": " + what + "; expected " + expected),
      file_(std::move(file)),
      problem_(std::move(what)),
      expected_(std::move(expected)),
      line_(line) {}

std::string eventText(const Play& play, const PlayEvent& event) { return lineOf(event, play.bytes(event)); }

std::vector<std::string> eventCalls(const Play& play, const PlayEvent& event) {
  if (event.kind != PlayEventKind::kSend) return {callOf(event, {})};
  std::vector<std::string> calls;
  forEachPiece(play.bytes(event), 60, [&](ByteView piece) { calls.push_back(callOf(event, piece)); });
  return calls;
}

std::string Tape::print() const {
  std::string out = std::string(kMagic) + std::to_string(kFormat) + '\n';
  if (play.version() != 1) out += "version: " + std::to_string(play.version()) + '\n';
  const std::pair<const char*, const std::string*> headers[] = {
      {"target", &target}, {"scenario", &scenario}, {"revision", &revision}, {"oracle", &oracle}};
  for (const auto& [name, value] : headers) {
    if (!value->empty()) out += std::string(name) + ": " + escaped(*value, kAll) + '\n';
  }
  out += '\n';
  for (const PlayEvent& event : play.events()) {
    if (event.kind == PlayEventKind::kSend) {
      forEachPiece(play.bytes(event), 64, [&](ByteView piece) { (out += lineOf(event, piece)) += '\n'; });
    } else {
      (out += lineOf(event, {})) += '\n';
    }
  }
  std::vector<ChoiceRecord> normal = records;
  normalise(normal);
  for (const ChoiceRecord& record : normal) {
    out += "choice " + siteName(record.site) + ' ' + std::to_string(record.entity) + ' ' + std::to_string(record.index) + " = " +
           std::to_string(record.value);
    if (record.bound != 0) out += " of " + std::to_string(record.bound);
    out += '\n';
  }
  return out;
}

Tape Tape::parse(std::string_view text, std::string_view file) {
  Tape tape;
  Parser(tape, file).run(text);
  return tape;
}

Tape Tape::load(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  std::ostringstream text;
  if (!in || !(text << in.rdbuf())) throw TapeError(path, 0, "cannot be read", "a tape file");
  return parse(text.str(), path);
}

void Tape::save(const std::string& path) const {
  std::ofstream out(path, std::ios::binary | std::ios::trunc);
  out << print();
  if (!out.flush()) throw TapeError(path, 0, "cannot be written", "a place for a tape file");
}

void PrintTo(const Play& play, std::ostream* out) {
  static constexpr std::size_t kShown = 40;
  const auto events = play.events();
  for (std::size_t i = 0; i < events.size() && i < kShown; ++i) *out << "\n  " << eventText(play, events[i]);
  if (events.size() > kShown) *out << "\n  ... (" << events.size() << " events)";
}

}  // namespace teasel::fakes
