#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>
#include <string>
#include <vector>

#include <teasel/core/byte_view.hpp>
#include <teasel/core/clock.hpp>

namespace teasel::fakes {

/// What happened. The numbers are part of every trace hash, so they never change: append only.
enum class TraceKind : std::uint8_t {
  kListen = 1,         ///< a host listens; number: port
  kListenEnd = 2,      ///< a host listens no longer; number: port
  kConnect = 3,        ///< a connection attempt; number: port
  kConnected = 4,      ///< the attempt succeeded, as the connecting side sees it
  kAccepted = 5,       ///< the listening host took the connection; number: port
  kRefused = 6,        ///< the attempt failed; number: a ConnectOutcome
  kArrive = 7,         ///< bytes were handed to the receiver
  kArriveEnd = 8,      ///< the end of stream was handed to the receiver
  kWrite = 9,          ///< the sender's bytes entered the stream
  kWriteEnd = 10,      ///< the sender ended its direction
  kClose = 11,         ///< a party closed gracefully
  kAbort = 12,         ///< a party reset; number: bytes in flight that were lost
  kResetSeen = 13,     ///< a party was told of a reset
  kBlocked = 14,       ///< a write was not taken whole; number: the bytes left over
  kReading = 15,       ///< a party began (1) or stopped (0) reading
  kCut = 16,           ///< a boundary that the Play names; number: offset in the stream
  kDrawnCut = 17,      ///< a boundary that was drawn; number: bytes before it
  kShortWrite = 18,    ///< number: bytes taken
  kDelay = 19,         ///< number: nanoseconds of latency drawn
  kTime = 20,          ///< the Play moved the clock; number: nanoseconds
  kApp = 21,           ///< an application action of the Play; number: op << 32 | argument
  kEnding = 22,        ///< the Play's ending begins; number: which
  kChainFailed = 23,   ///< a Deferred chain died with an unhandled Failure; number: chain id
  kChainUnfired = 24,  ///< a Deferred chain died without a result; number: chain id
  kException = 25,     ///< user code threw
  kVerdict = 26,       ///< the first failure was recorded
  kHostStarted = 27,   ///< a reactor began to run; number: host
  kHostStopped = 28,   ///< a reactor was shut down; number: host
  kSkipped = 29,       ///< an event of the Play had nothing to act on; number: index in the Play
  kLingerEnd = 30,     ///< the linger limit of a closed connection fell due
  kThread = 31,        ///< a call of the host ran in a simulated thread
  kSlow = 40,          ///< code of a host (kRemotePeer: of all) takes time; number: nanoseconds
  kLinkCut = 50,       ///< from party to peer all is lost; number: 1 for both directions
  kLinkHeld = 51,      ///< from party to peer all is held; number: 1 for both directions
  kLinkOpened = 52,    ///< from party to peer all passes again; number: 1 for both directions
  kLatency = 53,       ///< from party to peer all takes so long; number: nanoseconds
  kGaveUp = 54,        ///< a kernel has sent the same bytes again for too long, and ends its side
  kCrash = 55,         ///< a host crashed; number: a CrashKind
  kRestart = 56,       ///< a host that was down is up
  kUser = 64,          ///< World::note; number: what the caller passed
};
const char* name(TraceKind kind) noexcept;

/// The number of a remote peer where the trace names a party. Hosts are numbered by creation, from
/// 0.
inline constexpr std::uint8_t kRemotePeer = 0xFF;

struct TraceEvent {
  std::int64_t at;            ///< nanoseconds since the beginning of the run
  std::uint64_t number;       ///< by kind
  std::uint64_t hash;         ///< of everything up to and including this event
  std::uint32_t bytesOffset;  ///< into the byte log of the trace
  std::uint32_t bytesKept;    ///< how many of the bytes are there; 0 when none were kept
  std::uint32_t size;         ///< of the bytes, kept or not
  std::uint32_t connection;   ///< number of the stream, kNoConnection
  TraceKind kind;
  std::uint8_t party;  ///< a host, or kRemotePeer
  std::uint8_t peer;   ///< the other side of the stream
};
inline constexpr std::uint32_t kNoConnection = 0xFFFF'FFFF;

namespace detail {
/// One step of a 64-bit hash. It is cheap, and every bit of `value` reaches the result.
constexpr std::uint64_t mixHash(std::uint64_t hash, std::uint64_t value) noexcept {
  hash = (hash ^ value) * 0x9E37'79B9'7F4A'7C15ull;
  return hash ^ (hash >> 29);
}
/// Hashes bytes. It gives the same number on every machine.
std::uint64_t hashBytes(ByteView bytes) noexcept;
}  // namespace detail

/// Everything that happened in a world, as numbers and bytes. It holds no addresses of memory, no
/// messages, and no names of files or types. So equal tapes give equal hashes on every compiler.
/// Text is made only when somebody asks for it.
class Trace {
 public:
  enum class Mode : std::uint8_t {
    kOff,   ///< nothing is recorded; the hash stays 0
    kHash,  ///< the rolling hash only: campaigns
    kLog,   ///< hash and events
  };
  /// How many bytes are kept for diagrams in one run. Of later bytes only size and hash are
  /// recorded.
  static constexpr std::size_t kBytesKept = std::size_t{1} << 20;
  /// How many events are listed in one run. Later ones are hashed and counted in eventCount().
  static constexpr std::size_t kEventsKept = std::size_t{1} << 20;

  void setMode(Mode mode) noexcept { mode_ = mode; }
  Mode mode() const noexcept { return mode_; }
  bool off() const noexcept { return mode_ == Mode::kOff; }
  /// Forgets everything, but keeps the memory.
  void clear() noexcept { hash_ = 0, count_ = 0, events_.clear(), bytes_.clear(); }

  void add(Duration at, TraceKind kind, std::uint32_t connection, std::uint8_t party, std::uint8_t peer, std::uint64_t number,
           ByteView bytes = {}) {
    if (mode_ == Mode::kOff) return;
    ++count_;
    const std::uint64_t head = static_cast<std::uint64_t>(kind) | std::uint64_t{party} << 8 | std::uint64_t{peer} << 16 |
                               std::uint64_t{connection} << 32;
    const std::uint64_t where = static_cast<std::uint64_t>(at.count()) * 0xD6E8'FEB8'6659'FD93ull + number;
    hash_ = detail::mixHash(detail::mixHash(hash_, head), where);
    if (!bytes.empty()) hash_ = detail::mixHash(hash_, detail::hashBytes(bytes));
    if (mode_ == Mode::kLog) keep(at, kind, connection, party, peer, number, bytes);
  }

  std::uint64_t hash() const noexcept { return hash_; }
  std::uint64_t eventCount() const noexcept { return count_; }
  std::span<const TraceEvent> events() const noexcept { return events_; }
  /// The bytes of `event` that were kept. They may be fewer than its size.
  ByteView bytes(const TraceEvent& event) const noexcept { return {bytes_.data() + event.bytesOffset, event.bytesKept}; }
  /// One line per event.
  std::string text() const;
  std::string line(const TraceEvent& event) const;
  /// The index of the first event in which two traces differ. npos when the lists show no
  /// difference.
  static std::size_t firstDifference(const Trace& a, const Trace& b) noexcept;
  static constexpr std::size_t npos = static_cast<std::size_t>(-1);

 private:
  void keep(Duration at, TraceKind kind, std::uint32_t connection, std::uint8_t party, std::uint8_t peer, std::uint64_t number,
            ByteView bytes);
  std::vector<TraceEvent> events_;
  std::vector<char> bytes_;
  std::uint64_t hash_ = 0, count_ = 0;
  Mode mode_ = Mode::kLog;
};

}  // namespace teasel::fakes
