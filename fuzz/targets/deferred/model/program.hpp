#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include <teasel/core/byte_view.hpp>

/// Programs of Deferreds. A fuzzer or RapidCheck makes a program, and the program runs twice: with
/// Deferreds, and by an interpreter that does not use Deferreds. Both must see the same.
namespace teasel::targets {

/// One step of a program, encoded in five bytes. A step names a Deferred by a number, modulo the
/// number of Deferreds that exist. In the descriptions below, a, b and value are the step's
/// members.
struct Step {
  enum Op : std::uint8_t {
    /// Makes a Deferred with a canceller of kind Canceller(a). The canceller first does
    /// Effect(c >> 4) to the Deferred b. It then gives `value`, fails with it or throws it, if its
    /// kind does that.
    kMake,
    /// Adds a callback to the Deferred a, in the way When(b). The callback does Effect(c >> 4) to
    /// the Deferred `value`, and then gives CallbackOutcome(c & 15).
    kAdd,
    kFire,     ///< fires a with value
    kFail,     ///< fails a with the error number value
    kCancel,   ///< cancels a
    kPause,    ///< pauses a
    kUnpause,  ///< unpauses a
    kTake,     ///< takes the result of a
    kForward,  ///< a.chainDeferred(b)
    /// Drops the handle of a. What waits for a, and what a waits for, may die or live on.
    kDrop,
    /// Makes a deferredList of the Deferreds in the bit mask a, with options c. The option kValues
    /// makes it gatherResults.
    kList,
    kFirst,   ///< like kList, with fireOnOneCallback
    kRace,    ///< like kList, but a race
    kGather,  ///< makes gather(a, b) with options c
    /// Makes a coroutine that awaits a. The options c say whether it catches the failure of a,
    /// whether it awaits b as well, and whether it throws in the end. It does Effect(c >> 4) to the
    /// Deferred `value` after each wait.
    kCoroutine,
    kTimeout,  ///< a.addTimeout(value)
    kAdvance,  ///< advances the clock by value
    kLeave,    ///< ends the program here: drops all handles and does nothing else
    kOps,
  };
  std::uint8_t op = 0, a = 0, b = 0, c = 0, value = 0;
};

enum class Canceller : std::uint8_t { kNone, kIdle, kGives, kFails, kThrows, kCount };
/// The way in which a callback is added, in the order of the names below: addCallback, addErrback,
/// addBoth, addCallbacks, addErrback<E> for the errors of programs, tap, tapErrback, tapBoth.
enum class When : std::uint8_t { kValue, kFailure, kBoth, kPair, kTrap, kTap, kTapErrback, kTapBoth, kCount };
/// A side effect on another Deferred. A callback and a coroutine (after each wait) do it to the
/// Deferred that the step's `value` names, a canceller to the Deferred b.
enum class Effect : std::uint8_t { kNone, kPause, kUnpause, kCancel, kFire, kFail, kAdd, kTake, kCount };
/// The result of a callback: what it got, another value, an error that it throws, an error that it
/// returns, or the Deferred that the step's `value` names. A tap can only throw.
enum class CallbackOutcome : std::uint8_t { kPass, kValue, kThrow, kFailure, kDeferred, kCount };

/// Options in Step::c: the first four of joins, the last three of coroutines.
enum : std::uint8_t { kOnErrback = 1, kConsume = 2, kTakes = 4, kValues = 8, kCatches = 1, kSecond = 2, kThrowsInTheEnd = 4 };

using Program = std::vector<Step>;

/// Limits of a program. At its end, all chains are told to end, up to kMaxRounds times: a callback
/// may pause another chain again.
inline constexpr std::size_t kMaxSteps = 48, kMaxDeferreds = 12, kMaxRounds = 100;

/// Decodes a program. Every byte string is one: missing bytes are 0, and steps beyond kMaxSteps are
/// left out.
Program decodeProgram(ByteView bytes);
std::string encodeProgram(const Program& program);
/// The steps in words, one on each line.
std::string describe(const Program& program);

/// Decides which waits both sides leave out. The decision depends on the steps alone. Left out are
/// waits that close a circle which nobody would ever fire and which owns itself, through a
/// chainDeferred, a join or a coroutine. A circle that consists of returned Deferreds alone is not
/// left out, because the library must refuse it.
class Rules {
 public:
  /// Notes that `later` waits for `earlier` from now on. `byReturn`: because a callback returned
  /// `earlier`. Returns false, and notes nothing, if that closes a circle as described above.
  bool mayWait(std::size_t later, std::size_t earlier, bool byReturn);
  /// The same for a coroutine that awaits `first` and then `second`. While it waits for `first`,
  /// `first` owns the handle of `second`. Returns false if the coroutine must not have that handle.
  bool mayAwait(std::size_t coroutine, std::size_t first, std::size_t second);

 private:
  struct Edge {
    bool any = false, firm = false;  // firm: not only because a callback returned it
  };
  bool leads(std::size_t from, std::size_t to, bool firm) const;
  std::array<std::array<Edge, kMaxDeferreds>, kMaxDeferreds> edges_{};
};

/// What one side saw. There is a line for each step, for each callback that ran, for each failure
/// that nobody handled, and, after each step, for every Deferred whose state is another than after
/// the step before. The unhandled failures of one step are in alphabetical order, since destructors
/// report them.
using Notes = std::vector<std::string>;

/// What can be seen of a Deferred without changing it.
struct State {
  bool called = false, paused = false, waiting = false;
  enum Has : std::uint8_t { kNothing, kValue, kError } has = kNothing;
  int value = 0;
  std::string error{};

  bool operator==(const State&) const = default;
};

/// Remembers the states of all Deferreds of a program. Most of them stay as they are in most steps,
/// and a comparison costs little beside a line of text.
class States {
 public:
  /// Adds a line for the Deferred number `which` (below kMaxDeferreds) to `notes` if its state is
  /// new or has changed.
  void note(Notes& notes, std::size_t which, const State& state);

 private:
  std::array<std::optional<State>, kMaxDeferreds> last_;
};

/// Runs the program with Deferreds.
Notes runProgram(const Program& program);
/// Runs the program by the interpreter.
Notes interpretProgram(const Program& program);

/// Empty if both sides saw the same. Otherwise the text has the program, the last lines that both
/// sides saw, and the first line in which they differ.
std::string disagreement(const Program& program);
std::string disagreement(const Program& program, const Notes& observed, const Notes& expected);

}  // namespace teasel::targets
