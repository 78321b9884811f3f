#include <teasel/fakes/world/leak_guard.hpp>

namespace teasel::fakes {

namespace {
thread_local LeakSink* currentSink = nullptr;
}

const char* name(Leftover::Kind kind) noexcept {
  switch (kind) {
    case Leftover::Kind::kTimer: return "pending timer";
    case Leftover::Kind::kConnection: return "open connection";
    case Leftover::Kind::kDeferred: return "unfired Deferred";
    case Leftover::Kind::kFailure: return "unhandled Failure";
    case Leftover::Kind::kProtocol: return "live protocol";
    case Leftover::Kind::kScript: return "unfinished script";
  }
  return "?";
}

LeakSink* leak_guard::setSink(LeakSink* sink) noexcept { return std::exchange(currentSink, sink); }
bool leak_guard::listening() noexcept { return currentSink != nullptr; }

void leak_guard::report(const Leftover& what) noexcept {
  if (currentSink != nullptr) currentSink->leftover(what);
}

}  // namespace teasel::fakes
