#include <teasel/application/timer_service.hpp>

#include <teasel/core/errors.hpp>
#include <teasel/core/logger.hpp>
#include <teasel/deferred/bind_weak.hpp>

namespace teasel {

namespace {
constexpr Logger kLog("service");
}

TimerService::~TimerService() {
  if (loop_.running()) loop_.stop();
}

void TimerService::startService() {
  if (running() || !over_) throw LoopRunning("startService: the TimerService runs, or its last call is not over");
  Service::startService();
  over_ = false;
  // The first call is made here. It may stop the service.
  loop_.start(interval_).addBoth(bindWeak(this, [this](const Result<void>& result) { ended(result); }));
}

Deferred<void> TimerService::stopService() {
  Service::stopService();
  if (loop_.running()) loop_.stop();
  if (over_) return succeed();
  const Deferred<void> stopped;
  waiting_.push_back(stopped);
  return stopped;
}

void TimerService::ended(const Result<void>& result) {
  over_ = true;
  if (!result.ok()) kLog.failure("a TimerService makes no more calls, because one has failed", result.failure());
  for (const Deferred<void>& waiter : std::exchange(waiting_, {})) waiter.callback();
}

Duration TimerService::checked(Duration interval) {
  if (interval >= Duration::zero()) return interval;
  throw NegativeDelay("a TimerService with an interval of " + durationText(interval));
}

}  // namespace teasel
