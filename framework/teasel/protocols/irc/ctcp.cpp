#include <teasel/protocols/irc/ctcp.hpp>

#include <algorithm>
#include <span>

namespace teasel::irc {

namespace {

/// What stands for a byte behind the quote.
struct Escape {
  char byte, letter;
};
constexpr Escape kLowEscapes[] = {{'\0', '0'}, {'\n', 'n'}, {'\r', 'r'}, {kLowQuote, kLowQuote}};
constexpr Escape kCtcpEscapes[] = {{kCtcpDelimiter, 'a'}, {kCtcpQuote, kCtcpQuote}};

std::string quote(std::string_view text, char mark, std::span<const Escape> escapes) {
  std::string quoted;
  quoted.reserve(text.size());
  for (const char byte : text) {
    const auto found = std::find_if(escapes.begin(), escapes.end(), [byte](const Escape& escape) { return escape.byte == byte; });
    if (found == escapes.end()) {
      quoted += byte;
    } else {
      quoted += mark;
      quoted += found->letter;
    }
  }
  return quoted;
}

std::string dequote(std::string_view text, char mark, std::span<const Escape> escapes) {
  std::string plain;
  plain.reserve(text.size());
  for (std::size_t at = 0; at < text.size(); ++at) {
    if (text[at] != mark || at + 1 == text.size()) {
      plain += text[at];
      continue;
    }
    const char letter = text[++at];
    const auto found =
        std::find_if(escapes.begin(), escapes.end(), [letter](const Escape& escape) { return escape.letter == letter; });
    plain += found == escapes.end() ? letter : found->byte;
  }
  return plain;
}

CtcpMessage parseExtended(std::string_view quoted) {
  const std::string plain = ctcpDequote(quoted);
  const std::size_t space = plain.find(' ');
  if (space == std::string::npos) return {.tag = plain, .data = {}};
  return {.tag = plain.substr(0, space), .data = plain.substr(space + 1)};
}

}  // namespace

std::string lowQuote(std::string_view text) { return quote(text, kLowQuote, kLowEscapes); }
std::string lowDequote(std::string_view text) { return dequote(text, kLowQuote, kLowEscapes); }
std::string ctcpQuote(std::string_view text) { return quote(text, kCtcpQuote, kCtcpEscapes); }
std::string ctcpDequote(std::string_view text) { return dequote(text, kCtcpQuote, kCtcpEscapes); }

CtcpText ctcpExtract(std::string_view text) {
  CtcpText parts;
  bool extended = false;
  while (true) {
    const std::size_t end = text.find(kCtcpDelimiter);
    const std::string_view piece = text.substr(0, end);
    if (!piece.empty()) {
      if (extended) parts.extended.push_back(parseExtended(piece));
      else parts.normal.emplace_back(piece);
    }
    if (end == std::string_view::npos) return parts;
    text.remove_prefix(end + 1);
    extended = !extended;
  }
}

std::string ctcpStringify(const std::vector<CtcpMessage>& messages) {
  std::string text;
  for (const CtcpMessage& message : messages) {
    text += kCtcpDelimiter;
    text += ctcpQuote(message.data.empty() ? message.tag : message.tag + ' ' + message.data);
    text += kCtcpDelimiter;
  }
  return text;
}

}  // namespace teasel::irc
