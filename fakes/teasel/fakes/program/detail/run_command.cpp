#include <algorithm>
#include <filesystem>
#include <iostream>

#include <teasel/core/errors.hpp>
#include <teasel/fakes/program/detail/commands.hpp>
#include <teasel/fakes/program/detail/corpus.hpp>
#include <teasel/fakes/program/detail/serve.hpp>
#include <teasel/fakes/program/health.hpp>
#include <teasel/fakes/program/report.hpp>

// The command run: it replays the corpus, then runs seeds.

namespace teasel::fakes::detail {
namespace {

namespace fs = std::filesystem;

constexpr std::uint64_t kDefaultSeeds = 100;

struct RunOptions {
  std::string scenario;
  std::uint64_t seeds = kDefaultSeeds, firstSeed = 0, shrinkRuns = kDefaultShrinkRuns;
  std::string corpus, findings = "findings", revision;
  bool keepGoing = false;
  Duration timeout{};
};

/// Runs one scenario. run() returns the number of failures.
class ScenarioRun {
 public:
  ScenarioRun(const Program& program, const RunOptions& options, const Scenario& scenario)
      : program_(program), options_(options), scenario_(scenario), runner_({.timeout = options.timeout, .inputFile = {}}) {}

  std::size_t run(const std::vector<InputFile>& corpus) {
    for (const InputFile& input : corpus) {
      if (stop()) break;
      interesting(jobOf(input.tape, false), input.path);
    }
    for (std::uint64_t seed = options_.firstSeed; seed - options_.firstSeed < options_.seeds && !stop(); ++seed) {
      ReplayJob job;
      job.scenario = scenario_.name();
      job.seed = seed;
      // Every other seed varies the world around an input of the corpus. The rest also draw what
      // the remote peers do.
      job.drawPlay = corpus.empty() || seed % 2 == 0;
      if (!job.drawPlay) job.play = corpus[(seed / 2) % corpus.size()].tape.play;
      job.play.setVersion(kCodecVersion);  // a run made anew, by the newest rules
      interesting(job, "seed " + std::to_string(seed));
    }
    const std::string count = std::to_string(corpus.size()) + " inputs, " + std::to_string(runs_ - corpus.size()) + " seeds\n";
    const std::string health = health_.warning();
    if (!health.empty()) std::cout << "warning: " << scenario_.name() << ": " << health << '\n';
    if (failures_ == 0) std::cout << (health.empty() ? "ok " : "nothing broke in ") << scenario_.name() << ": " << count;
    if (!warning_.empty()) std::cout << "warning: " << scenario_.name() << ": " << warning_ << '\n';
    return failures_;
  }

 private:
  bool stop() const { return failures_ != 0 && !options_.keepGoing; }

  void interesting(const ReplayJob& job, const std::string& origin) {
    ++runs_;
    const ReplayOutcome outcome = runner_.run(job);
    if (scenario_.options().talks) health_.add(outcome.heard);
    if (outcome.ok() && warning_.empty()) warning_ = outcome.message;
    if (outcome.ok()) return;
    if (std::find(seen_.begin(), seen_.end(), outcome.signature) != seen_.end()) return;
    seen_.push_back(outcome.signature);
    ++failures_;
    Tape tape;
    tape.oracle = outcome.oracle;
    tape.target = program_.name();
    tape.scenario = scenario_.name();
    tape.revision = options_.revision;
    tape.play = outcome.play;
    tape.records = job.seed ? outcome.records : job.records;
    normalise(tape.records);
    // It is on disk before the search for a smaller one, which may take long and be ended.
    fs::create_directories(options_.findings);
    const fs::path first = fs::path(options_.findings) / tapeFileName(tape);
    tape.save(first.string());
    std::cout << "broken by " << origin << " (" << withoutSkipMarker(outcome.signature) << "), kept as " << first.string()
              << (options_.shrinkRuns != 0 ? ", shrinking ...\n" : "\n") << std::flush;
    const ShrunkFailure found = shrinkTape(tape, outcome, options_.timeout, options_.shrinkRuns);
    const fs::path last = fs::path(options_.findings) / tapeFileName(found.tape);
    announce(program_, found, last);
    if (last != first && found.noTest.empty()) fs::remove(first);
  }

  const Program& program_;
  const RunOptions& options_;
  const Scenario& scenario_;
  ForkedRunner runner_;
  std::vector<std::string> seen_;
  std::string warning_;  // the first one
  Health health_;
  std::size_t runs_ = 0, failures_ = 0;
};

}  // namespace

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
  // All are read before anything runs: one may be missing.
  std::vector<std::vector<InputFile>> corpora;
  corpora.reserve(chosen.size());
  for (const Scenario* scenario : chosen) corpora.push_back(corpusOf(*scenario, files));
  std::size_t failures = 0;
  for (std::size_t i = 0; i < chosen.size(); ++i) failures += ScenarioRun(program, options, *chosen[i]).run(corpora[i]);
  return failures == 0 ? 0 : 1;
}

}  // namespace teasel::fakes::detail
