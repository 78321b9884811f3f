#include "policies/idler.hpp"

#include <algorithm>
#include <memory>
#include <string>

#include <teasel/core/check.hpp>
#include <teasel/protocols/file_sender.hpp>

#include "framing/words.hpp"

namespace teasel::targets {

namespace {

FileSender::Source fileOf(std::uint32_t size, bool bad) {
  return [left = size, bad, ended = false](std::span<char> into) mutable -> std::size_t {
    const std::size_t count = std::min<std::size_t>(left, into.size());
    std::fill_n(into.begin(), count, 'x');
    left -= static_cast<std::uint32_t>(count);
    if (count > 0) return count;
    if (bad) throw FileReadError("it breaks off");
    if (std::exchange(ended, true)) return 0;
    into[0] = '\r', into[1] = '\n';
    return 2;
  };
}

/// Whether `line` is a command with a delay of 0.
bool wantsNoDelay(std::string_view line) {
  std::uint32_t delay = 1;
  for (const std::string_view word : {"later", "pause", "timeout"}) {
    std::string_view rest = line;
    if (takeWord(rest, word) && takeNumber(rest, Idler::kMaxPeriod, delay)) return delay == 0;
  }
  return false;
}

}  // namespace

void Idler::set(std::optional<Duration> period) {
  const std::optional<Duration> before = setTimeout(period);
  TEASEL_CHECK(before == period_);
  period_ = period;
  due_.reset();
  if (period_) due_ = clock_.now() + *period_;
}

void Idler::lineReceived(std::string_view line) {
  TEASEL_CHECK(!transport().disconnecting() && !transport().paused());
  TEASEL_CHECK(!due_ || clock_.now() <= *due_);
  if (line != "hush") {
    resetTimeout();
    if (due_) due_ = clock_.now() + *period_;
    if (wantsNoDelay(line)) sendLine("?");
    else if (!obey(line)) commands_.obey(line);
  }
  log_.event("line", line);
}

bool Idler::obey(std::string_view line) {
  std::string_view rest = line;
  std::uint32_t number = 0;
  if (line == "never") return set(std::nullopt), true;
  if (line == "warn") return warns_ = true;
  if (line == "bear") return bears_ = true;
  if (takeWord(rest, "timeout") && takeNumber(rest, kMaxPeriod, number) && rest.empty()) {
    const std::string before = timeOut() ? std::to_string(*timeOut() / std::chrono::milliseconds(1)) : "never";
    set(std::chrono::milliseconds(number));
    return sendLine(before), true;
  }
  rest = line;
  return takeWord(rest, "file") && obeyFile(rest);
}

bool Idler::obeyFile(std::string_view rest) {
  std::uint32_t size = 0;
  if (!takeNumber(rest, kMaxFile, size) || (!rest.empty() && rest != " quit" && rest != " bad")) return false;
  sendFile(size, rest == " bad");
  if (rest == " quit") transport().loseConnection();
  else transport().pauseProducing();
  return true;
}

void Idler::sendFile(std::uint32_t size, bool bad) {
  sending_ = true;
  const auto sender = std::make_shared<FileSender>();
  sender->beginFileTransfer(fileOf(size, bad), transport())
      .addCallbacks(
          [this, size, counts = std::weak_ptr(sender)](const std::string& last) {
            TEASEL_CHECK(std::exchange(sending_, false));
            TEASEL_CHECK(last == "\n");
            if (const auto there = counts.lock()) TEASEL_CHECK(there->bytesSent() == size + 2u);
            sendLine("sent");
            transport().resumeProducing();
          },
          [this, bad](const Failure& why) {
            TEASEL_CHECK(std::exchange(sending_, false));
            TEASEL_CHECK((why.check<FileTransferStopped>() || (bad && why.check<FileReadError>())));
            transport().resumeProducing();  // what came before a reset, and the reset
          });
}

void Idler::timeoutConnection() {
  TEASEL_CHECK(due_ && clock_.now() == *due_);
  due_.reset();
  if (std::exchange(bears_, false)) return;
  if (!std::exchange(warns_, false)) return TimeoutMixin::timeoutConnection();
  sendLine("hurry");
  set(period_);
}

void Idler::connectionLost(const Failure& reason) {
  TEASEL_CHECK(!sending_);
  TEASEL_CHECK(!due_ || clock_.now() <= *due_);
  commands_.end();
  TimeoutMixin::connectionLost(reason);
}

}  // namespace teasel::targets
