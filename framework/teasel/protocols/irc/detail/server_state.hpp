#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include <teasel/protocols/irc/detail/mask.hpp>
#include <teasel/protocols/irc/server.hpp>

/// What the connections of one IRC server share: its users and its channels.
namespace teasel::irc::detail {

/// A user in a channel.
struct Member {
  IRCUser* user;
  bool op = false;
  bool voice = false;
  /// "@", "+" or "".
  std::string_view sign() const noexcept { return op ? "@" : voice ? "+" : ""; }
  /// All signs: "@+" for an operator with a voice.
  std::string_view signs() const noexcept { return op && voice ? "@+" : sign(); }
};

struct Ban {
  std::string mask;
  std::string by;       // hostmask of who set it
  std::int64_t at = 0;  // unixTime
};

/// A channel. It exists while it has members.
struct ServerChannel {
  std::uint64_t id = 0;  // never used again, so an invitation ends with its channel
  std::string name;      // as the first member spelled it
  std::string topic;
  std::string topicBy;  // hostmask of who set it; empty for a topic of the realm
  std::int64_t topicAt = 0;
  std::int64_t createdAt = 0;
  std::string key;
  std::size_t limit = 0;  // 0: none
  std::string flags;      // modes without a parameter that are set, in order
  std::vector<Ban> bans;
  std::map<std::uint64_t, Member> members;  // by IRCUser::id

  bool has(char flag) const noexcept { return flags.find(flag) != std::string::npos; }
  void set(char flag, bool on);
  const Member* find(const IRCUser& user) const noexcept;
  Member* find(const IRCUser& user) noexcept;
  /// Whether some ban matches this hostmask. `mask` is memory for that.
  bool isBanned(std::string_view hostmask, Mask& mask) const;
  /// Sends a line to all members but `except`.
  void send(std::string_view line, const IRCUser* except = nullptr) const;
  /// What the realm gets when the last member has gone.
  GroupSettings settings() const;
};

struct ServerState : std::enable_shared_from_this<ServerState> {
  ServerState(Clock& itsClock, ServerOptions itsOptions, std::shared_ptr<WordsRealm> itsRealm);
  ServerState(const ServerState&) = delete;
  ServerState& operator=(const ServerState&) = delete;
  ~ServerState() { reapTimer.cancelIfActive(); }

  Clock& clock;
  const ServerOptions options;
  const std::shared_ptr<WordsRealm> realm;
  /// By nick, registered or not: a nick is taken when NICK was accepted.
  std::map<std::string, IRCUser*, NameLess> nicks;
  std::map<std::string, ServerChannel, NameLess> channels;
  std::size_t connections = 0;
  std::size_t registered = 0;
  std::size_t unknown = 0;     // connections that are not registered yet
  std::size_t invisible = 0;   // of those registered
  std::size_t mostAtOnce = 0;  // users registered at once
  std::uint64_t lastId = 0;
  std::uint64_t lastMark = 0;
  std::uint64_t lastChannel = 0;
  std::vector<IRCUser*> doomed;  // to be cut off by reap
  DelayedCall reapTimer;         // for those whom a program has doomed outside of a command
  Mask mask;                     // for one comparison at a time
  MessageBuilder line;           // for one line at a time

  IRCUser* find(std::string_view nick) const;
  /// Null for one that is not registered.
  IRCUser* findRegistered(std::string_view nick) const;
  ServerChannel* findChannel(std::string_view name);
  /// Takes a user out of a channel. The channel ends with its last member.
  void leave(ServerChannel& channel, IRCUser& user);
  /// Who shares a channel with `user`, each once, without `user`.
  std::vector<IRCUser*> neighbours(IRCUser& user);
  /// Takes a user out of everything and tells nobody: it is destroyed. A crash of its host ends a
  /// connection without connectionLost.
  void forget(IRCUser& user) noexcept;
  /// Notes a user who has read too little. It is cut off by reap, in the next turn at the latest.
  void doom(IRCUser& user);
  /// Cuts off those who have read too little. Called at the end of whatever sends.
  void reap();
  std::int64_t unixTime() const { return options.unixTime ? options.unixTime() : 0; }
};

/// A ban mask with all three parts: "bob" becomes "bob!*@*", "*@host" becomes "*!*@host".
std::string wholeMask(std::string_view mask);
/// Whether `nick` may be a nick: letters, digits and []\`_^{|}-, not beginning with a digit or '-'
/// (RFC 2812, section 2.3.1).
bool isNick(std::string_view nick, std::size_t longest) noexcept;
/// Whether `name` may be the name of a channel: '#', then no space, comma, colon, or control
/// character.
bool isChannelName(std::string_view name, std::size_t longest) noexcept;
/// The beginning of `text`, at most `bytes` long, whole characters only.
std::string_view shortened(std::string_view text, std::size_t bytes) noexcept;
/// What can be a parameter of `text`: a word, at most `longest` bytes of it, or "*". What a client
/// has sent is shown with kShownWord bytes at most.
inline constexpr std::size_t kShownWord = 64;
std::string_view asWord(std::string_view text, std::size_t longest = kShownWord) noexcept;
/// `text` with a space for each CR, LF and NUL: what programs and realms say is sent as one line.
std::string oneLine(std::string_view text);
/// A key is one word without a comma, which separates keys in JOIN.
bool isKey(std::string_view key, std::size_t longest) noexcept;
/// Cuts "a,b,,c" at the commas. Empty parts are left out.
std::vector<std::string_view> splitList(std::string_view list);

}  // namespace teasel::irc::detail
