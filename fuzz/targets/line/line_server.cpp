#include "line/line_server.hpp"

#include <algorithm>
#include <chrono>

#include "framing/words.hpp"

namespace teasel::targets {

void LineServer::lineReceived(std::string_view line) {
  std::string_view rest = line;
  std::uint32_t number = 0;
  if (line == "How are you?") return sendLine("Fine");
  if (line == "quit") {
    sendLine("bye");
    return transport().loseConnection();
  }
  if (takeWord(rest, "echo")) return sendLine(rest);
  if (rest = line; takeWord(rest, "raw") && takeNumber(rest, kMaxRaw, number) && rest.empty()) return raw(number);
  if (rest = line; takeWord(rest, "pause") && takeNumber(rest, kMaxPause, number) && rest.empty()) return pause(number);
  if (rest = line; takeWord(rest, "later") && takeNumber(rest, kMaxPause, number) && rest.starts_with(' '))
    return later(number, rest.substr(1));
  sendLine("I don't know what you mean");
}

void LineServer::raw(std::uint32_t count) {
  rawLeft_ = rawCount_ = count;
  rawSum_ = 0;
  if (count == 0) finishRaw();
  else setRawMode();
}

void LineServer::rawDataReceived(ByteView data) {
  const std::size_t mine = std::min<std::size_t>(rawLeft_, data.size());
  for (const char byte : data.sub(0, mine)) rawSum_ = rawSum_ * 31 + static_cast<unsigned char>(byte);
  rawLeft_ -= static_cast<std::uint32_t>(mine);
  if (rawLeft_ > 0) return;
  finishRaw();
  setLineMode(data.sub(mine));
}

void LineServer::finishRaw() { sendLine("raw " + std::to_string(rawCount_) + " " + std::to_string(rawSum_)); }

void LineServer::pause(std::uint32_t milliseconds) {
  transport().pauseProducing();
  resume_ = clock_.callLater(std::chrono::milliseconds(milliseconds), [this] {
    sendLine("resumed");
    transport().resumeProducing();
  });
}

void LineServer::later(std::uint32_t milliseconds, std::string_view text) {
  for (DelayedCall& slot : pending_) {
    if (slot.active()) continue;
    slot = clock_.callLater(std::chrono::milliseconds(milliseconds), [this, held = std::string(text)] { sendLine(held); });
    return;
  }
  sendLine("too many");
}

void LineServer::lineLengthExceeded(std::string_view) {
  sendLine("line too long");
  if (++tooLong_ == 3) transport().loseConnection();
}

void LineServer::connectionLost(const Failure&) {
  resume_.cancelIfActive();
  for (DelayedCall& slot : pending_) slot.cancelIfActive();
}

}  // namespace teasel::targets
