#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include <teasel/protocols/irc/casemapping.hpp>
#include <teasel/protocols/irc/message.hpp>
#include <teasel/protocols/irc/modes.hpp>
#include <teasel/protocols/irc/server_options.hpp>

namespace teasel::targets {

/// A plain IRC server without connections, to compare the real one with. It gets the commands in
/// the order in which the server takes them, and says which lines each client must receive, in
/// order. It shares the parsers of messages and of mode changes with the server, and nothing that
/// knows users or channels. It is for servers whose realm is an InMemoryWordsRealm without
/// passwords, and that have no time and no message of the day.
class IrcModel {
 public:
  using Id = std::uint64_t;  // IRCUser::id

  explicit IrcModel(irc::ServerOptions options) : options_(std::move(options)) {}

  // What happens ---------------------------------------------------------------------------------
  void connected(Id id, std::string host);
  /// The server begins to carry out a command.
  void command(Id id, const irc::Message& message);
  /// The server got a line that is no message.
  void badLine(Id id, bool tooLong);
  /// IRCUser::userLeft.
  void left(Id id, std::string_view reason);

  /// Nothing more that happens counts: the server shuts down. Clients may still see who leaves
  /// then.
  void freeze() noexcept { frozen_ = true; }

  // What clients must see ------------------------------------------------------------------------
  /// A client has received a line, without its end. Returns what is wrong with that, or "".
  std::string received(Id id, std::string_view line);
  /// How many lines a client has still to receive. The ERROR at the end does not count.
  std::size_t owed(Id id) const;
  /// The next line that a client has to receive.
  std::string next(Id id) const;
  /// Forgets what is owed to a client whose connection is broken.
  void forget(Id id) { owed_.erase(id); }
  /// How many lines all clients together had to receive.
  std::uint64_t lines() const noexcept { return lines_; }

  // What the server must know --------------------------------------------------------------------
  std::size_t users() const;
  std::size_t channels() const noexcept { return channels_.size(); }
  /// "@ann", "+bob", in order of their connections.
  std::vector<std::string> members(std::string_view channel) const;
  /// The names of the channels, folded, in order.
  std::vector<std::string> channelNames() const;

 private:
  struct User {
    Id id = 0;
    std::string nick, user, host, realName;
    std::optional<std::string> away;
    std::vector<std::string> invitations;
    bool registered = false, negotiating = false, invisible = false;
    bool multiPrefix = false, userhostInNames = false;
    std::string mask() const { return nick + '!' + user + '@' + host; }
  };
  struct Rank {
    bool op = false, voice = false;
  };
  struct Channel {
    std::string name, topic, key;
    std::size_t limit = 0;
    std::set<char> flags;
    std::vector<std::string> bans;
    std::map<Id, Rank> members;
  };
  /// A line. Of one that is not whole, only the beginning is given: behind it comes a text for
  /// people, or nothing.
  struct Owed {
    std::shared_ptr<const std::string> text;
    bool whole;
  };
  struct Client {
    std::deque<Owed> lines;
    std::optional<std::string> last;  // the ERROR that may follow
  };

  // model.cpp
  void owe(Id id, std::string line, bool whole = true);
  void oweAll(const std::set<Id>& ids, const std::string& line);
  void number(const User& user, const char* numeric, const std::string& words);
  void number(const User& user, const char* numeric, const std::string& words, std::string_view text);
  std::string cut(const std::string& head, std::string_view text) const;
  User* byNick(std::string_view nick);
  Channel* byName(std::string_view name);
  std::set<Id> neighbours(const User& user, bool self) const;
  bool sees(const User& user, const Channel& channel) const;
  bool sees(const User& user, const User& other) const;
  void takeOut(Id id, Channel& channel);
  void end(std::string name);
  /// Each name once, at its first place.
  static std::vector<std::string_view> distinct(std::vector<std::string_view> names);
  std::vector<std::string_view> some(const User& user, const irc::Message& message, std::string_view list);
  static std::string sign(const User& viewer, const Rank& rank);
  void unregistered(User& user, const irc::Message& message);
  void nick(User& user, const irc::Message& message);
  void cap(User& user, const irc::Message& message);
  void tryToRegister(User& user);
  void lusers(const User& user);
  // model_channels.cpp
  bool channelCommand(User& user, const irc::Message& message);
  void join(User& user, std::string_view name, std::string_view key);
  void names(const User& user, const Channel& channel);
  void list(const User& user, const irc::Message& message);
  void part(User& user, const irc::Message& message);
  void topic(User& user, const irc::Message& message);
  void kick(User& user, const irc::Message& message);
  void invite(User& user, const irc::Message& message);
  void mode(User& user, const irc::Message& message);
  void channelMode(User& user, Channel& channel, const irc::Message& message);
  Channel* joined(const User& user, std::string_view name);
  Channel* operated(const User& user, std::string_view name);
  // model_users.cpp
  bool userCommand(User& user, const irc::Message& message);
  void say(User& user, const irc::Message& message, bool notice);
  std::optional<irc::ModeChange> apply(const User& user, Channel& channel, const irc::ModeChange& change);
  void who(const User& user, const irc::Message& message);
  void whois(const User& user, const irc::Message& message);

  irc::ServerOptions options_;
  std::map<Id, User> users_;
  std::map<std::string, Channel> channels_;  // by folded name
  std::map<Id, Client> owed_;
  std::size_t mostAtOnce_ = 0;
  std::uint64_t lines_ = 0;
  bool frozen_ = false;
};

/// The texts that the model shares: small, slow and obvious.
namespace model_texts {
std::string folded(std::string_view name);
/// Whether a mask matches, by trying every possibility.
bool matches(std::string_view mask, std::string_view text);
std::vector<std::string_view> split(std::string_view list, char at);
/// What is shown of a word that may be none.
std::string word(std::string_view text);
/// The beginning of a text, whole characters only.
std::string_view whole(std::string_view text, std::size_t bytes);
/// A ban mask with all its parts.
std::string wholeMask(std::string_view mask);
}  // namespace model_texts

}  // namespace teasel::targets
