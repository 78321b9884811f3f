#pragma once

#include <cstdint>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

#include <teasel/core/instant.hpp>

/// What IRCClient's questions give: the results of their Deferreds, and the errors.
namespace teasel::irc {

/// The server refused a command by an error numeric.
class ReplyError : public std::runtime_error {
 public:
  /// `subject`: the nick or channel that the error is about; may be empty.
  ReplyError(int numeric, std::string_view subject, std::string_view text);
  int numeric() const noexcept { return numeric_; }
  const std::string& subject() const noexcept { return subject_; }

 private:
  int numeric_;
  std::string subject_;
};

/// Each nick that was tried is taken (IRCClientOptions::mostNicks).
class NickInUse : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};
/// The server did not take the password (464).
class IRCPasswordMismatch : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

/// The answer to whois. What the server did not say is empty.
struct WhoisReply {
  std::string nick, user, host, realname;
  std::string server, serverInfo;
  bool isOperator = false;
  /// The account that the user has logged in to.
  std::string account;
  /// Why the user is away.
  std::string away;
  std::optional<Duration> idle;
  /// When the user signed on, in seconds since 1970.
  std::optional<std::int64_t> signedOn;
  /// With the signs of the user's ranks in front: "@#tea".
  std::vector<std::string> channels;
};

/// One member of a channel: an entry of the answer to names.
struct Member {
  std::string nick;
  /// The signs of its ranks, highest first: "@", or "@+" with the capability multi-prefix.
  std::string signs;
  friend bool operator==(const Member&, const Member&) = default;
};
using NamesReply = std::vector<Member>;

/// One entry of the answer to who.
struct WhoEntry {
  std::string channel, user, host, server, nick;
  /// "H" for here or "G" for gone, then "*" for an operator, then signs of ranks.
  std::string flags;
  std::uint64_t hops = 0;
  std::string realname;
};
using WhoReply = std::vector<WhoEntry>;

/// One channel: an entry of the answer to list.
struct ListEntry {
  std::string channel;
  std::uint64_t users = 0;
  std::string topic;
};
using ListReply = std::vector<ListEntry>;

}  // namespace teasel::irc
