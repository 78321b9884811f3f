#include <teasel/fuzz/dictionary.hpp>

#include <algorithm>
#include <charconv>
#include <optional>
#include <utility>

namespace teasel::fuzz {

namespace {

/// The word between the first quote of a line and the last one. Null if there is none, or if an
/// escape in it is none of the format.
std::optional<std::string> wordOf(std::string_view line) {
  const std::size_t begin = line.find('"'), end = line.rfind('"');
  if (begin == std::string_view::npos || end == begin || line[line.find_first_not_of(" \t")] == '#') return std::nullopt;
  std::string word;
  for (std::string_view rest = line.substr(begin + 1, end - begin - 1); !rest.empty();) {
    std::size_t taken = 1;
    char byte = rest[0];
    if (byte == '\\') {
      if (rest.size() >= 2 && (rest[1] == '\\' || rest[1] == '"')) {
        byte = rest[1];
        taken = 2;
      } else {
        unsigned value = 0;
        if (rest.size() < 4 || rest[1] != 'x') return std::nullopt;
        const auto read = std::from_chars(rest.data() + 2, rest.data() + 4, value, 16);
        if (read.ptr != rest.data() + 4) return std::nullopt;
        byte = static_cast<char>(value);
        taken = 4;
      }
    }
    word += byte;
    rest.remove_prefix(taken);
  }
  return word;
}

}  // namespace

std::vector<std::string> dictionaryWords(std::string_view text) {
  std::vector<std::string> words;
  while (!text.empty()) {
    const std::string_view line = text.substr(0, text.find('\n'));
    text.remove_prefix(std::min(line.size() + 1, text.size()));
    if (auto word = wordOf(line); word && !word->empty()) words.push_back(std::move(*word));
  }
  return words;
}

}  // namespace teasel::fuzz
