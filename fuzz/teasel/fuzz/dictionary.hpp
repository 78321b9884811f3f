#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace teasel::fuzz {

/// The words of a dictionary in the format of libFuzzer and AFL: one in a line, `"word"` or
/// `name="word"`. A backslash stands before a backslash or a quote, or before x and two hexadecimal
/// digits, which are a byte. # begins a comment line. Lines that are no words, and empty words, are
/// left out: libFuzzer, which reads the same file, ends with an error.
std::vector<std::string> dictionaryWords(std::string_view text);

}  // namespace teasel::fuzz
