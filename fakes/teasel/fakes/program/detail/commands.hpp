#pragma once

#include <cstdint>
#include <filesystem>
#include <string>

#include <teasel/fakes/play/tape.hpp>
#include <teasel/fakes/program/detail/scenario_args.hpp>
#include <teasel/fakes/program/replay.hpp>

// The commands of a scenario program, and what several of them do: make jobs of tapes, shrink a
// failure, report it. The table of commands is in scenario_main.cpp.

namespace teasel::fakes::detail {

/// What every command knows of its program.
struct Program {
  std::string path;  ///< as the caller wrote it
  std::string name() const { return std::filesystem::path(path).filename().string(); }
};

// Each command takes its arguments, throws UsageError for those that it does not know, and returns
// the exit status of the program.
int runCommand(const Program& program, Arguments arguments);
int replayCommand(const Program& program, Arguments arguments);
int exhaustCommand(const Program& program, Arguments arguments);
int shrinkCommand(const Program& program, Arguments arguments);
int showCommand(const Program& program, Arguments arguments);
int encodeCommand(const Program& program, Arguments arguments);
int importCommand(const Program& program, Arguments arguments);
int serveCommand(const Program& program, Arguments arguments);

/// How many runs a search for a smaller input takes when nobody says.
inline constexpr std::uint64_t kDefaultShrinkRuns = 2000;
/// The limits of a search among runs that do not end: how many runs, and how long each may take.
inline constexpr std::uint64_t kHangShrinkRuns = 200;
inline constexpr Duration kHangTimeout = std::chrono::seconds(1);

/// The exit status of `replay` for a tape that names an oracle, when nothing breaks.
inline constexpr int kShowsNothing = 3;

/// The job that runs a tape.
ReplayJob jobOf(const Tape& tape, bool diagram);
/// The value of --timeout, or `usual` seconds. Throws UsageError unless it is 1 to 86400.
Duration timeoutOf(Arguments& arguments, std::uint64_t usual = 10);

/// A failure that was shrunk, as it is reported.
struct ShrunkFailure {
  Tape tape;
  ReplayOutcome outcome;  ///< of the tape, in a fresh process, with diagram
  std::string note;       ///< one line about the search, or empty
  std::string noTest;     ///< why the tape gives no test; see FailureReport
};
/// Makes the failing tape smaller with at most `runs` runs (0 leaves it as it is) and runs it once
/// more in a fresh process, as its test would. The note says when the search did not end well.
/// `failed` is the outcome of the tape.
ShrunkFailure shrinkTape(const Tape& tape, const ReplayOutcome& failed, Duration timeout, std::uint64_t runs);
/// Writes the tape to `file` and prints its report.
void announce(const Program& program, const ShrunkFailure& found, const std::filesystem::path& file);

}  // namespace teasel::fakes::detail
