#include "framing/commands.hpp"

#include <chrono>
#include <string>

#include <teasel/core/check.hpp>

#include "framing/words.hpp"

namespace teasel::targets {

void Commands::obey(std::string_view command) {
  Transport& transport = owner_.transport();
  TEASEL_CHECK(!transport.disconnecting() && !transport.paused());
  ++count_;
  if (command == "count") return reply_(std::to_string(count_));
  if (command == "blink") return blink();
  if (command == "quit") return reply_("bye"), transport.loseConnection();
  if (command == "fail") return transport.failConnection(Failure(NotWanted("asked to fail")));
  if (command == "abort") return transport.abortConnection();
  std::string_view rest = command;
  std::uint32_t number = 0;
  if (takeWord(rest, "echo")) return reply_(rest);
  if (rest = command; takeWord(rest, "size") && takeNumber(rest, kMaxReply, number) && rest.empty())
    return reply_(std::string(number, 'x'));
  if (rest = command; takeWord(rest, "pause") && takeNumber(rest, kMaxPause, number) && rest.empty()) return pause(number);
  if (rest = command; takeWord(rest, "later") && takeNumber(rest, kMaxPause, number) && rest.starts_with(' '))
    return later(number, rest.substr(1));
  reply_("?");
}

void Commands::pause(std::uint32_t milliseconds) {
  owner_.transport().pauseProducing();
  resume_ = clock_.callLater(std::chrono::milliseconds(milliseconds), [this] {
    reply_("resumed");
    owner_.transport().resumeProducing();
  });
}

void Commands::blink() {
  owner_.transport().pauseProducing();
  owner_.transport().resumeProducing();
}

void Commands::later(std::uint32_t milliseconds, std::string_view text) {
  for (DelayedCall& slot : pending_) {
    if (slot.active()) continue;
    slot = clock_.callLater(std::chrono::milliseconds(milliseconds), [this, held = std::string(text)] { reply_(held); });
    return;
  }
  reply_("too many");
}

void Commands::end() {
  resume_.cancelIfActive();
  for (DelayedCall& slot : pending_) slot.cancelIfActive();
}

}  // namespace teasel::targets
