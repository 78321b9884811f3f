#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include <teasel/fakes/play/tape.hpp>
#include <teasel/fakes/world/scenario.hpp>

namespace teasel::gtest {

/// Which runs the seeds engine makes of a scenario.
struct Seeds {
  std::uint64_t count = 64;  ///< how many seeds each Play gets
  std::uint64_t first = 1;
  /// A folder of tapes and fuzzer inputs. Those for the scenario run as they are, then under every
  /// seed: its tapes, files in a folder of its name, and fuzzer inputs in the folder of no
  /// scenario. Empty: Play::draw makes a Play for each seed. A folder that does not exist or is
  /// empty is a failure.
  std::string corpus{};
};

/// Runs a scenario that is linked into this program: a calm run, then the seeds. The first run that
/// ends with a verdict is a GoogleTest failure with diagram, tape, and a test case to keep. True
/// when there was none. The first warning of a run that held (World::warn) goes to standard error.
/// Throws UsageError when there is no such scenario.
bool runSeeds(std::string_view scenario, const Seeds& seeds = {});
/// The same for one tape.
bool runTape(const fakes::Tape& tape);

/// Registers a test "Scenarios.<name>" for each scenario that is linked into the program. Call it
/// in main, before RUN_ALL_TESTS.
void registerScenarios(const Seeds& seeds = {});

}  // namespace teasel::gtest
