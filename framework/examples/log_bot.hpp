#pragma once

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
  void log(std::string_view message) const {
    std::string line = "[" + now_("%H:%M:%S") + "] " + irc::toUtf8(message);
    for (char& byte : line)
      if ((byte >= 0 && byte < ' ') || byte == '\x7f') byte = '?';
    write_(line);
  }
  std::string date() const { return now_("%c"); }

 private:
  Write write_;
  Now now_;
};

/// Logs what happens in a channel of IRC.
class LogBot : public irc::IRCClient {
 public:
  LogBot(Clock& clock, irc::IRCClientOptions options, std::string channel, MessageLogger logger)
      : IRCClient(clock, std::move(options)), channel_(std::move(channel)), logger_(std::move(logger)) {}

  void connectionMade() override {
    logger_.log("[connected at " + logger_.date() + "]");
    IRCClient::connectionMade();
  }
  void connectionLost(const Failure& reason) override {
    IRCClient::connectionLost(reason);
    logger_.log("[disconnected at " + logger_.date() + "]");
  }

  void signedOn() override { join(channel_); }
  void joined(std::string_view channel) override { logger_.log("[I have joined " + std::string(channel) + "]"); }
  void kickedFrom(std::string_view channel, std::string_view kicker, std::string_view message) override {
    logger_.log("[" + std::string(kicker) + " has kicked me from " + std::string(channel) + ": " + std::string(message) + "]");
  }

  void privmsg(std::string_view user, std::string_view channel, std::string_view message) override {
    const std::string nick(irc::Prefix(user).nick());
    logger_.log("<" + nick + "> " + std::string(message));
    if (isMe(channel)) return msg(nick, "It isn't nice to whisper!  Play nice with the group.");
    if (!message.starts_with(nickname() + ":")) return;
    const std::string reply = nick + ": I am a log bot";
    msg(channel, reply);
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
  std::string channel_;
  MessageLogger logger_;
};

/// Makes a LogBot for each connection, and connects again when one is lost.
class LogBotFactory : public ClientFactory {
 public:
  struct Settings {
    std::string channel = "#teasel";
    irc::IRCClientOptions client;
    /// How long to wait before connecting again. A server that restarts needs some time.
    Duration reconnectAfter{};
  };
  LogBotFactory(Reactor& reactor, Settings settings, MessageLogger logger)
      : reactor_(reactor), settings_(std::move(settings)), logger_(std::move(logger)) {
    noisy = false;
  }

  std::shared_ptr<Protocol> buildProtocol(const Address&) override {
    return std::make_shared<LogBot>(reactor_, settings_.client, settings_.channel, logger_);
  }
  /// If we get disconnected, reconnect to the server.
  void clientConnectionLost(Connector& connector, const Failure&) override {
    if (!reactor_.running() || reactor_.stopRequested()) return;
    if (settings_.reconnectAfter == Duration::zero()) return connector.connect();
    const auto again = connector.shared_from_this();
    reactor_.callLater(settings_.reconnectAfter, [again] { again->connect(); });
  }
  void clientConnectionFailed(Connector&, const Failure& reason) override {
    logger_.log("[connection failed: " + std::string(reason.what()) + "]");
    failed_ = true;
    if (reactor_.running() && !reactor_.stopRequested()) reactor_.stop();
  }
  /// Whether a connection could not be made.
  bool failed() const noexcept { return failed_; }

 private:
  Reactor& reactor_;
  Settings settings_;
  MessageLogger logger_;
  bool failed_ = false;
};

}  // namespace teasel::examples
