#pragma once

#include <chrono>
#include <cstddef>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include <teasel/core/instant.hpp>

namespace teasel::irc {

/// How an IRCClient introduces itself, answers and waits. Twisted has these as attributes of
/// IRCClient. They may be changed while the client runs, and hold from the next use on.
struct IRCClientOptions {
  /// The nick to begin with.
  std::string nickname = "irc";
  /// Empty: PASS is not sent.
  std::string password;
  /// Empty: the nick.
  std::string username;
  /// Empty: the nick.
  std::string realname;
  /// Whether to register as soon as the connection is made.
  bool performLogin = true;
  /// The nick to try when the server calls the first one illegal.
  std::string erroneousNickFallback = "defaultnick";
  /// Capabilities to ask for (IRCv3 "Capability Negotiation"), as far as the server offers them.
  /// When this is empty, the client does not negotiate at all.
  std::vector<std::string> capabilities;

  /// The least time between two lines. None: lines leave at once.
  std::optional<Duration> lineRate;
  /// How many lines may wait for their time. A command that does not fit whole sends nothing and
  /// throws LimitExceeded. Automatic replies to CTCP queries are dropped from half of it on.
  std::size_t mostQueuedLines = 1000;

  /// A PING goes to the server after this time, again and again, once the client is registered.
  /// When nothing at all came from the server during two of these times, the connection is aborted
  /// with TimeoutError as its cause. None: no PING, no limit.
  std::optional<Duration> heartbeatInterval = std::chrono::seconds(120);
  /// How long the server may take to register the client; then the connection fails with
  /// TimeoutError. None: no limit.
  std::optional<Duration> registrationTimeout = std::chrono::seconds(120);
  /// How many nicks are tried when nicks are taken. Then the connection fails with NickInUse.
  std::size_t mostNicks = 20;

  /// How long a question (whois, names, who, list, topic) waits for its answer. Then its Deferred
  /// fails with TimeoutError. None: until the connection ends.
  std::optional<Duration> answerTimeout = std::chrono::seconds(120);
  /// How many entries one answer may have. More: its Deferred fails with LimitExceeded.
  std::size_t mostAnswerEntries = 100'000;

  /// Automatic replies to CTCP queries: so many at once, and then one each interval. A query above
  /// that gets no reply; otherwise whoever sends many could make the server end this client for its
  /// flood. None: all get one.
  unsigned ctcpReplyBurst = 5;
  std::optional<Duration> ctcpReplyInterval = std::chrono::seconds(2);

  // What CTCP queries are answered with. Empty: the query gets no reply.
  std::string userinfo;
  /// The reply to FINGER.
  std::function<std::string()> fingerReply;
  /// The parts of the reply to VERSION: "name:number:environment".
  std::string versionName, versionNum, versionEnv;
  /// The reply to SOURCE.
  std::string sourceURL;
  /// The reply to TIME. A protocol knows no calendar, so the program says it.
  std::function<std::string()> timeReply;
};

}  // namespace teasel::irc
