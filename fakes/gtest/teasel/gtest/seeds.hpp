#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include <teasel/fakes/play/tape.hpp>
#include <teasel/fakes/world/scenario.hpp>

namespace teasel::gtest {

/// Which runs the seeds engine makes of a scenario.
struct Seeds {
  std::uint64_t count = 64;  ///< so many seeds for each Play
  std::uint64_t first = 1;
  /// A folder of tapes and fuzzer inputs: those for the scenario (see fakes/corpus.hpp) are run as
  /// they are, then under every seed. Empty: Play::draw makes the Plays, one for each seed. A
  /// folder that is not there, or is empty, is a failure.
  std::string corpus{};
};

/// Runs a scenario that is linked into this program: a calm run, then the seeds. The first run that
/// ends with a verdict is a GoogleTest failure with diagram, tape and a test case to keep; returns
/// whether there was none.
bool runSeeds(std::string_view scenario, const Seeds& seeds = {});
/// The same for one input.
bool runTape(const fakes::Tape& tape);

/// Registers a test "Scenarios.<name>" for each scenario linked into the program; for main, before
/// RUN_ALL_TESTS.
void registerScenarios(const Seeds& seeds = {});

}  // namespace teasel::gtest
