#pragma once

#include <cstddef>
#include <cstdint>
#include <string>

#include <teasel/fakes/play/tape.hpp>
#include <teasel/fakes/program/replay.hpp>
#include <teasel/fakes/world/scenario.hpp>
#include <teasel/rapidcheck/check.hpp>

// RapidCheck's search for an input that breaks a scenario. checkScenario (check.hpp) starts it and
// reports what it has found.

namespace teasel::rapidcheck::detail {

/// Where the runs of a search happen.
enum class Place : std::uint8_t {
  kHere,     ///< in this process
  kWatched,  ///< in this process, which is the child of a Worker; a run that lasts too long ends it
  kApart,    ///< in children of this process, so that a run that crashes or hangs is an outcome
};

/// What a search has found.
struct Found {
  bool ok = true;
  bool cutShort = false;         ///< a limit ended the shrinking
  std::size_t runs = 0;          ///< of the scenario, with those for shrinking
  std::size_t cases = 0;         ///< that held before the one that failed
  std::size_t shrinkRuns = 0;    ///< of `runs`
  std::uint64_t seed = 0;        ///< of RapidCheck
  std::string said{};            ///< what RapidCheck says when no run failed: that it gave up
  std::string reproduce{};       ///< for RC_PARAMS
  std::string warning{};         ///< the first one of a run that held (World::warn)
  std::string firstFile{};       ///< where the tape of `first` was kept before the shrinking, or ""
  fakes::ReplayOutcome first{};  ///< of the input that failed first; ok() when no run failed
  fakes::ReplayOutcome last{};   ///< of the smallest input that failed in the same way
};
/// As bytes for a pipe. unpackFound throws UsageError for bytes that pack did not make.
std::string pack(const Found& found);
Found unpackFound(const std::string& bytes);

/// Makes the search. Throws UsageError for parameters and for a corpus that cannot be read.
Found search(const fakes::Scenario& scenario, const CheckOptions& options, Place place);

/// The name by which RC_PARAMS=reproduce=... finds a check.
std::string idOf(const fakes::Scenario& scenario, const CheckOptions& options);
/// The input of a failing run.
fakes::Tape tapeOf(const fakes::Scenario& scenario, const fakes::ReplayOutcome& outcome);
/// Runs a job. Assertions of RapidCheck that user code throws become an outcome, because an outcome
/// can leave a child process.
fakes::ReplayOutcome runJob(fakes::Replayer& replayer, const fakes::ReplayJob& job);

}  // namespace teasel::rapidcheck::detail
