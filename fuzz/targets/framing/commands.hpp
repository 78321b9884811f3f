#pragma once

#include <cstdint>
#include <functional>
#include <string_view>

#include <teasel/core/clock.hpp>
#include <teasel/protocol/protocol.hpp>

namespace teasel::targets {

/// What a server does for its peer, whatever the messages come in: a command each.
///
///     echo TEXT         TEXT
///     count             how many commands there were
///     size N            N times "x", at most kMaxReply
///     pause MS          takes no input for MS milliseconds (at most kMaxPause), then answers "resumed"
///     blink             pauses and resumes at once
///     later MS TEXT     TEXT, so much later; at most kMaxPending at a time
///     quit              bye, and closes
///     fail              ends the connection with NotWanted
///     abort             aborts it
///
/// Anything else: "?". A command that comes while the transport is paused or ending breaks the
/// promise of its protocol.
class Commands {
 public:
  static constexpr std::uint32_t kMaxPause = 60'000, kMaxPending = 4, kMaxReply = 300;
  using Reply = std::function<void(std::string_view text)>;
  class NotWanted : public std::runtime_error {
    using runtime_error::runtime_error;
  };

  /// `owner` holds this; `reply` sends a message on its connection.
  Commands(Protocol& owner, Clock& clock, Reply reply) : owner_(owner), clock_(clock), reply_(std::move(reply)) {}
  void obey(std::string_view command);
  /// The connection is lost: no timer is left.
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
