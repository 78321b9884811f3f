#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

#include <teasel/core/instant.hpp>
#include <teasel/core/site.hpp>
#include <teasel/core/unique_function.hpp>

namespace teasel {

class TimerQueue;

namespace detail {

/// What callLater was given: one cache line.
struct alignas(64) Timer {
  Instant at;
  Site site;
  UniqueFunction<void()> call;
};

/// The timers of one queue by small numbers, their slots. What cancelling asks of a timer, and
/// whoever looks for dead entries of the heap, stands apart from the rest in eight bytes, so that
/// neither has to bring the timers themselves from memory. A slot stays taken as long as its timer
/// waits or has handles. The slab stays as long as its queue or a handle; until then it keeps what
/// the most timers at a time needed.
class TimerSlab {
 public:
  static constexpr std::uint32_t kNone = ~std::uint32_t{0}, kMaxTimers = std::uint32_t{1} << 30;
  struct Ticket {
    /// In `life`: how the timer ended, or neither while it waits; whether its call has to be
    /// destroyed; and kRef for each handle, and for the queue while the timer waits.
    static constexpr std::uint32_t kCalled = 1, kCancelled = 2, kEnded = 3, kOwns = 4, kRef = 8;
    bool active() const noexcept { return (life & kEnded) == 0; }
    std::uint32_t order;  // of its one live entry in the heap, or kNone
    std::uint32_t life;   // of a free slot: the next free one
  };
  explicit TimerSlab(TimerQueue& queue) noexcept : queue_(&queue) {}
  TimerSlab(const TimerSlab&) = delete;
  TimerSlab& operator=(const TimerSlab&) = delete;
  ~TimerSlab() = default;

  /// Null when it is gone.
  TimerQueue* queue() const noexcept { return queue_; }
  Ticket& ticket(std::uint32_t slot) noexcept { return tickets_[slot]; }
  const Ticket& ticket(std::uint32_t slot) const noexcept { return tickets_[slot]; }
  Timer& operator[](std::uint32_t slot) const noexcept { return blocks_[slot / kBlock][slot % kBlock]; }

  /// A slot whose call is empty. Throws std::bad_alloc, LimitExceeded beyond kMaxTimers.
  std::uint32_t take() {
    const std::uint32_t slot = free_;
    if (slot == kNone) [[unlikely]]
      return takeFresh();
    free_ = tickets_[slot].life;
    return slot;
  }
  void ref(std::uint32_t slot) noexcept { tickets_[slot].life += Ticket::kRef; }
  void unref(std::uint32_t slot) noexcept {
    Ticket& ticket = tickets_[slot];
    ticket.life -= Ticket::kRef;
    if (ticket.life < Ticket::kRef) give(slot);
  }
  /// Its queue goes: no timer waits any more. Destroys the slab, or leaves that to the last handle.
  void abandon() noexcept;

 private:
  static constexpr std::uint32_t kBlock = 32;
  void give(std::uint32_t slot) noexcept {
    tickets_[slot].life = free_;
    free_ = slot;
    if (queue_ == nullptr) [[unlikely]]
      giveOrphan();
  }
  std::uint32_t takeFresh();
  void giveOrphan() noexcept;

  TimerQueue* queue_;
  std::uint32_t free_ = kNone;
  std::uint32_t orphans_ = 0;  // slots with handles when the queue is gone
  std::vector<Ticket> tickets_;
  std::vector<std::unique_ptr<Timer[]>> blocks_;
};

}  // namespace detail
}  // namespace teasel
