#pragma once

#include <csignal>  // for callers: SIGINT and the like
#include <memory>
#include <vector>

#include <teasel/core/unique_function.hpp>

namespace teasel::posix {

/// Waits for signals, so that Ctrl-C can end a program cleanly:
///
///     SignalWatch watch({SIGINT, SIGTERM}, [&](int) {
///       reactor.callFromThread([&] { reactor.stop(); });
///     });
///
/// `callback` gets the number of the signal. It runs in a thread that belongs to the watch, so it
/// may lock and allocate. While it runs, other signals wait for it. The signals are heard although
/// the caller's thread blocks them. With Again::kUsualEffect it runs once for each kind of signal;
/// a second one of the same kind has its usual effect again. So an impatient second Ctrl-C ends a
/// program that hangs. With Again::kCallback it runs for every signal; a flood of one kind does not
/// hide the other kinds.
///
/// A process can have one watch at a time: a second one throws UsageError. The constructor throws
/// std::runtime_error when no descriptor or thread is left. The destructor restores the previous
/// actions and returns only when no callback runs. Do not destroy a watch inside its callback.
class SignalWatch {
 public:
  enum class Again : bool { kUsualEffect, kCallback };
  SignalWatch(const std::vector<int>& signals, UniqueFunction<void(int)> callback, Again again = Again::kUsualEffect);
  ~SignalWatch();
  SignalWatch(const SignalWatch&) = delete;
  SignalWatch& operator=(const SignalWatch&) = delete;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

/// Whether the process ignores this signal, for example because its parent did (nohup, a job in the
/// background of a script).
bool signalIgnored(int signal) noexcept;

/// Ends the process at once, by this signal, so that its parent sees which one. Destructors do not
/// run. Any thread may call it.
[[noreturn]] void endBySignal(int signal) noexcept;

/// From now on, writing into a pipe that nobody reads fails, and does not end the process.
void ignoreBrokenPipes() noexcept;

}  // namespace teasel::posix
