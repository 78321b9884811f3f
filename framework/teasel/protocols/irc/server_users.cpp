#include <algorithm>
#include <utility>

#include <teasel/protocols/irc/detail/server_state.hpp>
#include <teasel/protocols/irc/server.hpp>

/// Messages between users, and questions about users and the server.
namespace teasel::irc {

using detail::asWord;
using detail::shortened;
using detail::splitList;

// Messages ---------------------------------------------------------------------------------------

void IRCUser::irc_PRIVMSG(const Message& message) { say(message, false); }
void IRCUser::irc_NOTICE(const Message& message) { say(message, true); }

// A NOTICE is never answered (RFC 2812, section 3.3.2), so its errors are not told.
void IRCUser::say(const Message& message, bool notice) {
  std::vector<std::string_view> names = splitList(message.params[0]);
  if (names.empty()) return notice ? void() : reply(ERR_NORECIPIENT, {}, "No recipient given");
  const std::string_view text = message.params[1];
  if (text.empty()) return notice ? void() : reply(ERR_NOTEXTTOSEND, {}, "No text to send");
  spokeAt_ = state_->clock.now();
  for (const std::string_view target : targets(message, names, notice)) {
    if (!registered()) return;
    sayTo(target, text, notice);
  }
}

void IRCUser::sayTo(std::string_view target, std::string_view text, bool notice) {
  const std::string_view command = notice ? "NOTICE" : "PRIVMSG";
  if (!target.starts_with('#')) {
    IRCUser* other = state_->findRegistered(target);
    if (other == nullptr) return notice ? void() : reply(ERR_NOSUCHNICK, {asWord(target)}, "No such nick");
    other->relay(fromMe(command).param(other->nick_).trailing(text).line());
    if (!notice && other->away_) reply(RPL_AWAY, {other->nick_}, *other->away_);
    return;
  }
  const Channel* channel = state_->findChannel(target);
  if (channel == nullptr) return notice ? void() : reply(ERR_NOSUCHCHANNEL, {asWord(target)}, "No such channel");
  const detail::Member* member = channel->find(*this);
  const bool heard = member != nullptr && (member->op || member->voice);
  if (!heard && ((member == nullptr && channel->has('n')) || channel->has('m') || channel->isBanned(hostmask(), state_->mask)))
    return notice ? void() : reply(ERR_CANNOTSENDTOCHAN, {channel->name}, "Cannot send to channel");
  channel->send(fromMe(command).param(channel->name).trailing(text).line(), this);
}

void IRCUser::irc_AWAY(const Message& message) {
  const std::string_view text = shortened(message.params[0], state_->options.limits.textLength);
  if (text.empty()) {
    away_.reset();
    return reply(RPL_UNAWAY, {}, "You are no longer marked as being away");
  }
  away_ = text;
  reply(RPL_NOWAWAY, {}, "You have been marked as being away");
}

// Questions about users --------------------------------------------------------------------------

void IRCUser::irc_WHOIS(const Message& message) {
  // "WHOIS server nick" asks a certain server, and there is only this one.
  const std::string_view wanted = message.params.size() > 1 ? message.params[1] : message.params[0];
  std::vector<std::string_view> nicks = splitList(wanted);
  if (nicks.empty()) return reply(ERR_NONICKNAMEGIVEN, {}, "No nickname given");
  for (const std::string_view nick : targets(message, nicks)) {
    const IRCUser* other = state_->findRegistered(nick);
    if (other == nullptr) reply(ERR_NOSUCHNICK, {asWord(nick)}, "No such nick");
    else whoisOne(*other);
    reply(RPL_ENDOFWHOIS, {asWord(nick)}, "End of WHOIS list");
  }
}

void IRCUser::whoisOne(const IRCUser& other) {
  const ServerOptions& options = state_->options;
  reply(RPL_WHOISUSER, {other.nick_, other.user_, other.host_, "*"}, other.realName_);
  std::string names;
  const auto flush = [&] {
    if (!names.empty()) reply(RPL_WHOISCHANNELS, {other.nick_}, names);
    names.clear();
  };
  const std::size_t room = kMaxMessage - (options.name.size() + nick_.size() + other.nick_.size() + 11);
  for (const auto& [name, channel] : other.channels_) {
    if (!sees(*channel)) continue;
    const detail::Member* member = channel->find(other);
    const std::string shown = std::string(multiPrefix_ ? member->signs() : member->sign()) + channel->name;
    if (names.size() + 1 + shown.size() > room) flush();
    if (!names.empty()) names += ' ';
    names += shown;
  }
  flush();
  reply(RPL_WHOISSERVER, {other.nick_, options.name}, options.description);
  if (other.away_) reply(RPL_AWAY, {other.nick_}, *other.away_);
  if (!other.avatar_.account.empty()) reply(RPL_WHOISACCOUNT, {other.nick_, other.avatar_.account}, "is logged in as");
  const auto idle = std::chrono::duration_cast<std::chrono::seconds>(state_->clock.now() - other.spokeAt_).count();
  if (options.unixTime)
    reply(RPL_WHOISIDLE, {other.nick_, std::to_string(idle), std::to_string(other.signedOnAt_)}, "seconds idle, signon time");
  else reply(RPL_WHOISIDLE, {other.nick_, std::to_string(idle)}, "seconds idle");
}

void IRCUser::irc_USERHOST(const Message& message) {
  constexpr std::size_t kMost = 5;  // RFC 2812, section 4.8
  std::string text;
  for (const std::string_view nick : message.params.from(0).first(std::min(message.params.size(), kMost))) {
    const IRCUser* other = state_->findRegistered(nick);
    if (other == nullptr) continue;
    if (!text.empty()) text += ' ';
    text += other->nick_ + '=' + (other->away_ ? '-' : '+') + other->user_ + '@' + other->host_;
  }
  reply(RPL_USERHOST, {}, text);
}

void IRCUser::irc_ISON(const Message& message) {
  std::string text;
  for (const std::string_view param : message.params) {
    for (std::string_view rest = param; !rest.empty();) {
      const std::size_t space = std::min(rest.find(' '), rest.size());
      const IRCUser* other = state_->findRegistered(rest.substr(0, space));
      if (other != nullptr) text += (text.empty() ? "" : " ") + other->nick_;
      rest.remove_prefix(std::min(space + 1, rest.size()));
    }
  }
  reply(RPL_ISON, {}, text);
}

// Questions about the server ---------------------------------------------------------------------

void IRCUser::irc_LUSERS(const Message&) {
  const std::string users = std::to_string(state_->registered), most = std::to_string(state_->mostAtOnce);
  const std::string visible = std::to_string(state_->registered - state_->invisible);
  reply(RPL_LUSERCLIENT, {},
        "There are " + visible + " users and " + std::to_string(state_->invisible) + " invisible on 1 server");
  if (state_->unknown > 0) reply(RPL_LUSERUNKNOWN, {std::to_string(state_->unknown)}, "unknown connection(s)");
  reply(RPL_LUSERCHANNELS, {std::to_string(state_->channels.size())}, "channels formed");
  reply(RPL_LUSERME, {}, "I have " + users + " clients and 0 servers");
  reply(RPL_LOCALUSERS, {users, most}, "Current local users " + users + ", max " + most);
  reply(RPL_GLOBALUSERS, {users, most}, "Current global users " + users + ", max " + most);
}

void IRCUser::irc_MOTD(const Message&) {
  const ServerOptions& options = state_->options;
  if (options.motd.empty()) return reply(ERR_NOMOTD, {}, "There is no message of the day");
  reply(RPL_MOTDSTART, {}, "- " + options.name + " Message of the day - ");
  for (const std::string& line : options.motd) reply(RPL_MOTD, {}, "- " + line);
  reply(RPL_ENDOFMOTD, {}, "End of MOTD command");
}

void IRCUser::irc_VERSION(const Message&) {
  reply(RPL_VERSION, {state_->options.version, state_->options.name}, state_->options.description);
}

void IRCUser::irc_OPER(const Message&) { reply(ERR_NOOPERHOST, {}, "There are no server operators"); }

}  // namespace teasel::irc
