#pragma once

#include <cstddef>
#include <cstdint>

#include <teasel/fakes/world.hpp>
#include <teasel/props/lab.hpp>

/// Properties that hold for every sane stream protocol, whoever fills the world: call them from a scenario. Each takes the
/// bytes, ends and pauses of world.play(), runs them on fresh subjects in a calm world of its own, and records what is
/// wrong as a verdict of `world`. They return whether there is none.
namespace teasel::props {

/// Oracle "chunk-invariance": what the subject reports and sends does not depend on how the same bytes are cut. The Play's
/// own cuts and bytewise delivery are compared with whole delivery: equal logs, output and reasons. Where the subject
/// ends the connection itself, for the same reason in both, one may be a beginning of the other: in one chunk, more may
/// have been reported before the error is met.
bool chunkInvariance(fakes::World& world, const Subject& subject);

/// Oracle "exactly-once": what the handler throws does not change what is delivered before and after it. For each of the
/// first `handlers` events in turn, that event's handler throws; what is reported then must be a beginning of what is
/// reported without exceptions: nothing again, nothing left out, nothing in another order.
bool exactlyOnce(fakes::World& world, const Subject& subject, std::size_t handlers = 4);

/// What bytewise delivery may cost.
struct CostBounds {
  std::uint64_t factor = 8;     ///< times the work of whole delivery,
  std::uint64_t perByte = 192;  ///< plus so many steps for each byte,
  std::uint64_t base = 4096;    ///< plus this
};

/// Oracle "chunk-cost": the work for bytes that come one at a time is linear in their number. Work is counted, not timed:
/// see work.hpp. Throws UsageError when none was counted for at least one byte.
bool chunkCost(fakes::World& world, const Subject& subject, const CostBounds& bounds = {});

}  // namespace teasel::props
