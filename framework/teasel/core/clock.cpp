#include <teasel/core/clock.hpp>

#include <algorithm>
#include <new>
#include <string>

#include <teasel/core/check.hpp>
#include <teasel/core/errors.hpp>

namespace teasel {

namespace {
using Ticket = detail::TimerSlab::Ticket;

Instant later(Instant now, Duration after) { return after > kNever - now ? kNever : now + after; }
}  // namespace

void DelayedCall::refuse(const char* what) const {
  const std::string where = slab_ == nullptr ? " of an empty DelayedCall" : " of a call made at " + site().text();
  if (slab_ != nullptr && (slab_->ticket(slot_).life & Ticket::kEnded) == Ticket::kCancelled)
    throw AlreadyCancelled(what + where + ": it was cancelled already");
  throw AlreadyCalled(what + where + ": it was called already");
}

bool DelayedCall::cancelIfActive() noexcept {
  if (!active()) return false;
  slab_->queue()->drop(slot_);
  return true;
}

void DelayedCall::reset(Duration after, Site site) {
  requireActive("reset");
  if (after < Duration::zero()) {
    throw NegativeDelay("reset(" + std::to_string(after.count()) + " ns) at " + site.text() + " of a call made at " +
                        this->site().text());
  }
  TimerQueue& queue = *slab_->queue();
  queue.setAgain(slot_, later(queue.now(), after));
}

void DelayedCall::delay(Duration more) {
  requireActive("delay");
  TimerQueue& queue = *slab_->queue();
  const Instant at = more < Duration::zero() ? getTime() + more : later(getTime(), more);
  queue.setAgain(slot_, std::max(at, queue.now()));
}

TimerQueue::~TimerQueue() {
  clear();
  if (slab_ != nullptr) slab_->abandon();
}

void TimerQueue::clear() noexcept {
  // A destroyed capture may cancel other calls of this queue, and set new ones.
  while (!heap_.empty()) {
    for (const detail::TimerEntry& entry : heap_.takeAll()) {
      if (dead(entry)) continue;
      --live_;
      slab_->ticket(entry.slot()).order = detail::TimerSlab::kNone;
      slab_->ticket(entry.slot()).life += Ticket::kCancelled;
      (*slab_)[entry.slot()].call.reset();
      slab_->unref(entry.slot());
    }
    sweep();
  }
}

DelayedCall TimerQueue::add(Instant at, UniqueFunction<void()>&& call, Site site) {
  if (slab_ == nullptr) [[unlikely]]
    slab_ = new detail::TimerSlab(*this);
  const std::uint32_t order = drawOrder();
  heap_.makeRoom();
  const std::uint32_t slot = slab_->take();
  slab_->ticket(slot) = {order, 2 * Ticket::kRef + (call.trivial() ? 0 : Ticket::kOwns)};
  ::new (&(*slab_)[slot]) detail::Timer{at, site, std::move(call)};  // over one whose call is empty
  heap_.push({at, order, slot});
  ++live_;
  return {*slab_, slot};
}

inline std::uint32_t TimerQueue::drawOrder() {
  if (nextOrder_ == orders_) [[unlikely]]
    renumber();
  return nextOrder_++;
}

/// The order numbers have come to their end: those of the latter half become smaller by half, the
/// older ones close up below.
[[gnu::noinline]] void TimerQueue::renumber() {
  const std::uint32_t half = orders_ / 2;
  sweep();
  std::vector<std::uint32_t> orders;
  orders.reserve(heap_.entries().size());
  for (const detail::TimerEntry& entry : heap_.entries()) orders.push_back(entry.order());
  std::sort(orders.begin(), orders.end());
  heap_.reorder([&](const detail::TimerEntry& entry) {
    const auto rank = static_cast<std::uint32_t>(std::lower_bound(orders.begin(), orders.end(), entry.order()) - orders.begin());
    return slab_->ticket(entry.slot()).order = entry.order() < half ? rank : std::max(entry.order() - half, rank);
  });
  ordersBefore_ += half;
  nextOrder_ -= half;
}

/// The entry of `slot` has died. Kept short: the fewer instructions, the more cancelled timers come
/// from memory at a time.
inline void TimerQueue::entryDied(std::uint32_t slot) noexcept {
  if (++dead_ > 3 * live_ + kDeadKept || heap_.first().slot() == slot) [[unlikely]]
    tidy();
}

[[gnu::noinline]] void TimerQueue::tidy() noexcept {
  if (dead_ > 3 * live_ + kDeadKept) sweep();
  else dropDeadFirsts();
}

void TimerQueue::dropDeadFirsts() noexcept {
  for (; dead_ != 0 && !heap_.empty() && dead(heap_.first()); --dead_) heap_.pop();
}

/// Drops every dead entry.
void TimerQueue::sweep() noexcept {
  heap_.removeIf([this](const detail::TimerEntry& entry) { return dead(entry); });
  dead_ = 0;
}

void TimerQueue::setAgain(std::uint32_t slot, Instant at) {
  const std::uint32_t order = drawOrder();
  heap_.makeRoom();
  heap_.push({at, order, slot});
  slab_->ticket(slot).order = order;
  (*slab_)[slot].at = at;
  ++dead_;
  tidy();
}

void TimerQueue::drop(std::uint32_t slot) noexcept {
  Ticket& ticket = slab_->ticket(slot);
  ticket.order = detail::TimerSlab::kNone;
  --live_;
  if ((ticket.life & Ticket::kOwns) != 0) return dropCapture(slot);
  ticket.life += Ticket::kCancelled - Ticket::kRef;  // a handle is left: it cancels
  entryDied(slot);
}

/// What the call captured may own every handle, the one that cancels included, and the queue
/// itself.
[[gnu::noinline]] void TimerQueue::dropCapture(std::uint32_t slot) noexcept {
  detail::TimerSlab& slab = *slab_;
  slab.ticket(slot).life += Ticket::kCancelled;
  entryDied(slot);
  UniqueFunction<void()> call = std::move(slab[slot].call);
  slab.unref(slot);  // a handle is left: it cancels
}

UniqueFunction<void()> TimerQueue::takeDue(Instant now, std::uint64_t mark) {
  if (heap_.empty() || heap_.first().at() > now || ordersBefore_ + heap_.first().order() >= mark) return {};
  const std::uint32_t slot = heap_.first().slot();
  UniqueFunction<void()> call = std::move((*slab_)[slot].call);
  slab_->ticket(slot).order = detail::TimerSlab::kNone;
  slab_->ticket(slot).life += Ticket::kCalled;
  slab_->unref(slot);
  --live_;
  heap_.pop();
  dropDeadFirsts();
  if (!heap_.empty()) __builtin_prefetch(&(*slab_)[heap_.first().slot()]);
  return call;
}

std::vector<TimerQueue::Pending> TimerQueue::pending() const {
  std::vector<Pending> out;
  for (const detail::TimerEntry& entry : heap_.entries())
    if (!dead(entry)) out.push_back({entry.at(), (*slab_)[entry.slot()].site});
  return out;
}

DelayedCall Clock::callLater(Duration after, UniqueFunction<void()> call, Site site) {
  if (after < Duration::zero()) throw NegativeDelay("callLater(" + std::to_string(after.count()) + " ns) at " + site.text());
  if (!call) throw UsageError("callLater at " + site.text() + ": an empty function");
  return timers_.add(later(now(), after), std::move(call), site);
}

}  // namespace teasel
