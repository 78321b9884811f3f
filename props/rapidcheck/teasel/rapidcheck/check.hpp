#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include <teasel/core/clock.hpp>
#include <teasel/fakes/play/tape.hpp>

/// The RapidCheck engine: RapidCheck makes Plays and choices, a scenario is run with them, and what
/// fails is shrunk.
namespace teasel::rapidcheck {

struct CheckOptions {
  /// In the form of RC_PARAMS, which is read after it and so goes first: "max_success=1000 seed=7".
  /// Worlds are quick, hence more cases than RapidCheck's 100.
  std::string params = "max_success=1000";
  /// By what RC_PARAMS=reproduce=... finds this check again; the scenario's name if it is empty.
  std::string id{};
  /// A folder of tapes and fuzzer inputs from which half of the Plays are taken. Not there, or
  /// empty: UsageError.
  std::string corpus{};
  /// Folder for the tapes of failures; made when there is one. Empty: none is written.
  std::string findings = "findings";
  /// Runs that shrinking may take.
  std::size_t shrinkRuns = 20'000;
  /// The check is made in a child of this process. When that dies, or takes longer than kPatience,
  /// the check is made again with a child for each run: a crash, and a run that takes longer than
  /// `timeout` of real time, is then a failure that is shrunk and reported like others. Else they
  /// end this program.
  bool forked = false;
  Duration timeout = std::chrono::seconds(10);
  static constexpr Duration kPatience = std::chrono::minutes(2);
};

/// What came of a check.
struct CheckResult {
  bool ok = true;
  std::size_t runs = 0;  ///< of the scenario, those for shrinking included
  /// when not ok, for people: what broke, the diagram, how to see it again, a test to keep
  std::string text{};
  fakes::Tape tape{};      ///< when a run failed: the shrunk input
  std::string tapeFile{};  ///< where it was written
  /// for RC_PARAMS: "reproduce=..." leads to the same failure, by the same shrinks
  std::string reproduce{};

  explicit operator bool() const noexcept { return ok; }
};

/// Runs a scenario that is linked into this program on inputs that RapidCheck makes: see inputs()
/// in plays.hpp. A verdict of the world fails the case, and so does RC_ASSERT in user code; RC_PRE
/// discards it. What fails is shrunk as long as it fails in the same way, then run once more as a
/// tape. Throws UsageError when there is no such scenario.
///
///     TEST(Shout, HoldsWhateverTheOutsideDoes) {
///       const CheckResult result = checkScenario("shouting");
///       EXPECT_TRUE(result) << result.text;
///     }
CheckResult checkScenario(std::string_view scenario, const CheckOptions& options = {});

}  // namespace teasel::rapidcheck
