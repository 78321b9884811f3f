#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include <teasel/protocols/line_only_receiver.hpp>

namespace teasel {

/// Cuts a stream into lines, and hands over raw bytes between them. The model is
/// twisted.protocols.basic.LineReceiver; what holds for every protocol that cuts a stream into
/// frames stands at Framing, raw bytes included.
class LineReceiver : public LineOnlyReceiver {
 public:
  /// Throws UsageError when the delimiter is empty.
  explicit LineReceiver(std::string delimiter = "\r\n", std::size_t maxLength = kMaxLength);
  ~LineReceiver() override;

  /// Raw mode: bytes, at least one, cut anywhere. Give back what belongs to lines with
  /// setLineMode(rest). The default throws UsageError: who calls setRawMode overrides this.
  virtual void rawDataReceived(ByteView data);

  /// From the next byte on, input goes to rawDataReceived. Does not call it for what is held back
  /// already. Also stops skipping a line that was too long.
  void setRawMode();
  /// From the next byte on, input is cut into lines. `extra` goes before everything not delivered
  /// yet: usually the part of rawDataReceived's argument that is not raw (any tail of it is taken
  /// back without a copy). RemotePeer a callback, lines that `extra` completes are delivered before
  /// this returns. Also stops skipping a line that was too long.
  void setLineMode(ByteView extra = {});
  /// Forgets all input that was not delivered yet, and returns it. What comes next begins a new
  /// line.
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
