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

/// A program's main function on a reactor that somebody else runs: a loop that handles signals, or
/// a World in which the program is tested. Calls main(reactor, args...) at once. When main has its
/// result, it stops the reactor, once, and only if nobody has stopped it yet.
///
///     MainCall call(reactor, downloadAll, arguments);
///     runUntilInterrupted(reactor);
///     return call.exitCode();
///
/// main returns a Deferred, or anything that maybeDeferred can turn into one. It may be a coroutine
/// with captures, which is kept. Its value is not used; a number would be mistaken for an exit code
/// and is refused by the compiler. `reactor` must outlive the MainCall.
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
  /// 0 for a result. Also 0 while there is no result: then somebody else stopped the reactor. The
  /// code of a SystemExit, which is not logged. 1 for any other failure, which is logged; a
  /// Deferred that died without a result is one (ResultLost).
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

/// Runs a program (twisted.internet.task.react). Calls main(reactor, args...), runs the reactor
/// until main's Deferred has its result, and returns the exit code for the process. See MainCall.
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
