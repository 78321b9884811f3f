#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>

#include <teasel/protocol/protocol.hpp>

namespace teasel {

/// Cuts a stream into lines, and hands over raw bytes between them. The model is twisted.protocols.basic.LineReceiver.
///
/// - What is delivered does not depend on how the stream was cut into chunks; the work is linear in the bytes received,
///   however they were cut (times the delimiter's size for input made of its last byte).
/// - Views handed to the callbacks are valid until the callback returns, also if it feeds this protocol itself:
///   dataReceived called from inside a callback only appends.
/// - Nothing is delivered after loseConnection or abortConnection; what was not delivered is dropped then.
/// - `transport().pauseProducing()` inside a callback holds back everything after it until the transport resumes.
/// - An exception out of a callback leaves dataReceived, and the transport ends the connection. Who catches it before that
///   loses nothing and gets nothing twice: the input behind it is delivered with the next dataReceived.
/// - Memory: one line of at most maxLength plus a delimiter, and what was received while paused.
class LineReceiver : public Protocol {
 public:
  /// The longest line that is accepted until setMaxLength, without its delimiter (Twisted: MAX_LENGTH).
  static constexpr std::size_t kMaxLength = 16384;

  /// Throws UsageError when the delimiter is empty.
  explicit LineReceiver(std::string delimiter = "\r\n", std::size_t maxLength = kMaxLength);
  ~LineReceiver() override;

  /// A line, without its delimiter. `line` is borrowed for the call.
  virtual void lineReceived(std::string_view line) = 0;
  /// Raw mode: bytes, at least one, cut anywhere. Give back what belongs to lines with setLineMode(rest).
  /// The default throws UsageError: who calls setRawMode overrides this.
  virtual void rawDataReceived(ByteView data);
  /// A line is longer than maxLength. `line` is its first maxLength + delimiter().size() bytes. The default ends the
  /// connection with LimitExceeded. An override that neither closes nor chooses a mode has the rest of that line skipped.
  virtual void lineLengthExceeded(std::string_view line);

  /// From the next byte on, input goes to rawDataReceived. Does not call it for what is held back already.
  void setRawMode();
  /// From the next byte on, input is cut into lines. `extra` goes before everything not delivered yet: usually the part
  /// of rawDataReceived's argument that is not raw (any tail of it is taken back without a copy). Outside a callback,
  /// lines that `extra` completes are delivered before this returns.
  void setLineMode(ByteView extra = {});
  /// Forgets all input that was not delivered yet, and returns it. What comes next begins a new line.
  std::string clearLineBuffer();

  /// Writes `line` and a delimiter. `line` is sent as it is, delimiters inside it included.
  void sendLine(std::string_view line);

  const std::string& delimiter() const noexcept { return delimiter_; }
  std::size_t maxLength() const noexcept { return maxLength_; }
  /// Effective from the next line on; a line that is being received already must fit, too.
  void setMaxLength(std::size_t bytes);
  bool rawMode() const noexcept { return raw_; }
  /// Bytes received and not delivered.
  std::size_t bufferedBytes() const noexcept;

  void dataReceived(ByteView data) override;
  /// Delivers what was held back while paused. An override must call this one.
  void producingResumed() override;

 private:
  void receive(ByteView data);
  void run(ByteView data);
  void process(ByteView data);
  void processPartial(ByteView data);
  void deliverRest();
  bool deliverLines();
  void exceeded(ByteView line);
  void skip();
  bool stopped() const { return transport().disconnecting() || transport().paused(); }
  std::size_t findEnd(ByteView before, ByteView in) const noexcept;
  bool endsHere(ByteView before, const char* begin, const char* end) const noexcept;
  void keepRest();
  void finish();
  void enterIdle() noexcept;
  void append(ByteView data);
  void release() noexcept;
  ByteView held() const noexcept { return {begin_, static_cast<std::size_t>(end_ - begin_)}; }
  void clearHeld() noexcept { begin_ = end_ = memory_.get(); }

  // Input waits in `memory_`, between begin_ and end_. While fastEnd_ is not null, it is the beginning of one line,
  // searched and found without delimiter, and bytes other than the delimiter's last may be put at end_ until fastEnd_.
  char* end_ = nullptr;
  char* fastEnd_ = nullptr;
  char last_;  // the delimiter's last byte
  bool raw_ = false;
  bool busy_ = false;      // in a callback, or between two of one dataReceived
  bool partial_ = true;    // what is held is the searched beginning of a line (in line mode, not skipping)
  bool skipping_ = false;  // the rest of a line that was too long
  bool changed_ = false;   // a callback may have changed the mode or rest_
  bool restHeld_ = false;  // rest_ lies in memory_
  char* begin_ = nullptr;
  std::unique_ptr<char[]> memory_;
  std::size_t capacity_ = 0;
  ByteView rest_;        // while busy: the undelivered part of what is being delivered
  ByteView given_;       // while rawDataReceived runs: its argument
  std::string late_;     // while busy: what further calls of dataReceived brought
  std::string context_;  // while skipping: the bytes before, in which a delimiter may have begun
  std::string delimiter_;
  std::size_t maxLength_;
  std::size_t limit_;  // maxLength_ + the delimiter's size: a delimiter must end within
};

}  // namespace teasel
