#pragma once

#include <cstddef>
#include <cstdint>
#include <new>
#include <vector>

#include <teasel/core/clock.hpp>
#include <teasel/core/detail/pool.hpp>
#include <teasel/core/detail/timer_heap.hpp>
#include <teasel/core/detail/timer_slab.hpp>

namespace teasel::detail {

/// The calls of one clock that wait, earliest first. Calls of equal time come in the order in which
/// they were last set.
///
/// A call that is cancelled or reset leaves a dead entry in the heap. A dead entry is removed when
/// it comes to the top; all are removed at once when they are more than three quarters of the heap.
/// Hence add, reset and fire cost O(log n), cancel O(1) in the long run, next() O(1). Twisted's
/// reactor treats cancelled calls in the same way.
///
/// Each setting of a call draws a number, which orders entries of equal time. Numbers have 32 bits.
/// When they come to their end, renumber() gives the entries smaller ones.
class TimerQueue : public Pooled {
 public:
  static constexpr std::size_t kDeadKept = 64;
  /// `clock` owns the queue; reset and delay ask it for the time. It must outlive this. `orders`
  /// says how many numbers there are; tests give few. There must be more than twice as many as
  /// timers.
  explicit TimerQueue(const Clock& clock, std::uint32_t orders = TimerSlab::kNone) noexcept : clock_(clock), orders_(orders) {}
  TimerQueue(const TimerQueue&) = delete;
  TimerQueue& operator=(const TimerQueue&) = delete;
  /// Calls that wait are dropped without being run; handles to them become inactive.
  ~TimerQueue();

  DelayedCall add(Instant at, UniqueFunction<void()>&& call, Site site) {
    if (slab_ == nullptr) [[unlikely]]
      slab_ = new TimerSlab(*this);
    const std::uint32_t order = drawOrder();
    heap_.makeRoom();
    const std::uint32_t slot = slab_->take();
    slab_->ticket(slot) = {order, 2 * TimerTicket::kRef + (call.trivial() ? 0 : TimerTicket::kOwns)};
    // The timer that lies there has an empty call: nothing has to be destroyed.
    ::new (&(*slab_)[slot]) Timer{at, site, std::move(call)};
    heap_.push({at, order, slot});
    ++live_;
    return {*slab_, slot};
  }
  /// Cancels the call in `slot`. It must wait and have a handle, the one that cancels it.
  void drop(std::uint32_t slot) noexcept {
    TimerTicket& ticket = slab_->ticket(slot);
    ticket.order = TimerSlab::kNone;
    --live_;
    if ((ticket.life & TimerTicket::kOwns) != 0) return dropCapture(slot);
    ticket.life += TimerTicket::kCancelled - TimerTicket::kRef;
    entryDied(slot);
  }
  /// Sets the call in `slot`, which must wait, for another time.
  void setAgain(std::uint32_t slot, Instant at) {
    const std::uint32_t order = drawOrder();
    heap_.makeRoom();
    heap_.push({at, order, slot});
    slab_->ticket(slot).order = order;
    (*slab_)[slot].at = at;
    ++dead_;
    tidy();
  }
  const Clock& clock() const noexcept { return clock_; }

  /// The earliest deadline, or kNever.
  Instant next() const noexcept { return heap_.first().at(); }
  bool empty() const noexcept { return live_ == 0; }
  std::size_t size() const noexcept { return live_; }
  /// How many entries the heap has, dead ones included: at most 4 * size() + kDeadKept.
  std::size_t entries() const noexcept { return heap_.entries().size(); }
  /// The number that the next call will draw. Calls set from now on have this number or a larger
  /// one. A mark is good until 2^30 more calls have been set.
  std::uint64_t mark() const noexcept { return ordersBefore_ + nextOrder_; }
  /// Whether the earliest call is due at `now` and was set before `mark`.
  bool due(Instant now, std::uint64_t mark) const noexcept {
    return !heap_.empty() && heap_.first().at() <= now && ordersBefore_ + heap_.first().order() < mark;
  }
  /// Where the earliest call was made. There must be one.
  Site nextSite() const noexcept { return (*slab_)[heap_.first().slot()].site; }
  /// Takes the earliest call if it is due (see there). Otherwise returns an empty function.
  UniqueFunction<void()> takeDue(Instant now, std::uint64_t mark);
  std::vector<PendingCall> pending() const;
  void clear() noexcept;

 private:
  bool dead(const TimerEntry& entry) const noexcept { return slab_->ticket(entry.slot()).order != entry.order(); }
  std::uint32_t drawOrder() {
    if (nextOrder_ == orders_) [[unlikely]]
      renumber();
    return nextOrder_++;
  }
  void renumber();
  /// The entry of `slot` has died. This function is short on purpose: with fewer instructions, the
  /// processor fetches more cancelled timers from memory at a time.
  void entryDied(std::uint32_t slot) noexcept {
    if (++dead_ > 3 * live_ + kDeadKept || heap_.first().slot() == slot) [[unlikely]]
      tidy();
  }
  void tidy() noexcept;
  void dropDeadFirsts() noexcept;
  void sweep() noexcept;
  void dropCapture(std::uint32_t slot) noexcept;

  const Clock& clock_;
  TimerHeap heap_;             // its first entry is never dead
  TimerSlab* slab_ = nullptr;  // made with the first timer
  std::size_t live_ = 0, dead_ = 0;
  std::uint64_t ordersBefore_ = 0;  // the numbers in the heap count from here
  std::uint32_t nextOrder_ = 0, orders_;
};

}  // namespace teasel::detail
