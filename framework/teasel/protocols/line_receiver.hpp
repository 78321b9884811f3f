#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include <teasel/protocols/line_only_receiver.hpp>

namespace teasel {

/// Cuts a stream into lines, and hands over raw bytes between them. The model is
/// twisted.protocols.basic.LineReceiver. What holds for every framing protocol is written at
/// Framing, and it holds for raw bytes, too.
///
/// Raw mode is for a body whose size is known, for example from a line before it. A body that ends
/// with a line of its own, as in SMTP, needs no raw mode, because it consists of lines.
class LineReceiver : public LineOnlyReceiver {
 public:
  /// Throws UsageError when the delimiter is empty.
  explicit LineReceiver(std::string delimiter = "\r\n", std::size_t maxLength = kMaxLength);
  ~LineReceiver() override;

  /// In raw mode: at least one byte has arrived. The bytes may be cut anywhere. `data` is borrowed
  /// for the call. Give back what belongs to the lines behind the raw bytes: setLineMode(rest). The
  /// default throws UsageError, so a class that calls setRawMode must override this.
  virtual void rawDataReceived(ByteView data);

  /// From the next byte on, input goes to rawDataReceived. It also stops skipping a line that was
  /// too long. Outside a callback, input that waits already is delivered with the next dataReceived
  /// or when the transport resumes, not inside this call.
  void setRawMode();
  /// From the next byte on, input is cut into lines. It also stops skipping a line that was too
  /// long. `extra` goes before all input that was not delivered yet. It is usually the part of
  /// rawDataReceived's argument that is not raw; a tail of that argument is taken back without a
  /// copy. Outside a callback, lines that are complete with `extra` are delivered before this
  /// returns.
  void setLineMode(ByteView extra = {});
  /// Forgets all input that was not delivered yet, and returns it. The next byte begins a new line.
  std::string clearLineBuffer();

  bool rawMode() const noexcept { return raw_; }

 protected:
  bool deliverInput() override;
  std::size_t bytesNeeded() const noexcept override;

 private:
  void deliverRaw();

  bool raw_ = false;
  ByteView given_;  // while rawDataReceived runs: its argument
};

}  // namespace teasel
