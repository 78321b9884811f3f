// record_tapes [--hashes] DIRECTORY writes the fixed set of tapes and their hashes again. With
// --hashes it writes the hashes only. Run it after a change that was meant to change traces. Look
// at the difference before you commit it.

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

/// Tries 32 seeds and returns the tape of the run with the most events that has no verdict.
fakes::Tape drawTape(const fakes::Scenario& scenario, std::uint64_t firstSeed) {
  fakes::Tape best;
  std::uint64_t bestLength = 0;
  for (std::uint64_t seed = firstSeed; seed < firstSeed + 32; ++seed) {
    fakes::World world(scenario.options().world);
    world.choices().usePrng(seed);
    world.play() = fakes::Play::draw(world.choices(), scenario.options().shape);
    scenario.run(world);
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

void writeTapes(const std::string& directory) {
  for (const fakes::Scenario* scenario : fakes::scenarios())
    for (unsigned i = 0; i < 5; ++i)
      drawTape(*scenario, std::uint64_t{1000} * i)
          .save(directory + "/tapes/" + std::string(scenario->name()) + "_" + std::to_string(i) + ".tape");
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
  const bool hashesOnly = argc == 3 && std::string_view(argv[1]) == "--hashes";
  if (argc != 2 && !hashesOnly) {
    std::fprintf(stderr, "usage: record_tapes [--hashes] DIRECTORY (fuzz/determinism)\n");
    return 2;
  }
  const std::string directory = argv[argc - 1];
  if (!hashesOnly) writeTapes(directory);
  writeHashes(directory);
  return 0;
} catch (const std::exception& error) {
  std::fprintf(stderr, "record_tapes: %s\n", error.what());
  return 2;
}
