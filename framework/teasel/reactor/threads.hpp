#pragma once

#include <concepts>
#include <functional>
#include <memory>
#include <optional>
#include <type_traits>
#include <utility>

#include <teasel/deferred/deferred.hpp>
#include <teasel/deferred/start.hpp>
#include <teasel/reactor/reactor.hpp>
#include <teasel/reactor/task_errors.hpp>
#include <teasel/reactor/thread_pool.hpp>

/// Calls that cross threads with their results. The model is twisted.internet.threads. What belongs
/// to a reactor (Deferreds, protocols, transports) stays in its thread. Functions, values and
/// Failures cross.

namespace teasel {

namespace detail {

/// Carries a function to a thread and its result back. It is made and destroyed in the reactor's
/// thread.
template <class F, class T>
struct ThreadJob {
  F function;
  Deferred<T> deferred;
  std::optional<Stored<T>> value{};

  void run() {
    if constexpr (std::is_void_v<T>) function();
    else value.emplace(function());
  }
  void report(const Failure& failure) {
    if (failure) deferred.errback(failure);
    else if constexpr (std::is_void_v<T>) deferred.callback();
    else deferred.callback(std::move(*value));
  }
};

/// Where a thread waits for a result that is made in the reactor's thread.
template <class T>
struct ThreadAnswer {
  ThreadGate gate{};
  Failure failure{};
  std::optional<Stored<T>> value{};

  void fail(const Failure& why) {
    failure = why;
    gate.open();
  }
};

/// Promises an answer. If it dies without one, the waiting thread gets a failure that says so.
template <class T>
class ThreadPromise {
 public:
  explicit ThreadPromise(std::shared_ptr<ThreadAnswer<T>> answer) noexcept : answer_(std::move(answer)) {}
  ThreadPromise(ThreadPromise&&) noexcept = default;
  ThreadPromise& operator=(ThreadPromise&&) = delete;
  ~ThreadPromise() {
    if (answer_ == nullptr) return;
    if (began) answer_->fail(Failure(ResultLost("the Deferred that a thread waits for died without a result"), Site{}));
    else answer_->fail(Failure(ReactorNotRunning("the reactor ended before it made the call that a thread waits for"), Site{}));
  }
  // NOLINTNEXTLINE(performance-unnecessary-value-param): moved from, where it has a value
  void keep(Result<T> result) {
    const std::shared_ptr<ThreadAnswer<T>> answer = std::exchange(answer_, nullptr);
    if (!result.ok()) return answer->fail(result.failure());
    if constexpr (!std::is_void_v<T>) answer->value.emplace(std::move(result).value());
    answer->gate.open();
  }
  bool began = false;

 private:
  std::shared_ptr<ThreadAnswer<T>> answer_;
};

}  // namespace detail

/// Calls function() in a thread of the reactor's pool. The Deferred gives what it returned or
/// threw, in the reactor's thread. Call it in that thread. Function and result are made and
/// destroyed there. While the function runs, what it refers to must be safe to use from another
/// thread.
///
///     deferToThread(reactor, [path] { return checksumOf(path); })
///         .addCallback([](std::uint32_t sum) { ... });
///
/// Cancelling the Deferred does not stop the thread; the late result is dropped. Throws what
/// Reactor::callInThread throws.
template <class F>
  requires std::invocable<std::decay_t<F>&>
[[nodiscard]] auto deferToThread(Reactor& reactor, F&& function, Site site = Site::here()) {
  using Gives = std::invoke_result_t<std::decay_t<F>&>;
  static_assert(!detail::kIsDeferred<std::remove_cvref_t<Gives>>,
                "a Deferred belongs to the reactor's thread: return the value, or use blockingCallFromThread inside");
  using Value = std::decay_t<Gives>;
  using Job = detail::ThreadJob<std::decay_t<F>, Value>;
  auto job = std::make_unique<Job>(std::forward<F>(function), Deferred<Value>(nullptr));
  Job* const inThread = job.get();
  reactor.callInThreadWithCallback([job = std::move(job)](const Failure& failure) { job->report(failure); },
                                   [inThread] { inThread->run(); });
  // Made only when the call was accepted: a Deferred that nobody gets would be reported as unfired.
  return inThread->deferred = Deferred<Value>(site);
}

/// Calls function() in the reactor's thread and returns its result; if that is a Deferred, the
/// Deferred's result. Call it from another thread; it blocks until the result is there. In a world,
/// call it only inside what callInThread runs. Throws what the function throws or its Deferred
/// fails with. Throws ReactorNotRunning when the reactor ends before the call, ResultLost when the
/// Deferred dies without a result, and UsageError in the reactor's own thread, which would wait for
/// itself.
template <class F>
  requires std::invocable<std::decay_t<F>&>
auto blockingCallFromThread(Reactor& reactor, F&& function) -> typename detail::DeferredBy<std::decay_t<F>&>::Value {
  using Value = typename detail::DeferredBy<std::decay_t<F>&>::Value;
  const auto answer = std::make_shared<detail::ThreadAnswer<Value>>();
  reactor.checkMayBlock();
  reactor.callFromThread(
      [call = std::decay_t<F>(std::forward<F>(function)), promise = detail::ThreadPromise<Value>(answer)]() mutable {
        promise.began = true;
        Deferred<void> kept = maybeDeferred(call).addBoth(
            [promise = std::move(promise)](Result<Value> result) mutable { promise.keep(std::move(result)); });
      });
  reactor.getThreadPool().waitFor(answer->gate);
  if (answer->failure) answer->failure.raise();
  if constexpr (!std::is_void_v<Value>) return std::move(*answer->value);
}

}  // namespace teasel
