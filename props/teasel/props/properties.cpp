#include <teasel/props/properties.hpp>

#include <algorithm>
#include <optional>
#include <string>
#include <utility>

#include <teasel/core/errors.hpp>
#include <teasel/fakes/program/sparing.hpp>
#include <teasel/props/heap.hpp>
#include <teasel/props/measuring.hpp>
#include <teasel/reactor/reactor.hpp>

/// Defined by the link options of teasel_count_work.
// NOLINTNEXTLINE(readability-identifier-naming): a name for linkers
extern "C" [[gnu::weak]] const char teasel_counts_work;

namespace teasel::props {

namespace {

/// Whether a property has nothing to do: something is wrong already, nothing was said, or the
/// properties are not to run now.
bool nothingToDo(fakes::World& world) {
  return world.verdict() != nullptr || world.play().byteCount() == 0 || fakes::Sparing::leavesOut();
}

/// The aspect of two lists of reports that differ at an entry: its kinds in both.
std::string kindsAt(const EventLog& a, const EventLog& b, std::size_t at) {
  const auto kind = [at](const EventLog& log) { return at < log.size() ? std::string(log.kind(at)) : std::string("nothing"); };
  return "log:" + kind(a) + "/" + kind(b);
}

/// Compares a run with whole delivery.
bool compare(fakes::World& world, const Results& whole, const Results& other, Chunking chunking, const Comparison& comparison) {
  const std::size_t count = std::max(whole.connections(), other.connections());
  for (std::size_t i = 0; i < count; ++i) {
    const std::string where = "connection " + std::to_string(i) + ": ";
    if (i >= whole.connections() || i >= other.connections()) {
      world.fail("chunk-invariance", where + "was made in one delivery only", Site::here(), "connections");
      return false;
    }
    const std::optional<Difference> found =
        difference(other.connection(i), name(chunking), whole.connection(i), name(Chunking::kWhole), comparison);
    if (!found) continue;
    world.fail("chunk-invariance", where + found->text, Site::here(), found->aspect);
    return false;
  }
  return true;
}

bool anyRefused(const Results& whole) {
  for (std::size_t i = 0; i < whole.connections(); ++i)
    if (refused(whole.connection(i))) return true;
  return false;
}

/// For the n-th event of those that a calm run reports on its first connection, 1 to `handlers`,
/// until one has a verdict.
template <class Check>
bool eachHandler(fakes::World& world, const Subject& subject, Chunking chunking, std::size_t handlers, Check&& check) {
  if (nothingToDo(world)) return world.verdict() == nullptr;
  const Results* const calm = harness().shared(world, subject, chunking);
  if (calm == nullptr) return false;
  if (calm->connections() == 0) return true;
  const std::size_t events = std::min(handlers, calm->connection(0).log.events());
  for (std::size_t n = 1; n <= events && world.verdict() == nullptr; ++n) check(n, calm->connection(0));
  return world.verdict() == nullptr;
}

/// Whether the program is linked with teasel_count_work, which defines the symbol.
bool countsWork() noexcept { return &teasel_counts_work != nullptr; }

/// Warns if whole delivery counted next to nothing although the subject took everything.
void warnIfTiny(fakes::World& world, const Results& run) {
  constexpr std::uint64_t kEnoughBytes = 64, kBytesPerStep = 4;
  if (run.bytes() < kEnoughBytes || run.work() >= run.bytes() / kBytesPerStep) return;
  if (anyRefused(run)) return;
  world.warn("chunkCost counted " + std::to_string(run.work()) + " steps for " + std::to_string(run.bytes()) +
             " bytes: the code that reads them is not compiled for counting, so its cost is not seen; link teasel_count_work "
             "to its library, or call countWork for what it does");
}

/// One run in which the n-th event's handler pauses. Returns whether there is no verdict.
bool pausedRun(fakes::World& world, const Subject& subject, std::size_t n, bool later, const Pausing& pausing,
               const Observed& calm) {
  bool done = false, paused = false;
  std::string early;
  const auto pauses = [&](const EventLogEntry& report) {
    if (paused && early.empty() && report.subject.transport().connected()) early = report.log.latest();
    if (done || report.part || report.log.events() != n) return;
    done = true;
    pausing.pause(report.subject);
    if (!later) return pausing.resume(report.subject);
    paused = true;
    report.reactor.callLater(Duration::zero(), [&, weak = report.subject.weak_from_this()] {
      paused = false;
      if (const std::shared_ptr<Protocol> here = weak.lock()) pausing.resume(*here);
    });
  };
  if (!harness().run(world, subject, Chunking::kWhole, pauses)) return false;
  const std::string when =
      "the handler of event " + std::to_string(n) + (later ? " pauses until the next turn" : " pauses and resumes");
  const Observed& seen = harness().connection(0);
  if (!early.empty())
    world.fail("pause-invariance", when + ", and " + early + " is reported while it is paused", Site::here(), "early");
  else if (const std::optional<Difference> found = difference(seen, "paused delivery", calm, "other delivery"))
    world.fail("pause-invariance", when + ": " + found->text, Site::here(), found->aspect);
  return world.verdict() == nullptr;
}

}  // namespace

bool chunkInvariance(fakes::World& world, const Subject& subject, const Comparison& comparison) {
  const RunsOf named("chunk-invariance");
  if (world.verdict() != nullptr || world.play().byteCount() == 0) return world.verdict() == nullptr;
  Harness& there = harness();
  // Asked also where the input is left out: whether a run draws must not depend on its subjects,
  // nor on whether the property runs now.
  const bool otherwise = !Measuring::on() && there.deliversOtherwise(world);
  if (fakes::Sparing::leavesOut()) return true;
  const Results* const whole = there.shared(world, subject, Chunking::kWhole);
  if (whole == nullptr) return false;
  if (!comparison.refused && anyRefused(*whole)) return true;
  for (const Chunking chunking : {Chunking::kBytewise, Chunking::kAsPlayed, Chunking::kAsDelivered}) {
    if (chunking == Chunking::kAsDelivered && !otherwise) continue;
    const Results* const other = there.shared(world, subject, chunking);
    if (other == nullptr) return false;
    if (other != whole && !compare(world, *whole, *other, chunking, comparison)) return false;
  }
  return true;
}

bool exactlyOnce(fakes::World& world, const Subject& subject, std::size_t handlers) {
  const RunsOf named("exactly-once");
  return eachHandler(world, subject, Chunking::kAsPlayed, handlers, [&](std::size_t n, const Observed& calm) {
    const auto throwing = [&](const EventLogEntry& report) {
      if (!report.part && report.log.events() == n) throw PlannedException("planned exception at event " + std::to_string(n));
    };
    if (!harness().run(world, subject, Chunking::kAsPlayed, throwing)) return;
    const EventLog &seen = harness().connection(0).log, &expected = calm.log;
    if (seen.beginningOf(expected)) return;
    const std::size_t at = EventLog::firstDifference(seen, expected);
    world.fail("exactly-once",
               "when the handler of event " + std::to_string(n) + " throws, " + seen.text(at, 3) + " is reported instead of " +
                   expected.text(at, 3),
               Site::here(), kindsAt(seen, expected, at));
  });
}

bool silentAfterClose(fakes::World& world, const Subject& subject, std::size_t handlers) {
  const RunsOf named("after-close");
  return eachHandler(world, subject, Chunking::kWhole, handlers, [&](std::size_t n, const Observed&) {
    bool closed = false;
    std::string late, lateKind;
    const auto closing = [&](const EventLogEntry& report) {
      Transport& transport = report.subject.transport();
      if (closed) {
        if (transport.connected() && late.empty()) late = report.log.latest(), lateKind = late.substr(0, late.find('['));
      } else if (!report.part && report.log.events() == n) {
        closed = true;
        transport.loseConnection();
      }
    };
    if (!harness().run(world, subject, Chunking::kWhole, closing) || late.empty()) return;
    world.fail("after-close",
               "the handler of event " + std::to_string(n) + " calls loseConnection, and " + late + " is reported behind it",
               Site::here(), lateKind);
  });
}

bool pauseInvariance(fakes::World& world, const Subject& subject, std::size_t handlers, const Pausing& pausing) {
  const RunsOf named("pause-invariance");
  return eachHandler(world, subject, Chunking::kWhole, handlers, [&](std::size_t n, const Observed& calm) {
    for (const bool later : {false, true})
      if (!pausedRun(world, subject, n, later, pausing, calm)) return;
  });
}

bool chunkCost(fakes::World& world, const Subject& subject, const CostBounds& bounds) {
  const RunsOf named("chunk-cost");
  if (nothingToDo(world)) return world.verdict() == nullptr;
  const Results* const atOnce = harness().shared(world, subject, Chunking::kWhole);
  if (atOnce == nullptr) return false;
  const std::uint64_t whole = atOnce->work();
  warnIfTiny(world, *atOnce);
  const Results* const there = harness().shared(world, subject, Chunking::kBytewise);
  if (there == nullptr) return false;
  const std::uint64_t bytewise = there->work();
  const std::uint64_t most = bounds.factor * whole + bounds.perByte * there->bytes() + bounds.base;
  if (there->connections() > 0 && there->connection(0).deliveries > 0 && there->counted() == 0 && !countsWork())
    throw UsageError("chunkCost counted no work: compile the protocol for counting (link teasel_count_work), or call countWork");
  if (bytewise <= most) return true;
  world.fail("chunk-cost",
             std::to_string(there->bytes()) + " bytes cost " + std::to_string(bytewise) + " steps one at a time, " +
                 std::to_string(whole) + " as a whole; at most " + std::to_string(most) + " are linear",
             fakes::Excess{.measured = bytewise, .allowed = most, .marginPercent = 200});
  return false;
}

bool boundedHeap(fakes::World& world, const Subject& subject, const HeapBounds& bounds) {
  const RunsOf named("heap");
  if (nothingToDo(world)) return world.verdict() == nullptr;
  for (const Chunking chunking : {Chunking::kAsPlayed, Chunking::kBytewise}) {
    const Results* run = harness().shared(world, subject, chunking);
    if (run == nullptr) return false;
    if (!HeapMeter::counted())
      throw UsageError("boundedHeap: this program does not count what it allocates: link teasel_count_heap");
    const std::size_t most = bounds.perByte * run->bytes() + bounds.base;
    if (run->heap() <= most) continue;
    // A harness takes memory that it keeps: what counts is what the same run takes when that is
    // there already, so that the verdict does not depend on earlier runs.
    run = harness().again(world, subject, chunking);
    if (run == nullptr) return false;
    if (run->heap() <= most) continue;
    world.fail("heap",
               std::to_string(run->bytes()) + " bytes, delivered " + name(chunking) + ", take " + std::to_string(run->heap()) +
                   " bytes of heap; at most " + std::to_string(most) + " are linear",
               fakes::Excess{.measured = run->heap(), .allowed = most, .marginPercent = 50});
    return false;
  }
  return true;
}

}  // namespace teasel::props
