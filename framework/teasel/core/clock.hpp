#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <utility>
#include <vector>

#include <teasel/core/pool.hpp>
#include <teasel/core/site.hpp>
#include <teasel/core/unique_function.hpp>

namespace teasel {

/// int64 nanoseconds. `using namespace std::chrono_literals` makes `callLater(5s, ...)` read well.
using Duration = std::chrono::nanoseconds;

/// The time line of one Clock: no relation to the calendar, none between two clocks unless they say so.
struct ClockTime {
  using duration = Duration;
  using rep = duration::rep;
  using period = duration::period;
  using time_point = std::chrono::time_point<ClockTime, Duration>;
  static constexpr bool is_steady = true;
};
using Instant = ClockTime::time_point;
inline constexpr Instant kNever = Instant::max();

class TimerQueue;

namespace detail {
struct Timer {
  static constexpr std::uint64_t kCalled = ~std::uint64_t{0}, kCancelled = kCalled - 1;
  bool active() const noexcept { return order < kCancelled; }
  TimerQueue* queue;    // while active
  std::uint64_t order;  // drawn anew each time it is set: equal times run in this order; then how it ended
  UniqueFunction<void()> call;
  std::uint32_t refs;  // of handles and of entries in the heap
  Instant at;
  Site site;
};
}  // namespace detail

/// A handle to something that callLater scheduled; copyable, may outlive the call and the clock. Same thread only.
class DelayedCall {
 public:
  DelayedCall() noexcept = default;
  DelayedCall(const DelayedCall& other) noexcept : timer_(other.timer_) {
    if (timer_ != nullptr) ++timer_->refs;
  }
  DelayedCall(DelayedCall&& other) noexcept : timer_(std::exchange(other.timer_, nullptr)) {}
  DelayedCall& operator=(DelayedCall other) noexcept {
    std::swap(timer_, other.timer_);
    return *this;
  }
  ~DelayedCall() {
    if (timer_ != nullptr) unref(timer_);
  }

  /// Whether it still waits for its time.
  bool active() const noexcept { return timer_ != nullptr && timer_->active(); }
  /// Takes it back, effective within the same turn, and destroys what it captured.
  /// Throws AlreadyCancelled or AlreadyCalled when it no longer waits; see cancelIfActive.
  void cancel();
  bool cancelIfActive() noexcept;
  /// Due `after` from now, whatever was set before; `after` must not be negative (NegativeDelay).
  void reset(Duration after, Site site = Site::here());
  /// Due later than set by `more` (may be negative: then earlier, at the earliest now).
  void delay(Duration more);
  /// When it is due, or was.
  Instant getTime() const noexcept { return timer_ == nullptr ? kNever : timer_->at; }
  /// Where callLater was called.
  Site site() const noexcept { return timer_ == nullptr ? Site{} : timer_->site; }

 private:
  friend class TimerQueue;
  explicit DelayedCall(detail::Timer* timer) noexcept : timer_(timer) { ++timer_->refs; }
  void requireActive(const char* what) const {
    if (!active()) [[unlikely]]
      refuse(what);
  }
  [[noreturn]] void refuse(const char* what) const;
  static void unref(detail::Timer* timer) noexcept {
    if (--timer->refs == 0) detail::poolDelete(timer);
  }
  detail::Timer* timer_ = nullptr;
};

/// Pending calls of one clock, earliest first, equal times in the order in which they were last set.
///
/// A 4-ary heap in which cancel and reset leave dead entries behind: these go when they come to the top, and all at once
/// when they are more than three quarters of the heap. Hence add, reset and fire cost O(log n), cancel O(1) in the long run,
/// next() O(1). (Twisted's reactor treats cancelled calls in the same way.)
class TimerQueue {
 public:
  static constexpr std::size_t kDeadKept = 64;
  TimerQueue() = default;
  TimerQueue(const TimerQueue&) = delete;
  TimerQueue& operator=(const TimerQueue&) = delete;
  /// Pending calls are dropped without being run; handles to them become inactive.
  ~TimerQueue() { clear(); }

  DelayedCall add(Instant at, UniqueFunction<void()>&& call, Site site);
  /// The earliest deadline, or kNever.
  Instant next() const noexcept { return heap_.empty() ? kNever : heap_.front().at; }
  bool empty() const noexcept { return live_ == 0; }
  std::size_t size() const noexcept { return live_; }
  /// Entries of the heap, dead ones included: at most 4 * size() + kDeadKept.
  std::size_t entries() const noexcept { return heap_.size(); }
  /// The order number that the next set timer will get: timers at or above it were set later than now.
  std::uint64_t mark() const noexcept { return nextOrder_; }
  /// Takes the earliest call if it is due at `now` and was set before `mark`; else an empty function.
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
  struct Entry {
    Instant at;
    std::uint64_t order;
    detail::Timer* timer;
    // Without a branch: which of four children comes first is anybody's guess.
    bool after(Instant otherAt, std::uint64_t otherOrder) const noexcept {
      const auto mine = at.time_since_epoch().count(), its = otherAt.time_since_epoch().count();
      return (its < mine) | ((its == mine) & (otherOrder < order));
    }
    bool before(const Entry& other) const noexcept { return other.after(at, order); }
    /// Left behind by a cancel or a reset.
    bool dead() const noexcept { return timer->order != order; }
  };
  void push(Instant at, std::uint64_t order, detail::Timer* timer);
  void pop() noexcept;
  std::size_t least(std::size_t place) const noexcept;
  void siftDown(std::size_t place, const Entry& entry) noexcept;
  void entryDied(const detail::Timer* timer) noexcept;
  void tidy() noexcept;
  void dropDeadTops() noexcept;
  void sweep() noexcept;
  void setAgain(detail::Timer& timer, Instant at);
  void drop(detail::Timer* timer) noexcept;
  void dropCapture(detail::Timer* timer) noexcept;

  std::vector<Entry> heap_;  // its top is never dead
  std::size_t live_ = 0, dead_ = 0;
  std::uint64_t nextOrder_ = 0;
  Instant now_{};
};

inline void DelayedCall::cancel() {
  requireActive("cancel");
  timer_->queue->drop(timer_);
}

/// Whoever can tell the time and call back later: Reactor in production, FakeClock and a World's hosts in tests.
class Clock {
 public:
  Clock() = default;
  Clock(const Clock&) = delete;
  Clock& operator=(const Clock&) = delete;
  virtual ~Clock() = default;

  /// The current time. It stands still within a turn.
  Instant now() const noexcept { return timers_.now(); }
  /// Runs `call` once, `after` from now, never inside this call; 0 means the next turn. An exception it throws is
  /// logged and changes nothing else. A negative `after` throws NegativeDelay, an empty `call` UsageError.
  DelayedCall callLater(Duration after, UniqueFunction<void()> call, Site site = Site::here());
  /// The calls that wait, for reports and self-checks.
  std::vector<TimerQueue::Pending> getDelayedCalls() const { return timers_.pending(); }

 protected:
  TimerQueue timers_;
};

}  // namespace teasel
