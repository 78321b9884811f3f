#include <deque>
#include <memory>
#include <optional>
#include <utility>

#include "deferred_program.hpp"

/// The interpreter: what programs of Deferreds mean, told without one. Plain recursion, no ownership, no optimisation.
namespace teasel::targets {

namespace {

/// A value, or the name of an error.
struct Seen {
  bool ok = true;
  int value = 0;
  std::string error{};
  bool quiet = false;  // handled, although it stays
  std::string all{};   // a join's: what it holds
};

struct Chain;

/// What stands in a chain: a callback of the program, a chainDeferred, an input of a join, the first callback of a join
/// (which makes a number of what it holds), a coroutine that waits.
struct Link {
  enum Kind { kCallback, kForward, kJoin, kDigest, kResume } kind = kCallback;
  Step step{};
  std::size_t number = 0;  // of the callback
  Chain* target = nullptr;
  std::size_t index = 0;  // of the input
};

struct Chain {
  std::size_t id = 0;
  bool called = false, running = false, swallows = false, cancelling = false, dropped = false;
  bool held = false;  // while it is made an input of a join
  std::optional<Seen> result{};
  std::deque<Link> links{};
  int pauses = 0;
  Canceller canceller = Canceller::kNone;
  int cancelValue = 0;
  Chain* inner = nullptr;        // whose result is awaited: a returned Deferred's, or what a coroutine waits for
  Chain* outer = nullptr;        // who waits for ours because a callback returned us
  const char* closed = nullptr;  // the error of whoever adds

  // A join.
  Step::Op join = Step::kMake;
  std::uint8_t options = 0;
  std::vector<Chain*> inputs{};
  std::vector<std::optional<Seen>> arrived{};
  bool won = false;
  // A coroutine.
  bool driven = false;
  Chain* second = nullptr;
  int sum = 0;
  bool waitsForSecond = false;

  bool waiting() const { return inner != nullptr && !driven; }
  bool settled() const { return result && links.empty() && pauses == 0 && !held && !running && outer == nullptr; }
};

/// A call that is refused, by the name of its error.
struct Refused {
  std::string error;
};

Seen value(int given) { return {true, given, {}, false, {}}; }
Seen error(std::string name) { return {false, 0, std::move(name), false, {}}; }
std::string shown(const Seen& outcome) { return outcome.ok ? std::to_string(outcome.value) : outcome.error; }

class Interpreter {
 public:
  Notes run(const Program& program) {
    for (const Step& step : program) {
      try {
        perform(step);
      } catch (const Refused& refused) {
        notes_.push_back("refused: " + refused.error);
      }
      noteStates();
    }
    windUp();
    return std::move(notes_);
  }

 private:
  // --- Steps

  void perform(const Step& step) {
    const auto op = static_cast<Step::Op>(step.op % Step::kOps);
    notes_.push_back("step " + std::to_string(op));
    if (op == Step::kMake) return make(step);
    if (chains_.empty()) return;
    Chain& a = chain(step.a);
    switch (op) {
      case Step::kAdd: return add(a, step);
      case Step::kFire: return fire(a, value(step.value), "callback");
      case Step::kFail: return fire(a, error("e" + std::to_string(step.value)), "errback");
      case Step::kCancel: return cancel(a);
      case Step::kPause: return pause(a);
      case Step::kUnpause: return unpause(a);
      case Step::kTake: return take(a);
      case Step::kForward: return forward(a, chain(step.b));
      case Step::kDrop: return drop(a);
      case Step::kGather: return gather(step);
      case Step::kCoroutine: return coroutine(step);
      default: return joinMask(op, step);
    }
  }

  Chain& chain(std::size_t which) { return *chains_[which % chains_.size()]; }
  bool full() const { return chains_.size() == kMaxDeferreds; }
  std::unique_ptr<Chain> newChain() {
    auto made = std::make_unique<Chain>();
    made->id = chains_.size();
    return made;
  }
  static void requireHandle(const Chain& chain) {
    if (chain.dropped) throw Refused{"UsageError"};
  }
  static void requireOpen(const Chain& chain) {
    requireHandle(chain);
    if (chain.closed != nullptr) throw Refused{chain.closed};
  }

  void make(const Step& step) {
    if (full()) return;
    auto made = newChain();
    made->canceller = static_cast<Canceller>(step.a % static_cast<unsigned>(Canceller::kCount));
    made->cancelValue = step.value;
    chains_.push_back(std::move(made));
  }

  void add(Chain& chain, const Step& step) {
    requireOpen(chain);
    Link link;
    link.step = step;
    link.number = ++callbacks_;
    append(chain, link);
  }
  void append(Chain& chain, const Link& link) {
    chain.links.push_back(link);
    proceed(chain);
  }

  void fire(Chain& chain, const Seen& outcome, const std::string& call) {
    requireHandle(chain);
    // A join starts with another type than its handle stands for.
    if (call == "callback" && chain.join != Step::kMake) throw Refused{"UsageError"};
    give(chain, outcome);
  }
  /// The result, from whoever promised it.
  void give(Chain& chain, const Seen& outcome) {
    if (chain.driven) throw Refused{"UsageError"};
    if (chain.called) {
      if (!chain.swallows) throw Refused{"AlreadyCalled"};
      chain.swallows = false;
      return;
    }
    chain.called = true;
    chain.result = outcome;
    proceed(chain);
  }

  void pause(Chain& chain) {
    requireHandle(chain);
    ++chain.pauses;
  }
  void unpause(Chain& chain) {
    requireHandle(chain);
    if (chain.pauses == 0) throw Refused{"UsageError"};
    --chain.pauses;
    proceed(chain);
  }

  void take(Chain& chain) {
    requireOpen(chain);
    if (!chain.settled()) throw Refused{"UsageError"};
    chain.closed = "ResultTaken";
    notes_.push_back("took " + shown(*chain.result));
    chain.result.reset();
  }

  void forward(Chain& from, Chain& to) {
    if (&from == &to || to.join != Step::kMake || !rules_.mayWait(to.id, from.id, false)) return;
    requireHandle(to);
    requireOpen(from);
    rules_.pin(to.id);
    from.closed = "StaleHandle";
    Link link;
    link.kind = Link::kForward;
    link.target = &to;
    append(from, link);
  }

  void drop(Chain& chain) {
    if (rules_.pinned(chain.id) || chain.dropped || chain.closed != nullptr || !chain.settled()) return;
    die(chain);
  }

  void die(Chain& chain) {
    chain.dropped = true;
    if (chain.result && !chain.result->ok && !chain.result->quiet) notes_.push_back("unhandled " + chain.result->error);
  }

  // --- Running

  void proceed(Chain& chain) {
    if (chain.running || chain.held) return;
    chain.running = true;
    while (chain.result && chain.pauses == 0 && !chain.links.empty()) {
      const Link link = chain.links.front();
      chain.links.pop_front();
      follow(chain, link);
    }
    chain.running = false;
    if (!chain.result || chain.pauses != 0 || chain.outer == nullptr) return;
    Chain& outer = *std::exchange(chain.outer, nullptr);
    outer.inner = nullptr;
    outer.result = std::exchange(chain.result, std::nullopt);
    outer.result->quiet = false;
    proceed(outer);
  }

  void follow(Chain& chain, const Link& link) {
    switch (link.kind) {
      case Link::kCallback: return callback(chain, link);
      case Link::kForward: {
        // Where the other has its result already, ours becomes that error.
        try {
          const Seen outcome = *chain.result;
          if (link.target->called && !link.target->swallows) throw Refused{"AlreadyCalled"};
          if (link.target->driven) throw Refused{"UsageError"};
          chain.result.reset();
          Seen given = outcome;
          given.quiet = false;
          chain.result = value(0);
          give(*link.target, given);
        } catch (const Refused& refused) {
          chain.result = error(refused.error);
        }
        return;
      }
      case Link::kJoin: {
        Seen outcome = *chain.result;
        if ((link.target->options & kTakes) != 0) chain.result.reset();
        else if ((link.target->options & kConsume) != 0) chain.result->quiet = true;
        link.target->inputs[link.index] = nullptr;
        return arrive(*link.target, link.index, std::move(outcome));
      }
      case Link::kDigest:
        if (chain.result->ok) notes_.push_back(chain.result->all);
        return;
      case Link::kResume: {
        const Seen outcome = *std::exchange(chain.result, std::nullopt);
        link.target->inner = nullptr;
        return resume(*link.target, outcome);
      }
    }
  }

  void callback(Chain& chain, const Link& link) {
    const auto when = static_cast<When>(link.step.b % static_cast<unsigned>(When::kCount));
    if (when != When::kBoth && chain.result->ok != (when == When::kValue)) return;
    Seen outcome = *std::exchange(chain.result, std::nullopt);
    outcome.quiet = false;
    notes_.push_back("callback " + std::to_string(link.number) + " got " + shown(outcome));
    effect(link.step);
    const int given = link.step.value;
    switch (static_cast<Outcome>((link.step.c & 15) % static_cast<unsigned>(Outcome::kCount))) {
      case Outcome::kPass: chain.result = outcome; return;
      case Outcome::kValue: chain.result = value(given + (outcome.ok ? outcome.value : 0)); return;
      case Outcome::kThrow:
      case Outcome::kFailure: chain.result = error("e" + std::to_string(given)); return;
      default: return waitFor(chain, this->chain(static_cast<std::size_t>(given)), outcome);
    }
  }

  /// A callback of `chain` returned `inner`.
  void waitFor(Chain& chain, Chain& inner, const Seen& instead) {
    if (!inner.dropped && !rules_.mayWait(chain.id, inner.id, true)) {
      chain.result = instead;
      return;
    }
    if (inner.dropped || &inner == &chain) {
      chain.result = error("UsageError");
      return;
    }
    if (inner.closed != nullptr) {
      chain.result = error(inner.closed);
      return;
    }
    for (const Chain* down = inner.inner; down != nullptr; down = down->inner) {
      if (down != &chain) continue;
      chain.result = error("UsageError");
      return;
    }
    const bool ready = inner.settled();
    inner.closed = "StaleHandle";
    if (ready) {
      chain.result = std::exchange(inner.result, std::nullopt);
      chain.result->quiet = false;
      return;
    }
    chain.inner = &inner;
    inner.outer = &chain;
  }

  void effect(const Step& step) {
    Chain& other = chain(step.value);
    try {
      switch (static_cast<Effect>((step.c >> 4) % static_cast<unsigned>(Effect::kCount))) {
        case Effect::kPause: return pause(other);
        case Effect::kUnpause: return unpause(other);
        case Effect::kCancel: return cancel(other);
        case Effect::kFire: return fire(other, value(step.value), "callback");
        case Effect::kFail: return fire(other, error("e" + std::to_string(step.value)), "errback");
        case Effect::kAdd: return add(other, {Step::kAdd, 0, static_cast<std::uint8_t>(When::kBoth), 0, 0});
        default: return;
      }
    } catch (const Refused& refused) {
      notes_.push_back("refused: " + refused.error);
    }
  }

  // --- Cancelling

  void cancel(Chain& given) {
    requireHandle(given);
    cancelChain(given);
  }
  void cancelChain(Chain& given) {
    Chain* target = &given;
    while (target->inner != nullptr) target = target->inner;
    if (target->called || target->cancelling) return;
    target->cancelling = true;
    struct Done {
      bool& flag;
      ~Done() { flag = false; }
    } done{target->cancelling};
    if (target->join != Step::kMake) {
      cancelInputs(*target);
      if (target->join != Step::kRace) return;  // waits for what its inputs give
    } else {
      switch (target->canceller) {
        case Canceller::kNone: target->swallows = true; break;
        case Canceller::kIdle: break;
        case Canceller::kGives: give(*target, value(target->cancelValue)); break;
        case Canceller::kFails: give(*target, error("e" + std::to_string(target->cancelValue))); break;
        default: throw Refused{"e" + std::to_string(target->cancelValue)};
      }
    }
    if (target->called) return;
    target->called = true;
    target->result = error("CancelledError");
    proceed(*target);
  }
  void cancelInputs(Chain& join) {
    for (std::size_t i = 0; i < join.inputs.size(); ++i) {
      if (join.inputs[i] == nullptr) continue;
      try {
        cancelChain(*join.inputs[i]);
      } catch (const Refused&) {
        // logged, and the others are cancelled all the same
      }
    }
  }

  // --- Joins

  void joinMask(Step::Op op, const Step& step) {
    std::vector<Chain*> inputs;
    for (std::size_t i = 0; i < 8 && i < chains_.size(); ++i)
      if ((step.a >> i & 1) != 0) inputs.push_back(chains_[i].get());
    if (full()) return;
    if (op != Step::kList && inputs.empty()) throw Refused{"UsageError"};
    join(op, step.c, inputs);
  }
  void gather(const Step& step) {
    if (full() || &chain(step.a) == &chain(step.b)) return;
    join(Step::kGather, step.c & kTakes, {&chain(step.a), &chain(step.b)});
  }
  void join(Step::Op op, std::uint8_t options, const std::vector<Chain*>& inputs) {
    for (const Chain* input : inputs) requireOpen(*input);
    auto made = newChain();
    Chain& out = *made;
    out.join = op;
    out.options = options;
    if (op == Step::kGather) out.options |= kOnErrback;
    if (op == Step::kRace) out.options = static_cast<std::uint8_t>((options & kTakes) | kConsume);
    out.inputs = inputs;
    out.arrived.resize(inputs.size());
    for (const Chain* input : inputs) rules_.mayWait(out.id, input->id, false);
    rules_.pin(out.id);
    if (inputs.empty()) finish(out);
    for (std::size_t i = 0; i < inputs.size(); ++i) {
      if ((options & kTakes) != 0) inputs[i]->closed = "ResultTaken";
      Link link;
      link.kind = Link::kJoin;
      link.target = &out;
      link.index = i;
      inputs[i]->held = true;
      inputs[i]->links.push_back(link);
    }
    for (Chain* input : inputs) {
      input->held = false;
      proceed(*input);
    }
    Link digest;
    digest.kind = Link::kDigest;
    append(out, digest);
    chains_.push_back(std::move(made));
  }

  void arrive(Chain& join, std::size_t index, Seen outcome) {
    const bool ok = outcome.ok;
    join.arrived[index] = std::move(outcome);
    if (join.join == Step::kList || join.join == Step::kGather) {
      if (join.called) return;
      if (!ok && (join.options & kOnErrback) != 0) return finishWith(join, firstError(join, index));
      for (const auto& each : join.arrived)
        if (!each) return;
      return finish(join);
    }
    if (join.won) return;
    if (!ok) {
      if (join.called) return;
      if ((join.options & kOnErrback) != 0) return finishWith(join, firstError(join, index));
      std::string group = "group(";
      for (const auto& each : join.arrived) {
        if (!each) return;
        group += each->error + ";";
      }
      return finishWith(join, error(group + ")"));
    }
    if (join.called) return;
    join.won = true;
    if (join.join == Step::kRace) cancelInputs(join);
    if (join.called) return;
    Seen first = value(join.arrived[index]->value);
    first.all = "first is " + std::to_string(index) + ": " + shown(*join.arrived[index]);
    finishWith(join, first);
  }
  static Seen firstError(const Chain& join, std::size_t index) {
    return error("first(" + std::to_string(index) + ": " + join.arrived[index]->error + ")");
  }
  /// Every input has arrived.
  void finish(Chain& join) {
    std::string all = "all are";
    int sum = 0;
    for (const auto& each : join.arrived) {
      all += " " + shown(*each);
      sum += each->ok ? each->value : 1000;
    }
    Seen held = value(sum);
    held.all = all;
    finishWith(join, held);
  }
  void finishWith(Chain& join, const Seen& outcome) {
    join.called = true;
    join.result = outcome;
    proceed(join);
  }

  // --- Coroutines

  void coroutine(const Step& step) {
    if (full()) return;
    Chain& first = chain(step.a);
    Chain& second = chain(step.b);
    auto made = newChain();
    made->driven = true;
    made->options = step.c;
    made->second = &second;
    for (Chain* awaited : {&first, &second}) {
      rules_.mayWait(made->id, awaited->id, false);
      rules_.pin(awaited->id);
    }
    rules_.pin(made->id);
    await(*made, first);
    chains_.push_back(std::move(made));
  }
  void await(Chain& made, Chain& awaited) {
    if (awaited.dropped) return resume(made, error("UsageError"));
    if (awaited.closed != nullptr) return resume(made, error(awaited.closed));
    const bool ready = awaited.settled();
    awaited.closed = "ResultTaken";
    if (ready) {
      const Seen outcome = *std::exchange(awaited.result, std::nullopt);
      return resume(made, outcome);
    }
    made.inner = &awaited;
    Link link;
    link.kind = Link::kResume;
    link.target = &made;
    append(awaited, link);
  }
  void resume(Chain& made, const Seen& outcome) {
    notes_.push_back("coroutine " + std::to_string(made.id) + " got " + shown(outcome));
    if (!outcome.ok && (made.options & kCatches) == 0) return end(made, outcome);
    made.sum += outcome.ok ? outcome.value : 100;
    if ((made.options & kSecond) != 0 && !made.waitsForSecond) {
      made.waitsForSecond = true;
      return await(made, *made.second);
    }
    if ((made.options & kThrowsInTheEnd) != 0) return end(made, error("e" + std::to_string(made.sum)));
    end(made, value(made.sum));
  }
  void end(Chain& made, const Seen& outcome) {
    made.driven = false;
    made.called = true;
    made.result = outcome;
    made.result->quiet = false;
    proceed(made);
  }

  // --- The end: everything is told to end, then the handles go.

  void windUp() {
    bool changed = true;
    for (std::size_t round = 0; changed && round < kMaxRounds; ++round) {
      changed = false;
      for (const auto& each : chains_) changed |= !each->dropped && toldToEnd(*each);
    }
    noteStates();
    for (const auto& each : chains_)
      if (!each->dropped) die(*each);
    notes_.push_back("0 left");
  }
  /// Whether there was something to tell.
  bool toldToEnd(Chain& chain) {
    if (chain.pauses == 0 && chain.called) return false;
    while (chain.pauses > 0) unpause(chain);
    for (const bool harder : {false, true}) {
      if (chain.called) continue;
      try {
        if (harder) fire(chain, error("ended"), "errback");
        else cancel(chain);
      } catch (const Refused&) {
        // Its canceller throws, or it is a coroutine that waits for another.
      }
    }
    return true;
  }

  void noteStates() {
    for (const auto& each : chains_) {
      if (each->dropped) continue;
      std::string line = "d" + std::to_string(each->id) + (each->called ? " called" : " uncalled");
      if (each->pauses != 0) line += " paused";
      if (each->waiting()) line += " waiting";
      if (each->closed == nullptr && each->settled()) line += " has " + shown(*each->result);
      notes_.push_back(line);
    }
  }

  std::vector<std::unique_ptr<Chain>> chains_;
  Rules rules_;
  std::size_t callbacks_ = 0;
  Notes notes_;
};

}  // namespace

Notes interpretProgram(const Program& program) { return Interpreter().run(program); }

}  // namespace teasel::targets
