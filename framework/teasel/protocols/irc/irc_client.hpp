#pragma once

#include <cstddef>
#include <initializer_list>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <teasel/core/clock.hpp>
#include <teasel/deferred/deferred.hpp>
#include <teasel/protocols/irc/answers.hpp>
#include <teasel/protocols/irc/client_events.hpp>
#include <teasel/protocols/irc/client_options.hpp>
#include <teasel/protocols/irc/ctcp.hpp>
#include <teasel/protocols/irc/irc_base.hpp>
#include <teasel/protocols/irc/isupport.hpp>

namespace teasel::irc {

/// A client of IRC. Derive from it and override the events that you want (IRCClientEvents); call
/// the commands. The model is twisted.words.protocols.irc.IRCClient.
///
///     class Greeter : public irc::IRCClient {
///      public:
///       using IRCClient::IRCClient;
///       void signedOn() override { join("#tea"); }
///       void userJoined(std::string_view user, std::string_view channel) override {
///         say(channel, "Hello, " + std::string(user) + "!");
///       }
///     };
///
/// `clock` is usually the reactor. It must outlive the connection.
///
/// **Commands.** A parameter that is one word - a channel, a nick, a key - must be one: a command
/// with an empty word, or with a space or ':' where none may be, throws FormatError and sends
/// nothing. CR, LF and NUL never leave as they are: in texts of messages a line end begins a new
/// message, everywhere else the bytes are quoted (lowQuote), as in Twisted. A command that does not
/// fit into one line throws FormatError, too. Commands before the connection are dropped, as
/// writes are.
///
/// **Answers.** whois, names, who, list and topic(channel) give a Deferred with the whole answer.
/// It fails with ReplyError when the server refuses, with FormatError when the question cannot be
/// sent, with TimeoutError, with LimitExceeded, or with the reason of connectionLost.
///
/// **Input.** An event that the server sends with too few parameters gets empty texts. Lines that
/// are no messages go to badMessage. What low-level quoting stands for is put in place of it.
class IRCClient : public IRCProtocol, public IRCClientEvents {
 public:
  explicit IRCClient(Clock& clock, IRCClientOptions options = {});
  ~IRCClient() override;

  // What it is like -------------------------------------------------------------------------------
  IRCClientOptions& options() noexcept { return options_; }
  /// The nick that the server knows me by. Before signedOn: the one that was tried last.
  const std::string& nickname() const noexcept { return nickname_; }
  /// The name of the server, from its first numeric. Empty before signedOn.
  const std::string& hostname() const noexcept { return hostname_; }
  /// Whether the server has accepted me.
  bool registered() const noexcept { return registered_; }
  /// What the server said about itself.
  const ServerSupportedFeatures& supported() const noexcept { return supported_; }
  /// Whether a capability is in force.
  bool hasCapability(std::string_view name) const { return enabled_.find(name) != enabled_.end(); }
  /// Whether `name` is my nick.
  bool isMe(std::string_view name) const noexcept { return sameName(name, nickname_, supported_.caseMapping); }
  /// How many lines wait for their time (IRCClientOptions::lineRate).
  std::size_t queuedLines() const noexcept;

  // Commands: channels ----------------------------------------------------------------------------
  // A channel without a sign in front ("tea") gets '#'.
  void join(std::string_view channel, std::string_view key = {});
  void leave(std::string_view channel, std::string_view reason = {});
  void part(std::string_view channel, std::string_view reason = {}) { leave(channel, reason); }
  void kick(std::string_view channel, std::string_view user, std::string_view reason = {});
  void invite(std::string_view user, std::string_view channel);
  /// Sets the topic; an empty one removes it.
  void topic(std::string_view channel, std::string_view newTopic);
  /// Asks for the topic; empty: there is none.
  [[nodiscard]] Deferred<std::string> topic(std::string_view channel, Site site = Site::here());
  /// Changes modes: mode("#tea", true, "ov", {"ann", "bob"}). More than ISUPPORT MODES allows goes
  /// out as several commands.
  void mode(std::string_view target, bool set, std::string_view modes, std::initializer_list<std::string_view> args = {});
  void mode(std::string_view target, bool set, std::string_view modes, std::span<const std::string_view> args);

  // Commands: messages ----------------------------------------------------------------------------
  /// To a channel.
  void say(std::string_view channel, std::string_view message, std::optional<std::size_t> length = {});
  /// To a nick or a channel. A long message becomes several: it is cut at line ends, then at
  /// spaces, then between two characters of UTF-8, so that each piece also arrives whole at the
  /// others, where my prefix stands in front. `length` sets the bytes of a command, CR LF included,
  /// instead; it throws UsageError when no text fits.
  void msg(std::string_view user, std::string_view message, std::optional<std::size_t> length = {});
  void notice(std::string_view user, std::string_view message, std::optional<std::size_t> length = {});
  /// "/me waves". A long action becomes several.
  void describe(std::string_view channel, std::string_view action);
  /// Extended messages, in one PRIVMSG or NOTICE.
  void ctcpMakeQuery(std::string_view user, const std::vector<CtcpMessage>& messages);
  void ctcpMakeReply(std::string_view user, const std::vector<CtcpMessage>& messages);
  /// Asks a user's client to answer; pong follows. At most kMostPings wait; older ones are
  /// forgotten.
  void ping(std::string_view user, std::string_view text = {});
  static constexpr std::size_t kMostPings = 12;

  // Commands: me ----------------------------------------------------------------------------------
  /// Introduces me (Twisted: register, which C++ keeps for itself). Called by connectionMade if
  /// performLogin is set.
  void registerAs(std::string_view nickname, std::string_view hostname = "foo", std::string_view servername = "bar");
  /// Asks for another nick; nickChanged follows.
  void setNick(std::string_view nickname);
  void away(std::string_view message = {});
  void back() { away(); }
  void quit(std::string_view message = {});

  // Questions -------------------------------------------------------------------------------------
  [[nodiscard]] Deferred<WhoisReply> whois(std::string_view nickname, std::string_view server = {}, Site site = Site::here());
  [[nodiscard]] Deferred<NamesReply> names(std::string_view channel, Site site = Site::here());
  /// `mask`: a channel, a nick, or a nick with * and ?.
  [[nodiscard]] Deferred<WhoReply> who(std::string_view mask, Site site = Site::here());
  /// Without `channels` all of them, which are many on a large network.
  [[nodiscard]] Deferred<ListReply> list(std::string_view channels = {}, Site site = Site::here());

  // Heartbeat -------------------------------------------------------------------------------------
  void startHeartbeat();
  void stopHeartbeat();

  // To override -----------------------------------------------------------------------------------
  /// The nick to try after one that is taken. The default appends '_'.
  virtual std::string alterCollidedNick(std::string_view nickname);
  /// Each message goes through here. `name` is the command in capitals, or the name of the numeric
  /// ("RPL_WELCOME"); the number itself if it has none. The default calls irc_<name> or
  /// irc_unknown.
  virtual void handleCommand(std::string_view name, const Message& message);
  virtual void irc_unknown(std::string_view name, const Message& message);
  virtual void irc_ERR_NICKNAMEINUSE(const Message& message);
  virtual void irc_ERR_ERRONEUSNICKNAME(const Message& message);
  virtual void irc_ERR_PASSWDMISMATCH(const Message& message);
  virtual void irc_ERR_UNAVAILRESOURCE(const Message& message);
  virtual void irc_RPL_WELCOME(const Message& message);
  virtual void irc_JOIN(const Message& message);
  virtual void irc_PART(const Message& message);
  virtual void irc_QUIT(const Message& message);
  virtual void irc_MODE(const Message& message);
  virtual void irc_PING(const Message& message);
  virtual void irc_PRIVMSG(const Message& message);
  virtual void irc_NOTICE(const Message& message);
  virtual void irc_NICK(const Message& message);
  virtual void irc_KICK(const Message& message);
  virtual void irc_TOPIC(const Message& message);
  virtual void irc_CAP(const Message& message);
  virtual void irc_ERROR(const Message& message);
  virtual void irc_RPL_TOPIC(const Message& message);
  virtual void irc_RPL_NOTOPIC(const Message& message);
  virtual void irc_RPL_MOTDSTART(const Message& message);
  virtual void irc_RPL_MOTD(const Message& message);
  virtual void irc_RPL_ENDOFMOTD(const Message& message);
  virtual void irc_RPL_CREATED(const Message& message);
  virtual void irc_RPL_YOURHOST(const Message& message);
  virtual void irc_RPL_MYINFO(const Message& message);
  virtual void irc_RPL_BOUNCE(const Message& message);
  virtual void irc_RPL_ISUPPORT(const Message& message);
  virtual void irc_RPL_HOSTHIDDEN(const Message& message);
  virtual void irc_RPL_LUSERCLIENT(const Message& message);
  virtual void irc_RPL_LUSEROP(const Message& message);
  virtual void irc_RPL_LUSERCHANNELS(const Message& message);
  virtual void irc_RPL_LUSERME(const Message& message);

  /// The CTCP queries of one message. The default calls ctcpAnswer for each; a tag that comes a
  /// second time is ignored. `user` is the whole prefix.
  virtual void ctcpQuery(std::string_view user, std::string_view channel, const std::vector<CtcpMessage>& messages);
  /// One query. The default answers ACTION (by the event), PING, and what the options say. It calls
  /// ctcpUnknownQuery for the rest. A reply that cannot be sent, or that would fill the queue of
  /// lines, is left out.
  virtual void ctcpAnswer(std::string_view user, std::string_view channel, const CtcpMessage& message);
  /// A query that nothing here answers. The default does nothing: an error as a reply would let
  /// others make this client send.
  virtual void ctcpUnknownQuery(std::string_view user, std::string_view channel, const CtcpMessage& message);
  /// CTCP replies. The default calls pong for PING, and ctcpUnknownReply.
  virtual void ctcpReply(std::string_view user, std::string_view channel, const std::vector<CtcpMessage>& messages);
  virtual void ctcpUnknownReply(std::string_view user, std::string_view channel, const CtcpMessage& message);
  /// Something peculiar came that changes nothing: modes that cannot be read, a PING reply without
  /// a ping. The default logs it at level kDebug.
  virtual void quirkyMessage(std::string_view text);
  /// How modes of a user and of a channel are read. The defaults: no parameters, and ISUPPORT.
  virtual ModeKinds userModeKinds() const;
  virtual ModeKinds channelModeKinds() const;

  static constexpr std::size_t kMostMotdLines = 2000;

  // Protocol. An override of these calls them -----------------------------------------------------
  void connectionMade() override;
  void connectionLost(const Failure& reason) override;
  void messageReceived(const Message& message) override;

 protected:
  void writeLine(std::string_view line) override;

 private:
  struct Inner;

  std::string channelName(std::string_view channel) const;
  MessageBuilder& building(std::string_view command, std::initializer_list<std::string_view> words);
  void sendQuoted(std::string_view command, std::initializer_list<std::string_view> words,
                  std::optional<std::string_view> text = {});
  void sendText(std::string_view command, std::string_view target, std::string_view text, std::optional<std::size_t> length,
                std::string_view tag = {});
  void sendUrgent(const MessageBuilder& line);
  void replyTo(std::string_view user, const std::vector<CtcpMessage>& messages);
  void requireRoom(std::size_t lines) const;
  std::size_t ownPrefixSize() const noexcept;
  void learnPrefix(Prefix prefix);
  void dispatch(const Message& message);
  void tryNextNick();
  void tryNick(std::string_view nickname);
  bool mayReplyToCtcp();
  void sendCapabilityRequests();
  void endNegotiation();
  void heartbeat();
  void takeAnswer(int numeric, const Message& message);
  void takeWhois(int numeric, const Message& message);
  void takeError(int numeric, const Message& message);
  std::string keyOf(std::string_view name) const { return foldCase(name, supported_.caseMapping); }
  template <class T, class Queue>
  Deferred<T> ask(Queue& queue, std::string_view key, std::string_view command, std::initializer_list<std::string_view> words,
                  Site site);

  Clock& clock_;
  IRCClientOptions options_;
  ServerSupportedFeatures supported_;
  std::string nickname_, hostname_;
  std::string attemptedNick_, ownPrefix_;
  bool registered_ = false, urgent_ = false, heard_ = false;
  Instant ctcpCreditAt_{};  // when all automatic replies are there again
  std::size_t nicksTried_ = 0, silentBeats_ = 0, pingsMade_ = 0, requests_ = 0;
  bool negotiating_ = false;
  std::map<std::string, std::string, std::less<>> offered_;
  std::set<std::string, std::less<>> enabled_;
  std::vector<std::string> motd_;
  DelayedCall heartbeat_, registration_;
  std::unique_ptr<Inner> inner_;
};

}  // namespace teasel::irc
