#pragma once

#include <cstdint>
#include <utility>
#include <vector>

#include <teasel/core/detail/timer_tickets.hpp>
#include <teasel/core/instant.hpp>
#include <teasel/core/site.hpp>
#include <teasel/core/unique_function.hpp>

namespace teasel {

/// A handle to a call that callLater scheduled. It can be copied, and may outlive the call and the
/// clock. One thread only.
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
  /// Takes the call back and destroys what it captured. This takes effect within the same turn.
  /// Throws AlreadyCancelled or AlreadyCalled when the call no longer waits; see cancelIfActive.
  void cancel();
  /// The same without an error. False when the call no longer waits.
  bool cancelIfActive() noexcept;
  /// Makes the call due `after` from now, whatever was set before. It counts as callLater counts. A
  /// negative `after` throws NegativeDelay. Throws what cancel throws, too.
  void reset(Duration after, Site site = Site::here());
  /// Makes the call due later by `more` than it was set. A negative `more` makes it due earlier, at
  /// the earliest now. Throws what cancel throws.
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

/// A call that waits, as reports show it: when it is due, and where callLater was called.
struct PendingCall {
  Instant at;
  Site site;
};

/// Tells the time and calls back later. A Reactor is one in production; FakeClock and a World's
/// hosts are in tests.
///
/// There are two readings of the time. now() stands still within a turn, so that everything in a
/// turn agrees on the time. liveNow() moves on while a callback works. Delays count from liveNow().
/// So a callback that works for 400 ms and then calls callLater(200ms) waits 200 ms from there.
class Clock {
 public:
  Clock(const Clock&) = delete;
  Clock& operator=(const Clock&) = delete;
  /// Calls that wait are dropped without being run; handles to them become inactive.
  virtual ~Clock();

  /// The current time. It stands still within a turn. Between turns it is liveNow().
  Instant now() const noexcept { return live_ ? liveNow() : now_; }
  /// The time at this call (Twisted: seconds). It is never before now(). A Reactor asks its driver,
  /// which costs some 20 ns where the driver asks the system.
  virtual Instant liveNow() const noexcept { return now_; }
  /// Runs `call` once, `after` from liveNow(), and never inside this function; 0 means the next
  /// turn. What falls due within a turn waits for a later one. An exception that `call` throws is
  /// logged and changes nothing else. A negative `after` throws NegativeDelay, an empty `call`
  /// UsageError.
  DelayedCall callLater(Duration after, UniqueFunction<void()> call, Site site = Site::here());
  /// The same at the instant `at`. An instant that has passed means the next turn.
  DelayedCall callAt(Instant at, UniqueFunction<void()> call, Site site = Site::here());
  /// The calls that wait, in no particular order, for reports and self-checks.
  std::vector<PendingCall> getDelayedCalls() const;

 protected:
  Clock();
  void setNow(Instant now) noexcept { now_ = now; }
  /// Where a driver writes the time that it has sampled. now() gives it within a turn.
  Instant& sample() noexcept { return now_; }
  /// Says whether now() is liveNow(), as between turns. At first it is not.
  void setLive(bool live) noexcept { live_ = live; }

 private:
  Instant now_{};
  bool live_ = false;

 protected:
  /// The calls that wait. Classes of Teasel that run them include core/detail/timer_queue.hpp.
  detail::TimerQueue& timers_;
};

}  // namespace teasel
