#include <algorithm>
#include <charconv>
#include <optional>
#include <vector>

#include <teasel/protocols/irc/detail/client_inner.hpp>
#include <teasel/protocols/irc/irc_client.hpp>

// What arrives, by name. A peer may leave parameters out: Params gives empty texts for them.

namespace teasel::irc {

namespace {

using Handler = void (IRCClient::*)(const Message&);
struct Row {
  std::string_view name;
  Handler handler;
};

// In the order of their names.
constexpr Row kHandlers[] = {
    {"CAP", &IRCClient::irc_CAP},
    {"ERROR", &IRCClient::irc_ERROR},
    {"ERR_ERRONEUSNICKNAME", &IRCClient::irc_ERR_ERRONEUSNICKNAME},
    {"ERR_NICKCOLLISION", &IRCClient::irc_ERR_NICKNAMEINUSE},
    {"ERR_NICKNAMEINUSE", &IRCClient::irc_ERR_NICKNAMEINUSE},
    {"ERR_PASSWDMISMATCH", &IRCClient::irc_ERR_PASSWDMISMATCH},
    {"ERR_UNAVAILRESOURCE", &IRCClient::irc_ERR_UNAVAILRESOURCE},
    {"JOIN", &IRCClient::irc_JOIN},
    {"KICK", &IRCClient::irc_KICK},
    {"MODE", &IRCClient::irc_MODE},
    {"NICK", &IRCClient::irc_NICK},
    {"NOTICE", &IRCClient::irc_NOTICE},
    {"PART", &IRCClient::irc_PART},
    {"PING", &IRCClient::irc_PING},
    {"PRIVMSG", &IRCClient::irc_PRIVMSG},
    {"QUIT", &IRCClient::irc_QUIT},
    {"RPL_BOUNCE", &IRCClient::irc_RPL_BOUNCE},
    {"RPL_CREATED", &IRCClient::irc_RPL_CREATED},
    {"RPL_ENDOFMOTD", &IRCClient::irc_RPL_ENDOFMOTD},
    {"RPL_HOSTHIDDEN", &IRCClient::irc_RPL_HOSTHIDDEN},
    {"RPL_ISUPPORT", &IRCClient::irc_RPL_ISUPPORT},
    {"RPL_LUSERCHANNELS", &IRCClient::irc_RPL_LUSERCHANNELS},
    {"RPL_LUSERCLIENT", &IRCClient::irc_RPL_LUSERCLIENT},
    {"RPL_LUSERME", &IRCClient::irc_RPL_LUSERME},
    {"RPL_LUSEROP", &IRCClient::irc_RPL_LUSEROP},
    {"RPL_MOTD", &IRCClient::irc_RPL_MOTD},
    {"RPL_MOTDSTART", &IRCClient::irc_RPL_MOTDSTART},
    {"RPL_MYINFO", &IRCClient::irc_RPL_MYINFO},
    {"RPL_NOTOPIC", &IRCClient::irc_RPL_NOTOPIC},
    {"RPL_TOPIC", &IRCClient::irc_RPL_TOPIC},
    {"RPL_WELCOME", &IRCClient::irc_RPL_WELCOME},
    {"RPL_YOURHOST", &IRCClient::irc_RPL_YOURHOST},
    {"TOPIC", &IRCClient::irc_TOPIC},
};
static_assert(std::is_sorted(std::begin(kHandlers), std::end(kHandlers),
                             [](const Row& a, const Row& b) { return a.name < b.name; }));

std::optional<std::uint64_t> toNumber(std::string_view text) noexcept {
  std::uint64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return number;
}

/// A line of the message of the day without what servers put in front of it.
std::string motdLine(std::string_view text) { return std::string(text.starts_with("- ") ? text.substr(2) : text); }

/// Takes the first word and the spaces behind it off a text.
std::string_view takeWord(std::string_view& text) noexcept {
  const std::string_view word = text.substr(0, text.find(' '));
  text.remove_prefix(word.size());
  text.remove_prefix(std::min(text.find_first_not_of(' '), text.size()));
  return word;
}

}  // namespace

void IRCClient::handleCommand(std::string_view name, const Message& message) {
  const auto* const row = std::lower_bound(std::begin(kHandlers), std::end(kHandlers), name,
                                           [](const Row& each, std::string_view wanted) { return each.name < wanted; });
  if (row != std::end(kHandlers) && row->name == name) (this->*row->handler)(message);
  else irc_unknown(name, message);
}

void IRCClient::irc_unknown(std::string_view, const Message&) {}

// Channels and users ------------------------------------------------------------------------------

void IRCClient::irc_JOIN(const Message& message) {
  const std::string_view nick = message.prefix.nick(), channel = message.params[0];
  if (!isMe(nick)) return userJoined(nick, channel);
  learnPrefix(message.prefix);
  joined(channel);
}

void IRCClient::irc_PART(const Message& message) {
  const std::string_view nick = message.prefix.nick(), channel = message.params[0];
  if (isMe(nick)) left(channel);
  else userLeft(nick, channel);
}

void IRCClient::irc_QUIT(const Message& message) { userQuit(message.prefix.nick(), message.params[0]); }

void IRCClient::irc_KICK(const Message& message) {
  const std::string_view kicker = message.prefix.nick(), channel = message.params[0], kicked = message.params[1];
  if (isMe(kicked)) kickedFrom(channel, kicker, message.params[2]);
  else userKicked(kicked, channel, kicker, message.params[2]);
}

void IRCClient::irc_NICK(const Message& message) {
  const std::string_view nick = message.prefix.nick(), renamed = message.params[0];
  if (!isMe(nick)) return userRenamed(nick, renamed);
  if (renamed.empty()) return quirkyMessage("the server changed my nick to an empty one");
  nickname_ = renamed;
  nicksTried_ = 0;
  if (!ownPrefix_.empty()) ownPrefix_ = nickname_ + ownPrefix_.substr(std::min(ownPrefix_.find('!'), ownPrefix_.size()));
  nickChanged(nickname_);
}

void IRCClient::irc_TOPIC(const Message& message) { topicUpdated(message.prefix.nick(), message.params[0], message.params[1]); }

void IRCClient::irc_RPL_TOPIC(const Message& message) {
  topicUpdated(message.prefix.nick(), message.params[1], message.params[2]);
}

void IRCClient::irc_RPL_NOTOPIC(const Message& message) { topicUpdated(message.prefix.nick(), message.params[1], {}); }

ModeKinds IRCClient::userModeKinds() const { return ModeKinds::ofUser(); }

ModeKinds IRCClient::channelModeKinds() const { return supported_.modeKinds; }

void IRCClient::irc_MODE(const Message& message) {
  const std::string_view target = message.params[0];
  const ParsedModes parsed =
      parseModes(message.params[1], message.params.from(2), isMe(target) ? userModeKinds() : channelModeKinds());
  if (!parsed)
    return quirkyMessage("modes that cannot be read (" + std::string(irc::describe(parsed.fault)) + "): " + toString(message));
  for (const bool added : {true, false}) {
    std::string modes;
    std::vector<std::string_view> args;
    for (const ModeChange& change : parsed.changes) {
      if (change.added != added) continue;
      modes += change.mode;
      args.emplace_back(change.param);
    }
    if (modes.empty()) continue;
    modeChanged(message.prefix.text(), target, added, modes, args);
    if (transport().disconnecting()) return;
  }
}

// Messages ----------------------------------------------------------------------------------------

void IRCClient::irc_PING(const Message& message) {
  const std::string_view token = message.params.back();
  MessageBuilder& line = builder().cut().command("PONG").trailing(lowQuote(token));
  sendUrgent(line);
  line.cut(false);
}

namespace {

/// The plain texts of a message with extended ones, as one text.
std::string joined(const std::vector<std::string>& texts) {
  std::string all;
  for (const std::string& text : texts) all += (all.empty() ? "" : " ") + text;
  return all;
}

}  // namespace

void IRCClient::irc_PRIVMSG(const Message& message) {
  const std::string_view user = message.prefix.text(), channel = message.params[0], text = message.params[1];
  if (text.empty()) return;
  if (!isCtcp(text)) return privmsg(user, channel, text);
  const CtcpText parts = ctcpExtract(text);
  if (!parts.extended.empty()) ctcpQuery(user, channel, parts.extended);
  if (!parts.normal.empty() && !transport().disconnecting()) privmsg(user, channel, irc::joined(parts.normal));
}

void IRCClient::irc_NOTICE(const Message& message) {
  const std::string_view user = message.prefix.text(), channel = message.params[0], text = message.params[1];
  if (text.empty()) return;
  if (!isCtcp(text)) return noticed(user, channel, text);
  const CtcpText parts = ctcpExtract(text);
  if (!parts.extended.empty()) ctcpReply(user, channel, parts.extended);
  if (!parts.normal.empty() && !transport().disconnecting()) noticed(user, channel, irc::joined(parts.normal));
}

void IRCClient::irc_ERROR(const Message& message) { serverError(message.params.back()); }

// What the server says about itself ---------------------------------------------------------------

void IRCClient::irc_RPL_CREATED(const Message& message) { created(message.params[1]); }
void IRCClient::irc_RPL_YOURHOST(const Message& message) { yourHost(message.params[1]); }
void IRCClient::irc_RPL_BOUNCE(const Message& message) { bounce(message.params[1]); }
void IRCClient::irc_RPL_LUSERCLIENT(const Message& message) { luserClient(message.params[1]); }
void IRCClient::irc_RPL_LUSERME(const Message& message) { luserMe(message.params[1]); }

void IRCClient::irc_RPL_LUSEROP(const Message& message) {
  if (const auto count = toNumber(message.params[1])) luserOp(*count);
}

void IRCClient::irc_RPL_LUSERCHANNELS(const Message& message) {
  if (const auto count = toNumber(message.params[1])) luserChannels(*count);
}

void IRCClient::irc_RPL_MYINFO(const Message& message) {
  // Servers send four parameters; some old ones put them into one.
  if (message.params.size() > 2) return myInfo(message.params[1], message.params[2], message.params[3], message.params[4]);
  std::string_view rest = message.params[1];
  const std::string_view server = takeWord(rest), version = takeWord(rest), umodes = takeWord(rest);
  myInfo(server, version, umodes, rest);
}

void IRCClient::irc_RPL_ISUPPORT(const Message& message) {
  std::span<const std::string_view> words = message.params.from(1);
  if (!words.empty()) words = words.first(words.size() - 1);
  supported_.parse(words);
  isupport(words);
}

void IRCClient::irc_RPL_HOSTHIDDEN(const Message& message) {
  const std::size_t at = ownPrefix_.rfind('@');
  if (at != std::string::npos && !message.params[1].empty()) ownPrefix_.replace(at + 1, std::string::npos, message.params[1]);
}

void IRCClient::irc_RPL_MOTDSTART(const Message& message) { motd_.assign(1, motdLine(message.params.back())); }

void IRCClient::irc_RPL_MOTD(const Message& message) {
  if (motd_.size() < kMostMotdLines) motd_.push_back(motdLine(message.params.back()));
}

void IRCClient::irc_RPL_ENDOFMOTD(const Message&) {
  const std::vector<std::string> motd = std::exchange(motd_, {});
  receivedMOTD(motd);
}

}  // namespace teasel::irc
