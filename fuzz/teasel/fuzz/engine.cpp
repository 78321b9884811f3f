#include <teasel/fuzz/engine.hpp>

#include <algorithm>

#include <teasel/core/sanitizers.hpp>
#include <teasel/fakes/program/detail/corpus.hpp>
#include <teasel/fakes/program/sparing.hpp>

namespace teasel::fuzz {

namespace {

/// Campaigns use the cheap kind of chunks. Replays use the kind that finds more.
fakes::WorldOptions campaignWorld(fakes::WorldOptions options, fakes::Trace::Mode trace) {
  options.trace = trace;
  if (teasel::detail::kSanitized) options.chunks = fakes::ChunkMemory::Mode::kRing;
  return options;
}

}  // namespace

Engine::Engine(const fakes::Scenario& scenario, EngineOptions options)
    : scenario_(scenario),
      options_(std::move(options)),
      codec_(fakes::codecOf(scenario)),
      worldOptions_(campaignWorld(scenario.options().world, options_.trace)),
      world_(worldOptions_) {
  if (!options_.counters.empty()) thrift_.emplace(options_.counters);
}

void Engine::take(ByteView bytes, fakes::Recording recording) {
  world_.reset(worldOptions_);
  fakes::decode(bytes, codec_, world_.play(), records_);
  world_.choices().useRecords(records_, recording);
  last_.assign(bytes.data(), bytes.size());
}

bool Engine::ranOnce(ByteView bytes) {
  take(bytes, fakes::Recording::kIfRecords);
  return scenario_.run(world_);
}

/// Has the dear checks of a run see its input where Thrift says so.
class Engine::Judging : public fakes::Sparing {
 public:
  Judging(Thrift& thrift, ByteView input) noexcept : thrift_(thrift), input_(input) {}

 protected:
  bool decides() override {
    if (!thrift_.judges(input_)) return false;
    thrift_.counters().keep();
    return true;
  }

 private:
  Thrift& thrift_;
  ByteView input_;
};

bool Engine::ran(ByteView bytes) {
  const Judging judging(*thrift_, bytes);
  const bool quiet = ranOnce(bytes);
  hasDear_ = hasDear_ || judging.asked() > 0;
  if (judging.saw()) {
    thrift_->counters().putBack();
    thrift_->judged(bytes);
    ++judged_;
  }
  thrift_->had(judging.asked());
  return quiet;
}

InputOutcome Engine::run(ByteView bytes) {
  ++runs_;
  const InputOutcome seen = outcome(thrift_ ? ran(bytes) : ranOnce(bytes));
  if (scenario_.options().talks) health_.add(world_.heard());
  // The fuzzer does not look at the counters of an input that is ignored.
  // Where no check is dear, nobody asks for what is remembered.
  if (thrift_ && hasDear_ && seen != InputOutcome::kIgnored) thrift_->counters().remember();
  if (thrift_) lastInput_.assign(bytes.data(), bytes.size());
  return seen;
}

bool Engine::owes(ByteView bytes) const { return hasDear_ && thrift_->owed(bytes); }

InputOutcome Engine::judge(ByteView bytes) {
  const std::string input = bytes.str();  // which may be that of last_
  const InputOutcome seen = outcome(ranOnce(input));
  if (thrift_) thrift_->judged(input);
  ++judged_;
  return seen;
}

InputOutcome Engine::outcome(bool quiet) const {
  if (quiet) return InputOutcome::kQuiet;
  const fakes::Verdict& verdict = *world_.verdict();
  const bool ignored = std::any_of(options_.ignored.begin(), options_.ignored.end(),
                                   [&](const std::string& each) { return each == verdict.oracle || each == verdict.fault(); });
  return ignored ? InputOutcome::kIgnored : InputOutcome::kFinding;
}

const InputFacts* Engine::factsOf(ByteView bytes) {
  if (const InputFacts* known = facts_.find(bytes)) return known;
  const bool recorded = runs_ != 0 && bytes == ByteView(last_) && !world_.choices().calm();
  if (!recorded) {
    if (factRuns_ * kRunsPerFactRun > runs_) return nullptr;
    const std::string input = bytes.str();  // which may be that of last_
    take(input, fakes::Recording::kAlways);
    ++factRuns_;
    const fakes::Sparing sparing;  // what is drawn in the scenario's run is all that counts
    scenario_.run(world_);
  }
  InputFacts& facts = facts_.renew(bytes);
  facts.take(world_, records_);
  return &facts;
}

fakes::Tape Engine::tape() {
  fakes::Tape tape;
  tape.target = options_.target;
  tape.scenario = scenario_.name();
  if (world_.verdict() != nullptr) tape.oracle = world_.verdict()->oracle;
  tape.play = world_.play();
  tape.records = records_;
  return tape;
}

}  // namespace teasel::fuzz
