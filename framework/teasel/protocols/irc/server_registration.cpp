#include <algorithm>
#include <array>
#include <utility>

#include <teasel/core/logger.hpp>
#include <teasel/deferred/bind_weak.hpp>
#include <teasel/protocols/irc/detail/server_state.hpp>
#include <teasel/protocols/irc/server.hpp>

/// From the first line of a client to its welcome, and what changes its identity later.
namespace teasel::irc {

using detail::asWord;
using detail::shortened;

namespace {

constexpr Logger kLog("IRCServer");
/// The capabilities that a client may ask for (IRCv3).
constexpr std::array<std::string_view, 2> kCapabilities{"multi-prefix", "userhost-in-names"};

/// The user name without what would break a hostmask.
std::string userName(std::string_view given, std::size_t longest) {
  std::string name;
  for (const char byte : given)
    if (static_cast<unsigned char>(byte) > ' ' && byte != '@' && byte != '!' && byte != ':' && byte != '\x7f') name += byte;
  name.resize(shortened(name, longest).size());
  return name.empty() ? "user" : name;
}

}  // namespace

void IRCUser::irc_PASS(const Message& message) {
  if (phase_ != Phase::kNew) return reply(ERR_ALREADYREGISTRED, {}, "You may not reregister");
  password_ = message.params[0];
}

void IRCUser::irc_USER(const Message& message) {
  const ServerLimits& limits = state_->options.limits;
  if (phase_ != Phase::kNew || !user_.empty()) return reply(ERR_ALREADYREGISTRED, {}, "You may not reregister");
  user_ = userName(message.params[0], limits.userLength);
  realName_ = shortened(message.params[3], limits.textLength);
  tryToRegister();
}

void IRCUser::irc_NICK(const Message& message) {
  const std::string_view nick = message.params[0];
  if (nick.empty()) return reply(ERR_NONICKNAMEGIVEN, {}, "No nickname given");
  if (!detail::isNick(nick, state_->options.limits.nickLength))
    return reply(ERR_ERRONEUSNICKNAME, {asWord(nick)}, "Erroneous nickname");
  const IRCUser* holder = state_->find(nick);
  if (holder != nullptr && holder != this) return reply(ERR_NICKNAMEINUSE, {nick}, "Nickname is already in use");
  if (registered() && nick != nick_ && !state_->realm->mayUseNick(nick, avatar_))
    return reply(ERR_NICKNAMEINUSE, {nick}, "This nick belongs to an account");
  if (phase_ == Phase::kGone) return;
  if (nick != nick_) changeNick(nick);
  tryToRegister();
}

void IRCUser::changeNick(std::string_view nick) {
  if (phase_ == Phase::kRegistered) {
    const std::string line(fromMe("NICK").trailing(nick).line());
    relay(line);
    for (IRCUser* other : state_->neighbours(*this)) other->relay(line);
  }
  std::string next(nick);
  if (!nick_.empty()) state_->nicks.erase(nick_);
  state_->nicks.emplace(next, this);
  nick_ = std::move(next);
}

// Registration ends when NICK and USER are there and no negotiation of capabilities is under way.
void IRCUser::tryToRegister() {
  if (phase_ != Phase::kNew || nick_.empty() || user_.empty() || negotiating_) return;
  phase_ = Phase::kLoggingIn;
  Deferred<Avatar> asked = state_->realm->login({.nick = nick_,
                                                 .user = user_,
                                                 .realName = realName_,
                                                 .password = std::exchange(password_, {}),
                                                 .peer = transport().getPeer()});
  login_ = asked.addCallbacks(bindWeak(this, [this](Avatar avatar) { loggedIn(std::move(avatar)); }),
                              bindWeak(this, [this](const Failure& why) { loginFailed(why); }));
  if (phase_ == Phase::kLoggingIn) hold(kHeldByLogin);
}

void IRCUser::loggedIn(Avatar avatar) {
  if (phase_ != Phase::kLoggingIn) return;
  avatar_ = std::move(avatar);
  if (!avatar_.host.empty()) host_ = asWord(avatar_.host);
  phase_ = Phase::kRegistered;
  signedOnAt_ = state_->unixTime();
  --state_->unknown;
  state_->mostAtOnce = std::max(state_->mostAtOnce, ++state_->registered);
  welcome();
  // A handler of the program's own may have ended the user.
  if (registered()) {
    watch();
    release(kHeldByLogin);
  }
  state_->reap();
}

void IRCUser::loginFailed(const Failure& failure) {
  if (phase_ != Phase::kLoggingIn) return;
  const auto* refused = failure.check<UnauthorizedLogin>();
  if (refused == nullptr) kLog.failure("the login of " + nick_, failure);
  reply(ERR_PASSWDMISMATCH, {}, refused == nullptr ? "Login failed" : refused->what());
  disconnect("Bad password");
}

void IRCUser::welcome() {
  const ServerOptions& options = state_->options;
  const ServerLimits& limits = options.limits;
  const auto number = [](std::string_view key, std::size_t value) { return std::string(key) + std::to_string(value); };
  reply(RPL_WELCOME, {}, "Welcome to the " + options.network + " network, " + hostmask());
  reply(RPL_YOURHOST, {}, "Your host is " + options.name + ", running version " + options.version);
  reply(RPL_CREATED, {}, "This server was created " + options.created);
  reply(RPL_MYINFO, {options.name, options.version, "i", "biklmnostv"});
  reply(RPL_ISUPPORT,
        {"CASEMAPPING=rfc1459", "CHANTYPES=#", "PREFIX=(ov)@+", "CHANMODES=b,k,l,imnst",
         number("CHANLIMIT=#:", limits.channelsPerUser), number("NICKLEN=", limits.nickLength),
         number("USERLEN=", limits.userLength), number("CHANNELLEN=", limits.channelLength),
         number("TOPICLEN=", limits.topicLength), number("KICKLEN=", limits.textLength), number("AWAYLEN=", limits.textLength)},
        "are supported by this server");
  const std::string most = std::to_string(limits.targets);
  const std::string targets = "TARGMAX=PRIVMSG:" + most + ",NOTICE:" + most + ",KICK:" + most + ",JOIN:" + most + ",PART:" + most;
  reply(RPL_ISUPPORT,
        {number("KEYLEN=", limits.keyLength), number("MODES=", limits.modes), number("MAXLIST=b:", limits.bans), targets,
         "NETWORK=" + options.network},
        "are supported by this server");
  irc_LUSERS({});
  irc_MOTD({});
}

// Capabilities (IRCv3 "Capability Negotiation") --------------------------------------------------

void IRCUser::irc_CAP(const Message& message) {
  std::string subcommand(message.params[0]);
  std::ranges::transform(subcommand, subcommand.begin(),
                         [](char byte) { return byte >= 'a' && byte <= 'z' ? byte & ~0x20 : byte; });
  capabilities(subcommand, message.params[1]);
}

void IRCUser::capabilities(std::string_view subcommand, std::string_view list) {
  const auto answer = [this](std::string_view what, std::string_view text) {
    relay(fromServer().command("CAP").param(nick_.empty() ? "*" : nick_).param(what).trailing(text).line());
  };
  if (subcommand == "END") {
    negotiating_ = false;
    return tryToRegister();
  }
  if (subcommand == "LS" || subcommand == "REQ") negotiating_ = phase_ == Phase::kNew;
  if (subcommand == "LS") return answer("LS", "multi-prefix userhost-in-names");
  if (subcommand == "LIST") {
    std::string on = multiPrefix_ ? "multi-prefix" : "";
    if (userhostInNames_) on += on.empty() ? "userhost-in-names" : " userhost-in-names";
    return answer("LIST", on);
  }
  if (subcommand != "REQ") return reply(ERR_INVALIDCAPCMD, {asWord(subcommand)}, "Invalid CAP command");
  // All changes are made, or none.
  std::array<bool, 2> on{multiPrefix_, userhostInNames_};
  for (std::string_view rest = list; !rest.empty();) {
    const std::size_t space = std::min(rest.find(' '), rest.size());
    std::string_view name = rest.substr(0, space);
    rest.remove_prefix(std::min(space + 1, rest.size()));
    if (name.empty()) continue;
    const bool wanted = name.front() != '-';
    if (!wanted) name.remove_prefix(1);
    const auto* known = std::ranges::find(kCapabilities, name);
    if (known == kCapabilities.end()) return answer("NAK", list);
    on[static_cast<std::size_t>(known - kCapabilities.begin())] = wanted;
  }
  multiPrefix_ = on[0];
  userhostInNames_ = on[1];
  answer("ACK", list);
}

// Staying and going ------------------------------------------------------------------------------

void IRCUser::irc_PING(const Message& message) {
  if (message.params[0].empty()) return reply(ERR_NOORIGIN, {}, "No origin specified");
  // The colon before the token is needed: some clients lose a last parameter without it.
  relay(fromServer().command("PONG").param(state_->options.name).trailing(message.params[0]).line());
}

void IRCUser::irc_PONG(const Message&) {}

void IRCUser::irc_QUIT(const Message& message) {
  const std::string_view reason = shortened(message.params[0], state_->options.limits.textLength);
  disconnect(reason.empty() ? "Client Quit" : "Quit: " + std::string(reason));
}

}  // namespace teasel::irc
