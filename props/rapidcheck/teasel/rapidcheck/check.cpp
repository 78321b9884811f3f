#include <teasel/rapidcheck/check.hpp>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <memory>
#include <optional>
#include <sstream>
#include <utility>

#include <rapidcheck.h>
#include <rapidcheck/detail/TestListenerAdapter.h>

#include <teasel/core/errors.hpp>
#include <teasel/fakes/program/detail/corpus.hpp>
#include <teasel/fakes/program/detail/serve.hpp>
#include <teasel/fakes/program/detail/serve_worker.hpp>
#include <teasel/fakes/program/replay.hpp>
#include <teasel/fakes/program/report.hpp>
#include <teasel/fakes/trace/diagram.hpp>
#include <teasel/rapidcheck/plays.hpp>

namespace teasel::rapidcheck {

using fakes::ReplayOutcome;
using rc::detail::CaseResult;

namespace {

namespace fs = std::filesystem;

constexpr const char* kAssertion = "rc-assert";
constexpr const char* kDiscard = "rc-discard";

/// The program that runs, as a person types it to replay a tape.
std::string thisProgram() {
  std::error_code error;
  const fs::path program = fs::read_symlink("/proc/self/exe", error);
  return error ? "<this program>" : program.string();
}

ReplayOutcome outcomeOf(fakes::World& world, const char* oracle, std::string message, bool diagram) {
  ReplayOutcome outcome;
  outcome.oracle = oracle;
  outcome.message = std::move(message);
  outcome.play = world.play();
  outcome.records = world.choices().records();
  if (diagram) outcome.diagram = world.diagram();
  world.reset();  // what is left in it does not count as left behind by this test
  return outcome;
}

/// Runs a job. Assertions of RapidCheck that user code throws become an outcome, because an outcome
/// can leave a child process.
ReplayOutcome runJob(fakes::Replayer& replayer, const fakes::ReplayJob& job) {
  try {
    return replayer.run(job);
  } catch (const CaseResult& result) {
    if (result.type == CaseResult::Type::Success) {
      replayer.world().reset();
      return {};
    }
    const bool failed = result.type == CaseResult::Type::Failure;
    ReplayOutcome outcome = outcomeOf(replayer.world(), failed ? kAssertion : kDiscard, result.description, job.diagram);
    // The first lines are the place and the assertion. Values come after them, and they differ from
    // input to input.
    outcome.signature = outcome.oracle + " at " + result.description.substr(0, result.description.find("\n\n"));
    return outcome;
  } catch (const rc::GenerationFailure& why) {
    return outcomeOf(replayer.world(), kDiscard, why.what(), job.diagram);
  }
}

/// Runs inputs of one scenario.
class Trial {
 public:
  Trial(const fakes::Scenario& scenario, const CheckOptions& options, bool forked) : scenario_(scenario.name()) {
    if (forked) forked_.emplace(fakes::ForkedRunner::Options{.timeout = options.timeout, .inputFile = {}, .run = &runJob});
  }

  ReplayOutcome run(const Input& input, bool diagram = false) {
    ++runs_;
    fakes::ReplayJob job;
    job.scenario = scenario_;
    job.play = input.play;
    job.records = input.records;
    job.seed = input.seed;
    job.diagram = diagram;
    return forked_ ? forked_->run(job) : runJob(replayer_, job);
  }
  /// The next run gets a fresh process, where each run has its own.
  void renew() {
    if (forked_) forked_->renew();
  }
  std::size_t runs() const noexcept { return runs_; }

 private:
  std::string scenario_;
  fakes::Replayer replayer_;
  std::optional<fakes::ForkedRunner> forked_;
  std::size_t runs_ = 0;
};

fakes::Tape tapeOf(std::string_view scenario, const ReplayOutcome& outcome) {
  fakes::Tape tape;
  tape.scenario = scenario;
  tape.oracle = outcome.oracle;
  tape.play = outcome.play;
  tape.records = outcome.records;
  fakes::normalise(tape.records);
  return tape;
}

/// One check: the property, and what its runs have shown.
class Check {
 public:
  /// `forked`: each run in a child process.
  Check(const fakes::Scenario& scenario, const CheckOptions& options, bool forked)
      : scenario_(scenario), options_(options), trial_(std::make_shared<Trial>(scenario, options, forked)) {}

  CheckResult run() {
    letAssertionsPass();
    rc::detail::TestMetadata metadata;
    metadata.id = options_.id.empty() ? std::string(scenario_.name()) : options_.id;
    metadata.description = metadata.id;
    const rc::detail::Configuration configuration = configured();
    rc::detail::TestListenerAdapter silent;
    const rc::Gen<Input> generator = inputs(scenario_, corpus(), recorder()).as("input");
    const rc::detail::TestResult result = rc::detail::checkTestable([&] { judge(*generator); }, metadata,
                                                                    configuration.testParams, silent, configuration.reproduce);
    CheckResult out;
    if (!result.is<rc::detail::SuccessResult>()) explain(result, metadata.id, out);
    out.runs = trial_->runs();
    return out;
  }

 private:
  rc::detail::Configuration configured() const {
    const char* asked = std::getenv("RC_PARAMS");
    try {
      const auto ours = rc::detail::configFromString(options_.params, rc::detail::configuration());
      return rc::detail::configFromString(asked == nullptr ? "" : asked, ours);
    } catch (const rc::detail::ConfigurationException& why) {
      throw UsageError("parameters for RapidCheck, \"" + options_.params + "\": " + why.what());
    }
  }

  std::vector<Input> corpus() const {
    std::vector<Input> found;
    if (options_.corpus.empty()) return found;
    for (fakes::InputFile& input : fakes::corpusOf(scenario_, fakes::corpusFiles(options_.corpus)))
      found.push_back({std::move(input.tape.play), std::move(input.tape.records)});
    return found;
  }

  Recorder recorder() const {
    return [trial = trial_](const Input& input) {
      std::vector<fakes::ChoiceRecord> records = trial->run(input).records;
      fakes::normalise(records);
      return records;
    };
  }

  void judge(const Input& input) {
    if (failing() && trial_->runs() - runsBefore_ > options_.shrinkRuns) {
      cutShort_ = true;
      return;
    }
    ReplayOutcome outcome = trial_->run(input);
    if (outcome.oracle == kDiscard) RC_DISCARD(outcome.message);
    // While one failure is shrunk, any other failure does not count.
    if (outcome.ok() || (failing() && outcome.signature != last_.signature)) return;
    if (!failing()) runsBefore_ = trial_->runs();
    last_ = std::move(outcome);
    RC_FAIL(last_.oracle + ": " + last_.message);
  }
  bool failing() const noexcept { return !last_.signature.empty(); }

  void explain(const rc::detail::TestResult& result, const std::string& id, CheckResult& out) {
    out.ok = false;
    std::ostringstream said;
    rc::detail::printResultMessage(result, said);
    if (!result.is<rc::detail::FailureResult>() || !failing()) {
      out.text = "scenario " + std::string(scenario_.name()) + ": " + said.str();
      return;
    }
    const auto& failure = result.get<rc::detail::FailureResult>();
    rc::detail::Configuration same;
    same.reproduce.emplace(id, failure.reproduce);
    out.reproduce = rc::detail::configToMinimalString(same);
    out.reproduce.resize(std::min(out.reproduce.find(' '), out.reproduce.size()));
    out.tape = tapeOf(scenario_.name(), last_);
    trial_->renew();
    const ReplayOutcome again = trial_->run({out.tape.play, out.tape.records}, true);
    std::string note = "RapidCheck: falsified by case " + std::to_string(failure.numSuccess + 1) + ", shrunk in " +
                       std::to_string(trial_->runs() - runsBefore_) + " runs";
    if (again.signature != last_.signature)
      note += "; the failure did not come again from its tape: the scenario is not deterministic";
    else if (cutShort_) note += ", not fully";
    out.text = fakes::FailureReport{out.tape, again.ok() ? last_ : again, command(out), note}.text() +
               "\nAs RapidCheck found it:\n  RC_PARAMS=\"" + out.reproduce + "\" " + thisProgram() + '\n';
  }

  /// Writes the tape and says how to replay it.
  std::string command(CheckResult& out) const {
    if (options_.findings.empty()) return thisProgram() + " replay FILE, of a file with the tape\n" + out.tape.print();
    const fs::path file = fs::path(options_.findings) / fakes::tapeFileName(out.tape);
    try {
      fs::create_directories(options_.findings);
      out.tape.save(file.string());
      out.tapeFile = fs::absolute(file).string();
      return thisProgram() + " replay " + out.tapeFile;
    } catch (const std::exception& why) {
      return "(the tape could not be written: " + std::string(why.what()) + ")\n" + out.tape.print();
    }
  }

  const fakes::Scenario& scenario_;
  const CheckOptions& options_;
  std::shared_ptr<Trial> trial_;  // shared with the generator's shrinks
  ReplayOutcome last_;            // the smallest failure so far
  std::size_t runsBefore_ = 0;
  bool cutShort_ = false;
};

/// A result as bytes for a pipe: the sizes of the texts, then the texts.
std::string pack(const CheckResult& result) {
  const std::string parts[] = {result.text, result.tape.print(), result.tapeFile, result.reproduce};
  std::string bytes = result.ok ? "1 " : "0 ";
  bytes += std::to_string(result.runs);
  for (const std::string& part : parts) bytes += ' ' + std::to_string(part.size());
  bytes += '\n';
  for (const std::string& part : parts) bytes += part;
  return bytes;
}

CheckResult unpack(const std::string& bytes) {
  std::istringstream numbers(bytes.substr(0, bytes.find('\n')));
  std::size_t at = bytes.find('\n') + 1, sizes[4] = {};
  CheckResult result;
  numbers >> result.ok >> result.runs >> sizes[0] >> sizes[1] >> sizes[2] >> sizes[3];
  const auto next = [&](std::size_t size) { return bytes.substr(std::exchange(at, at + size), size); };
  result.text = next(sizes[0]);
  result.tape = fakes::Tape::parse(next(sizes[1]));
  result.tapeFile = next(sizes[2]);
  result.reproduce = next(sizes[3]);
  return result;
}

}  // namespace

CheckResult checkScenario(std::string_view name, const CheckOptions& options) {
  const fakes::Scenario& scenario = fakes::requireScenario(name);
  if (!options.forked) return Check(scenario, options, false).run();
  rc::detail::configuration();  // before the child starts, so that both have the same seed
  fakes::Worker child([&](const std::string&) { return pack(Check(scenario, options, false).run()); },
                      {.timeout = CheckOptions::kPatience});
  const fakes::Worker::Reply reply = child.ask({});
  return reply.died ? Check(scenario, options, true).run() : unpack(reply.text);
}

}  // namespace teasel::rapidcheck
