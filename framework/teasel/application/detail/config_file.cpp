#include <teasel/application/detail/options.hpp>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <fstream>
#include <sstream>
#include <system_error>
#include <tuple>
#include <utility>

#include <toml.hpp>

#include <teasel/application/detail/log_text.hpp>
#include <teasel/application/run.hpp>

namespace teasel::detail {

namespace {

const char* typeOf(const toml::value& value) noexcept {
  switch (value.type()) {
    case toml::value_t::boolean: return "true or false";
    case toml::value_t::integer: return "a whole number";
    case toml::value_t::floating: return "a number with a fraction";
    case toml::value_t::string: return "a string";
    case toml::value_t::array: return "an array";
    case toml::value_t::table: return "a table";
    case toml::value_t::empty: return "nothing";
    default: return "a date or time";
  }
}

const char* typeFor(OptionKind kind) noexcept {
  switch (kind) {
    case OptionKind::kText: return "a string";
    case OptionKind::kInteger: return "a whole number";
    case OptionKind::kTexts: return "a string or an array of strings";
    case OptionKind::kSwitch: return "true or false";
  }
  return "";
}

/// The texts that a value stands for; nothing if its type is not that of the option.
std::optional<std::vector<std::string>> textsOf(const toml::value& value, OptionKind kind) {
  using Texts = std::vector<std::string>;
  const bool text = kind == OptionKind::kText || kind == OptionKind::kTexts;
  if (text && value.is_string()) return Texts{value.as_string().str};
  if (kind == OptionKind::kInteger && value.is_integer()) return Texts{std::to_string(value.as_integer())};
  if (kind == OptionKind::kSwitch && value.is_boolean()) return Texts{value.as_boolean() ? "true" : "false"};
  if (kind != OptionKind::kTexts || !value.is_array()) return std::nullopt;
  Texts texts;
  for (const toml::value& element : value.as_array()) {
    if (!element.is_string()) return std::nullopt;
    texts.push_back(element.as_string().str);
  }
  return texts;
}

/// Whether the integer is the one in the file. toml11 3.7.1 gives another one, and no error, for a
/// number that does not fit into 64 bits.
bool fits(const toml::value& value) {
  const toml::source_location place = value.location();
  const std::size_t begin = std::min<std::size_t>(place.column() - 1, place.line_str().size());
  std::string token = place.line_str().substr(begin, place.region());
  std::erase(token, '_');
  std::string_view digits = token;
  if (digits.starts_with('+')) digits.remove_prefix(1);
  int base = 10;
  for (const auto& [prefix, of] : {std::pair("0x", 16), std::pair("0o", 8), std::pair("0b", 2)})
    if (digits.starts_with(prefix)) base = of;
  if (base != 10) digits.remove_prefix(2);
  std::int64_t number = 0;
  const char* const last = digits.data() + digits.size();
  const auto [end, error] = std::from_chars(digits.data(), last, number, base);
  return error == std::errc() && end == last && number == value.as_integer();
}

std::string allowedKeys(const std::vector<Option>& options) {
  std::vector<std::string> names;
  for (const Option& option : options)
    if (option.inFile) names.push_back(option.name);
  std::sort(names.begin(), names.end());
  std::string text;
  for (const std::string& name : names) text += (text.empty() ? "" : ", ") + name;
  return text;
}

/// The number in a row of toml11's messages, " 3 | key = valu"; 0 if the row is another one.
std::size_t numberOfRow(std::string_view row) noexcept {
  const std::size_t begin = std::min(row.find_first_not_of(' '), row.size());
  std::size_t number = 0;
  const auto [end, error] = std::from_chars(row.data() + begin, row.data() + row.size(), number);
  const std::string_view rest = row.substr(static_cast<std::size_t>(end - row.data()));
  return error == std::errc() && rest.starts_with(" | ") ? number : 0;
}

/// toml11's messages have several lines: "[error] toml::parse_value: what", then the places in the
/// file. Gives "what", and raises `line` to the last number there: for a key that is there twice,
/// that is the second one.
std::string syntaxMessage(std::string_view said, std::size_t& line) {
  std::string_view first = said.substr(0, said.find('\n'));
  for (const std::string_view prefix : {"[error] ", "toml::"})
    if (first.starts_with(prefix)) first.remove_prefix(prefix.size());
  // The name of the function that found it.
  const std::size_t name = first.find_first_not_of("abcdefghijklmnopqrstuvwxyz_");
  if (name != std::string_view::npos && first.substr(name).starts_with(":")) first.remove_prefix(name + 1);
  first.remove_prefix(std::min(first.find_first_not_of(' '), first.size()));
  while (!said.empty()) {
    line = std::max(line, numberOfRow(said.substr(0, said.find('\n'))));
    said.remove_prefix(std::min(said.find('\n'), said.size() - 1) + 1);
  }
  return std::string(first);
}

toml::value parse(const std::string& path, const std::string& text) {
  try {
    std::istringstream stream(text);
    return toml::parse(stream, path);
  } catch (const toml::exception& error) {
    std::size_t line = 0;
    const std::string what = syntaxMessage(error.what(), line);
    if (line == 0) line = error.location().line();
    throw ConfigurationError(path + ":" + std::to_string(line) + ": " + oneLine(what));
  }
}

/// One key of the file.
struct Entry {
  std::size_t line;
  std::string key;
  const toml::value* value;
};

std::vector<Entry> entriesOf(const toml::value& root) {
  std::vector<Entry> entries;
  for (const auto& [key, value] : root.as_table()) entries.push_back({value.location().line(), key, &value});
  std::sort(entries.begin(), entries.end(),
            [](const Entry& a, const Entry& b) { return std::tie(a.line, a.key) < std::tie(b.line, b.key); });
  return entries;
}

/// The nesting of brackets, braces and dotted keys in a TOML text, strings and comments left out.
class Nesting {
 public:
  explicit Nesting(std::string_view text) noexcept : text_(text) {}
  std::size_t firstTooDeep() noexcept {
    for (; at_ < text_.size(); ++at_) {
      step(text_[at_]);
      if (depth_ > kMaxConfigNesting || dots_ > kMaxConfigNesting) return line_;
    }
    return 0;
  }

 private:
  void step(char c) noexcept {
    switch (c) {
      case '\n':
        ++line_;
        dots_ = 0;
        break;
      case '#': skipTo("\n"); break;
      case '"':
      case '\'': skipString(c); break;
      case '[':
      case '{':
        ++depth_;
        dots_ = 0;
        break;
      case ']':
      case '}':
        depth_ -= depth_ > 0 ? 1 : 0;
        dots_ = 0;
        break;
      case '=':
      case ',': dots_ = 0; break;
      case '.': ++dots_; break;
      default: break;
    }
  }
  /// Goes to the character before `end`, or to the end of the text.
  void skipTo(std::string_view end) noexcept {
    const std::size_t found = text_.find(end, at_);
    at_ = found == std::string_view::npos ? text_.size() : found - 1;
  }
  /// Goes to the last character of the string that begins here. A string that does not end is left
  /// to toml11.
  void skipString(char quote) noexcept {
    const std::string three(3, quote);
    const bool lines = text_.substr(at_, 3) == three;
    const std::string_view mark = std::string_view(three).substr(0, lines ? 3 : 1);
    for (at_ += mark.size(); at_ < text_.size(); ++at_) {
      if (text_.substr(at_, mark.size()) == mark) {
        at_ += mark.size() - 1;
        return;
      }
      const bool escape = quote == '"' && text_[at_] == '\\';
      if (escape && text_.substr(at_ + 1, 1) != "\n") ++at_;
      if (at_ < text_.size() && text_[at_] == '\n') {
        if (lines) ++line_;
        else return step('\n');
      }
    }
  }

  std::string_view text_;
  std::size_t at_ = 0, line_ = 1, depth_ = 0, dots_ = 0;
};

}  // namespace

std::size_t lineNestedTooDeeply(std::string_view text) noexcept { return Nesting(text).firstTooDeep(); }

void readConfigText(const std::string& path, const std::string& text, std::vector<Option>& options) {
  if (const std::size_t line = lineNestedTooDeeply(text); line != 0)
    throw ConfigurationError(path + ":" + std::to_string(line) + ": nested deeper than " + std::to_string(kMaxConfigNesting) +
                             " levels");
  const toml::value root = parse(path, text);
  for (const Entry& entry : entriesOf(root)) {
    const std::string where = path + ":" + std::to_string(entry.line) + ": ";
    const auto option = std::find_if(options.begin(), options.end(),
                                     [&](const Option& known) { return known.inFile && known.name == entry.key; });
    if (option == options.end())
      throw ConfigurationError(where + "there is no key '" + oneLine(entry.key) + "'; the keys are: " + allowedKeys(options));
    const auto texts = textsOf(*entry.value, option->kind);
    if (!texts)
      throw ConfigurationError(where + entry.key + " is " + typeOf(*entry.value) + "; it takes " + typeFor(option->kind) +
                               ". The keys are: " + allowedKeys(options));
    if (entry.value->is_integer() && !fits(*entry.value))
      throw ConfigurationError(where + entry.key + " is a number that does not fit into 64 bits");
    if (!option->given) give(*option, where + entry.key, *texts);
  }
}

void readConfigFile(const std::string& path, std::vector<Option>& options) {
  std::ifstream file(path, std::ios::binary);
  std::string text(kMaxConfigBytes + 1, '\0');
  if (file) file.read(text.data(), static_cast<std::streamsize>(text.size()));
  if (!file.eof() && !file)
    throw ConfigurationError("cannot read the configuration file '" + path + "': " + std::generic_category().message(errno));
  text.resize(static_cast<std::size_t>(file.gcount()));
  if (text.size() > kMaxConfigBytes)
    throw ConfigurationError(path + ": the file has more than " + std::to_string(kMaxConfigBytes) + " bytes");
  readConfigText(path, text, options);
}

}  // namespace teasel::detail
