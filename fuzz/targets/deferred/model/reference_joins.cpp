#include <utility>

#include "deferred/model/reference.hpp"

/// Joins and coroutines of the interpreter.
namespace teasel::targets::reference {

namespace {

Seen firstError(const Chain& join, std::size_t index) {
  return error("first(" + std::to_string(index) + ": " + join.arrived[index]->error + ")");
}

}  // namespace

void Interpreter::joinMask(Step::Op op, const Step& step) {
  std::vector<Owner> inputs;
  for (std::size_t i = 0; i < 8 && i < slots_.size(); ++i)
    if ((step.a >> i & 1) != 0) inputs.push_back(slots_[i]);
  if (full()) return;
  if (op != Step::kList && inputs.empty()) throw Refused{"UsageError"};
  const bool values = op == Step::kList && (step.c & kValues) != 0;
  join(values ? Step::kGather : op, step.c, inputs);
}

void Interpreter::gather(const Step& step) {
  const Owner a = slot(step.a), b = slot(step.b);
  if (full() || step.a % slots_.size() == step.b % slots_.size()) return;
  join(Step::kGather, step.c & kTakes, {a, b});
}

void Interpreter::join(Step::Op op, std::uint8_t options, const std::vector<Owner>& inputs) {
  for (const Owner& input : inputs) open(input);
  const Owner out = newChain();
  out->join = op;
  out->options = options;
  if (op == Step::kGather) out->options |= kOnErrback;
  if (op == Step::kRace) out->options = static_cast<std::uint8_t>((options & kTakes) | kConsume);
  out->arrived.resize(inputs.size());
  for (const Owner& input : inputs) {
    rules_.mayWait(out->id, input->id, false);
    out->inputs.emplace_back(input);
  }
  if (inputs.empty()) finish(*out);
  for (std::size_t i = 0; i < inputs.size(); ++i) {
    if ((options & kTakes) != 0) inputs[i]->closed = "ResultTaken";
    Link link;
    link.kind = Link::kJoin;
    link.target = out;
    link.index = i;
    inputs[i]->held = true;
    inputs[i]->links.push_back(std::move(link));
  }
  for (const Owner& input : inputs) {
    input->held = false;
    proceed(*input);
  }
  Link digest;
  digest.kind = Link::kDigest;
  append(*out, std::move(digest));
  slots_.push_back(out);
}

void Interpreter::arrive(Chain& join, std::size_t index, Seen outcome) {
  const bool ok = outcome.ok;
  join.arrived[index] = std::move(outcome);
  if (join.join == Step::kFirst || join.join == Step::kRace) return arriveAtFirst(join, index);
  if (join.called) return;
  if (!ok && (join.options & kOnErrback) != 0) return finishWith(join, firstError(join, index));
  for (const auto& each : join.arrived)
    if (!each) return;
  finish(join);
}
void Interpreter::arriveAtFirst(Chain& join, std::size_t index) {
  if (join.won || join.called) return;
  if (!join.arrived[index]->ok) {
    if ((join.options & kOnErrback) != 0) return finishWith(join, firstError(join, index));
    std::string group = "group(";
    for (const auto& each : join.arrived) {
      if (!each) return;
      group += each->error + ";";
    }
    return finishWith(join, error(group + ")"));
  }
  join.won = true;
  if (join.join == Step::kRace) cancelInputs(join);
  if (join.called) return;
  Seen first = value(join.arrived[index]->value);
  first.all = "first is " + std::to_string(index) + ": " + shown(*join.arrived[index]);
  finishWith(join, first);
}

/// Called when every input has given its result.
void Interpreter::finish(Chain& join) {
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
void Interpreter::finishWith(Chain& join, const Seen& outcome) {
  join.called = true;
  join.result = outcome;
  proceed(join);
}

void Interpreter::cancelInputs(Chain& join) {
  for (const std::weak_ptr<Chain>& each : join.inputs)
    if (const Owner input = each.lock()) cancel(*input);
}
/// Whether an input is alive that has not given its result so far.
bool Interpreter::mayReport(const Chain& join) {
  for (std::size_t i = 0; i < join.inputs.size(); ++i)
    if (!join.arrived[i] && !join.inputs[i].expired()) return true;
  return false;
}

void Interpreter::coroutine(const Step& step) {
  if (full()) return;
  const Owner first = slot(step.a), second = slot(step.b);
  const Owner made = newChain();
  made->driven = true;
  made->made = step;
  made->made.op = Step::kCoroutine;
  const std::size_t a = step.a % slots_.size(), b = step.b % slots_.size();
  made->same = a == b;
  if ((step.c & kSecond) == 0) rules_.mayWait(made->id, a, false);
  else if (rules_.mayAwait(made->id, a, b) && !made->same) made->second = second;
  await(*made, first);
  slots_.push_back(made);
}
void Interpreter::await(Chain& made, const Owner& awaited) {
  made.refused = awaited == nullptr ? "UsageError" : awaited->closed != nullptr ? awaited->closed : "ResultTaken";
  if (awaited == nullptr || awaited->closed != nullptr) return resume(made, error(made.refused));
  const bool ready = awaited->settled();
  awaited->closed = "ResultTaken";
  if (ready) return resume(made, *std::exchange(awaited->result, std::nullopt));
  // NOLINTNEXTLINE(performance-unnecessary-copy-initialization): it may be made.second
  const Owner alive = awaited;
  if (made.again) made.second.reset();  // a body does not own what it waits for
  made.inner = alive.get();
  Link link;
  link.kind = Link::kResume;
  link.target = made.shared_from_this();
  append(*alive, std::move(link));
  if (std::exchange(made.cancelling, false)) cancel(*alive);
}
void Interpreter::resume(Chain& made, const Seen& outcome) {
  notes_.push_back("coroutine " + std::to_string(made.id) + " got " + shown(outcome));
  effect(made.made, made.made.value);
  if (!outcome.ok && (made.made.c & kCatches) == 0) return end(made, outcome);
  made.sum += outcome.ok ? outcome.value : 100;
  if ((made.made.c & kSecond) != 0 && !std::exchange(made.again, true)) {
    // The second wait is for the same Deferred. The first wait took its result, or was refused for
    // another reason that still holds.
    if (made.same) return resume(made, error(made.refused));
    return await(made, made.second);
  }
  if ((made.made.c & kThrowsInTheEnd) != 0) return end(made, numbered(made.sum));
  end(made, value(made.sum));
}
void Interpreter::end(Chain& made, const Seen& outcome) {
  made.second.reset();
  made.driven = false;
  made.called = true;
  made.result = outcome;
  made.result->quiet = false;
  proceed(made);
}

}  // namespace teasel::targets::reference
