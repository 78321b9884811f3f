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
///     [&]() -> Step {
///       if (queue.empty()) return Step::kDone;
///       // A Deferred; its value is not used.
///       if (!cache.has(queue.front())) return cache.load(queue.front());
///       send(queue.pop());
///       return Step::kMore;
///     }
class Step {
 public:
  enum Kind : std::uint8_t { kMore, kDone };
  Step(Kind kind) noexcept : wait_(nullptr), done_(kind == kDone) {}
  /// The next step waits for `result`; its failure ends the task, its value is dropped. From here
  /// on it is the task's.
  template <class T>
  Step(Deferred<T> result, Site site = Site::here()) : wait_(nullptr), waits_(true) {
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
///     Steps sendAll(std::vector<std::string> lines) {
///       for (const std::string& line : lines) {
///         send(line);
///         co_yield Step::kMore;        // let others have their turn
///         if (full()) co_yield drained();  // a Deferred: go on when it has a result
///       }
///     }
///     cooperator.cooperate(sendAll(lines));
///     // With captures: give the lambda itself, which is then kept.
///     cooperator.cooperate([this]() -> Steps { ... });
///
/// It starts with the first step, not before. There is no co_await in it; use a coroutine that
/// returns a Deferred for that. Parameters that only borrow are refused when compiling, as in
/// those.
class Steps {
 public:
  struct promise_type {
    promise_type() noexcept {}
    Steps get_return_object() { return Steps(std::coroutine_handle<promise_type>::from_promise(*this)); }
    std::suspend_always initial_suspend() const noexcept { return {}; }
    std::suspend_always final_suspend() const noexcept { return {}; }
    std::suspend_always yield_value(Step step) noexcept {
      given = std::move(step);
      return {};
    }
    void return_void() noexcept { given = Step::kDone; }
    void unhandled_exception() noexcept { error = std::current_exception(); }
    void await_transform() = delete;

    Step given{Step::kMore};
    std::exception_ptr error;
  };

  Steps(Steps&& other) noexcept : frame_(std::exchange(other.frame_, nullptr)) {}
  Steps& operator=(Steps&& other) noexcept {
    std::swap(frame_, other.frame_);
    return *this;
  }
  ~Steps() {
    if (frame_) frame_.destroy();
  }

  /// Goes on to the next co_yield. Throws what the coroutine throws; after its end, kDone.
  Step operator()() {
    if (!frame_ || frame_.done()) return Step::kDone;
    frame_.resume();
    if (frame_.promise().error) std::rethrow_exception(std::exchange(frame_.promise().error, nullptr));
    return std::exchange(frame_.promise().given, Step(Step::kMore));
  }

 private:
  explicit Steps(std::coroutine_handle<promise_type> frame) noexcept : frame_(frame) {}
  std::coroutine_handle<promise_type> frame_;
};

/// What a Cooperator runs: a function that gives a Step, a Kind or a Deferred in each call, or one
/// that gives Steps once.
template <class F>
concept StepFunction =
    std::invocable<F&> && (std::convertible_to<std::invoke_result_t<F&>, Step> || std::same_as<std::invoke_result_t<F&>, Steps>);

}  // namespace teasel

template <class... Parameters>
struct std::coroutine_traits<teasel::Steps, Parameters...> {
  static_assert((... && !teasel::detail::kBorrows<std::remove_cvref_t<Parameters>>),
                "a coroutine keeps its parameters longer than the call: take std::string instead of a borrowed view");
  using promise_type = teasel::Steps::promise_type;
};
