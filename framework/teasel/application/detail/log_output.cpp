#include <teasel/application/detail/log_output.hpp>

#include <cstdio>

#include <teasel/application/detail/log_text.hpp>
#include <teasel/drivers/wall_clock.hpp>

namespace teasel::detail {

std::string LogOutput::line(const LogEvent& event) const {
  const std::int64_t now = posix::wallClockMicroseconds();
  return format_ == LogFormat::kJson ? jsonLine(event, now) : textLine(event, now);
}

void LogOutput::onLog(const LogEvent& event) {
  const std::string text = line(event);
  const std::lock_guard lock(mutex_);
  const std::string why = lost_ == 0 ? file_.append(text) : append(text);
  if (why.empty()) return;
  if (++lost_ == 1 && !standardError())
    std::fprintf(stderr, "cannot write to the log '%s': %s; lines are lost until it works again\n", file_.path().c_str(),
                 why.c_str());
}

/// Appends a text behind the line that says how many were lost. Nobody waits for a log that was
/// broken before.
std::string LogOutput::append(const std::string& text) {
  using Patience = posix::AppendFile::Patience;
  const std::string lost = std::to_string(lost_) + " line(s) could not be written and are missing here";
  std::string why = file_.append(line({LogLevel::kError, "log", lost, nullptr}), Patience::kNone);
  if (!why.empty()) return why;
  lost_ = 0;
  return file_.append(text, Patience::kNone);
}

}  // namespace teasel::detail
