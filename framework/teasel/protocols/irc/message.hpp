#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include <teasel/protocols/irc/params.hpp>
#include <teasel/protocols/irc/tags.hpp>

/// One line of IRC as a value. The formats are those of RFC 1459 and RFC 2812 (section 2.3.1) and
/// of IRCv3 "Message Tags".
namespace teasel::irc {

/// The longest message without its tags, CR and LF included (RFC 2812, section 2.3).
inline constexpr std::size_t kMaxMessage = 512;
/// The longest tags, their '@' and the space behind them included (IRCv3).
inline constexpr std::size_t kMaxTags = 8191;
/// The most tag data that a client may send, '@' and space not included (IRCv3).
inline constexpr std::size_t kMaxClientTags = 4094;
/// The longest line of all, CR and LF included.
inline constexpr std::size_t kMaxLine = kMaxTags + kMaxMessage;

/// Who sent a message: `nick!user@host` of a user, or the name of a server. It is a view: the text
/// must outlive it.
class Prefix {
 public:
  constexpr Prefix() noexcept = default;
  constexpr explicit Prefix(std::string_view text) noexcept : text_(text) {}

  constexpr std::string_view text() const noexcept { return text_; }
  constexpr bool empty() const noexcept { return text_.empty(); }
  /// The part before '!' or '@'; the whole text when it has neither, as the name of a server.
  std::string_view nick() const noexcept;
  /// The part between '!' and '@'. Empty when there is no '!'.
  std::string_view user() const noexcept;
  /// The part behind the last '@'. Empty when there is none.
  std::string_view host() const noexcept;
  friend constexpr bool operator==(Prefix, Prefix) noexcept = default;

 private:
  std::string_view text_;
};

/// Why a line is no message, or why a message cannot be sent.
enum class Fault : std::uint8_t {
  kNone,
  kEmpty,        ///< The line has no byte but spaces.
  kIllegalByte,  ///< A CR, LF or NUL stands where none may stand.
  kTooLong,      ///< The message without its tags is longer than kMaxMessage.
  kTagsTooLong,  ///< The tags are longer than kMaxTags.
  kBadTag,       ///< Nothing follows the '@', or the key of a tag to send is not allowed.
  kBadPrefix,    ///< Nothing follows the ':' of the prefix, or the prefix to send has a space.
  kNoCommand,    ///< Nothing follows the prefix or the tags.
  kBadCommand,   ///< The command is neither letters nor three digits.
  /// A parameter to send is empty, has a space or begins with ':', and is not last.
  kBadParam,
  kTooManyParams  ///< More than kMaxParams parameters are to be sent.
};

/// A fault in words, for messages: "a CR, LF or NUL inside a line".
const char* describe(Fault fault) noexcept;

/// One parsed line. All parts are views into the line, so the line must outlive the message. Making
/// one allocates nothing.
///
///     const auto parsed = Message::parse(":bob!b@host PRIVMSG #tea :two cups, please");
///     if (!parsed) return log(parsed.fault, parsed.at);
///     parsed.message.prefix.nick();  // "bob"
///     parsed.message.command;        // "PRIVMSG"
///     parsed.message.params[1];      // "two cups, please"
struct Message {
  Tags tags;
  Prefix prefix;
  /// As it came: case is kept. Compare with is().
  std::string_view command;
  Params params;

  struct Parsed;
  /// Reads one line. CRs and LFs at its end are ignored. Lines from real servers vary, so several
  /// spaces count as one between parts, and spaces in front and behind the last word are ignored.
  /// Behind 14 parameters all the rest is the 15th, with ':' or without. The bytes of the tags are
  /// not looked at but for CR, LF and NUL: Tags reads them when it is asked.
  static Parsed parse(std::string_view line) noexcept;

  /// Whether the command is `name`; the case of ASCII letters does not matter.
  bool is(std::string_view name) const noexcept;
  /// The number of a numeric reply ("001" is 1), 0 for any other command.
  int numeric() const noexcept;
  /// Whether all parts are equal. Tags are compared as they came.
  friend bool operator==(const Message&, const Message&) noexcept = default;
};

/// What Message::parse answers: a message, or a fault and the offset of the byte that shows it.
struct Message::Parsed {
  Message message;
  Fault fault = Fault::kNone;
  std::size_t at = 0;
  explicit operator bool() const noexcept { return fault == Fault::kNone; }
};

/// Whether a word can be a command: letters, or three digits.
bool isCommand(std::string_view word) noexcept;

/// The message as text for people, escaped.
std::string toString(const Message& message);

}  // namespace teasel::irc
