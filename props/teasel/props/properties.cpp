#include <teasel/props/properties.hpp>

#include <algorithm>
#include <string>
#include <utility>

#include <teasel/core/errors.hpp>
#include <teasel/props/heap.hpp>
#include <teasel/reactor/reactor.hpp>

namespace teasel::props {

namespace {

/// The results of one run, kept while the harness goes on.
struct Kept {
  std::vector<std::unique_ptr<Observed>> observed;
  std::size_t used = 0;
};

std::string around(ByteView output, std::size_t at) {
  const std::size_t from = at < 10 ? 0 : at - 10;
  return "\"" + escaped(output.sub(from, 40)) + "\" from byte " + std::to_string(from);
}

std::string difference(const Observed& a, const char* nameA, const Observed& b, const char* nameB) {
  if (a.reason != b.reason) return std::string(nameA) + " ends with " + a.reason + ", " + nameB + " with " + b.reason;
  const std::size_t at = EventLog::firstDifference(a.log, b.log);
  if (at < std::max(a.log.size(), b.log.size()))
    return "after " + std::to_string(at) + " equal reports, " + nameA + " has " + a.log.text(at, 3) + ", " + nameB + " has " +
           b.log.text(at, 3);
  const auto [inA, inB] = std::mismatch(a.output.begin(), a.output.end(), b.output.begin(), b.output.end());
  const std::size_t byte = static_cast<std::size_t>(inA - a.output.begin());
  return std::string("the output differs: ") + nameA + " sends " + around(a.output, byte) + ", " + nameB + " " +
         around(b.output, byte);
}

bool agree(const Observed& a, const Observed& b) {
  if (a.reason != b.reason || a.closedItself != b.closedItself) return false;
  if (a.log == b.log && a.output == b.output) return true;
  if (!a.closedItself) return false;
  const bool logs = a.log.beginningOf(b.log) || b.log.beginningOf(a.log);
  return logs && (a.output.starts_with(b.output) || b.output.starts_with(a.output));
}

bool compare(fakes::World& world, const Kept& whole, Chunking chunking) {
  const std::size_t count = std::max(whole.used, harness().connections());
  for (std::size_t i = 0; i < count; ++i) {
    const std::string where = "connection " + std::to_string(i) + ": ";
    if (i >= whole.used || i >= harness().connections()) {
      world.fail("chunk-invariance", where + "was made in one delivery only");
      return false;
    }
    const Observed &one = harness().connection(i), &other = *whole.observed[i];
    if (agree(one, other)) continue;
    std::string how = difference(one, name(chunking), other, "whole");
    if (one.reason == other.reason && one.closedItself != other.closedItself)
      how.insert(0,
                 std::string("only ") + (one.closedItself ? name(chunking) : "whole") + " delivery makes the protocol close; ");
    world.fail("chunk-invariance", where + how);
    return false;
  }
  return true;
}

/// For the n-th event of those that a calm run reports on its first connection, 1 to `handlers`,
/// until one has a verdict.
template <class Check>
bool eachHandler(fakes::World& world, const Subject& subject, Chunking chunking, std::size_t handlers, Check&& check) {
  static thread_local Kept calm;
  if (world.verdict() != nullptr || world.play().byteCount() == 0) return world.verdict() == nullptr;
  if (!harness().run(world, subject, chunking)) return false;
  harness().swapResults(calm.observed, calm.used);
  if (calm.used == 0) return true;
  const std::size_t events = std::min(handlers, calm.observed[0]->log.events());
  for (std::size_t n = 1; n <= events && world.verdict() == nullptr; ++n) check(n, *calm.observed[0]);
  return world.verdict() == nullptr;
}

/// One run in which the n-th event's handler pauses. Returns whether there is no verdict.
bool pausedRun(fakes::World& world, const Subject& subject, std::size_t n, bool later, const Pausing& pausing,
               const Observed& calm) {
  bool done = false, paused = false;
  std::string early;
  const auto pauses = [&](const EventLogEntry& report) {
    if (paused && early.empty() && report.subject.transport().connected()) early = report.log.text(report.log.size() - 1);
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
  if (!early.empty()) world.fail("pause-invariance", when + ", and " + early + " is reported while it is paused");
  else if (!agree(seen, calm))
    world.fail("pause-invariance", when + ": " + difference(seen, "paused delivery", calm, "other delivery"));
  return world.verdict() == nullptr;
}

}  // namespace

bool chunkInvariance(fakes::World& world, const Subject& subject) {
  const RunsOf named("chunk-invariance");
  static thread_local Kept whole;
  if (world.verdict() != nullptr || world.play().byteCount() == 0) return world.verdict() == nullptr;
  Harness& there = harness();
  if (!there.run(world, subject, Chunking::kWhole)) return false;
  there.swapResults(whole.observed, whole.used);
  for (const Chunking chunking : {Chunking::kBytewise, Chunking::kAsPlayed})
    if (!there.run(world, subject, chunking) || !compare(world, whole, chunking)) return false;
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
    world.fail("exactly-once", "when the handler of event " + std::to_string(n) + " throws, " + seen.text(at, 3) +
                                   " is reported instead of " + expected.text(at, 3));
  });
}

bool silentAfterClose(fakes::World& world, const Subject& subject, std::size_t handlers) {
  const RunsOf named("after-close");
  return eachHandler(world, subject, Chunking::kWhole, handlers, [&](std::size_t n, const Observed&) {
    bool closed = false;
    std::string late;
    const auto closing = [&](const EventLogEntry& report) {
      Transport& transport = report.subject.transport();
      if (closed) {
        if (transport.connected() && late.empty()) late = report.log.text(report.log.size() - 1);
      } else if (!report.part && report.log.events() == n) {
        closed = true;
        transport.loseConnection();
      }
    };
    if (!harness().run(world, subject, Chunking::kWhole, closing) || late.empty()) return;
    world.fail("after-close",
               "the handler of event " + std::to_string(n) + " calls loseConnection, and " + late + " is reported behind it");
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
  if (world.verdict() != nullptr || world.play().byteCount() == 0) return world.verdict() == nullptr;
  Harness& there = harness();
  if (!there.run(world, subject, Chunking::kWhole)) return false;
  const std::uint64_t whole = there.work();
  if (!there.run(world, subject, Chunking::kBytewise)) return false;
  const std::uint64_t bytewise = there.work();
  const std::uint64_t most = bounds.factor * whole + bounds.perByte * there.bytes() + bounds.base;
  if (there.connections() > 0 && there.connection(0).deliveries > 0 && bytewise == 0)
    throw UsageError("chunkCost counted no work: compile the protocol for counting (link teasel_count_work), or call countWork");
  if (bytewise <= most) return true;
  world.fail("chunk-cost",
             std::to_string(there.bytes()) + " bytes cost " + std::to_string(bytewise) + " steps one at a time, " +
                 std::to_string(whole) + " as a whole; at most " + std::to_string(most) + " are linear",
             fakes::Excess{.measured = bytewise, .allowed = most, .marginPercent = 200});
  return false;
}

bool boundedHeap(fakes::World& world, const Subject& subject, const HeapBounds& bounds) {
  const RunsOf named("heap");
  if (world.verdict() != nullptr || world.play().byteCount() == 0) return world.verdict() == nullptr;
  for (const Chunking chunking : {Chunking::kAsPlayed, Chunking::kBytewise}) {
    if (!harness().run(world, subject, chunking)) return false;
    if (!HeapMeter::counted())
      throw UsageError("boundedHeap: this program does not count what it allocates: link teasel_count_heap");
    const std::size_t most = bounds.perByte * harness().bytes() + bounds.base;
    if (harness().heap() <= most) continue;
    // A harness takes memory that it keeps: what counts is what the same run takes when that is
    // there already, so that the verdict does not depend on earlier runs.
    if (!harness().run(world, subject, chunking)) return false;
    if (harness().heap() <= most) continue;
    world.fail("heap",
               std::to_string(harness().bytes()) + " bytes, delivered " + name(chunking) + ", take " +
                   std::to_string(harness().heap()) + " bytes of heap; at most " + std::to_string(most) + " are linear",
               fakes::Excess{.measured = harness().heap(), .allowed = most, .marginPercent = 50});
    return false;
  }
  return true;
}

}  // namespace teasel::props
