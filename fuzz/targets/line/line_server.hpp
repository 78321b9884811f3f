#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include <teasel/core/clock.hpp>
#include <teasel/protocols/line_receiver.hpp>

namespace teasel::targets {

/// A line server that uses each feature of LineReceiver. Each line is one command:
///
///     How are you?      answers "Fine"
///     echo TEXT         answers TEXT
///     raw N             takes N bytes (at most kMaxRaw) in raw mode, then answers "raw N SUM"
///     pause MS          takes no input for MS milliseconds (at most kMaxPause), then answers
///                       "resumed"
///     later MS TEXT     answers TEXT after MS milliseconds; at most kMaxPending such answers may
///                       wait at a time
///     quit              answers "bye" and closes the connection
///
/// The answer to anything else is "I don't know what you mean". The answer to a line that is too
/// long is "line too long", and the rest of that line is skipped; the third such line closes the
/// connection.
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
  /// How many bytes of raw mode are still to come.
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
