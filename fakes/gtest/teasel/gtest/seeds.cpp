#include <teasel/gtest/seeds.hpp>

#include <cstdio>
#include <utility>

#include <gtest/gtest.h>

#include <teasel/core/errors.hpp>
#include <teasel/fakes/program/detail/corpus.hpp>
#include <teasel/fakes/program/detail/serve.hpp>
#include <teasel/fakes/program/replay.hpp>
#include <teasel/fakes/program/report.hpp>

namespace teasel::gtest {

using fakes::ReplayJob;
using fakes::ReplayOutcome;
using fakes::Tape;

namespace {

class Run {
 public:
  explicit Run(std::string_view scenario) : scenario_(fakes::requireScenario(scenario)) { fresh_.prime(); }
  const fakes::Scenario& scenario() const noexcept { return scenario_; }

  bool once(ReplayJob job, const std::string& what) {
    job.scenario = scenario_.name();
    const ReplayOutcome outcome = replayer_.run(job);
    if (outcome.ok()) {
      warn(outcome.message, what);
      return true;
    }
    // It runs again as a tape, so that the print is what its replay shows.
    Tape tape;
    tape.scenario = job.scenario;
    tape.oracle = outcome.oracle;
    tape.play = outcome.play;
    tape.records = outcome.records;
    fakes::normalise(tape.records);
    ReplayJob again;
    again.scenario = job.scenario;
    again.play = tape.play;
    again.records = tape.records;
    again.diagram = true;
    // A process in which nothing ran before shows whether the tape's test would fail.
    const ReplayOutcome alone = fresh_.run(again);
    const ReplayOutcome here = alone.ok() ? replayer_.run(again) : alone;
    const ReplayOutcome& shown = here.ok() ? outcome : here;
    const std::string report = fakes::FailureReport{tape, shown, "(save the tape below, then: <scenario program> replay FILE)",
                                                    "not shrunk", alone.ok() ? fakes::kNotAlone : ""}
                                   .text();
    ADD_FAILURE_AT(scenario_.site().file, scenario_.site().line)
        << "scenario " << scenario_.name() << ", " << what << ": " << outcome.oracle << "\n"
        << report << "\n"
        << fakes::withoutSkipMarker(tape.print());
    return false;
  }

 private:
  /// Says the first warning.
  void warn(const std::string& warning, const std::string& what) {
    if (warning.empty() || std::exchange(warned_, true)) return;
    const std::string text = "warning: scenario " + std::string(scenario_.name()) + ", " + what + ": " + warning;
    std::fprintf(stderr, "%s\n", fakes::withoutSkipMarker(text).c_str());
  }

  const fakes::Scenario& scenario_;
  bool warned_ = false;
  fakes::Replayer replayer_;
  fakes::ForkedRunner fresh_;  // its process is older than the first run
};

bool runPlay(Run& run, const Tape& tape, const Seeds& seeds, const std::string& name) {
  ReplayJob job;
  job.play = tape.play;
  job.records = tape.records;
  if (!run.once(job, name)) return false;
  job.records.clear();
  job.play.setVersion(fakes::kCodecVersion);  // these runs are made anew, by the newest rules
  for (std::uint64_t i = 0; i < seeds.count; ++i) {
    job.seed = seeds.first + i;
    if (!run.once(job, name + " with seed " + std::to_string(*job.seed))) return false;
  }
  return true;
}

}  // namespace

bool runSeeds(std::string_view scenario, const Seeds& seeds) {
  Run run(scenario);
  if (!seeds.corpus.empty()) {
    try {
      for (const fakes::InputFile& input : fakes::corpusOf(run.scenario(), fakes::corpusFiles(seeds.corpus)))
        if (!runPlay(run, input.tape, seeds, input.path)) return false;
      return true;
    } catch (const UsageError& why) {
      ADD_FAILURE() << why.what();
      return false;
    }
  }
  if (!run.once({}, "the calm run without any step")) return false;
  for (std::uint64_t i = 0; i < seeds.count; ++i) {
    ReplayJob job;
    job.seed = seeds.first + i;
    job.drawPlay = true;
    if (!run.once(job, "seed " + std::to_string(*job.seed))) return false;
  }
  return true;
}

bool runTape(const Tape& tape) {
  Run run(tape.scenario);
  return runPlay(run, tape, {.count = 0}, "tape");
}

void registerScenarios(const Seeds& seeds) {
  class Test final : public testing::Test {
   public:
    Test(std::string_view name, Seeds which) : name_(name), seeds_(std::move(which)) {}
    void TestBody() override { runSeeds(name_, seeds_); }

   private:
    std::string_view name_;
    Seeds seeds_;
  };
  for (const fakes::Scenario* each : fakes::scenarios()) {
    const std::string name(each->name());
    testing::RegisterTest("Scenarios", name.c_str(), nullptr, nullptr, each->site().file, each->site().line,
                          [each, seeds]() -> testing::Test* { return new Test(each->name(), seeds); });
  }
}

}  // namespace teasel::gtest
