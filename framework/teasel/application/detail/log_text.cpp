#include <teasel/application/detail/log_text.hpp>

#include <chrono>

namespace teasel::detail {

namespace {

constexpr char kHex[] = "0123456789abcdef";

void appendNumber(std::string& out, std::int64_t number, std::size_t digits) {
  const std::string text = std::to_string(number);
  if (text.size() < digits) out.append(digits - text.size(), '0');
  out += text;
}

/// How many bytes the UTF-8 sequence has that `text` begins with; 0 if it begins with none (RFC
/// 3629: no overlong form, no surrogate, nothing above U+10FFFF).
std::size_t sequenceLength(std::string_view text) noexcept {
  const auto byte = [text](std::size_t at) { return static_cast<unsigned char>(text[at]); };
  const unsigned char first = byte(0);
  if (first < 0x80) return 1;
  const std::size_t length = first >= 0xf0 ? 4 : first >= 0xe0 ? 3 : 2;
  if (first < 0xc2 || first > 0xf4 || text.size() < length) return 0;
  for (std::size_t i = 1; i < length; ++i)
    if ((byte(i) & 0xc0) != 0x80) return 0;
  const unsigned char second = byte(1);
  if ((first == 0xe0 && second < 0xa0) || (first == 0xed && second > 0x9f) || (first == 0xf0 && second < 0x90) ||
      (first == 0xf4 && second > 0x8f))
    return 0;
  return length;
}

/// Whether a terminal may take it for an order: the control characters below U+00A0.
bool isControl(std::string_view sequence) noexcept {
  const auto first = static_cast<unsigned char>(sequence[0]);
  if (sequence.size() == 1) return first < 0x20 || first == 0x7f;
  return first == 0xc2 && static_cast<unsigned char>(sequence[1]) < 0xa0;
}

/// Calls put(sequence, whether it is UTF-8) for each character or wrong byte of `text`. Cuts it at
/// kMaxLogText, between two characters, and returns how many bytes are missing.
template <class Put>
std::size_t forEachCharacter(std::string_view text, Put put) {
  std::size_t at = 0;
  while (at < text.size()) {
    const std::size_t length = sequenceLength(text.substr(at));
    const std::size_t step = length == 0 ? 1 : length;
    if (at + step > kMaxLogText) break;
    put(text.substr(at, step), length != 0);
    at += step;
  }
  return text.size() - at;
}

std::string missingText(std::size_t missing) {
  return missing == 0 ? std::string() : "... (" + std::to_string(missing) + " bytes more)";
}

void appendHexBytes(std::string& out, std::string_view bytes) {
  for (const char c : bytes) {
    out += "\\x";
    out += kHex[static_cast<unsigned char>(c) >> 4];
    out += kHex[static_cast<unsigned char>(c) & 15];
  }
}

/// The letter of the short escape that both formats have, or NUL.
char shortEscape(std::string_view sequence) noexcept {
  if (sequence.size() != 1) return '\0';
  switch (sequence[0]) {
    case '\n': return 'n';
    case '\r': return 'r';
    case '\t': return 't';
    default: return '\0';
  }
}

}  // namespace

std::string timeText(std::int64_t microseconds) {
  using namespace std::chrono;
  const std::chrono::microseconds since(microseconds);
  const auto day = floor<days>(since);
  const year_month_day date{sys_days(day)};
  const hh_mm_ss time(since - day);
  std::string text;
  appendNumber(text, static_cast<int>(date.year()), 4);
  text += '-';
  appendNumber(text, static_cast<unsigned>(date.month()), 2);
  text += '-';
  appendNumber(text, static_cast<unsigned>(date.day()), 2);
  text += 'T';
  appendNumber(text, time.hours().count(), 2);
  text += ':';
  appendNumber(text, time.minutes().count(), 2);
  text += ':';
  appendNumber(text, time.seconds().count(), 2);
  text += '.';
  appendNumber(text, time.subseconds().count(), 6);
  text += 'Z';
  return text;
}

std::string oneLine(std::string_view text) {
  std::string out;
  const std::size_t missing = forEachCharacter(text, [&out](std::string_view sequence, bool valid) {
    if (const char letter = shortEscape(sequence); letter != '\0') (out += '\\') += letter;
    else if (!valid || isControl(sequence)) appendHexBytes(out, sequence);
    else out += sequence;
  });
  return out + missingText(missing);
}

std::string jsonString(std::string_view text) {
  std::string out = "\"";
  const std::size_t missing = forEachCharacter(text, [&out](std::string_view sequence, bool valid) {
    if (const char letter = shortEscape(sequence); letter != '\0') {
      (out += '\\') += letter;
    } else if (!valid) {
      out += "\\ufffd";
    } else if (isControl(sequence)) {
      // The code point of a control character is its last byte, in UTF-8 as well.
      const auto code = static_cast<unsigned char>(sequence.back());
      ((out += "\\u00") += kHex[code >> 4]) += kHex[code & 15];
    } else {
      if (sequence == "\"" || sequence == "\\") out += '\\';
      out += sequence;
    }
  });
  return out + missingText(missing) + '"';
}

std::string textLine(const LogEvent& event, std::int64_t microseconds) {
  std::string line =
      timeText(microseconds) + ' ' + name(event.level) + ' ' + oneLine(event.source) + ": " + oneLine(event.message);
  if (event.failure != nullptr) line += ": " + oneLine(event.failure->text());
  return line + '\n';
}

std::string jsonLine(const LogEvent& event, std::int64_t microseconds) {
  std::string line = R"({"time":")" + timeText(microseconds) + R"(","level":")" + name(event.level) + R"(","source":)" +
                     jsonString(event.source) + R"(,"message":)" + jsonString(event.message);
  if (event.failure != nullptr) {
    line += R"(,"failure":{"kind":)" + jsonString(event.failure->name()) + R"(,"what":)" + jsonString(event.failure->what()) +
            R"(,"where":)" + jsonString(event.failure->where().text()) + '}';
  }
  return line + "}\n";
}

}  // namespace teasel::detail
