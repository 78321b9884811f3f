#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include <teasel/protocols/detail/framing.hpp>

namespace teasel {

/// Cuts a stream into lines. The model is twisted.protocols.basic.LineOnlyReceiver; what holds for
/// every protocol that cuts a stream into frames stands at detail::Framing.
///
/// Memory: one line of at most maxLength plus a delimiter, and what was received while paused. The
/// work is linear in the bytes received (times the delimiter's size for input made of its last
/// byte).
class LineOnlyReceiver : public detail::Framing {
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
  void sendLine(std::string_view line);

  const std::string& delimiter() const noexcept { return delimiter_; }
  std::size_t maxLength() const noexcept { return maxLength_; }
  /// Effective from the next line on; a line that is being received already must fit, too.
  void setMaxLength(std::size_t bytes);

  void dataReceived(ByteView data) override;

 protected:
  /// Stops skipping the rest of a line that was too long.
  void skipNoMore() noexcept { skipping_ = false; }

  bool deliverSome() override;
  std::size_t quietSize() const noexcept override;

 private:
  friend class detail::Framing;
  detail::Found find(ByteView before, ByteView in) final;
  void deliver(ByteView frame, const detail::Found& found) final;
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
