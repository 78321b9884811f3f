#pragma once

#include <cstddef>
#include <map>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>

#include <teasel/core/address.hpp>
#include <teasel/deferred/deferred.hpp>
#include <teasel/protocols/irc/casemapping.hpp>

namespace teasel::irc {

/// Who wants to register: what the client said, and where it is.
struct Credentials {
  std::string nick;
  std::string user;
  std::string realName;
  /// What PASS brought. Empty when there was no PASS.
  std::string password;
  Address peer;
};

/// Somebody who may use the server.
struct Avatar {
  /// The name of the account, one word. WHOIS shows it. Empty: no account.
  std::string account{};
  /// What others see as the host of the user, one word. It is cut at its first space, CR, LF or
  /// NUL, and at 64 bytes. Empty: the address of the peer.
  std::string host{};
};

/// The login was refused. The client gets numeric 464 with this text, then ERROR.
class UnauthorizedLogin : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

/// What a channel begins with, and what is left of it when its last member has gone.
///
/// Key, limit and `i` hold for the first one in, too: who may not enter gets the numeric that says
/// so, and the channel does not begin. With `i` nobody can be the first, so a realm leaves it out
/// for those whom it lets in.
struct GroupSettings {
  /// A CR, LF or NUL becomes a space.
  std::string topic{};
  /// Modes without a parameter: letters of "imnst". Others are ignored.
  std::string modes = "nt";
  /// One word without a comma, at most ServerLimits::keyLength bytes. Any other one ends the
  /// connection with UsageError. Empty: no key.
  std::string key{};
  /// Of members; 0: none.
  std::size_t limit = 0;
  /// Whether the first member becomes channel operator.
  bool founderIsOperator = true;
};

/// Where an IRC server asks who may use it and which channels there may be. Derive from it to put a
/// store of your own behind the server. The model is twisted.words.service.WordsRealm together with
/// the portal before it.
///
/// The server calls it on the reactor's thread, and never while another call to it runs for the
/// same connection. An exception out of it ends the connection for which it was called. What login
/// says may come later; the other calls answer at once.
class WordsRealm {
 public:
  WordsRealm() = default;
  WordsRealm(const WordsRealm&) = delete;
  WordsRealm& operator=(const WordsRealm&) = delete;
  virtual ~WordsRealm() = default;

  /// Checks who registers. Called once for each connection, when NICK and USER are there and CAP
  /// has ended. No command of that client is read before the Deferred has fired. To refuse, fail
  /// with UnauthorizedLogin; any other failure is logged and refuses, too, without its text. The
  /// Deferred is cancelled when the client goes before.
  virtual Deferred<Avatar> login(const Credentials& credentials) = 0;
  /// A registered user wants another nick, which nobody has. If it may not be used, the client gets
  /// 433. The default allows every nick.
  virtual bool mayUseNick(std::string_view nick, const Avatar& who) {
    static_cast<void>(nick), static_cast<void>(who);
    return true;
  }
  /// Somebody joins a channel in which nobody is. Gives what the channel begins with, or nothing if
  /// it may not exist: the client gets 403. `name` is spelled as the user spelled it.
  virtual std::optional<GroupSettings> getGroup(std::string_view name, std::string_view nick, const Avatar& who) = 0;
  /// The last member of a channel has gone. `last` is how the channel was then. An exception is
  /// logged and changes nothing else.
  virtual void groupEmptied(std::string_view name, const GroupSettings& last) {
    static_cast<void>(name), static_cast<void>(last);
  }
};

/// A realm without a store. Everybody may come in, and every channel begins with the same settings
/// (twisted.words.service.InMemoryWordsRealm).
class InMemoryWordsRealm : public WordsRealm {
 public:
  /// With a `password`, only those may come in who give it by PASS.
  explicit InMemoryWordsRealm(GroupSettings settings = {}, std::string password = {})
      : settings_(std::move(settings)), password_(std::move(password)) {}
  /// From now on, whoever registers with this nick must give this password, and no other one. Nicks
  /// are compared by CaseMapping::kRfc1459. The nick is the name of the account.
  void addUser(std::string nick, std::string password);
  Deferred<Avatar> login(const Credentials& credentials) override;
  /// A nick of addUser is for its own account.
  bool mayUseNick(std::string_view nick, const Avatar& who) override;
  std::optional<GroupSettings> getGroup(std::string_view name, std::string_view nick, const Avatar& who) override;

 private:
  struct Known {
    std::string nick, password;
  };
  GroupSettings settings_;
  std::string password_;
  std::map<std::string, Known, NameLess> known_;
};

}  // namespace teasel::irc
