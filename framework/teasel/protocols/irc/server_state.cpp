#include <teasel/protocols/irc/detail/server_state.hpp>

#include <algorithm>
#include <utility>

#include <teasel/core/guarded.hpp>
#include <teasel/core/logger.hpp>
#include <teasel/protocols/irc/detail/scan.hpp>
#include <teasel/protocols/irc/utf8.hpp>

namespace teasel::irc::detail {

namespace {

constexpr Logger kLog("IRCServer");

bool isNickDigit(char byte) noexcept { return byte >= '0' && byte <= '9'; }
bool isNickSpecial(char byte) noexcept { return std::string_view("[]\\`_^{|}").find(byte) != std::string_view::npos; }

}  // namespace

// ServerChannel ----------------------------------------------------------------------------------

void ServerChannel::set(char flag, bool on) {
  if (has(flag) == on) return;
  if (on) flags.insert(std::ranges::upper_bound(flags, flag), flag);
  else std::erase(flags, flag);
}

const Member* ServerChannel::find(const IRCUser& user) const noexcept {
  const auto at = members.find(user.id());
  return at == members.end() ? nullptr : &at->second;
}

Member* ServerChannel::find(const IRCUser& user) noexcept {
  const auto at = members.find(user.id());
  return at == members.end() ? nullptr : &at->second;
}

bool ServerChannel::isBanned(std::string_view hostmask, Mask& mask) const {
  return std::ranges::any_of(bans, [&](const Ban& ban) {
    mask.set(ban.mask);
    return mask.matches(hostmask);
  });
}

void ServerChannel::send(std::string_view line, const IRCUser* except) const {
  for (const auto& [number, member] : members)
    if (member.user != except) member.user->relay(line);
}

GroupSettings ServerChannel::settings() const { return {.topic = topic, .modes = flags, .key = key, .limit = limit}; }

// ServerState ------------------------------------------------------------------------------------

ServerState::ServerState(Clock& itsClock, ServerOptions itsOptions, std::shared_ptr<WordsRealm> itsRealm)
    : clock(itsClock), options(std::move(itsOptions)), realm(std::move(itsRealm)) {
  line.cut();
}

IRCUser* ServerState::find(std::string_view nick) const {
  const auto at = nicks.find(nick);
  return at == nicks.end() ? nullptr : at->second;
}

IRCUser* ServerState::findRegistered(std::string_view nick) const {
  IRCUser* user = find(nick);
  return user != nullptr && user->registered() ? user : nullptr;
}

ServerChannel* ServerState::findChannel(std::string_view name) {
  const auto at = channels.find(name);
  return at == channels.end() ? nullptr : &at->second;
}

void ServerState::leave(ServerChannel& channel, IRCUser& user) {
  channel.members.erase(user.id());
  user.channels_.erase(channel.name);
  if (!channel.members.empty()) return;
  const GroupSettings last = channel.settings();
  const std::string name = channel.name;
  channels.erase(name);
  Failure failure;
  if (!guarded("groupEmptied", failure, [&] { realm->groupEmptied(name, last); }))
    kLog.failure("groupEmptied(" + name + ")", failure);
}

std::vector<IRCUser*> ServerState::neighbours(IRCUser& user) {
  std::vector<IRCUser*> found;
  user.mark_ = ++lastMark;
  for (const auto& [name, channel] : user.channels_)
    for (const auto& [id, member] : channel->members)
      if (std::exchange(member.user->mark_, lastMark) != lastMark) found.push_back(member.user);
  return found;
}

void ServerState::forget(IRCUser& user) noexcept {
  std::erase(doomed, &user);
  if (find(user.nick_) == &user) nicks.erase(nicks.find(user.nick_));
  for (const auto& [name, channel] : user.channels_) {
    channel->members.erase(user.id_);
    if (channel->members.empty()) channels.erase(channels.find(name));
  }
  if (!std::exchange(user.counted_, false)) return;
  --connections;
  if (user.phase_ == IRCUser::Phase::kGone) return;
  if (!user.registered()) return void(--unknown);
  --registered;
  if (user.invisible_) --invisible;
}

void ServerState::doom(IRCUser& user) {
  doomed.push_back(&user);
  if (reapTimer.active()) return;
  reapTimer = clock.callLater(Duration::zero(), [weak = weak_from_this()] {
    if (const auto state = weak.lock()) state->reap();
  });
}

void ServerState::reap() {
  if (!doomed.empty()) reapTimer.cancelIfActive();
  while (!doomed.empty()) {
    IRCUser* user = doomed.back();
    doomed.pop_back();
    user->cutOff();
  }
}

// Texts ------------------------------------------------------------------------------------------

std::string wholeMask(std::string_view mask) {
  const std::size_t bang = mask.find('!'), at = mask.find('@', bang == std::string_view::npos ? 0 : bang);
  const auto orAny = [](std::string_view part) { return std::string(part.empty() ? "*" : part); };
  const std::string host = at == std::string_view::npos ? "*" : orAny(mask.substr(at + 1));
  const std::string_view before = mask.substr(0, at);
  if (bang != std::string_view::npos) return orAny(before.substr(0, bang)) + '!' + orAny(before.substr(bang + 1)) + '@' + host;
  if (at != std::string_view::npos) return "*!" + orAny(before) + '@' + host;
  return orAny(before) + "!*@*";
}

bool isNick(std::string_view nick, std::size_t longest) noexcept {
  if (nick.empty() || nick.size() > longest || isNickDigit(nick.front()) || nick.front() == '-') return false;
  return std::ranges::all_of(nick,
                             [](char byte) { return isLetter(byte) || isNickDigit(byte) || isNickSpecial(byte) || byte == '-'; });
}

bool isChannelName(std::string_view name, std::size_t longest) noexcept {
  if (name.size() < 2 || name.size() > longest || name.front() != '#') return false;
  return std::ranges::all_of(
      name, [](char byte) { return static_cast<unsigned char>(byte) > ' ' && byte != ',' && byte != ':' && byte != '\x7f'; });
}

std::string_view shortened(std::string_view text, std::size_t bytes) noexcept {
  return text.size() <= bytes ? text : text.substr(0, wholeCharacters(text, bytes));
}

std::string_view asWord(std::string_view text, std::size_t longest) noexcept {
  text.remove_prefix(std::min(text.find_first_not_of(": "), text.size()));
  text = shortened(text.substr(0, text.find_first_of(std::string_view(" \r\n\0", 4))), longest);
  return text.empty() ? "*" : text;
}

std::string oneLine(std::string_view text) {
  std::string line(text);
  std::ranges::replace_if(line, [](char byte) { return byte == '\r' || byte == '\n' || byte == '\0'; }, ' ');
  return line;
}

bool isKey(std::string_view key, std::size_t longest) noexcept {
  return !key.empty() && key.size() <= longest && key.front() != ':' && std::ranges::all_of(key, [](char byte) {
    return static_cast<unsigned char>(byte) > ' ' && byte != ',' && byte != '\x7f';
  });
}

std::vector<std::string_view> splitList(std::string_view list) {
  std::vector<std::string_view> parts;
  while (!list.empty()) {
    const std::size_t comma = std::min(list.find(','), list.size());
    if (comma > 0) parts.push_back(list.substr(0, comma));
    list.remove_prefix(std::min(comma + 1, list.size()));
  }
  return parts;
}

}  // namespace teasel::irc::detail
