#pragma once

#include <string>
#include <vector>

#include <teasel/core/clock.hpp>
#include <teasel/fakes/play/choices.hpp>

namespace teasel::fakes {

class World;

/// What a process that dies in the middle of a run still tells: written to a descriptor by signal
/// handlers (crash, abort, time out) and by the sanitizers' death callback, read by the process
/// that started it.
///
/// A callback that never returns is such a death too: SIGALRM comes when `limit` has passed since
/// arm(). One per process.
namespace watchdog {

/// False under ThreadSanitizer: it keeps signals back until a system call, and a callback that
/// spins makes none.
#if defined(__SANITIZE_THREAD__)
inline constexpr bool kStopsSpinning = false;
#elif defined(__has_feature)
#if __has_feature(thread_sanitizer)
inline constexpr bool kStopsSpinning = false;
#else
inline constexpr bool kStopsSpinning = true;
#endif
#else
inline constexpr bool kStopsSpinning = true;
#endif

/// Installs the handlers; frames go to `fd`. For a process that was forked to run candidates.
void install(int fd);
/// The world that the handlers tell of; null: none. `diagram`: what happened is to be drawn, too.
void watch(World* world, bool diagram) noexcept;
/// A run begins; it must end within `limit` of real time.
void arm(Duration limit) noexcept;
void disarm() noexcept;

/// The last words of a process. Read with parse from all that came through the descriptor after the
/// last whole reply.
struct LastWords {
  bool any = false;
  int signal = 0;     ///< 0: a sanitizer's report
  bool hung = false;  ///< the time limit
  std::string last;   ///< the last thing that user code was told of
  std::vector<ChoiceRecord> records;
  std::string diagram;
};
LastWords parse(const std::string& frames);

/// What a dying process printed, its stack with C++ names and without the frames of reactor and
/// world below the callback.
std::string readableStack(const std::string& standardError);

}  // namespace watchdog
}  // namespace teasel::fakes
