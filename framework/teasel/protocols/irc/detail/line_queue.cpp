#include <teasel/protocols/irc/detail/line_queue.hpp>

#include <utility>

namespace teasel::irc::detail {

void LineQueue::push(std::string_view line, Duration rate) {
  rate_ = rate;
  if (timer_.active()) {
    lines_.emplace_back(line);
    return;
  }
  timer_ = clock_.callLater(rate_, [this] { sendNext(); });
  write_(line);
}

void LineQueue::sendNext() {
  if (lines_.empty()) return;
  const std::string line = std::move(lines_.front());
  lines_.pop_front();
  timer_ = clock_.callLater(rate_, [this] { sendNext(); });
  write_(line);
}

void LineQueue::stop() noexcept {
  timer_.cancelIfActive();
  lines_.clear();
}

}  // namespace teasel::irc::detail
