#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

/// The options of a program, and the two places that they come from: the command line and a file.
/// What is wrong there throws ConfigurationError, in one line.
namespace teasel::detail {

enum class OptionKind : std::uint8_t { kText, kInteger, kTexts, kSwitch };

struct Option {
  /// Without dashes: "log-format". It is the key of the configuration file, too.
  std::string name;
  /// What --help calls the value: "FORMAT". Empty for a switch.
  std::string value;
  std::string about;
  OptionKind kind;
  /// What values there are, for messages: "text or json".
  std::string takes;
  /// Takes what was given: one text, or for kTexts all of them. A switch gets "true" or "false".
  /// Returns false when a text is none of the values.
  std::function<bool(const std::vector<std::string>&)> set;
  /// False for an option that only the command line has.
  bool inFile = true;
  /// Whether the command line has it. The file does not change it then.
  bool given = false;
};

/// Hands texts to an option. `where` begins the message when it takes none of them: "--log-format"
/// or "chat.toml:3: log-format".
void give(Option& option, const std::string& where, const std::vector<std::string>& texts);

/// What --help and --version print.
struct About {
  std::string name;
  std::string text;
  std::string version;
};

/// Reads the command line. Gives the text that is to be printed where it asks for --help or
/// --version; the program ends then.
std::optional<std::string> readCommandLine(const About& about, std::vector<Option>& options, int argc, const char* const* argv);

/// A longer file is refused.
inline constexpr std::size_t kMaxConfigBytes = std::size_t{64} * 1024;
/// So is one with more tables or arrays inside one another. toml11 recurs at each level.
inline constexpr std::size_t kMaxConfigNesting = 16;

/// Reads a TOML file with a key for each option. `path` stands in messages as it is.
void readConfigFile(const std::string& path, std::vector<Option>& options);
/// The same for a text that was read from `path`.
void readConfigText(const std::string& path, const std::string& text, std::vector<Option>& options);
/// The number of the first line that is nested too deeply, or 0.
std::size_t lineNestedTooDeeply(std::string_view text) noexcept;

}  // namespace teasel::detail
