#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iostream>

#include <teasel/core/errors.hpp>
#include <teasel/fakes/play/play_codec.hpp>
#include <teasel/fakes/program/detail/commands.hpp>
#include <teasel/fakes/program/detail/corpus.hpp>
#include <teasel/fakes/program/detail/serve.hpp>
#include <teasel/fakes/program/report.hpp>

// The commands for one input (replay, exhaust, shrink, show, encode, import), and serve.

namespace teasel::fakes::detail {
namespace {

namespace fs = std::filesystem;

constexpr std::uint64_t kExhaustSeconds = 3600;

/// Writes a captured stream as a fuzzer input, and checks that the input sends just that stream.
void importFile(const Scenario& scenario, const fs::path& from, const fs::path& to) {
  const std::string captured = readBytes(from);
  const CodecOptions codec = codecOf(scenario);
  const std::string bytes = escapedForFuzzer(captured, codec);
  if (Tape::looksLikeTape(bytes))
    throw UsageError("import: " + from.string() + " begins as a tape does, and would be read as one");
  Play play;
  std::vector<ChoiceRecord> records;
  decode(bytes, codec, play, records);
  if (play.byteCount() != captured.size())
    throw UsageError("import: " + from.string() + " has " + std::to_string(captured.size()) + " bytes; inputs of the scenario " +
                     std::string(scenario.name()) + " send at most " + std::to_string(play.byteCount()) +
                     " (its option play.bytes)");
  std::ofstream file(to, std::ios::binary | std::ios::trunc);
  file << bytes;
  if (!file.flush()) throw UsageError("import: " + to.string() + " cannot be written");
}

std::string hexadecimal(std::uint64_t number) {
  std::string out(16, '0');
  for (std::size_t i = 16; i-- > 0; number >>= 4) out[i] = "0123456789abcdef"[number & 15];
  return out;
}

void warnOfStaleness(const ReplayOutcome& outcome) {
  if (outcome.unused + outcome.clamped == 0) return;
  std::cout << "note: of the tape's choices " << outcome.unused << " were not asked for and " << outcome.clamped
            << " were too large: it may be stale\n";
}

/// The exit status of a replay in which nothing breaks. `expected` is the oracle that the tape
/// names.
int statusOfQuiet(const std::string& expected, bool expectFailure) {
  if (expectFailure) return 1;
  return expected.empty() ? 0 : kShowsNothing;
}

/// The numbers of sites that are named as "cut,shortWrite".
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

}  // namespace

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
  if (inProcess) {
    const watchdog::ExitFails counts;
    outcome = Replayer().run(job);
  } else {
    outcome = ForkedRunner({.timeout = timeout, .inputFile = {}}).run(job);
  }
  if (hash) {
    std::cout << hexadecimal(outcome.traceHash) << ' ' << (outcome.ok() ? "-" : outcome.oracle) << '\n';
    return outcome.ok() ? statusOfQuiet(expected, expectFailure) : expectFailure ? 0 : 1;
  }
  if (outcome.ok()) {
    if (diagram) std::cout << outcome.diagram;
    warnOfStaleness(outcome);
    if (!outcome.message.empty()) std::cout << "warning: " << outcome.message << '\n';
    std::cout << (expectFailure      ? "FAILED "
                  : expected.empty() ? "ok "
                                     : "NOT SHOWN ")
              << input.tape.scenario << ": nothing breaks, trace " << hexadecimal(outcome.traceHash)
              << (expected.empty() ? "" : " (when it was written: " + expected + ")") << '\n';
    return statusOfQuiet(expected, expectFailure);
  }
  input.tape.oracle = outcome.oracle;
  const std::string note =
      expected.empty() || expected == outcome.oracle ? "" : "the tape was written for another failure: " + expected;
  std::cout << FailureReport{input.tape, outcome, shellWord(program.path) + " replay " + shellWord(path), note}.text();
  warnOfStaleness(outcome);
  return expectFailure && note.empty() ? 0 : 1;
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
  if (ours) std::filesystem::remove(file);
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
  InputFile input = readInput(path, scenario);
  const CodecOptions codec = codecOf(requireScenario(input.tape.scenario));
  if (!codec.introducer) input.tape.play.setVersion(1);  // all inputs of such a target have it
  const std::string bytes = encode(input.tape.play, input.tape.records, codec);
  std::ofstream file(*out, std::ios::binary | std::ios::trunc);
  file << bytes;
  if (!file.flush()) throw UsageError("encode: " + *out + " cannot be written");
  return 0;
}

int importCommand(const Program&, Arguments arguments) {
  const Scenario& scenario = theScenario(arguments.value("--scenario").value_or(""));
  const std::optional<std::string> out = arguments.value("-o");
  const std::string path = arguments.onlyPath("a captured file, or a folder of such files,");
  if (!out) throw UsageError("import: -o OUT is missing");
  std::error_code none;
  if (!fs::is_directory(path, none)) {
    importFile(scenario, path, *out);
    return 0;
  }
  std::size_t count = 0;
  for (const fs::path& file : corpusFiles(path)) {
    const fs::path target = fs::path(*out) / fs::relative(file, path);
    fs::create_directories(target.parent_path());
    importFile(scenario, file, target);
    ++count;
  }
  std::cout << "imported " << count << " files for " << scenario.name() << " into " << *out << '\n';
  return 0;
}

}  // namespace teasel::fakes::detail
