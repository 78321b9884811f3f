#pragma once

#include <cstdint>
#include <string>
#include <string_view>

/// What a protocol hears when its peer resets or closes the connection. The table says it once for
/// all transports: the tests of drivers play its rows with plain sockets against Linux itself and
/// against each driver, the tests of the world with remote peers, and the contract suite between
/// two hosts. docs/resets.md shows both tables: that of TCP and that of UNIX sockets.

namespace teasel::contract {

/// How the peer ends the connection.
enum class PeerEnds : std::uint8_t {
  kResets,        ///< by a reset: abortConnection, or a close with a linger time of 0
  kClosesUnread,  ///< it closes, and has not read what we sent; Linux sends a reset then
  kCloses,        ///< it has read everything and closes
};
/// What we write. Nothing of it makes the peer answer.
enum class WeWrite : std::uint8_t {
  kNothing,
  kBefore,      ///< before the peer ends the connection
  kAfter,       ///< once, after the end has arrived and before we have heard of it
  kBoth,        ///< both
  kAfterTwice,  ///< twice, after the end has arrived; only a paused reader comes to write twice
};
enum class HalfClosed : std::uint8_t {
  kNeither,
  kOurs,   ///< we have ended our direction before
  kPeers,  ///< the peer has ended its direction before, behind its bytes
};

struct ResetRow {
  HalfClosed half;
  PeerEnds ends;
  WeWrite writes;
  // Linux, by plain sockets. recv gives every byte that has arrived in each of the rows.
  std::string_view sends;     ///< what each of our sends gives: "ok", or an error
  std::string_view received;  ///< what recv gives behind the bytes: "0", or an error
  std::string_view error;     ///< SO_ERROR behind that; empty if there is none
  // What the protocol hears behind the bytes. It is half-closeable where a direction is
  // half-closed.
  std::string_view hears;         ///< while it reads; empty if the row cannot come then
  std::string_view hearsResumed;  ///< if it was paused: nothing before it resumes, then this
};

inline constexpr std::string_view kHearsLost = "lost:ConnectionLost", kHearsDone = "lost:ConnectionDone",
                                  kHearsEofLost = "readLost lost:ConnectionLost", kHearsEofDone = "readLost lost:ConnectionDone";

inline constexpr ResetRow kResetTable[] = {
    {HalfClosed::kNeither, PeerEnds::kResets, WeWrite::kNothing, "", "ECONNRESET", "", kHearsLost, kHearsLost},
    {HalfClosed::kNeither, PeerEnds::kResets, WeWrite::kBefore, "ok", "ECONNRESET", "", kHearsLost, kHearsLost},
    {HalfClosed::kNeither, PeerEnds::kResets, WeWrite::kAfter, "ECONNRESET", "0", "", kHearsLost, kHearsLost},
    {HalfClosed::kNeither, PeerEnds::kResets, WeWrite::kBoth, "ok ECONNRESET", "0", "", kHearsLost, kHearsLost},
    {HalfClosed::kNeither, PeerEnds::kClosesUnread, WeWrite::kBefore, "ok", "ECONNRESET", "", kHearsLost, kHearsLost},
    {HalfClosed::kNeither, PeerEnds::kClosesUnread, WeWrite::kBoth, "ok ECONNRESET", "0", "", kHearsLost, kHearsLost},
    {HalfClosed::kNeither, PeerEnds::kCloses, WeWrite::kNothing, "", "0", "", kHearsDone, kHearsDone},
    {HalfClosed::kNeither, PeerEnds::kCloses, WeWrite::kBefore, "ok", "0", "", kHearsDone, kHearsDone},
    {HalfClosed::kNeither, PeerEnds::kCloses, WeWrite::kAfter, "ok", "0", "EPIPE", kHearsDone, kHearsDone},
    {HalfClosed::kNeither, PeerEnds::kCloses, WeWrite::kAfterTwice, "ok EPIPE", "0", "", "", kHearsLost},

    {HalfClosed::kOurs, PeerEnds::kResets, WeWrite::kNothing, "", "ECONNRESET", "", kHearsLost, kHearsLost},
    {HalfClosed::kOurs, PeerEnds::kResets, WeWrite::kBefore, "ok", "ECONNRESET", "", kHearsLost, kHearsLost},
    {HalfClosed::kOurs, PeerEnds::kClosesUnread, WeWrite::kBefore, "ok", "ECONNRESET", "", kHearsLost, kHearsLost},
    {HalfClosed::kOurs, PeerEnds::kCloses, WeWrite::kNothing, "", "0", "", kHearsEofDone, kHearsEofDone},
    {HalfClosed::kOurs, PeerEnds::kCloses, WeWrite::kBefore, "ok", "0", "", kHearsEofDone, kHearsEofDone},

    {HalfClosed::kPeers, PeerEnds::kResets, WeWrite::kNothing, "", "0", "EPIPE", kHearsEofLost, kHearsEofLost},
    {HalfClosed::kPeers, PeerEnds::kResets, WeWrite::kBefore, "ok", "0", "EPIPE", kHearsEofLost, kHearsEofLost},
    {HalfClosed::kPeers, PeerEnds::kResets, WeWrite::kAfter, "EPIPE", "0", "", kHearsEofLost, kHearsLost},
    {HalfClosed::kPeers, PeerEnds::kResets, WeWrite::kBoth, "ok EPIPE", "0", "", kHearsEofLost, kHearsLost},
    {HalfClosed::kPeers, PeerEnds::kClosesUnread, WeWrite::kBefore, "ok", "0", "EPIPE", kHearsEofLost, kHearsEofLost},
    {HalfClosed::kPeers, PeerEnds::kClosesUnread, WeWrite::kBoth, "ok EPIPE", "0", "", kHearsEofLost, kHearsLost},
    {HalfClosed::kPeers, PeerEnds::kCloses, WeWrite::kAfter, "ok", "0", "EPIPE", kHearsEofLost, kHearsEofLost},
    {HalfClosed::kPeers, PeerEnds::kCloses, WeWrite::kAfterTwice, "ok EPIPE", "0", "", "", kHearsLost},
};

/// The same between UNIX sockets. They have no resets: `kResets` is a close with a linger time of 0
/// here, which is an ordinary close. Only unread input makes a difference. A send to a side that is
/// gone fails at once (EPIPE), and takes no error from the kernel. Where `hears` is empty although
/// the row can come, a reader hears ConnectionDone or ConnectionLost: that depends on whether the
/// end or the failed send is noticed first. Both are empty where nothing is heard until we write.
inline constexpr ResetRow kUnixResetTable[] = {
    {HalfClosed::kNeither, PeerEnds::kResets, WeWrite::kNothing, "", "0", "", kHearsDone, kHearsDone},
    {HalfClosed::kNeither, PeerEnds::kResets, WeWrite::kBefore, "ok", "ECONNRESET", "", kHearsLost, kHearsLost},
    {HalfClosed::kNeither, PeerEnds::kResets, WeWrite::kAfter, "EPIPE", "0", "", "", kHearsLost},
    {HalfClosed::kNeither, PeerEnds::kResets, WeWrite::kBoth, "ok EPIPE", "ECONNRESET", "", kHearsLost, kHearsLost},
    {HalfClosed::kNeither, PeerEnds::kClosesUnread, WeWrite::kBefore, "ok", "ECONNRESET", "", kHearsLost, kHearsLost},
    {HalfClosed::kNeither, PeerEnds::kClosesUnread, WeWrite::kBoth, "ok EPIPE", "ECONNRESET", "", kHearsLost, kHearsLost},
    {HalfClosed::kNeither, PeerEnds::kCloses, WeWrite::kNothing, "", "0", "", kHearsDone, kHearsDone},
    {HalfClosed::kNeither, PeerEnds::kCloses, WeWrite::kBefore, "ok", "0", "", kHearsDone, kHearsDone},
    {HalfClosed::kNeither, PeerEnds::kCloses, WeWrite::kAfter, "EPIPE", "0", "", "", kHearsLost},
    {HalfClosed::kNeither, PeerEnds::kCloses, WeWrite::kAfterTwice, "EPIPE EPIPE", "0", "", "", kHearsLost},

    {HalfClosed::kOurs, PeerEnds::kResets, WeWrite::kNothing, "", "0", "", kHearsEofDone, kHearsEofDone},
    {HalfClosed::kOurs, PeerEnds::kResets, WeWrite::kBefore, "ok", "ECONNRESET", "", kHearsLost, kHearsLost},
    {HalfClosed::kOurs, PeerEnds::kClosesUnread, WeWrite::kBefore, "ok", "ECONNRESET", "", kHearsLost, kHearsLost},
    {HalfClosed::kOurs, PeerEnds::kCloses, WeWrite::kNothing, "", "0", "", kHearsEofDone, kHearsEofDone},
    {HalfClosed::kOurs, PeerEnds::kCloses, WeWrite::kBefore, "ok", "0", "", kHearsEofDone, kHearsEofDone},

    {HalfClosed::kPeers, PeerEnds::kResets, WeWrite::kNothing, "", "0", "", "", ""},
    {HalfClosed::kPeers, PeerEnds::kResets, WeWrite::kBefore, "ok", "ECONNRESET", "", kHearsEofLost, kHearsLost},
    {HalfClosed::kPeers, PeerEnds::kResets, WeWrite::kAfter, "EPIPE", "0", "", kHearsEofLost, kHearsLost},
    {HalfClosed::kPeers, PeerEnds::kResets, WeWrite::kBoth, "ok EPIPE", "ECONNRESET", "", kHearsEofLost, kHearsLost},
    {HalfClosed::kPeers, PeerEnds::kClosesUnread, WeWrite::kBefore, "ok", "ECONNRESET", "", kHearsEofLost, kHearsLost},
    {HalfClosed::kPeers, PeerEnds::kClosesUnread, WeWrite::kBoth, "ok EPIPE", "ECONNRESET", "", kHearsEofLost, kHearsLost},
    {HalfClosed::kPeers, PeerEnds::kCloses, WeWrite::kAfter, "EPIPE", "0", "", kHearsEofLost, kHearsLost},
    {HalfClosed::kPeers, PeerEnds::kCloses, WeWrite::kAfterTwice, "EPIPE EPIPE", "0", "", "", kHearsLost},
};

/// How many bytes of the peer arrive before the end, in the runs of a row: none, few, and as many
/// as one window of Linux and of the world holds.
inline constexpr std::size_t kResetArrivals[] = {0, 15, 50'000};

inline bool writesBefore(const ResetRow& row) { return row.writes == WeWrite::kBefore || row.writes == WeWrite::kBoth; }
inline bool writesAfter(const ResetRow& row) { return row.writes != WeWrite::kNothing && row.writes != WeWrite::kBefore; }

inline std::string_view wordOf(HalfClosed half) {
  constexpr std::string_view kNames[] = {"neither", "ours", "the peer's"};
  return kNames[static_cast<std::size_t>(half)];
}
inline std::string_view wordOf(PeerEnds ends) {
  constexpr std::string_view kNames[] = {"resets", "closes, has not read", "closes"};
  return kNames[static_cast<std::size_t>(ends)];
}
inline std::string_view wordOf(WeWrite writes) {
  constexpr std::string_view kNames[] = {"nothing", "before", "after", "before and after", "twice after"};
  return kNames[static_cast<std::size_t>(writes)];
}
/// "half-closed: ours; the peer resets; we write before"
inline std::string describe(const ResetRow& row) {
  return "half-closed: " + std::string(wordOf(row.half)) + "; the peer " + std::string(wordOf(row.ends)) + "; we write " +
         std::string(wordOf(row.writes));
}

/// Plays a row: brings a connection to its end, up to the point where we have heard of nothing yet
/// that came with the end. The stage has both ends of a connection; its calls are
///
///     us()                      our transport
///     settle()                  lets both sides hear what is on its way
///     peerTakes()               the peer reads what we wrote
///     peerSends(bytes), peerHalfCloses(), peerResets(), peerCloses()
template <class Stage>
void playReset(Stage& stage, const ResetRow& row, bool paused, const std::string& arrives) {
  if (writesBefore(row)) stage.us().write("part one"), stage.settle();
  if (row.half == HalfClosed::kOurs) stage.us().loseWriteConnection(), stage.settle();
  if (paused) stage.us().pauseProducing(), stage.settle();
  if (row.ends == PeerEnds::kCloses) stage.peerTakes();
  if (!arrives.empty()) stage.peerSends(arrives);
  if (row.half == HalfClosed::kPeers) stage.peerHalfCloses(), stage.settle();
  if (row.ends == PeerEnds::kResets) stage.peerResets();
  else stage.peerCloses();
  if (writesAfter(row)) stage.us().write("part two");
  if (row.writes == WeWrite::kAfterTwice) stage.settle(), stage.us().write("part three");
}

}  // namespace teasel::contract
