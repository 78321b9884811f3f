#pragma once

#include <charconv>
#include <string>
#include <vector>

#include <teasel/application/detail/options.hpp>
#include <teasel/application/run.hpp>

namespace teasel::detail::test {

/// A program with an option of each kind.
struct Known {
  std::string quote = "default", count = "1", loud = "false", config;
  std::vector<std::string> listen{"tcp:8000"};
  std::vector<Option> options{
      {"quote", "TEXT", "the quote", OptionKind::kText, "a text",
       [this](const auto& texts) { return quote = texts.back(), true; }},
      {"count", "N", "how many", OptionKind::kInteger, "a whole number",
       [this](const auto& texts) { return number(texts.back()); }},
      {"listen", "STRING", "where", OptionKind::kTexts, "texts", [this](const auto& texts) { return listen = texts, true; }},
      {"loud", "", "in capitals", OptionKind::kSwitch, "true or false",
       [this](const auto& texts) { return loud = texts.back(), true; }},
      {"config", "FILE", "a file", OptionKind::kText, "a text", [this](const auto& texts) { return config = texts.back(), true; },
       false}};

  Known() = default;
  Known(const Known&) = delete;
  Known& operator=(const Known&) = delete;

  /// Reads a command line. Returns what is wrong, or "".
  std::string read(const std::vector<std::string>& arguments) {
    try {
      parse(arguments);
      return "";
    } catch (const ConfigurationError& error) {
      return error.what();
    }
  }
  /// What it prints.
  std::string printed(const std::vector<std::string>& arguments) { return parse(arguments).value_or(""); }
  /// Reads the text of a file chat.toml. Returns what is wrong, or "".
  std::string readFile(const std::string& text) {
    try {
      readConfigText("chat.toml", text, options);
      return "";
    } catch (const ConfigurationError& error) {
      return error.what();
    }
  }

 private:
  std::optional<std::string> parse(const std::vector<std::string>& arguments) {
    std::vector<const char*> argv{"program"};
    for (const std::string& argument : arguments) argv.push_back(argument.c_str());
    return readCommandLine({"program", "Does something.", "1.2"}, options, static_cast<int>(argv.size()), argv.data());
  }
  bool number(const std::string& text) {
    int value = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (error != std::errc() || end != text.data() + text.size()) return false;
    count = text;
    return true;
  }
};

}  // namespace teasel::detail::test
