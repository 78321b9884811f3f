#pragma once

#include <concepts>
#include <coroutine>
#include <cstdint>
#include <exception>
#include <type_traits>
#include <utility>

#include <teasel/deferred/coroutine.hpp>
#include <teasel/deferred/deferred.hpp>

namespace teasel {

/// What one step of a cooperative task gives: there is more to do, it is done, or a Deferred whose
/// result it needs first (Twisted: a value, StopIteration, a Deferred from an iterator). An
/// exception ends the task.
///
///     [&]() -> Iteration {
///       if (queue.empty()) return Iteration::kDone;
///       if (!cache.has(queue.front())) return cache.load(queue.front());  // a Deferred; the value is not used
///       send(queue.pop());
///       return Iteration::kMore;
///     }
class Iteration {
 public:
  enum Kind : std::uint8_t { kMore, kDone };
  Iteration(Kind kind) noexcept : wait_(nullptr), done_(kind == kDone) {}
  /// The next step waits for `result`; its failure ends the task, its value is dropped. From here
  /// on it is the task's.
  template <class T>
  Iteration(Deferred<T> result, Site site = Site::here()) : wait_(nullptr), waits_(true) {
    if constexpr (std::is_void_v<T>) wait_ = std::move(result);
    else wait_ = result.addCallback([] {}, site);
  }

  bool done() const noexcept { return done_; }
  bool waits() const noexcept { return waits_; }
  /// The Deferred that is waited for.
  Deferred<void>& wait() noexcept { return wait_; }

 private:
  Deferred<void> wait_;
  bool done_ = false;
  bool waits_ = false;
};

/// A step function written as one coroutine: each co_yield ends a step.
///
///     TaskGenerator sendAll(std::vector<std::string> lines) {
///       for (const std::string& line : lines) {
///         send(line);
///         co_yield Iteration::kMore;        // let others have their turn
///         if (full()) co_yield drained();  // a Deferred: go on when it has a result
///       }
///     }
///     cooperator.cooperate(sendAll(lines));
///     cooperator.cooperate([this]() -> TaskGenerator { ... });  // with captures: give the lambda itself, which is then kept
///
/// It starts with the first step, not before. There is no co_await in it; use a coroutine that
/// returns a Deferred for that. Parameters that only borrow are refused when compiling, as in
/// those.
class TaskGenerator {
 public:
  struct promise_type {
    promise_type() noexcept {}
    TaskGenerator get_return_object() { return TaskGenerator(std::coroutine_handle<promise_type>::from_promise(*this)); }
    std::suspend_always initial_suspend() const noexcept { return {}; }
    std::suspend_always final_suspend() const noexcept { return {}; }
    std::suspend_always yield_value(Iteration step) noexcept {
      given = std::move(step);
      return {};
    }
    void return_void() noexcept { given = Iteration::kDone; }
    void unhandled_exception() noexcept { error = std::current_exception(); }
    void await_transform() = delete;

    Iteration given{Iteration::kMore};
    std::exception_ptr error;
  };

  TaskGenerator(TaskGenerator&& other) noexcept : frame_(std::exchange(other.frame_, nullptr)) {}
  TaskGenerator& operator=(TaskGenerator&& other) noexcept {
    std::swap(frame_, other.frame_);
    return *this;
  }
  ~TaskGenerator() {
    if (frame_) frame_.destroy();
  }

  /// Goes on to the next co_yield. Throws what the coroutine throws; after its end, kDone.
  Iteration operator()() {
    if (!frame_ || frame_.done()) return Iteration::kDone;
    frame_.resume();
    if (frame_.promise().error) std::rethrow_exception(std::exchange(frame_.promise().error, nullptr));
    return std::exchange(frame_.promise().given, Iteration(Iteration::kMore));
  }

 private:
  explicit TaskGenerator(std::coroutine_handle<promise_type> frame) noexcept : frame_(frame) {}
  std::coroutine_handle<promise_type> frame_;
};

/// What a Cooperator runs: a function that gives a Iteration, a Kind or a Deferred in each call, or one
/// that gives TaskGenerator once.
template <class F>
concept TaskFunction = std::invocable<F&> && (std::convertible_to<std::invoke_result_t<F&>, Iteration> ||
                                              std::same_as<std::invoke_result_t<F&>, TaskGenerator>);

}  // namespace teasel

template <class... Parameters>
struct std::coroutine_traits<teasel::TaskGenerator, Parameters...> {
  static_assert((... && !teasel::detail::kBorrows<std::remove_cvref_t<Parameters>>),
                "a coroutine keeps its parameters longer than the call: take std::string instead of a borrowed view");
  using promise_type = teasel::TaskGenerator::promise_type;
};
