#pragma once

#include <algorithm>
#include <chrono>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

#include <teasel/protocol/connector.hpp>
#include <teasel/protocol/factory.hpp>
#include <teasel/protocols/irc/irc_client.hpp>
#include <teasel/protocols/irc/utf8.hpp>
#include <teasel/reactor/reactor.hpp>

namespace teasel::examples {

/// Writes lines with the time in front. It knows neither IRC nor files: separating the application
/// from the protocol is a good thing.
class MessageLogger {
 public:
  using Write = std::function<void(std::string_view line)>;
  /// Says the time as strftime does: "%H:%M:%S", "%c".
  using Now = std::function<std::string(const char* format)>;
  MessageLogger(Write write, Now now) : write_(std::move(write)), now_(std::move(now)) {}

  /// Whoever writes on IRC may send any bytes, so what could forge a line of the log is taken out.
  void log(std::string_view message) const { write_("[" + now_("%H:%M:%S") + "] " + clean(irc::toUtf8(message))); }
  std::string date() const { return now_("%c"); }

 private:
  /// UTF-8 with a '?' for each control character (U+0000 to U+001F, U+007F to U+009F), for each
  /// other one that ends a line (U+2028, U+2029), and for those that turn the direction of a text
  /// (U+061C, U+200E, U+200F, U+202A to U+202E, U+2066 to U+2069).
  static std::string clean(std::string_view text) {
    std::string line;
    for (std::size_t at = 0; at < text.size(); ++at) {
      const std::string_view rest = text.substr(at);
      const auto last = [&](std::size_t place) { return place < rest.size() ? static_cast<unsigned char>(rest[place]) : 0u; };
      const auto third = [&](unsigned from, unsigned to) { return last(2) >= from && last(2) <= to; };
      std::size_t bad = 0;
      if (last(0) < ' ' || last(0) == 0x7f) bad = 1;
      else if (rest.starts_with("\xc2") && last(1) < 0xa0) bad = 2;
      else if (rest.starts_with("\xd8\x9c")) bad = 2;
      else if (rest.starts_with("\xe2\x80") && (third(0x8e, 0x8f) || third(0xa8, 0xae))) bad = 3;
      else if (rest.starts_with("\xe2\x81") && third(0xa6, 0xa9)) bad = 3;
      line += bad > 0 ? '?' : rest[0];
      at += bad > 0 ? bad - 1 : 0;
    }
    return line;
  }

  Write write_;
  Now now_;
};

/// Logs what happens in a channel of IRC.
class LogBot : public irc::IRCClient {
 public:
  /// `ready` is called whenever the server has registered the bot.
  LogBot(
      Clock& clock, irc::IRCClientOptions options, std::string channel, MessageLogger logger, std::function<void()> ready = [] {})
      : IRCClient(clock, std::move(options)),
        channel_(std::move(channel)),
        logger_(std::move(logger)),
        ready_(std::move(ready)) {}

  void connectionMade() override {
    logger_.log("[connected at " + logger_.date() + "]");
    IRCClient::connectionMade();
  }
  void connectionLost(const Failure& reason) override {
    IRCClient::connectionLost(reason);
    logger_.log("[disconnected at " + logger_.date() + "]");
  }

  void signedOn() override {
    ready_();
    join(channel_);
  }
  void joined(std::string_view channel) override { logger_.log("[I have joined " + std::string(channel) + "]"); }
  void kickedFrom(std::string_view channel, std::string_view kicker, std::string_view message) override {
    logger_.log("[" + std::string(kicker) + " has kicked me from " + std::string(channel) + ": " + std::string(message) + "]");
  }

  void privmsg(std::string_view user, std::string_view channel, std::string_view message) override {
    const std::string nick(irc::Prefix(user).nick());
    logger_.log("<" + nick + "> " + std::string(message));
    if (isMe(channel)) return answer(nick, "It isn't nice to whisper!  Play nice with the group.");
    if (!message.starts_with(nickname() + ":")) return;
    const std::string reply = nick + ": I am a log bot";
    answer(channel, reply);
    logger_.log("<" + nickname() + "> " + reply);
  }
  void action(std::string_view user, std::string_view, std::string_view data) override {
    logger_.log("* " + std::string(irc::Prefix(user).nick()) + " " + std::string(data));
  }
  void irc_NICK(const irc::Message& message) override {
    logger_.log(std::string(message.prefix.nick()) + " is now known as " + std::string(message.params[0]));
    IRCClient::irc_NICK(message);
  }

  std::string alterCollidedNick(std::string_view nickname) override { return std::string(nickname) + '^'; }

 private:
  /// Says something to whom the server has named, unless that is no name: a message of the server's
  /// own has no nick.
  void answer(std::string_view target, std::string_view text) {
    constexpr std::size_t kLongest = 100;
    if (target.size() <= kLongest && irc::MessageBuilder().command("PRIVMSG").param(target).ok()) msg(target, text);
  }

  std::string channel_;
  MessageLogger logger_;
  std::function<void()> ready_;
};

/// Makes a LogBot for each connection, and connects again when one is lost. It waits before that,
/// and longer each time that the server did not let it in. It gives up when trying again cannot
/// help: the server does not take the password or any nick, or the bot says what cannot be sent.
class LogBotFactory : public ClientFactory {
 public:
  struct Settings {
    std::string channel = "#teasel";
    irc::IRCClientOptions client;
    /// How long to wait before connecting again. A server that restarts needs some time.
    Duration reconnectAfter = std::chrono::seconds(5);
  };
  /// What is wrong with these settings, or "".
  static std::string faultOf(const Settings& settings) {
    const auto isWord = [](std::string_view text) { return irc::MessageBuilder().command("NICK").param(text).ok(); };
    if (!isWord(settings.client.nickname)) return "the nick must be one word, not \"" + settings.client.nickname + "\"";
    if (!isWord(settings.channel) || settings.channel.find(',') != std::string::npos)
      return "the channel must be one word without a comma, not \"" + settings.channel + "\"";
    return {};
  }
  LogBotFactory(Reactor& reactor, Settings settings, MessageLogger logger)
      : reactor_(reactor), settings_(std::move(settings)), logger_(std::move(logger)) {
    noisy = false;
  }

  std::shared_ptr<Protocol> buildProtocol(const Address&) override {
    return std::make_shared<LogBot>(reactor_, settings_.client, settings_.channel, logger_, [this] { refusals_ = 0; });
  }
  /// If we get disconnected, reconnect to the server.
  void clientConnectionLost(Connector& connector, const Failure& reason) override {
    if (!reactor_.running() || reactor_.stopRequested()) return;
    if (reason.check<irc::IRCPasswordMismatch, irc::NickInUse, irc::ReplyError, irc::FormatError>()) return giveUp(reason);
    const Duration wait = nextWait();
    if (wait == Duration::zero()) return connector.connect();
    const auto again = connector.shared_from_this();
    reactor_.callLater(wait, [again] { again->connect(); });
  }
  void clientConnectionFailed(Connector&, const Failure& reason) override {
    logger_.log("[connection failed: " + std::string(reason.what()) + "]");
    failed_ = true;
    if (reactor_.running() && !reactor_.stopRequested()) reactor_.stop();
  }
  /// Whether the bot has stopped the reactor.
  bool failed() const noexcept { return failed_; }
  /// Why the server cannot be used; empty when there was no connection at all.
  const std::string& refusal() const noexcept { return refusal_; }

 private:
  void giveUp(const Failure& reason) {
    logger_.log("[giving up: " + std::string(reason.what()) + "]");
    refusal_ = reason.what();
    failed_ = true;
    reactor_.stop();
  }
  /// After a connection on which the bot was registered: reconnectAfter. After others: twice as
  /// long each time, from a second up to five minutes.
  Duration nextWait() {
    constexpr Duration kShortest = std::chrono::seconds(1), kLongest = std::chrono::minutes(5);
    if (refusals_++ == 0) return settings_.reconnectAfter;
    Duration wait = std::max(settings_.reconnectAfter, kShortest);
    for (unsigned step = 2; step < refusals_ && wait < kLongest; ++step) wait *= 2;
    return std::min(wait, std::max(kLongest, settings_.reconnectAfter));
  }

  Reactor& reactor_;
  Settings settings_;
  MessageLogger logger_;
  bool failed_ = false;
  std::string refusal_;
  unsigned refusals_ = 0;  // connections since the bot was registered last
};

}  // namespace teasel::examples
