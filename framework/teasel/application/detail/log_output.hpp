#pragma once

#include <cstddef>
#include <cstdint>
#include <mutex>
#include <string>

#include <teasel/core/logger.hpp>
#include <teasel/drivers/append_file.hpp>

namespace teasel::detail {

enum class LogFormat : std::uint8_t { kText, kJson };

/// Writes log events as lines into a file or to standard error. Any thread may log.
///
/// Lines that cannot be written whole (a full disk) are counted. The first of them is said on
/// standard error. When writing works again, the log says how many lines it lacks. What a line that
/// was cut left there gets a line of its own.
class LogOutput final : public LogObserver {
 public:
  /// Writes to standard error.
  explicit LogOutput(LogFormat format) : format_(format) {}
  /// Appends to the file `path`. Throws std::runtime_error when it cannot be opened.
  LogOutput(const std::string& path, LogFormat format) : file_(path), format_(format) {}

  void onLog(const LogEvent& event) override;
  /// Opens the file anew, after something renamed it. Returns "" or why that failed.
  std::string reopen() { return file_.reopen(); }
  bool standardError() const noexcept { return file_.standardError(); }

 private:
  std::string line(const LogEvent& event) const;
  std::string append(const std::string& text);

  posix::AppendFile file_;
  LogFormat format_;
  std::mutex mutex_;
  std::size_t lost_ = 0;
};

/// Makes an output the process's observer of the log while it lives. Afterwards the process logs to
/// standard error, from level kInfo on.
class InstalledLog {
 public:
  InstalledLog(LogOutput& output, LogLevel lowest) noexcept { logging::setDefault(&output, lowest); }
  ~InstalledLog() { logging::setDefault(&logging::standardError()); }
  InstalledLog(const InstalledLog&) = delete;
  InstalledLog& operator=(const InstalledLog&) = delete;
};

}  // namespace teasel::detail
