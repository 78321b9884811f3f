#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include <teasel/core/instant.hpp>

namespace teasel::irc {

/// How much of everything one IRC server allows. Lengths are in bytes. What a limit cuts off or
/// refuses is said at the limit. Clients learn of most of them by numeric 005. So that every line
/// has room for its names, twice nickLength, userLength, channelLength and the longer of maskLength
/// and keyLength may be 320 together.
struct ServerLimits {
  /// Connections at once, unregistered ones included. A further one gets ERROR and is closed.
  std::size_t connections = 10'000;
  /// Channels at once. JOIN of a further one gets 437.
  std::size_t channels = 10'000;
  /// Channels that one user is in. JOIN of a further one gets 405.
  std::size_t channelsPerUser = 20;
  /// A longer nick gets 432.
  std::size_t nickLength = 30;
  /// A longer user name is cut.
  std::size_t userLength = 12;
  /// A longer name of a channel gets 403. The '#' counts.
  std::size_t channelLength = 50;
  /// A longer topic is cut.
  std::size_t topicLength = 300;
  /// A longer reason (of KICK, PART and QUIT), away message or real name is cut.
  std::size_t textLength = 200;
  /// A longer key of a channel gets 696.
  std::size_t keyLength = 23;
  /// Bans of one channel. A further one gets 478.
  std::size_t bans = 50;
  /// A longer ban mask gets 415. WHO with a longer mask finds nobody.
  std::size_t maskLength = 100;
  /// Targets of one PRIVMSG, NOTICE, WHOIS or KICK, and channels of one JOIN, PART, NAMES or LIST.
  /// The rest gets 407 once.
  std::size_t targets = 10;
  /// Changes with a parameter in one MODE, bans included. Further ones are ignored.
  std::size_t modes = 6;
  /// Invitations that one user holds. A further one replaces the oldest.
  std::size_t invitations = 20;
  /// Output that may wait for one client. A client for which more waits is cut off.
  std::size_t sendQueue = std::size_t{1} << 20;
  /// A long answer waits while more output than this waits for its client. A client that takes
  /// nothing of it for ServerTimes::pingInterval is cut off. 0: half of sendQueue.
  std::size_t answerQueue = 0;
};

/// How long the server waits for what.
struct ServerTimes {
  /// From the connection until the user is registered.
  Duration registration = std::chrono::seconds(60);
  /// A user who was silent for so long is sent a PING.
  Duration pingInterval = std::chrono::seconds(120);
  /// A user who is silent for so long after that PING is cut off.
  Duration pingTimeout = std::chrono::seconds(60);
  /// Between the ERROR that ends a connection and its reset, if the client does not take the ERROR.
  Duration closing = std::chrono::seconds(5);
};

/// How fast one client may send commands (RFC 1459, section 8.10). A client has a credit of `burst`
/// commands. Each command takes one or more, and one comes back each `interval`. An answer takes
/// one more for each 64 KiB that were compared or sent for it.
///
/// What a client without credit sends waits: 16 KiB of it in the server, the rest in the client's
/// system, which feels backpressure. No command is lost while the connection lasts. A client that
/// ends it while at most those 16 KiB wait is gone at once. One that left more behind is gone after
/// `patience`, because the server does not read on to its end before.
struct FloodLimits {
  unsigned burst = 20;
  /// 0 switches flood protection off.
  Duration interval = std::chrono::milliseconds(500);
  /// A client that was without credit for so long without a break is cut off: "Excess Flood".
  Duration patience = std::chrono::minutes(5);
};

/// What distinguishes one IRC server from another. The text of each member is sent as it is, so it
/// must be free of CR, LF and NUL. A word has at most 63 bytes. IRCFactory checks both.
struct ServerOptions {
  /// The name of the server, one word.
  std::string name = "irc.example";
  /// The name of the network, one word.
  std::string network = "Teasel";
  /// One line about the server, for WHOIS.
  std::string description = "an IRC server of Teasel";
  /// What VERSION answers, one word.
  std::string version = "teasel-irc";
  /// When the server was started, for people (numeric 003).
  std::string created = "today";
  /// The message of the day, by line. Empty: there is none.
  std::vector<std::string> motd{};
  ServerLimits limits{};
  ServerTimes times{};
  FloodLimits flood{};
  /// Seconds since 1970. With it, clients also learn when topics, bans and channels were made
  /// (numerics 329, 333, 367) and when users signed on (317). A world has no such time.
  std::function<std::int64_t()> unixTime{};
};

}  // namespace teasel::irc
