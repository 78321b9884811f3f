#pragma once

#include <cstddef>
#include <memory>
#include <span>
#include <stdexcept>
#include <string>
#include <string_view>

#include <teasel/protocols/irc/message.hpp>
#include <teasel/protocols/irc/numerics.hpp>

namespace teasel::irc {

/// A message cannot be sent. The text says why, and which part is at fault.
class FormatError : public std::runtime_error {
 public:
  FormatError(Fault fault, std::string_view part);
  Fault fault() const noexcept { return fault_; }

 private:
  Fault fault_;
};

/// Writes one message, part by part, in the order in which the parts stand in the line:
///
///     MessageBuilder line;
///     line.prefix("bob!b@host").command("PRIVMSG").param("#tea").trailing("two cups, please");
///     if (line.ok()) protocol.send(line);
///
/// No part can bring a CR, LF or NUL into the line, and none can become two parts: the first part
/// that does not fit its place is a fault. The line is then empty, and later parts change nothing.
/// A line longer than kMaxMessage (its tags apart) is a fault, too, unless cut() allows to shorten
/// the text at its end.
///
/// The buffer is kept, so a builder that is used again allocates nothing. Parts in another order
/// throw UsageError: that is a mistake in the program, whatever the input.
class MessageBuilder {
 public:
  MessageBuilder();

  /// Forgets the line; the next part begins a new one.
  MessageBuilder& clear() noexcept;
  /// From now on, and also after clear(): a text that does not fit whole is cut by trailing(),
  /// between two characters of UTF-8. Without it the line is refused.
  MessageBuilder& cut(bool allowed = true) noexcept;

  /// A tag with its value, which is escaped. An empty value leaves '=' out. The value may hold any
  /// byte but NUL.
  MessageBuilder& tag(std::string_view key, std::string_view value = {});
  MessageBuilder& prefix(std::string_view text);
  MessageBuilder& prefix(std::string_view nick, std::string_view user, std::string_view host);
  /// Letters, or three digits.
  MessageBuilder& command(std::string_view name);
  /// Three digits.
  MessageBuilder& command(Numeric numeric);
  /// A parameter that is one word: not empty, no space, no ':' in front.
  MessageBuilder& param(std::string_view word);
  /// The last parameter: any text. It always gets its ':', because some peers lose a last parameter
  /// without.
  MessageBuilder& trailing(std::string_view text);
  /// All parameters; the last one is written as trailing if it must be, as param otherwise.
  MessageBuilder& params(std::span<const std::string_view> all);
  /// A whole message again. Its tags are taken as they are.
  MessageBuilder& message(const Message& parts);

  /// Whether the line has a command and no part was at fault.
  bool ok() const noexcept { return fault() == Fault::kNone; }
  Fault fault() const noexcept;
  /// The line with CR and LF, valid until the next call. Empty when it is not ok.
  std::string_view line() const noexcept;
  /// The same without CR and LF.
  std::string_view text() const noexcept;
  /// Throws FormatError unless the line is ok.
  void check() const;
  /// Behind the command: how many bytes trailing() can still take whole.
  std::size_t room() const noexcept;

 private:
  enum class Part : unsigned char { kNothing, kTag, kPrefix, kCommand, kParam, kTrailing };
  bool next(Part part);
  bool append(std::string_view text);
  bool hasIllegal(std::string_view part);
  MessageBuilder& fail(Fault fault, std::string_view part);

  std::unique_ptr<char[]> memory_;  // kMaxLine bytes
  std::size_t size_ = 0;            // without CR and LF
  std::size_t tags_ = 0;            // how many of them are tags, '@' and space included
  std::size_t params_ = 0;
  Part last_ = Part::kNothing;
  Fault fault_ = Fault::kNone;
  bool cut_ = false;
  std::string wrong_;  // the part at fault, shortened
};

}  // namespace teasel::irc
