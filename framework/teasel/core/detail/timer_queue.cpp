#include <teasel/core/detail/timer_queue.hpp>

#include <algorithm>
#include <utility>

namespace teasel::detail {

TimerQueue::~TimerQueue() {
  clear();
  if (slab_ != nullptr) slab_->abandon();
}

void TimerQueue::clear() noexcept {
  // The destructor of a capture may cancel other calls of this queue, and set new ones.
  while (!heap_.empty()) {
    for (const TimerEntry& entry : heap_.takeAll()) {
      if (dead(entry)) continue;
      --live_;
      slab_->ticket(entry.slot()).order = TimerSlab::kNone;
      slab_->ticket(entry.slot()).life += TimerTicket::kCancelled;
      (*slab_)[entry.slot()].call.reset();
      slab_->unref(entry.slot());
    }
    sweep();
  }
}

/// The numbers have come to their end. Numbers in the upper half of the range become smaller by
/// half the range. The older entries, in the lower half, are numbered anew from 0 on.
void TimerQueue::renumber() {
  const std::uint32_t half = orders_ / 2;
  sweep();
  std::vector<std::uint32_t> orders;
  orders.reserve(heap_.entries().size());
  for (const TimerEntry& entry : heap_.entries()) orders.push_back(entry.order());
  std::sort(orders.begin(), orders.end());
  heap_.reorder([&](const TimerEntry& entry) {
    const auto rank = static_cast<std::uint32_t>(std::lower_bound(orders.begin(), orders.end(), entry.order()) - orders.begin());
    return slab_->ticket(entry.slot()).order = entry.order() < half ? rank : std::max(entry.order() - half, rank);
  });
  ordersBefore_ += half;
  nextOrder_ -= half;
}

void TimerQueue::tidy() noexcept {
  if (dead_ > 3 * live_ + kDeadKept) sweep();
  else dropDeadFirsts();
}

void TimerQueue::dropDeadFirsts() noexcept {
  for (; dead_ != 0 && !heap_.empty() && dead(heap_.first()); --dead_) heap_.pop();
}

/// Removes every dead entry.
void TimerQueue::sweep() noexcept {
  heap_.removeIf([this](const TimerEntry& entry) { return dead(entry); });
  dead_ = 0;
}

/// The capture of the call may own the queue and every handle, the one that cancels included.
void TimerQueue::dropCapture(std::uint32_t slot) noexcept {
  TimerSlab& slab = *slab_;
  slab.ticket(slot).life += TimerTicket::kCancelled;
  entryDied(slot);
  UniqueFunction<void()> call = std::move(slab[slot].call);
  slab.unref(slot);  // not the last reference: the handle that cancels has one
}

UniqueFunction<void()> TimerQueue::takeDue(Instant now, std::uint64_t mark) {
  if (!due(now, mark)) return {};
  const std::uint32_t slot = heap_.first().slot();
  UniqueFunction<void()> call = std::move((*slab_)[slot].call);
  slab_->ticket(slot).order = TimerSlab::kNone;
  slab_->ticket(slot).life += TimerTicket::kCalled;
  slab_->unref(slot);
  --live_;
  heap_.pop();
  dropDeadFirsts();
  if (!heap_.empty()) __builtin_prefetch(&(*slab_)[heap_.first().slot()]);
  return call;
}

std::vector<PendingCall> TimerQueue::pending() const {
  std::vector<PendingCall> out;
  for (const TimerEntry& entry : heap_.entries())
    if (!dead(entry)) out.push_back({entry.at(), (*slab_)[entry.slot()].site});
  return out;
}

}  // namespace teasel::detail
