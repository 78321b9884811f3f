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
/// Calls come at the start time plus multiples of the interval, never more often. A call may come
/// late, because the loop was busy or the Deferred of the call before was not ready. It is then
/// made once, and the next call comes at the next multiple that lies in the future when the body or
/// its Deferred is done. A body that works for 70 ms at an interval of 50 ms is called at 0, 100,
/// 200 ms. With an interval of 0 there is a call in every turn.
///
/// The body may give nothing, a value (which is ignored), or a Deferred; the next call then waits
/// for its result. The loop ends with an exception, with a Failure, with a Deferred that fails, and
/// with a Deferred that dies without a result (ResultLost). start's Deferred then fails with that
/// error.
///
/// The body may stop or destroy its LoopingCall. It may start it again in a callback of start's
/// Deferred. Destroying the LoopingCall takes the timer back and leaves start's Deferred unfired.
/// `clock` must outlive it. One thread only.
class LoopingCall {
 public:
  /// `body` is kept until its last Deferred has a result.
  template <class F>
    requires std::invocable<std::decay_t<F>&>
  LoopingCall(Clock& clock, F&& body, Site made = Site::here())
      : LoopingCall(clock, bodyOf([call = std::decay_t<F>(std::forward<F>(body))](std::int64_t) mutable { return call(); }),
                    false, made) {}
  /// A loop whose body is told how many intervals have begun since the call before. This is 1, or
  /// more when calls were left out, and never 0. An animation, for example, moves on by that many
  /// frames. With an interval of 0 it is always 1.
  template <class F>
    requires std::invocable<std::decay_t<F>&, std::int64_t>
  static LoopingCall withCount(Clock& clock, F&& body, Site made = Site::here()) {
    return LoopingCall(clock, bodyOf(std::forward<F>(body)), true, made);
  }
  LoopingCall(const LoopingCall&) = delete;
  LoopingCall& operator=(const LoopingCall&) = delete;
  ~LoopingCall();

  /// Starts the loop. The first call comes at once, inside start; with `now` false it comes after
  /// one interval. The Deferred fires when the loop has ended after stop(), and fails with the
  /// error that ended the loop. It may be dropped. Cancelling it stops the loop, and cancels the
  /// body's Deferred if the loop waits for that. Throws LoopRunning, and NegativeDelay for an
  /// interval below 0.
  Deferred<void> start(Duration interval, bool now = true, Site site = Site::here());
  /// Makes no further call. While the body runs, or the loop waits for its Deferred, start's
  /// Deferred waits for that. Throws LoopNotRunning.
  void stop(Site site = Site::here());
  /// Counts intervals from now: the next call comes one interval from now. Throws LoopNotRunning.
  void reset(Site site = Site::here());
  /// Sets another interval, counted from the same start time. The next call moves to the next
  /// multiple of it. Throws NegativeDelay for an interval below 0.
  void setInterval(Duration interval, Site site = Site::here());

  Duration interval() const noexcept;
  /// True from start() until stop() or an error. False when start's Deferred fires.
  bool running() const noexcept;

 private:
  class Loop;
  using Body = UniqueFunction<Deferred<void>(std::int64_t)>;
  LoopingCall(Clock& clock, Body body, bool counts, Site made);
  /// A function that calls `body` and gives a Deferred without a value, whatever the body gives.
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
