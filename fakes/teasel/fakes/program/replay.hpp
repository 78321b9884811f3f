#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <teasel/fakes/play/choices.hpp>
#include <teasel/fakes/play/play.hpp>
#include <teasel/fakes/world/scenario.hpp>
#include <teasel/fakes/world/world.hpp>

namespace teasel::fakes {

/// One run that an engine wants: a Play with records of choices, or what a seed makes. With
/// `exhaust` it is many runs: every combination of some choices.
struct ReplayJob {
  std::string scenario = {};
  Play play = {};
  std::vector<ChoiceRecord> records = {};
  std::optional<std::uint64_t> seed = {};  ///< choices come from this seed, not from the records
  bool drawPlay = false;                   ///< with a seed: the Play is drawn, too
  bool diagram = false;                    ///< the outcome has a diagram of what happened
  /// runs every combination of the draws of these sites until one breaks
  std::vector<std::uint16_t> exhaust = {};
  /// the most runs; if there are more combinations, the outcome is "too-many-combinations"
  std::size_t exhaustBudget = 1'000'000;
};

/// The result of a run.
struct ReplayOutcome {
  std::string oracle;  ///< what broke; empty when nothing did
  /// the fault (Verdict::fault) and the place of the check: two runs with the same signature failed
  /// in the same way
  std::string signature;
  std::string message;                ///< for people; of a run that held, its warning (World::warn)
  std::string diagram;                ///< if the job asked for it
  Play play;                          ///< the Play that was performed
  std::vector<ChoiceRecord> records;  ///< every draw except those of Play::draw
  std::uint64_t traceHash = 0;
  std::size_t unused = 0;                   ///< records of the job that nothing asked for
  std::size_t clamped = 0;                  ///< records of the job that were too large
  std::size_t skipped = 0;                  ///< steps of the Play that had nothing to act on
  std::optional<std::uint64_t> heard = {};  ///< World::heard
  std::size_t runs = 1;                     ///< more than one for an exhaustive job
  std::optional<Excess> excess = {};        ///< for an oracle of a counted bound

  bool ok() const noexcept { return oracle.empty(); }
};

/// Whether a smaller input shows the failure of `first`: it has the same signature, and where a
/// bound is counted, it exceeds the bound by the margin, or by as much as `first` if that is less.
bool showsTheSame(const ReplayOutcome& smaller, const ReplayOutcome& first) noexcept;

/// Runs jobs in this process, in one world that it reuses.
class Replayer {
 public:
  /// Throws UsageError when there is no such scenario, and names those that there are. An
  /// exhaustive job ends with the first run that breaks, or with the last one. Its own oracles are
  /// "too-many-combinations" and "not-deterministic".
  ReplayOutcome run(const ReplayJob& job);
  /// The world of the last run, as the run left it.
  World& world() noexcept { return world_; }

 private:
  ReplayOutcome once(const ReplayJob& job, Odometer* odometer);
  ReplayOutcome exhaust(const ReplayJob& job);
  void fill(const ReplayJob& job, const ScenarioOptions& options, Odometer* odometer);
  World world_;
};

/// The signature of a verdict: "oracle:aspect at file:line", without what is empty.
std::string signatureOf(const Verdict& verdict);

/// The scenario of this name. Throws UsageError when there is none, and names those that there are.
const Scenario& requireScenario(std::string_view name);

/// For regression tests: runs a scenario that is linked into the test. Returns "" when nothing
/// breaks, else what broke and the diagram of it.
///
///     EXPECT_EQ(replayFailure("framing", play, choices), "");
std::string replayFailure(std::string_view scenario, const Play& play, std::span<const ChoiceRecord> records = {});
/// The same in a child process, for a run that once crashed or did not end: the test goes on, and
/// the text says how the child died ("crash: SIGSEGV: ..."), or that the run did not end within
/// `timeout` of real time ("hang: ...").
std::string replayFailureInChild(std::string_view scenario, const Play& play, std::span<const ChoiceRecord> records = {},
                                 Duration timeout = std::chrono::seconds(10));

}  // namespace teasel::fakes
