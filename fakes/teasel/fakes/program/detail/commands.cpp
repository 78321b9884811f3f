#include <teasel/fakes/program/detail/commands.hpp>

#include <algorithm>
#include <iostream>
#include <optional>
#include <utility>

#include <teasel/core/errors.hpp>
#include <teasel/fakes/play/shrink.hpp>
#include <teasel/fakes/program/detail/serve.hpp>
#include <teasel/fakes/program/report.hpp>

namespace teasel::fakes::detail {

namespace {
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

namespace {

/// Runs the tape in a fresh process. The tape gets the records of the run, which have their bounds
/// and are only those that something asked for, if it shows the same failure with them.
void runFresh(ShrunkFailure& found, ForkedRunner& fresh, const std::string& signature) {
  fresh.renew();
  found.outcome = fresh.run(jobOf(found.tape, true));
  if (found.outcome.signature != signature || found.outcome.records.empty()) return;
  Tape exact = found.tape;
  exact.records = found.outcome.records;
  normalise(exact.records);
  if (exact.records == found.tape.records) return;
  fresh.renew();
  ReplayOutcome again = fresh.run(jobOf(exact, true));
  if (again.signature == signature) found.tape = std::move(exact), found.outcome = std::move(again);
}

/// The tape with the choices that its run drew, in place of the seed from which they came. The
/// tape itself if it has no such seed, or if it does not fail in the same way without.
Tape withoutClimateSeed(const Tape& tape, const ReplayOutcome& failed, ForkedRunner& fresh) {
  constexpr auto kSeed = static_cast<std::uint16_t>(ChoiceSite::kClimateSeed);
  const bool seeded =
      std::any_of(tape.records.begin(), tape.records.end(), [](const ChoiceRecord& record) { return record.site == kSeed; });
  if (!seeded || failed.records.empty()) return tape;
  Tape exact = tape;
  exact.records = failed.records;
  normalise(exact.records);
  fresh.renew();
  return fresh.run(jobOf(exact, false)).signature == failed.signature ? exact : tape;
}

/// Searches for a smaller tape in a process of its own. Returns whether the failure came there.
bool searchSmaller(ShrunkFailure& found, const ReplayOutcome& failed, Duration timeout, std::uint64_t runs) {
  ServeClient server("/proc/self/exe", {"--timeout", std::to_string(timeout / std::chrono::seconds(1))});
  std::optional<ReplayOutcome> first;  // how the tape itself fails in that process
  const InterestingnessTest interesting = [&](const Play& play, std::span<const ChoiceRecord> records) {
    ReplayJob job = jobOf(found.tape, false);
    job.play = play;
    job.records.assign(records.begin(), records.end());
    const ReplayOutcome outcome = server.run(job);
    if (!first) first = outcome;
    return showsTheSame(outcome, *first) ? outcome.signature : std::string();
  };
  Shrunk shrunk = shrink(found.tape.play, found.tape.records, failed.signature, interesting, {.runs = runs});
  if (!shrunk.reproduced) return false;
  found.tape.play = std::move(shrunk.play), found.tape.records = std::move(shrunk.records);
  if (!shrunk.complete) found.note = "not fully shrunk: stopped after " + std::to_string(shrunk.runs) + " runs";
  return true;
}

}  // namespace

ShrunkFailure shrinkTape(const Tape& given, const ReplayOutcome& failed, Duration timeout, std::uint64_t runs) {
  if (failed.oracle == "hang") timeout = std::min(timeout, kHangTimeout), runs = std::min(runs, kHangShrinkRuns);
  ForkedRunner fresh({.timeout = timeout, .inputFile = {}});
  const Tape tape = withoutClimateSeed(given, failed, fresh);
  ShrunkFailure found{tape, {}, {}, {}};
  found.tape.oracle = failed.oracle;
  const bool searched = runs != 0 && searchSmaller(found, failed, timeout, runs);
  runFresh(found, fresh, failed.signature);
  if (searched && found.outcome.signature != failed.signature) {
    found.tape = tape, found.tape.oracle = failed.oracle;
    found.note = "not shrunk: smaller inputs fail only behind other runs, so something survives a run";
    runFresh(found, fresh, failed.signature);
  }
  if (found.outcome.ok()) {
    found.noTest = kNotAlone;
    found.note = "the failure did not come again in a fresh process";
    found.outcome.oracle = failed.oracle, found.outcome.message = failed.message;
  } else if (found.outcome.signature != failed.signature) {
    found.note = "when it was found, it failed in another way: " + failed.signature;
    found.tape.oracle = found.outcome.oracle;
  }
  // A smaller input may show the fault in another light.
  const std::string first = firstLine(failed.message);
  if (first != firstLine(found.outcome.message)) found.outcome.message += "\nbefore it was shrunk: " + first;
  return found;
}

void announce(const Program& program, const ShrunkFailure& found, const std::filesystem::path& file) {
  found.tape.save(file.string());
  const std::string command = shellWord(program.path) + " replay " + shellWord(file.string());
  std::cout << FailureReport{found.tape, found.outcome, command, found.note, found.noTest}.text() << std::flush;
}

}  // namespace teasel::fakes::detail
