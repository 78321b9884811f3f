#pragma once

#include <cstdint>
#include <string>

#include <teasel/core/instant.hpp>

#include "pattern.hpp"

namespace teasel::soak {

/// How an end writes.
enum class Way : std::uint8_t {
  kAtOnce,  ///< all of it in connectionMade
  kTimed,   ///< in pieces, each from a timer
  kPush,    ///< as a push producer
  kPull,    ///< as a pull producer
  kAnswer,  ///< a piece for each dataReceived, and now and then one from a timer
};

/// How an end ends. The first three are in good order: whoever does one of them has sent
/// everything, and reads everything that the other end sends.
enum class Ending : std::uint8_t {
  kHalfClose,      ///< loseWriteConnection when all is written; reads to the end
  kLoseWhenDone,   ///< loseConnection when all is written and all is received
  kLoseAfterPeer,  ///< loseConnection when all is written and the peer has ended its direction
  kLoseEarly,      ///< loseConnection when all is written, whatever the peer still sends
  kLoseMid,        ///< loseConnection at some time
  kAbort,          ///< abortConnection at some time
  kThrow,          ///< an exception out of dataReceived at some time
  kFail,           ///< failConnection at some time
};
const char* name(Way way) noexcept;
const char* name(Ending ending) noexcept;

/// What one end of a connection does.
struct Script {
  Way way = Way::kAtOnce;
  Ending ending = Ending::kHalfClose;
  bool halfCloseable = true;
  bool endsBeforeItWrites = false;  ///< a producer half-closes at once, and is awaited
  std::uint64_t total = 0;          ///< bytes to send, the header included
  std::uint64_t piece = 1;          ///< bytes in a piece, at most
  std::uint64_t lowMark = 0, highMark = 0;
  std::uint64_t endAtReceived = 0;  ///< the ends "at some time" come after so many bytes,
  Duration endAfter{};              ///< or so much later, whichever is first
  std::uint64_t pauses = 0;         ///< how often it pauses reading,
  std::uint64_t pauseEvery = 0;     ///< after so many more bytes each,
  Duration pauseFor{};              ///< for so long
  bool pausedAtFirst = false;       ///< the first pause begins in connectionMade
  std::uint64_t decoys = 0;         ///< timers that are set, moved and cancelled on the side

  bool polite() const noexcept { return ending <= Ending::kLoseAfterPeer; }
  std::string text() const;
};

/// Where a client connects to.
enum class Route : std::uint8_t {
  kTcp,
  kUnix,
  kFleetingTcp,   ///< a port that opens and closes all the time
  kFleetingUnix,  ///< the same, on a UNIX socket
};

/// How a client comes.
enum class Visit : std::uint8_t {
  kConnection,
  kCancelled,  ///< gives up while it connects, if there is time
  kRefused,    ///< the server's factory builds no protocol
  kKnock,      ///< a plain socket that says something and closes, or resets
};

/// What a connection is going to be. It depends on the seed and the number, and on nothing else.
struct Plan {
  Route route = Route::kTcp;
  Visit visit = Visit::kConnection;
  bool binds = false;        ///< the client's address says its number
  bool knockResets = false;  ///< how a knock ends
  Script client, server;

  bool isUnix() const noexcept { return route == Route::kUnix || route == Route::kFleetingUnix; }
  bool fleeting() const noexcept { return route >= Route::kFleetingTcp; }
  const Script& of(Role role) const noexcept { return role == Role::kClient ? client : server; }
  std::string text() const;
};

Plan makePlan(std::uint64_t seed, std::uint64_t number);

}  // namespace teasel::soak
