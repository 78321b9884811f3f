#include "irc_server/model.hpp"

#include <algorithm>
#include <charconv>
#include <utility>

#include <teasel/protocols/irc/modes.hpp>

/// Modes, messages between users, and questions about them.
namespace teasel::targets {

using irc::Message;
using irc::ModeChange;
using model_texts::folded;
using model_texts::matches;
using model_texts::split;
using model_texts::whole;
using model_texts::word;

bool IrcModel::userCommand(User& user, const Message& message) {
  const std::string_view first = message.params[0];
  if (message.is("PRIVMSG")) say(user, message, false);
  else if (message.is("NOTICE")) say(user, message, true);
  else if (message.is("WHO")) who(user, message);
  else if (message.is("WHOIS")) whois(user, message);
  else if (message.is("LUSERS")) lusers(user);
  else if (message.is("MOTD")) number(user, "422", "");
  else if (message.is("VERSION")) number(user, "351", options_.version + ' ' + options_.name);
  else if (message.is("OPER")) number(user, "491", "");
  else if (message.is("AWAY")) {
    user.away.reset();
    if (!first.empty()) user.away = whole(first, options_.limits.textLength);
    number(user, user.away ? "306" : "305", "");
  } else {
    std::string text;
    const bool ison = message.is("ISON");
    std::size_t asked = 0;
    for (const std::string_view param : message.params) {
      if (!ison && asked++ == 5) break;
      for (const std::string_view nick : ison ? split(param, ' ') : std::vector<std::string_view>{param})
        if (const User* other = byNick(nick))
          text += (text.empty() ? "" : " ") + other->nick +
                  (ison ? "" : (other->away ? "=-" : "=+") + other->user + '@' + other->host);
    }
    number(user, ison ? "303" : "302", "", text);
  }
  return true;
}

void IrcModel::say(User& user, const Message& message, bool notice) {
  const auto refuse = [&](const char* numeric, const std::string& words) {
    if (!notice) number(user, numeric, words);
  };
  std::vector<std::string_view> targets = distinct(split(message.params[0], ','));
  const std::string_view text = message.params[1];
  if (targets.empty()) return refuse("411", "");
  if (text.empty()) return refuse("412", "");
  if (targets.size() > options_.limits.targets) {
    refuse("407", word(message.command));
    targets.resize(options_.limits.targets);
  }
  const std::string head = ":" + user.mask() + (notice ? " NOTICE " : " PRIVMSG ");
  for (const std::string_view target : targets) {
    if (target[0] != '#') {
      const User* other = byNick(target);
      if (other == nullptr) {
        refuse("401", word(target));
        continue;
      }
      owe(other->id, cut(head + other->nick, text));
      if (other->away && !notice) number(user, "301", other->nick, *other->away);
      continue;
    }
    const Channel* channel = byName(target);
    if (channel == nullptr) {
      refuse("403", word(target));
      continue;
    }
    const bool member = channel->members.contains(user.id);
    const Rank rank = member ? channel->members.at(user.id) : Rank{};
    const bool banned = std::ranges::any_of(channel->bans, [&](const std::string& mask) { return matches(mask, user.mask()); });
    const bool closed = (!member && channel->flags.contains('n')) || channel->flags.contains('m') || banned;
    if (closed && !rank.op && !rank.voice) {
      refuse("404", channel->name);
      continue;
    }
    std::set<Id> others;
    for (const auto& [id, other] : channel->members)
      if (id != user.id) others.insert(id);
    oweAll(others, cut(head + channel->name, text));
  }
}

void IrcModel::who(const User& user, const Message& message) {
  const std::string_view mask = message.params[0];
  const auto row = [&](const std::string& channel, const User& other, const std::string& signs) {
    number(user, "352",
           channel + ' ' + other.user + ' ' + other.host + ' ' + options_.name + ' ' + other.nick + (other.away ? " G" : " H") +
               signs,
           "0 " + other.realName);
  };
  const bool nobody = message.params[1] == "o" || mask.size() > options_.limits.maskLength;
  if (!nobody && mask.starts_with('#')) {
    const Channel* channel = byName(mask);
    if (channel != nullptr && sees(user, *channel))
      for (const auto& [id, rank] : channel->members)
        if (sees(user, users_.at(id))) row(channel->name, users_.at(id), sign(user, rank));
  } else if (!nobody) {
    std::map<std::string, const User*> sorted;
    for (const auto& [id, other] : users_)
      if (other.registered && sees(user, other)) sorted[folded(other.nick)] = &other;
    for (const auto& [nick, other] : sorted)
      if (mask.empty() || mask == "0" || matches(mask, other->nick) || matches(mask, other->user) || matches(mask, other->host) ||
          matches(mask, other->realName))
        row("*", *other, "");
  }
  number(user, "315", word(mask));
}

void IrcModel::whois(const User& user, const Message& message) {
  const std::string_view list = message.params.size() > 1 ? message.params[1] : message.params[0];
  if (split(list, ',').empty()) return number(user, "431", "");
  for (const std::string_view nick : some(user, message, list)) {
    const User* other = byNick(nick);
    if (other == nullptr) {
      number(user, "401", word(nick));
      number(user, "318", word(nick));
      continue;
    }
    number(user, "311", other->nick + ' ' + other->user + ' ' + other->host + " *", other->realName);
    const std::size_t head = options_.name.size() + user.nick.size() + other->nick.size() + 9;
    std::string shown;
    for (const auto& [name, channel] : channels_) {
      if (!channel.members.contains(other->id) || !sees(user, channel)) continue;
      const std::string next = sign(user, channel.members.at(other->id)) + channel.name;
      if (!shown.empty() && head + shown.size() + 1 + next.size() + 2 > irc::kMaxMessage) {
        number(user, "319", other->nick, shown);
        shown.clear();
      }
      shown += (shown.empty() ? "" : " ") + next;
    }
    if (!shown.empty()) number(user, "319", other->nick, shown);
    number(user, "312", other->nick + ' ' + options_.name, options_.description);
    if (other->away) number(user, "301", other->nick, *other->away);
    number(user, "317", other->nick);
    number(user, "318", word(nick));
  }
}

// MODE -------------------------------------------------------------------------------------------

void IrcModel::mode(User& user, const Message& message) {
  const std::string_view target = message.params[0];
  if (target.starts_with('#')) {
    Channel* channel = byName(target);
    return channel == nullptr ? number(user, "403", word(target)) : channelMode(user, *channel, message);
  }
  if (folded(target) != folded(user.nick)) {
    if (byNick(target) == nullptr) return number(user, "401", word(target));
    return number(user, "502", "");
  }
  if (message.params.size() == 1) return number(user, "221", user.invisible ? "+i" : "+");
  const bool before = user.invisible;
  bool add = true, unknown = false;
  for (const char sign : message.params[1]) {
    if (sign == '+' || sign == '-') add = sign == '+';
    else if (sign == 'i') user.invisible = add;
    else unknown = true;
  }
  if (unknown) number(user, "501", "");
  if (user.invisible != before) owe(user.id, ":" + user.mask() + " MODE " + user.nick + (user.invisible ? " :+i" : " :-i"));
}

void IrcModel::channelMode(User& user, Channel& channel, const Message& message) {
  const bool member = channel.members.contains(user.id);
  if (!sees(user, channel)) return number(user, "442", channel.name);
  if (message.params.size() == 1) {
    std::string modes = "+";
    for (const char flag : channel.flags) modes += flag;
    if (channel.limit > 0) modes += 'l';
    if (!channel.key.empty()) modes += 'k';
    if (channel.limit > 0) modes += ' ' + std::to_string(channel.limit);
    if (!channel.key.empty()) modes += ' ' + (member ? channel.key : "*");
    return owe(user.id, ":" + options_.name + " 324 " + user.nick + ' ' + channel.name + ' ' + modes);
  }
  const auto bans = [&] {
    for (const std::string& mask : channel.bans)
      owe(user.id, ":" + options_.name + " 367 " + user.nick + ' ' + channel.name + ' ' + mask);
    number(user, "368", channel.name);
  };
  const irc::ParsedModes parsed = irc::parseModes(message.params[1], message.params.from(2),
                                                  {.lists = "b", .always = "k", .onSet = "l", .flags = "imnst", .ranks = "ov"});
  if (parsed && parsed.changes.size() == 1 && parsed.changes[0].mode == 'b' && parsed.changes[0].param.empty()) return bans();
  if (operated(user, channel.name) == nullptr) return;
  std::vector<ModeChange> done;
  std::size_t counted = 0;
  bool listed = false;
  for (const ModeChange& change : parsed.changes) {
    if (change.mode == 'b' && change.param.empty()) {
      if (!std::exchange(listed, true)) bans();
      continue;
    }
    const bool withParam =
        std::string_view("bkov").find(change.mode) != std::string_view::npos || (change.mode == 'l' && change.added);
    if (withParam && ++counted > options_.limits.modes) continue;
    if (auto made = apply(user, channel, change)) done.push_back(*made);
  }
  if (parsed.fault == irc::ModeFault::kUnknownMode) number(user, "472", word(std::string(1, parsed.mode)));
  if (parsed.fault == irc::ModeFault::kMissingParam) number(user, "461", "MODE");
  std::set<Id> ids;
  for (const auto& [id, rank] : channel.members) ids.insert(id);
  const std::string head = ":" + user.mask() + " MODE " + channel.name + ' ';
  for (const irc::ModeText& text : irc::batchModes(done, 0, irc::kMaxMessage - 2 - head.size())) {
    std::string line = head + text.modes;
    for (const std::string& param : text.params) line += ' ' + param;
    oweAll(ids, line);
  }
}

/// Makes one change and gives what the members are told of it; nothing when nothing changed.
std::optional<ModeChange> IrcModel::apply(const User& user, Channel& channel, const ModeChange& change) {
  const auto refuse = [&](const char* numeric, const std::string& words) {
    number(user, numeric, words);
    return std::optional<ModeChange>();
  };
  if (change.mode == 'o' || change.mode == 'v') {
    const User* target = byNick(change.param);
    if (target == nullptr || !channel.members.contains(target->id)) return refuse("441", word(change.param) + ' ' + channel.name);
    Rank& rank = channel.members.at(target->id);
    bool& held = change.mode == 'o' ? rank.op : rank.voice;
    if (held == change.added) return std::nullopt;
    held = change.added;
    return ModeChange{change.added, change.mode, target->nick};
  }
  if (change.mode == 'b') {
    const std::string mask = model_texts::wholeMask(change.param);
    if (mask.size() > options_.limits.maskLength || mask[0] == ':' || mask.find(' ') != std::string::npos)
      return refuse("415", word(mask));
    const auto same = std::ranges::find_if(channel.bans, [&](const std::string& ban) { return folded(ban) == folded(mask); });
    if (change.added == (same != channel.bans.end())) return std::nullopt;
    if (!change.added) channel.bans.erase(same);
    else if (channel.bans.size() >= options_.limits.bans) return refuse("478", channel.name + ' ' + word(mask));
    else channel.bans.push_back(mask);
    return ModeChange{change.added, 'b', mask};
  }
  if (change.mode == 'k') {
    if (!change.added) {
      if (channel.key.empty()) return std::nullopt;
      return ModeChange{false, 'k', std::exchange(channel.key, "")};
    }
    const bool bad = change.param.empty() || change.param.size() > options_.limits.keyLength || change.param[0] == ':' ||
                     std::ranges::any_of(change.param, [](char byte) {
                       return static_cast<unsigned char>(byte) <= 32 || byte == ',' || byte == 127;
                     });
    if (bad) return refuse("696", channel.name + " k " + word(change.param));
    if (!channel.key.empty()) return refuse("467", channel.name);
    channel.key = change.param;
    return change;
  }
  if (change.mode == 'l') {
    std::size_t limit = 0;
    if (change.added) {
      const auto [end, error] = std::from_chars(change.param.data(), change.param.data() + change.param.size(), limit);
      const bool bad = error != std::errc() || end != change.param.data() + change.param.size() || limit == 0 || limit > 100'000;
      if (bad) return refuse("696", channel.name + " l " + word(change.param));
    }
    if (channel.limit == limit) return std::nullopt;
    channel.limit = limit;
    return change.added ? ModeChange{true, 'l', std::to_string(limit)} : change;
  }
  if (channel.flags.contains(change.mode) == change.added) return std::nullopt;
  if (change.added) channel.flags.insert(change.mode);
  else channel.flags.erase(change.mode);
  return change;
}

}  // namespace teasel::targets
