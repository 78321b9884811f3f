#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

#include <teasel/core/detail/timer_tickets.hpp>
#include <teasel/core/instant.hpp>
#include <teasel/core/site.hpp>
#include <teasel/core/unique_function.hpp>

namespace teasel::detail {

/// What callLater was given. It fills one cache line.
struct alignas(64) Timer {
  Instant at;
  Site site;
  UniqueFunction<void()> call;
};

/// The timers of one queue, by slot. The slab lives as long as its queue or a handle. It keeps the
/// memory for the largest number of timers that there were at a time.
class TimerSlab final : public TimerTickets {
 public:
  static constexpr std::uint32_t kMaxTimers = std::uint32_t{1} << 30;
  explicit TimerSlab(TimerQueue& queue) noexcept : TimerTickets(queue) {}

  /// Null when the queue is gone.
  TimerQueue* queue() const noexcept { return queue_; }
  Timer& operator[](std::uint32_t slot) const noexcept { return blocks_[slot / kBlock][slot % kBlock]; }
  /// Takes a slot whose call is empty. Throws std::bad_alloc, and LimitExceeded beyond kMaxTimers.
  std::uint32_t take() {
    const std::uint32_t slot = free_;
    if (slot == kNone) [[unlikely]]
      return takeFresh();
    free_ = tickets_[slot].life;
    return slot;
  }
  /// The queue dies; no timer waits any more. Destroys the slab, or leaves that to the last handle.
  void abandon() noexcept;

 private:
  friend class TimerTickets;
  static constexpr std::uint32_t kBlock = 32;
  std::uint32_t takeFresh();

  std::uint32_t orphans_ = 0;  // when the queue is gone: slots with handles
  std::vector<TimerTicket> store_;
  std::vector<std::unique_ptr<Timer[]>> blocks_;
};

}  // namespace teasel::detail
