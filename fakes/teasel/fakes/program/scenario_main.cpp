#include <teasel/fakes/program/scenario_main.hpp>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <sstream>

#include <teasel/core/errors.hpp>
#include <teasel/fakes/play/play_codec.hpp>
#include <teasel/fakes/play/shrink.hpp>
#include <teasel/fakes/program/detail/corpus.hpp>
#include <teasel/fakes/program/detail/scenario_args.hpp>
#include <teasel/fakes/program/detail/serve.hpp>
#include <teasel/fakes/program/report.hpp>

namespace teasel::fakes {
namespace {

namespace fs = std::filesystem;

constexpr std::uint64_t kDefaultSeeds = 100;
constexpr std::uint64_t kDefaultShrinkRuns = 2000;
constexpr std::uint64_t kHangShrinkRuns = 200;
constexpr std::uint64_t kExhaustSeconds = 3600;
constexpr Duration kHangTimeout = std::chrono::seconds(1);

/// What every command knows.
struct Program {
  std::string path;  ///< as it was called
  std::string name() const { return fs::path(path).filename().string(); }
};

ReplayJob jobOf(const Tape& tape, bool diagram) {
  ReplayJob job;
  job.scenario = tape.scenario;
  job.play = tape.play;
  job.records = tape.records;
  job.diagram = diagram;
  return job;
}

std::string hexadecimal(std::uint64_t number) {
  std::string out(16, '0');
  for (std::size_t i = 16; i-- > 0; number >>= 4) out[i] = "0123456789abcdef"[number & 15];
  return out;
}

Duration timeoutOf(Arguments& arguments, std::uint64_t usual = 10) {
  const std::uint64_t seconds = arguments.number("--timeout").value_or(usual);
  if (seconds == 0 || seconds > 86'400) throw UsageError("--timeout needs 1 to 86400 seconds");
  return std::chrono::seconds(seconds);
}

// Shrinking ---------------------------------------------------------------------------------------

struct Found {
  Tape tape;
  ReplayOutcome outcome;  ///< of the tape, in a fresh process, with diagram
  std::string note;
};

/// Makes the failing tape smaller, runs it once more in a fresh process, and says what became of
/// that.
Found shrinkTape(const Tape& tape, const ReplayOutcome& failed, Duration timeout, std::uint64_t runs) {
  const bool hang = failed.oracle == "hang";
  if (hang) timeout = std::min(timeout, kHangTimeout), runs = std::min(runs, kHangShrinkRuns);
  Found found{tape, {}, {}};
  found.tape.oracle = failed.oracle;
  ForkedRunner fresh({.timeout = timeout, .inputFile = {}});
  if (runs != 0) {
    const std::string seconds = std::to_string(timeout / std::chrono::seconds(1));
    ServeClient server("/proc/self/exe", {"--timeout", seconds});
    const InterestingnessTest interesting = [&](const Play& play, std::span<const ChoiceRecord> records) {
      ReplayJob job = jobOf(tape, false);
      job.play = play;
      job.records.assign(records.begin(), records.end());
      return server.run(job).signature;
    };
    const Shrunk shrunk = shrink(tape.play, tape.records, failed.signature, interesting, {.runs = runs});
    if (shrunk.reproduced) found.tape.play = shrunk.play, found.tape.records = shrunk.records;
    if (!shrunk.reproduced)
      found.note = "the failure did not come again: the scenario is not deterministic, or needs earlier runs";
    else if (!shrunk.complete) found.note = "not fully shrunk: stopped after " + std::to_string(shrunk.runs) + " runs";
  }
  found.outcome = fresh.run(jobOf(found.tape, true));
  if (found.outcome.ok()) {
    found.note = "the failure did not come again in a fresh process";
    found.outcome.oracle = failed.oracle, found.outcome.message = failed.message;
  } else if (!found.outcome.records.empty()) {
    // With their bounds, and without those that nothing asked for.
    found.tape.records = found.outcome.records;
    normalise(found.tape.records);
  }
  return found;
}

void announce(const Program& program, const Found& found, const fs::path& file) {
  found.tape.save(file.string());
  const std::string command = program.path + " replay " + file.string();
  std::cout << FailureReport{found.tape, found.outcome, command, found.note}.text() << std::flush;
}

// Commands ----------------------------------------------------------------------------------------

struct RunOptions {
  std::string scenario;
  std::uint64_t seeds = kDefaultSeeds, firstSeed = 0, shrinkRuns = kDefaultShrinkRuns;
  std::string corpus, findings = "findings", revision;
  bool keepGoing = false;
  Duration timeout{};
};

/// Runs one scenario; the number of failures.
class ScenarioRun {
 public:
  ScenarioRun(const Program& program, const RunOptions& options, const Scenario& scenario)
      : program_(program), options_(options), scenario_(scenario), runner_({.timeout = options.timeout, .inputFile = {}}) {}

  std::size_t run(const std::vector<fs::path>& files) {
    const std::vector<InputFile> corpus = corpusOf(scenario_, files);
    for (const InputFile& input : corpus) {
      if (stop()) break;
      interesting(jobOf(input.tape, false), input.path);
    }
    for (std::uint64_t seed = options_.firstSeed; seed - options_.firstSeed < options_.seeds && !stop(); ++seed) {
      ReplayJob job;
      job.scenario = scenario_.name();
      job.seed = seed;
      // Every other seed varies the world around an input of the corpus, the rest make up what
      // outsiders do as well.
      job.drawPlay = corpus.empty() || seed % 2 == 0;
      if (!job.drawPlay) job.play = corpus[(seed / 2) % corpus.size()].tape.play;
      interesting(job, "seed " + std::to_string(seed));
    }
    if (failures_ == 0)
      std::cout << "ok " << scenario_.name() << ": " << corpus.size() << " inputs, " << runs_ - corpus.size() << " seeds\n";
    return failures_;
  }

 private:
  bool stop() const { return failures_ != 0 && !options_.keepGoing; }

  void interesting(const ReplayJob& job, const std::string& origin) {
    ++runs_;
    const ReplayOutcome outcome = runner_.run(job);
    if (outcome.ok()) return;
    if (std::find(seen_.begin(), seen_.end(), outcome.signature) != seen_.end()) return;
    seen_.push_back(outcome.signature);
    ++failures_;
    std::cout << "broken by " << origin << " (" << outcome.signature << ")"
              << (options_.shrinkRuns != 0 ? ", shrinking ...\n" : "\n") << std::flush;
    Tape tape;
    tape.target = program_.name();
    tape.scenario = scenario_.name();
    tape.revision = options_.revision;
    tape.play = outcome.play;
    tape.records = job.seed ? outcome.records : job.records;
    normalise(tape.records);
    const Found found = shrinkTape(tape, outcome, options_.timeout, options_.shrinkRuns);
    fs::create_directories(options_.findings);
    announce(program_, found, fs::path(options_.findings) / tapeFileName(found.tape));
  }

  const Program& program_;
  const RunOptions& options_;
  const Scenario& scenario_;
  ForkedRunner runner_;
  std::vector<std::string> seen_;
  std::size_t runs_ = 0, failures_ = 0;
};

int runCommand(const Program& program, Arguments arguments) {
  RunOptions options;
  options.scenario = arguments.value("--scenario").value_or("");
  options.seeds = arguments.number("--seeds").value_or(kDefaultSeeds);
  options.firstSeed = arguments.number("--first-seed").value_or(0);
  options.corpus = arguments.value("--corpus").value_or("");
  options.findings = arguments.value("--findings").value_or("findings");
  options.revision = arguments.value("--revision").value_or("");
  options.shrinkRuns = arguments.number("--shrink-runs").value_or(kDefaultShrinkRuns);
  options.keepGoing = arguments.flag("--keep-going");
  options.timeout = timeoutOf(arguments);
  arguments.finish();
  std::vector<const Scenario*> chosen = scenarios();
  if (!options.scenario.empty()) chosen = {&requireScenario(options.scenario)};
  if (chosen.empty()) throw UsageError("no scenario is linked into this program");
  const std::vector<fs::path> files = options.corpus.empty() ? std::vector<fs::path>() : corpusFiles(options.corpus);
  if (files.empty() && options.seeds == 0) throw UsageError("run: nothing to run: no corpus and no seeds");
  std::size_t failures = 0;
  for (const Scenario* scenario : chosen) failures += ScenarioRun(program, options, *scenario).run(files);
  return failures == 0 ? 0 : 1;
}

void warnOfStaleness(const ReplayOutcome& outcome) {
  if (outcome.unused + outcome.clamped == 0) return;
  std::cout << "note: of the tape's choices " << outcome.unused << " were not asked for and " << outcome.clamped
            << " were too large: it may be stale\n";
}

int replayCommand(const Program& program, Arguments arguments) {
  const std::string scenario = arguments.value("--scenario").value_or("");
  const bool diagram = arguments.flag("--diagram"), inProcess = arguments.flag("--in-process"), hash = arguments.flag("--hash");
  const bool expectFailure = arguments.flag("--expect-failure");
  const Duration timeout = timeoutOf(arguments);
  const std::string path = arguments.onlyPath("a tape or a fuzzer input");
  InputFile input = readInput(path, scenario);
  const std::string expected = input.tape.oracle;
  ReplayJob job = jobOf(input.tape, true);
  ReplayOutcome outcome;
  if (inProcess) outcome = Replayer().run(job);
  else outcome = ForkedRunner({.timeout = timeout, .inputFile = {}}).run(job);
  if (hash) {
    std::cout << hexadecimal(outcome.traceHash) << ' ' << (outcome.ok() ? "-" : outcome.oracle) << '\n';
    return outcome.ok() == !expectFailure ? 0 : 1;
  }
  if (outcome.ok()) {
    if (diagram) std::cout << outcome.diagram;
    warnOfStaleness(outcome);
    std::cout << (expectFailure ? "FAILED " : "ok ") << input.tape.scenario << ": nothing breaks, trace "
              << hexadecimal(outcome.traceHash) << (expected.empty() ? "" : " (when it was written: " + expected + ")") << '\n';
    return expectFailure ? 1 : 0;
  }
  input.tape.oracle = outcome.oracle;
  const std::string note =
      expected.empty() || expected == outcome.oracle ? "" : "the tape was written for another failure: " + expected;
  std::cout << FailureReport{input.tape, outcome, program.path + " replay " + path, note}.text();
  warnOfStaleness(outcome);
  return expectFailure && note.empty() ? 0 : 1;
}

/// "cut,shortWrite" -> their numbers.
std::vector<std::uint16_t> sitesOf(const std::string& names) {
  std::vector<std::uint16_t> sites;
  for (std::size_t from = 0; from <= names.size();) {
    const std::size_t end = std::min(names.find(',', from), names.size());
    const std::string name = names.substr(from, end - from);
    const std::optional<std::uint16_t> site = siteByName(name);
    if (!site)
      throw UsageError("exhaust: there is no site '" + name + "'; sites are named as in tapes: cut, shortWrite, timerTie ...");
    sites.push_back(*site);
    from = end + 1;
  }
  return sites;
}

int exhaustCommand(const Program& program, Arguments arguments) {
  const std::string scenario = arguments.value("--scenario").value_or("");
  const std::string sites = arguments.value("--sites").value_or("cut");
  const std::uint64_t budget = arguments.number("--budget").value_or(ReplayJob().exhaustBudget);
  const std::string out = arguments.value("-o").value_or("");
  const Duration timeout = timeoutOf(arguments, kExhaustSeconds);
  const std::string path = arguments.onlyPath("a tape or a fuzzer input");
  InputFile input = readInput(path, scenario);
  input.tape.target = program.name();
  ReplayJob job = jobOf(input.tape, false);
  job.exhaust = sitesOf(sites);
  job.exhaustBudget = budget;
  const ReplayOutcome outcome = ForkedRunner({.timeout = timeout, .inputFile = {}}).run(job);
  if (outcome.ok()) {
    std::cout << "ok " << input.tape.scenario << ": nothing breaks in all " << outcome.runs << " combinations of " << sites
              << '\n';
    return 0;
  }
  if (outcome.oracle == "too-many-combinations") throw UsageError("exhaust: " + outcome.message);
  std::cout << "broken by combination " << outcome.runs << " of " << sites << " (" << outcome.signature << "), shrinking ...\n"
            << std::flush;
  input.tape.records = outcome.records;
  normalise(input.tape.records);
  announce(program, shrinkTape(input.tape, outcome, timeout, kDefaultShrinkRuns), out.empty() ? path + ".min.tape" : out);
  return 1;
}

int shrinkCommand(const Program& program, Arguments arguments) {
  const std::string scenario = arguments.value("--scenario").value_or("");
  const std::uint64_t runs = arguments.number("--runs").value_or(kDefaultShrinkRuns);
  std::string out = arguments.value("-o").value_or("");
  const std::string revision = arguments.value("--revision").value_or("");
  const Duration timeout = timeoutOf(arguments);
  const std::string path = arguments.onlyPath("a tape or a fuzzer input");
  InputFile input = readInput(path, scenario);
  input.tape.target = program.name();
  if (!revision.empty()) input.tape.revision = revision;
  const ReplayOutcome outcome = ForkedRunner({.timeout = timeout, .inputFile = {}}).run(jobOf(input.tape, false));
  if (outcome.ok()) throw UsageError(path + ": nothing breaks, so there is nothing to shrink");
  if (out.empty()) out = path + ".min.tape";
  announce(program, shrinkTape(input.tape, outcome, timeout, runs), out);
  return 1;
}

int serveCommand(const Program&, Arguments arguments) {
  const std::string inputFile = arguments.value("--input").value_or("");
  const Duration timeout = timeoutOf(arguments);
  arguments.finish();
  std::string file = inputFile;
  const bool ours = file.empty();
  if (ours) file = serveInputFile();
  ForkedRunner runner({.timeout = timeout, .inputFile = file});
  const int status = serve(0, 1, runner);
  if (ours) fs::remove(file);
  return status;
}

int showCommand(const Program& program, Arguments arguments) {
  const std::string scenario = arguments.value("--scenario").value_or("");
  const std::string path = arguments.onlyPath("a tape or a fuzzer input");
  InputFile input = readInput(path, scenario);
  if (input.tape.target.empty()) input.tape.target = program.name();
  std::cout << input.tape.print();
  return 0;
}

int encodeCommand(const Program&, Arguments arguments) {
  const std::string scenario = arguments.value("--scenario").value_or("");
  const std::optional<std::string> out = arguments.value("-o");
  const std::string path = arguments.onlyPath("a tape or a fuzzer input");
  if (!out) throw UsageError("encode: -o FILE is missing");
  const InputFile input = readInput(path, scenario);
  const std::string bytes = encode(input.tape.play, input.tape.records, codecOf(requireScenario(input.tape.scenario)));
  std::ofstream file(*out, std::ios::binary | std::ios::trunc);
  file << bytes;
  if (!file.flush()) throw UsageError("encode: " + *out + " cannot be written");
  return 0;
}

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
     runCommand},
    {"replay",
     "replay FILE [--scenario NAME] [--diagram] [--hash] [--expect-failure] [--in-process] [--timeout SECONDS]\n"
     "      runs a tape or a fuzzer input once",
     replayCommand},
    {"exhaust",
     "exhaust FILE [--sites cut,...] [--budget RUNS] [-o OUT] [--scenario NAME] [--timeout SECONDS]\n"
     "      runs an input with every combination of what the environment decides at these sites",
     exhaustCommand},
    {"shrink",
     "shrink FILE [-o OUT] [--runs N] [--scenario NAME] [--timeout SECONDS] [--revision TEXT]\n"
     "      makes a failing input smaller (OUT is FILE.min.tape if not given)",
     shrinkCommand},
    {"show", "show FILE [--scenario NAME]\n      prints a tape or a fuzzer input as a tape", showCommand},
    {"encode", "encode FILE -o OUT [--scenario NAME]\n      writes a tape as a fuzzer input", encodeCommand},
    {"serve",
     "serve [--input FILE] [--timeout SECONDS]\n      runs jobs from standard input in child processes; each is in FILE before "
     "it runs",
     serveCommand},
};

int help(const Program& program, std::span<const ProgramCommand> more) {
  std::cout << "usage: " << program.name() << " COMMAND ...\n\n";
  for (const OwnCommand& command : kCommands) std::cout << "  " << command.usage << "\n";
  for (const ProgramCommand& command : more) std::cout << "  " << command.usage << "\n";
  std::cout << "  --list\n      the scenarios of this program\n  --help\n\n"
               "Exit status: 0 nothing broke, 1 a failure was found, 2 wrong arguments or set-up.\n";
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
