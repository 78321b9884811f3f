#include <teasel/fakes/world/script_diff.hpp>

#include <algorithm>
#include <cstddef>

namespace teasel::fakes {

namespace {

constexpr std::size_t kWidth = 16;
constexpr char kDigits[] = "0123456789abcdef";

/// The column of a byte within the hexadecimal part of a line. There is a gap in the middle.
std::size_t columnOf(std::size_t byte) { return 3 * byte + (byte >= kWidth / 2 ? 1 : 0); }

std::string offsetText(std::size_t at) {
  std::string text(8, '0');
  for (std::size_t i = text.size(); i-- > 0; at >>= 4) text[i] = kDigits[at & 0xf];
  return text;
}

void addLine(std::string& out, const char* label, std::size_t at, ByteView bytes) {
  std::string hex(columnOf(kWidth), ' '), text;
  for (std::size_t i = 0; i < bytes.size(); ++i) {
    const auto byte = static_cast<unsigned char>(bytes[i]);
    hex[columnOf(i)] = kDigits[byte >> 4];
    hex[columnOf(i) + 1] = kDigits[byte & 0xf];
    text += byte >= 0x20 && byte < 0x7f ? bytes[i] : '.';
  }
  out += label + offsetText(at) + "  " + hex + " |" + text + "|\n";
}

void addMarks(std::string& out, std::size_t indent, ByteView a, ByteView b) {
  std::string marks(columnOf(kWidth), ' ');
  for (std::size_t i = 0; i < std::max(a.size(), b.size()); ++i)
    if (i >= a.size() || i >= b.size() || a[i] != b[i]) marks.replace(columnOf(i), 2, "^^");
  marks.erase(marks.find_last_not_of(' ') + 1);
  out += std::string(indent, ' ') + marks + '\n';
}

}  // namespace

std::string hexDiff(ByteView expected, ByteView got, std::size_t lines) {
  const std::size_t common = std::min(expected.size(), got.size());
  const auto first =
      static_cast<std::size_t>(std::mismatch(expected.begin(), expected.begin() + common, got.begin()).first - expected.begin());
  const std::size_t size = std::max(expected.size(), got.size());
  if (first == size) return "";
  std::string out;
  std::size_t at = first / kWidth * kWidth;
  if (at > 0) addLine(out, "both     ", at - kWidth, expected.sub(at - kWidth, kWidth));
  for (std::size_t shown = 0; at < size && shown < lines; at += kWidth, ++shown) {
    const ByteView a = expected.sub(at, kWidth), b = got.sub(at, kWidth);
    if (a == b) {
      addLine(out, "both     ", at, a);
      continue;
    }
    addLine(out, "expected ", at, a);
    addLine(out, "got      ", at, b);
    addMarks(out, 9 + 8 + 2, a, b);
  }
  if (at < size) out += "... " + std::to_string(expected.size()) + " bytes expected, " + std::to_string(got.size()) + " there\n";
  return out;
}

}  // namespace teasel::fakes
