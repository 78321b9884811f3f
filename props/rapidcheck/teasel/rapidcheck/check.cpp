#include <teasel/rapidcheck/check.hpp>

#include <filesystem>
#include <utility>

#include <rapidcheck/detail/Configuration.h>

#include <teasel/core/errors.hpp>
#include <teasel/fakes/program/detail/serve.hpp>
#include <teasel/fakes/program/detail/serve_worker.hpp>
#include <teasel/fakes/program/replay.hpp>
#include <teasel/fakes/program/report.hpp>
#include <teasel/rapidcheck/detail/search.hpp>

namespace teasel::rapidcheck {

using detail::Found;
using detail::Place;
using fakes::ReplayOutcome;

namespace {

namespace fs = std::filesystem;

/// A whole search is one request to a Worker. Its runs have limits of their own.
constexpr Duration kSearchTime = std::chrono::hours(1);
constexpr std::string_view kRepeatHere = "repeat here", kRepeatApart = "repeat apart";

/// The program that runs, as a person types it to replay a tape.
std::string thisProgram() {
  std::error_code error;
  const fs::path program = fs::read_symlink("/proc/self/exe", error);
  return error ? "<this program>" : fakes::shellWord(program.string());
}

/// A child process in which the scenario has never run. It makes a child of its own for each
/// request, so it stays as it is.
class CleanProcess {
 public:
  CleanProcess(const fakes::Scenario& scenario, const CheckOptions& options)
      : scenario_(scenario),
        options_(options),
        worker_([this](const std::string& request) { return answer(request); }, {.timeout = kSearchTime}) {
    worker_.prime();
  }

  ReplayOutcome run(const fakes::Tape& tape) {
    fakes::ReplayJob job;
    job.scenario = tape.scenario;
    job.play = tape.play;
    job.records = tape.records;
    job.diagram = true;
    const fakes::Worker::Reply reply = worker_.ask(fakes::pack(job));
    return reply.died ? ReplayOutcome() : fakes::unpackOutcome(reply.text);
  }
  /// Whether the same search comes to the same failure again, by the same cases.
  bool repeats(const Found& found) {
    const bool apart = fakes::isDeath(found.first.oracle);
    const fakes::Worker::Reply reply = worker_.ask(std::string(apart ? kRepeatApart : kRepeatHere));
    if (reply.died) return false;
    const Found again = detail::unpackFound(reply.text);
    return again.cases == found.cases && again.first.signature == found.first.signature;
  }

 private:
  std::string answer(const std::string& request) const {
    if (request != kRepeatHere && request != kRepeatApart) {
      fakes::ForkedRunner runner({.timeout = options_.timeout, .inputFile = {}, .run = &detail::runJob});
      return fakes::pack(runner.run(fakes::unpackJob(request)));
    }
    CheckOptions first = options_;
    first.shrinkRuns = 0;
    first.findings.clear();
    fakes::Worker inner(
        [&](const std::string&) {
          return pack(detail::search(scenario_, first, request == kRepeatApart ? Place::kApart : Place::kWatched));
        },
        {.timeout = kSearchTime});
    return inner.ask({}).text;
  }

  const fakes::Scenario& scenario_;
  const CheckOptions& options_;
  fakes::Worker worker_;
};

/// Makes the result of what a search has found.
class Reporter {
 public:
  Reporter(const fakes::Scenario& scenario, const CheckOptions& options, CleanProcess& clean)
      : scenario_(scenario), options_(options), clean_(clean) {}

  CheckResult result(const Found& found) {
    CheckResult out;
    out.ok = found.ok;
    out.runs = found.runs;
    out.warning = fakes::withoutSkipMarker(found.warning);
    if (found.ok) return out;
    if (found.first.ok()) {
      out.text = fakes::withoutSkipMarker("scenario " + std::string(scenario_.name()) + ": " + found.said);
      return out;
    }
    note_ = "RapidCheck: falsified by case " + std::to_string(found.cases + 1) + ", shrunk in " +
            std::to_string(found.shrinkRuns) + " runs" + (found.cutShort ? ", not fully" : "");
    out.reproduce = found.reproduce;
    ReplayOutcome shown = verify(found, out);
    out.text = fakes::FailureReport{out.tape, shown.ok() ? found.first : shown, command(out), note_, noTest_}.text() +
               "\nAs RapidCheck found it:\n  RC_PARAMS=\"" + out.reproduce + "\" " + thisProgram() + '\n';
    if (noTest_.empty() && !found.firstFile.empty() && found.firstFile != out.tapeFile && !out.tapeFile.empty()) {
      std::error_code ignored;
      fs::remove(found.firstFile, ignored);
    }
    return out;
  }

 private:
  /// Runs the smallest tape in a clean process, as its test would run. If it shows nothing, the
  /// first tape is taken. If that shows nothing either, says why.
  ReplayOutcome verify(const Found& found, CheckResult& out) {
    out.tape = detail::tapeOf(scenario_, found.last);
    ReplayOutcome shown = clean_.run(out.tape);
    if (shown.signature == found.first.signature) return shown;
    out.tape = detail::tapeOf(scenario_, found.first);
    shown = clean_.run(out.tape);
    if (shown.signature == found.first.signature) {
      note_ += "; this is the first input: smaller ones fail only behind other runs, so something survives a run";
      return shown;
    }
    if (!shown.ok()) {
      note_ += "; when it was found, it failed in another way: " + found.first.signature;
      out.tape.oracle = shown.oracle;
    } else if (clean_.repeats(found)) {
      note_ += "; the failure needs what earlier cases leave behind";
      noTest_ = "In a fresh process this input breaks nothing when it runs alone, and breaks again as case " +
                std::to_string(found.cases + 1) +
                " when the same cases\nrun before it: earlier cases leave something behind, in a " +
                "static or global object. This is the input as it was\nbefore shrinking.";
      out.reproduce = "seed=" + std::to_string(found.seed);
    } else {
      note_ += "; the failure did not come again from its tape: the scenario is not deterministic";
      noTest_ = "Neither this input alone nor the whole search breaks anything again in a fresh process.";
    }
    return shown;
  }

  /// Writes the tape and says how to replay it.
  std::string command(CheckResult& out) const {
    if (options_.findings.empty()) return thisProgram() + " replay FILE, of a file with the tape\n" + out.tape.print();
    const fs::path file = fs::path(options_.findings) / fakes::tapeFileName(out.tape);
    try {
      fs::create_directories(options_.findings);
      out.tape.save(file.string());
      out.tapeFile = fs::absolute(file).string();
      return thisProgram() + " replay " + fakes::shellWord(out.tapeFile);
    } catch (const std::exception& why) {
      return "(the tape could not be written: " + std::string(why.what()) + ")\n" + out.tape.print();
    }
  }

  const fakes::Scenario& scenario_;
  const CheckOptions& options_;
  CleanProcess& clean_;
  std::string note_, noTest_;
};

}  // namespace

CheckResult checkScenario(std::string_view name, const CheckOptions& options) {
  const fakes::Scenario& scenario = fakes::requireScenario(name);
  rc::detail::configuration();  // before children start, so that all have the same seed
  CleanProcess clean(scenario, options);
  Reporter reporter(scenario, options, clean);
  if (!options.forked) return reporter.result(detail::search(scenario, options, Place::kHere));
  fakes::Worker child([&](const std::string&) { return pack(detail::search(scenario, options, Place::kWatched)); },
                      {.timeout = kSearchTime});
  const fakes::Worker::Reply reply = child.ask({});
  return reporter.result(reply.died ? detail::search(scenario, options, Place::kApart) : detail::unpackFound(reply.text));
}

}  // namespace teasel::rapidcheck
