#pragma once

#include <cstdint>
#include <utility>
#include <vector>

#include <teasel/core/detail/timer_tickets.hpp>
#include <teasel/core/instant.hpp>
#include <teasel/core/site.hpp>
#include <teasel/core/unique_function.hpp>

namespace teasel {

/// A handle to something that callLater scheduled. Copyable; it may outlive the call and the clock.
/// Same thread only.
class DelayedCall {
 public:
  DelayedCall() noexcept = default;
  DelayedCall(const DelayedCall& other) noexcept : tickets_(other.tickets_), slot_(other.slot_) {
    if (tickets_ != nullptr) tickets_->ref(slot_);
  }
  DelayedCall(DelayedCall&& other) noexcept : tickets_(std::exchange(other.tickets_, nullptr)), slot_(other.slot_) {}
  DelayedCall& operator=(DelayedCall other) noexcept {
    std::swap(tickets_, other.tickets_);
    std::swap(slot_, other.slot_);
    return *this;
  }
  ~DelayedCall() {
    if (tickets_ != nullptr) tickets_->unref(slot_);
  }

  /// Whether the call still waits for its time.
  bool active() const noexcept { return tickets_ != nullptr && tickets_->ticket(slot_).active(); }
  /// Takes the call back, effective within the same turn, and destroys what it captured. Throws
  /// AlreadyCancelled or AlreadyCalled when the call no longer waits; see cancelIfActive.
  void cancel();
  /// The same without an error. False when the call no longer waits.
  bool cancelIfActive() noexcept;
  /// Due `after` from now, whatever was set before. `after` must not be negative (NegativeDelay).
  /// Throws like cancel.
  void reset(Duration after, Site site = Site::here());
  /// Due later than set by `more`. A negative `more` makes it earlier, at the earliest now. Throws
  /// like cancel.
  void delay(Duration more);
  /// When the call is due, or was. kNever for an empty handle.
  Instant getTime() const noexcept;
  /// Where callLater was called.
  Site site() const noexcept;

 private:
  friend class detail::TimerQueue;
  DelayedCall(detail::TimerTickets& tickets, std::uint32_t counted) noexcept : tickets_(&tickets), slot_(counted) {}
  detail::TimerQueue& activeQueue(const char* what) const;
  [[noreturn]] void refuse(const char* what) const;

  detail::TimerTickets* tickets_ = nullptr;
  std::uint32_t slot_ = 0;
};

/// A call that waits, for reports: when it is due, and where callLater was called.
struct PendingCall {
  Instant at;
  Site site;
};

/// Whoever can tell the time and call back later: Reactor in production, FakeClock and a World's
/// hosts in tests.
class Clock {
 public:
  Clock(const Clock&) = delete;
  Clock& operator=(const Clock&) = delete;
  /// Calls that wait are dropped without being run; handles to them become inactive.
  virtual ~Clock();

  /// The current time. It stands still within a turn.
  Instant now() const noexcept { return now_; }
  /// Runs `call` once, `after` from now, never inside this call; 0 means the next turn. An
  /// exception that the call throws is logged and changes nothing else. A negative `after` throws
  /// NegativeDelay, an empty `call` UsageError.
  DelayedCall callLater(Duration after, UniqueFunction<void()> call, Site site = Site::here());
  /// The calls that wait, in no particular order, for reports and self-checks.
  std::vector<PendingCall> getDelayedCalls() const;

 protected:
  Clock();
  void setNow(Instant now) noexcept { now_ = now; }
  /// Where a driver puts the time that it sampled.
  Instant& sample() noexcept { return now_; }

 private:
  Instant now_{};

 protected:
  /// The calls that wait. A class that runs them includes <teasel/core/detail/timer_queue.hpp>.
  detail::TimerQueue& timers_;
};

}  // namespace teasel
