#include <algorithm>
#include <numeric>
#include <stdexcept>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include <teasel/core/clock.hpp>
#include <teasel/core/logger.hpp>
#include <teasel/core/observer.hpp>
#include <teasel/deferred/coroutine.hpp>
#include <teasel/deferred/deferred.hpp>
#include <teasel/deferred/join.hpp>
#include <teasel/fakes/fake_clock.hpp>

#include "deferred/model/program.hpp"

/// Runs programs with Deferreds.
namespace teasel::targets {

namespace {

struct Error : std::runtime_error {
  explicit Error(int number) : std::runtime_error("e" + std::to_string(number)) {}
};
struct Ended : std::runtime_error {
  Ended() : std::runtime_error("ended") {}
};

template <class Enum>
Enum pick(unsigned byte) {
  return static_cast<Enum>(byte % static_cast<unsigned>(Enum::kCount));
}

/// A time later than any timer of a program.
constexpr Duration kLongAfter = std::chrono::seconds(1000);

std::string nameOf(const Failure& failure) {
  if (failure.check<Error>() != nullptr || failure.check<Ended>() != nullptr) return failure.what();
  if (const FirstError* first = failure.check<FirstError>())
    return "first(" + std::to_string(first->index()) + ": " + nameOf(first->failure()) + ")";
  if (const FailureGroup* group = failure.check<FailureGroup>()) {
    std::string out = "group(";
    for (const Failure& each : group->failures()) out += nameOf(each) + ";";
    return out + ")";
  }
  return failure.name();
}
std::string shown(const Result<int>& result) { return result.ok() ? std::to_string(*result) : nameOf(result.failure()); }

/// Counts chains and collects the failures that nobody handled.
class Watcher final : public Observer {
 public:
  std::uint64_t chainMade(Site) override { return static_cast<std::uint64_t>(++alive); }
  void chainDied(std::uint64_t, Site, bool, const Failure& unhandled) override {
    --alive;
    if (unhandled) deaths_.push_back("unhandled " + nameOf(unhandled));
  }
  void note(Notes& notes) {
    std::sort(deaths_.begin(), deaths_.end());
    notes.insert(notes.end(), deaths_.begin(), deaths_.end());
    deaths_.clear();
  }
  int alive = 0;

 private:
  Notes deaths_;
};

class Runner {
 public:
  Runner(Notes& notes, Watcher& watcher) : notes_(notes), watcher_(watcher) { slots_.reserve(kMaxDeferreds); }

  void run(const Program& program) {
    for (const Step& step : program) {
      if (step.op % Step::kOps == Step::kLeave) return;
      guarded([&] { perform(step); });
      noteStates();
    }
    windUp();
  }

 private:
  using Handle = Deferred<int>;
  struct Slot {
    Handle handle;
    bool join = false;  // a join, whose first result has another type than the handle
  };

  template <class F>
  void guarded(F&& call) {
    try {
      call();
    } catch (...) {
      notes_.push_back("refused: " + nameOf(Failure::current()));
    }
  }

  void perform(const Step& step) {
    const auto op = static_cast<Step::Op>(step.op % Step::kOps);
    notes_.push_back("step " + std::to_string(++steps_));
    if (op == Step::kMake) return make(step);
    if (op == Step::kAdvance) return clock_.advance(std::chrono::milliseconds(step.value));
    if (slots_.empty()) return;
    const std::size_t a = place(step.a), b = place(step.b);
    switch (op) {
      case Step::kAdd: return add(a, step);
      case Step::kFire: return slots_[a].handle.callback(step.value);
      case Step::kFail: return slots_[a].handle.errback(Error(step.value));
      case Step::kCancel: return slots_[a].handle.cancel();
      case Step::kPause: return slots_[a].handle.pause();
      case Step::kUnpause: return slots_[a].handle.unpause();
      case Step::kTake: return take(slots_[a].handle);
      case Step::kForward: return forward(a, b);
      case Step::kDrop: slots_[a].handle = Handle(nullptr); return;
      case Step::kGather: return gatherTwo(a, b, step.c);
      case Step::kCoroutine: return coroutine(a, b, step);
      case Step::kTimeout: slots_[a].handle.addTimeout(std::chrono::milliseconds(step.value), clock_); return;
      default: return join(op, step);
    }
  }
  std::size_t place(std::size_t which) const { return which % slots_.size(); }
  bool full() const { return slots_.size() == kMaxDeferreds; }

  void make(const Step& step) {
    if (full()) return;
    const int value = step.value;
    const auto before = [this, step] { effect(step, step.b); };
    switch (pick<Canceller>(step.a)) {
      case Canceller::kIdle: return keep(Handle([before] { before(); }));
      case Canceller::kGives: return keep(Handle([before, value](Handle& asked) { before(), asked.callback(value); }));
      case Canceller::kFails: return keep(Handle([before, value](Handle& asked) { before(), asked.errback(Error(value)); }));
      case Canceller::kThrows: return keep(Handle([before, value] { before(), throw Error(value); }));
      default: return keep(Handle());
    }
  }
  void keep(Handle handle, bool join = false) { slots_.push_back({std::move(handle), join}); }

  void add(std::size_t which, const Step& step) {
    const std::size_t number = ++callbacks_;
    const auto got = [this, step, number](const std::string& what) {
      notes_.push_back("callback " + std::to_string(number) + what);
      effect(step, step.value);
    };
    Handle& handle = slots_[which].handle;
    try {
      if (pick<When>(step.b) >= When::kTap) return addTap(handle, step, got);
      const auto saw = [got](const Result<int>& result) { got(" got " + shown(result)); };
      switch (pick<CallbackOutcome>(step.c & 15)) {
        case CallbackOutcome::kPass:
          return attach(handle, step, [saw](Result<int> result) {
            saw(result);
            return result;
          });
        case CallbackOutcome::kValue:
          return attach(handle, step, [saw, step](const Result<int>& result) {
            saw(result);
            return step.value + (result.ok() ? *result : 0);
          });
        case CallbackOutcome::kThrow:
          return attach(handle, step, [saw, step](const Result<int>& result) -> int { saw(result), throw Error(step.value); });
        case CallbackOutcome::kFailure:
          return attach(handle, step, [saw, step](const Result<int>& result) { return saw(result), Failure(Error(step.value)); });
        default:
          return attach(handle, step, [this, saw, step, which](const Result<int>& result) {
            saw(result);
            return given(which, step, result);
          });
      }
    } catch (...) {
      --callbacks_;
      throw;
    }
  }
  template <class Got>
  static void addTap(Handle& handle, const Step& step, const Got& got) {
    const auto look = [got, step](const std::string& what) {
      got(what);
      if (pick<CallbackOutcome>(step.c & 15) == CallbackOutcome::kThrow) throw Error(step.value);
    };
    switch (pick<When>(step.b)) {
      case When::kTap: handle.tap([look](int value) { look(" got " + std::to_string(value)); }); return;
      case When::kTapErrback: handle.tapErrback([look](const Failure& failure) { look(" got " + nameOf(failure)); }); return;
      default: handle.tapBoth([look] { look(" ran"); }); return;
    }
  }
  /// Adds `function` to `handle` in the way that the step says: for values, for failures, or for
  /// both.
  template <class F>
  static void attach(Handle& handle, const Step& step, F function) {
    auto forValue = [function](int value) mutable { return function(Result<int>(value)); };
    auto forFailure = [function](Failure failure) mutable { return function(Result<int>(std::move(failure))); };
    switch (pick<When>(step.b)) {
      case When::kValue: handle.addCallback(forValue); return;
      case When::kFailure: handle.addErrback(forFailure); return;
      case When::kPair: handle.addCallbacks(forValue, forFailure); return;
      case When::kTrap:
        handle.addErrback<Error>([forFailure](const Error& error) mutable { return forFailure(Failure(error)); });
        return;
      default: handle.addBoth(std::move(function)); return;
    }
  }
  /// The Deferred that a callback of the Deferred `which` returns. A Deferred that has `instead` as
  /// its result if the wait is to be left out.
  Handle given(std::size_t which, const Step& step, const Result<int>& instead) {
    const std::size_t other = place(step.value);
    const Handle& handle = slots_[other].handle;
    if (handle && !rules_.mayWait(which, other, true)) return instead.ok() ? succeed(*instead) : fail<int>(instead.failure());
    return handle;
  }

  void effect(const Step& step, std::uint8_t which) {
    const std::size_t other = place(which);
    const Handle handle = slots_[other].handle;
    guarded([&] {
      switch (pick<Effect>(step.c >> 4)) {
        case Effect::kPause: return handle.pause();
        case Effect::kUnpause: return handle.unpause();
        case Effect::kCancel: return handle.cancel();
        case Effect::kFire: return handle.callback(which);
        case Effect::kFail: return handle.errback(Error(which));
        case Effect::kTake: return take(slots_[other].handle);
        case Effect::kAdd: return add(other, {Step::kAdd, 0, static_cast<std::uint8_t>(When::kBoth), 0, 0});
        default: return;
      }
    });
  }

  void take(Handle& handle) { notes_.push_back("took " + shown(handle.take())); }
  void forward(std::size_t from, std::size_t to) {
    if (from == to || (slots_[to].handle && slots_[to].join) || !rules_.mayWait(to, from, false)) return;
    static_cast<void>(slots_[from].handle.chainDeferred(slots_[to].handle));
  }

  // --- Joins. A callback notes the results that a join holds and turns it into a Deferred<int>.

  auto noteAll() {
    return [this](const std::vector<Result<int>>& results) {
      std::string all = "all are";
      int sum = 0;
      for (const Result<int>& each : results) {
        all += " " + shown(each);
        sum += each.ok() ? *each : 1000;
      }
      notes_.push_back(all);
      return sum;
    };
  }
  auto noteValues() {
    return [this](const std::vector<int>& values) {
      std::string all = "all are";
      for (const int each : values) all += " " + std::to_string(each);
      notes_.push_back(all);
      return std::accumulate(values.begin(), values.end(), 0);
    };
  }
  auto noteFirst() {
    return [this](const First<int>& first) {
      notes_.push_back("first is " + std::to_string(first.index) + ": " + std::to_string(first.value));
      return first.value;
    };
  }

  void join(Step::Op op, const Step& step) {
    std::vector<Handle> inputs;
    std::vector<std::size_t> which;
    for (std::size_t i = 0; i < 8 && i < slots_.size(); ++i) {
      if ((step.a >> i & 1) == 0) continue;
      inputs.push_back(slots_[i].handle);
      which.push_back(i);
    }
    if (full()) return;
    const bool takes = (step.c & kTakes) != 0;
    const ListOptions options{.fireOnOneErrback = (step.c & kOnErrback) != 0, .consumeErrors = (step.c & kConsume) != 0};
    if (op == Step::kList && (step.c & kValues) != 0) {
      const GatherOptions gather{.consumeErrors = options.consumeErrors};
      keepJoin(takes ? gatherResults(std::move(inputs), gather) : gatherResults(inputs, gather), which, noteValues());
    } else if (op == Step::kList) {
      keepJoin(takes ? deferredList(std::move(inputs), options) : deferredList(inputs, options), which, noteAll());
    } else if (op == Step::kFirst) {
      keepJoin(
          takes ? deferredList(std::move(inputs), fireOnOneCallback, options) : deferredList(inputs, fireOnOneCallback, options),
          which, noteFirst());
    } else {
      keepJoin(takes ? race(std::move(inputs)) : race(inputs), which, noteFirst());
    }
  }
  void gatherTwo(std::size_t a, std::size_t b, std::uint8_t options) {
    if (full() || a == b) return;
    const Handle &first = slots_[a].handle, &second = slots_[b].handle;
    const auto note = [this](const std::tuple<int, int>& values) {
      notes_.push_back("all are " + std::to_string(std::get<0>(values)) + " " + std::to_string(std::get<1>(values)));
      return std::get<0>(values) + std::get<1>(values);
    };
    if ((options & kTakes) != 0) keepJoin(gather(Handle(first), Handle(second)), {a, b}, note);
    else keepJoin(gather(first, second), {a, b}, note);
  }
  template <class T, class F>
  void keepJoin(Deferred<T> made, const std::vector<std::size_t>& inputs, F note) {
    for (const std::size_t input : inputs) rules_.mayWait(slots_.size(), input, false);
    keep(made.addCallback(std::move(note)), true);
  }

  // --- Coroutines

  void coroutine(std::size_t a, std::size_t b, const Step& step) {
    if (full()) return;
    const std::size_t self = slots_.size();
    Handle second(nullptr);
    if ((step.c & kSecond) == 0) rules_.mayWait(self, a, false);
    else if (rules_.mayAwait(self, a, b) && a != b) second = slots_[b].handle;
    keep(body(*this, self, slots_[a].handle, std::move(second), a == b, step));
  }
  /// The body of a coroutine. It holds no handle but that of the Deferred for which it waits, and
  /// at first `second`. `second` is empty if both waits are for the same Deferred: the coroutine
  /// would own itself otherwise.
  // NOLINTNEXTLINE(cppcoreguidelines-avoid-reference-coroutine-parameters): the Runner outlives it
  static Handle body(Runner& runner, std::size_t self, Handle first, Handle second, bool same, Step step) {
    int sum = 0;
    for (const bool again : {false, true}) {
      if (again && (step.c & kSecond) == 0) break;
      if (again && !same) first = std::exchange(second, nullptr);
      Failure failure;
      try {
        const int value = co_await first;
        runner.noteCoroutine(self, std::to_string(value));
        sum += value;
      } catch (...) {
        failure = Failure::current();
        runner.noteCoroutine(self, nameOf(failure));
        sum += 100;
      }
      runner.effect(step, step.value);
      if (failure && (step.c & kCatches) == 0) failure.raise();
    }
    if ((step.c & kThrowsInTheEnd) != 0) throw Error(sum);
    co_return sum;
  }
  void noteCoroutine(std::size_t which, const std::string& got) {
    notes_.push_back("coroutine " + std::to_string(which) + " got " + got);
  }

  // --- The end

  void windUp() {
    clock_.advance(kLongAfter);
    bool changed = true;
    for (std::size_t round = 0; changed && round < kMaxRounds; ++round) {
      changed = false;
      for (Slot& each : slots_) changed |= each.handle && toldToEnd(each.handle);
    }
    noteStates();
  }
  static bool toldToEnd(const Handle& handle) {
    if (!handle.paused() && handle.called()) return false;
    while (handle.paused()) handle.unpause();
    for (const bool harder : {false, true}) {
      if (handle.called()) continue;
      try {
        if (harder) handle.errback(Ended());
        else handle.cancel();
      } catch (const std::exception&) {
        // It is a coroutine that waits for another Deferred.
      }
    }
    return true;
  }

  void noteStates() {
    watcher_.note(notes_);
    for (std::size_t i = 0; i < slots_.size(); ++i) {
      const Handle& handle = slots_[i].handle;
      if (!handle) continue;
      State state{.called = handle.called(), .paused = handle.paused(), .waiting = handle.waiting()};
      if (const int* value = handle.value()) {
        state.has = State::kValue;
        state.value = *value;
      } else if (const Failure* failure = handle.failure()) {
        state.has = State::kError;
        state.error = nameOf(*failure);
      }
      states_.note(notes_, i, state);
    }
  }

  Notes& notes_;
  Watcher& watcher_;
  fakes::FakeClock clock_;
  std::vector<Slot> slots_;
  Rules rules_;
  States states_;
  std::size_t callbacks_ = 0, steps_ = 0;
};

}  // namespace

Notes runProgram(const Program& program) {
  Notes notes;
  Watcher watcher;
  const Observer::Scope watching(&watcher);
  const LogScope silent(nullptr);
  Runner(notes, watcher).run(program);
  watcher.note(notes);
  notes.push_back(std::to_string(watcher.alive) + " left");
  return notes;
}

}  // namespace teasel::targets
