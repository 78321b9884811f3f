#include <teasel/core/clock.hpp>

#include <algorithm>
#include <string>

#include <teasel/core/detail/timer_queue.hpp>
#include <teasel/core/errors.hpp>

namespace teasel {

namespace {
using detail::TimerSlab;
using detail::TimerTicket;

Instant later(Instant now, Duration after) { return after > kNever - now ? kNever : now + after; }
const TimerSlab& slabOf(const detail::TimerTickets& tickets) { return static_cast<const TimerSlab&>(tickets); }
}  // namespace

void DelayedCall::refuse(const char* what) const {
  const std::string where = tickets_ == nullptr ? " of an empty DelayedCall" : " of a call made at " + site().text();
  if (tickets_ != nullptr && (tickets_->ticket(slot_).life & TimerTicket::kEnded) == TimerTicket::kCancelled)
    throw AlreadyCancelled(what + where + ": it was cancelled already");
  throw AlreadyCalled(what + where + ": it was called already");
}

/// The queue that the call waits in. Throws when it waits no longer.
inline detail::TimerQueue& DelayedCall::activeQueue(const char* what) const {
  if (!active()) [[unlikely]]
    refuse(what);
  return *slabOf(*tickets_).queue();
}

void DelayedCall::cancel() { activeQueue("cancel").drop(slot_); }

bool DelayedCall::cancelIfActive() noexcept {
  if (!active()) return false;
  slabOf(*tickets_).queue()->drop(slot_);
  return true;
}

void DelayedCall::reset(Duration after, Site site) {
  detail::TimerQueue& queue = activeQueue("reset");
  if (after < Duration::zero()) {
    throw NegativeDelay("reset(" + durationText(after) + ") at " + site.text() + " of a call made at " + this->site().text());
  }
  queue.setAgain(slot_, later(queue.clock().liveNow(), after));
}

void DelayedCall::delay(Duration more) {
  detail::TimerQueue& queue = activeQueue("delay");
  const Instant at = more < Duration::zero() ? getTime() + more : later(getTime(), more);
  queue.setAgain(slot_, std::max(at, queue.clock().liveNow()));
}

Instant DelayedCall::getTime() const noexcept { return tickets_ == nullptr ? kNever : slabOf(*tickets_)[slot_].at; }

Site DelayedCall::site() const noexcept { return tickets_ == nullptr ? Site{} : slabOf(*tickets_)[slot_].site; }

Clock::Clock() : timers_(*new detail::TimerQueue(*this)) {}

Clock::~Clock() { delete &timers_; }

DelayedCall Clock::callLater(Duration after, UniqueFunction<void()> call, Site site) {
  if (after < Duration::zero()) throw NegativeDelay("callLater(" + durationText(after) + ") at " + site.text());
  if (!call) throw UsageError("callLater at " + site.text() + ": an empty function");
  return timers_.add(later(liveNow(), after), std::move(call), site);
}

DelayedCall Clock::callAt(Instant at, UniqueFunction<void()> call, Site site) {
  if (!call) throw UsageError("callAt at " + site.text() + ": an empty function");
  // A call that is set in a turn must not come before those that are due in it.
  return timers_.add(std::max(at, now()), std::move(call), site);
}

std::vector<PendingCall> Clock::getDelayedCalls() const { return timers_.pending(); }

}  // namespace teasel
