#include <teasel/fuzz/engine.hpp>

#include <algorithm>

#include <teasel/core/sanitizers.hpp>
#include <teasel/fakes/program/detail/corpus.hpp>

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
      world_(worldOptions_) {}

void Engine::take(ByteView bytes, fakes::Recording recording) {
  world_.reset(worldOptions_);
  fakes::decode(bytes, codec_, world_.play(), records_);
  world_.choices().useRecords(records_, recording);
  last_.assign(bytes.data(), bytes.size());
}

InputOutcome Engine::run(ByteView bytes) {
  take(bytes, fakes::Recording::kIfRecords);
  ++runs_;
  const bool quiet = scenario_.run(world_);
  health_.add(world_.heard());
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
