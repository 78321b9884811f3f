#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include <teasel/protocols/framing.hpp>

namespace teasel {

/// Cuts a stream into lines. The model is twisted.protocols.basic.LineOnlyReceiver. What holds for
/// every framing protocol is written at Framing: which views are valid, what closing, pausing and
/// exceptions do.
///
/// A line is text, so lineReceived gets a std::string_view. It may hold any bytes all the same.
///
/// Memory: one line of at most maxLength bytes with its delimiter, and what was received while
/// paused. The work is linear in the bytes received. For input that consists of the delimiter's
/// last byte only, it is multiplied by the size of the delimiter.
class LineOnlyReceiver : public Framing {
 public:
  /// The longest line that is accepted until setMaxLength is called, in bytes and without its
  /// delimiter (Twisted: MAX_LENGTH).
  static constexpr std::size_t kMaxLength = 16384;

  /// Throws UsageError when the delimiter is empty.
  explicit LineOnlyReceiver(std::string delimiter = "\r\n", std::size_t maxLength = kMaxLength);
  ~LineOnlyReceiver() override;

  /// A line has arrived. `line` comes without its delimiter and is borrowed for the call.
  virtual void lineReceived(std::string_view line) = 0;
  /// A line is longer than maxLength. `line` is its first maxLength + delimiter().size() bytes,
  /// borrowed for the call. The default ends the connection with LimitExceeded. If an override does
  /// not end the connection, the rest of that line is skipped.
  virtual void lineLengthExceeded(std::string_view line);

  /// Writes `line` and a delimiter. It sends `line` as it is, even if a delimiter is inside.
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
  /// Sets the longest line that is accepted. It holds from the next line on, and also for a line of
  /// which a part has arrived.
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

  char last_;              // the delimiter's last byte; any other byte ends no line
  bool skipping_ = false;  // the input is the rest of a line that was too long
  std::string context_;    // while skipping: the last bytes, in which a delimiter may have begun
  std::string delimiter_;
  std::size_t maxLength_;
  std::size_t limit_;  // maxLength_ + the delimiter's size: the longest line with its delimiter
};

}  // namespace teasel
