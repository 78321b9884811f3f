#pragma once

#include <concepts>
#include <functional>
#include <memory>
#include <type_traits>
#include <utility>

#include <teasel/core/unique_function.hpp>
#include <teasel/deferred/deferred.hpp>
#include <teasel/reactor/reactor.hpp>
#include <teasel/reactor/task_errors.hpp>

namespace teasel {

/// A program's main function, called on a reactor that somebody else runs: a signal-aware loop, or
/// a World, in which the program is tested. Calls main(reactor, args...) at once; when that has its
/// result, stops the reactor - once, and only if nobody has stopped it yet.
///
///     MainCall call(reactor, downloadAll, arguments);
///     runUntilInterrupted(reactor);
///     return call.exitCode();
///
/// What main returns is its Deferred; any function will do whose result can become one, a coroutine
/// with captures too (it is kept). Its value is not used: an int would be taken for an exit code,
/// and is refused. `reactor` must outlive it.
class MainCall {
 public:
  template <class F, class... Args>
    requires std::invocable<std::decay_t<F>&, Reactor&, std::decay_t<Args>...>
  explicit MainCall(Reactor& reactor, F&& main, Args&&... args)
      : MainCall(reactor, bodyOf(std::forward<F>(main), std::forward<Args>(args)...)) {}
  MainCall(const MainCall&) = delete;
  MainCall& operator=(const MainCall&) = delete;
  ~MainCall();

  /// Whether main has its result.
  bool finished() const noexcept;
  /// 0 for a result, and while there is none: then somebody else stopped the reactor. 1 for a
  /// failure, which was logged; the code of a SystemExit, which was not. 1, too, when main's
  /// Deferred died without a result.
  int exitCode() const noexcept;

 private:
  class State;
  using Body = UniqueFunction<Deferred<void>(Reactor&)>;
  MainCall(Reactor& reactor, Body main);
  template <class F, class... Args>
  static Body bodyOf(F&& main, Args&&... args) {
    return [call = std::decay_t<F>(std::forward<F>(main)),
            ... kept = std::decay_t<Args>(std::forward<Args>(args))](Reactor& reactor) mutable -> Deferred<void> {
      auto made = maybeDeferred(call, reactor, std::move(kept)...);
      using Value = typename decltype(made)::Value;
      static_assert(!std::is_integral_v<Value>, "main gives no exit code as its value; for one, fail with SystemExit(code)");
      if constexpr (std::is_void_v<Value>) return made;
      else return made.addCallback([] {});
    };
  }
  std::shared_ptr<State> state_;
};

/// Runs a program (twisted.internet.task.react): calls main(reactor, args...), runs the reactor
/// until main's Deferred has its result, and gives the exit code for the process. See MainCall.
///
///     Deferred<void> run(Reactor& reactor, std::string name) { co_await ...; }
///
///     int main(int argc, char** argv) {
///       Reactor reactor(makeDriver("epoll"));
///       return react(reactor, run, std::string(argv[1]));
///     }
///
/// Throws what Reactor::run throws.
template <class F, class... Args>
  requires std::invocable<std::decay_t<F>&, Reactor&, std::decay_t<Args>...>
int react(Reactor& reactor, F&& main, Args&&... args) {
  const MainCall call(reactor, std::forward<F>(main), std::forward<Args>(args)...);
  reactor.run();
  return call.exitCode();
}

}  // namespace teasel
