#pragma once

#include <concepts>
#include <type_traits>
#include <utility>
#include <vector>

#include <teasel/application/service.hpp>
#include <teasel/core/clock.hpp>
#include <teasel/reactor/looping_call.hpp>

namespace teasel {

/// Calls a function again and again while it runs
/// (twisted.application.internet.TimerService).
///
///     program->addService(std::make_shared<TimerService>(reactor, 60s, [this] { tidyUp(); }));
///
/// The first call comes at once, inside startService. LoopingCall says when the others come, and
/// what the function may give back. When the function throws, or its Deferred fails, the error is
/// logged, and no more calls come until the service was stopped and started again.
class TimerService : public Service {
 public:
  /// `clock` must outlive the service. Throws NegativeDelay for an interval below 0.
  template <class F>
    requires std::invocable<std::decay_t<F>&>
  TimerService(Clock& clock, Duration interval, F&& call) : interval_(checked(interval)), loop_(clock, std::forward<F>(call)) {}
  /// Makes no more calls.
  ~TimerService() override;

  /// Throws LoopRunning while running(), also where a call has failed, and when the last call
  /// before stopService is not over.
  void startService() override;
  /// The Deferred fires when no call is under way: at once, or when the Deferred that the last call
  /// gave has a result.
  Deferred<void> stopService() override;
  Duration interval() const noexcept { return interval_; }

 private:
  static Duration checked(Duration interval);
  void ended(const Result<void>& result);

  const Duration interval_;
  LoopingCall loop_;
  std::vector<Deferred<void>> waiting_;  // of stopService
  bool over_ = true;                     // the loop has ended, or never began
};

}  // namespace teasel
