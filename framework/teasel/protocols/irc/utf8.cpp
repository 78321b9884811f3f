#include <teasel/protocols/irc/utf8.hpp>

#include <algorithm>

#include <teasel/core/errors.hpp>

namespace teasel::irc {

namespace {

unsigned char byteAt(std::string_view text, std::size_t at) noexcept { return static_cast<unsigned char>(text[at]); }
bool isTail(unsigned char byte) noexcept { return (byte & 0xc0) == 0x80; }

/// How many bytes the character at `at` has; 0 when the bytes there are not UTF-8.
std::size_t sizeOfCharacter(std::string_view text, std::size_t at) noexcept {
  const unsigned char first = byteAt(text, at);
  if (first < 0x80) return 1;
  const std::size_t size = first >= 0xf0 ? 4 : first >= 0xe0 ? 3 : 2;
  if (first < 0xc2 || first > 0xf4 || text.size() - at < size) return 0;
  // What the second byte may be besides a tail byte: no longer form than needed, no surrogates,
  // nothing too large.
  const unsigned char second = byteAt(text, at + 1);
  const unsigned char low = first == 0xe0 ? 0xa0 : first == 0xf0 ? 0x90 : 0x80;
  const unsigned char high = first == 0xed ? 0x9f : first == 0xf4 ? 0x8f : 0xbf;
  if (second < low || second > high) return 0;
  for (std::size_t i = 2; i < size; ++i)
    if (!isTail(byteAt(text, at + i))) return 0;
  return size;
}

/// `size` or one less: the end of an escape that begins before `size` would be behind it.
std::size_t wholeEscapes(std::string_view text, std::size_t size, std::string_view quotes) noexcept {
  std::size_t at = 0;
  while (at < size) at += quotes.find(text[at]) == std::string_view::npos ? 1 : 2;
  return at > size && size > 1 ? size - 1 : size;
}

bool isLineEnd(char byte) noexcept { return byte == '\r' || byte == '\n'; }

}  // namespace

bool isUtf8(std::string_view text) noexcept {
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t size = sizeOfCharacter(text, at);
    if (size == 0) return false;
    at += size;
  }
  return true;
}

std::string toUtf8(std::string_view text) {
  std::string good;
  good.reserve(text.size());
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t size = sizeOfCharacter(text, at);
    if (size == 0) good += "\xef\xbf\xbd";
    else good.append(text, at, size);
    at += size == 0 ? 1 : size;
  }
  return good;
}

std::size_t wholeCharacters(std::string_view text, std::size_t bytes) noexcept {
  if (text.size() <= bytes) return text.size();
  if (bytes == 0) return 0;
  // The character that the limit may cut begins at most three bytes before it.
  for (std::size_t back = 1; back <= 3 && back < bytes; ++back) {
    const std::size_t at = bytes - back;
    if (isTail(byteAt(text, at))) continue;
    return sizeOfCharacter(text, at) > back ? at : bytes;
  }
  return bytes;
}

std::vector<std::string_view> splitText(std::string_view text, std::size_t bytes, std::string_view quotes) {
  if (bytes == 0) throw UsageError("splitText: a piece needs at least one byte");
  std::vector<std::string_view> pieces;
  while (!text.empty()) {
    const auto end = static_cast<std::size_t>(std::find_if(text.begin(), text.end(), isLineEnd) - text.begin());
    std::string_view line = text.substr(0, end);
    while (line.size() > bytes) {
      // The space itself may stand right behind what fits.
      const std::size_t space = line.substr(0, bytes + 1).rfind(' ');
      const bool atSpace = space != std::string_view::npos && space > 0;
      const std::size_t size = atSpace ? space : wholeEscapes(line, wholeCharacters(line, bytes), quotes);
      pieces.push_back(line.substr(0, size));
      line.remove_prefix(atSpace ? size + 1 : size);
    }
    if (!line.empty()) pieces.push_back(line);
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return pieces;
}

}  // namespace teasel::irc
