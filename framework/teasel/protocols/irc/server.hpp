#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <initializer_list>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <teasel/core/clock.hpp>
#include <teasel/deferred/deferred.hpp>
#include <teasel/protocol/factory.hpp>
#include <teasel/protocols/irc/irc_base.hpp>
#include <teasel/protocols/irc/server_options.hpp>
#include <teasel/protocols/irc/server_realm.hpp>

namespace teasel::irc {

namespace detail {
struct ServerChannel;
struct ServerState;
}  // namespace detail

class IRCFactory;
struct ModeChange;

/// One client of an IRC server, from its connection to its end (twisted.words.service.IRCUser). The
/// clients of one IRCFactory share its users and channels.
///
/// Every command has a handler that is named after it, irc_JOIN for JOIN. To change what a command
/// does, derive from IRCUser, override its handler, and give your class to the clients by
/// overriding IRCFactory::makeUser. To add a command, override unknownCommand.
///
/// Rules that hold for all commands:
///  - Before registration, every command but CAP, NICK, PASS, PING, PONG, QUIT and USER gets 451.
///  - Too few parameters get 461, an unknown command 421, a line that is too long 417.
///  - A reply or a message that does not fit into 512 bytes is cut at its end, between characters.
///  - Each line leaves in one write.
///  - A long answer (LIST, NAMES, WHO, a list of bans) leaves in portions; see
///    ServerLimits::answerQueue. Until it is whole, the client's next command waits. What is there
///    all the while is in the answer once. What begins, ends or gets another nick meanwhile may be
///    in it or not.
///  - A target that is named twice in one command counts once.
///  - A client for which more than ServerLimits::sendQueue bytes wait is reset: "Max SendQ
///    exceeded". Its connectionLost gets a ConnectionAborted whose cause is LimitExceeded.
class IRCUser : public IRCProtocol {
 public:
  explicit IRCUser(IRCFactory& server);
  ~IRCUser() override;

  // What is known of the user --------------------------------------------------------------------
  /// Counts the connections of the server, from 1.
  std::uint64_t id() const noexcept { return id_; }
  /// Empty until NICK.
  const std::string& nick() const noexcept { return nick_; }
  const std::string& user() const noexcept { return user_; }
  /// What others see as the host.
  const std::string& host() const noexcept { return host_; }
  const std::string& realName() const noexcept { return realName_; }
  /// What the realm said of the user.
  const Avatar& avatar() const noexcept { return avatar_; }
  /// "nick!user@host".
  std::string hostmask() const;
  /// Registration is complete, and the user has not left.
  bool registered() const noexcept { return phase_ == Phase::kRegistered; }
  /// The away message; nothing while the user is not away.
  const std::optional<std::string>& awayMessage() const noexcept { return away_; }
  /// The names of the channels that the user is in, in order.
  std::vector<std::string> channels() const;

  // What a program can do ------------------------------------------------------------------------
  /// The user leaves: others see QUIT with `reason`, the client gets ERROR, and the connection is
  /// closed. A CR, LF or NUL in `reason` becomes a space. No effect when the user has left already.
  void disconnect(std::string_view reason);
  /// Sends a numeric reply: the server as prefix, the nick, `words`, and the text behind a ':'. A
  /// word that can be no parameter is cut at its first space or replaced by '*'. When the words do
  /// not fit into one line, each is cut to 64 bytes. A CR, LF or NUL in the text becomes a space.
  void reply(Numeric numeric, std::initializer_list<std::string_view> words, std::string_view text);
  /// The same without a text.
  void reply(Numeric numeric, std::initializer_list<std::string_view> words);
  /// Sends a line that ends with CR LF, unless the user has left. Past ServerLimits::sendQueue the
  /// client is cut off when the current command is done.
  void relay(std::string_view line);

  // For the transport ----------------------------------------------------------------------------
  void connectionMade() override;
  void connectionLost(const Failure& reason) override;
  void messageReceived(const Message& message) override;
  void badMessage(std::string_view line, Fault fault, std::size_t at) override;
  void lineTooLong(std::string_view begin) override;
  /// A line that comes while the client has no credit waits; see FloodLimits.
  void lineReceived(std::string_view line) override;
  void producingResumed() override;

 protected:
  /// A command that has no handler. The default answers 421.
  virtual void unknownCommand(const Message& message);
  /// The user leaves, registered or not: by QUIT, by an end of the connection, or cut off. Called
  /// once, before the others are told. `reason` is what they see. An exception is logged and
  /// changes nothing else.
  virtual void userLeft(std::string_view reason) { static_cast<void>(reason); }

  // server.cpp and server_registration.cpp
  virtual void irc_CAP(const Message& message);
  virtual void irc_NICK(const Message& message);
  virtual void irc_PASS(const Message& message);
  virtual void irc_PING(const Message& message);
  virtual void irc_PONG(const Message& message);
  virtual void irc_QUIT(const Message& message);
  virtual void irc_USER(const Message& message);
  // server_channels.cpp, server_modes.cpp and server_answers.cpp
  virtual void irc_INVITE(const Message& message);
  virtual void irc_JOIN(const Message& message);
  virtual void irc_KICK(const Message& message);
  virtual void irc_LIST(const Message& message);
  virtual void irc_MODE(const Message& message);
  virtual void irc_NAMES(const Message& message);
  virtual void irc_PART(const Message& message);
  virtual void irc_TOPIC(const Message& message);
  // server_users.cpp
  virtual void irc_AWAY(const Message& message);
  virtual void irc_ISON(const Message& message);
  virtual void irc_LUSERS(const Message& message);
  virtual void irc_MOTD(const Message& message);
  virtual void irc_NOTICE(const Message& message);
  virtual void irc_OPER(const Message& message);
  virtual void irc_PRIVMSG(const Message& message);
  virtual void irc_USERHOST(const Message& message);
  virtual void irc_VERSION(const Message& message);
  virtual void irc_WHO(const Message& message);
  virtual void irc_WHOIS(const Message& message);

 private:
  friend class IRCFactory;
  friend struct detail::ServerState;
  using Channel = detail::ServerChannel;
  enum class Phase : std::uint8_t { kNew, kLoggingIn, kRegistered, kGone };
  enum Hold : std::uint8_t { kHeldByLogin = 1, kHeldByFlood = 2, kHeldByAnswer = 4 };
  class AnswerProducer;
  struct Invitation {
    std::string channel;
    std::uint64_t id;  // ServerChannel::id: a later channel of the same name is another one
  };
  struct Command;
  static const Command* findCommand(std::string_view name) noexcept;

  // server.cpp: the life of a connection
  void obey(const Message& message);
  bool charge(unsigned commands);
  void heard();
  void hold(Hold why);
  void release(Hold why);
  void pauseReading(bool pause);
  void keepForLater(std::string_view line);
  void watch();
  void silent();
  void signOff(std::string_view reason);
  void closeLink(std::string_view reason);
  void cutOff();
  // server_registration.cpp
  void tryToRegister();
  void loggedIn(Avatar avatar);
  void loginFailed(const Failure& failure);
  void welcome();
  void changeNick(std::string_view nick);
  void capabilities(std::string_view subcommand, std::string_view list);
  // server_channels.cpp
  void joinChannel(std::string_view name, std::string_view key);
  bool mayEnter(const Channel& channel, std::string_view key);
  Channel& makeChannel(std::string_view name, const GroupSettings& settings);
  void enter(Channel& channel, bool founder);
  void partAll();
  void sendTopic(const Channel& channel);
  Channel* joinedChannel(std::string_view name);
  Channel* operatedChannel(std::string_view name);
  bool isIn(const Channel& channel) const noexcept;
  bool sees(const Channel& channel) const noexcept;
  bool seesUser(const IRCUser& other) const noexcept;
  std::span<const std::string_view> targets(const Message& message, std::vector<std::string_view>& all, bool silently = false);
  // server_modes.cpp
  void channelMode(Channel& channel, const Message& message);
  void userMode(const Message& message);
  void sendModes(const Channel& channel);
  std::optional<ModeChange> changeMode(Channel& channel, const ModeChange& change);
  std::optional<ModeChange> changeRank(Channel& channel, const ModeChange& change);
  std::optional<ModeChange> changeBan(Channel& channel, const ModeChange& change);
  std::optional<ModeChange> changeKey(Channel& channel, const ModeChange& change);
  std::optional<ModeChange> changeLimit(Channel& channel, const ModeChange& change);
  // server_users.cpp
  void say(const Message& message, bool notice);
  void sayTo(std::string_view target, std::string_view text, bool notice);
  void whoisOne(const IRCUser& other);
  // server_answers.cpp
  /// Begins an answer of many lines. `step` sends the next line, or none, and says whether more
  /// may come. It finds what it speaks of anew each time.
  void answer(std::function<bool()> step);
  void goOn();
  void endAnswers();
  void stopAnswers();
  std::string someNames(const Channel& channel, std::uint64_t& after) const;
  void sendNames(const Channel& channel);
  void listChannel(const Channel& channel);
  void sendBans(const Channel& channel);
  void whoRow(std::string_view channel, const IRCUser& other, std::string_view signs);

  /// Begins a line of this user, of which MessageBuilder::trailing may cut the end.
  MessageBuilder& fromMe(std::string_view command);
  /// Begins a line of the server.
  MessageBuilder& fromServer();
  /// A reply as far as its words.
  MessageBuilder& replying(Numeric numeric, std::initializer_list<std::string_view> words);

  std::shared_ptr<detail::ServerState> state_;
  std::uint64_t id_;
  std::string nick_, user_, host_, realName_, password_;
  Avatar avatar_;
  std::optional<std::string> away_;
  std::map<std::string, Channel*, NameLess> channels_;
  std::vector<Invitation> invitations_;  // the oldest first
  Deferred<void> login_{nullptr};
  DelayedCall timer_;        // registration, silence, closing
  DelayedCall creditTimer_;  // flood protection
  Instant heardAt_{}, spokeAt_{};
  Instant creditAt_{};                          // when the credit is whole again
  std::vector<std::function<bool()>> answers_;  // the first one is being sent
  std::shared_ptr<AnswerProducer> producer_;    // while an answer waits for room
  std::uint64_t takenBefore_ = 0;               // bytesSent when silent() looked last
  std::size_t work_ = 0;                        // of the answers, not yet charged
  std::string backlog_;                         // lines that wait for credit, each with its LF
  std::optional<Instant> throttledSince_;
  Instant resumedAt_{};
  std::int64_t signedOnAt_ = 0;  // unixTime
  std::uint64_t mark_ = 0;       // see ServerState::neighbours
  Phase phase_ = Phase::kNew;
  std::uint8_t holds_ = 0;
  bool paused_ = false;  // by pauseReading
  bool negotiating_ = false;
  bool invisible_ = false;
  bool multiPrefix_ = false, userhostInNames_ = false;
  bool pinged_ = false;   // and not heard since
  bool doomed_ = false;   // to be cut off
  bool counted_ = false;  // in ServerState::connections
};

/// An IRC server: the users and channels that all its connections share
/// (twisted.words.service.IRCFactory).
///
///     irc::ServerOptions options;
///     options.name = "irc.example.org";
///     reactor.listenTCP(6667, std::make_shared<irc::IRCFactory>(reactor, options));
class IRCFactory : public Factory {
 public:
  /// `clock` is usually the reactor; it must outlive the connections. Throws UsageError when a text
  /// in `options` can be no part of a line, when its limits allow names that do not fit into one
  /// line together, or when `realm` is null.
  explicit IRCFactory(Clock& clock, ServerOptions options = {},
                      std::shared_ptr<WordsRealm> realm = std::make_shared<InMemoryWordsRealm>());
  ~IRCFactory() override;

  std::shared_ptr<Protocol> buildProtocol(const Address& peer) override;
  /// What buildProtocol gives. Override it for a class of your own that derives from IRCUser.
  virtual std::shared_ptr<IRCUser> makeUser();

  const ServerOptions& options() const noexcept;
  /// How many users are registered.
  std::size_t users() const noexcept;
  /// How many connections there are.
  std::size_t connections() const noexcept;
  /// How many channels there are.
  std::size_t channels() const noexcept;
  /// The user with this nick, registered or not; null when there is none. Valid until the user
  /// leaves.
  IRCUser* findUser(std::string_view nick) const;
  /// The nicks of a channel's members, each with its sign: "@ann", "+bob", "cid". In order of their
  /// connections. Empty when there is no such channel.
  std::vector<std::string> members(std::string_view channel) const;

 private:
  friend class IRCUser;
  std::shared_ptr<detail::ServerState> state_;
};

}  // namespace teasel::irc
