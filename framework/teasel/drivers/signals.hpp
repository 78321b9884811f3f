#pragma once

#include <csignal>  // SIGINT and its kind, for callers
#include <initializer_list>
#include <memory>

#include <teasel/core/unique_function.hpp>

namespace teasel::posix {

/// Watches for signals, for a clean Ctrl-C:
///
///     SignalWatch watch({SIGINT, SIGTERM}, [&](int) { reactor.callFromThread([&] { reactor.stop(); }); });
///
/// `callback` runs in a thread of the watch's own, where it may lock and allocate, once for each
/// signal: a second one of the same kind has its usual effect again, so that an impatient Ctrl-C
/// ends a program that hangs. One watch at a time per process (a second one throws UsageError). The
/// destructor restores what was there before and returns only when no callback runs; do not destroy
/// a watch inside its callback.
class SignalWatch {
 public:
  SignalWatch(std::initializer_list<int> signals, UniqueFunction<void(int)> callback);
  ~SignalWatch();
  SignalWatch(const SignalWatch&) = delete;
  SignalWatch& operator=(const SignalWatch&) = delete;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace teasel::posix
