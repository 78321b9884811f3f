#pragma once

#include <string>
#include <string_view>

#include <teasel/fakes/play/tape.hpp>
#include <teasel/fakes/program/replay.hpp>

namespace teasel::fakes {

/// A failure as a person reads it: what broke, what happened, how to see it again, and a test to
/// keep.
struct FailureReport {
  const Tape& tape;              ///< the input, shrunk
  const ReplayOutcome& outcome;  ///< of a run of the tape, with diagram
  std::string command;           ///< one line that replays it
  std::string note;              ///< one line about the search ("not fully shrunk: ..."), or ""
  /// Why there is no test: a run of the tape in a fresh process did not show the failure, so the
  /// test would pass. Empty when such a run has shown it.
  std::string noTest = {};

  std::string text() const;
};

/// A GoogleTest case, ready to paste. It rebuilds the Play and the choices of the tape step by step
/// and expects that nothing breaks. It needs Teasel::fakes and the sources of the scenario. Where
/// the oracle is a crash or a hang, the case runs the scenario in a child process.
std::string testCase(const Tape& tape);

/// Why there is no test of a failure that a fresh process does not show.
inline constexpr const char* kNotAlone =
    "In a fresh process this input breaks nothing when it runs alone. Runs before it have left something behind (in a\n"
    "static or global object), or the scenario is not deterministic.";

/// Whether this oracle says that the process of the run died, or that the run did not end.
bool isDeath(std::string_view oracle) noexcept;

/// The text with each "[  SKIPPED ]" as "[  SKIPPED\x20]". CTest takes a test whose output has the
/// first form for one that was skipped, also if it has failed. Text of inner runs is printed in the
/// second form, which means the same in literals of C++ and of tapes.
std::string withoutSkipMarker(std::string text);

/// The text as one word of a command for a shell (POSIX.1-2017, XCU 2.2.2): in single quotes,
/// unless it has nothing but letters, digits and marks that no shell changes.
std::string shellWord(std::string_view text);

/// The file name for a tape: "<scenario>-<oracle>-<hash>.tape", of letters, digits, '-' and '_'.
std::string tapeFileName(const Tape& tape);

}  // namespace teasel::fakes
