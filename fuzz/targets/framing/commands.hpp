#pragma once

#include <cstdint>
#include <functional>
#include <string_view>

#include <teasel/core/clock.hpp>
#include <teasel/protocol/protocol.hpp>

namespace teasel::targets {

/// A server's commands, the same for every framing protocol. Each message is one command.
///
///     echo TEXT         answers TEXT
///     count             answers the number of commands so far
///     size N            answers N times "x"; N is at most kMaxReply
///     pause MS          takes no input for MS milliseconds (at most kMaxPause), then answers
///                       "resumed"
///     blink             pauses the transport and resumes it at once
///     later MS TEXT     answers TEXT after MS milliseconds; at most kMaxPending such answers may
///                       wait at a time
///     quit              answers "bye" and closes the connection
///     fail              ends the connection with NotWanted
///     abort             aborts the connection
///
/// The answer to anything else is "?". A protocol breaks its promise if it delivers a command while
/// the transport is paused or ending; that fails a check.
class Commands {
 public:
  static constexpr std::uint32_t kMaxPause = 60'000, kMaxPending = 4, kMaxReply = 300;
  using Reply = std::function<void(std::string_view text)>;
  class NotWanted : public std::runtime_error {
    using runtime_error::runtime_error;
  };

  /// `owner` holds this object; `reply` sends a message on the owner's connection.
  Commands(Protocol& owner, Clock& clock, Reply reply) : owner_(owner), clock_(clock), reply_(std::move(reply)) {}
  void obey(std::string_view command);
  /// Called when the connection is lost. Cancels all timers.
  void end();

 private:
  void pause(std::uint32_t milliseconds);
  void blink();
  void later(std::uint32_t milliseconds, std::string_view text);

  Protocol& owner_;
  Clock& clock_;
  const Reply reply_;
  DelayedCall resume_;
  DelayedCall pending_[kMaxPending];
  std::uint32_t count_ = 0;
};

}  // namespace teasel::targets
