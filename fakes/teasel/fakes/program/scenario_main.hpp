#pragma once

#include <span>

namespace teasel::fakes {

/// A command that a program adds to those of scenarioMain. argv holds the arguments behind its
/// name. It returns the exit status, and throws UsageError for arguments that it does not know.
struct ProgramCommand {
  const char* name;
  const char* usage;  ///< for --help: "fuzz [ARG...]    a libFuzzer campaign"
  int (*run)(const char* program, int argc, char** argv);
};

/// The main function of every scenario program: run, replay, exhaust, shrink, serve, show, encode,
/// --list, --help, and the commands in `more`. Call it from main and return its exit status: 0
/// nothing broke; 1 a failure was found; 2 the arguments or the set-up are wrong, and one line on
/// standard error says what; 3 `replay` of a tape that names a failure has shown nothing.
int scenarioMain(int argc, char** argv, std::span<const ProgramCommand> more = {});

}  // namespace teasel::fakes
