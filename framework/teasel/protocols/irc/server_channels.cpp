#include <algorithm>
#include <utility>

#include <teasel/protocols/irc/detail/server_state.hpp>
#include <teasel/protocols/irc/server.hpp>

/// Coming into channels, leaving them, and looking at them.
namespace teasel::irc {

using detail::Member;
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
  if (channel == nullptr) reply(ERR_NOSUCHCHANNEL, {name}, "No such channel");
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

std::span<const std::string_view> IRCUser::targets(const Message& message, std::vector<std::string_view>& all) {
  const std::size_t most = state_->options.limits.targets;
  if (all.size() <= most) return all;
  reply(ERR_TOOMANYTARGETS, {message.command}, "Too many targets, the limit is " + std::to_string(most));
  return std::span(all).first(most);
}

// JOIN and PART ----------------------------------------------------------------------------------

void IRCUser::irc_JOIN(const Message& message) {
  if (message.params[0] == "0") return partAll();
  std::vector<std::string_view> names = splitList(message.params[0]);
  // A key may be empty: ",key" is for the second channel.
  std::string_view keys = message.params[1];
  for (const std::string_view name : targets(message, names)) {
    const std::size_t comma = std::min(keys.find(','), keys.size());
    joinChannel(name, keys.substr(0, comma));
    keys.remove_prefix(std::min(comma + 1, keys.size()));
  }
}

void IRCUser::joinChannel(std::string_view name, std::string_view key) {
  const ServerLimits& limits = state_->options.limits;
  if (!detail::isChannelName(name, limits.channelLength)) return reply(ERR_NOSUCHCHANNEL, {name}, "No such channel");
  Channel* channel = state_->findChannel(name);
  if (channel != nullptr && isIn(*channel)) return;
  if (channels_.size() >= limits.channelsPerUser)
    return reply(ERR_TOOMANYCHANNELS, {name},
                 "You have joined too many channels, the limit is " + std::to_string(limits.channelsPerUser));
  if (channel != nullptr) {
    if (mayEnter(*channel, key)) enter(*channel, false);
  } else if (state_->channels.size() >= limits.channels) {
    reply(ERR_UNAVAILRESOURCE, {name}, "There are too many channels, the limit is " + std::to_string(limits.channels));
  } else if (const auto settings = state_->realm->getGroup(name, nick_, avatar_)) {
    Channel& made = makeChannel(name, *settings);
    enter(made, settings->founderIsOperator);
  } else {
    reply(ERR_NOSUCHCHANNEL, {name}, "No such channel");
  }
}

IRCUser::Channel& IRCUser::makeChannel(std::string_view name, const GroupSettings& settings) {
  Channel& channel = state_->channels.try_emplace(std::string(name)).first->second;
  channel.name = name;
  channel.topic = shortened(settings.topic, state_->options.limits.topicLength);
  channel.key = settings.key;
  channel.limit = settings.limit;
  channel.createdAt = state_->unixTime();
  for (const char flag : settings.modes)
    if (std::string_view("imnst").find(flag) != std::string_view::npos) channel.set(flag, true);
  return channel;
}

// An invitation opens a channel that is invite-only, and nothing else.
bool IRCUser::mayEnter(const Channel& channel, std::string_view key) {
  const bool invited = std::ranges::any_of(
      invitations_, [&](const std::string& name) { return sameName(name, channel.name, CaseMapping::kRfc1459); });
  if (channel.has('i') && !invited) reply(ERR_INVITEONLYCHAN, {channel.name}, "Cannot join channel (+i)");
  else if (channel.isBanned(hostmask())) reply(ERR_BANNEDFROMCHAN, {channel.name}, "Cannot join channel (+b)");
  else if (!channel.key.empty() && key != channel.key) reply(ERR_BADCHANNELKEY, {channel.name}, "Cannot join channel (+k)");
  else if (channel.limit != 0 && channel.members.size() >= channel.limit)
    reply(ERR_CHANNELISFULL, {channel.name}, "Cannot join channel (+l)");
  else return true;
  return false;
}

void IRCUser::enter(Channel& channel, bool founder) {
  std::erase_if(invitations_, [&](const std::string& name) { return sameName(name, channel.name, CaseMapping::kRfc1459); });
  channel.members.emplace(id_, Member{.user = this, .op = founder});
  channels_.emplace(channel.name, &channel);
  channel.send(fromMe("JOIN").param(channel.name).line());
  if (!channel.topic.empty()) sendTopic(channel);
  sendNames(channel);
}

void IRCUser::irc_PART(const Message& message) {
  const std::string reason(shortened(message.params[1], state_->options.limits.textLength));
  std::vector<std::string_view> names = splitList(message.params[0]);
  for (const std::string_view name : targets(message, names)) {
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

// TOPIC, NAMES, LIST -----------------------------------------------------------------------------

void IRCUser::sendTopic(const Channel& channel) {
  reply(RPL_TOPIC, {channel.name}, channel.topic);
  if (state_->options.unixTime && !channel.topicBy.empty())
    reply(RPL_TOPICWHOTIME, {channel.name, channel.topicBy, std::to_string(channel.topicAt)});
}

void IRCUser::irc_TOPIC(const Message& message) {
  const std::string_view name = message.params[0];
  if (message.params.size() < 2) {
    const Channel* channel = state_->findChannel(name);
    if (channel == nullptr) return reply(ERR_NOSUCHCHANNEL, {name}, "No such channel");
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

void IRCUser::sendNames(const Channel& channel) {
  std::string names;
  const auto flush = [&] {
    const std::string_view kind = channel.has('s') ? "@" : "=";
    if (!names.empty())
      relay(fromServer().command(RPL_NAMREPLY).param(nick_).param(kind).param(channel.name).trailing(names).line());
    names.clear();
  };
  // What stands before the names: ":server 353 nick = #channel :", and CR LF behind.
  const std::size_t room = kMaxMessage - (state_->options.name.size() + nick_.size() + channel.name.size() + 13);
  const bool member = isIn(channel);
  for (const auto& [id, other] : channel.members) {
    if (!member && other.user->invisible_ && other.user != this) continue;
    std::string name(multiPrefix_ ? other.signs() : other.sign());
    name += userhostInNames_ ? other.user->hostmask() : other.user->nick();
    if (names.size() + 1 + name.size() > room) flush();
    if (!names.empty()) names += ' ';
    names += name;
  }
  flush();
  reply(RPL_ENDOFNAMES, {channel.name}, "End of NAMES list");
}

// Without a channel there is nothing to say: all names of a large server would be too much.
void IRCUser::irc_NAMES(const Message& message) {
  if (message.params.empty()) return reply(RPL_ENDOFNAMES, {"*"}, "End of NAMES list");
  std::vector<std::string_view> names = splitList(message.params[0]);
  for (const std::string_view name : targets(message, names)) {
    const Channel* channel = state_->findChannel(name);
    if (channel != nullptr && sees(*channel)) sendNames(*channel);
    else reply(RPL_ENDOFNAMES, {name}, "End of NAMES list");
  }
}

void IRCUser::listChannel(const Channel& channel) {
  if (sees(channel)) reply(RPL_LIST, {channel.name, std::to_string(channel.members.size())}, channel.topic);
}

void IRCUser::irc_LIST(const Message& message) {
  reply(RPL_LISTSTART, {"Channel"}, "Users  Name");
  if (message.params.empty() || message.params[0].empty()) {
    for (const auto& [name, channel] : state_->channels) listChannel(channel);
  } else {
    std::vector<std::string_view> names = splitList(message.params[0]);
    for (const std::string_view name : targets(message, names))
      if (const Channel* channel = state_->findChannel(name)) listChannel(*channel);
  }
  reply(RPL_LISTEND, {}, "End of LIST");
}

// KICK and INVITE --------------------------------------------------------------------------------

void IRCUser::irc_KICK(const Message& message) {
  const std::string_view name = message.params[0];
  std::string reason(shortened(message.params[2], state_->options.limits.textLength));
  if (reason.empty()) reason = nick_;
  std::vector<std::string_view> nicks = splitList(message.params[1]);
  for (const std::string_view nick : targets(message, nicks)) {
    // Looked up each time: one may kick oneself.
    Channel* channel = operatedChannel(name);
    if (channel == nullptr) return;
    IRCUser* target = state_->findRegistered(nick);
    if (target == nullptr || !target->isIn(*channel)) {
      reply(ERR_USERNOTINCHANNEL, {nick, channel->name}, "They aren't on that channel");
      continue;
    }
    channel->send(fromMe("KICK").param(channel->name).param(target->nick_).trailing(reason).line());
    state_->leave(*channel, *target);
  }
}

void IRCUser::irc_INVITE(const Message& message) {
  IRCUser* target = state_->findRegistered(message.params[0]);
  if (target == nullptr) return reply(ERR_NOSUCHNICK, {message.params[0]}, "No such nick");
  Channel* channel = joinedChannel(message.params[1]);
  if (channel == nullptr) return;
  if (target->isIn(*channel)) return reply(ERR_USERONCHANNEL, {target->nick_, channel->name}, "is already on channel");
  if (channel->has('i') && !channel->find(*this)->op)
    return reply(ERR_CHANOPRIVSNEEDED, {channel->name}, "You're not channel operator");
  auto& invitations = target->invitations_;
  std::erase_if(invitations, [&](const std::string& name) { return sameName(name, channel->name, CaseMapping::kRfc1459); });
  invitations.push_back(channel->name);
  if (invitations.size() > state_->options.limits.invitations) invitations.erase(invitations.begin());
  reply(RPL_INVITING, {target->nick_, channel->name});
  if (target->away_) reply(RPL_AWAY, {target->nick_}, *target->away_);
  target->relay(fromMe("INVITE").param(target->nick_).trailing(channel->name).line());
}

}  // namespace teasel::irc
