#include "deferred/model/reference.hpp"

#include <algorithm>
#include <utility>

namespace teasel::targets {

namespace reference {

namespace {

template <class Enum>
Enum pick(unsigned byte) {
  return static_cast<Enum>(byte % static_cast<unsigned>(Enum::kCount));
}

/// A time later than any timer of a program.
constexpr int kLongAfter = 1'000'000;

}  // namespace

/// Nobody can see the result of this chain any more. What waits for the result hears nothing, and
/// the body of a coroutine ends where it stands.
Chain::~Chain() {
  if (result && !result->ok && !result->quiet) deaths.push_back("unhandled " + result->error);
  for (Link& link : links) {
    if (link.kind != Link::kResume) continue;
    link.target->inner = nullptr;
    link.target->driven = false;
    link.target->second.reset();
  }
  if (outer != nullptr) outer->inner = nullptr;
}

Notes Interpreter::run(const Program& program) {
  for (const Step& step : program) {
    if (step.op % Step::kOps == Step::kLeave) break;
    try {
      perform(step);
    } catch (const Refused& refused) {
      notes_.push_back("refused: " + refused.error);
    }
    noteStates();
  }
  const bool leaves = steps_ < program.size();
  if (!leaves) windUp();
  slots_.clear();
  timers_.clear();
  noteDeaths();
  notes_.push_back("0 left");
  return std::move(notes_);
}

void Interpreter::perform(const Step& step) {
  const auto op = static_cast<Step::Op>(step.op % Step::kOps);
  notes_.push_back("step " + std::to_string(++steps_));
  if (op == Step::kMake) return make(step);
  if (op == Step::kAdvance) return advance(step.value);
  if (slots_.empty()) return;
  const Owner a = slot(step.a);
  switch (op) {
    case Step::kAdd: return add(a, step);
    case Step::kFire: return fire(a, value(step.value), true);
    case Step::kFail: return fire(a, numbered(step.value), false);
    case Step::kCancel: return cancel(handle(a));
    case Step::kPause: return pause(a);
    case Step::kUnpause: return unpause(a);
    case Step::kTake: return take(a);
    case Step::kForward: return forward(step.a % slots_.size(), step.b % slots_.size());
    case Step::kDrop: return slots_[step.a % slots_.size()].reset();
    case Step::kGather: return gather(step);
    case Step::kCoroutine: return coroutine(step);
    case Step::kTimeout: return addTimeout(a, step.value);
    default: return joinMask(op, step);
  }
}

Chain& Interpreter::handle(const Owner& given) {
  if (given == nullptr) throw Refused{"UsageError"};
  return *given;
}
Chain& Interpreter::open(const Owner& given) {
  Chain& chain = handle(given);
  if (chain.closed != nullptr) throw Refused{chain.closed};
  return chain;
}

void Interpreter::make(const Step& step) {
  if (full()) return;
  slots_.push_back(newChain());
  slots_.back()->made = step;
  slots_.back()->made.op = Step::kMake;
}

void Interpreter::add(const Owner& given, const Step& step) {
  Chain& chain = open(given);
  Link link;
  link.step = step;
  link.number = ++callbacks_;
  append(chain, link);
}
void Interpreter::append(Chain& chain, Link link) {
  chain.links.push_back(std::move(link));
  proceed(chain);
}

void Interpreter::fire(const Owner& given, const Seen& outcome, bool asValue) {
  Chain& chain = handle(given);
  // The first result of a join has another type than its handle, so `callback` does not fit.
  if (asValue && chain.join != Step::kMake) throw Refused{"UsageError"};
  give(chain, outcome);
}
/// Gives `chain` its first result.
void Interpreter::give(Chain& chain, const Seen& outcome) {
  if (chain.driven) throw Refused{"UsageError"};
  if (chain.called) {
    if (!chain.swallows) throw Refused{"AlreadyCalledError"};
    chain.swallows = false;
    return;
  }
  chain.called = true;
  chain.result = outcome;
  proceed(chain);
}

void Interpreter::unpause(const Owner& given) {
  Chain& chain = handle(given);
  if (chain.pauses == 0) throw Refused{"UsageError"};
  --chain.pauses;
  proceed(chain);
}

void Interpreter::take(const Owner& given) {
  Chain& chain = open(given);
  if (!chain.settled()) throw Refused{"UsageError"};
  chain.closed = "ResultTaken";
  notes_.push_back("took " + shown(*chain.result));
  chain.result.reset();
}

void Interpreter::forward(std::size_t from, std::size_t to) {
  if (from == to || (slots_[to] != nullptr && slots_[to]->join != Step::kMake) || !rules_.mayWait(to, from, false)) return;
  handle(slots_[to]);
  Chain& giver = open(slots_[from]);
  giver.closed = "StaleHandle";
  Link link;
  link.kind = Link::kForward;
  link.target = slots_[to];
  append(giver, std::move(link));
}

void Interpreter::addTimeout(const Owner& given, int after) {
  Chain& chain = open(given);
  Link link;
  link.kind = Link::kTimeout;
  link.index = timers_.size();
  timers_.push_back({now_ + after, given});
  append(chain, std::move(link));
}

/// Advances the clock and runs the timers that are due.
void Interpreter::advance(int by) {
  now_ += by;
  for (;;) {
    Timer* next = nullptr;
    for (Timer& each : timers_)
      if (each.chain != nullptr && each.due <= now_ && (next == nullptr || each.due < next->due)) next = &each;
    if (next == nullptr) return;
    const Owner chain = std::exchange(next->chain, nullptr);
    next->went = true;
    cancel(*chain);
  }
}

void Interpreter::effect(const Step& step, std::size_t which) {
  const Owner other = slot(which);
  const int number = static_cast<int>(which);
  try {
    switch (pick<Effect>(step.c >> 4)) {
      case Effect::kPause: return pause(other);
      case Effect::kUnpause: return unpause(other);
      case Effect::kCancel: return cancel(handle(other));
      case Effect::kFire: return fire(other, value(number), true);
      case Effect::kFail: return fire(other, numbered(number), false);
      case Effect::kTake: return take(other);
      case Effect::kAdd: return add(other, {Step::kAdd, 0, static_cast<std::uint8_t>(When::kBoth), 0, 0});
      default: return;
    }
  } catch (const Refused& refused) {
    notes_.push_back("refused: " + refused.error);
  }
}

// --- Running the chains

void Interpreter::proceed(Chain& chain) {
  if (chain.running || chain.held) return;
  const Owner alive = chain.shared_from_this();
  chain.running = true;
  while (chain.result && chain.pauses == 0 && !chain.links.empty()) {
    const Link link = std::move(chain.links.front());
    chain.links.pop_front();
    follow(chain, link);
  }
  chain.running = false;
  if (!chain.result || chain.pauses != 0 || chain.outer == nullptr) return;
  const Owner outer = std::exchange(chain.outer, nullptr);
  outer->inner = nullptr;
  outer->waits = false;
  outer->result = std::exchange(chain.result, std::nullopt);
  outer->result->quiet = false;
  proceed(*outer);
}

void Interpreter::follow(Chain& chain, const Link& link) {
  switch (link.kind) {
    case Link::kCallback: return callback(chain, link);
    case Link::kForward: return hand(chain, *link.target);
    case Link::kJoin: {
      Seen outcome = *chain.result;
      if ((link.target->options & kTakes) != 0) chain.result.reset();
      else if ((link.target->options & kConsume) != 0) chain.result->quiet = true;
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
    case Link::kTimeout: {
      timers_[link.index].chain.reset();
      chain.result->quiet = false;
      if (timers_[link.index].went && chain.result->error == "CancelledError") chain.result->error = "TimeoutError";
      return;
    }
  }
}

/// Passes the result of `chain` on to `target` (chainDeferred). If `target` refuses it, for example
/// because it has a result already, `chain` gets the error of the refusal as its result.
void Interpreter::hand(Chain& chain, Chain& target) {
  try {
    if (target.called && !target.swallows) throw Refused{"AlreadyCalledError"};
    if (target.driven) throw Refused{"UsageError"};
    Seen given = *std::exchange(chain.result, value(0));
    given.quiet = false;
    give(target, given);
  } catch (const Refused& refused) {
    chain.result = error(refused.error);
  }
}

void Interpreter::callback(Chain& chain, const Link& link) {
  const auto when = pick<When>(link.step.b);
  const bool forFailure = when == When::kFailure || when == When::kTrap || when == When::kTapErrback;
  const bool forBoth = when == When::kBoth || when == When::kPair || when == When::kTapBoth;
  if (!forBoth && chain.result->ok == forFailure) return;
  if (when >= When::kTap) return look(chain, link);
  if (when == When::kTrap && (chain.result->error.front() != 'e' || chain.result->error == "ended")) {
    chain.result->quiet = false;
    return;
  }
  Seen outcome = *std::exchange(chain.result, std::nullopt);
  outcome.quiet = false;
  notes_.push_back("callback " + std::to_string(link.number) + " got " + shown(outcome));
  effect(link.step, link.step.value);
  const int given = link.step.value;
  switch (pick<CallbackOutcome>(link.step.c & 15)) {
    case CallbackOutcome::kPass: chain.result = outcome; return;
    case CallbackOutcome::kValue: chain.result = value(given + (outcome.ok ? outcome.value : 0)); return;
    case CallbackOutcome::kThrow:
    case CallbackOutcome::kFailure: chain.result = numbered(given); return;
    default: return waitFor(chain, slot(static_cast<std::size_t>(given)), outcome);
  }
}

void Interpreter::look(Chain& chain, const Link& link) {
  const bool blind = pick<When>(link.step.b) == When::kTapBoth;
  notes_.push_back("callback " + std::to_string(link.number) + (blind ? " ran" : " got " + shown(*chain.result)));
  effect(link.step, link.step.value);
  if (pick<CallbackOutcome>(link.step.c & 15) == CallbackOutcome::kThrow) chain.result = numbered(link.step.value);
}

/// Makes `chain` wait for `inner`, which one of its callbacks returned. If the wait is to be left
/// out, the result of `chain` is `instead`.
void Interpreter::waitFor(Chain& chain, const Owner& inner, const Seen& instead) {
  if (inner != nullptr && !rules_.mayWait(chain.id, inner->id, true)) {
    chain.result = instead;
    return;
  }
  if (inner == nullptr || inner.get() == &chain) {
    chain.result = error("UsageError");
    return;
  }
  if (inner->closed != nullptr) {
    chain.result = error(inner->closed);
    return;
  }
  for (const Chain* down = inner->inner; down != nullptr; down = down->inner) {
    if (down != &chain) continue;
    chain.result = error("UsageError");
    return;
  }
  const bool ready = inner->settled();
  inner->closed = "StaleHandle";
  if (ready) {
    chain.result = std::exchange(inner->result, std::nullopt);
    chain.result->quiet = false;
    return;
  }
  chain.waits = true;
  chain.inner = inner.get();
  inner->outer = chain.shared_from_this();
}

void Interpreter::cancel(Chain& given) {
  Chain* last = &given;
  while (last->inner != nullptr) last = last->inner;
  const Owner alive = last->shared_from_this();
  Chain& target = *last;
  if (target.waits) {  // the Deferred that it waits for has died
    target.waits = false;
    target.result = error("CancelledError");
    return proceed(target);
  }
  if (target.called || target.cancelling) return;
  target.cancelling = true;
  if (target.driven) return;  // its body runs; its next wait will be cancelled
  struct Done {
    bool& flag;
    ~Done() { flag = false; }
  } done{target.cancelling};
  Seen outcome = error("CancelledError");
  try {
    if (!callCanceller(target)) return;
  } catch (const Refused& thrown) {
    outcome = error(thrown.error);
    target.swallows |= !target.called;
  }
  if (target.called) return;  // what was thrown then is only logged
  target.called = true;
  target.result = outcome;
  proceed(target);
}
/// Does what the canceller of `target` does, and throws what it throws. Returns false if `target`
/// waits for the results of its inputs.
bool Interpreter::callCanceller(Chain& target) {
  if (target.join != Step::kMake) {
    // A join that no input can reach any more has forgotten the inputs that have reported.
    if (target.won || mayReport(target)) cancelInputs(target);
    return target.join == Step::kRace || !mayReport(target);
  }
  const auto canceller = pick<Canceller>(target.made.a);
  if (target.made.op != Step::kMake || canceller == Canceller::kNone) {
    target.swallows = true;
    return true;
  }
  effect(target.made, target.made.b);
  if (canceller == Canceller::kGives) give(target, value(target.made.value));
  if (canceller == Canceller::kFails) give(target, numbered(target.made.value));
  if (canceller == Canceller::kThrows) throw Refused{"e" + std::to_string(target.made.value)};
  return true;
}

// --- The end: every chain is told to end, then the handles are dropped.

void Interpreter::windUp() {
  advance(kLongAfter);
  bool changed = true;
  for (std::size_t round = 0; changed && round < kMaxRounds; ++round) {
    changed = false;
    for (const Owner& each : slots_) changed |= each != nullptr && toldToEnd(each);
  }
  noteStates();
}
/// Unpauses a chain, then cancels it, then fails it, until it has a result. Returns false if
/// nothing of that was needed.
bool Interpreter::toldToEnd(const Owner& given) {
  Chain& chain = *given;
  if (chain.pauses == 0 && chain.called) return false;
  while (chain.pauses > 0) unpause(given);
  for (const bool harder : {false, true}) {
    if (chain.called) continue;
    try {
      if (harder) fire(given, error("ended"), false);
      else cancel(chain);
    } catch (const Refused&) {
      // It is a coroutine that waits for another chain.
    }
  }
  return true;
}

void Interpreter::noteStates() {
  noteDeaths();
  for (const Owner& each : slots_) {
    if (each == nullptr) continue;
    State state{.called = each->called, .paused = each->pauses != 0, .waiting = each->waits};
    if (each->closed == nullptr && each->settled()) {
      state.has = each->result->ok ? State::kValue : State::kError;
      if (each->result->ok) state.value = each->result->value;
      else state.error = each->result->error;
    }
    states_.note(notes_, each->id, state);
  }
}
void Interpreter::noteDeaths() {
  std::sort(deaths_.begin(), deaths_.end());
  for (std::string& each : deaths_) notes_.push_back(std::move(each));
  deaths_.clear();
}

}  // namespace reference

Notes interpretProgram(const Program& program) { return reference::Interpreter().run(program); }

}  // namespace teasel::targets
