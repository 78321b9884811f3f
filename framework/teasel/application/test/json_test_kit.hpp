#pragma once

#include <cstddef>
#include <map>
#include <optional>
#include <string>
#include <string_view>

namespace teasel::test {

/// Reads a JSON object whose values are strings and such objects, strictly as RFC 8259 says, and
/// nothing else: what the log writes.
class JsonObject {
 public:
  /// The members by name; those of an object inside as "outer.inner". Nothing if it is no JSON.
  static std::optional<std::map<std::string, std::string>> parse(std::string_view text) {
    JsonObject object(text);
    if (!object.readObject("") || object.at_ != text.size()) return std::nullopt;
    return object.members_;
  }

 private:
  explicit JsonObject(std::string_view text) : text_(text) {}

  bool take(char c) {
    if (at_ == text_.size() || text_[at_] != c) return false;
    ++at_;
    return true;
  }
  bool readObject(const std::string& prefix) {
    if (!take('{')) return false;
    do {
      std::string name, value;
      if (!readString(name) || !take(':')) return false;
      name.insert(0, prefix);
      if (at_ < text_.size() && text_[at_] == '{') {
        if (!readObject(name + ".")) return false;
      } else if (!readString(value) || !members_.emplace(name, value).second) {
        return false;
      }
    } while (take(','));
    return take('}');
  }
  bool readString(std::string& out) {
    if (!take('"')) return false;
    while (at_ < text_.size()) {
      const char c = text_[at_++];
      if (c == '"') return true;
      if (static_cast<unsigned char>(c) < 0x20) return false;
      if (c != '\\') out += c;
      else if (!readEscape(out)) return false;
    }
    return false;
  }
  bool readEscape(std::string& out) {
    static constexpr std::string_view kLetters = "\"\\/bfnrt", kMeans = "\"\\/\b\f\n\r\t";
    if (at_ == text_.size()) return false;
    const char c = text_[at_++];
    if (const auto letter = kLetters.find(c); letter != std::string_view::npos) return out += kMeans[letter], true;
    if (c != 'u' || text_.size() - at_ < 4) return false;
    const std::string digits(text_.substr(at_, 4));
    if (digits.find_first_not_of("0123456789abcdefABCDEF") != std::string::npos) return false;
    at_ += 4;
    const unsigned long code = std::stoul(digits, nullptr, 16);
    if (code < 0x80) return out += static_cast<char>(code), true;
    if (code < 0x800) return out += static_cast<char>(0xc0 | (code >> 6)), out += static_cast<char>(0x80 | (code & 0x3f)), true;
    out += static_cast<char>(0xe0 | (code >> 12));
    out += static_cast<char>(0x80 | ((code >> 6) & 0x3f));
    out += static_cast<char>(0x80 | (code & 0x3f));
    return true;
  }

  std::string_view text_;
  std::size_t at_ = 0;
  std::map<std::string, std::string> members_;
};

}  // namespace teasel::test
