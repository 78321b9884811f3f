#include <algorithm>

#include <teasel/core/errors.hpp>
#include <teasel/protocols/irc/detail/client_inner.hpp>
#include <teasel/protocols/irc/irc_client.hpp>

namespace teasel::irc {

namespace {

/// How many capabilities of a server are noted.
constexpr std::size_t kMostCapabilities = 500;

/// Calls `use` for each word of a text.
template <class F>
void forEachWord(std::string_view text, F use) {
  while (!text.empty()) {
    const std::size_t end = std::min(text.find(' '), text.size());
    if (end > 0) use(text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
  }
}

}  // namespace

void IRCClient::connectionMade() {
  IRCProtocol::connectionMade();
  supported_ = {};
  registered_ = negotiating_ = false;
  nicksTried_ = requests_ = 0;
  offered_.clear();
  enabled_.clear();
  if (options_.performLogin) registerAs(options_.nickname);
}

void IRCClient::registerAs(std::string_view nickname, std::string_view hostname, std::string_view servername) {
  if (options_.registrationTimeout && transport().connected()) {
    registration_.cancelIfActive();
    registration_ = clock_.callLater(*options_.registrationTimeout, [this] {
      transport().failConnection(Failure(TimeoutError("the server did not register this client in time")));
    });
  }
  if (!options_.capabilities.empty()) {
    negotiating_ = true;
    sendQuoted("CAP", {"LS", "302"});
  }
  if (!options_.password.empty()) sendQuoted("PASS", {options_.password});
  setNick(nickname);
  nickname_ = nickname;
  const std::string user = options_.username.empty() ? std::string(nickname) : options_.username;
  sendQuoted("USER", {user, hostname, servername}, options_.realname.empty() ? nickname : options_.realname);
}

std::string IRCClient::alterCollidedNick(std::string_view nickname) { return std::string(nickname) + '_'; }

void IRCClient::tryNextNick() {
  if (++nicksTried_ < options_.mostNicks) return tryNick(alterCollidedNick(attemptedNick_));
  if (registered_) return quirkyMessage("no free nick was found; the old one stays");
  transport().failConnection(Failure(NickInUse("the server refused " + std::to_string(nicksTried_) + " nicks; the last was \"" +
                                               escaped(attemptedNick_) + "\"")));
}

// The server asks for another nick, so the answer waits for nothing, and no full queue refuses it.
void IRCClient::tryNick(std::string_view nickname) {
  const MessageBuilder& line = building("NICK", {nickname});
  line.check();
  sendUrgent(line);
  attemptedNick_ = nickname;
}

void IRCClient::irc_ERR_NICKNAMEINUSE(const Message&) { tryNextNick(); }

void IRCClient::irc_ERR_ERRONEUSNICKNAME(const Message& message) {
  if (registered_) return;
  if (attemptedNick_ != options_.erroneousNickFallback) return tryNick(options_.erroneousNickFallback);
  transport().failConnection(Failure(ReplyError(ERR_ERRONEUSNICKNAME, options_.erroneousNickFallback, message.params.back())));
}

// Of a nick before registration; of a channel or a nick later.
void IRCClient::irc_ERR_UNAVAILRESOURCE(const Message& message) {
  if (registered_) return irc_unknown("ERR_UNAVAILRESOURCE", message);
  tryNextNick();
}

// OPER answers so, too, and a wrong password of an operator ends nothing.
void IRCClient::irc_ERR_PASSWDMISMATCH(const Message& message) {
  if (registered_) return quirkyMessage("the server did not take a password: " + escaped(message.params.back()));
  transport().failConnection(
      Failure(IRCPasswordMismatch("the server did not take the password: " + escaped(message.params.back()))));
}

void IRCClient::irc_RPL_WELCOME(const Message& message) {
  const std::string_view given = message.params[0];
  nickname_ = given.empty() || given == "*" ? attemptedNick_ : std::string(given);
  if (registered_) return;
  registered_ = true;
  negotiating_ = false;
  nicksTried_ = 0;
  registration_.cancelIfActive();
  hostname_ = message.prefix.text();
  // "Welcome to the network nick!user@host": most servers say the prefix by which others see me.
  const std::string_view text = message.params.back();
  const Prefix last(text.substr(text.rfind(' ') + 1));
  if (!last.user().empty() && !last.host().empty()) learnPrefix(last);
  startHeartbeat();
  signedOn();
}

void IRCClient::learnPrefix(Prefix prefix) {
  if (isMe(prefix.nick()) && !prefix.host().empty()) ownPrefix_ = prefix.text();
}

// Capabilities (IRCv3 "Capability Negotiation") ---------------------------------------------------

void IRCClient::irc_CAP(const Message& message) {
  const std::string_view what = message.params[1];
  const bool more = message.params.size() > 3 && message.params[2] == "*";
  const std::string_view words = message.params.back();
  if (message.params.size() < 3) return;
  if (what == "LS" || what == "NEW") {
    forEachWord(words, [this](std::string_view word) {
      const std::size_t equals = word.find('=');
      const std::string_view value = equals == std::string_view::npos ? std::string_view() : word.substr(equals + 1);
      if (offered_.size() < kMostCapabilities) offered_.insert_or_assign(std::string(word.substr(0, equals)), std::string(value));
    });
    if (!more) sendCapabilityRequests();
  } else if (what == "ACK") {
    forEachWord(words, [this](std::string_view word) {
      if (word.starts_with('-')) {
        if (const auto found = enabled_.find(word.substr(1)); found != enabled_.end()) enabled_.erase(found);
      } else if (enabled_.size() < kMostCapabilities) {
        enabled_.emplace(word);
      }
    });
    if (!more) endNegotiation();
  } else if (what == "NAK") {
    endNegotiation();
  } else if (what == "DEL") {
    forEachWord(words, [this](std::string_view word) {
      if (const auto found = enabled_.find(word); found != enabled_.end()) enabled_.erase(found);
      if (const auto found = offered_.find(word); found != offered_.end()) offered_.erase(found);
    });
  }
}

// Asks for what is wanted, offered and not in force yet. Each gets a request of its own, so that
// one that the server refuses costs no other.
void IRCClient::sendCapabilityRequests() {
  for (const std::string& wanted : options_.capabilities) {
    if (offered_.find(wanted) == offered_.end() || hasCapability(wanted)) continue;
    sendUrgent(building("CAP", {"REQ"}).trailing(wanted));
    ++requests_;
  }
  if (requests_ == 0) endNegotiation();
}

// A request was answered, or there was none. After the last answer the registration goes on.
void IRCClient::endNegotiation() {
  if (requests_ > 0) --requests_;
  if (requests_ > 0 || !negotiating_) return;
  negotiating_ = false;
  sendUrgent(building("CAP", {"END"}));
}

}  // namespace teasel::irc
