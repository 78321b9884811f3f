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
  std::string before;
  if (lost_ > 0)
    before =
        line({LogLevel::kError, "log", std::to_string(lost_) + " line(s) could not be written and are missing here", nullptr});
  const std::string why = file_.append(before + text);
  if (why.empty()) {
    lost_ = 0;
    return;
  }
  if (++lost_ == 1 && !standardError())
    std::fprintf(stderr, "cannot write to the log '%s': %s; lines are lost until it works again\n", file_.path().c_str(),
                 why.c_str());
}

}  // namespace teasel::detail
