#pragma once

#include <cstdint>

namespace teasel::detail {

class TimerQueue;

/// How a timer stands. Eight bytes, apart from the rest of the timer: whoever cancels a timer or
/// looks for dead entries of the heap need not bring the timer itself from memory.
struct TimerTicket {
  /// In `life`: how the timer ended (neither while it waits), whether its call has to be destroyed,
  /// and kRef for each handle, and for the queue while the timer waits.
  static constexpr std::uint32_t kCalled = 1, kCancelled = 2, kEnded = 3, kOwns = 4, kRef = 8;
  bool active() const noexcept { return (life & kEnded) == 0; }
  std::uint32_t order;  // of its one live entry in the heap, or kNone
  std::uint32_t life;   // of a free slot: the next free one
};

/// The tickets of one clock's timers, by small numbers: their slots. This is the part of a TimerSlab
/// that a DelayedCall uses inline. A slot stays taken while its timer waits or has handles.
class TimerTickets {
 public:
  static constexpr std::uint32_t kNone = ~std::uint32_t{0};
  TimerTickets(const TimerTickets&) = delete;
  TimerTickets& operator=(const TimerTickets&) = delete;

  TimerTicket& ticket(std::uint32_t slot) noexcept { return tickets_[slot]; }
  const TimerTicket& ticket(std::uint32_t slot) const noexcept { return tickets_[slot]; }
  void ref(std::uint32_t slot) noexcept { tickets_[slot].life += TimerTicket::kRef; }
  /// With the last reference the slot is free. After the queue's end, the last slot of all destroys
  /// this.
  void unref(std::uint32_t slot) noexcept {
    TimerTicket& ticket = tickets_[slot];
    ticket.life -= TimerTicket::kRef;
    if (ticket.life < TimerTicket::kRef) give(slot);
  }

 protected:
  explicit TimerTickets(TimerQueue& queue) noexcept : queue_(&queue) {}
  ~TimerTickets() = default;

  TimerQueue* queue_;  // null when it is gone
  TimerTicket* tickets_ = nullptr;
  std::uint32_t free_ = kNone;

 private:
  void give(std::uint32_t slot) noexcept {
    tickets_[slot].life = free_;
    free_ = slot;
    if (queue_ == nullptr) [[unlikely]]
      giveOrphan();
  }
  void giveOrphan() noexcept;
};

}  // namespace teasel::detail
