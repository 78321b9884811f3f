#pragma once

#include <string>
#include <string_view>
#include <vector>

#include <teasel/core/failure.hpp>

namespace teasel {

enum class LogLevel : unsigned char { kDebug, kInfo, kWarn, kError, kCritical };
const char* name(LogLevel level) noexcept;

struct LogEvent {
  LogLevel level;
  std::string_view source;  ///< the Logger's name
  std::string_view message;
  const Failure* failure;  ///< null unless an error is being reported
};

/// Receives the log events of the thread that it is installed in. An event is valid for the call
/// only.
class LogObserver {
 public:
  virtual ~LogObserver() = default;
  virtual void onLog(const LogEvent& event) = 0;
};

/// Where events go. In each thread they go to its innermost LogScope; without one they go to the
/// observer of the process. That is the standard error stream from level kInfo on, until setDefault
/// changes it.
namespace logging {
bool enabled(LogLevel level) noexcept;
void emit(const LogEvent& event) noexcept;
/// Sets the observer of the process, and the lowest level that reaches it. Null silences. The
/// observer must be safe to call from every thread that logs, and must outlive these threads.
void setDefault(LogObserver* observer, LogLevel lowest = LogLevel::kInfo) noexcept;
/// The observer that prints "level source: message" lines on standard error.
LogObserver& standardError() noexcept;
}  // namespace logging

/// Sends this thread's log events from level `lowest` on to `observer` (null: nowhere) until the
/// scope dies. Scopes nest.
class LogScope {
 public:
  explicit LogScope(LogObserver* observer, LogLevel lowest = LogLevel::kDebug) noexcept;
  LogScope(const LogScope&) = delete;
  LogScope& operator=(const LogScope&) = delete;
  ~LogScope();

 private:
  friend bool logging::enabled(LogLevel) noexcept;
  friend void logging::emit(const LogEvent&) noexcept;
  LogObserver* observer_;
  LogScope* outer_;
  LogLevel lowest_;
};

/// Collects this thread's log events while it lives (Twisted: capturedLogs, flushLoggedErrors). For
/// tests.
class LogCapture final : public LogObserver {
 public:
  struct Captured {
    LogLevel level;
    std::string source, message;
    Failure failure;
  };
  /// Keeps at most `limit` events; dropped() counts further ones.
  explicit LogCapture(LogLevel lowest = LogLevel::kDebug, std::size_t limit = 10000) noexcept
      : limit_(limit), scope_(this, lowest) {}
  void onLog(const LogEvent& event) override;
  const std::vector<Captured>& events() const noexcept { return events_; }
  std::size_t dropped() const noexcept { return dropped_; }
  /// Whether some event's message contains `part`.
  bool contains(std::string_view part) const;
  /// Removes and returns the logged errors of type E: by default all that derive from
  /// std::exception.
  template <class E = std::exception>
  std::vector<Failure> flushLoggedErrors() {
    std::vector<Failure> flushed;
    std::erase_if(events_, [&](const Captured& event) {
      const bool wanted = event.failure.check<E>() != nullptr;
      if (wanted) flushed.push_back(event.failure);
      return wanted;
    });
    return flushed;
  }

 private:
  std::vector<Captured> events_;
  std::size_t limit_, dropped_ = 0;
  LogScope scope_;
};

/// A named source of log events. Ask enabled() before building a message that costs much: nobody
/// may be listening.
class Logger {
 public:
  explicit constexpr Logger(const char* source) noexcept : source_(source) {}
  bool enabled(LogLevel level) const noexcept { return logging::enabled(level); }
  void debug(std::string_view message) const noexcept { log(LogLevel::kDebug, message); }
  void info(std::string_view message) const noexcept { log(LogLevel::kInfo, message); }
  void warn(std::string_view message) const noexcept { log(LogLevel::kWarn, message); }
  void error(std::string_view message) const noexcept { log(LogLevel::kError, message); }
  /// Logs an error that nobody handled, at level kCritical. It counts as a logged error: a test
  /// that does not flush it fails.
  void failure(std::string_view message, const Failure& failure) const noexcept;
  void log(LogLevel level, std::string_view message) const noexcept {
    if (logging::enabled(level)) logging::emit({level, source_, message, nullptr});
  }

 private:
  const char* source_;
};

}  // namespace teasel
