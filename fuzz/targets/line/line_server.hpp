#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include <teasel/core/clock.hpp>
#include <teasel/protocols/line_receiver.hpp>

namespace teasel::targets {

/// A line server with a corner of everything that LineReceiver does. A command per line:
///
///     How are you?      Fine
///     echo TEXT         TEXT
///     raw N             takes N bytes (at most kMaxRaw) as they come, then answers "raw N SUM"
///     pause MS          takes no input for MS milliseconds (at most kMaxPause), then answers "resumed"
///     later MS TEXT     TEXT, so much later; at most kMaxPending at a time
///     quit              bye, and closes
///
/// Anything else: "I don't know what you mean". A line that is too long: "line too long", and the
/// rest of it is skipped; the third one closes.
class LineServer : public LineReceiver {
 public:
  static constexpr std::size_t kMaxLine = 256;
  static constexpr std::uint32_t kMaxRaw = 4096, kMaxPause = 60'000, kMaxPending = 4;

  explicit LineServer(Clock& clock) : LineReceiver("\r\n", kMaxLine), clock_(clock) {}

  void lineReceived(std::string_view line) override;
  void rawDataReceived(ByteView data) override;
  void lineLengthExceeded(std::string_view line) override;
  void connectionLost(const Failure& reason) override;

 protected:
  /// Bytes of raw mode that are still to come.
  std::uint32_t rawLeft() const noexcept { return rawLeft_; }

 private:
  void raw(std::uint32_t count);
  void finishRaw();
  void pause(std::uint32_t milliseconds);
  void later(std::uint32_t milliseconds, std::string_view text);

  Clock& clock_;
  DelayedCall resume_;
  DelayedCall pending_[kMaxPending];
  std::uint32_t rawLeft_ = 0, rawCount_ = 0, rawSum_ = 0;
  int tooLong_ = 0;
};

}  // namespace teasel::targets
