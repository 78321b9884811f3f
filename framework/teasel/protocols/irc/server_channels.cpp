#include <algorithm>
#include <set>
#include <utility>

#include <teasel/core/errors.hpp>
#include <teasel/protocols/irc/detail/server_state.hpp>
#include <teasel/protocols/irc/server.hpp>

/// Coming into channels, leaving them, and looking at them.
namespace teasel::irc {

using detail::asWord;
using detail::shortened;
using detail::splitList;

// Finding channels, with the error that is due ---------------------------------------------------

bool IRCUser::isIn(const Channel& channel) const noexcept { return channel.find(*this) != nullptr; }

bool IRCUser::sees(const Channel& channel) const noexcept { return !channel.has('s') || isIn(channel); }

bool IRCUser::seesUser(const IRCUser& other) const noexcept {
  if (!other.invisible_ || &other == this) return true;
  return std::ranges::any_of(channels_, [&](const auto& joined) { return other.isIn(*joined.second); });
}

IRCUser::Channel* IRCUser::joinedChannel(std::string_view name) {
  Channel* channel = state_->findChannel(name);
  if (channel == nullptr) reply(ERR_NOSUCHCHANNEL, {asWord(name)}, "No such channel");
  else if (isIn(*channel)) return channel;
  else reply(ERR_NOTONCHANNEL, {channel->name}, "You're not on that channel");
  return nullptr;
}

IRCUser::Channel* IRCUser::operatedChannel(std::string_view name) {
  Channel* channel = joinedChannel(name);
  if (channel == nullptr || channel->find(*this)->op) return channel;
  reply(ERR_CHANOPRIVSNEEDED, {channel->name}, "You're not channel operator");
  return nullptr;
}

namespace {

/// Leaves the first of those that are the same name.
void dropRepeated(std::vector<std::string_view>& names) {
  std::set<std::string_view, NameLess> seen;
  std::erase_if(names, [&](std::string_view name) { return !seen.insert(name).second; });
}

}  // namespace

std::span<const std::string_view> IRCUser::targets(const Message& message, std::vector<std::string_view>& all, bool silently) {
  dropRepeated(all);
  const std::size_t most = state_->options.limits.targets;
  if (all.size() <= most) return all;
  if (!silently) reply(ERR_TOOMANYTARGETS, {asWord(message.command)}, "Too many targets, the limit is " + std::to_string(most));
  return std::span(all).first(most);
}

// JOIN and PART ----------------------------------------------------------------------------------

void IRCUser::irc_JOIN(const Message& message) {
  if (message.params[0] == "0") return partAll();
  std::vector<std::string_view> names = splitList(message.params[0]);
  // A key may be empty: ",key" is for the second channel.
  std::string_view keys = message.params[1];
  std::map<std::string_view, std::string_view, NameLess> keyOf;
  for (const std::string_view name : names) {
    const std::size_t comma = std::min(keys.find(','), keys.size());
    keyOf.emplace(name, keys.substr(0, comma));
    keys.remove_prefix(std::min(comma + 1, keys.size()));
  }
  for (const std::string_view name : targets(message, names)) {
    if (!registered()) return;
    joinChannel(name, keyOf.at(name));
  }
}

void IRCUser::joinChannel(std::string_view name, std::string_view key) {
  const ServerLimits& limits = state_->options.limits;
  if (!detail::isChannelName(name, limits.channelLength)) return reply(ERR_NOSUCHCHANNEL, {asWord(name)}, "No such channel");
  Channel* channel = state_->findChannel(name);
  if (channel != nullptr && isIn(*channel)) return;
  if (channels_.size() >= limits.channelsPerUser)
    return reply(ERR_TOOMANYCHANNELS, {asWord(name)},
                 "You have joined too many channels, the limit is " + std::to_string(limits.channelsPerUser));
  if (channel != nullptr) {
    if (mayEnter(*channel, key)) enter(*channel, false);
  } else if (state_->channels.size() >= limits.channels) {
    reply(ERR_UNAVAILRESOURCE, {asWord(name)}, "There are too many channels, the limit is " + std::to_string(limits.channels));
  } else if (const auto settings = state_->realm->getGroup(name, nick_, avatar_)) {
    // The realm may have ended this user meanwhile.
    if (!registered()) return;
    Channel& made = makeChannel(name, *settings);
    if (mayEnter(made, key)) enter(made, settings->founderIsOperator);
    else state_->channels.erase(made.name);
  } else {
    reply(ERR_NOSUCHCHANNEL, {asWord(name)}, "No such channel");
  }
}

IRCUser::Channel& IRCUser::makeChannel(std::string_view name, const GroupSettings& settings) {
  const ServerLimits& limits = state_->options.limits;
  if (!settings.key.empty() && !detail::isKey(settings.key, limits.keyLength))
    throw UsageError("the key of the channel " + escaped(name) + " must be one word of at most " +
                     std::to_string(limits.keyLength) + " bytes without a comma, not \"" + escaped(settings.key) + "\"");
  Channel& channel = state_->channels.try_emplace(std::string(name)).first->second;
  channel.id = ++state_->lastChannel;
  channel.name = name;
  channel.topic = shortened(detail::oneLine(settings.topic), limits.topicLength);
  channel.key = settings.key;
  channel.limit = settings.limit;
  channel.createdAt = state_->unixTime();
  for (const char flag : settings.modes)
    if (std::string_view("imnst").find(flag) != std::string_view::npos) channel.set(flag, true);
  return channel;
}

// An invitation opens a channel that is invite-only, and nothing else.
bool IRCUser::mayEnter(const Channel& channel, std::string_view key) {
  const bool invited = std::ranges::find(invitations_, channel.id, &Invitation::id) != invitations_.end();
  if (channel.has('i') && !invited) reply(ERR_INVITEONLYCHAN, {channel.name}, "Cannot join channel (+i)");
  else if (channel.isBanned(hostmask(), state_->mask)) reply(ERR_BANNEDFROMCHAN, {channel.name}, "Cannot join channel (+b)");
  else if (!channel.key.empty() && key != channel.key) reply(ERR_BADCHANNELKEY, {channel.name}, "Cannot join channel (+k)");
  else if (channel.limit != 0 && channel.members.size() >= channel.limit)
    reply(ERR_CHANNELISFULL, {channel.name}, "Cannot join channel (+l)");
  else return true;
  return false;
}

void IRCUser::enter(Channel& channel, bool founder) {
  std::erase_if(invitations_, [&](const Invitation& each) { return each.id == channel.id; });
  channel.members.emplace(id_, detail::Member{.user = this, .op = founder});
  channels_.emplace(channel.name, &channel);
  channel.send(fromMe("JOIN").param(channel.name).line());
  if (!channel.topic.empty()) sendTopic(channel);
  sendNames(channel);
}

void IRCUser::irc_PART(const Message& message) {
  const std::string reason(shortened(message.params[1], state_->options.limits.textLength));
  std::vector<std::string_view> names = splitList(message.params[0]);
  for (const std::string_view name : targets(message, names)) {
    if (!registered()) return;
    Channel* channel = joinedChannel(name);
    if (channel == nullptr) continue;
    MessageBuilder& line = fromMe("PART").param(channel->name);
    if (!reason.empty()) line.trailing(reason);
    channel->send(line.line());
    state_->leave(*channel, *this);
  }
}

void IRCUser::partAll() {
  while (!channels_.empty()) {
    Channel& channel = *channels_.begin()->second;
    channel.send(fromMe("PART").param(channel.name).line());
    state_->leave(channel, *this);
  }
}

// TOPIC ------------------------------------------------------------------------------------------

void IRCUser::sendTopic(const Channel& channel) {
  reply(RPL_TOPIC, {channel.name}, channel.topic);
  if (state_->options.unixTime && !channel.topicBy.empty())
    reply(RPL_TOPICWHOTIME, {channel.name, channel.topicBy, std::to_string(channel.topicAt)});
}

void IRCUser::irc_TOPIC(const Message& message) {
  const std::string_view name = message.params[0];
  if (message.params.size() < 2) {
    const Channel* channel = state_->findChannel(name);
    if (channel == nullptr) return reply(ERR_NOSUCHCHANNEL, {asWord(name)}, "No such channel");
    if (!sees(*channel)) return reply(ERR_NOTONCHANNEL, {channel->name}, "You're not on that channel");
    return channel->topic.empty() ? reply(RPL_NOTOPIC, {channel->name}, "No topic is set") : sendTopic(*channel);
  }
  Channel* channel = joinedChannel(name);
  if (channel == nullptr) return;
  if (channel->has('t') && !channel->find(*this)->op)
    return reply(ERR_CHANOPRIVSNEEDED, {channel->name}, "You're not channel operator");
  channel->topic = shortened(message.params[1], state_->options.limits.topicLength);
  channel->topicBy = hostmask();
  channel->topicAt = state_->unixTime();
  channel->send(fromMe("TOPIC").param(channel->name).trailing(channel->topic).line());
}

// KICK and INVITE --------------------------------------------------------------------------------

void IRCUser::irc_KICK(const Message& message) {
  const std::string_view name = message.params[0];
  std::string reason(shortened(message.params[2], state_->options.limits.textLength));
  if (reason.empty()) reason = nick_;
  std::vector<std::string_view> nicks = splitList(message.params[1]);
  for (const std::string_view nick : targets(message, nicks)) {
    if (!registered()) return;
    // Looked up each time: one may kick oneself.
    Channel* channel = operatedChannel(name);
    if (channel == nullptr) return;
    IRCUser* target = state_->findRegistered(nick);
    if (target == nullptr || !target->isIn(*channel)) {
      reply(ERR_USERNOTINCHANNEL, {asWord(nick), channel->name}, "They aren't on that channel");
      continue;
    }
    channel->send(fromMe("KICK").param(channel->name).param(target->nick_).trailing(reason).line());
    state_->leave(*channel, *target);
  }
}

void IRCUser::irc_INVITE(const Message& message) {
  IRCUser* target = state_->findRegistered(message.params[0]);
  if (target == nullptr) return reply(ERR_NOSUCHNICK, {asWord(message.params[0])}, "No such nick");
  Channel* channel = joinedChannel(message.params[1]);
  if (channel == nullptr) return;
  if (target->isIn(*channel)) return reply(ERR_USERONCHANNEL, {target->nick_, channel->name}, "is already on channel");
  const bool op = channel->find(*this)->op;
  if (channel->has('i') && !op) return reply(ERR_CHANOPRIVSNEEDED, {channel->name}, "You're not channel operator");
  // Who is no operator may tell another of the channel, but opens nothing.
  auto& invitations = target->invitations_;
  if (op) {
    std::erase_if(invitations, [&](const Invitation& each) {
      const Channel* still = state_->findChannel(each.channel);
      return still == nullptr || still->id != each.id || still == channel;
    });
    invitations.push_back({channel->name, channel->id});
    if (invitations.size() > state_->options.limits.invitations) invitations.erase(invitations.begin());
  }
  reply(RPL_INVITING, {target->nick_, channel->name});
  if (target->away_) reply(RPL_AWAY, {target->nick_}, *target->away_);
  target->relay(fromMe("INVITE").param(target->nick_).trailing(channel->name).line());
}

}  // namespace teasel::irc
