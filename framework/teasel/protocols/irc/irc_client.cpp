#include <teasel/protocols/irc/irc_client.hpp>

#include <algorithm>
#include <array>
#include <string>
#include <utility>

#include <teasel/core/errors.hpp>
#include <teasel/core/logger.hpp>
#include <teasel/protocols/irc/detail/client_inner.hpp>
#include <teasel/protocols/irc/utf8.hpp>

// The commands, and what a connection needs: the queue of lines, and the dispatch of messages.
// client_handlers.cpp has the handlers, client_answers.cpp the questions, client_ctcp.cpp CTCP and
// client_registration.cpp the way to signedOn.

namespace teasel::irc {

namespace {

constexpr Logger kLog{"irc"};
constexpr std::string_view kChannelSigns = "&#!+";
/// What a prefix has beside the nick, when it is not known: "!user@host" at its longest.
constexpr std::size_t kLongestUserAndHost = 1 + 10 + 1 + 63;
/// No server has longer nicks and prefixes than these, whatever it says.
constexpr std::size_t kLongestNick = 64, kLongestPrefix = 200;

bool needsQuotes(std::string_view text) noexcept {
  return std::any_of(text.begin(), text.end(),
                     [](char byte) { return byte == '\0' || byte == '\r' || byte == '\n' || byte == kLowQuote; });
}

}  // namespace

ReplyError::ReplyError(int numeric, std::string_view subject, std::string_view text)
    : std::runtime_error(std::to_string(numeric) + " " + std::string(nameOfNumeric(numeric)) +
                         (subject.empty() ? "" : " for \"" + escaped(subject) + "\"") + ": " + escaped(text)),
      numeric_(numeric),
      subject_(subject) {}

IRCClient::IRCClient(Clock& clock, IRCClientOptions options)
    : clock_(clock),
      options_(std::move(options)),
      nickname_(options_.nickname),
      inner_(std::make_unique<Inner>(clock, [this](std::string_view line) { IRCProtocol::writeLine(line); })) {}

IRCClient::~IRCClient() {
  heartbeat_.cancelIfActive();
  registration_.cancelIfActive();
}

std::size_t IRCClient::queuedLines() const noexcept { return inner_->queue.size(); }

// Sending -----------------------------------------------------------------------------------------

void IRCClient::writeLine(std::string_view line) {
  const bool atOnce = urgent_ || !transport().connected() || (!options_.lineRate && inner_->queue.size() == 0);
  if (atOnce) IRCProtocol::writeLine(line);
  else inner_->queue.push(line, options_.lineRate.value_or(Duration::zero()));
}

void IRCClient::requireRoom(std::size_t lines) const {
  if (!options_.lineRate || lines == 0) return;
  const std::size_t waiting = inner_->queue.size() + (inner_->queue.busy() ? lines : lines - 1);
  if (waiting > options_.mostQueuedLines) throw LimitExceeded("lines that wait to be sent", options_.mostQueuedLines, waiting);
}

// A message with words so far, quoted where they must be.
MessageBuilder& IRCClient::building(std::string_view command, std::initializer_list<std::string_view> words) {
  MessageBuilder& line = builder().command(command);
  for (const std::string_view word : words) {
    if (needsQuotes(word)) line.param(lowQuote(word));
    else line.param(word);
  }
  return line;
}

void IRCClient::sendQuoted(std::string_view command, std::initializer_list<std::string_view> words,
                           std::optional<std::string_view> text) {
  MessageBuilder& line = building(command, words);
  if (text && needsQuotes(*text)) line.trailing(lowQuote(*text));
  else if (text) line.trailing(*text);
  line.check();
  requireRoom(1);
  send(line);
}

// Sends a line that must not wait. One that cannot be sent is left out: it repeats what the server
// said.
void IRCClient::sendUrgent(const MessageBuilder& line) {
  if (!line.ok()) return;
  urgent_ = true;
  send(line);
  urgent_ = false;
}

std::size_t IRCClient::ownPrefixSize() const noexcept {
  if (!ownPrefix_.empty()) return std::min(ownPrefix_.size(), kLongestPrefix);
  const std::size_t nick = std::max(nickname_.size(), std::min(supported_.nickLen.value_or(0), kLongestNick));
  return std::min(nick + kLongestUserAndHost, kLongestPrefix);
}

void IRCClient::sendText(std::string_view command, std::string_view target, std::string_view text,
                         std::optional<std::size_t> length, std::string_view tag) {
  building(command, {target}).check();
  // What stands around a piece of the text: "PRIVMSG target :", CR LF, and "\1ACTION ", "\1".
  const std::size_t around = command.size() + 1 + target.size() + 2 + 2 + (tag.empty() ? 0 : tag.size() + 3);
  const std::size_t all = length ? std::min(*length, kMaxMessage) : kMaxMessage - std::min(ownPrefixSize() + 2, kMaxMessage);
  if (all <= around) {
    throw UsageError(std::string(command) + " to \"" + escaped(target) + "\" needs more than " + std::to_string(around) +
                     " bytes, and may have " + std::to_string(all));
  }
  std::vector<std::string> pieces;
  for (const std::string_view line : splitText(text, std::string_view::npos)) {
    const std::string quoted = lowQuote(tag.empty() ? std::string(line) : ctcpQuote(line));
    for (const std::string_view piece : splitText(quoted, all - around, tag.empty() ? "\x10" : "\x10\\")) {
      if (tag.empty()) pieces.emplace_back(piece);
      else pieces.push_back('\x01' + std::string(tag) + ' ' + std::string(piece) + '\x01');
    }
  }
  requireRoom(pieces.size());
  for (const std::string& piece : pieces) send(building(command, {target}).trailing(piece));
}

// Commands ----------------------------------------------------------------------------------------

std::string IRCClient::channelName(std::string_view channel) const {
  const bool whole = channel.empty() || kChannelSigns.find(channel[0]) != std::string_view::npos || supported_.isChannel(channel);
  return whole ? std::string(channel) : '#' + std::string(channel);
}

void IRCClient::join(std::string_view channel, std::string_view key) {
  if (key.empty()) sendQuoted("JOIN", {channelName(channel)});
  else sendQuoted("JOIN", {channelName(channel), key});
}

void IRCClient::leave(std::string_view channel, std::string_view reason) {
  if (reason.empty()) sendQuoted("PART", {channelName(channel)});
  else sendQuoted("PART", {channelName(channel)}, reason);
}

void IRCClient::kick(std::string_view channel, std::string_view user, std::string_view reason) {
  if (reason.empty()) sendQuoted("KICK", {channelName(channel), user});
  else sendQuoted("KICK", {channelName(channel), user}, reason);
}

void IRCClient::invite(std::string_view user, std::string_view channel) { sendQuoted("INVITE", {user, channelName(channel)}); }

void IRCClient::topic(std::string_view channel, std::string_view newTopic) {
  sendQuoted("TOPIC", {channelName(channel)}, newTopic);
}

void IRCClient::mode(std::string_view target, bool set, std::string_view modes, std::initializer_list<std::string_view> args) {
  mode(target, set, modes, std::span(args.begin(), args.size()));
}

void IRCClient::mode(std::string_view target, bool set, std::string_view modes, std::span<const std::string_view> args) {
  const ModeKinds kinds = isMe(target) ? userModeKinds() : channelModeKinds();
  const ParsedModes parsed = parseModes((set ? "+" : "-") + std::string(modes), args, kinds);
  std::vector<ModeText> texts;
  const std::size_t room = kMaxMessage - 2 - std::min(target.size() + 6, kMaxMessage - 2);
  for (const ModeChange& change : parsed.changes)
    if (change.param.size() + 3 > room) throw FormatError(Fault::kTooLong, change.param);
  if (parsed) texts = batchModes(parsed.changes, supported_.modes.value_or(0), room);
  // What the client cannot read is left to the server.
  else texts.push_back({.modes = (set ? "+" : "-") + std::string(modes), .params = {args.begin(), args.end()}});
  const auto build = [&](const ModeText& text) -> MessageBuilder& {
    MessageBuilder& line = building("MODE", {target});
    line.param(lowQuote(text.modes));
    for (const std::string& param : text.params) line.param(lowQuote(param));
    return line;
  };
  for (const ModeText& text : texts) build(text).check();
  requireRoom(texts.size());
  for (const ModeText& text : texts) send(build(text));
}

void IRCClient::say(std::string_view channel, std::string_view message, std::optional<std::size_t> length) {
  msg(channelName(channel), message, length);
}

void IRCClient::msg(std::string_view user, std::string_view message, std::optional<std::size_t> length) {
  sendText("PRIVMSG", user, message, length);
}

void IRCClient::notice(std::string_view user, std::string_view message, std::optional<std::size_t> length) {
  sendText("NOTICE", user, message, length);
}

void IRCClient::describe(std::string_view channel, std::string_view action) {
  sendText("PRIVMSG", channel, action, std::nullopt, "ACTION");
}

void IRCClient::setNick(std::string_view nickname) {
  sendQuoted("NICK", {nickname});
  attemptedNick_ = nickname;
}

void IRCClient::away(std::string_view message) { sendQuoted("AWAY", {}, message); }

void IRCClient::quit(std::string_view message) { sendQuoted("QUIT", {}, message); }

// The connection ----------------------------------------------------------------------------------

void IRCClient::connectionLost(const Failure& reason) {
  stopHeartbeat();
  registration_.cancelIfActive();
  inner_->queue.stop();
  inner_->pings.clear();
  inner_->whois.failAll(reason);
  inner_->names.failAll(reason);
  inner_->who.failAll(reason);
  inner_->list.failAll(reason);
  inner_->topics.failAll(reason);
  IRCProtocol::connectionLost(reason);
}

void IRCClient::messageReceived(const Message& message) {
  heard_ = true;
  const auto isQuoted = [](std::string_view param) { return param.find(kLowQuote) != std::string_view::npos; };
  if (std::none_of(message.params.begin(), message.params.end(), isQuoted)) [[likely]]
    return dispatch(message);
  std::array<std::string, kMaxParams> plain;
  Message dequoted = message;
  dequoted.params = {};
  for (std::size_t at = 0; at < message.params.size(); ++at) {
    plain[at] = lowDequote(message.params[at]);
    dequoted.params.push_back(plain[at]);
  }
  dispatch(dequoted);
}

void IRCClient::dispatch(const Message& message) {
  std::string_view name = message.command;
  if (const int numeric = message.numeric(); numeric != 0) {
    if (const std::string_view known = nameOfNumeric(numeric); !known.empty()) name = known;
    takeAnswer(numeric, message);
    if (transport().disconnecting()) return;
  }
  const auto isSmall = [](char byte) { return byte >= 'a' && byte <= 'z'; };
  if (std::none_of(name.begin(), name.end(), isSmall)) [[likely]]
    return handleCommand(name, message);
  std::string capitals(name);
  for (char& byte : capitals)
    if (isSmall(byte)) byte = static_cast<char>(byte - ('a' - 'A'));
  handleCommand(capitals, message);
}

void IRCClient::quirkyMessage(std::string_view text) { kLog.debug(text); }

// Heartbeat ---------------------------------------------------------------------------------------

void IRCClient::startHeartbeat() {
  stopHeartbeat();
  silentBeats_ = 0;
  heard_ = true;
  if (options_.heartbeatInterval && transport().connected())
    heartbeat_ = clock_.callLater(*options_.heartbeatInterval, [this] { heartbeat(); });
}

void IRCClient::stopHeartbeat() { heartbeat_.cancelIfActive(); }

void IRCClient::heartbeat() {
  silentBeats_ = heard_ ? 0 : silentBeats_ + 1;
  heard_ = false;
  if (silentBeats_ >= 2)
    return transport().abortConnection(Site::here(), Failure(TimeoutError("the server has been silent for two heartbeats")));
  if (options_.heartbeatInterval) heartbeat_ = clock_.callLater(*options_.heartbeatInterval, [this] { heartbeat(); });
  sendUrgent(building("PING", {hostname_.empty() ? std::string_view("server") : hostname_}));
}

}  // namespace teasel::irc
