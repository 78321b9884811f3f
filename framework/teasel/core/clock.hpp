#pragma once

#include <cstddef>
#include <cstdint>
#include <utility>
#include <vector>

#include <teasel/core/instant.hpp>
#include <teasel/core/site.hpp>
#include <teasel/core/timer_heap.hpp>
#include <teasel/core/timer_slab.hpp>
#include <teasel/core/unique_function.hpp>

namespace teasel {

/// A handle to something that callLater scheduled; copyable, may outlive the call and the clock.
/// Same thread only.
class DelayedCall {
 public:
  DelayedCall() noexcept = default;
  DelayedCall(const DelayedCall& other) noexcept : slab_(other.slab_), slot_(other.slot_) {
    if (slab_ != nullptr) slab_->ref(slot_);
  }
  DelayedCall(DelayedCall&& other) noexcept : slab_(std::exchange(other.slab_, nullptr)), slot_(other.slot_) {}
  DelayedCall& operator=(DelayedCall other) noexcept {
    std::swap(slab_, other.slab_);
    std::swap(slot_, other.slot_);
    return *this;
  }
  ~DelayedCall() {
    if (slab_ != nullptr) slab_->unref(slot_);
  }

  /// Whether it still waits for its time.
  bool active() const noexcept { return slab_ != nullptr && slab_->ticket(slot_).active(); }
  /// Takes it back, effective within the same turn, and destroys what it captured.
  /// Throws AlreadyCancelled or AlreadyCalled when it no longer waits; see cancelIfActive.
  void cancel();
  bool cancelIfActive() noexcept;
  /// Due `after` from now, whatever was set before; `after` must not be negative (NegativeDelay).
  void reset(Duration after, Site site = Site::here());
  /// Due later than set by `more` (may be negative: then earlier, at the earliest now).
  void delay(Duration more);
  /// When it is due, or was.
  Instant getTime() const noexcept { return slab_ == nullptr ? kNever : (*slab_)[slot_].at; }
  /// Where callLater was called.
  Site site() const noexcept { return slab_ == nullptr ? Site{} : (*slab_)[slot_].site; }

 private:
  friend class TimerQueue;
  DelayedCall(detail::TimerSlab& slab, std::uint32_t counted) noexcept : slab_(&slab), slot_(counted) {}
  void requireActive(const char* what) const {
    if (!active()) [[unlikely]]
      refuse(what);
  }
  [[noreturn]] void refuse(const char* what) const;
  detail::TimerSlab* slab_ = nullptr;
  std::uint32_t slot_ = 0;
};

/// Pending calls of one clock, earliest first, equal times in the order in which they were last
/// set.
///
/// Cancel and reset leave dead entries behind in the heap: these go when they come to the top, and
/// all at once when they are more than three quarters of the heap. Hence add, reset and fire cost
/// O(log n), cancel O(1) in the long run, next() O(1). (Twisted's reactor treats cancelled calls in
/// the same way.)
class TimerQueue {
 public:
  static constexpr std::size_t kDeadKept = 64;
  TimerQueue() = default;
  /// For tests: with so few order numbers that they come to their end; more than twice as many as
  /// there are timers.
  explicit TimerQueue(std::uint32_t orders) noexcept : orders_(orders) {}
  TimerQueue(const TimerQueue&) = delete;
  TimerQueue& operator=(const TimerQueue&) = delete;
  /// Pending calls are dropped without being run; handles to them become inactive.
  ~TimerQueue();

  DelayedCall add(Instant at, UniqueFunction<void()>&& call, Site site);
  /// The earliest deadline, or kNever.
  Instant next() const noexcept { return heap_.first().at(); }
  bool empty() const noexcept { return live_ == 0; }
  std::size_t size() const noexcept { return live_; }
  /// Entries of the heap, dead ones included: at most 4 * size() + kDeadKept.
  std::size_t entries() const noexcept { return heap_.entries().size(); }
  /// The number that the next set timer will get: timers at or above it were set later than now.
  /// Holds until 2^30 more have been set.
  std::uint64_t mark() const noexcept { return ordersBefore_ + nextOrder_; }
  /// Takes the earliest call if it is due at `now` and was set before `mark`; else an empty
  /// function.
  UniqueFunction<void()> takeDue(Instant now, std::uint64_t mark);
  /// Where each pending call was made and when it is due, in no particular order (for reports).
  struct Pending {
    Instant at;
    Site site;
  };
  std::vector<Pending> pending() const;
  void clear() noexcept;
  /// "Now" of the owning clock, for reset and delay.
  void setNow(Instant now) noexcept { now_ = now; }
  Instant now() const noexcept { return now_; }
  /// Where a driver puts the time that it sampled.
  Instant& sample() noexcept { return now_; }

 private:
  friend class DelayedCall;
  bool dead(const detail::TimerEntry& entry) const noexcept { return slab_->ticket(entry.slot()).order != entry.order(); }
  std::uint32_t drawOrder();
  void renumber();
  void entryDied(std::uint32_t slot) noexcept;
  void tidy() noexcept;
  void dropDeadFirsts() noexcept;
  void sweep() noexcept;
  void setAgain(std::uint32_t slot, Instant at);
  void drop(std::uint32_t slot) noexcept;
  void dropCapture(std::uint32_t slot) noexcept;

  detail::TimerHeap heap_;             // its first entry is never dead
  detail::TimerSlab* slab_ = nullptr;  // from the first timer on
  std::size_t live_ = 0, dead_ = 0;
  std::uint64_t ordersBefore_ = 0;  // what the numbers in the heap count from
  std::uint32_t nextOrder_ = 0, orders_ = detail::TimerSlab::kNone;
  Instant now_{};
};

inline void DelayedCall::cancel() {
  requireActive("cancel");
  slab_->queue()->drop(slot_);
}

/// Whoever can tell the time and call back later: Reactor in production, FakeClock and a World's
/// hosts in tests.
class Clock {
 public:
  Clock() = default;
  Clock(const Clock&) = delete;
  Clock& operator=(const Clock&) = delete;
  virtual ~Clock() = default;

  /// The current time. It stands still within a turn.
  Instant now() const noexcept { return timers_.now(); }
  /// Runs `call` once, `after` from now, never inside this call; 0 means the next turn. An
  /// exception it throws is logged and changes nothing else. A negative `after` throws
  /// NegativeDelay, an empty `call` UsageError.
  DelayedCall callLater(Duration after, UniqueFunction<void()> call, Site site = Site::here());
  /// The calls that wait, for reports and self-checks.
  std::vector<TimerQueue::Pending> getDelayedCalls() const { return timers_.pending(); }

 protected:
  TimerQueue timers_;
};

}  // namespace teasel
