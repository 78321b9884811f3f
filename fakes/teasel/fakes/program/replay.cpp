#include <teasel/fakes/program/replay.hpp>

#include <algorithm>

#include <teasel/core/errors.hpp>
#include <teasel/fakes/play/odometer.hpp>
#include <teasel/fakes/program/detail/serve.hpp>
#include <teasel/fakes/program/report.hpp>
#include <teasel/fakes/trace/diagram.hpp>

namespace teasel::fakes {
namespace {

std::size_t countSkipped(const Trace& trace) {
  const auto events = trace.events();
  return static_cast<std::size_t>(
      std::count_if(events.begin(), events.end(), [](const TraceEvent& event) { return event.kind == TraceKind::kSkipped; }));
}

}  // namespace

std::string signatureOf(const Verdict& verdict) {
  return verdict.site ? verdict.fault() + " at " + verdict.site.text() : verdict.fault();
}

bool showsTheSame(const ReplayOutcome& smaller, const ReplayOutcome& first) noexcept {
  if (smaller.signature != first.signature) return false;
  if (!first.excess || !smaller.excess) return true;
  static constexpr std::uint64_t kWhole = 10'000, kMost = std::uint64_t{1} << 50;
  const auto ratio = [](const Excess& each) {
    return std::min(each.measured, kMost) * kWhole / std::max<std::uint64_t>(each.allowed, 1);
  };
  const std::uint64_t wanted = kWhole + std::uint64_t{first.excess->marginPercent} * (kWhole / 100);
  return ratio(*smaller.excess) >= std::min(ratio(*first.excess), wanted);
}

const Scenario& requireScenario(std::string_view name) {
  if (const Scenario* found = findScenario(name)) return *found;
  std::string names;
  for (const Scenario* each : scenarios()) (names += names.empty() ? "" : ", ") += each->name();
  throw UsageError("there is no scenario '" + std::string(name) + "'; there are: " + (names.empty() ? "none" : names));
}

void Replayer::fill(const ReplayJob& job, const ScenarioOptions& options, Odometer* odometer) {
  if (odometer != nullptr) {
    world_.play() = job.play;
    world_.choices().useOdometer(*odometer);
    return;
  }
  if (job.seed) {
    world_.choices().usePrng(*job.seed, Swarm::kOn);
    world_.play() = job.drawPlay ? Play::draw(world_.choices(), options.shape, options.play) : job.play;
    return;
  }
  world_.play() = job.play;
  if (job.records.empty()) world_.choices().useCalm();
  else world_.choices().useTape(job.records);
}

ReplayOutcome Replayer::run(const ReplayJob& job) { return job.exhaust.empty() ? once(job, nullptr) : exhaust(job); }

ReplayOutcome Replayer::exhaust(const ReplayJob& job) {
  Odometer odometer(job.exhaust, {.runs = job.exhaustBudget});
  ReplayOutcome outcome;
  try {
    while (outcome.ok() && odometer.next()) outcome = once(job, &odometer);
  } catch (const OdometerBudget& error) {
    outcome.oracle = outcome.signature = "too-many-combinations";
    outcome.message = error.what();
  } catch (const OdometerMismatch& error) {
    outcome.oracle = outcome.signature = "not-deterministic";
    outcome.message = error.what();
  }
  outcome.play = job.play;
  outcome.runs = odometer.runs();
  return outcome;
}

ReplayOutcome Replayer::once(const ReplayJob& job, Odometer* odometer) {
  const Scenario& scenario = requireScenario(job.scenario);
  WorldOptions options = scenario.options().world;
  options.trace = Trace::Mode::kLog;
  world_.reset(options);
  fill(job, scenario.options(), odometer);
  scenario.run(world_);
  ReplayOutcome outcome;
  if (const Verdict* verdict = world_.verdict()) {
    outcome.oracle = verdict->oracle;
    outcome.signature = signatureOf(*verdict);
    outcome.message = verdict->message;
    if (verdict->site) outcome.message += "\nat " + verdict->site.text();
    // The message may consist of whole lines.
    const bool newLine = !outcome.message.empty() && outcome.message.back() == '\n';
    outcome.message += (newLine ? "" : ", ") + shown(verdict->at) + " into the run";
    outcome.excess = verdict->excess;
  }
  if (outcome.ok()) outcome.message = world_.warning();
  if (job.diagram) outcome.diagram = world_.diagram();
  outcome.play = world_.play();
  for (const ChoiceRecord& record : world_.choices().records()) {
    if (!drawsPlay(record.site)) outcome.records.push_back(record);
  }
  outcome.traceHash = world_.trace().hash();
  outcome.unused = world_.choices().unused();
  outcome.clamped = world_.choices().clamped();
  outcome.heard = world_.heard();
  outcome.skipped = countSkipped(world_.trace());
  return outcome;
}

namespace {

ReplayJob testJob(std::string_view scenario, const Play& play, std::span<const ChoiceRecord> records) {
  ReplayJob job;
  job.scenario = scenario;
  job.play = play;
  job.records.assign(records.begin(), records.end());
  job.diagram = true;
  return job;
}

std::string testText(const ReplayOutcome& outcome) {
  return outcome.ok() ? "" : withoutSkipMarker(outcome.oracle + ": " + outcome.message + "\n" + outcome.diagram);
}

}  // namespace

std::string replayFailure(std::string_view scenario, const Play& play, std::span<const ChoiceRecord> records) {
  return testText(Replayer().run(testJob(scenario, play, records)));
}

std::string replayFailureInChild(std::string_view scenario, const Play& play, std::span<const ChoiceRecord> records,
                                 Duration timeout) {
  return testText(ForkedRunner({.timeout = timeout, .inputFile = {}}).run(testJob(scenario, play, records)));
}

}  // namespace teasel::fakes
