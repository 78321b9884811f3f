#include <teasel/core/byte_view.hpp>

#include <ostream>

namespace teasel {

std::string escaped(ByteView bytes, std::size_t limit) {
  static constexpr char kHex[] = "0123456789abcdef";
  std::string out;
  // "\x1" followed by "2" would read as one escape, so the digit is escaped as well
  bool afterHex = false;
  for (const char c : bytes.sub(0, limit)) {
    const auto byte = static_cast<unsigned char>(c);
    const bool isHexDigit = (byte >= '0' && byte <= '9') || (byte >= 'a' && byte <= 'f') || (byte >= 'A' && byte <= 'F');
    if (c == '\r') out += "\\r";
    else if (c == '\n') out += "\\n";
    else if (c == '\t') out += "\\t";
    else if (c == '\\' || c == '"') (out += '\\') += c;
    else if (byte >= 0x20 && byte < 0x7f && !(afterHex && isHexDigit)) out += c;
    else {
      ((out += "\\x") += kHex[byte >> 4]) += kHex[byte & 15];
      afterHex = true;
      continue;
    }
    afterHex = false;
  }
  if (bytes.size() > limit) out += "... (" + std::to_string(bytes.size()) + " bytes)";
  return out;
}

void PrintTo(ByteView bytes, std::ostream* out) { *out << bytes; }

std::ostream& operator<<(std::ostream& out, ByteView bytes) { return out << '"' << escaped(bytes) << '"'; }

}  // namespace teasel
