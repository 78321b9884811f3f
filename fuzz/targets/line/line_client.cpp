#include "line/line_client.hpp"

#include <algorithm>
#include <charconv>

namespace teasel::targets {

void LineClient::connectionMade() { beginPatience(); }

void LineClient::beginPatience() {
  patience_.cancelIfActive();
  patience_ = clock_.callLater(kPatience, [this] { fail("no answer"); });
}

void LineClient::lineReceived(std::string_view line) {
  if (line == "wait") {
    if (++waits_ > kMaxWaits) return fail("waited enough");
    return beginPatience();
  }
  if (state_ == State::kGreeting) {
    if (!line.starts_with("hello ")) return fail("no greeting");
    state_ = State::kItems;
    sendLine("list");
    return beginPatience();
  }
  if (line == "end") return finish("thanks " + std::to_string(items_) + " " + std::to_string(received_));
  if (line.starts_with("item ")) return item(line.substr(5));
  fail("unknown answer");
}

void LineClient::item(std::string_view size) {
  std::uint32_t bytes = 0;
  const auto [end, error] = std::from_chars(size.data(), size.data() + size.size(), bytes);
  if (error != std::errc() || end != size.data() + size.size()) return fail("bad size");
  if (bytes > kMaxItem) return fail("item too large");
  if (++items_ > kMaxItems) return fail("too many items");
  announced_ += bytes;
  left_ = bytes;
  if (bytes > 0) setRawMode();
  beginPatience();
}

void LineClient::rawDataReceived(ByteView data) {
  const std::size_t mine = std::min<std::size_t>(left_, data.size());
  left_ -= static_cast<std::uint32_t>(mine);
  received_ += mine;
  if (left_ == 0) setLineMode(data.sub(mine));
}

void LineClient::lineLengthExceeded(std::string_view) { fail("line too long"); }

void LineClient::fail(std::string_view why) {
  failed_ = true;
  finish("error " + std::string(why));
}

void LineClient::finish(std::string_view words) {
  state_ = State::kFinished;
  patience_.cancelIfActive();
  sendLine(words);
  transport().loseConnection();
}

void LineClient::connectionLost(const Failure&) { patience_.cancelIfActive(); }

}  // namespace teasel::targets
