#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace teasel::fuzz {

/// The words of a dictionary in the format of libFuzzer and AFL: one in a line, `"word"` or
/// `name="word"`, where \\, \" and \xAB are escapes and # begins a comment line. Lines that are no
/// words, and empty words, are left out: libFuzzer, which reads the same file, ends with an error.
std::vector<std::string> dictionaryWords(std::string_view text);

}  // namespace teasel::fuzz
