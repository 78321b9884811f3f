#include <teasel/fakes/fake_clock.hpp>

#include <string>

#include <teasel/core/detail/timer_queue.hpp>
#include <teasel/core/errors.hpp>
#include <teasel/core/guarded.hpp>
#include <teasel/core/logger.hpp>

namespace teasel::fakes {

namespace {
constexpr Logger kLog("clock");
}

void FakeClock::advance(Duration by, Site site) {
  if (by < Duration::zero())
    throw NegativeDelay("advance(" + std::to_string(by.count()) + " ns) at " + site.text() + ": time does not go back");
  runUntil(by > kNever - now() ? kNever : now() + by);
}

bool FakeClock::advanceToNext() {
  if (timers_.next() == kNever) return false;
  runUntil(timers_.next());
  return true;
}

std::size_t FakeClock::pending() const noexcept { return timers_.size(); }

void FakeClock::runUntil(Instant end) {
  if (running_) throw UsageError("a FakeClock was advanced inside a call that it makes");
  struct Running {
    bool& flag;
    explicit Running(bool& f) noexcept : flag(f) { flag = true; }
    Running(const Running&) = delete;
    Running& operator=(const Running&) = delete;
    ~Running() { flag = false; }
  } const running(running_);
  std::size_t atThisInstant = 0;
  while (timers_.next() <= end && timers_.next() != kNever) {
    if (timers_.next() > now()) {
      setNow(timers_.next());
      atThisInstant = 0;
    }
    // As in a turn of a reactor, what is set from here on, even for now, runs after everything that
    // was due before.
    const std::uint64_t mark = timers_.mark();
    for (UniqueFunction<void()> call = timers_.takeDue(now(), mark); call; call = timers_.takeDue(now(), mark)) {
      if (++atThisInstant > kCallsAtOneInstant)
        throw LimitExceeded("calls without time moving", kCallsAtOneInstant, atThisInstant);
      Failure failure;
      if (!guarded("a timer", failure, call)) kLog.failure("exception out of a timer", failure);
    }
  }
  if (end != kNever) setNow(end);
}

}  // namespace teasel::fakes
