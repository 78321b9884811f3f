#pragma once

#include <cstddef>
#include <cstdint>
#include <iosfwd>
#include <span>
#include <string_view>
#include <vector>

#include <teasel/core/byte_view.hpp>
#include <teasel/core/clock.hpp>

namespace teasel::fakes {

class Choices;

/// What the outside does, one step of it. Which fields matter is said at Play's methods.
enum class PlayEventKind : std::uint8_t {
  kConnect,
  kSend,
  kCut,
  kEndOfStream,
  kReset,
  kAdvance,
  kNextTimer,
  kStopReading,
  kRead,
  kShortWrite,
  kApp,
  kEcho,
  kRedeliver,
};
inline constexpr std::size_t kEventKinds = 13;
/// In keys of choices, connection k of a Play sends as entity kPlayEntities + 2k and receives as
/// the one after it.
inline constexpr std::uint32_t kPlayEntities = 0x100;

/// Relative to the deadline of the next timer.
enum class TimerPoint : std::uint8_t { kBefore, kAt, kAfter };

struct PlayEvent {
  PlayEventKind kind = PlayEventKind::kConnect;
  std::uint8_t connection = 0;
  /// connect: port number in order of listening; app: operation; nextTimer: TimerPoint; echo:
  /// connection whose output it is; endOfStream: 1 with the last bytes
  std::uint16_t op = 0;
  std::uint32_t length = 0;  ///< send, echo: bytes
  /// send: offset into the Play's bytes; advance: nanoseconds; else the argument
  std::uint64_t number = 0;
  friend bool operator==(const PlayEvent&, const PlayEvent&) = default;
};

/// Beyond these a Play takes nothing more and counts what it dropped.
struct PlayLimits {
  std::uint32_t events = 4096;
  std::uint32_t bytes = 1u << 20;
  std::uint8_t connections = 8;  ///< at most kMaxConnections
};

/// What Play::draw makes of choices.
struct PlayShape {
  std::uint32_t events = 12;     ///< at most so many, besides the first connect
  std::uint8_t connections = 2;  ///< numbered below this
  std::uint32_t bytes = 24;      ///< of one send, when it is not a word
  /// what the protocol speaks ("\r\n", "PING"); must outlive the call only
  std::span<const std::string_view> words = {};
  std::uint16_t appOps = 0;  ///< application operations numbered below this
};

/// What outside parties do, in order: an array of small events and one buffer of bytes; clear()
/// keeps the memory.
///
/// Two Plays that mean the same are equal, because only one form exists: a step on a connection
/// that was never connected connects it first; a connection connects once, a second connect adds
/// nothing; sends that follow each other on one connection are one send (put a cut between them to
/// have a boundary), an empty one is none. Steps on a connection that has ended have no effect in
/// the world. Each method says whether it was taken: false when a limit dropped the step or a part
/// of it.
class Play {
 public:
  static constexpr std::uint8_t kMaxConnections = 8;
  /// The longest advance; longer ones become this, so that no Play can overflow virtual time.
  static constexpr Duration kMaxAdvance = std::chrono::hours(24);

  Play() = default;
  explicit Play(PlayLimits limits) noexcept : limits_(limits) {}

  /// Connects to the port-th port of the world that listens, counted in the order of listening.
  /// Where the world's reactors are clients, it accepts their next connection instead.
  bool connect(unsigned k, unsigned port = 0);
  /// Sends bytes; without a cut the world delivers them in one chunk, as far as window and Choices
  /// allow.
  bool send(unsigned k, ByteView bytes);
  /// What was sent before and what is sent after share no delivery.
  bool cut(unsigned k);
  /// Half-close. `withLast`: noticed in the same turn as the last bytes; else that is a choice (0:
  /// in a later turn).
  bool endOfStream(unsigned k, bool withLast = false);
  bool reset(unsigned k);
  /// Lets time pass; every deadline on the way is met at its own time. Negative throws
  /// NegativeDelay.
  bool advance(Duration time);
  /// To the next timer of any reactor: 1 ns before its deadline, at it, or 1 ns after. Nothing when
  /// there is none.
  bool nextTimer(TimerPoint point);
  /// The outside takes no more output until read(): the window fills.
  bool stopReading(unsigned k);
  /// Takes up to n bytes of output; 0 goes back to taking everything.
  bool read(unsigned k, std::uint64_t n);
  /// The next write of the world's reactor on this connection is taken only up to n bytes at once.
  bool shortWrite(unsigned k, std::uint64_t n);
  /// An action that the scenario's application names by number.
  bool app(unsigned op, std::uint64_t argument = 0);
  /// Sends n bytes, from offset `from`, of the output that connection `source` has received so far
  /// (as far as there is so much).
  bool echo(unsigned k, std::uint64_t from, std::uint64_t n, unsigned source);
  bool echo(unsigned k, std::uint64_t from, std::uint64_t n) { return echo(k, from, n, k); }
  /// Sends the bytes of an earlier send again, on k; back = 0 is the last send before this step, on
  /// whatever connection.
  bool redeliver(unsigned k, std::uint64_t back);
  /// Appends a step of another Play, with its bytes.
  bool append(const Play& other, const PlayEvent& event);

  /// A Play made of choices (sites play*): the seeds engine's. All choices 0 give one connect.
  static Play draw(Choices& choices, const PlayShape& shape = {}, const PlayLimits& limits = {});

  void clear() noexcept;
  bool empty() const noexcept { return events_.empty(); }
  std::span<const PlayEvent> events() const& noexcept { return events_; }
  std::span<const PlayEvent> events() const&& = delete;
  /// The bytes of a send; empty for other kinds.
  ByteView bytes(const PlayEvent& event) const& noexcept {
    return event.kind == PlayEventKind::kSend ? ByteView(bytes_.data() + event.number, event.length) : ByteView();
  }
  ByteView bytes(const PlayEvent& event) const&& = delete;
  std::size_t byteCount() const noexcept { return bytes_.size(); }
  bool connects(unsigned k) const noexcept { return k < kMaxConnections && ((connected_ >> k) & 1u) != 0; }
  /// How many steps, bytes or connections the limits dropped.
  std::size_t dropped() const noexcept { return dropped_; }
  const PlayLimits& limits() const noexcept { return limits_; }
  void setLimits(PlayLimits limits) noexcept { limits_ = limits; }
  /// The same steps with the same bytes.
  friend bool operator==(const Play& a, const Play& b) noexcept { return a.events_ == b.events_ && a.bytes_ == b.bytes_; }

 private:
  bool add(const PlayEvent& event);
  bool ready(unsigned k);
  bool on(unsigned k, PlayEventKind kind, std::uint64_t number = 0, std::uint16_t op = 0, std::uint32_t length = 0);

  PlayLimits limits_;
  std::vector<PlayEvent> events_;
  std::vector<char> bytes_;
  std::uint32_t connected_ = 0;
  std::size_t dropped_ = 0;
};

/// GoogleTest's hook: the steps as lines of a tape.
void PrintTo(const Play& play, std::ostream* out);

}  // namespace teasel::fakes
