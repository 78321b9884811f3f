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
#include <fstream>
#include <iterator>
#include <span>
#include <utility>

#include <teasel/core/errors.hpp>
#include <teasel/fakes/program/detail/corpus.hpp>
#include <teasel/fakes/program/replay.hpp>
#include <teasel/fakes/program/scenario_main.hpp>
#include <teasel/fuzz/dictionary.hpp>
#include <teasel/fuzz/ending.hpp>
#include <teasel/fuzz/engine.hpp>
#include <teasel/fuzz/mutator.hpp>
#include <teasel/fuzz/supervisor.hpp>

extern "C" int LLVMFuzzerRunDriver(int* argc, char*** argv, int (*callback)(const std::uint8_t* data, std::size_t size));
extern "C" {
// The linker's names for the two ends of the counters of this program.
// NOLINTNEXTLINE(readability-identifier-naming): a name for linkers
[[gnu::weak, gnu::visibility("hidden")]] extern std::uint8_t __start___sancov_cntrs;
// NOLINTNEXTLINE(readability-identifier-naming): a name for linkers
[[gnu::weak, gnu::visibility("hidden")]] extern std::uint8_t __stop___sancov_cntrs;
}
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

/// The counters of the code under test. Those of shared libraries are not among them.
std::span<std::uint8_t> counters() noexcept {
  std::uint8_t* const begin = &__start___sancov_cntrs;
  std::uint8_t* const end = &__stop___sancov_cntrs;
  return begin == nullptr ? std::span<std::uint8_t>() : std::span(begin, end);
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
  Ending ending;
};
Campaign* campaign = nullptr;
std::string keptInputs;     // the folder to which libFuzzer writes what it keeps; empty: none
std::FILE* owed = nullptr;  // names of those of them that not every check has seen
Supervisor* supervisor = nullptr;

/// The facts about an input. The run that may be needed is one of the campaign's: if it ends the
/// process, that input did.
const InputFacts* factsOf(ByteView input) {
  if (supervisor != nullptr) supervisor->inputBegins(input);
  const InputFacts* facts = campaign->engine.factsOf(input);
  if (supervisor != nullptr) supervisor->inputEnds();
  return facts;
}

/// Keeps the input of a verdict, whose report is the supervisor's, and ends the process.
[[noreturn]] void endBy(const Ending& ending, ByteView input) {
  const std::string path = ending.save(input);
  // Tools look for these words of libFuzzer.
  if (!path.empty()) std::fprintf(stderr, "artifact_prefix='%s'; Test unit written to %s\n", ending.prefix.c_str(), path.c_str());
  else
    std::fprintf(stderr, "teasel: cannot keep the input at %s\n",
                 (ending.exactPath.empty() ? ending.prefix : ending.exactPath).c_str());
  std::fflush(nullptr);
  std::_Exit(ending.status);
}

[[noreturn]] void endByFinding(ByteView input) {
  // Where libFuzzer makes an input smaller there is no supervisor.
  const fakes::Verdict& verdict = *campaign->engine.world().verdict();
  if (supervisor != nullptr) supervisor->inputFails(verdict.oracle, verdict.fault());
  else std::fprintf(stderr, "\nteasel: this input breaks %s: %s\n", verdict.fault().c_str(), verdict.message.c_str());
  // libFuzzer keeps the input then.
  if (supervisor == nullptr || campaign->ending.byLibFuzzer) std::abort();
  endBy(campaign->ending, input);
}

/// Has every check see an input that libFuzzer has kept, if some have not. It is one of the
/// campaign's: if it ends the process, that input did.
void judge(ByteView input) {
  if (supervisor == nullptr || !campaign->engine.owes(input)) return;
  supervisor->inputBegins(input);
  if (campaign->engine.judge(input) == InputOutcome::kFinding) endByFinding(input);
  supervisor->inputEnds();
}

/// Called before each mutation, with the input that is changed: where inputs are changed, those
/// that the campaign began with have run. Where libFuzzer runs inputs on purpose, all are judged.
void beforeMutation(ByteView input) {
  if (supervisor == nullptr) return;
  campaign->engine.spare();
  if (!campaign->engine.ranLast(input)) judge(input);
}

std::string contents(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
}

/// At the end of a campaign: notes the inputs that were kept and never changed since. They cannot
/// run here, where exit() has begun to end what their runs would use.
void noteOwed() {
  if (owed == nullptr || keptInputs.empty()) return;
  std::error_code error;
  std::filesystem::directory_iterator entry(keptInputs, error);
  for (; !error && entry != std::filesystem::directory_iterator(); entry.increment(error)) {
    if (!entry->is_regular_file(error)) continue;
    if (campaign->engine.owes(contents(entry->path()))) std::fprintf(owed, "%s\n", entry->path().c_str());
  }
  std::fflush(owed);
}

/// Has every check see the inputs that were noted, in a process of their own.
int judgeOwed(const char* program, const fakes::Scenario& scenario, const Ending& ending, const std::vector<std::string>& files) {
  Engine engine(scenario, {std::filesystem::path(program).filename().string(), ignoredOracles(), fakes::Trace::Mode::kOff, {}});
  for (const std::string& file : files) {
    const std::string input = contents(file);
    supervisor->inputBegins(input);
    if (engine.run(input) == InputOutcome::kFinding) {
      supervisor->inputFails(engine.world().verdict()->oracle, engine.world().verdict()->fault());
      endBy(ending, input);
    }
    supervisor->inputEnds();
  }
  return 0;
}

std::vector<std::string> notedFiles() {
  std::vector<std::string> files;
  if (std::fseek(owed, 0, SEEK_SET) != 0) return files;
  std::string name;
  for (int c = std::fgetc(owed); c != EOF; c = std::fgetc(owed)) {
    if (c != '\n') name += static_cast<char>(c);
    else files.push_back(std::exchange(name, {}));
  }
  return files;
}

/// Says the first warning of the campaign, once.
void sayWarning() {
  static bool said = false;
  const std::string& warning = campaign->engine.world().warning();
  if (warning.empty() || std::exchange(said, true)) return;
  std::fprintf(stderr, "teasel: warning: %s\n", warning.c_str());
}

/// Says once that the inputs say next to nothing to the protocols, if that is so: after a good
/// number of runs, and when the campaign ends.
void sayHealth() {
  static bool said = false;
  const std::string warning = campaign == nullptr ? "" : campaign->engine.health().warning();
  if (warning.empty() || std::exchange(said, true)) return;
  std::fprintf(stderr, "teasel: warning: %s\n", warning.c_str());
}
constexpr std::uint64_t kRunsBeforeHealth = 20'000;

/// Says how many inputs every check has seen, where that may not be all.
void sayJudged() {
  const Engine& engine = campaign->engine;
  if (engine.judged() > 0)
    std::fprintf(stderr, "teasel: every check has seen %llu of %llu inputs\n", static_cast<unsigned long long>(engine.judged()),
                 static_cast<unsigned long long>(engine.runs()));
}

void endCampaign() {
  if (campaign == nullptr) return;
  noteOwed();
  sayJudged();
  sayHealth();
}

int testOneInput(const std::uint8_t* data, std::size_t size) {
  ++*campaign->executions;
  const ByteView bytes(reinterpret_cast<const char*>(data), size);
  if (supervisor != nullptr) supervisor->inputBegins(bytes);
  const InputOutcome outcome = campaign->engine.run(bytes);
  sayWarning();
  if (campaign->engine.runs() == kRunsBeforeHealth) sayHealth();
  if (outcome == InputOutcome::kFinding) endByFinding(bytes);
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

/// Flags that libFuzzer would set in another way by itself. Those that the user gives come first.
void setDefaults(std::vector<std::string>& arguments) {
  static constexpr std::string_view kDefaults[] = {
      // Inputs may have their full size from the beginning: the shortest record takes ten bytes.
      "-len_control=0",
      // A target that raises these signals has a fault. libFuzzer would end with status 0.
      "-handle_usr1=0", "-handle_usr2=0"};
  for (const std::string_view flag : kDefaults) {
    const std::string_view name = flag.substr(0, flag.find('=') + 1);
    if (std::none_of(arguments.begin(), arguments.end(), [&](const std::string& each) { return each.starts_with(name); }))
      arguments.emplace_back(flag);
  }
}

/// The words of the dictionary that libFuzzer is told of. A pipe is left to libFuzzer, because it
/// can be read only once.
std::vector<std::string> wordsOf(const std::vector<std::string>& arguments) {
  static constexpr std::string_view kFlag = "-dict=";
  std::vector<std::string> words;
  for (const std::string& each : arguments) {
    std::error_code error;
    if (each.starts_with(kFlag) && std::filesystem::is_regular_file(each.substr(kFlag.size()), error))
      words = dictionaryWords(contents(each.substr(kFlag.size())));
  }
  return words;
}

int runDriver(const char* program, const fakes::Scenario& scenario, std::vector<std::string>& arguments) {
  Campaign made{Engine(scenario, {std::filesystem::path(program).filename().string(), ignoredOracles(), fakes::Trace::Mode::kOff,
                                  counters()}),
                Mutator(fakes::codecOf(scenario), mutateBytes,
                        {.messageSize = scenario.options().messageSize,
                         .facts = factsOf,
                         .appOps = scenario.options().shape.appOps,
                         .words = wordsOf(arguments)}),
                option("mutator") != "bytes", openCounter(option("counter")), endingOf(arguments)};
  campaign = &made;
  std::atexit(endCampaign);  // libFuzzer ends a campaign with exit()
  const auto folder =
      std::find_if(arguments.begin(), arguments.end(), [](const std::string& each) { return !each.empty() && each[0] != '-'; });
  if (folder != arguments.end()) keptInputs = *folder;
  setDefaults(arguments);
  std::vector<char*> argv{const_cast<char*>(program)};
  for (std::string& each : arguments) argv.push_back(each.data());
  int argc = static_cast<int>(argv.size());
  argv.push_back(nullptr);
  char** pointer = argv.data();
  const int status = LLVMFuzzerRunDriver(&argc, &pointer, testOneInput);
  endCampaign();
  campaign = nullptr;
  return status;
}

int endsWithoutLeakCheck = -1;  // the exit status of a process that only supervised others
void endBeforeLeakCheck() {
  if (endsWithoutLeakCheck < 0) return;
  std::fflush(nullptr);
  std::_Exit(endsWithoutLeakCheck);
}
/// Looking for leaks takes such a process longer than all else that it does. This is registered
/// behind the sanitizer's check and ahead of the destructors of static objects. So it runs between
/// them.
[[gnu::constructor(101)]] void skipLeakCheck() { std::atexit(endBeforeLeakCheck); }

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
  owed = std::tmpfile();  // without it, what is owed waits for the next campaign
  int status = made.run([&] { return runDriver(program, scenario, arguments); });
  if (status == 0 && owed != nullptr) {
    const std::vector<std::string> files = notedFiles();
    if (!files.empty()) status = made.run([&] { return judgeOwed(program, scenario, endingOf(arguments), files); });
  }
  return endsWithoutLeakCheck = status;
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
  if (campaign == nullptr) return LLVMFuzzerMutate(data, size, maxSize);
  beforeMutation(teasel::ByteView(reinterpret_cast<const char*>(data), size));
  if (!campaign->wholeMessages) return LLVMFuzzerMutate(data, size, maxSize);
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
  beforeMutation(view(one, oneSize));
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
