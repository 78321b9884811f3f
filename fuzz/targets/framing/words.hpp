#pragma once

#include <charconv>
#include <cstdint>
#include <string_view>

/// Functions with which the targets read commands. A command consists of words and numbers.

namespace teasel::targets {

/// Takes `word` and the space after it off the beginning of `text`. Returns false if `text` does
/// not begin with that word. `text` is then changed if it begins with a longer word that begins
/// with `word`.
inline bool takeWord(std::string_view& text, std::string_view word) {
  if (!text.starts_with(word)) return false;
  text.remove_prefix(word.size());
  if (!text.empty() && text.front() != ' ') return false;
  if (!text.empty()) text.remove_prefix(1);
  return true;
}

/// Takes the number at the beginning off `text`. Returns false, and leaves `text` as it is, if
/// there is no number or the number is above `most`.
inline bool takeNumber(std::string_view& text, std::uint32_t most, std::uint32_t& number) {
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc() || number > most) return false;
  text.remove_prefix(static_cast<std::size_t>(end - text.data()));
  return true;
}

}  // namespace teasel::targets
