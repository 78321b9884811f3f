#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include <teasel/protocols/framing.hpp>

namespace teasel {

/// Cuts a stream into lines. The model is twisted.protocols.basic.LineOnlyReceiver; what holds for
/// every protocol that cuts a stream into frames stands at Framing.
///
/// Memory: one line of at most maxLength plus a delimiter, and what was received while paused. The
/// work is linear in the bytes received (times the delimiter's size for input made of its last
/// byte).
class LineOnlyReceiver : public Framing {
 public:
  /// The longest line that is accepted until setMaxLength, without its delimiter (Twisted:
  /// MAX_LENGTH).
  static constexpr std::size_t kMaxLength = 16384;

  /// Throws UsageError when the delimiter is empty.
  explicit LineOnlyReceiver(std::string delimiter = "\r\n", std::size_t maxLength = kMaxLength);
  ~LineOnlyReceiver() override;

  /// A line, without its delimiter. `line` is borrowed for the call.
  virtual void lineReceived(std::string_view line) = 0;
  /// A line is longer than maxLength. `line` is its first maxLength + delimiter().size() bytes. The
  /// default ends the connection with LimitExceeded. An override that does not end it has the rest
  /// of that line skipped.
  virtual void lineLengthExceeded(std::string_view line);

  /// Writes `line` and a delimiter. `line` is sent as it is, delimiters inside it included.
  void sendLine(ByteView line);

  /// What ends a line. The reference is valid until setDelimiter.
  const std::string& delimiter() const noexcept { return delimiter_; }
  /// Cuts all input that was not delivered yet by `delimiter`, and makes sendLine append it. May be
  /// called at any time, also in the middle of a stream. Inside a callback it takes effect behind
  /// the line that is being delivered. Outside a callback, lines that are complete by the new
  /// delimiter are delivered before this returns, unless the transport is paused. If the rest of a
  /// line that was too long is being skipped, that line ends with the first new delimiter that
  /// arrives as a whole from now on. Throws UsageError when `delimiter` is empty; nothing changes
  /// then.
  void setDelimiter(std::string delimiter);
  std::size_t maxLength() const noexcept { return maxLength_; }
  /// Effective from the next line on; a line that is being received already must fit, too.
  void setMaxLength(std::size_t bytes);

  void dataReceived(ByteView data) override;

 protected:
  /// Stops skipping the rest of a line that was too long.
  void skipNoMore() noexcept { skipping_ = false; }

  bool deliverInput() override;
  std::size_t bytesNeeded() const noexcept override;

 private:
  friend class Framing;
  FrameEnd find(ByteView before, ByteView in) final;
  void deliver(ByteView frame, const FrameEnd& end) final;
  void skip();
  std::size_t findEnd(ByteView before, ByteView in) const noexcept;
  bool endsHere(ByteView before, const char* begin, const char* end) const noexcept;

  char last_;              // the delimiter's last byte: others are taken without a look
  bool skipping_ = false;  // the rest of a line that was too long
  std::string context_;    // while skipping: the bytes before, in which a delimiter may have begun
  std::string delimiter_;
  std::size_t maxLength_;
  std::size_t limit_;  // maxLength_ + the delimiter's size: a delimiter must end within
};

}  // namespace teasel
