#include <teasel/protocols/irc/server.hpp>

#include <algorithm>
#include <utility>

#include <teasel/core/errors.hpp>
#include <teasel/core/guarded.hpp>
#include <teasel/core/logger.hpp>
#include <teasel/protocols/irc/detail/server_state.hpp>

namespace teasel::irc {

using detail::asWord;
using detail::ServerState;

namespace {

constexpr Logger kLog("IRCServer");
/// So many bytes of a client without credit are read, so that its end is heard. Then it is not read
/// from.
constexpr std::size_t kMostBacklog = std::size_t{16} << 10;

}  // namespace

// Commands ---------------------------------------------------------------------------------------

struct IRCUser::Command {
  std::string_view name;
  void (IRCUser::*handler)(const Message&);
  std::size_t params;         // at least so many, or 461
  unsigned cost;              // in commands, for flood protection
  bool unregistered = false;  // allowed before registration
};

const IRCUser::Command* IRCUser::findCommand(std::string_view name) noexcept {
  static constexpr Command kCommands[] = {
      {"AWAY", &IRCUser::irc_AWAY, 0, 1},         {"CAP", &IRCUser::irc_CAP, 1, 1, true},
      {"INVITE", &IRCUser::irc_INVITE, 2, 1},     {"ISON", &IRCUser::irc_ISON, 1, 1},
      {"JOIN", &IRCUser::irc_JOIN, 1, 1},         {"KICK", &IRCUser::irc_KICK, 2, 1},
      {"LIST", &IRCUser::irc_LIST, 0, 4},         {"LUSERS", &IRCUser::irc_LUSERS, 0, 1},
      {"MODE", &IRCUser::irc_MODE, 1, 1},         {"MOTD", &IRCUser::irc_MOTD, 0, 2},
      {"NAMES", &IRCUser::irc_NAMES, 0, 2},       {"NICK", &IRCUser::irc_NICK, 0, 1, true},
      {"NOTICE", &IRCUser::irc_NOTICE, 0, 1},     {"OPER", &IRCUser::irc_OPER, 2, 1},
      {"PART", &IRCUser::irc_PART, 1, 1},         {"PASS", &IRCUser::irc_PASS, 1, 1, true},
      {"PING", &IRCUser::irc_PING, 0, 1, true},   {"PONG", &IRCUser::irc_PONG, 0, 1, true},
      {"PRIVMSG", &IRCUser::irc_PRIVMSG, 0, 1},   {"QUIT", &IRCUser::irc_QUIT, 0, 0, true},
      {"TOPIC", &IRCUser::irc_TOPIC, 1, 1},       {"USER", &IRCUser::irc_USER, 4, 1, true},
      {"USERHOST", &IRCUser::irc_USERHOST, 1, 1}, {"VERSION", &IRCUser::irc_VERSION, 0, 1},
      {"WHO", &IRCUser::irc_WHO, 0, 2},           {"WHOIS", &IRCUser::irc_WHOIS, 0, 2},
  };
  static_assert(std::ranges::is_sorted(kCommands, {}, &Command::name));
  // The names are letters, so clearing one bit makes them capitals.
  char capitals[16];
  if (name.size() > sizeof capitals) return nullptr;
  std::ranges::transform(name, capitals, [](char byte) { return static_cast<char>(byte & ~0x20); });
  const std::string_view key(capitals, name.size());
  const auto* at = std::ranges::lower_bound(kCommands, key, {}, &Command::name);
  return at != std::end(kCommands) && at->name == key ? at : nullptr;
}

void IRCUser::obey(const Message& message) {
  const Command* command = findCommand(message.command);
  if (phase_ != Phase::kRegistered && (command == nullptr || !command->unregistered)) {
    if (charge(1)) reply(ERR_NOTREGISTERED, {}, "You have not registered");
    return;
  }
  if (command == nullptr) {
    if (charge(1)) unknownCommand(message);
    return;
  }
  if (!charge(command->cost)) return;
  if (message.params.size() < command->params) return reply(ERR_NEEDMOREPARAMS, {command->name}, "Not enough parameters");
  (this->*command->handler)(message);
}

void IRCUser::unknownCommand(const Message& message) { reply(ERR_UNKNOWNCOMMAND, {asWord(message.command)}, "Unknown command"); }

// The life of a connection -----------------------------------------------------------------------

IRCUser::IRCUser(IRCFactory& server) : state_(server.state_), id_(++state_->lastId) {}

IRCUser::~IRCUser() {
  timer_.cancelIfActive();
  creditTimer_.cancelIfActive();
  stopAnswers();
  state_->forget(*this);
}

std::string IRCUser::hostmask() const { return nick_ + '!' + user_ + '@' + host_; }

std::vector<std::string> IRCUser::channels() const {
  std::vector<std::string> names;
  names.reserve(channels_.size());
  for (const auto& [name, channel] : channels_) names.push_back(channel->name);
  return names;
}

void IRCUser::connectionMade() {
  host_ = transport().getPeer().host();
  // A parameter cannot begin with ':', and "::1" does.
  if (host_.empty()) host_ = "unknown";
  else if (host_.front() == ':') host_.insert(0, 1, '0');
  heardAt_ = spokeAt_ = creditAt_ = resumedAt_ = state_->clock.now();
  counted_ = true;
  if (++state_->connections > state_->options.limits.connections) return closeLink("Too many connections");
  ++state_->unknown;
  timer_ = state_->clock.callLater(state_->options.times.registration, [this] { disconnect("Registration timed out"); });
}

void IRCUser::connectionLost(const Failure& reason) {
  creditTimer_.cancelIfActive();
  if (std::exchange(counted_, false)) --state_->connections;
  signOff(reason.check<ConnectionDone>() != nullptr ? "Connection closed" : "Connection lost");
  timer_.cancelIfActive();
  if (login_) std::exchange(login_, nullptr).cancel();
  state_->reap();
  IRCProtocol::connectionLost(reason);
}

void IRCUser::heard() {
  heardAt_ = state_->clock.now();
  if (std::exchange(pinged_, false)) watch();
}

void IRCUser::messageReceived(const Message& message) {
  heard();
  obey(message);
  state_->reap();
}

void IRCUser::badMessage(std::string_view, Fault fault, std::size_t) {
  heard();
  const bool tooLong = fault == Fault::kTooLong || fault == Fault::kTagsTooLong;
  if (charge(1) && tooLong) reply(ERR_INPUTTOOLONG, {}, "Input line was too long");
  state_->reap();
}

void IRCUser::lineTooLong(std::string_view begin) {
  if (holds_ != 0 || !backlog_.empty()) return keepForLater(begin);
  badMessage(begin, Fault::kTooLong, begin.size());
}

void IRCUser::lineReceived(std::string_view line) {
  if (holds_ != 0 || !backlog_.empty()) return keepForLater(line);
  // What is behind the '@' of the tags.
  if (line.starts_with('@') && std::min(line.find(' '), line.size()) > kMaxClientTags + 1)
    return refuseLine(line, Fault::kTagsTooLong, kMaxClientTags + 1);
  IRCProtocol::lineReceived(line);
}

// Flood protection, and what else keeps commands from being read ---------------------------------

// creditAt_ is when the credit will be whole again. So (creditAt_ - now) / interval commands of the
// burst are used up. The next command waits until one of them has come back.
bool IRCUser::charge(unsigned commands) {
  const FloodLimits& flood = state_->options.flood;
  if (flood.interval <= Duration::zero()) return true;
  const Instant now = state_->clock.now();
  // A client that made a pause since the last time was without credit has begun anew.
  if (throttledSince_ && now - resumedAt_ > flood.interval) throttledSince_.reset();
  creditAt_ = std::max(creditAt_, now) + commands * flood.interval;
  const Duration wait = creditAt_ - now - (std::max(flood.burst, 1u) - 1) * flood.interval;
  if (wait <= Duration::zero()) return true;
  if (!throttledSince_) throttledSince_ = now;
  if (now - *throttledSince_ >= flood.patience) {
    disconnect("Excess Flood");
    return false;
  }
  hold(kHeldByFlood);
  creditTimer_.cancelIfActive();
  creditTimer_ = state_->clock.callLater(wait, [this] {
    resumedAt_ = state_->clock.now();
    release(kHeldByFlood);
  });
  return true;
}

// A paused transport hears neither the end of the stream nor a reset. So who has no credit is still
// read from, as far as the backlog goes, and a client that floods and goes is gone.
void IRCUser::hold(Hold why) {
  holds_ |= why;
  if (why != kHeldByFlood) pauseReading(true);
}

// The lines that wait are obeyed by producingResumed: the transport calls it, so an exception out
// of a command ends this connection alone.
void IRCUser::release(Hold why) {
  holds_ &= static_cast<std::uint8_t>(~why);
  if (holds_ != 0) return;
  if (!backlog_.empty()) pauseReading(true);
  pauseReading(false);
}

void IRCUser::pauseReading(bool pause) {
  if (std::exchange(paused_, pause) == pause) return;
  if (pause) transport().pauseProducing();
  else transport().resumeProducing();
}

void IRCUser::keepForLater(std::string_view line) {
  backlog_.append(line) += '\n';
  if (backlog_.size() >= kMostBacklog) pauseReading(true);
}

void IRCUser::producingResumed() {
  std::size_t done = 0;
  std::string lines = std::exchange(backlog_, {});
  while (holds_ == 0 && !transport().disconnecting() && done < lines.size()) {
    const std::size_t end = lines.find('\n', done);
    const std::string_view line = std::string_view(lines).substr(done, end - done);
    done = end + 1;
    IRCUser::lineReceived(line);
  }
  if (transport().disconnecting()) return;
  lines.erase(0, done);
  backlog_ = std::move(lines) + backlog_;
  if (backlog_.size() >= kMostBacklog) pauseReading(true);
  if (!paused_) IRCProtocol::producingResumed();
}

// Time-outs --------------------------------------------------------------------------------------

// The timer is not set anew with each command. When it fires, it looks how long the silence was.
void IRCUser::watch() {
  const ServerTimes& times = state_->options.times;
  const Instant due = heardAt_ + (pinged_ ? times.pingInterval + times.pingTimeout : times.pingInterval);
  timer_.cancelIfActive();
  timer_ = state_->clock.callAt(due, [this] { silent(); });
}

void IRCUser::silent() {
  const ServerTimes& times = state_->options.times;
  const Duration silence = state_->clock.now() - heardAt_;
  if ((holds_ & kHeldByAnswer) != 0) {
    // It is not read from until it has taken its answer, so taking is what shows that it is there.
    if (std::exchange(takenBefore_, transport().counters().bytesSent) == transport().counters().bytesSent) {
      state_->doom(*this);
      return state_->reap();
    }
    heardAt_ = state_->clock.now();
  } else if (holds_ != 0) {
    // Its commands wait here, so the silence is not the client's.
    heardAt_ = state_->clock.now();
  } else if (pinged_ && silence >= times.pingInterval + times.pingTimeout) {
    const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(silence).count();
    return disconnect("Ping timeout: " + std::to_string(seconds) + " seconds");
  } else if (!pinged_ && silence >= times.pingInterval) {
    pinged_ = true;
    relay(state_->line.clear().command("PING").trailing(state_->options.name).line());
  }
  watch();
  state_->reap();
}

// The end ----------------------------------------------------------------------------------------

void IRCUser::disconnect(std::string_view reason) {
  if (phase_ == Phase::kGone) return;
  const std::string why = detail::oneLine(reason);
  signOff(why);
  closeLink(why);
  state_->reap();
}

void IRCUser::signOff(std::string_view reason) {
  if (phase_ == Phase::kGone) return;
  const bool known = std::exchange(phase_, Phase::kGone) == Phase::kRegistered;
  stopAnswers();
  backlog_.clear();
  if (state_->find(nick_) == this) state_->nicks.erase(nick_);
  Failure failure;
  if (!guarded("userLeft", failure, [&] { userLeft(reason); })) kLog.failure("userLeft", failure);
  if (!known) return void(--state_->unknown);
  --state_->registered;
  if (invisible_) --state_->invisible;
  const std::vector<IRCUser*> others = state_->neighbours(*this);
  if (!others.empty()) {
    const std::string line(fromMe("QUIT").trailing(reason).line());
    for (IRCUser* other : others) other->relay(line);
  }
  while (!channels_.empty()) state_->leave(*channels_.begin()->second, *this);
}

void IRCUser::closeLink(std::string_view reason) {
  phase_ = Phase::kGone;
  creditTimer_.cancelIfActive();
  const std::string text = "Closing Link: " + host_ + " (" + std::string(reason) + ")";
  writeLine(state_->line.clear().command("ERROR").trailing(text).line());
  transport().loseConnection();
  timer_.cancelIfActive();
  timer_ = state_->clock.callLater(state_->options.times.closing, [this] { transport().abortConnection(); });
}

void IRCUser::cutOff() {
  const std::size_t limit = state_->options.limits.sendQueue;
  const std::size_t waiting = transport().pendingBytes();
  signOff("Max SendQ exceeded");
  transport().abortConnection(Site::here(), Failure(LimitExceeded("the send queue of an IRC client", limit, waiting)));
}

// Output -----------------------------------------------------------------------------------------

void IRCUser::relay(std::string_view line) {
  if (phase_ == Phase::kGone || doomed_ || line.empty()) return;
  if (transport().pendingBytes() + line.size() <= state_->options.limits.sendQueue) return writeLine(line);
  doomed_ = true;
  state_->doom(*this);
}

MessageBuilder& IRCUser::fromMe(std::string_view command) {
  return state_->line.clear().prefix(nick_, user_, host_).command(command);
}

MessageBuilder& IRCUser::fromServer() { return state_->line.clear().prefix(state_->options.name); }

MessageBuilder& IRCUser::replying(Numeric numeric, std::initializer_list<std::string_view> words) {
  const std::string_view nick = nick_.empty() ? "*" : std::string_view(nick_);
  for (const std::size_t longest : {kMaxMessage, detail::kShownWord}) {
    MessageBuilder& line = fromServer().command(numeric).param(nick);
    for (const std::string_view word : words) line.param(asWord(word, longest));
    if (line.ok()) break;
  }
  return state_->line;
}

void IRCUser::reply(Numeric numeric, std::initializer_list<std::string_view> words) { relay(replying(numeric, words).line()); }

void IRCUser::reply(Numeric numeric, std::initializer_list<std::string_view> words, std::string_view text) {
  relay(replying(numeric, words).trailing(detail::oneLine(text)).line());
}

// IRCFactory -------------------------------------------------------------------------------------

namespace {

void requireWord(std::string_view word, const char* what) {
  constexpr std::size_t kLongest = 63;
  const bool usable = !word.empty() && word.size() <= kLongest && word.front() != ':' &&
                      word.find_first_of({" \r\n\0", 4}) == std::string_view::npos;
  if (!usable)
    throw UsageError("the " + std::string(what) + " of an IRC server must be one word of at most 63 bytes, not \"" +
                     escaped(word) + "\"");
}

void requireText(std::string_view text, const char* what) {
  if (text.find_first_of({"\r\n\0", 3}) != std::string_view::npos)
    throw UsageError("the " + std::string(what) + " of an IRC server must be one line, not \"" + escaped(text) + "\"");
}

/// The longest lines hold the names of two users, a channel and a mask, beside the server, a host
/// and numbers: 367, 352 and 333.
void requireRoom(const ServerLimits& limits) {
  constexpr std::size_t kMost = 320;
  const std::size_t longest[] = {limits.nickLength, limits.nickLength, limits.userLength, limits.channelLength,
                                 std::max(limits.maskLength, limits.keyLength)};
  std::size_t all = 0;
  for (const std::size_t length : longest) all += std::min(length, kMaxMessage);
  if (all > kMost)
    throw UsageError(
        "the limits of an IRC server allow names that do not fit into one line: twice nickLength, userLength, "
        "channelLength and the longer of maskLength and keyLength are " +
        std::to_string(all) + " bytes together, and may be " + std::to_string(kMost));
}

ServerOptions checked(ServerOptions options) {
  requireRoom(options.limits);
  requireWord(options.name, "name");
  requireWord(options.network, "network");
  requireWord(options.version, "version");
  requireText(options.description, "description");
  requireText(options.created, "time of creation");
  for (const std::string& line : options.motd) requireText(line, "message of the day");
  return options;
}

}  // namespace

IRCFactory::IRCFactory(Clock& clock, ServerOptions options, std::shared_ptr<WordsRealm> realm) {
  if (realm == nullptr) throw UsageError("an IRCFactory needs a realm");
  state_ = std::make_shared<ServerState>(clock, checked(std::move(options)), std::move(realm));
}

IRCFactory::~IRCFactory() = default;

std::shared_ptr<Protocol> IRCFactory::buildProtocol(const Address&) { return makeUser(); }
std::shared_ptr<IRCUser> IRCFactory::makeUser() { return std::make_shared<IRCUser>(*this); }
const ServerOptions& IRCFactory::options() const noexcept { return state_->options; }
std::size_t IRCFactory::users() const noexcept { return state_->registered; }
std::size_t IRCFactory::connections() const noexcept { return state_->connections; }
std::size_t IRCFactory::channels() const noexcept { return state_->channels.size(); }
IRCUser* IRCFactory::findUser(std::string_view nick) const { return state_->find(nick); }

std::vector<std::string> IRCFactory::members(std::string_view channel) const {
  std::vector<std::string> nicks;
  if (const detail::ServerChannel* found = state_->findChannel(channel))
    for (const auto& [id, member] : found->members) nicks.push_back(std::string(member.sign()) + member.user->nick());
  return nicks;
}

}  // namespace teasel::irc
