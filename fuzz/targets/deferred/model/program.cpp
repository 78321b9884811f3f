#include "deferred/model/program.hpp"

#include <algorithm>
#include <utility>

namespace teasel::targets {

namespace {

constexpr std::size_t kStepBytes = 5;

std::string name(std::size_t which) { return "d" + std::to_string(which); }

std::string maskText(std::uint8_t mask) {
  std::string out;
  for (unsigned i = 0; i < 8; ++i)
    if ((mask >> i & 1) != 0) out += (out.empty() ? "" : ",") + std::to_string(i);
  return "{" + out + "}";
}

constexpr const char* kCancellers[] = {"no canceller", "idle canceller", "canceller gives", "canceller fails",
                                       "canceller throws"};
constexpr const char* kWhens[] = {"addCallback",   "addErrback", "addBoth",    "addCallbacks",
                                  "addErrback<E>", "tap",        "tapErrback", "tapBoth"};
constexpr const char* kEffects[] = {"", "pause", "unpause", "cancel", "fire", "fail", "add to", "take"};
constexpr const char* kOutcomes[] = {"pass on", "another value", "throw", "a Failure", "Deferred"};

template <class Enum>
Enum pick(unsigned byte) {
  return static_cast<Enum>(byte % static_cast<unsigned>(Enum::kCount));
}

/// The effect as text, for example "pause d3; ". Empty for Effect::kNone.
std::string effectText(const Step& step, std::uint8_t which) {
  const Effect effect = pick<Effect>(step.c >> 4);
  if (effect == Effect::kNone) return "";
  return std::string(kEffects[static_cast<std::size_t>(effect)]) + " " + name(which) + "; ";
}

std::string describe(const Step& step) {
  const std::string a = name(step.a), b = name(step.b), value = std::to_string(step.value);
  switch (step.op % Step::kOps) {
    case Step::kMake:
      return "make, " + std::string(kCancellers[static_cast<std::size_t>(pick<Canceller>(step.a))]) + " {" +
             effectText(step, step.b) + value + "}";
    case Step::kAdd:
      return a + "." + kWhens[static_cast<std::size_t>(pick<When>(step.b))] + " {" + effectText(step, step.value) +
             kOutcomes[static_cast<std::size_t>(pick<CallbackOutcome>(step.c & 15))] + " " + value + "}";
    case Step::kFire: return a + ".callback(" + value + ")";
    case Step::kFail: return a + ".errback(" + value + ")";
    case Step::kCancel: return a + ".cancel()";
    case Step::kPause: return a + ".pause()";
    case Step::kUnpause: return a + ".unpause()";
    case Step::kTake: return a + ".take()";
    case Step::kForward: return a + ".chainDeferred(" + b + ")";
    case Step::kDrop: return "drop " + a;
    case Step::kList: return "deferredList " + maskText(step.a) + " options " + std::to_string(step.c);
    case Step::kFirst: return "fireOnOneCallback " + maskText(step.a) + " options " + std::to_string(step.c);
    case Step::kRace: return "race " + maskText(step.a) + " options " + std::to_string(step.c);
    case Step::kGather: return "gather " + a + " " + b + " options " + std::to_string(step.c);
    case Step::kTimeout: return a + ".addTimeout(" + value + "ms)";
    case Step::kAdvance: return "advance(" + value + "ms)";
    case Step::kLeave: return "leave";
    default:
      return "coroutine " + a + " " + b + " {" + effectText(step, step.value) + "options " + std::to_string(step.c & 15) + "}";
  }
}

std::string hex(char byte) {
  constexpr char kDigits[] = "0123456789abcdef";
  const auto value = static_cast<unsigned char>(byte);
  return {'\\', 'x', kDigits[value >> 4], kDigits[value & 15]};
}

}  // namespace

Program decodeProgram(ByteView bytes) {
  Program program;
  for (std::size_t at = 0; at < bytes.size() && program.size() < kMaxSteps; at += kStepBytes) {
    const auto byte = [&](std::size_t i) { return static_cast<std::uint8_t>(at + i < bytes.size() ? bytes[at + i] : 0); };
    program.push_back({byte(0), byte(1), byte(2), byte(3), byte(4)});
  }
  return program;
}

std::string encodeProgram(const Program& program) {
  std::string bytes;
  for (const Step& step : program)
    for (const std::uint8_t byte : {step.op, step.a, step.b, step.c, step.value}) bytes += static_cast<char>(byte);
  return bytes;
}

std::string describe(const Program& program) {
  std::string out;
  for (std::size_t i = 0; i < program.size(); ++i) out += "  " + std::to_string(i + 1) + ": " + describe(program[i]) + "\n";
  return out;
}

bool Rules::mayWait(std::size_t later, std::size_t earlier, bool byReturn) {
  // A returned Deferred may be the chain itself, or close a circle that consists of returned
  // Deferreds alone: the library refuses both.
  if (leads(earlier, later, byReturn)) return false;
  Edge& edge = edges_[later][earlier];
  edge.any = true;
  edge.firm |= !byReturn;
  return true;
}

bool Rules::mayAwait(std::size_t coroutine, std::size_t first, std::size_t second) {
  mayWait(coroutine, first, false);
  if (first != second && !mayWait(second, first, false)) return false;
  mayWait(coroutine, second, false);
  return true;
}

/// Whether `from` waits for `to`, directly or through others. With `firm`, only a way that has a
/// firm edge counts.
bool Rules::leads(std::size_t from, std::size_t to, bool firm) const {
  // For each Deferred: [0] reached without a firm edge, [1] reached over a firm edge.
  std::array<std::array<bool, 2>, kMaxDeferreds> seen{};
  std::array<std::pair<std::size_t, bool>, 2 * kMaxDeferreds> open;  // each at most once
  std::size_t count = 0;
  open[count++] = {from, false};
  seen[from][0] = true;
  while (count != 0) {
    const auto [at, wasFirm] = open[--count];
    if (at == to && (wasFirm || !firm)) return true;
    for (std::size_t next = 0; next < kMaxDeferreds; ++next) {
      const Edge& edge = edges_[at][next];
      const bool nowFirm = wasFirm || edge.firm;
      if (!edge.any || seen[next][nowFirm]) continue;
      seen[next][nowFirm] = true;
      open[count++] = {next, nowFirm};
    }
  }
  return false;
}

void States::note(Notes& notes, std::size_t which, const State& state) {
  std::optional<State>& last = last_[which];
  if (last == state) return;
  last = state;
  std::string line = name(which) + (state.called ? " called" : " uncalled");
  if (state.paused) line += " paused";
  if (state.waiting) line += " waiting";
  if (state.has == State::kValue) line += " has " + std::to_string(state.value);
  if (state.has == State::kError) line += " has " + state.error;
  notes.push_back(std::move(line));
}

std::string disagreement(const Program& program) { return disagreement(program, runProgram(program), interpretProgram(program)); }

std::string disagreement(const Program& program, const Notes& observed, const Notes& expected) {
  const auto [at, other] = std::mismatch(observed.begin(), observed.end(), expected.begin(), expected.end());
  if (at == observed.end() && other == expected.end()) return "";
  std::string out = "program:\n" + describe(program) + "as an input of the fuzz target: printf '";
  for (const char byte : encodeProgram(program)) out += hex(byte);
  out += "' > FILE\nseen by both:\n";
  const auto common = static_cast<std::size_t>(at - observed.begin());
  for (std::size_t i = common > 12 ? common - 12 : 0; i < common; ++i) out += "  " + observed[i] + "\n";
  out += "then the Deferreds: " + (at == observed.end() ? std::string("nothing more") : *at) + "\n";
  out += "but expected:       " + (other == expected.end() ? std::string("nothing more") : *other) + "\n";
  return out;
}

}  // namespace teasel::targets
