#include <algorithm>
#include <charconv>
#include <optional>
#include <utility>

#include <teasel/protocols/irc/detail/server_state.hpp>
#include <teasel/protocols/irc/modes.hpp>
#include <teasel/protocols/irc/server.hpp>

/// MODE of channels and of users.
namespace teasel::irc {

using detail::asWord;
using detail::isKey;

namespace {

/// A limit of members must be a number from 1 to this one.
constexpr std::size_t kMaxMembers = 100'000;

const ModeKinds& kinds() {
  static const ModeKinds kKinds{.lists = "b", .always = "k", .onSet = "l", .flags = "imnst", .ranks = "ov"};
  return kKinds;
}

std::optional<std::size_t> memberLimit(std::string_view text) {
  std::size_t limit = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), limit);
  if (error != std::errc() || end != text.data() + text.size() || limit == 0 || limit > kMaxMembers) return std::nullopt;
  return limit;
}

/// A mask can stand between other parameters.
bool isMask(std::string_view mask, std::size_t longest) {
  return !mask.empty() && mask.size() <= longest && mask.front() != ':' && mask.find(' ') == std::string_view::npos;
}

}  // namespace

void IRCUser::irc_MODE(const Message& message) {
  const std::string_view target = message.params[0];
  if (!target.starts_with('#')) return userMode(message);
  Channel* channel = state_->findChannel(target);
  if (channel == nullptr) return reply(ERR_NOSUCHCHANNEL, {asWord(target)}, "No such channel");
  channelMode(*channel, message);
}

void IRCUser::sendModes(const Channel& channel) {
  std::string modes = "+" + channel.flags, limit;
  const bool member = isIn(channel);
  if (channel.limit != 0) modes += 'l', limit = std::to_string(channel.limit);
  if (!channel.key.empty()) modes += 'k';
  MessageBuilder& line = fromServer().command(RPL_CHANNELMODEIS).param(nick_).param(channel.name).param(modes);
  if (!limit.empty()) line.param(limit);
  if (!channel.key.empty()) line.param(member ? std::string_view(channel.key) : "*");
  relay(line.line());
  if (state_->options.unixTime) reply(RPL_CREATIONTIME, {channel.name, std::to_string(channel.createdAt)});
}

void IRCUser::channelMode(Channel& channel, const Message& message) {
  if (!sees(channel)) return reply(ERR_NOTONCHANNEL, {channel.name}, "You're not on that channel");
  if (message.params.size() == 1) return sendModes(channel);
  const ParsedModes parsed = parseModes(message.params[1], message.params.from(2), kinds());
  const bool asks = parsed && parsed.changes.size() == 1 && parsed.changes[0].mode == 'b' && parsed.changes[0].param.empty();
  if (asks) return sendBans(channel);
  if (operatedChannel(channel.name) == nullptr) return;
  std::vector<ModeChange> done;
  std::size_t withParam = 0;
  bool listed = false;
  for (const ModeChange& change : parsed.changes) {
    const bool asksForBans = change.mode == 'b' && change.param.empty();
    if (asksForBans && std::exchange(listed, true)) continue;
    if (asksForBans) sendBans(channel);
    else if (!change.param.empty() && ++withParam > state_->options.limits.modes) continue;
    else if (auto made = changeMode(channel, change)) done.push_back(*std::move(made));
  }
  if (parsed.fault == ModeFault::kUnknownMode)
    reply(ERR_UNKNOWNMODE, {std::string_view(&parsed.mode, 1)}, "is unknown mode char to me");
  else if (parsed.fault == ModeFault::kMissingParam) reply(ERR_NEEDMOREPARAMS, {"MODE"}, "Not enough parameters");
  // What stands before the modes: ":nick!user@host MODE #channel ", and CR LF behind.
  const std::size_t room = kMaxMessage - (hostmask().size() + channel.name.size() + 10);
  for (const ModeText& text : batchModes(done, 0, room)) {
    MessageBuilder& line = fromMe("MODE").param(channel.name).param(text.modes);
    for (const std::string& param : text.params) line.param(param);
    channel.send(line.line());
  }
}

// Gives what was changed, as the others are told of it.
std::optional<ModeChange> IRCUser::changeMode(Channel& channel, const ModeChange& change) {
  switch (change.mode) {
    case 'o':
    case 'v': return changeRank(channel, change);
    case 'b': return changeBan(channel, change);
    case 'k': return changeKey(channel, change);
    case 'l': return changeLimit(channel, change);
    default: break;
  }
  if (channel.has(change.mode) == change.added) return std::nullopt;
  channel.set(change.mode, change.added);
  return change;
}

std::optional<ModeChange> IRCUser::changeRank(Channel& channel, const ModeChange& change) {
  const IRCUser* target = state_->findRegistered(change.param);
  detail::Member* member = target == nullptr ? nullptr : channel.find(*target);
  if (member == nullptr) {
    reply(ERR_USERNOTINCHANNEL, {asWord(change.param), channel.name}, "They aren't on that channel");
    return std::nullopt;
  }
  bool& rank = change.mode == 'o' ? member->op : member->voice;
  if (std::exchange(rank, change.added) == change.added) return std::nullopt;
  return ModeChange{change.added, change.mode, target->nick_};
}

std::optional<ModeChange> IRCUser::changeBan(Channel& channel, const ModeChange& change) {
  const ServerLimits& limits = state_->options.limits;
  const std::string mask = detail::wholeMask(change.param);
  if (!isMask(mask, limits.maskLength)) {
    reply(ERR_BADMASK, {asWord(mask)}, "Bad ban mask");
    return std::nullopt;
  }
  const auto same = [&](const detail::Ban& ban) { return sameName(ban.mask, mask, CaseMapping::kRfc1459); };
  if (!change.added) {
    if (std::erase_if(channel.bans, same) == 0) return std::nullopt;
    return ModeChange{false, 'b', mask};
  }
  if (std::ranges::any_of(channel.bans, same)) return std::nullopt;
  if (channel.bans.size() >= limits.bans) {
    reply(ERR_BANLISTFULL, {channel.name, asWord(mask)}, "Channel ban list is full");
    return std::nullopt;
  }
  channel.bans.push_back({.mask = mask, .by = hostmask(), .at = state_->unixTime()});
  return ModeChange{true, 'b', mask};
}

// A key is removed whatever key the command names.
std::optional<ModeChange> IRCUser::changeKey(Channel& channel, const ModeChange& change) {
  if (!change.added) {
    if (channel.key.empty()) return std::nullopt;
    return ModeChange{false, 'k', std::exchange(channel.key, {})};
  }
  if (!isKey(change.param, state_->options.limits.keyLength)) {
    reply(ERR_INVALIDMODEPARAM, {channel.name, "k", asWord(change.param)}, "Not a key");
    return std::nullopt;
  }
  if (!channel.key.empty()) {
    reply(ERR_KEYSET, {channel.name}, "Channel key already set");
    return std::nullopt;
  }
  channel.key = change.param;
  return change;
}

std::optional<ModeChange> IRCUser::changeLimit(Channel& channel, const ModeChange& change) {
  if (!change.added) {
    if (std::exchange(channel.limit, 0) == 0) return std::nullopt;
    return change;
  }
  const auto limit = memberLimit(change.param);
  if (!limit) {
    reply(ERR_INVALIDMODEPARAM, {channel.name, "l", asWord(change.param)}, "Not a limit");
    return std::nullopt;
  }
  if (std::exchange(channel.limit, *limit) == *limit) return std::nullopt;
  return ModeChange{true, 'l', std::to_string(*limit)};
}

void IRCUser::userMode(const Message& message) {
  const std::string_view target = message.params[0];
  if (!sameName(target, nick_, CaseMapping::kRfc1459)) {
    if (state_->findRegistered(target) == nullptr) return reply(ERR_NOSUCHNICK, {asWord(target)}, "No such nick");
    return reply(ERR_USERSDONTMATCH, {}, "Cannot change mode for other users");
  }
  if (message.params.size() == 1) return reply(RPL_UMODEIS, {invisible_ ? "+i" : "+"});
  bool added = true, unknown = false;
  const bool before = invisible_;
  for (const char mode : message.params[1]) {
    if (mode == '+' || mode == '-') added = mode == '+';
    else if (mode == 'i') invisible_ = added;
    else unknown = true;
  }
  if (unknown) reply(ERR_UMODEUNKNOWNFLAG, {}, "Unknown MODE flag");
  if (invisible_ == before) return;
  state_->invisible += invisible_ ? 1 : -1;
  relay(fromMe("MODE").param(nick_).trailing(invisible_ ? "+i" : "-i").line());
}

}  // namespace teasel::irc
