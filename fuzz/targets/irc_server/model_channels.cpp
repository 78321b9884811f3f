#include "irc_server/model.hpp"

#include <algorithm>
#include <utility>

/// Channels in the model: who may do what there, and who is told.
namespace teasel::targets {

using irc::Message;
using model_texts::folded;
using model_texts::whole;
using model_texts::word;

namespace {

std::set<IrcModel::Id> idsOf(const auto& members) {
  std::set<IrcModel::Id> ids;
  for (const auto& [id, rank] : members) ids.insert(id);
  return ids;
}

bool isChannel(std::string_view name, std::size_t longest) {
  return name.size() >= 2 && name.size() <= longest && name[0] == '#' && std::ranges::none_of(name, [](char byte) {
           return static_cast<unsigned char>(byte) <= 32 || byte == 127 || byte == ',' || byte == ':';
         });
}

}  // namespace

bool IrcModel::channelCommand(User& user, const Message& message) {
  if (message.is("JOIN")) {
    if (message.params[0] == "0") {
      for (const std::string& name : channelNames())
        if (Channel& channel = channels_.at(name); channel.members.contains(user.id)) {
          oweAll(idsOf(channel.members), ":" + user.mask() + " PART " + channel.name);
          takeOut(user.id, channel);
        }
      return true;
    }
    // Keys go with channels by their place in the command; an empty key keeps its place.
    std::string_view keys = message.params[1];
    std::map<std::string, std::string_view> keyOf;
    for (const std::string_view name : model_texts::split(message.params[0], ',')) {
      keyOf.emplace(folded(name), keys.substr(0, keys.find(',')));
      keys = keys.find(',') == std::string_view::npos ? std::string_view() : keys.substr(keys.find(',') + 1);
    }
    for (const std::string_view name : some(user, message, message.params[0])) join(user, name, keyOf.at(folded(name)));
    return true;
  }
  if (message.is("PART")) part(user, message);
  else if (message.is("TOPIC")) topic(user, message);
  else if (message.is("KICK")) kick(user, message);
  else if (message.is("INVITE")) invite(user, message);
  else if (message.is("MODE")) mode(user, message);
  else if (message.is("LIST")) list(user, message);
  else if (message.is("NAMES")) {
    if (message.params.empty()) number(user, "366", "*");
    else
      for (const std::string_view name : some(user, message, message.params[0])) {
        const Channel* channel = byName(name);
        if (channel != nullptr && sees(user, *channel)) names(user, *channel);
        else number(user, "366", word(name));
      }
  } else return false;
  return true;
}

IrcModel::Channel* IrcModel::joined(const User& user, std::string_view name) {
  Channel* channel = byName(name);
  if (channel == nullptr) return number(user, "403", word(name)), nullptr;
  if (!channel->members.contains(user.id)) return number(user, "442", channel->name), nullptr;
  return channel;
}

IrcModel::Channel* IrcModel::operated(const User& user, std::string_view name) {
  Channel* channel = joined(user, name);
  if (channel == nullptr || channel->members.at(user.id).op) return channel;
  return number(user, "482", channel->name), nullptr;
}

void IrcModel::join(User& user, std::string_view name, std::string_view key) {
  if (!isChannel(name, options_.limits.channelLength)) return number(user, "403", word(name));
  Channel* channel = byName(name);
  if (channel != nullptr && channel->members.contains(user.id)) return;
  const auto in = std::ranges::count_if(channels_, [&](const auto& entry) { return entry.second.members.contains(user.id); });
  if (static_cast<std::size_t>(in) >= options_.limits.channelsPerUser) return number(user, "405", word(name));
  const bool founder = channel == nullptr;
  if (founder) {
    if (channels_.size() >= options_.limits.channels) return number(user, "437", word(name));
    channel = &channels_[folded(name)];
    channel->name = name;
    channel->flags = {'n', 't'};
  }
  const auto isThis = [&](const std::string& other) { return folded(other) == folded(name); };
  const auto bans = [&](const std::string& mask) { return model_texts::matches(mask, user.mask()); };
  if (channel->flags.contains('i') && std::ranges::none_of(user.invitations, isThis)) return number(user, "473", channel->name);
  if (std::ranges::any_of(channel->bans, bans)) return number(user, "474", channel->name);
  if (!channel->key.empty() && channel->key != key) return number(user, "475", channel->name);
  if (channel->limit > 0 && channel->members.size() >= channel->limit) return number(user, "471", channel->name);
  std::erase_if(user.invitations, isThis);
  channel->members[user.id].op = founder;
  oweAll(idsOf(channel->members), ":" + user.mask() + " JOIN " + channel->name);
  if (!channel->topic.empty()) number(user, "332", channel->name, channel->topic);
  names(user, *channel);
}

void IrcModel::names(const User& user, const Channel& channel) {
  const std::string head =
      ":" + options_.name + " 353 " + user.nick + (channel.flags.contains('s') ? " @ " : " = ") + channel.name;
  std::string line;
  for (const auto& [id, rank] : channel.members) {
    const User& other = users_.at(id);
    if (other.invisible && id != user.id && !channel.members.contains(user.id)) continue;
    const std::string name = sign(user, rank) + (user.userhostInNames ? other.mask() : other.nick);
    if (head.size() + 2 + line.size() + 1 + name.size() + 2 > irc::kMaxMessage && !line.empty()) {
      owe(user.id, std::string(head).append(" :").append(line));
      line.clear();
    }
    if (!line.empty()) line += ' ';
    line += name;
  }
  if (!line.empty()) owe(user.id, cut(head, line));
  number(user, "366", channel.name);
}

void IrcModel::list(const User& user, const Message& message) {
  const auto show = [&](const Channel& channel) {
    if (sees(user, channel)) number(user, "322", channel.name + ' ' + std::to_string(channel.members.size()), channel.topic);
  };
  number(user, "321", "Channel");
  if (message.params[0].empty()) {
    for (const auto& [name, channel] : channels_) show(channel);
  } else {
    for (const std::string_view name : some(user, message, message.params[0]))
      if (const Channel* channel = byName(name)) show(*channel);
  }
  number(user, "323", "");
}

void IrcModel::part(User& user, const Message& message) {
  const std::string reason(whole(message.params[1], options_.limits.textLength));
  for (const std::string_view name : some(user, message, message.params[0])) {
    Channel* channel = joined(user, name);
    if (channel == nullptr) continue;
    const std::string head = ":" + user.mask() + " PART " + channel->name;
    oweAll(idsOf(channel->members), reason.empty() ? head : cut(head, reason));
    takeOut(user.id, *channel);
  }
}

void IrcModel::topic(User& user, const Message& message) {
  if (message.params.size() == 1) {
    const Channel* channel = byName(message.params[0]);
    if (channel == nullptr) return number(user, "403", word(message.params[0]));
    if (!sees(user, *channel)) return number(user, "442", channel->name);
    if (channel->topic.empty()) return number(user, "331", channel->name);
    return number(user, "332", channel->name, channel->topic);
  }
  Channel* channel = joined(user, message.params[0]);
  if (channel == nullptr) return;
  if (channel->flags.contains('t') && !channel->members.at(user.id).op) return number(user, "482", channel->name);
  channel->topic = whole(message.params[1], options_.limits.topicLength);
  oweAll(idsOf(channel->members), cut(":" + user.mask() + " TOPIC " + channel->name, channel->topic));
}

void IrcModel::kick(User& user, const Message& message) {
  std::string reason(whole(message.params[2], options_.limits.textLength));
  if (reason.empty()) reason = user.nick;
  for (const std::string_view nick : some(user, message, message.params[1])) {
    Channel* channel = operated(user, message.params[0]);
    if (channel == nullptr) return;
    const User* target = byNick(nick);
    if (target == nullptr || !channel->members.contains(target->id)) {
      number(user, "441", word(nick) + ' ' + channel->name);
      continue;
    }
    oweAll(idsOf(channel->members), cut(":" + user.mask() + " KICK " + channel->name + ' ' + target->nick, reason));
    takeOut(target->id, *channel);
  }
}

void IrcModel::invite(User& user, const Message& message) {
  User* target = byNick(message.params[0]);
  if (target == nullptr) return number(user, "401", word(message.params[0]));
  const Channel* channel = joined(user, message.params[1]);
  if (channel == nullptr) return;
  if (channel->members.contains(target->id)) return number(user, "443", target->nick + ' ' + channel->name);
  if (channel->flags.contains('i') && !channel->members.at(user.id).op) return number(user, "482", channel->name);
  // "MODE i" lets in whom an operator has invited (RFC 2811, section 4.2.2).
  if (channel->members.at(user.id).op) {
    std::erase_if(target->invitations, [&](const std::string& name) { return folded(name) == folded(channel->name); });
    target->invitations.push_back(channel->name);
    if (target->invitations.size() > options_.limits.invitations) target->invitations.erase(target->invitations.begin());
  }
  number(user, "341", target->nick + ' ' + channel->name);
  if (target->away) number(user, "301", target->nick, *target->away);
  owe(target->id, ":" + user.mask() + " INVITE " + target->nick + " :" + channel->name);
}

}  // namespace teasel::targets
