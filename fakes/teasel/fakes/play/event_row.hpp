#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <optional>
#include <string_view>

namespace teasel::fakes {

/// The kinds of events. play.hpp defines them, and the table of their rows.
enum class PlayEventKind : std::uint8_t;

/// What an operand of an event means. The type says which values the operand has and how tapes,
/// fuzzer bytes, C++ tests, generators and the shrinker treat it. An event has at most one operand
/// of each type.
enum class OperandType : std::uint8_t {
  kBytes,       ///< bytes that the Play keeps; a tape shows them quoted
  kPort,        ///< listening ports of the world, in the order of listening: 0 to 65535
  kFlag,        ///< 0 or 1; a tape shows the operand's name when it is 1
  kTimerPoint,  ///< a TimerPoint, by number; other numbers count modulo 3
  kConnection,  ///< another connection of the Play: 0 to 7; other numbers count modulo 8
  kOperation,   ///< number of an application operation: 0 to 65535; higher bits are dropped
  kLength,      ///< a number of bytes: 32 bits; larger numbers become the largest
  kDuration,    ///< nanoseconds, at most Play::kMaxAdvance; longer ones become that
  kCount,       ///< any number of 64 bits
  kOffset,      ///< a position in a stream: any number of 64 bits
  kArgument,    ///< what an application operation gets: any number of 64 bits
  kHost,        ///< a host of the world, by number: 0 to 7; other numbers count modulo 8
  kParty,       ///< one end of a link: a host, or 8 for the outside; other numbers count modulo 9
  kOtherParty,  ///< the other end of a link
  kCrashKind,   ///< a CrashKind, by number; other numbers count modulo 3
};
inline constexpr std::size_t kOperandTypes = 15;

/// How the fuzzer encoding writes an operand.
enum class OperandForm : std::uint8_t {
  kByte,    ///< one byte; these stand before numbers
  kNumber,  ///< a LEB128 number
  kUnits,   ///< a LEB128 number of units; the event's code says the unit
  kInCode,  ///< by the choice of the code, or as the bytes themselves
};
constexpr OperandForm operandForm(OperandType type) noexcept {
  switch (type) {
    case OperandType::kBytes:
    case OperandType::kFlag: return OperandForm::kInCode;
    case OperandType::kTimerPoint:
    case OperandType::kConnection:
    case OperandType::kHost:
    case OperandType::kParty:
    case OperandType::kOtherParty:
    case OperandType::kCrashKind: return OperandForm::kByte;
    case OperandType::kDuration: return OperandForm::kUnits;
    case OperandType::kPort:
    case OperandType::kOperation:
    case OperandType::kLength:
    case OperandType::kCount:
    case OperandType::kOffset:
    case OperandType::kArgument: return OperandForm::kNumber;
  }
  return OperandForm::kNumber;
}

/// Whether a tape may lack an operand.
enum class OperandPresence : std::uint8_t {
  kRequired,       ///< it is always there
  kOptional,       ///< it is written unless it has its default (0; the event's own connection)
  kAlwaysWritten,  ///< it is always written, and 0 where a person left it out
};

struct Operand {
  OperandType type = OperandType::kBytes;
  std::string_view name = {};  ///< in messages about tapes, and in the documentation
  OperandPresence presence = OperandPresence::kRequired;
  /// Play::draw makes numbers and lengths below this. Operands of other types have rules of their
  /// own.
  std::uint32_t drawn = 0;
  /// The mutator makes numbers below this, and lengths up to this. With 0 it takes boundary values.
  std::uint32_t mutated = 0;
};

/// An escape of the fuzzer encoding that means an event. An event with a flag or a duration has
/// several codes: the code gives the flag, or the unit of the duration.
struct EventCode {
  std::uint16_t code = 0;   ///< 0x02: opcode 02; 0x0F02: the extension 0F 02
  std::uint64_t value = 0;  ///< of a flag: the value; of a duration: nanoseconds of its unit
  std::uint64_t since = 1;  ///< version of the encoding that brought it
};

/// What an event makes the peer send.
enum class EventSends : std::uint8_t {
  kNothing,
  kOwnBytes,      ///< the bytes that the event carries
  kEarlierBytes,  ///< those of an earlier event; kCount says how many back
  kOutput,        ///< what the world's own side has sent so far
};

/// The values of the site playEvent that mean this event: `slots` values, from `first` on.
struct DrawShare {
  std::uint8_t first = 0;
  std::uint8_t slots = 0;
  /// A further draw of 1 gives this kind instead, with its flags at 0. An alternative that needs
  /// application operations is left out where there are none, and one that acts on hosts where the
  /// limits allow none; then nothing further is drawn.
  std::optional<PlayEventKind> alternative = std::nullopt;
};

/// A short list in a row of a table.
template <class T, std::size_t N>
class RowList {
 public:
  constexpr RowList() = default;
  constexpr RowList(std::initializer_list<T> items) {
    for (const T& item : items) items_.at(size_++) = item;
  }
  constexpr const T* begin() const noexcept { return items_.data(); }
  constexpr const T* end() const noexcept { return items_.data() + size_; }
  constexpr std::size_t size() const noexcept { return size_; }
  constexpr const T& operator[](std::size_t index) const noexcept { return items_[index]; }

 private:
  std::array<T, N> items_{};
  std::size_t size_ = 0;
};

/// Everything that the codec, tapes, reports, the shrinker, the generators, the mutator and the
/// documentation know about an event.
struct EventRow {
  PlayEventKind kind;
  std::string_view name;  ///< the word of a tape, and the method of Play
  std::string_view does;  ///< for the documentation
  bool onConnection = true;
  bool takesTime = false;  ///< it moves the clock
  bool quiet = false;      ///< by itself it gives no reactor anything to do
  bool ends = false;       ///< afterwards the peer sends nothing
  EventSends sends = EventSends::kNothing;
  RowList<Operand, 3> operands = {};  ///< in the order of tapes and of Play's method
  RowList<EventCode, 3> codes = {};
  DrawShare drawn = {};
  std::uint8_t inserted = 0;  ///< how often the mutator inserts it, in relation to the others
};

/// Whether an event acts on hosts or on links between them. PlayLimits::hosts allows such events.
constexpr bool actsOnHosts(const EventRow& row) noexcept {
  for (const Operand& operand : row.operands)
    if (operand.type == OperandType::kHost || operand.type == OperandType::kParty) return true;
  return false;
}

}  // namespace teasel::fakes
