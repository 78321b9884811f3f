// record_tapes [--hashes|--climates] DIRECTORY writes the fixed set of tapes and their hashes
// again. With --hashes it writes the hashes only, with --climates of the tapes only those in which
// faults were drawn. Run it after a change that was meant to change traces. Look at the difference
// before you commit it.

#include <algorithm>
#include <cstdio>
#include <exception>
#include <filesystem>
#include <fstream>
#include <string>
#include <string_view>
#include <vector>

#include <teasel/fakes/world/scenario.hpp>

#include "trace_hashes.hpp"

namespace {

using namespace teasel;

/// Whether a run had a climate with faults that its scenario does not turn on itself.
bool hadFaults(fakes::World& world, const fakes::Scenario& scenario) {
  return std::any_of(std::begin(fakes::kFaults), std::end(fakes::kFaults), [&](const fakes::FaultRow& row) {
    return row.control.isOn(world.network().faults()) && !row.control.isOn(scenario.options().world.faults);
  });
}

/// Tries seeds and returns the tape of the run with the most events that has no verdict. In a
/// climate there are faults.
fakes::Tape drawTape(const fakes::Scenario& scenario, std::uint64_t firstSeed, bool climate) {
  fakes::Tape best;
  std::uint64_t bestLength = 0;
  for (std::uint64_t seed = firstSeed; seed < firstSeed + 64; ++seed) {
    fakes::World world(scenario.options().world);
    world.choices().usePrng(seed);
    world.play() = fakes::Play::draw(world.choices(), scenario.options().shape);
    scenario.run(world);
    if (hadFaults(world, scenario) != climate) continue;
    if (world.verdict() != nullptr || world.trace().eventCount() <= bestLength) continue;
    bestLength = world.trace().eventCount();
    best.target = scenario.name();
    best.scenario = scenario.name();
    best.play = world.play();
    best.records = world.choices().records();
    // The tape has the Play itself, so it does not need the draws that made the Play.
    std::erase_if(best.records, [](const fakes::ChoiceRecord& record) { return fakes::drawsPlay(record.site); });
    fakes::normalise(best.records);
  }
  return best;
}

void writeTapes(const std::string& directory, bool climates) {
  for (const fakes::Scenario* scenario : fakes::scenarios()) {
    const std::string begin = directory + "/tapes/" + std::string(scenario->name()) + "_";
    for (unsigned i = 0; i < 5 && !climates; ++i)
      drawTape(*scenario, std::uint64_t{1000} * i, false).save(begin + std::to_string(i) + ".tape");
    drawTape(*scenario, 10'000, true).save(begin + "climate.tape");
  }
}

void writeHashes(const std::string& directory) {
  std::vector<std::filesystem::path> paths;
  for (const auto& entry : std::filesystem::directory_iterator(directory + "/tapes")) paths.push_back(entry.path());
  std::sort(paths.begin(), paths.end());
  std::ofstream out(directory + "/hashes.txt");
  for (const auto& path : paths) out << determinism::line(path.stem().string(), fakes::Tape::load(path.string())) << '\n';
}

}  // namespace

int main(int argc, char** argv) try {
  const std::string_view only = argc == 3 ? argv[1] : "";
  if (argc != 2 && only != "--hashes" && only != "--climates") {
    std::fprintf(stderr, "usage: record_tapes [--hashes|--climates] DIRECTORY (fuzz/determinism)\n");
    return 2;
  }
  const std::string directory = argv[argc - 1];
  if (only != "--hashes") writeTapes(directory, only == "--climates");
  writeHashes(directory);
  return 0;
} catch (const std::exception& error) {
  std::fprintf(stderr, "record_tapes: %s\n", error.what());
  return 2;
}
