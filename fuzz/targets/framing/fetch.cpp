#include "framing/fetch.hpp"

#include <string>

#include <teasel/core/check.hpp>

#include "framing/words.hpp"

namespace teasel::targets {

void Fetch::begin() { beginPatience(); }

void Fetch::beginPatience() {
  patience_.cancelIfActive();
  patience_ = clock_.callLater(kPatience, [this] { fail("no answer"); });
}

void Fetch::heard(std::string_view message) {
  TEASEL_CHECK(!owner_.transport().disconnecting() && !owner_.transport().paused());
  if (state_ == State::kBody) {
    received_ += message.size();
    if (message.size() != size_) return fail("an item of another size");
    state_ = State::kItems;
    return beginPatience();
  }
  if (message == "wait") {
    if (++waits_ > kMaxWaits) return fail("waited enough");
    return beginPatience();
  }
  if (state_ == State::kGreeting) {
    if (!message.starts_with("hello ")) return fail("no greeting");
    state_ = State::kItems;
    say_("list");
    return beginPatience();
  }
  if (message == "end") return finish("thanks " + std::to_string(items_) + " " + std::to_string(received_));
  if (takeWord(message, "item")) return item(message);
  fail("unknown answer");
}

void Fetch::broken(std::string_view why) {
  TEASEL_CHECK(!owner_.transport().disconnecting() && !owner_.transport().paused());
  fail(why);
}

void Fetch::item(std::string_view size) {
  std::uint32_t bytes = 0;
  if (!takeNumber(size, kMaxItem, bytes) || !size.empty()) return fail("bad size");
  if (++items_ > kMaxItems) return fail("too many items");
  announced_ += bytes;
  size_ = bytes;
  state_ = State::kBody;
  beginPatience();
}

void Fetch::fail(std::string_view why) {
  failed_ = true;
  finish("error " + std::string(why));
}

void Fetch::finish(std::string_view words) {
  if (finished()) return;
  state_ = State::kFinished;
  patience_.cancelIfActive();
  say_(words);
  owner_.transport().loseConnection();
}

}  // namespace teasel::targets
