#pragma once

#include <string>

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

  std::string text() const;
};

/// A GoogleTest case, ready to paste. It rebuilds the Play and the choices of the tape step by step
/// and expects that nothing breaks. It needs Teasel::fakes and the sources of the scenario.
std::string testCase(const Tape& tape);

/// The file name for a tape: "<scenario>-<oracle>-<hash>.tape", of letters, digits, '-' and '_'.
std::string tapeFileName(const Tape& tape);

}  // namespace teasel::fakes
