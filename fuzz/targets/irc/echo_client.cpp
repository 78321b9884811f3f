#include "irc/echo_client.hpp"

#include <teasel/core/check.hpp>
#include <teasel/core/errors.hpp>

namespace teasel::targets {

namespace {

constexpr std::size_t kMostQueued = 50;

irc::IRCClientOptions echoOptions() {
  irc::IRCClientOptions made;
  made.nickname = "me";
  made.capabilities = {"server-time", "multi-prefix"};
  made.mostQueuedLines = kMostQueued;
  made.heartbeatInterval = std::chrono::seconds(60);
  made.answerTimeout = std::chrono::seconds(30);
  made.versionName = "echo";
  made.userinfo = "user";
  return made;
}

std::string words(std::initializer_list<std::string_view> all) {
  std::string text;
  for (const std::string_view each : all) text += std::string(each) + "|";
  return text;
}

/// What came of a question, for the log.
template <class T>
std::string shown(const Result<T>& result) {
  if (!result.ok()) return result.failure().name();
  if constexpr (std::is_same_v<T, std::string>) return result.value();
  else if constexpr (std::is_same_v<T, irc::WhoisReply>) return result.value().nick + " " + result.value().realname;
  else return std::to_string(result.value().size());
}

}  // namespace

EchoClient::EchoClient(Clock& clock, props::EventLog& log) : IRCClient(clock, echoOptions()), log_(log) {}

template <class F>
void EchoClient::attempt(F command) {
  try {
    command();
  } catch (const irc::FormatError& error) {
    log_.event("refused", std::string_view(irc::describe(error.fault())));
  } catch (const LimitExceeded&) {
    log_.event("full");
  } catch (const UsageError&) {
    log_.event("no room");
  }
}

void EchoClient::ask(std::string_view about) {
  const auto report = [this](const auto& result) { log_.event("answer", shown(result)); };
  whois(about).addBoth(report);
  names(about).addBoth(report);
  who(about).addBoth(report);
  topic(about).addBoth(report);
}

void EchoClient::signedOn() {
  log_.event("signedOn", nickname());
  list().addBoth([this](const auto& result) { log_.event("answer", shown(result)); });
}
void EchoClient::privmsg(std::string_view user, std::string_view channel, std::string_view message) {
  log_.event("privmsg", words({user, channel, message}));
  attempt([&] { msg(irc::Prefix(user).nick(), message); });
  attempt([&] { notice(channel, message, message.size()); });
}
void EchoClient::noticed(std::string_view user, std::string_view channel, std::string_view message) {
  log_.event("noticed", words({user, channel, message}));
  attempt([&] { quit(message); });
}
void EchoClient::action(std::string_view user, std::string_view channel, std::string_view data) {
  log_.event("action", words({user, channel, data}));
  attempt([&] { describe(channel, data); });
  attempt([&] { ctcpMakeQuery(user, {{.tag = std::string(channel), .data = std::string(data)}}); });
}
void EchoClient::joined(std::string_view channel) {
  log_.event("joined", channel);
  ask(channel);
}
void EchoClient::left(std::string_view channel) {
  log_.event("left", channel);
  attempt([&] { join(channel, channel); });
}
void EchoClient::kickedFrom(std::string_view channel, std::string_view kicker, std::string_view message) {
  log_.event("kickedFrom", words({channel, kicker, message}));
  attempt([&] { kick(channel, kicker, message); });
}
void EchoClient::nickChanged(std::string_view nick) {
  log_.event("nickChanged", nick);
  attempt([&] { setNick(nick); });
}
void EchoClient::pong(std::string_view user, Duration) { log_.event("pong", user); }
void EchoClient::modeChanged(std::string_view user, std::string_view channel, bool set, std::string_view modes,
                             std::span<const std::string_view> args) {
  std::string text = words({user, channel, set ? "+" : "-", modes});
  for (const std::string_view arg : args) text += std::string(arg) + ",";
  log_.event("modeChanged", text);
  attempt([&] { mode(channel, !set, modes, args); });
}
void EchoClient::userJoined(std::string_view user, std::string_view channel) {
  log_.event("userJoined", words({user, channel}));
  attempt([&] { invite(user, channel); });
  attempt([&] { ping(user); });
}
void EchoClient::userLeft(std::string_view user, std::string_view channel) {
  log_.event("userLeft", words({user, channel}));
  attempt([&] { leave(channel, user); });
}
void EchoClient::userQuit(std::string_view user, std::string_view message) {
  log_.event("userQuit", words({user, message}));
  attempt([&] { away(message); });
}
void EchoClient::userKicked(std::string_view kickee, std::string_view channel, std::string_view kicker,
                            std::string_view message) {
  log_.event("userKicked", words({kickee, channel, kicker, message}));
  ask(kickee);
}
void EchoClient::userRenamed(std::string_view oldname, std::string_view newname) {
  log_.event("userRenamed", words({oldname, newname}));
  attempt([&] { ping(oldname, newname); });
}
void EchoClient::topicUpdated(std::string_view user, std::string_view channel, std::string_view newTopic) {
  log_.event("topicUpdated", words({user, channel, newTopic}));
  attempt([&] { topic(channel, newTopic); });
}
void EchoClient::isupport(std::span<const std::string_view> all) {
  for (const std::string_view each : all) {
    log_.event("isupport", each);
    if (each == "SLOW") options().lineRate = std::chrono::milliseconds(100);
    if (each == "FAST") options().lineRate.reset();
  }
}
void EchoClient::receivedMOTD(const std::vector<std::string>& motd) { log_.event("motd", std::to_string(motd.size())); }
void EchoClient::serverError(std::string_view text) { log_.event("serverError", text); }
void EchoClient::badMessage(std::string_view line, irc::Fault fault, std::size_t at) {
  TEASEL_CHECK(at <= line.size());
  log_.event("bad", std::string_view(irc::describe(fault)));
}
void EchoClient::lineTooLong(std::string_view begin) {
  TEASEL_CHECK(begin.size() <= irc::kMaxLine);
  log_.event("too long");
}
void EchoClient::irc_unknown(std::string_view name, const irc::Message&) { log_.event("unknown", name); }

void EchoClient::messageReceived(const irc::Message& message) {
  irc::MessageBuilder again;
  if (again.message(message).ok()) {
    const irc::Message::Parsed parsed = irc::Message::parse(again.line());
    TEASEL_CHECK(parsed.fault == irc::Fault::kNone);
    TEASEL_CHECK(parsed.message == message);
  } else {
    // Only the ':' that the last parameter has got can be too much.
    TEASEL_CHECK(again.fault() == irc::Fault::kTooLong);
  }
  TEASEL_CHECK(queuedLines() <= kMostQueued);
  IRCClient::messageReceived(message);
}

bool isIrc(std::string_view sent) {
  while (!sent.empty()) {
    const std::size_t end = sent.find("\r\n");
    if (end == std::string_view::npos) return sent.size() < irc::kMaxMessage && sent.find('\0') == std::string_view::npos;
    if (end + 2 > irc::kMaxMessage || !irc::Message::parse(sent.substr(0, end))) return false;
    if (sent.substr(0, end).find_first_of("\r\n") != std::string_view::npos) return false;
    sent.remove_prefix(end + 2);
  }
  return true;
}

}  // namespace teasel::targets
