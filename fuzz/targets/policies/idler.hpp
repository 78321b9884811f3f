#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include <teasel/core/clock.hpp>
#include <teasel/props/event_log.hpp>
#include <teasel/protocols/line_only_receiver.hpp>
#include <teasel/protocols/timeout_mixin.hpp>

#include "framing/commands.hpp"

namespace teasel::targets {

/// A peer that does not wait for ever: a connection on which nothing happens for kPeriod ends. It
/// obeys Commands, a line each, and these:
///
///     timeout MS         the period, from now on; answers with the one before
///     never              none
///     hush               is no sign of life
///     warn               when the period passes the next time, "hurry", and it begins anew
///     bear               when the period passes the next time, nothing
///     file N [quit|bad]  N times "x" (at most kMaxFile) and the end of a line, by a FileSender; takes no input meanwhile, then
///                        answers "sent". quit: closes at once, which waits for it; bad: the file breaks off before its end
///
/// No delay is 0: in which turns of one instant a file is sent is free, and with that, what is due
/// in between.
///
/// What TimeoutMixin and FileSender promise is checked beside them, against a plain account of the
/// time.
class Idler : public TimeoutMixin<LineOnlyReceiver> {
 public:
  static constexpr Duration kPeriod = std::chrono::seconds(30);
  static constexpr std::size_t kMaxLine = 200;
  static constexpr std::uint32_t kMaxFile = 40'000, kMaxPeriod = 100'000;

  /// Both outlive it.
  Idler(Clock& clock, props::EventLog& log)
      : TimeoutMixin(clock, "\r\n", kMaxLine),
        clock_(clock),
        log_(log),
        commands_(*this, clock, [this](auto text) { sendLine(text); }) {}

  void connectionMade() override { set(kPeriod); }
  void lineReceived(std::string_view line) override;
  void timeoutConnection() override;
  void connectionLost(const Failure& reason) override;

 private:
  bool obey(std::string_view line);
  bool obeyFile(std::string_view rest);
  void set(std::optional<Duration> period);
  void sendFile(std::uint32_t size, bool bad);

  Clock& clock_;
  props::EventLog& log_;
  Commands commands_;
  std::optional<Duration> period_;  ///< that was set last
  std::optional<Instant> due_;      ///< when the connection ends unless something happens
  bool warns_ = false, bears_ = false, sending_ = false;
};

}  // namespace teasel::targets
