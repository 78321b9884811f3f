#include "trace_hashes.hpp"

#include <cstdio>
#include <stdexcept>

#include <teasel/fakes/world/scenario.hpp>

namespace teasel::determinism {

std::string outcome(const fakes::Tape& tape) {
  const fakes::Scenario* scenario = fakes::findScenario(tape.scenario);
  if (scenario == nullptr) throw std::runtime_error("there is no scenario " + tape.scenario);
  std::string text;
  for (const auto mode : {fakes::SimDriver::Mode::kReadiness, fakes::SimDriver::Mode::kCompletion}) {
    fakes::WorldOptions options = scenario->options().world;
    options.mode = mode;
    fakes::World world(options);
    world.play() = tape.play;
    world.choices().useTape(tape.records);
    scenario->run(world);
    char hash[32];
    std::snprintf(hash, sizeof hash, "%016llx", static_cast<unsigned long long>(world.trace().hash()));
    text += std::string(mode == fakes::SimDriver::Mode::kReadiness ? "readiness " : ", completion ") + hash;
    if (world.verdict() != nullptr) text += " " + world.verdict()->oracle;
  }
  return text;
}

std::string line(const std::string& name, const fakes::Tape& tape) { return name + ": " + outcome(tape); }

}  // namespace teasel::determinism
