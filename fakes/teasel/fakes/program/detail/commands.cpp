#include <teasel/fakes/program/detail/commands.hpp>

#include <algorithm>
#include <iostream>

#include <teasel/core/errors.hpp>
#include <teasel/fakes/play/shrink.hpp>
#include <teasel/fakes/program/detail/serve.hpp>
#include <teasel/fakes/program/report.hpp>

namespace teasel::fakes::detail {

namespace {
constexpr std::uint64_t kHangShrinkRuns = 200;
constexpr Duration kHangTimeout = std::chrono::seconds(1);

std::string firstLine(const std::string& text) { return text.substr(0, text.find('\n')); }
}  // namespace

ReplayJob jobOf(const Tape& tape, bool diagram) {
  ReplayJob job;
  job.scenario = tape.scenario;
  job.play = tape.play;
  job.records = tape.records;
  job.diagram = diagram;
  return job;
}

Duration timeoutOf(Arguments& arguments, std::uint64_t usual) {
  const std::uint64_t seconds = arguments.number("--timeout").value_or(usual);
  if (seconds == 0 || seconds > 86'400) throw UsageError("--timeout needs 1 to 86400 seconds");
  return std::chrono::seconds(seconds);
}

ShrunkFailure shrinkTape(const Tape& tape, const ReplayOutcome& failed, Duration timeout, std::uint64_t runs) {
  const bool hang = failed.oracle == "hang";
  if (hang) timeout = std::min(timeout, kHangTimeout), runs = std::min(runs, kHangShrinkRuns);
  ShrunkFailure found{tape, {}, {}};
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
    // The records of the run have their bounds, and only those that something asked for are among
    // them.
    found.tape.records = found.outcome.records;
    normalise(found.tape.records);
  }
  // A smaller input may show the fault in another light.
  const std::string first = firstLine(failed.message);
  if (first != firstLine(found.outcome.message)) found.outcome.message += "\nbefore it was shrunk: " + first;
  return found;
}

void announce(const Program& program, const ShrunkFailure& found, const std::filesystem::path& file) {
  found.tape.save(file.string());
  const std::string command = program.path + " replay " + file.string();
  std::cout << FailureReport{found.tape, found.outcome, command, found.note}.text() << std::flush;
}

}  // namespace teasel::fakes::detail
