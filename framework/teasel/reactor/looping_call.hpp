#pragma once

#include <concepts>
#include <cstdint>
#include <memory>
#include <type_traits>
#include <utility>

#include <teasel/core/clock.hpp>
#include <teasel/deferred/deferred.hpp>
#include <teasel/reactor/task_errors.hpp>

namespace teasel {

/// Calls a function again and again (twisted.internet.task.LoopingCall).
///
///     LoopingCall tick(reactor, [this] { sendHeartbeat(); });
///     tick.start(30s);
///
/// Calls come at the start time plus multiples of the interval, never more often: a call that comes
/// late, because the loop was busy or the Deferred of the call before was not ready, is made once,
/// and the next one comes at the next multiple that is still to come. With an interval of 0 there
/// is a call in every turn.
///
/// The body may give nothing, a value (ignored), or a Deferred, whose result is awaited before the
/// next call is set. An exception, a Failure, a Deferred that fails or one that dies without a
/// result (ResultLost) ends the loop, and start's Deferred fails with it.
///
/// The body may stop, restart (in start's Deferred) or destroy its LoopingCall. Destroying it takes
/// the timer back and leaves start's Deferred unfired. `clock` must outlive it. One thread.
class LoopingCall {
 public:
  /// `body()` is kept, until its last Deferred has a result.
  template <class F>
    requires std::invocable<std::decay_t<F>&>
  LoopingCall(Clock& clock, F&& body, Site made = Site::here())
      : LoopingCall(clock, bodyOf([call = std::decay_t<F>(std::forward<F>(body))](std::int64_t) mutable { return call(); }),
                    false, made) {}
  /// A loop whose body is told how many intervals have begun since the call before: 1, or more when
  /// calls were left out, never 0. An animation, say, moves on by that many frames. With an
  /// interval of 0 it is always 1.
  template <class F>
    requires std::invocable<std::decay_t<F>&, std::int64_t>
  static LoopingCall withCount(Clock& clock, F&& body, Site made = Site::here()) {
    return LoopingCall(clock, bodyOf(std::forward<F>(body)), true, made);
  }
  LoopingCall(const LoopingCall&) = delete;
  LoopingCall& operator=(const LoopingCall&) = delete;
  ~LoopingCall();

  /// Starts the loop, with a call at once, inside start, or with `now` false after one interval.
  /// What it returns fires when the loop has ended: after stop(), or with the error that ended it;
  /// it may be dropped. Cancelling it stops the loop, and cancels the body's Deferred if that is
  /// awaited. Throws LoopRunning, and NegativeDelay for an interval below 0.
  Deferred<void> start(Duration interval, bool now = true, Site site = Site::here());
  /// No further call. If the body runs, or its Deferred is awaited, start's Deferred waits for
  /// that. Throws LoopNotRunning.
  void stop(Site site = Site::here());
  /// Counts from now: the next call comes one interval from now. Throws LoopNotRunning.
  void reset(Site site = Site::here());
  /// Another interval, counted from the same start time. The call that is set moves to the next
  /// multiple of it.
  void setInterval(Duration interval, Site site = Site::here());

  Duration interval() const noexcept;
  /// From start() until stop() or an error; false when start's Deferred fires.
  bool running() const noexcept;

 private:
  class Loop;
  using Body = UniqueFunction<Deferred<void>(std::int64_t)>;
  LoopingCall(Clock& clock, Body body, bool counts, Site made);
  /// What any body gives, as a Deferred without value.
  template <class F>
  static Body bodyOf(F&& body) {
    return [call = std::decay_t<F>(std::forward<F>(body))](std::int64_t count) mutable -> Deferred<void> {
      auto given = maybeDeferred(call, count);
      if constexpr (std::is_same_v<decltype(given), Deferred<void>>) return given;
      else return given.addCallback([] {});
    };
  }
  std::shared_ptr<Loop> loop_;
};

}  // namespace teasel
