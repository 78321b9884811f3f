#pragma once

#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <iosfwd>
#include <span>
#include <stdexcept>
#include <string_view>
#include <vector>

#include <teasel/core/byte_view.hpp>
#include <teasel/core/clock.hpp>
#include <teasel/fakes/play/event_row.hpp>

namespace teasel::fakes {

class Choices;

/// What kinds of events there are. Numbers are stable: append only.
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
  kPartition,
  kHold,
  kRepair,
  kLatency,
  kCrash,
  kRestart,
};

/// The table of events, by number. A new event is an enumerator, a row here, a method of Play, and
/// a line in World::perform. Names are words of tapes and codes are bytes of fuzzer inputs: they
/// never change. Slots of Play::draw are numbered without gaps.
inline constexpr EventRow kEvents[] = {
    {.kind = PlayEventKind::kConnect,
     .name = "connect",
     .does = "connects to a listening port of the world; where the world's reactors are clients, accepts "
             "their next connection",
     .operands = {{OperandType::kPort, "port", OperandPresence::kOptional}},
     .codes = {{0x01}, {0x0F01}},
     .drawn = {15, 1, PlayEventKind::kRestart},
     .inserted = 1},
    {.kind = PlayEventKind::kSend,
     .name = "send",
     .does = "sends bytes",
     .sends = EventSends::kOwnBytes,
     .operands = {{OperandType::kBytes, "bytes"}},
     .drawn = {0, 12}},
    {.kind = PlayEventKind::kCut,
     .name = "cut",
     .does = "what was sent before and what is sent after share no delivery",
     .quiet = true,
     .codes = {{0x02}},
     .drawn = {12, 3}},
    {.kind = PlayEventKind::kEndOfStream,
     .name = "endOfStream",
     .does = "half-close",
     .ends = true,
     .operands = {{OperandType::kFlag, "withLast", OperandPresence::kOptional}},
     .codes = {{0x03, 0}, {0x0F02, 1}},
     .drawn = {18, 1, PlayEventKind::kCrash},
     .inserted = 1},
    {.kind = PlayEventKind::kReset,
     .name = "reset",
     .does = "resets the connection",
     .ends = true,
     .codes = {{0x04}},
     .drawn = {19, 1, PlayEventKind::kEndOfStream},
     .inserted = 1},
    {.kind = PlayEventKind::kAdvance,
     .name = "advance",
     .does = "lets time pass; every deadline on the way is met at its own time",
     .onConnection = false,
     .takesTime = true,
     .operands = {{OperandType::kDuration, "duration"}},
     .codes = {{0x05, 1'000'000}, {0x06, 1'000'000'000}, {0x0F03, 1}},
     .drawn = {16, 1, PlayEventKind::kRepair},
     .inserted = 1},
    {.kind = PlayEventKind::kNextTimer,
     .name = "nextTimer",
     .does = "goes to the next timer of any reactor: 1 ns before its deadline, at it, or 1 ns after",
     .onConnection = false,
     .takesTime = true,
     .operands = {{OperandType::kTimerPoint, "point"}},
     .codes = {{0x07}},
     .drawn = {17, 1, PlayEventKind::kLatency},
     .inserted = 2},
    {.kind = PlayEventKind::kStopReading,
     .name = "stopReading",
     .does = "the peer takes no more output until a read: the window fills",
     .quiet = true,
     .codes = {{0x08}},
     .drawn = {20, 1, PlayEventKind::kRead},
     .inserted = 1},
    {.kind = PlayEventKind::kRead,
     .name = "read",
     .does = "the peer takes up to so many bytes of output; 0 goes back to taking everything",
     .operands = {{.type = OperandType::kCount, .name = "count", .drawn = 64}},
     .codes = {{0x09}},
     .inserted = 1},
    {.kind = PlayEventKind::kShortWrite,
     .name = "shortWrite",
     .does = "the next write of the world's own side is taken only up to so many bytes at once",
     .quiet = true,
     .operands = {{.type = OperandType::kCount, .name = "count", .drawn = 64}},
     .codes = {{0x0A}},
     .drawn = {21, 1, PlayEventKind::kHold},
     .inserted = 1},
    {.kind = PlayEventKind::kApp,
     .name = "app",
     .does = "an action of the scenario's application (World::onApp)",
     .onConnection = false,
     .operands = {{.type = OperandType::kOperation, .name = "operation"},
                  {OperandType::kArgument, "argument", OperandPresence::kAlwaysWritten, 256}},
     .codes = {{0x0B}},
     .inserted = 1},
    {.kind = PlayEventKind::kEcho,
     .name = "echo",
     .does = "sends bytes of the output that a connection has received so far, from an offset on",
     .sends = EventSends::kOutput,
     .operands = {{.type = OperandType::kOffset, .name = "offset", .drawn = 64, .mutated = 64},
                  {.type = OperandType::kLength, .name = "count", .drawn = 64, .mutated = 64},
                  {OperandType::kConnection, "connection", OperandPresence::kOptional}},
     .codes = {{0x0C}},
     .drawn = {22, 1, PlayEventKind::kApp},
     .inserted = 1},
    {.kind = PlayEventKind::kRedeliver,
     .name = "redeliver",
     .does = "sends the bytes of an earlier send again, of whatever connection; 0 is the last one",
     .sends = EventSends::kEarlierBytes,
     .operands = {{.type = OperandType::kCount, .name = "count", .drawn = 3, .mutated = 4}},
     .codes = {{0x0D}},
     .drawn = {23, 1, PlayEventKind::kPartition},
     .inserted = 1},
    {.kind = PlayEventKind::kPartition,
     .name = "partition",
     .does = "cuts the link between two parties: what they send each other is lost; with oneWay, what the first one "
             "sends",
     .onConnection = false,
     .quiet = true,
     .operands = {{OperandType::kParty, "from"},
                  {OperandType::kOtherParty, "to"},
                  {OperandType::kFlag, "oneWay", OperandPresence::kOptional}},
     .codes = {{0x0F10, 0, 2}, {0x0F11, 1, 2}},
     .inserted = 1},
    {.kind = PlayEventKind::kHold,
     .name = "hold",
     .does = "the network keeps what two parties send each other until a repair; with oneWay, what the first one sends",
     .onConnection = false,
     .quiet = true,
     .operands = {{OperandType::kParty, "from"},
                  {OperandType::kOtherParty, "to"},
                  {OperandType::kFlag, "oneWay", OperandPresence::kOptional}},
     .codes = {{0x0F12, 0, 2}, {0x0F13, 1, 2}},
     .inserted = 1},
    {.kind = PlayEventKind::kRepair,
     .name = "repair",
     .does = "opens the link between two parties; with oneWay, for what the first one sends",
     .onConnection = false,
     .operands = {{OperandType::kParty, "from"},
                  {OperandType::kOtherParty, "to"},
                  {OperandType::kFlag, "oneWay", OperandPresence::kOptional}},
     .codes = {{0x0F14, 0, 2}, {0x0F15, 1, 2}},
     .inserted = 2},
    {.kind = PlayEventKind::kLatency,
     .name = "latency",
     .does = "from now on, what one party sends to another takes at least so long",
     .onConnection = false,
     .quiet = true,
     .operands = {{OperandType::kParty, "from"}, {OperandType::kOtherParty, "to"}, {OperandType::kDuration, "duration"}},
     .codes = {{0x0F16, 1'000'000, 2}, {0x0F17, 1, 2}},
     .inserted = 1},
    {.kind = PlayEventKind::kCrash,
     .name = "crash",
     .does = "a host crashes (Host::crash): its peers get resets, silence, or what a kernel sends when it closes sockets",
     .onConnection = false,
     .operands = {{OperandType::kHost, "host"}, {OperandType::kCrashKind, "kind", OperandPresence::kOptional}},
     .codes = {{0x0F18, 0, 2}},
     .inserted = 1},
    {.kind = PlayEventKind::kRestart,
     .name = "restart",
     .does = "a host that has crashed runs its start function again (Host::restart)",
     .onConnection = false,
     .operands = {{OperandType::kHost, "host"}},
     .codes = {{0x0F19, 0, 2}},
     .inserted = 1},
};
inline constexpr std::size_t kEventKinds = std::size(kEvents);
/// The newest version of Plays (Play::version) and of their encodings: the version of the newest
/// meaning, or of the newest code if that is higher. Version 2 changed what a world does with a
/// reset: bytes that had arrived before it are delivered before it is told. And a port is reached
/// at the address that it listens on, no longer at every address of its host.
inline constexpr std::uint64_t kCodecVersion = [] {
  std::uint64_t newest = 2;
  for (const EventRow& row : kEvents)
    for (const EventCode& code : row.codes) newest = code.since > newest ? code.since : newest;
  return newest;
}();

/// Throws std::out_of_range for an enumerator without a row.
constexpr const EventRow& eventRow(PlayEventKind kind) {
  if (static_cast<std::size_t>(kind) >= kEventKinds) throw std::out_of_range("a kind of event has no row in kEvents");
  return kEvents[static_cast<std::size_t>(kind)];
}

/// Relative to the deadline of the next timer.
enum class TimerPoint : std::uint8_t { kBefore, kAt, kAfter };
inline constexpr std::size_t kTimerPoints = 3;

/// What the peers of a host see when it crashes.
enum class CrashKind : std::uint8_t {
  /// Resets, at once. Windows does that when a process is killed; a firewall or load balancer that
  /// knows of the crash does it, too.
  kReset,
  /// Nothing: the machine has no power, or its network is gone. A kernel that is up again answers
  /// what still comes for the old connections with resets.
  kSilent,
  /// What Linux sends when a process is killed. The kernel closes each socket: an end of stream
  /// behind what was handed to it, or a reset where input was unread.
  kClose,
};
inline constexpr std::size_t kCrashKinds = 3;

/// An event of a Play: its kind, the connection where it has one, and its operands. An operand that
/// the row of its kind does not name reads as 0.
class PlayEvent {
 public:
  PlayEventKind kind = PlayEventKind::kConnect;
  std::uint8_t connection = 0;

  constexpr PlayEvent() = default;
  constexpr PlayEvent(PlayEventKind aKind, std::uint8_t aConnection) noexcept : kind(aKind), connection(aConnection) {}

  unsigned port() const noexcept { return static_cast<unsigned>(operand(OperandType::kPort)); }
  bool withLast() const noexcept { return operand(OperandType::kFlag) != 0; }
  unsigned host() const noexcept { return static_cast<unsigned>(operand(OperandType::kHost)); }
  /// The ends of a link: Play::kOutside, or the number of a host.
  unsigned from() const noexcept { return static_cast<unsigned>(operand(OperandType::kParty)); }
  unsigned to() const noexcept { return static_cast<unsigned>(operand(OperandType::kOtherParty)); }
  bool oneWay() const noexcept { return operand(OperandType::kFlag) != 0; }
  CrashKind crashKind() const noexcept { return static_cast<CrashKind>(operand(OperandType::kCrashKind)); }
  TimerPoint timerPoint() const noexcept { return static_cast<TimerPoint>(operand(OperandType::kTimerPoint)); }
  unsigned source() const noexcept { return static_cast<unsigned>(operand(OperandType::kConnection)); }
  unsigned operation() const noexcept { return static_cast<unsigned>(operand(OperandType::kOperation)); }
  Duration duration() const noexcept { return Duration(static_cast<std::int64_t>(operand(OperandType::kDuration))); }
  std::uint64_t argument() const noexcept { return operand(OperandType::kArgument); }
  std::uint64_t count() const noexcept { return operand(OperandType::kCount); }
  std::uint64_t offset() const noexcept { return operand(OperandType::kOffset); }
  std::uint32_t length() const noexcept { return static_cast<std::uint32_t>(operand(OperandType::kLength)); }

  /// The value of an operand. For bytes it is their number.
  std::uint64_t operand(OperandType type) const noexcept;
  /// Sets an operand, after bringing the value into its range. Does nothing where the event has no
  /// such operand, and for bytes.
  void setOperand(OperandType type, std::uint64_t value) noexcept;
  friend bool operator==(const PlayEvent&, const PlayEvent&) = default;

 private:
  friend class Play;
  std::uint16_t small_ = 0;   // flag, port, point, connection, operation, host
  std::uint32_t length_ = 0;  // bytes, length, kind of crash; or both parties, 16 bits each
  std::uint64_t number_ = 0;  // other operands; for bytes, their place in the Play
};
static_assert(sizeof(PlayEvent) == 16);

/// A Play takes nothing beyond these limits and counts what it dropped.
struct PlayLimits {
  std::uint32_t events = 4096;
  std::uint32_t bytes = 1u << 20;
  std::uint8_t connections = 8;  ///< at most kMaxConnections
  /// Events on hosts and links are about hosts numbered below this, at most kMaxHosts. 0: none are
  /// taken. That is so until a scenario allows them, because each scenario has its own answer to a
  /// crash.
  std::uint8_t hosts = 0;
};

/// What Play::draw makes of choices.
struct PlayShape {
  std::uint32_t events = 12;     ///< at most so many, besides the first connect
  std::uint8_t connections = 2;  ///< numbered below this
  std::uint32_t bytes = 24;      ///< of one send, when it is not a word
  /// Words that the protocol uses ("\r\n", "PING"). They must live until the call returns.
  std::span<const std::string_view> words = {};
  std::uint16_t appOps = 0;  ///< application operations numbered below this
};

/// What the peers of the world do, in order. A peer is a party outside the world's hosts. A Play is
/// an array of small events and one buffer of bytes; clear() keeps the memory.
///
/// Two Plays that mean the same are equal, because each Play has only one form:
///  - An event on a connection that was never connected connects it first.
///  - A connection connects once; a second connect adds nothing.
///  - Sends that follow each other on one connection are one send. A cut between them makes a
///    boundary. An empty send adds nothing.
///
/// Events on a connection that has ended have no effect in the world. Each method returns whether
/// the event was taken: false when a limit dropped it or a part of it.
class Play {
 public:
  static constexpr std::uint8_t kMaxConnections = 8;
  static constexpr std::uint8_t kMaxHosts = 8;
  /// The end of a link where the remote peers are.
  static constexpr unsigned kOutside = kMaxHosts;
  /// The longest advance. Longer ones become this one, so that no Play can overflow virtual time.
  static constexpr Duration kMaxAdvance = std::chrono::hours(24);

  /// Takes all that the limits can allow, events on hosts included.
  Play() noexcept { limits_.hosts = kMaxHosts; }
  explicit Play(PlayLimits limits) noexcept : limits_(limits) {}

  /// Connects to the listening port with this index, in the order of listening. Where the world's
  /// reactors are clients, it accepts their next connection instead.
  bool connect(unsigned k, unsigned port = 0);
  /// Sends bytes. Without a cut the world delivers them in one chunk, as far as the window and
  /// Choices allow.
  bool send(unsigned k, ByteView bytes);
  /// Bytes before the cut and bytes after it are never delivered together.
  bool cut(unsigned k) { return step(PlayEventKind::kCut, k); }
  /// Half-close. With `withLast` the end is noticed in the same turn as the last bytes. Otherwise
  /// that is a choice, and its value 0 means a later turn.
  bool endOfStream(unsigned k, bool withLast = false) { return step(PlayEventKind::kEndOfStream, k, {withLast}); }
  bool reset(unsigned k) { return step(PlayEventKind::kReset, k); }
  /// Lets time pass. Every deadline on the way is met at its own time. Throws NegativeDelay for a
  /// negative time.
  bool advance(Duration time);
  /// Goes to the next timer of any reactor: 1 ns before its deadline, at it, or 1 ns after. Does
  /// nothing when there is no timer.
  bool nextTimer(TimerPoint point) { return step(PlayEventKind::kNextTimer, 0, {static_cast<std::uint64_t>(point)}); }
  /// The peer takes no more output until read(), so the window fills.
  bool stopReading(unsigned k) { return step(PlayEventKind::kStopReading, k); }
  /// The peer takes up to n bytes of output. 0 goes back to taking everything.
  bool read(unsigned k, std::uint64_t n) { return step(PlayEventKind::kRead, k, {n}); }
  /// Of the next write on this connection, only up to n bytes are taken at once.
  bool shortWrite(unsigned k, std::uint64_t n) { return step(PlayEventKind::kShortWrite, k, {n}); }
  /// An action of the application. The scenario gives actions their numbers (World::onApp).
  bool app(unsigned op, std::uint64_t argument = 0) { return step(PlayEventKind::kApp, 0, {op, argument}); }
  /// Sends output that connection `source` has received so far: n bytes from offset `from`, or
  /// fewer where there are fewer.
  bool echo(unsigned k, std::uint64_t from, std::uint64_t n, unsigned source) {
    return step(PlayEventKind::kEcho, k, {from, n, source});
  }
  bool echo(unsigned k, std::uint64_t from, std::uint64_t n) { return echo(k, from, n, k); }
  /// Sends the bytes of an earlier send again, on k. back = 0 means the last send before this
  /// event, on whatever connection.
  bool redeliver(unsigned k, std::uint64_t back) { return step(PlayEventKind::kRedeliver, k, {back}); }

  /// Cuts the link between two parties: what they send each other is lost. With `oneWay`, what
  /// `from` sends to `to`. A party is kOutside, or a host by its number in the order in which the
  /// world got them (modulo how many there are). World::partition says what that means for streams.
  bool partition(unsigned from, unsigned to, bool oneWay = false) {
    return step(PlayEventKind::kPartition, 0, {from, to, oneWay});
  }
  /// The network keeps what they send each other until repair.
  bool hold(unsigned from, unsigned to, bool oneWay = false) { return step(PlayEventKind::kHold, 0, {from, to, oneWay}); }
  /// Opens the link again.
  bool repair(unsigned from, unsigned to, bool oneWay = false) { return step(PlayEventKind::kRepair, 0, {from, to, oneWay}); }
  /// From now on, what `from` sends to `to` takes at least so long. Throws NegativeDelay.
  bool latency(unsigned from, unsigned to, Duration time);
  /// A host crashes (Host::crash). Does nothing while it is down.
  bool crash(unsigned host, CrashKind kind = CrashKind::kReset) {
    return step(PlayEventKind::kCrash, 0, {host, static_cast<std::uint64_t>(kind)});
  }
  /// A host that is down starts again (Host::restart).
  bool restart(unsigned host) { return step(PlayEventKind::kRestart, 0, {host}); }

  /// Appends an event by its kind, with operands in the order of its row. Operands that are left
  /// out are 0. Values out of range are brought into it. k is ignored where the row has no
  /// connection. A send needs bytes, so this adds nothing for it.
  bool step(PlayEventKind kind, unsigned k, std::initializer_list<std::uint64_t> operands = {});
  /// Appends an event of another Play, with its bytes.
  bool append(const Play& other, const PlayEvent& event);

  /// Makes a Play from choices, of the sites play*. The seeds engine does this. Choices of 0 give
  /// one connect.
  static Play draw(Choices& choices, const PlayShape& shape = {}, const PlayLimits& limits = {});

  /// The version of the rules by which the world performs it. A Play that is made anew has the
  /// newest version. A tape or a fuzzer input keeps the version that it was written with, and so
  /// gives the same run for ever.
  unsigned version() const noexcept { return version_; }
  /// Brings the version into its range, 1 to kCodecVersion.
  void setVersion(std::uint64_t version) noexcept {
    version_ = version < 1 ? 1u : static_cast<unsigned>(version < kCodecVersion ? version : kCodecVersion);
  }

  /// As new, but with the same limits.
  void clear() noexcept;
  bool empty() const noexcept { return events_.empty(); }
  std::span<const PlayEvent> events() const& noexcept { return events_; }
  std::span<const PlayEvent> events() const&& = delete;
  /// The bytes of a send. Other kinds have none.
  ByteView bytes(const PlayEvent& event) const& noexcept {
    return event.kind == PlayEventKind::kSend ? ByteView(bytes_.data() + event.number_, event.length_) : ByteView();
  }
  ByteView bytes(const PlayEvent& event) const&& = delete;
  /// The bytes that a redeliver at this index sends: those of the earlier send that its count
  /// names. Empty when there is no such send.
  ByteView earlierBytes(std::size_t index) const& noexcept;
  ByteView earlierBytes(std::size_t index) const&& = delete;
  std::size_t byteCount() const noexcept { return bytes_.size(); }
  bool connects(unsigned k) const noexcept { return k < kMaxConnections && ((connected_ >> k) & 1u) != 0; }
  /// How many events, bytes and connections the limits dropped.
  std::size_t dropped() const noexcept { return dropped_; }
  const PlayLimits& limits() const noexcept { return limits_; }
  void setLimits(PlayLimits limits) noexcept { limits_ = limits; }
  /// The same events with the same bytes. Versions are not compared.
  friend bool operator==(const Play& a, const Play& b) noexcept { return a.events_ == b.events_ && a.bytes_ == b.bytes_; }

 private:
  bool add(const PlayEvent& event);
  bool onConnection(unsigned k, const PlayEvent& event);
  bool take(unsigned k, const PlayEvent& event);

  PlayLimits limits_;
  std::vector<PlayEvent> events_;
  std::vector<char> bytes_;
  std::uint32_t connected_ = 0;
  unsigned version_ = kCodecVersion;
  std::size_t dropped_ = 0;
};

/// Hook of GoogleTest: prints the events as lines of a tape.
void PrintTo(const Play& play, std::ostream* out);

namespace detail {

/// Which operand types the kinds have, as bits.
inline constexpr std::array<std::uint16_t, kEventKinds> kOperandBits = [] {
  std::array<std::uint16_t, kEventKinds> bits{};
  for (std::size_t kind = 0; kind < kEventKinds; ++kind)
    for (const Operand& operand : kEvents[kind].operands)
      bits[kind] = static_cast<std::uint16_t>(bits[kind] | 1u << static_cast<unsigned>(operand.type));
  return bits;
}();

}  // namespace detail

inline std::uint64_t PlayEvent::operand(OperandType type) const noexcept {
  if ((detail::kOperandBits[static_cast<std::size_t>(kind)] >> static_cast<unsigned>(type) & 1u) == 0) return 0;
  switch (type) {
    case OperandType::kPort:
    case OperandType::kFlag:
    case OperandType::kTimerPoint:
    case OperandType::kConnection:
    case OperandType::kHost:
    case OperandType::kOperation: return small_;
    case OperandType::kBytes:
    case OperandType::kCrashKind:
    case OperandType::kLength: return length_;
    case OperandType::kParty: return length_ & 0xffffu;
    case OperandType::kOtherParty: return length_ >> 16;
    case OperandType::kDuration:
    case OperandType::kCount:
    case OperandType::kOffset:
    case OperandType::kArgument: return number_;
  }
  return 0;
}

}  // namespace teasel::fakes
