#include <teasel/fakes/fake_clock.hpp>

#include <algorithm>
#include <string>
#include <utility>

#include <teasel/core/detail/timer_queue.hpp>
#include <teasel/core/errors.hpp>
#include <teasel/core/guarded.hpp>
#include <teasel/core/logger.hpp>

namespace teasel::fakes {

namespace {
constexpr Logger kLog("clock");

void requireForward(const char* what, Duration by, Site site) {
  if (by >= Duration::zero()) return;
  throw NegativeDelay(std::string(what) + '(' + durationText(by) + ") at " + site.text() + ": time does not go back");
}

}  // namespace

void FakeClock::advance(Duration by, Site site) {
  requireForward("advance", by, site);
  runUntil(by > kNever - now() ? kNever : now() + by);
}

void FakeClock::takeTime(Duration by, Site site) {
  requireForward("takeTime", by, site);
  live_ = by > kNever - live_ ? kNever : live_ + by;
  if (!running_) setNow(live_);
}

bool FakeClock::advanceToNext() {
  if (timers_.next() == kNever) return false;
  runUntil(timers_.next());
  return true;
}

std::size_t FakeClock::pending() const noexcept { return timers_.size(); }

void FakeClock::moveTo(Instant to) noexcept {
  live_ = std::max(live_, to);
  setNow(live_);
}

void FakeClock::runUntil(Instant end) {
  if (running_) throw UsageError("a FakeClock was advanced inside a call that it makes");
  struct Running {
    FakeClock& clock;
    explicit Running(FakeClock& c) noexcept : clock(c) { clock.running_ = true; }
    Running(const Running&) = delete;
    Running& operator=(const Running&) = delete;
    ~Running() {
      clock.running_ = false;
      clock.setNow(clock.live_);
    }
  } const running(*this);
  std::size_t atThisInstant = 0;
  Instant counted = now();
  while (timers_.next() <= end && timers_.next() != kNever) {
    moveTo(timers_.next());
    if (std::exchange(counted, now()) != now()) atThisInstant = 0;
    // As in a turn of a reactor, what is set from here on, even for now, runs after everything that
    // was due before.
    const std::uint64_t mark = timers_.mark();
    for (; timers_.due(now(), mark); ++atThisInstant) {
      if (atThisInstant == kCallsAtOneInstant) {
        throw LimitExceeded("the number of calls that a FakeClock makes while its time stands (the next call was set at " +
                                timers_.nextSite().text() + ')',
                            kCallsAtOneInstant, atThisInstant + 1);
      }
      UniqueFunction<void()> call = timers_.takeDue(now(), mark);
      Failure failure;
      if (!guarded("a timer", failure, call)) kLog.failure("exception out of a timer", failure);
    }
    setNow(live_);
  }
  if (end != kNever) moveTo(end);
}

}  // namespace teasel::fakes
