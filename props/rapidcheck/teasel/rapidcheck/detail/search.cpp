#include <teasel/rapidcheck/detail/search.hpp>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <memory>
#include <optional>
#include <sstream>
#include <utility>

#include <rapidcheck.h>
#include <rapidcheck/detail/TestListenerAdapter.h>

#include <teasel/core/errors.hpp>
#include <teasel/fakes/program/detail/commands.hpp>
#include <teasel/fakes/program/detail/corpus.hpp>
#include <teasel/fakes/program/detail/serve.hpp>
#include <teasel/fakes/program/report.hpp>
#include <teasel/rapidcheck/pass_through.hpp>
#include <teasel/rapidcheck/plays.hpp>

namespace teasel::rapidcheck::detail {

using fakes::ReplayOutcome;
using rc::detail::CaseResult;

namespace {

namespace fs = std::filesystem;
using RealClock = std::chrono::steady_clock;

constexpr const char* kAssertion = "rc-assert";
constexpr const char* kDiscard = "rc-discard";
/// How long runs that crash or hang are shrunk. Each costs a process, or a second.
constexpr std::chrono::seconds kDeathShrinkTime{60};

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

/// Runs inputs of one scenario.
class Trial {
 public:
  Trial(const fakes::Scenario& scenario, const CheckOptions& options, Place place)
      : scenario_(scenario.name()), place_(place), timeout_(options.timeout) {
    if (place_ == Place::kApart) startChildren();
  }

  ReplayOutcome run(const Input& input) {
    ++runs_;
    fakes::ReplayJob job;
    job.scenario = scenario_;
    job.play = input.play;
    job.records = input.records;
    job.seed = input.seed;
    if (place_ == Place::kApart) return children_->run(job);
    if (place_ == Place::kWatched) fakes::watchdog::arm(timeout_);
    return runJob(replayer_, job);
  }
  /// Runs have less time from now on: many of them will not end.
  void hurry() {
    timeout_ = std::min(timeout_, fakes::detail::kHangTimeout);
    if (place_ == Place::kApart) startChildren();
  }
  std::size_t runs() const noexcept { return runs_; }

 private:
  void startChildren() { children_.emplace(fakes::ForkedRunner::Options{.timeout = timeout_, .inputFile = {}, .run = &runJob}); }

  std::string scenario_;
  const Place place_;
  Duration timeout_;
  fakes::Replayer replayer_;
  std::optional<fakes::ForkedRunner> children_;
  std::size_t runs_ = 0;
};

/// One search: the property, and what its runs have shown.
class Search {
 public:
  Search(const fakes::Scenario& scenario, const CheckOptions& options, Place place)
      : scenario_(scenario), options_(options), trial_(std::make_shared<Trial>(scenario, options, place)) {}

  Found run() {
    letAssertionsPass();
    rc::detail::TestMetadata metadata;
    metadata.id = metadata.description = idOf(scenario_, options_);
    const rc::detail::Configuration configuration = configured(metadata.id);
    rc::detail::TestListenerAdapter silent;
    const rc::Gen<Input> generator = inputs(scenario_, corpus(), recorder()).as("input");
    const rc::detail::TestResult result = rc::detail::checkTestable([&] { judge(*generator); }, metadata,
                                                                    configuration.testParams, silent, configuration.reproduce);
    found_.seed = configuration.testParams.seed;
    found_.runs = trial_->runs();
    found_.ok = result.is<rc::detail::SuccessResult>();
    if (!found_.ok) explain(result, metadata.id);
    return std::move(found_);
  }

 private:
  rc::detail::Configuration configured(const std::string& id) const {
    const char* asked = std::getenv("RC_PARAMS");
    rc::detail::Configuration all;
    try {
      const auto ours = rc::detail::configFromString(options_.params, rc::detail::configuration());
      all = rc::detail::configFromString(asked == nullptr ? "" : asked, ours);
    } catch (const rc::detail::ConfigurationException& why) {
      throw UsageError("parameters for RapidCheck, \"" + options_.params + "\": " + why.what());
    }
    if (!all.reproduce.empty() && !all.reproduce.contains(id))
      throw UsageError("RapidCheck's parameter reproduce= names other checks than " + id +
                       ", which would pass without a case: run only the check that it names");
    return all;
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
    if (failing() && (trial_->runs() - runsBefore_ >= limit_ || (deadline_ && RealClock::now() >= *deadline_))) {
      found_.cutShort = true;
      return;
    }
    ReplayOutcome outcome = trial_->run(input);
    if (outcome.oracle == kDiscard) RC_DISCARD(outcome.message);
    if (!failing()) ++cases_;
    if (outcome.ok() && found_.warning.empty()) found_.warning = outcome.message;
    // While one failure is shrunk, any other failure does not count.
    if (outcome.ok() || (failing() && !fakes::showsTheSame(outcome, found_.first))) return;
    if (!failing()) beginShrinking(outcome);
    found_.last = std::move(outcome);
    RC_FAIL(found_.last.oracle + ": " + found_.last.message);
  }
  bool failing() const noexcept { return !found_.first.ok(); }

  /// The first failure. It is on disk before the search for a smaller one, which may be ended.
  void beginShrinking(const ReplayOutcome& outcome) {
    found_.first = outcome;
    runsBefore_ = trial_->runs();
    limit_ = options_.shrinkRuns;
    if (fakes::isDeath(outcome.oracle)) {
      limit_ = std::min<std::size_t>(limit_, fakes::detail::kDefaultShrinkRuns);
      deadline_ = RealClock::now() + kDeathShrinkTime;
    }
    if (outcome.oracle == "hang") {
      limit_ = std::min<std::size_t>(limit_, fakes::detail::kHangShrinkRuns);
      trial_->hurry();
    }
    if (options_.findings.empty()) return;
    const fakes::Tape tape = tapeOf(scenario_, outcome);
    const fs::path file = fs::path(options_.findings) / fakes::tapeFileName(tape);
    try {
      fs::create_directories(options_.findings);
      tape.save(file.string());
      found_.firstFile = fs::absolute(file).string();
    } catch (const std::exception&) {
      return;  // the report says why, when it cannot write either
    }
    // On standard output: a Worker keeps the other one to itself.
    std::printf("%s: broken by case %zu (%s), kept as %s, shrinking ...\n", std::string(scenario_.name()).c_str(), cases_,
                fakes::withoutSkipMarker(outcome.signature).c_str(), found_.firstFile.c_str());
    std::fflush(stdout);
  }

  void explain(const rc::detail::TestResult& result, const std::string& id) {
    if (!result.is<rc::detail::FailureResult>() || !failing()) {
      std::ostringstream said;
      rc::detail::printResultMessage(result, said);
      found_.said = said.str();
      return;
    }
    const auto& failure = result.get<rc::detail::FailureResult>();
    rc::detail::Configuration same;
    same.reproduce.emplace(id, failure.reproduce);
    found_.reproduce = rc::detail::configToMinimalString(same);
    found_.reproduce.resize(std::min(found_.reproduce.find(' '), found_.reproduce.size()));
    found_.cases = static_cast<std::size_t>(failure.numSuccess);
    found_.shrinkRuns = trial_->runs() - runsBefore_;
  }

  const fakes::Scenario& scenario_;
  const CheckOptions& options_;
  std::shared_ptr<Trial> trial_;  // shared with the generator's shrinks
  Found found_;
  std::size_t cases_ = 0, runsBefore_ = 0, limit_ = 0;
  std::optional<RealClock::time_point> deadline_;
};

}  // namespace

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

std::string idOf(const fakes::Scenario& scenario, const CheckOptions& options) {
  return options.id.empty() ? std::string(scenario.name()) : options.id;
}

fakes::Tape tapeOf(const fakes::Scenario& scenario, const ReplayOutcome& outcome) {
  fakes::Tape tape;
  tape.scenario = scenario.name();
  tape.oracle = outcome.oracle;
  tape.play = outcome.play;
  tape.records = outcome.records;
  fakes::normalise(tape.records);
  return tape;
}

Found search(const fakes::Scenario& scenario, const CheckOptions& options, Place place) {
  return Search(scenario, options, place).run();
}

// The numbers and the sizes of the texts, then the texts.

std::string pack(const Found& found) {
  const std::string parts[] = {found.said,      found.reproduce,          found.warning,
                               found.firstFile, fakes::pack(found.first), fakes::pack(found.last)};
  std::ostringstream out;
  out << "found " << found.ok << ' ' << found.cutShort << ' ' << found.runs << ' ' << found.cases << ' ' << found.shrinkRuns
      << ' ' << found.seed;
  for (const std::string& part : parts) out << ' ' << part.size();
  out << '\n';
  for (const std::string& part : parts) out << part;
  return out.str();
}

Found unpackFound(const std::string& bytes) {
  const std::size_t end = std::min(bytes.find('\n'), bytes.size());
  std::istringstream line(bytes.substr(0, end));
  std::string word;
  Found found;
  std::size_t sizes[6] = {};
  line >> word >> found.ok >> found.cutShort >> found.runs >> found.cases >> found.shrinkRuns >> found.seed;
  for (std::size_t& size : sizes) line >> size;
  if (!line || word != "found")
    throw UsageError("no result of a search: '" + bytes.substr(0, std::min<std::size_t>(end, 80)) + "'");
  std::size_t at = std::min(end + 1, bytes.size());
  const auto next = [&](std::size_t size) {
    if (size > bytes.size() - at) throw UsageError("the result of a search was cut short");
    return bytes.substr(std::exchange(at, at + size), size);
  };
  found.said = next(sizes[0]);
  found.reproduce = next(sizes[1]);
  found.warning = next(sizes[2]);
  found.firstFile = next(sizes[3]);
  found.first = fakes::unpackOutcome(next(sizes[4]));
  found.last = fakes::unpackOutcome(next(sizes[5]));
  return found;
}

}  // namespace teasel::rapidcheck::detail
