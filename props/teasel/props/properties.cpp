#include <teasel/props/properties.hpp>

#include <algorithm>
#include <string>
#include <utility>

#include <teasel/core/errors.hpp>

namespace teasel::props {

namespace {

/// The results of one run, kept while the lab goes on.
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
  return std::string("the output differs: ") + nameA + " sends " + around(a.output, byte) + ", " + nameB + " " + around(b.output, byte);
}

bool agree(const Observed& a, const Observed& b) {
  if (a.reason != b.reason || a.closedItself != b.closedItself) return false;
  if (a.log == b.log && a.output == b.output) return true;
  if (!a.closedItself) return false;
  const bool logs = a.log.beginningOf(b.log) || b.log.beginningOf(a.log);
  return logs && (a.output.starts_with(b.output) || b.output.starts_with(a.output));
}

bool compare(fakes::World& world, const Kept& whole, Cutting cutting) {
  const std::size_t count = std::max(whole.used, lab().connections());
  for (std::size_t i = 0; i < count; ++i) {
    const std::string where = "connection " + std::to_string(i) + ": ";
    if (i >= whole.used || i >= lab().connections()) {
      world.fail("chunk-invariance", where + "was made in one delivery only");
      return false;
    }
    const Observed &one = lab().connection(i), &other = *whole.observed[i];
    if (agree(one, other)) continue;
    std::string how = difference(one, name(cutting), other, "whole");
    if (one.reason == other.reason && one.closedItself != other.closedItself)
      how = std::string("only ") + (one.closedItself ? name(cutting) : "whole") + " delivery makes the protocol close; " + how;
    world.fail("chunk-invariance", where + how);
    return false;
  }
  return true;
}

}  // namespace

bool chunkInvariance(fakes::World& world, const Subject& subject) {
  static thread_local Kept whole;
  if (world.verdict() != nullptr || world.play().byteCount() == 0) return world.verdict() == nullptr;
  Lab& there = lab();
  if (!there.run(world, subject, Cutting::kWhole)) return false;
  there.swapResults(whole.observed, whole.used);
  for (const Cutting cutting : {Cutting::kBytewise, Cutting::kAsPlayed})
    if (!there.run(world, subject, cutting) || !compare(world, whole, cutting)) return false;
  return true;
}

bool exactlyOnce(fakes::World& world, const Subject& subject, std::size_t handlers) {
  static thread_local Kept calm;
  if (world.verdict() != nullptr || world.play().byteCount() == 0) return world.verdict() == nullptr;
  Lab& there = lab();
  if (!there.run(world, subject, Cutting::kAsPlayed)) return false;
  there.swapResults(calm.observed, calm.used);
  if (calm.used == 0) return true;
  const EventLog& expected = calm.observed[0]->log;
  for (std::size_t n = 1; n <= std::min(handlers, expected.events()); ++n) {
    if (!there.run(world, subject, Cutting::kAsPlayed, n)) return false;
    const EventLog& seen = there.connection(0).log;
    if (seen.beginningOf(expected)) continue;
    const std::size_t at = EventLog::firstDifference(seen, expected);
    world.fail("exactly-once", "when the handler of event " + std::to_string(n) + " throws, " + seen.text(at, 3) + " is reported instead of " +
                                   expected.text(at, 3));
    return false;
  }
  return true;
}

bool chunkCost(fakes::World& world, const Subject& subject, const CostBounds& bounds) {
  if (world.verdict() != nullptr || world.play().byteCount() == 0) return world.verdict() == nullptr;
  Lab& there = lab();
  if (!there.run(world, subject, Cutting::kWhole)) return false;
  const std::uint64_t whole = there.work();
  if (!there.run(world, subject, Cutting::kBytewise)) return false;
  const std::uint64_t bytewise = there.work();
  const std::uint64_t most = bounds.factor * whole + bounds.perByte * there.bytes() + bounds.base;
  if (there.connections() > 0 && there.connection(0).deliveries > 0 && bytewise == 0)
    throw UsageError("chunkCost counted no work: compile the protocol for counting (link teasel_count_work), or call countWork");
  if (bytewise <= most) return true;
  world.fail("chunk-cost", std::to_string(there.bytes()) + " bytes cost " + std::to_string(bytewise) + " steps one at a time, " +
                               std::to_string(whole) + " as a whole; at most " + std::to_string(most) + " are linear");
  return false;
}

}  // namespace teasel::props
