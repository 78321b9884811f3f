#include <teasel/endpoints/endpoint_string.hpp>

#include <algorithm>

#include <teasel/core/byte_view.hpp>

namespace teasel {

namespace {

/// Text that is safe in a message: one line, and ASCII. A backslash stays a backslash, so that the
/// string looks as it was written.
std::string shown(std::string_view text) {
  constexpr char kHex[] = "0123456789abcdef";
  std::string out;
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte >= 0x20 && byte < 0x7f) out += c;
    else (out += "\\x") += {kHex[byte >> 4], kHex[byte & 15]};
  }
  return out;
}

/// The string with a caret under one of its bytes. Of a long string only what stands around that.
std::string pointedAt(std::string_view text, std::size_t position) {
  constexpr std::size_t kAround = 60;
  const std::size_t from = position > kAround ? position - kAround : 0;
  const std::size_t to = std::min(text.size(), position + kAround);
  const std::string before = (from > 0 ? "..." : "") + shown(text.substr(from, position - from));
  return "\n    " + before + shown(text.substr(position, to - position)) + (to < text.size() ? "..." : "") + "\n    " +
         std::string(before.size(), ' ') + '^';
}

std::string keysLine(const std::string& endpoint, const std::vector<std::string>& keys) {
  std::string line;
  for (const std::string& key : keys) line += (line.empty() ? "" : ", ") + key;
  if (endpoint.empty()) return line.empty() ? "" : "\nthere are the kinds " + line;
  return "\n" + shown(endpoint) + (line.empty() ? " has no keys" : " has the keys " + line);
}

/// Reads the string from left to right.
class Parser {
 public:
  explicit Parser(std::string_view text) { out_.text = std::string(text); }

  EndpointString parse() {
    const std::string& text = out_.text;
    if (text.size() > EndpointString::kMaxSize)
      fail("the string has " + std::to_string(text.size()) + " bytes, and " + std::to_string(EndpointString::kMaxSize) +
               " are allowed",
           EndpointString::kMaxSize);
    if (const std::size_t nul = text.find('\0'); nul != std::string::npos) fail("there is a NUL in the string", nul);
    kind();
    while (at_ < text.size()) argument();
    return std::move(out_);
  }

 private:
  [[noreturn]] void fail(std::string problem, std::size_t position) const {
    throw EndpointStringError(std::move(problem), out_.text, position);
  }

  /// Reads up to one of `ends` or to the end of the string.
  std::string word(std::string_view ends) {
    const std::string& text = out_.text;
    std::string word;
    for (; at_ < text.size() && ends.find(text[at_]) == std::string_view::npos; ++at_) {
      if (text[at_] == '\\') ++at_;
      if (at_ == text.size()) fail("a backslash at the end takes no character", at_ - 1);
      word += text[at_];
    }
    return word;
  }

  void kind() {
    out_.kind = word(":=");
    if (out_.kind.empty()) fail("a kind of endpoint is missing", 0);
    if (at_ < out_.text.size() && out_.text[at_] == '=') fail("the string begins with a kind, not with a key", at_);
    out_.argumentsAt = std::min(out_.text.size(), at_ + 1);
  }

  /// `at_` is at the colon before it.
  void argument() {
    EndpointString::Argument argument;
    argument.keyAt = argument.valueAt = ++at_;
    if (out_.arguments.size() == EndpointString::kMaxArguments)
      fail("there are more than " + std::to_string(EndpointString::kMaxArguments) + " arguments", at_);
    argument.value = word(":=");
    if (at_ < out_.text.size() && out_.text[at_] == '=') {
      argument.hasKey = true;
      argument.key = std::move(argument.value);
      if (argument.key.empty()) fail("a key is missing before '='", at_);
      for (const EndpointString::Argument& other : out_.arguments)
        if (other.hasKey && other.key == argument.key)
          fail("the key " + shown(argument.key) + " stands there twice", argument.keyAt);
      argument.valueAt = ++at_;
      argument.value = word(":");
    }
    out_.arguments.push_back(std::move(argument));
  }

  EndpointString out_;
  std::size_t at_ = 0;
};

}  // namespace

EndpointStringError::EndpointStringError(std::string problem, std::string_view text, std::size_t position, std::string endpoint,
                                         std::vector<std::string> keys, Kind kind)
    : InvalidAddressError(problem + pointedAt(text, std::min(position, text.size())) + keysLine(endpoint, keys)),
      problem_(std::move(problem)),
      text_(text),
      endpoint_(std::move(endpoint)),
      position_(std::min(position, text.size())),
      keys_(std::move(keys)),
      kind_(kind) {}

EndpointString EndpointString::parse(std::string_view text) { return Parser(text).parse(); }

std::string EndpointString::print() const {
  std::string out = quoteStringArgument(kind);
  for (const Argument& argument : arguments) {
    out += ':';
    if (argument.hasKey) (out += quoteStringArgument(argument.key)) += '=';
    out += quoteStringArgument(argument.value);
  }
  return out;
}

std::string quoteStringArgument(std::string_view argument) {
  std::string quoted;
  quoted.reserve(argument.size());
  for (const char c : argument) {
    if (c == '\\' || c == ':' || c == '=') quoted += '\\';
    quoted += c;
  }
  return quoted;
}

}  // namespace teasel
