#include <teasel/fakes/play/tape.hpp>

#include <charconv>
#include <fstream>
#include <ostream>
#include <sstream>

#include <teasel/core/byte_view.hpp>

namespace teasel::fakes {
namespace {

constexpr std::string_view kMagic = "teasel tape ";
constexpr std::string_view kEventNames[kEventKinds] = {"connect", "send",      "cut",         "endOfStream", "reset",
                                                       "advance", "nextTimer", "stopReading", "read",        "shortWrite",
                                                       "app",     "echo",      "redeliver"};
constexpr std::string_view kPoints[] = {"before", "at", "after"};
struct Unit {
  std::string_view name;
  std::uint64_t ns;
};
constexpr Unit kUnits[] = {{"s", 1'000'000'000}, {"ms", 1'000'000}, {"us", 1'000}, {"ns", 1}};
constexpr std::size_t kAll = std::string_view::npos;

std::string durationText(std::uint64_t ns) {
  for (const Unit& unit : kUnits) {
    if (ns % unit.ns == 0) return std::to_string(ns / unit.ns) + std::string(unit.name);
  }
  return {};
}

std::string lineOf(const PlayEvent& event, ByteView bytes) {
  std::string out(kEventNames[static_cast<std::size_t>(event.kind)]);
  const auto add = [&out](std::uint64_t number) { out += ' ' + std::to_string(number); };
  switch (event.kind) {
    case PlayEventKind::kAdvance: return out + ' ' + durationText(event.number);
    case PlayEventKind::kNextTimer: return out + ' ' + std::string(kPoints[event.op % 3]);
    case PlayEventKind::kApp: add(event.op), add(event.number); return out;
    default: add(event.connection);
  }
  switch (event.kind) {
    case PlayEventKind::kConnect:
      if (event.op != 0) add(event.op);
      break;
    case PlayEventKind::kSend: out += " \"" + escaped(bytes, kAll) + '"'; break;
    case PlayEventKind::kEndOfStream:
      if (event.op != 0) out += " withLast";
      break;
    case PlayEventKind::kRead:
    case PlayEventKind::kShortWrite:
    case PlayEventKind::kRedeliver: add(event.number); break;
    case PlayEventKind::kEcho:
      add(event.number), add(event.length);
      if (event.op != event.connection) add(event.op);
      break;
    default: break;
  }
  return out;
}

/// A long send goes over several lines, which read back as one: after each newline, and at 64
/// bytes.
void printSend(std::string& out, const PlayEvent& event, ByteView bytes) {
  while (!bytes.empty()) {
    std::size_t size = std::min<std::size_t>(bytes.size(), 64);
    const std::size_t newline = bytes.sub(0, size).text().find('\n');
    if (newline != std::string_view::npos) size = newline + 1;
    (out += lineOf(event, bytes.sub(0, size))) += '\n';
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
  std::string_view word(const char* expected) {
    if (atEnd()) fail("the line ends too early", expected);
    const std::string_view out = rest_.substr(0, rest_.find(' '));
    rest_.remove_prefix(out.size());
    return out;
  }
  std::uint64_t number(const char* expected, std::uint64_t most = ~std::uint64_t{0}) {
    return numberIn(word(expected), expected, most);
  }
  std::uint64_t numberIn(std::string_view text, const char* expected, std::uint64_t most = ~std::uint64_t{0}) const {
    std::uint64_t value = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (error != std::errc() || end != text.data() + text.size() || value > most) {
      fail("'" + std::string(text) + "' is no " + expected, "a number up to " + std::to_string(most));
    }
    return value;
  }
  void end() {
    if (!atEnd()) fail("'" + std::string(rest_) + "' is too much", "the end of the line");
  }
  std::string_view rest() const { return rest_; }

  /// Everything behind a quote, up to the next unescaped one.
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
      if (number == 1) magic(line, content);
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
    for (std::size_t kind = 0; kind < kEventKinds; ++kind) {
      if (kEventNames[kind] != name) continue;
      const std::size_t dropped = tape_.play.dropped();
      event(static_cast<PlayEventKind>(kind), line);
      line.end();
      if (tape_.play.dropped() != dropped) line.fail("the play is too long", "at most " + limits());
      return;
    }
    line.fail("unknown line '" + std::string(name) + "'", "a header, choice, or one of " + eventNames());
  }

  void event(PlayEventKind kind, Line& line) {
    Play& play = tape_.play;
    if (kind == PlayEventKind::kAdvance) return void(play.advance(Duration(duration(line))));
    if (kind == PlayEventKind::kNextTimer) return void(play.nextTimer(point(line)));
    if (kind == PlayEventKind::kApp) {
      const std::uint64_t op = line.number("operation", 0xffff);
      return void(play.app(static_cast<unsigned>(op), line.atEnd() ? 0 : line.number("argument")));
    }
    const auto k = static_cast<unsigned>(line.number("connection", Play::kMaxConnections - 1));
    switch (kind) {
      case PlayEventKind::kConnect: play.connect(k, line.atEnd() ? 0 : static_cast<unsigned>(line.number("port", 0xffff))); break;
      case PlayEventKind::kSend: play.send(k, line.quoted()); break;
      case PlayEventKind::kEndOfStream: play.endOfStream(k, withLast(line)); break;
      case PlayEventKind::kEcho: echo(k, line); break;
      case PlayEventKind::kRead: play.read(k, line.number("count")); break;
      case PlayEventKind::kShortWrite: play.shortWrite(k, line.number("count")); break;
      case PlayEventKind::kRedeliver: play.redeliver(k, line.number("count")); break;
      case PlayEventKind::kCut: play.cut(k); break;
      case PlayEventKind::kReset: play.reset(k); break;
      default: play.stopReading(k); break;
    }
  }

  void echo(unsigned k, Line& line) {
    const std::uint64_t from = line.number("offset");
    const std::uint64_t count = line.number("count", 0xffffffffu);
    tape_.play.echo(k, from, count,
                    line.atEnd() ? k : static_cast<unsigned>(line.number("connection", Play::kMaxConnections - 1)));
  }

  static bool withLast(Line& line) {
    if (line.atEnd()) return false;
    const std::string_view word = line.word("withLast");
    if (word != "withLast") line.fail("unknown word '" + std::string(word) + "'", "withLast or the end of the line");
    return true;
  }

  static std::int64_t duration(Line& line) {
    const std::string_view word = line.word("a duration");
    const std::size_t digits = std::min(word.find_first_not_of("0123456789"), word.size());
    for (const Unit& unit : kUnits) {
      if (word.substr(digits) != unit.name) continue;
      const auto longest = static_cast<std::uint64_t>(Play::kMaxAdvance.count());
      return static_cast<std::int64_t>(line.numberIn(word.substr(0, digits), "duration", longest / unit.ns) * unit.ns);
    }
    line.fail("'" + std::string(word) + "' is no duration", "a number and s, ms, us or ns");
  }

  static TimerPoint point(Line& line) {
    const std::string_view word = line.word("before, at or after");
    for (std::size_t i = 0; i < 3; ++i) {
      if (word == kPoints[i]) return static_cast<TimerPoint>(i);
    }
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
    for (const std::string_view name : kEventNames) (out += out.empty() ? "" : ", ") += name;
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

std::string Tape::print() const {
  std::string out = std::string(kMagic) + std::to_string(kFormat) + '\n';
  const std::pair<const char*, const std::string*> headers[] = {
      {"target", &target}, {"scenario", &scenario}, {"revision", &revision}, {"oracle", &oracle}};
  for (const auto& [name, value] : headers) {
    if (!value->empty()) out += std::string(name) + ": " + escaped(*value, kAll) + '\n';
  }
  out += '\n';
  for (const PlayEvent& event : play.events()) {
    if (event.kind == PlayEventKind::kSend) printSend(out, event, play.bytes(event));
    else (out += lineOf(event, {})) += '\n';
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
