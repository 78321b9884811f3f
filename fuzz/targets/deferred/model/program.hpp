#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include <teasel/core/byte_view.hpp>

/// Programs of Deferreds: what a fuzzer or RapidCheck makes, and what is done twice - on Deferreds,
/// and by an interpreter that knows nothing of them - to compare what both saw.
namespace teasel::targets {

/// One step; every five bytes are one. A Deferred is named by a number, modulo how many there are.
struct Step {
  enum Op : std::uint8_t {
    /// a new Deferred; a: its Canceller, value; the canceller does Effect(c >> 4) to b before
    kMake,
    /// to a: a callback for When(b), which does Effect(c >> 4) to value, then gives
    /// CallbackOutcome(c & 15)
    kAdd,
    kFire,     ///< a, with value
    kFail,     ///< a, with error value
    kCancel,   ///< a
    kPause,    ///< a
    kUnpause,  ///< a
    kTake,     ///< a
    kForward,  ///< a.chainDeferred(b)
    kDrop,     ///< the handle of a: what waits for it, or for which it waits, may die or live on
    /// a new one: deferredList of those in the mask a, or gatherResults (kValues), options c
    kList,
    kFirst,   ///< the same with fireOnOneCallback
    kRace,    ///< the same, race
    kGather,  ///< a new one: gather(a, b), options c
    /// a new one: awaits a; options c: catches its failure, awaits b as well, throws in the end;
    /// and Effect(c >> 4)
    kCoroutine,
    kTimeout,  ///< a.addTimeout(value)
    kAdvance,  ///< the clock, by value
    kLeave,    ///< the program ends here: all handles are dropped with nothing told
    kOps,
  };
  std::uint8_t op = 0, a = 0, b = 0, c = 0, value = 0;
};

enum class Canceller : std::uint8_t { kNone, kIdle, kGives, kFails, kThrows, kCount };
/// addCallback, addErrback, addBoth, addCallbacks, addErrback<E> for the errors of programs, tap,
/// tapErrback, tapBoth.
enum class When : std::uint8_t { kValue, kFailure, kBoth, kPair, kTrap, kTap, kTapErrback, kTapBoth, kCount };
/// What a callback, a canceller, a coroutine after each wait, does besides: to the Deferred of the
/// step's value (b).
enum class Effect : std::uint8_t { kNone, kPause, kUnpause, kCancel, kFire, kFail, kAdd, kTake, kCount };
/// What a callback gives: what it got, another value, an error thrown or returned, the Deferred of
/// the step's value. A tap can but throw.
enum class CallbackOutcome : std::uint8_t { kPass, kValue, kThrow, kFailure, kDeferred, kCount };

/// Options of joins (Step::c) and of coroutines.
enum : std::uint8_t { kOnErrback = 1, kConsume = 2, kTakes = 4, kValues = 8, kCatches = 1, kSecond = 2, kThrowsInTheEnd = 4 };

using Program = std::vector<Step>;

/// kMaxRounds: how often all are told to end, in the end: a callback may pause another chain again.
inline constexpr std::size_t kMaxSteps = 48, kMaxDeferreds = 12, kMaxRounds = 100;

/// Every byte string is a program; missing bytes are 0, steps beyond kMaxSteps are left out.
Program decodeProgram(ByteView bytes);
std::string encodeProgram(const Program& program);
/// The steps, one a line, as one would say them.
std::string describe(const Program& program);

/// What both sides agree to leave out, decided by the steps alone: circles that nobody would ever
/// fire, and that own themselves (through a chainDeferred, a join or a coroutine; circles of
/// returned Deferreds alone are the library's to refuse).
class Rules {
 public:
  /// From now on `later` waits for `earlier`. False, and nothing noted, if that closes a circle as
  /// described.
  bool mayWait(std::size_t later, std::size_t earlier, bool byReturn);
  /// The same for a coroutine that awaits `first`, then `second`: meanwhile what it waits for owns
  /// the handle of the other. False if it must not have that one.
  bool mayAwait(std::size_t coroutine, std::size_t first, std::size_t second);

 private:
  struct Edge {
    bool any = false, firm = false;  // firm: not by a return alone
  };
  bool leads(std::size_t from, std::size_t to, bool firm) const;
  std::array<std::array<Edge, kMaxDeferreds>, kMaxDeferreds> edges_{};
};

/// What a side saw: a line for each step, for each callback that ran, for each failure that nobody
/// handled (those of one step in alphabetical order, since destructors tell of them), and for the
/// state of every Deferred after each step.
using Notes = std::vector<std::string>;

/// On Deferreds.
Notes runProgram(const Program& program);
/// By the interpreter.
Notes interpretProgram(const Program& program);

/// Empty if both sides saw the same; else the program, what they saw last together, and where they
/// part.
std::string disagreement(const Program& program);
std::string disagreement(const Program& program, const Notes& observed, const Notes& expected);

}  // namespace teasel::targets
