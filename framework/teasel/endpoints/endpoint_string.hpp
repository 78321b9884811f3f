#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include <teasel/core/errors.hpp>

namespace teasel {

/// An endpoint string is not one. what() has several lines: what is wrong, the string with a caret
/// under the character, and the keys that there are.
///
///     port 70000 is not a number from 0 to 65535
///         tcp:70000
///             ^
///     tcp has the keys port, interface, backlog
class EndpointStringError : public InvalidAddressError {
 public:
  /// What somebody may want to tell apart.
  enum class Kind : std::uint8_t {
    kMalformed,    ///< the string, a key or a value is wrong
    kUnavailable,  ///< the kind exists, but not in this build or not for this reactor
  };
  /// `position` counts bytes of `text`; it is at most its size. `keys` are the keys of the kind
  /// `endpoint`, or the kinds if the kind itself is wrong (`endpoint` is "" then).
  EndpointStringError(std::string problem, std::string_view text, std::size_t position, std::string endpoint = {},
                      std::vector<std::string> keys = {}, Kind kind = Kind::kMalformed);

  /// What is wrong, in one line.
  const std::string& problem() const noexcept { return problem_; }
  /// The whole string, as it was given.
  const std::string& text() const noexcept { return text_; }
  /// The byte of text() that the caret points to.
  std::size_t position() const noexcept { return position_; }
  /// The kind of endpoint whose keys are listed; "" if the kinds are listed.
  const std::string& endpoint() const noexcept { return endpoint_; }
  /// The keys that there are, or the kinds.
  const std::vector<std::string>& keys() const noexcept { return keys_; }
  Kind kind() const noexcept { return kind_; }

 private:
  std::string problem_, text_, endpoint_;
  std::size_t position_;
  std::vector<std::string> keys_;
  Kind kind_;
};

/// An endpoint string, taken apart. The grammar is Twisted's: a kind, then arguments, with a colon
/// before each. An argument is a value, or a key with '=' and a value. A backslash takes the next
/// character as it is: "\:", "\=" and "\\". Behind the first '=' of an argument, '=' needs no
/// backslash.
///
///     tcp:8000:interface=127.0.0.1
///     unix:/run/app\:1.sock:mode=660
struct EndpointString {
  /// How long a string may be, in bytes, and how many arguments it may have.
  static constexpr std::size_t kMaxSize = 4096, kMaxArguments = 64;

  struct Argument {
    std::string key;  ///< "" for a value without a key
    std::string value;
    std::size_t keyAt = 0, valueAt = 0;  ///< where they begin in the string, in bytes
    bool hasKey = false;
  };

  /// Takes the string apart. It knows no kinds and no keys. Throws EndpointStringError: for a
  /// string that is empty or too long, has too many arguments, ends in a lone backslash, contains
  /// NUL, or has no kind, an empty key or one key twice.
  static EndpointString parse(std::string_view text);
  /// Writes it as a string, with backslashes where they are needed. parse() of the result gives the
  /// same kind and arguments.
  std::string print() const;

  std::string kind;
  std::vector<Argument> arguments;
  std::string text;             ///< what parse was given
  std::size_t argumentsAt = 0;  ///< where the first argument begins, or the size of the text
};

/// Puts a backslash before each colon, '=' and backslash, so that the text can be a value in an
/// endpoint string (Twisted: quoteStringArgument, which leaves '=' alone). It knows no kinds: a
/// relative path that begins with '@' needs "./" before it, or "unix:" takes it for an abstract
/// name.
///
///     clientFromString(reactor, "unix:" + quoteStringArgument(path));
std::string quoteStringArgument(std::string_view argument);

}  // namespace teasel
