#include <teasel/protocols/irc/tags.hpp>

#include <algorithm>

namespace teasel::irc {

std::string escapeTagValue(std::string_view value) {
  std::string text;
  text.reserve(value.size());
  for (const char byte : value) {
    switch (byte) {
      case ';': text += "\\:"; break;
      case ' ': text += "\\s"; break;
      case '\\': text += "\\\\"; break;
      case '\r': text += "\\r"; break;
      case '\n': text += "\\n"; break;
      default: text += byte;
    }
  }
  return text;
}

std::string unescapeTagValue(std::string_view value) {
  std::string text;
  text.reserve(value.size());
  for (std::size_t at = 0; at < value.size(); ++at) {
    if (value[at] != '\\') {
      text += value[at];
      continue;
    }
    if (++at == value.size()) break;
    switch (value[at]) {
      case ':': text += ';'; break;
      case 's': text += ' '; break;
      case 'r': text += '\r'; break;
      case 'n': text += '\n'; break;
      default: text += value[at];
    }
  }
  return text;
}

bool isTagKey(std::string_view key) noexcept {
  if (key.starts_with('+')) key.remove_prefix(1);
  const std::size_t slash = key.find('/');
  const std::string_view vendor = slash == std::string_view::npos ? std::string_view() : key.substr(0, slash);
  const std::string_view name = slash == std::string_view::npos ? key : key.substr(slash + 1);
  const auto plain = [](char byte) {
    return (byte >= 'a' && byte <= 'z') || (byte >= 'A' && byte <= 'Z') || (byte >= '0' && byte <= '9') || byte == '-';
  };
  return !name.empty() && slash != 0 && std::all_of(name.begin(), name.end(), plain) &&
         std::all_of(vendor.begin(), vendor.end(), [plain](char byte) { return plain(byte) || byte == '.'; });
}

Tag Tags::Iterator::operator*() const noexcept {
  const std::string_view whole = rest_.substr(0, rest_.find(';'));
  const std::size_t equals = whole.find('=');
  if (equals == std::string_view::npos) return {.key = whole, .value = {}};
  return {.key = whole.substr(0, equals), .value = whole.substr(equals + 1)};
}

Tags::Iterator& Tags::Iterator::operator++() noexcept {
  rest_.remove_prefix(std::min(rest_.find(';'), rest_.size()));
  skipEmpty();
  return *this;
}

void Tags::Iterator::skipEmpty() noexcept { rest_.remove_prefix(std::min(rest_.find_first_not_of(';'), rest_.size())); }

std::optional<std::string_view> Tags::find(std::string_view key) const noexcept {
  std::optional<std::string_view> found;
  for (const Tag tag : *this)
    if (tag.key == key) found = tag.value;
  return found;
}

std::optional<std::string> Tags::get(std::string_view key) const {
  const auto value = find(key);
  if (!value) return std::nullopt;
  return unescapeTagValue(*value);
}

}  // namespace teasel::irc
