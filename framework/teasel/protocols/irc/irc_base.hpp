#pragma once

#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <string_view>

#include <teasel/protocols/irc/message.hpp>
#include <teasel/protocols/irc/message_builder.hpp>
#include <teasel/protocols/line_only_receiver.hpp>

namespace teasel::irc {

/// Receives and sends messages of IRC: what a client and a server have in common. What holds for
/// every framing protocol is written at Framing. The answer to each kind of bad input:
///
/// | input | answer |
/// |---|---|
/// | a line that ends with LF alone, or with several CRs and LF | the same as with CR LF |
/// | a line without a byte, or with spaces only | ignored |
/// | a CR or NUL inside a line, no command, a bad tag ... | badMessage with fault and place |
/// | over kMaxMessage bytes without the tags, or over kMaxTags bytes of tags | badMessage |
/// | more than kMaxLine bytes | lineTooLong once, when it is sure; the rest of it is skipped |
/// | parameters left out | they read as empty texts |
/// | invalid UTF-8 | passed on as it is; see utf8.hpp |
///
/// None of these ends the connection by itself. What is delivered does not depend on how the stream
/// was cut. Memory: one line of at most kMaxLine bytes. No heap is used for a message.
class IRCProtocol : public LineOnlyReceiver {
 public:
  IRCProtocol();
  ~IRCProtocol() override;

  /// A message has arrived. It is a view of the line and is borrowed for the call.
  virtual void messageReceived(const Message& message) = 0;
  /// A line is no message. `at` is the offset of the byte that shows it. `line` comes without its
  /// line end and is borrowed for the call. The default ignores the line.
  virtual void badMessage(std::string_view line, Fault fault, std::size_t at);
  /// A line is longer than kMaxLine. `begin` is its beginning, borrowed for the call. The default
  /// ignores the line.
  virtual void lineTooLong(std::string_view begin);

  /// Writes one message, in one write. Throws FormatError, and writes nothing, if it is not ok.
  void send(const MessageBuilder& message);
  /// The same for a message without tags and prefix. The last parameter may be any text without CR,
  /// LF and NUL; the others are words.
  void sendCommand(std::string_view command, std::initializer_list<std::string_view> params = {});
  /// Writes one line as it is, with CR LF behind it, in one write. Throws FormatError, and writes
  /// nothing, if it holds a CR, LF or NUL or is longer than kMaxLine.
  void sendLine(std::string_view line);

  /// How many lines went to badMessage or lineTooLong.
  std::uint64_t badLines() const noexcept { return badLines_; }

  /// Parses the line and calls messageReceived or badMessage. An override sees each line first.
  void lineReceived(std::string_view line) override;

 protected:
  /// Where all lines leave: `line` ends with CR LF. The default writes it. An override may keep it
  /// for later.
  virtual void writeLine(std::string_view line);
  /// Counts a line that is no message, and calls badMessage.
  void refuseLine(std::string_view line, Fault fault, std::size_t at);
  /// A builder to use for one message at a time. It is empty.
  MessageBuilder& builder() noexcept { return builder_.clear(); }

 private:
  void lineLengthExceeded(std::string_view line) final;

  MessageBuilder builder_;
  std::uint64_t badLines_ = 0;
};

}  // namespace teasel::irc
