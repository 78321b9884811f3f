#pragma once

#include <string>
#include <string_view>
#include <vector>

/// CTCP, the client-to-client protocol, and its two quotings. The format is that of "The
/// Client-To-Client Protocol (CTCP)" by K. Zeuge, T. Rollo and B. Mesander (1994), the model is
/// twisted.words.protocols.irc.
namespace teasel::irc {

/// Encloses an extended message.
inline constexpr char kCtcpDelimiter = '\x01';
/// Begins an escape of the low-level quoting (M-QUOTE).
inline constexpr char kLowQuote = '\x10';
/// Begins an escape inside an extended message (X-QUOTE).
inline constexpr char kCtcpQuote = '\\';

/// Low-level quoting: NUL, LF, CR and the quote itself become two bytes each. No text can end a
/// line after it.
std::string lowQuote(std::string_view text);
/// The opposite. An unknown escape is its second byte; a quote at the very end stays.
std::string lowDequote(std::string_view text);
/// CTCP-level quoting: the delimiter and the quote itself become two bytes each.
std::string ctcpQuote(std::string_view text);
/// The opposite. An unknown escape is its second byte; a quote at the very end stays.
std::string ctcpDequote(std::string_view text);

/// One extended message: "PING 123" is tag "PING" with data "123".
struct CtcpMessage {
  std::string tag;
  /// Empty when there is no data. "PING " with nothing behind the space is the same.
  std::string data;
  friend bool operator==(const CtcpMessage&, const CtcpMessage&) = default;
};

/// A text taken apart.
struct CtcpText {
  std::vector<CtcpMessage> extended;
  /// The plain texts between the extended ones, those without a byte left out.
  std::vector<std::string> normal;
};

/// Whether a text has an extended message in front.
inline bool isCtcp(std::string_view text) noexcept { return !text.empty() && text.front() == kCtcpDelimiter; }

/// Takes the text of a PRIVMSG or NOTICE apart. Odd pieces between delimiters are extended
/// messages; a last delimiter that is not closed still encloses one. Empty extended messages are
/// left out.
CtcpText ctcpExtract(std::string_view text);
/// Writes extended messages as one text.
std::string ctcpStringify(const std::vector<CtcpMessage>& messages);

}  // namespace teasel::irc
