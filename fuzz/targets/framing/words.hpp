#pragma once

#include <charconv>
#include <cstdint>
#include <string_view>

/// How the targets read commands: words and numbers.

namespace teasel::targets {

/// "word rest" -> rest, when the text begins with that word.
inline bool takeWord(std::string_view& text, std::string_view word) {
  if (!text.starts_with(word)) return false;
  text.remove_prefix(word.size());
  if (!text.empty() && text.front() != ' ') return false;
  if (!text.empty()) text.remove_prefix(1);
  return true;
}

/// The number at the beginning, which is taken off; false when there is none or it is above `most`.
inline bool takeNumber(std::string_view& text, std::uint32_t most, std::uint32_t& number) {
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc() || number > most) return false;
  text.remove_prefix(static_cast<std::size_t>(end - text.data()));
  return true;
}

}  // namespace teasel::targets
