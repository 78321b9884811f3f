// The main of a scenario program in a libFuzzer tree. It has one command more than in other trees:
// `fuzz`.
//
// libFuzzer starts copies of the program for some of its jobs (-merge, -fork, -minimize_crash) and
// passes them only its own arguments. So our options travel in the environment. There a copy also
// learns that it is a copy. Engines and services that know nothing but libFuzzer call the program
// with flags only: that means `fuzz`, too.

#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <span>
#include <utility>

#include <teasel/core/errors.hpp>
#include <teasel/fakes/program/detail/corpus.hpp>
#include <teasel/fakes/program/replay.hpp>
#include <teasel/fakes/program/scenario_main.hpp>
#include <teasel/fuzz/engine.hpp>
#include <teasel/fuzz/mutator.hpp>
#include <teasel/fuzz/supervisor.hpp>

extern "C" int LLVMFuzzerRunDriver(int* argc, char*** argv, int (*callback)(const std::uint8_t* data, std::size_t size));
extern "C" std::size_t LLVMFuzzerMutate(std::uint8_t* data, std::size_t size, std::size_t maxSize);

namespace teasel::fuzz {
namespace {

constexpr const char* kOptions[] = {"scenario", "findings", "counter", "ignore", "mutator"};

std::string variable(std::string_view option) { return "TEASEL_FUZZ_" + std::string(option); }
std::string option(std::string_view name) {
  const char* value = std::getenv(variable(name).c_str());
  return value == nullptr ? "" : value;
}

/// Takes our options out of the arguments and puts them into the environment.
void takeOptions(std::vector<std::string>& arguments) {
  for (std::size_t i = 0; i < arguments.size();) {
    if (!arguments[i].starts_with("--")) {
      ++i;
      continue;
    }
    const std::string name = arguments[i].substr(2);
    bool known = false;
    for (const char* each : kOptions) known = known || name == each;
    if (!known) throw UsageError("unknown option --" + name);
    if (i + 1 == arguments.size()) throw UsageError("no value after --" + name);
    const std::string before = name == "ignore" ? option(name) + "," : "";
    setenv(variable(name).c_str(), (before + arguments[i + 1]).c_str(), 1);
    arguments.erase(arguments.begin() + static_cast<std::ptrdiff_t>(i), arguments.begin() + static_cast<std::ptrdiff_t>(i) + 2);
  }
}

const fakes::Scenario& chosenScenario() {
  const std::vector<const fakes::Scenario*> all = fakes::scenarios();
  const std::string name = option("scenario");
  return name.empty() && all.size() == 1 ? *all.front() : fakes::requireScenario(name);
}

std::vector<std::string> ignoredOracles() {
  std::vector<std::string> oracles;
  const std::string list = option("ignore");
  for (std::size_t at = 0; at < list.size();) {
    const std::size_t end = std::min(list.find(',', at), list.size());
    if (end > at) oracles.push_back(list.substr(at, end - at));
    at = end + 1;
  }
  return oracles;
}

/// Counts executions, in a place that the campaign reads while the program runs and after it has
/// died.
std::uint64_t* openCounter(const std::string& path) {
  static std::uint64_t own = 0;
  if (path.empty()) return &own;
  const int file = open(path.c_str(), O_RDWR);
  void* page = file < 0 ? MAP_FAILED : mmap(nullptr, sizeof own, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
  if (file >= 0) close(file);
  if (page == MAP_FAILED) throw UsageError("--counter " + path + ": " + std::strerror(errno));
  return static_cast<std::uint64_t*>(page);
}

/// libFuzzer's own mutation of a string.
void mutateBytes(std::string& text, std::size_t limit) {
  const std::size_t size = std::min(text.size(), limit);
  text.resize(limit);
  text.resize(LLVMFuzzerMutate(reinterpret_cast<std::uint8_t*>(text.data()), size, limit));
}

struct Campaign {
  Engine engine;
  Mutator mutator;
  bool wholeMessages;  ///< use our mutator; else all mutations are libFuzzer's
  std::uint64_t* executions;
};
Campaign* campaign = nullptr;
Supervisor* supervisor = nullptr;

/// Says the first warning of the campaign, once.
void sayWarning() {
  static bool said = false;
  const std::string& warning = campaign->engine.world().warning();
  if (warning.empty() || std::exchange(said, true)) return;
  std::fprintf(stderr, "teasel: warning: %s\n", warning.c_str());
}

int testOneInput(const std::uint8_t* data, std::size_t size) {
  ++*campaign->executions;
  const ByteView bytes(reinterpret_cast<const char*>(data), size);
  if (supervisor != nullptr) supervisor->inputBegins(bytes);
  const InputOutcome outcome = campaign->engine.run(bytes);
  sayWarning();
  if (outcome == InputOutcome::kFinding) {
    // The supervisor reports it. Where libFuzzer makes an input smaller there is none.
    const fakes::Verdict& verdict = *campaign->engine.world().verdict();
    if (supervisor != nullptr) supervisor->inputFails(verdict.oracle, verdict.fault());
    else std::fprintf(stderr, "\nteasel: this input breaks %s: %s\n", verdict.fault().c_str(), verdict.message.c_str());
    std::abort();  // so that libFuzzer saves the input, too
  }
  if (supervisor != nullptr) supervisor->inputEnds();
  return outcome == InputOutcome::kIgnored ? -1 : 0;
}

/// Whether deaths are reported: not where libFuzzer runs failing inputs on purpose, or is told to
/// keep nothing.
bool supervised(const std::vector<std::string>& arguments) {
  static constexpr std::string_view kOnPurpose[] = {
      "-merge=1", "-set_cover_merge=1", "-minimize_crash=1", "-cleanse_crash=1", "-help=1", "-exact_artifact_path=/dev/null"};
  for (const std::string& each : arguments)
    for (const std::string_view flag : kOnPurpose)
      if (each == flag) setenv(variable("unsupervised").c_str(), "1", 1);  // for the copies as well
  return option("unsupervised").empty();
}

int runDriver(const char* program, const fakes::Scenario& scenario, std::vector<std::string>& arguments) {
  Campaign made{
      Engine(scenario, {std::filesystem::path(program).filename().string(), ignoredOracles(), fakes::Trace::Mode::kOff}),
      Mutator(fakes::codecOf(scenario), mutateBytes, scenario.options().messageSize, scenario.options().world.faults),
      option("mutator") != "bytes", openCounter(option("counter"))};
  campaign = &made;
  std::vector<char*> argv{const_cast<char*>(program)};
  for (std::string& each : arguments) argv.push_back(each.data());
  int argc = static_cast<int>(argv.size());
  argv.push_back(nullptr);
  char** pointer = argv.data();
  return LLVMFuzzerRunDriver(&argc, &pointer, testOneInput);
}

int fuzz(const char* program, std::vector<std::string> arguments) {
  takeOptions(arguments);
  setenv(variable("copy").c_str(), "1", 1);
  const fakes::Scenario& scenario = chosenScenario();
  const std::string mutator = option("mutator");
  const std::string findings = option("findings");
  std::error_code error;
  if (!findings.empty() && !std::filesystem::create_directories(findings, error) && !std::filesystem::is_directory(findings))
    throw UsageError("--findings " + findings + ": " + (error ? error.message() : "no directory"));
  if (!mutator.empty() && mutator != "messages" && mutator != "bytes")
    throw UsageError("--mutator is messages or bytes, not " + mutator);
  if (!supervised(arguments)) return runDriver(program, scenario, arguments);
  Supervisor made(scenario, {.program = program, .findings = findings});
  supervisor = &made;
  return made.run([&] { return runDriver(program, scenario, arguments); });
}

int fuzzCommand(const char* program, int argc, char** argv) { return fuzz(program, std::vector<std::string>(argv, argv + argc)); }

constexpr fakes::ProgramCommand kFuzz{
    "fuzz",
    "fuzz [--scenario NAME] [--findings DIR] [--ignore ORACLE[:ASPECT]] [--counter FILE]\n"
    "      [--mutator messages|bytes] [FLAG...] [CORPUS...]\n"
    "      a libFuzzer campaign with libFuzzer's flags (-help=1 lists them); the first CORPUS is written to, an input that\n"
    "      breaks something leaves a tape in DIR and a report, verdicts of an ignored ORACLE, or of one fault of it, are\n"
    "      passed over, FILE (8 bytes) gets the number of executions,\n"
    "      `bytes` leaves all mutations to libFuzzer",
    fuzzCommand};

/// Whether all arguments are for libFuzzer.
bool withoutCommand(int argc, char** argv) {
  const std::string_view first = argc > 1 ? argv[1] : "";
  if (!option("copy").empty()) return first != kFuzz.name;
  return first.size() > 1 && first[0] == '-' && first[1] != '-' && first != "-h";
}

}  // namespace
}  // namespace teasel::fuzz

// libFuzzer finds these functions by their names.
extern "C" std::size_t LLVMFuzzerCustomMutator(std::uint8_t* data, std::size_t size, std::size_t maxSize, unsigned seed) {
  using namespace teasel::fuzz;
  if (campaign == nullptr || !campaign->wholeMessages) return LLVMFuzzerMutate(data, size, maxSize);
  const std::string out = campaign->mutator.mutated(teasel::ByteView(reinterpret_cast<const char*>(data), size), maxSize, seed);
  std::copy(out.begin(), out.end(), data);
  return out.size();
}

extern "C" std::size_t LLVMFuzzerCustomCrossOver(const std::uint8_t* one, std::size_t oneSize, const std::uint8_t* other,
                                                 std::size_t otherSize, std::uint8_t* out, std::size_t maxSize, unsigned seed) {
  using namespace teasel::fuzz;
  if (campaign == nullptr || !campaign->wholeMessages) return 0;
  const auto view = [](const std::uint8_t* data, std::size_t size) {
    return teasel::ByteView(reinterpret_cast<const char*>(data), size);
  };
  const std::string crossed = campaign->mutator.crossed(view(one, oneSize), view(other, otherSize), maxSize, seed);
  std::copy(crossed.begin(), crossed.end(), out);
  return crossed.size();
}

int main(int argc, char** argv) {
  using namespace teasel::fuzz;
  std::vector<char*> arguments(argv, argv + argc);
  std::string command = kFuzz.name;
  if (withoutCommand(argc, argv)) arguments.insert(arguments.begin() + 1, command.data());
  return teasel::fakes::scenarioMain(static_cast<int>(arguments.size()), arguments.data(), std::span(&kFuzz, 1));
}
