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

/// A peer that does not wait for ever. It ends a connection on which no line came for a period,
/// which is kPeriod at first. It obeys Commands, one on each line, and these commands:
///
///     timeout MS         sets the period to MS milliseconds from now on; answers the former period
///     never              sets no period
///     hush               does nothing; this line alone does not count as a sign of life
///     warn               the next time that the period passes, answers "hurry" and begins the
///                        period again
///     bear               the next time that the period passes, does nothing
///     file N [quit|bad]  sends N times "x" (at most kMaxFile) and the end of a line with a
///                        FileSender; takes no input meanwhile, then answers "sent". With quit,
///                        closes the connection at once, which waits for the file. With bad, the
///                        file breaks off before its end
///
/// A command with a delay of 0 is refused. A file may be sent in any of the turns of one instant,
/// so the order of the file and of a timer that is due at that instant would not be fixed.
///
/// The Idler checks the promises of TimeoutMixin and FileSender. For that it keeps its own simple
/// account of the time.
class Idler : public TimeoutMixin<LineOnlyReceiver> {
 public:
  static constexpr Duration kPeriod = std::chrono::seconds(30);
  static constexpr std::size_t kMaxLine = 200;
  static constexpr std::uint32_t kMaxFile = 40'000, kMaxPeriod = 100'000;

  /// `clock` and `log` must outlive this object.
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
  std::optional<Duration> period_;  ///< the period that was set last
  std::optional<Instant> due_;      ///< when the connection ends if no line comes
  bool warns_ = false, bears_ = false, sending_ = false;
};

}  // namespace teasel::targets
