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

/// What one iteration of a cooperative task gives. Twisted's tasks are iterators, each iteration of
/// which is one piece of work; there it gives a value, StopIteration or a Deferred. Here it gives
/// kMore (there is more to do), kDone (the task has ended), or a Deferred whose result the next
/// iteration needs. An exception ends the task.
///
///     [&]() -> Iteration {
///       if (queue.empty()) return Iteration::kDone;
///       if (!cache.has(queue.front())) return cache.load(queue.front());  // a Deferred
///       send(queue.pop());
///       return Iteration::kMore;
///     }
class Iteration {
 public:
  enum Kind : std::uint8_t { kMore, kDone };
  Iteration(Kind kind) noexcept : wait_(nullptr), done_(kind == kDone) {}
  /// The next iteration waits for `result`. A failure ends the task; a value is dropped. From here
  /// on `result` belongs to the task.
  template <class T>
  Iteration(Deferred<T> result, Site site = Site::here()) : wait_(nullptr), waits_(true) {
    if constexpr (std::is_void_v<T>) wait_ = std::move(result);
    else wait_ = result.addCallback([] {}, site);
  }

  bool done() const noexcept { return done_; }
  bool waits() const noexcept { return waits_; }
  /// The Deferred that the next iteration waits for; only if waits().
  Deferred<void>& wait() noexcept { return wait_; }

 private:
  Deferred<void> wait_;
  bool done_ = false;
  bool waits_ = false;
};

/// A task that is written as a generator: a coroutine in which each co_yield ends an iteration.
///
///     TaskGenerator sendAll(std::vector<std::string> lines) {
///       for (const std::string& line : lines) {
///         send(line);
///         co_yield Iteration::kMore;       // lets other tasks have their turn
///         if (full()) co_yield drained();  // a Deferred: goes on when it has a result
///       }
///     }
///     cooperator.cooperate(sendAll(lines));
///     // A lambda with captures is given itself and not called: the task then keeps it.
///     cooperator.cooperate([this]() -> TaskGenerator { ... });
///
/// The body starts with the first iteration, not before. It cannot use co_await; a coroutine that
/// returns a Deferred can. As there, the compiler refuses parameters that only borrow.
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

  /// Runs the body to its next co_yield and gives what was yielded. Throws what the body throws.
  /// After its end it gives kDone.
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

/// What a Cooperator runs: either a function that gives an Iteration, a Kind or a Deferred in each
/// call, or a function that gives a TaskGenerator once.
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
