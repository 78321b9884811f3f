#pragma once

#include <span>

namespace teasel::fakes {

/// A command that a program adds to those of scenarioMain; argv are the arguments behind its name.
/// Throws UsageError for arguments that it does not know.
struct ProgramCommand {
  const char* name;
  const char* usage;  ///< "fuzz [ARG...]    a libFuzzer campaign", for --help
  int (*run)(const char* program, int argc, char** argv);
};

/// What the program of every scenario binary does: run, replay, shrink, serve, show, encode,
/// --list, --help. Call it from main. Exit status: 0 nothing broke, 1 a failure was found, 2 wrong
/// arguments or set-up; then one line says what.
int scenarioMain(int argc, char** argv, std::span<const ProgramCommand> more = {});

}  // namespace teasel::fakes
