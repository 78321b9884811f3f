#pragma once

#include <string>
#include <vector>

#include <teasel/core/clock.hpp>
#include <teasel/fakes/play/choices.hpp>

namespace teasel::fakes {

class World;

/// What a process still tells when it dies in the middle of a run. Signal handlers (crash, abort,
/// time-out) and the death callback of the sanitizers write it to a descriptor; the process that
/// started this one reads it.
///
/// A callback that never returns is such a death, too: SIGALRM comes when `limit` has passed since
/// arm(). There is one watchdog per process.
namespace watchdog {

/// False under ThreadSanitizer, which keeps signals back until a system call: a callback that spins
/// makes none.
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

/// Installs the handlers; frames go to `fd`. For a process that was forked to run jobs.
void install(int fd);
/// The world of which the handlers tell; null for none. `diagram`: they also draw what happened.
void watch(World* world, bool diagram) noexcept;
/// Whether a world is watched whose runs are drawn.
bool drawsRuns() noexcept;
/// While it lives, code under test that calls exit or quick_exit ends this process with status 1
/// and a message, whatever status it asks for. For runs without a child.
class ExitFails {
 public:
  ExitFails() noexcept;
  ExitFails(const ExitFails&) = delete;
  ExitFails& operator=(const ExitFails&) = delete;
  ~ExitFails();
};

/// A run begins. It must end within `limit` of real time.
void arm(Duration limit) noexcept;
void disarm() noexcept;

/// The last words of a process. parse reads them from all that came through the descriptor after
/// the last whole reply.
struct LastWords {
  bool any = false;
  int signal = 0;     ///< 0: a sanitizer reported
  bool hung = false;  ///< the time limit
  std::string last;   ///< the last thing of which user code was told
  std::string inner;  ///< the run of a property in which it died (see InnerRun), or ""
  std::vector<ChoiceRecord> records;
  std::string diagram;
};
LastWords parse(const std::string& frames);

/// What a dying process printed. Its stack gets C++ names, and loses the frames of reactor and
/// world below the callback.
std::string readableStack(const std::string& standardError);

}  // namespace watchdog
}  // namespace teasel::fakes
