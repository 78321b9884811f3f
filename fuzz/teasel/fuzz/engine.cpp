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

void Engine::take(ByteView bytes) {
  world_.reset(worldOptions_);
  fakes::decode(bytes, codec_, world_.play(), records_);
  world_.choices().useRecords(records_);
}

InputOutcome Engine::run(ByteView bytes) {
  take(bytes);
  ++runs_;
  if (scenario_.run(world_)) return InputOutcome::kQuiet;
  const fakes::Verdict& verdict = *world_.verdict();
  const bool ignored = std::any_of(options_.ignored.begin(), options_.ignored.end(),
                                   [&](const std::string& each) { return each == verdict.oracle || each == verdict.fault(); });
  return ignored ? InputOutcome::kIgnored : InputOutcome::kFinding;
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
