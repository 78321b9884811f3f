#include <teasel/gtest/seeds.hpp>

#include <gtest/gtest.h>

#include <teasel/core/errors.hpp>
#include <teasel/fakes/program/detail/corpus.hpp>
#include <teasel/fakes/program/replay.hpp>
#include <teasel/fakes/program/report.hpp>

namespace teasel::gtest {

using fakes::ReplayJob;
using fakes::ReplayOutcome;
using fakes::Tape;

namespace {

class Run {
 public:
  explicit Run(std::string_view scenario) : scenario_(fakes::requireScenario(scenario)) {}
  const fakes::Scenario& scenario() const noexcept { return scenario_; }

  bool once(ReplayJob job, const std::string& what) {
    job.scenario = scenario_.name();
    const ReplayOutcome outcome = replayer_.run(job);
    if (outcome.ok()) return true;
    // It runs again as a tape, so that the print is what a replay shows.
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
    const ReplayOutcome shown = replayer_.run(again);
    ADD_FAILURE_AT(scenario_.site().file, scenario_.site().line)
        << "scenario " << scenario_.name() << ", " << what << ": " << outcome.oracle << "\n"
        << fakes::FailureReport{tape, shown, "(save the tape below, then: <scenario program> replay FILE)", "not shrunk"}.text()
        << "\n"
        << tape.print();
    return false;
  }

 private:
  const fakes::Scenario& scenario_;
  fakes::Replayer replayer_;
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
