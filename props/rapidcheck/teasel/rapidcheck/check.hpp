#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include <teasel/core/clock.hpp>
#include <teasel/fakes/play/tape.hpp>

/// The RapidCheck engine. RapidCheck makes Plays and choices, a scenario is run with them, and
/// failures are shrunk.
namespace teasel::rapidcheck {

struct CheckOptions {
  /// Parameters in the form of RC_PARAMS: "max_success=1000 seed=7". The variable RC_PARAMS is read
  /// later, so it wins. Worlds are quick, so there are more cases than RapidCheck's 100.
  std::string params = "max_success=1000";
  /// The name by which RC_PARAMS=reproduce=... finds this check again. Empty: the name of the
  /// scenario.
  std::string id{};
  /// A folder of tapes and fuzzer inputs, from which half of the Plays are taken. UsageError when
  /// it is missing or empty.
  std::string corpus{};
  /// The folder for tapes of failures. It is made when there is a failure. Empty: no tape is
  /// written.
  std::string findings = "findings";
  /// How many runs shrinking may use. Runs that crash or hang have the limits of the command `run`
  /// as well (2000 runs; 200 runs of a second each), and a minute in all.
  std::size_t shrinkRuns = 20'000;
  /// The check is made in a child process. When the child dies, or one run takes longer than
  /// `timeout` of real time, the check is made again with a child for each run. Then a crash is a
  /// failure that is shrunk and reported like others, and so is a run that does not end. Without a
  /// child both end this program.
  bool forked = false;
  Duration timeout = std::chrono::seconds(10);
};

/// What came of a check.
struct CheckResult {
  bool ok = true;
  std::size_t runs = 0;  ///< of the scenario, with those for shrinking
  /// When not ok, text for people: what broke, the diagram, how to see it again, a test to keep.
  std::string text{};
  /// The first warning of a run that held (World::warn): what people must know although the check
  /// may be ok. Empty when there is none.
  std::string warning{};
  fakes::Tape tape{};      ///< the shrunk input, when a run failed
  std::string tapeFile{};  ///< where the tape was written
  /// For RC_PARAMS: "reproduce=..." leads to the same failure by the same shrinks. A failure that
  /// needs what earlier cases leave behind has "seed=..." instead: all cases run again.
  std::string reproduce{};

  explicit operator bool() const noexcept { return ok; }
};

/// Runs a scenario of this program on inputs that RapidCheck makes: see inputs() in plays.hpp. A
/// verdict of the world fails the case, and so does RC_ASSERT in user code. RC_PRE discards the
/// case. The tape of a failure is written at once. Then the failure is shrunk as long as it stays
/// the same failure. In the end its tape is run in a process in which nothing ran before; where it
/// shows nothing there, the text says why and has no test. Throws UsageError when there is no such
/// scenario, and when RC_PARAMS has reproduce= for other checks only: no case would run.
///
///     TEST(Shout, HoldsWhateverTheOutsideDoes) {
///       const CheckResult result = checkScenario("shouting");
///       EXPECT_TRUE(result) << result.text;
///     }
CheckResult checkScenario(std::string_view scenario, const CheckOptions& options = {});

}  // namespace teasel::rapidcheck
