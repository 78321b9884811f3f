#pragma once

#include <string>

#include <teasel/fakes/play/tape.hpp>
#include <teasel/fakes/program/replay.hpp>

namespace teasel::fakes {

/// A failure as a person gets it: what broke, what happened, how to see it again, and a test to
/// keep.
struct FailureReport {
  const Tape& tape;              ///< the input, shrunk
  const ReplayOutcome& outcome;  ///< of a run of it, with diagram
  std::string command;           ///< one line that replays it
  /// one line about the search ("not fully shrunk: ..."), may be empty
  std::string note;

  std::string text() const;
};

/// A GoogleTest case, ready to paste, that rebuilds the tape's Play and choices step by step and
/// expects that nothing breaks. It wants Teasel::fakes and the sources of the scenario.
std::string testCase(const Tape& tape);

/// The name of a file for a tape: "<scenario>-<oracle>-<hash>.tape", from letters, digits, '-' and
/// '_'.
std::string tapeFileName(const Tape& tape);

}  // namespace teasel::fakes
