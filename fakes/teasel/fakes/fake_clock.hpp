#pragma once

#include <cstddef>
#include <span>

#include <teasel/core/clock.hpp>

namespace teasel::fakes {

/// A Clock that moves only when told to, for code that needs time but no network. What becomes due
/// runs inside advance, each call at its own time, equal times in the order in which they were set.
/// It keeps the contract on time that every reactor keeps (fakes/contract).
class FakeClock final : public Clock {
 public:
  /// At most this many calls may run without time moving: more means calls that set each other at
  /// once, without end.
  static constexpr std::size_t kCallsAtOneInstant = 100'000;

  /// Time starts at a fixed instant that is not zero: code that takes zero for "never" is found
  /// out.
  FakeClock() { setNow(kStart); }
  static constexpr Instant kStart{std::chrono::seconds(1'000'000)};

  /// Moves on by `by`, visiting every deadline on the way in order, those set meanwhile included.
  /// An exception out of a call is logged and changes nothing else. Throws NegativeDelay;
  /// UsageError inside a call that the clock makes; LimitExceeded after kCallsAtOneInstant calls
  /// without time moving. What is set for kNever is never due: advancing by Duration::max() ends at
  /// the last deadline before that.
  void advance(Duration by, Site site = Site::here());
  /// Moves to the earliest deadline and runs what is due there; false (and nothing done) when
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
  bool running_ = false;
};

}  // namespace teasel::fakes
