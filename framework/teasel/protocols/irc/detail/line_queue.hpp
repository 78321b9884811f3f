#pragma once

#include <cstddef>
#include <deque>
#include <functional>
#include <string>
#include <string_view>

#include <teasel/core/clock.hpp>

namespace teasel::irc::detail {

/// Lines that wait for their time to be sent: one line at once, then one each `rate`.
class LineQueue {
 public:
  using Write = std::function<void(std::string_view)>;
  LineQueue(Clock& clock, Write write) : clock_(clock), write_(std::move(write)) {}
  LineQueue(const LineQueue&) = delete;
  LineQueue& operator=(const LineQueue&) = delete;
  ~LineQueue() { stop(); }

  void push(std::string_view line, Duration rate);
  std::size_t size() const noexcept { return lines_.size(); }
  /// Whether the next line would have to wait.
  bool busy() const noexcept { return timer_.active(); }
  /// Forgets all lines.
  void stop() noexcept;

 private:
  void sendNext();

  Clock& clock_;
  Write write_;
  DelayedCall timer_;
  Duration rate_{};
  std::deque<std::string> lines_;
};

}  // namespace teasel::irc::detail
