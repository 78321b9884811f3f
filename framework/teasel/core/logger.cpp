#include <teasel/core/logger.hpp>

#include <atomic>
#include <cstdio>

namespace teasel {

namespace {

/// One fprintf for each event, so that lines of several threads do not mix.
class StandardError final : public LogObserver {
 public:
  void onLog(const LogEvent& event) override {
    const std::string failure = event.failure == nullptr ? "" : ": " + event.failure->text();
    std::fprintf(stderr, "%s %.*s: %.*s%s\n", name(event.level), static_cast<int>(event.source.size()), event.source.data(),
                 static_cast<int>(event.message.size()), event.message.data(), failure.c_str());
  }
};

thread_local LogScope* innermost = nullptr;
std::atomic<LogObserver*> defaultObserver{&logging::standardError()};
std::atomic<LogLevel> defaultLowest{LogLevel::kInfo};

}  // namespace

const char* name(LogLevel level) noexcept {
  switch (level) {
    case LogLevel::kDebug: return "debug";
    case LogLevel::kInfo: return "info";
    case LogLevel::kWarn: return "warn";
    case LogLevel::kError: return "error";
    case LogLevel::kCritical: return "critical";
  }
  return "?";
}

LogObserver& logging::standardError() noexcept {
  // never destroyed, because destructors of static objects log, too
  static StandardError& observer = *new StandardError;
  return observer;
}

void logging::setDefault(LogObserver* observer, LogLevel lowest) noexcept {
  defaultObserver = observer;
  defaultLowest = lowest;
}

bool logging::enabled(LogLevel level) noexcept {
  if (innermost != nullptr) return innermost->observer_ != nullptr && level >= innermost->lowest_;
  return level >= defaultLowest.load(std::memory_order_relaxed) && defaultObserver.load(std::memory_order_relaxed) != nullptr;
}

void logging::emit(const LogEvent& event) noexcept {
  LogObserver* observer = innermost != nullptr ? innermost->observer_ : defaultObserver.load();
  if (observer == nullptr) return;
  try {
    observer->onLog(event);
  } catch (...) {
    // An observer that fails must not end the program. The terminal is all that is left to tell.
    std::fprintf(stderr, "a log observer threw on: %.*s\n", static_cast<int>(event.message.size()), event.message.data());
  }
}

LogScope::LogScope(LogObserver* observer, LogLevel lowest) noexcept : observer_(observer), outer_(innermost), lowest_(lowest) {
  innermost = this;
}
LogScope::~LogScope() { innermost = outer_; }

void LogCapture::onLog(const LogEvent& event) {
  if (events_.size() >= limit_) {
    ++dropped_;
    return;
  }
  events_.push_back({event.level, std::string(event.source), std::string(event.message),
                     event.failure == nullptr ? Failure() : *event.failure});
}

bool LogCapture::contains(std::string_view part) const {
  for (const Captured& event : events_)
    if (event.message.find(part) != std::string::npos) return true;
  return false;
}

void Logger::failure(std::string_view message, const Failure& failure) const noexcept {
  if (logging::enabled(LogLevel::kCritical)) logging::emit({LogLevel::kCritical, source_, message, &failure});
}

}  // namespace teasel
