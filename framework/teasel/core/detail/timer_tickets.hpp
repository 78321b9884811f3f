#pragma once

#include <cstdint>

namespace teasel::detail {

class TimerQueue;

/// The state of a timer, in eight bytes. It lies apart from the rest of the timer: cancelling a
/// timer, and looking for dead entries of the heap, need not bring the timer itself from memory.
struct TimerTicket {
  /// The bits of `life`. kCalled and kCancelled say how the timer ended; neither is set while it
  /// waits. kOwns: its call must be destroyed. The rest counts references in units of kRef: one for
  /// each handle, and one for the queue while the timer waits.
  static constexpr std::uint32_t kCalled = 1, kCancelled = 2, kEnded = 3, kOwns = 4, kRef = 8;
  bool active() const noexcept { return (life & kEnded) == 0; }
  std::uint32_t order;  // of its one live entry in the heap, or kNone
  std::uint32_t life;   // in a free slot: the number of the next free one
};

/// The tickets of one clock's timers. Each timer has a small number, its slot, which stays taken
/// while the timer waits or has handles. This class is the part of a TimerSlab that a DelayedCall
/// uses inline.
class TimerTickets {
 public:
  static constexpr std::uint32_t kNone = ~std::uint32_t{0};
  TimerTickets(const TimerTickets&) = delete;
  TimerTickets& operator=(const TimerTickets&) = delete;

  TimerTicket& ticket(std::uint32_t slot) noexcept { return tickets_[slot]; }
  const TimerTicket& ticket(std::uint32_t slot) const noexcept { return tickets_[slot]; }
  void ref(std::uint32_t slot) noexcept { tickets_[slot].life += TimerTicket::kRef; }
  /// Frees the slot with its last reference. When the queue is gone, the last slot that becomes
  /// free destroys this object.
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
