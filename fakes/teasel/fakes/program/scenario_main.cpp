#include <teasel/fakes/program/scenario_main.hpp>

#include <iostream>

#include <teasel/core/errors.hpp>
#include <teasel/fakes/program/detail/commands.hpp>

namespace teasel::fakes {
namespace {

using detail::Program;

int list(Arguments arguments) {
  arguments.finish();
  for (const Scenario* scenario : scenarios()) std::cout << scenario->name() << "\t" << scenario->about() << '\n';
  return 0;
}

struct OwnCommand {
  const char* name;
  const char* usage;
  int (*run)(const Program&, Arguments);
};
constexpr OwnCommand kCommands[] = {
    {"run",
     "run [--scenario NAME] [--seeds N] [--first-seed N] [--corpus DIR] [--findings DIR] [--keep-going]\n"
     "      [--shrink-runs N] [--timeout SECONDS] [--revision TEXT]\n"
     "      replays the corpus and runs seeds; what breaks is shrunk, written to DIR (findings) and reported",
     detail::runCommand},
    {"replay",
     "replay FILE [--scenario NAME] [--diagram] [--hash] [--expect-failure] [--in-process] [--timeout SECONDS]\n"
     "      runs a tape or a fuzzer input once",
     detail::replayCommand},
    {"exhaust",
     "exhaust FILE [--sites cut,...] [--budget RUNS] [-o OUT] [--scenario NAME] [--timeout SECONDS]\n"
     "      runs an input with every combination of what the environment decides at these sites",
     detail::exhaustCommand},
    {"shrink",
     "shrink FILE [-o OUT] [--runs N] [--scenario NAME] [--timeout SECONDS] [--revision TEXT]\n"
     "      makes a failing input smaller (OUT is FILE.min.tape if not given)",
     detail::shrinkCommand},
    {"show", "show FILE [--scenario NAME]\n      prints a tape or a fuzzer input as a tape", detail::showCommand},
    {"encode", "encode FILE -o OUT [--scenario NAME]\n      writes a tape as a fuzzer input", detail::encodeCommand},
    {"import",
     "import FILE|DIR -o OUT [--scenario NAME]\n      writes a captured stream, or each file of a folder, as a fuzzer input that "
     "sends exactly its bytes",
     detail::importCommand},
    {"serve",
     "serve [--input FILE] [--timeout SECONDS]\n      runs jobs from standard input in child processes; each is in FILE before "
     "it runs",
     detail::serveCommand},
};

int help(const Program& program, std::span<const ProgramCommand> more) {
  std::cout << "usage: " << program.name() << " COMMAND ...\n\n";
  for (const OwnCommand& command : kCommands) std::cout << "  " << command.usage << "\n";
  for (const ProgramCommand& command : more) std::cout << "  " << command.usage << "\n";
  std::cout << "  --list\n      the scenarios of this program\n  --help\n\n"
               "Exit status:\n"
               "  0  nothing broke\n"
               "  1  a failure was found\n"
               "  2  the arguments or the set-up are wrong\n"
               "  3  replay: the tape names a failure, and nothing broke\n";
  return 0;
}

int dispatch(const Program& program, int argc, char** argv, std::span<const ProgramCommand> more) {
  if (argc < 2) throw UsageError("a command is missing; --help lists them");
  const std::string_view command = argv[1];
  const Arguments arguments(argv[1], argc - 2, argv + 2);
  if (command == "--list" || command == "list") return list(arguments);
  if (command == "--help" || command == "-h" || command == "help") return help(program, more);
  for (const OwnCommand& own : kCommands) {
    if (command == own.name) return own.run(program, arguments);
  }
  for (const ProgramCommand& other : more) {
    if (command == other.name) return other.run(program.path.c_str(), argc - 2, argv + 2);
  }
  std::string names;
  for (const OwnCommand& own : kCommands) names += std::string(own.name) + ", ";
  for (const ProgramCommand& other : more) names += std::string(other.name) + ", ";
  throw UsageError("there is no command '" + std::string(command) + "'; there are: " + names + "--list, --help");
}

}  // namespace

int scenarioMain(int argc, char** argv, std::span<const ProgramCommand> more) {
  const Program program{argc > 0 ? argv[0] : "scenarios"};
  try {
    return dispatch(program, argc, argv, more);
  } catch (const std::exception& error) {
    std::cout << std::flush;
    std::cerr << program.name() << ": " << error.what() << '\n';
    return 2;
  }
}

}  // namespace teasel::fakes
