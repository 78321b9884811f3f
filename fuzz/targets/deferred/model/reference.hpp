#pragma once

#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "deferred/model/program.hpp"

/// The interpreter of programs of Deferreds. It defines what they mean without using a Deferred. It
/// is recursive and not optimised; a shared_ptr expresses ownership.
namespace teasel::targets::reference {

/// A result: a value, or the name of an error.
struct Seen {
  bool ok = true;
  int value = 0;
  std::string error{};
  bool quiet = false;  // the error counts as handled, although it stays
  std::string all{};   // of a join: the results that it holds, as text
};

struct Chain;
using Owner = std::shared_ptr<Chain>;

/// An entry of a chain, in the order of Kind: a callback of the program, a chainDeferred, an input
/// of a join, the first callback of a join (which turns the results that it holds into a number), a
/// coroutine that waits, a timeout.
struct Link {
  enum Kind : std::uint8_t { kCallback, kForward, kJoin, kDigest, kResume, kTimeout } kind = kCallback;
  Step step{};
  std::size_t number = 0;  // number of the callback
  Owner target{};          // gets the result; lives as long as the result may come
  std::size_t index = 0;   // index of the input or of the timer
};

struct Chain : std::enable_shared_from_this<Chain> {
  Chain(std::size_t number, Notes& died) : id(number), deaths(died) {}
  Chain(const Chain&) = delete;
  Chain& operator=(const Chain&) = delete;
  ~Chain();

  std::size_t id;
  Notes& deaths;
  bool called = false, running = false, swallows = false, cancelling = false;
  bool held = false;   // it is being made an input of a join
  bool waits = false;  // it waits for a Deferred that a callback returned
  std::optional<Seen> result{};
  std::deque<Link> links{};
  int pauses = 0;
  Step made{};  // the step that made it: has its canceller, or what its coroutine does
  // The chain whose result this one awaits: a Deferred that a callback returned, or the one for
  // which a coroutine waits.
  Chain* inner = nullptr;
  // The chain that waits for this one because a callback returned this one.
  Owner outer{};
  const char* closed = nullptr;  // the error that adding a callback causes

  // Members of a join.
  Step::Op join = Step::kMake;
  std::uint8_t options = 0;
  std::vector<std::weak_ptr<Chain>> inputs{};  // a join does not keep its inputs alive
  std::vector<std::optional<Seen>> arrived{};
  bool won = false;
  // Members of a coroutine.
  bool driven = false;  // its body has not ended
  bool again = false;   // it waits for the second time
  bool same = false;    // its second wait is for the same Deferred as its first
  Owner second{};       // the body owns this handle until it waits for it
  // The error that another wait for the same Deferred would give.
  const char* refused = nullptr;
  int sum = 0;

  bool settled() const { return result && links.empty() && pauses == 0 && !held && !running && outer == nullptr; }
};

/// Thrown when a call is refused. `error` is the name of the error.
struct Refused {
  std::string error;
};

class Interpreter {
 public:
  Notes run(const Program& program);

 private:
  /// The timer of an addTimeout. It is over when `chain` is null.
  struct Timer {
    int due;
    Owner chain;
    bool went = false;
  };

  // Steps (reference.cpp).
  void perform(const Step& step);
  const Owner& slot(std::size_t which) const { return slots_[which % slots_.size()]; }
  bool full() const { return slots_.size() == kMaxDeferreds; }
  Owner newChain() { return std::make_shared<Chain>(slots_.size(), deaths_); }
  static Chain& handle(const Owner& given);
  static Chain& open(const Owner& given);
  void make(const Step& step);
  void add(const Owner& given, const Step& step);
  void append(Chain& chain, Link link);
  void fire(const Owner& given, const Seen& outcome, bool asValue);
  void give(Chain& chain, const Seen& outcome);
  void pause(const Owner& given) { ++handle(given).pauses; }
  void unpause(const Owner& given);
  void take(const Owner& given);
  void forward(std::size_t from, std::size_t to);
  void addTimeout(const Owner& given, int after);
  void advance(int by);
  void effect(const Step& step, std::size_t which);
  void windUp();
  bool toldToEnd(const Owner& given);
  void noteStates();
  void noteDeaths();

  // Running the chains (reference.cpp).
  void proceed(Chain& chain);
  void follow(Chain& chain, const Link& link);
  void hand(Chain& chain, Chain& target);
  void callback(Chain& chain, const Link& link);
  void look(Chain& chain, const Link& link);
  void waitFor(Chain& chain, const Owner& inner, const Seen& instead);
  void cancel(Chain& given);
  bool callCanceller(Chain& target);

  // Joins and coroutines (reference_joins.cpp).
  void joinMask(Step::Op op, const Step& step);
  void gather(const Step& step);
  void join(Step::Op op, std::uint8_t options, const std::vector<Owner>& inputs);
  void arrive(Chain& join, std::size_t index, Seen outcome);
  void arriveAtFirst(Chain& join, std::size_t index);
  void finish(Chain& join);
  void finishWith(Chain& join, const Seen& outcome);
  void cancelInputs(Chain& join);
  static bool mayReport(const Chain& join);
  void coroutine(const Step& step);
  void await(Chain& made, const Owner& awaited);
  void resume(Chain& made, const Seen& outcome);
  void end(Chain& made, const Seen& outcome);

  Notes notes_, deaths_;
  std::vector<Owner> slots_;
  std::vector<Timer> timers_;
  Rules rules_;
  States states_;
  std::size_t callbacks_ = 0, steps_ = 0;
  int now_ = 0;
};

inline Seen value(int given) { return {true, given, {}, false, {}}; }
inline Seen error(std::string name) { return {false, 0, std::move(name), false, {}}; }
inline Seen numbered(int number) { return error("e" + std::to_string(number)); }
inline std::string shown(const Seen& outcome) { return outcome.ok ? std::to_string(outcome.value) : outcome.error; }

}  // namespace teasel::targets::reference
