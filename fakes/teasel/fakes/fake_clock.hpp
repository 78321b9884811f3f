#pragma once

#include <cstddef>
#include <span>

#include <teasel/core/clock.hpp>

namespace teasel::fakes {

/// A Clock that moves only when it is told to, for code that needs time but no network. What
/// becomes due runs inside advance, each call at its own time, and equal times in the order in
/// which they were set. It keeps the contract on time that every reactor keeps (fakes/contract).
///
/// Code takes no time by itself. takeTime says that it does:
///
///     LoopingCall tick(clock, [&] { clock.takeTime(70ms); });
///     tick.start(50ms);
///     clock.advance(200ms);  // tick is called at 0, 100 and 200 ms
class FakeClock final : public Clock {
 public:
  /// The most calls that may run while time stands. More means that calls set each other at once,
  /// without end.
  static constexpr std::size_t kCallsAtOneInstant = 100'000;

  /// Time starts at a fixed instant. It is not zero, so that code that takes zero for "never" is
  /// found out.
  FakeClock() { setNow(kStart); }
  static constexpr Instant kStart{std::chrono::seconds(1'000'000)};

  /// The time at this call, takeTime included.
  Instant liveNow() const noexcept override { return live_; }
  /// Moves the time on by `by`, and visits every deadline on the way in order, those included that
  /// are set meanwhile. An exception out of a call is logged and changes nothing else. What is set
  /// for kNever is never due: advance(Duration::max()) ends at the last deadline before that.
  ///
  /// A call that takes time may move the clock beyond that. If something was due by the end, it
  /// still runs, together with all that has fallen due. If not, what fell due beyond the end waits
  /// for the next advance.
  ///
  /// Throws NegativeDelay; UsageError inside a call that the clock makes; LimitExceeded when more
  /// than kCallsAtOneInstant calls would run while time stands. The call that would be too many
  /// still waits then, and the error says where it was set.
  void advance(Duration by, Site site = Site::here());
  /// The code that runs takes `by`, as if it worked or blocked for so long. liveNow() moves on at
  /// once, and what is set from here on counts from there. Nothing runs meanwhile. Inside a call
  /// that the clock makes, now() stays until all calls of that instant have run. What fell due in
  /// between then runs late, in order. Outside of calls, now() moves, too, and what fell due runs
  /// in the next advance. Throws NegativeDelay.
  void takeTime(Duration by, Site site = Site::here());
  /// Moves to the earliest deadline and runs what is due there. False, and the clock stands, when
  /// nothing will be due.
  bool advanceToNext();
  /// Advances by each duration in turn (Twisted: Clock.pump).
  void pump(std::span<const Duration> steps, Site site = Site::here()) {
    for (const Duration step : steps) advance(step, site);
  }
  void pump(std::initializer_list<Duration> steps, Site site = Site::here()) {
    pump(std::span(steps.begin(), steps.size()), site);
  }
  /// How many calls wait.
  std::size_t pending() const noexcept;

 private:
  void runUntil(Instant end);
  void moveTo(Instant to) noexcept;
  Instant live_ = kStart;
  bool running_ = false;
};

}  // namespace teasel::fakes
