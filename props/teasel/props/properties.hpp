#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>

#include <teasel/fakes/world/world.hpp>
#include <teasel/props/harness.hpp>

/// Properties that hold for every sane stream protocol, whoever fills the world: call them from a
/// scenario. Each takes the bytes, ends and pauses of world.play(), runs them on fresh subjects in
/// a calm world of its own, and records what is wrong as a verdict of `world`. They return whether
/// there is none.
namespace teasel::props {

/// Oracle "chunk-invariance": what the subject reports and sends does not depend on how the same
/// bytes are cut. The Play's own cuts and bytewise delivery are compared with whole delivery: equal
/// logs, output and reasons. Where the subject ends the connection itself, for the same reason in
/// both, one may be a beginning of the other: in one chunk, more may have been reported before the
/// error is met.
bool chunkInvariance(fakes::World& world, const Subject& subject);

/// Oracle "exactly-once": what the handler throws does not change what is delivered before and
/// after it. For each of the first `handlers` events in turn, that event's handler throws; what is
/// reported then must be a beginning of what is reported without exceptions: nothing again, nothing
/// left out, nothing in another order.
bool exactlyOnce(fakes::World& world, const Subject& subject, std::size_t handlers = 4);

/// Oracle "after-close": a handler that closes the connection hears nothing more. For each of the
/// first `handlers` events in turn, that event's handler calls loseConnection, with as much as
/// possible received already; nothing may be reported then, but by connectionLost. For subjects
/// that report once in each handler.
bool silentAfterClose(fakes::World& world, const Subject& subject, std::size_t handlers = 4);

/// How a subject is paused and resumed from within its handlers: through the transport, unless it
/// has ways of its own.
struct Pausing {
  std::function<void(Protocol& subject)> pause = [](Protocol& subject) { subject.transport().pauseProducing(); };
  std::function<void(Protocol& subject)> resume = [](Protocol& subject) { subject.transport().resumeProducing(); };
};

/// Oracle "pause-invariance": pausing in a handler delays what follows and changes nothing else.
/// For each of the first `handlers` events in turn, that event's handler pauses, and resumes before
/// it returns or, in another run, a turn later. Nothing may be reported in between, and in the end
/// the same as without: nothing twice, nothing lost, nothing in another order. For subjects that
/// report once in each handler and do not pause by themselves.
bool pauseInvariance(fakes::World& world, const Subject& subject, std::size_t handlers = 4, const Pausing& pausing = {});

/// What bytewise delivery may cost.
struct CostBounds {
  std::uint64_t factor = 8;     ///< times the work of whole delivery,
  std::uint64_t perByte = 192;  ///< plus so many steps for each byte,
  std::uint64_t base = 4096;    ///< plus this
};

/// Oracle "chunk-cost": the work for bytes that come one at a time is linear in their number. Work
/// is counted, not timed: see work.hpp. Throws UsageError when none was counted for at least one
/// byte.
bool chunkCost(fakes::World& world, const Subject& subject, const CostBounds& bounds = {});

/// How much heap input may take.
struct HeapBounds {
  std::size_t perByte = 256;                 ///< for each byte received,
  std::size_t base = std::size_t{64} << 10;  ///< plus this
};

/// Oracle "heap": the memory that input takes is linear in its size, whatever sizes it declares.
/// The peak of the heap is measured in runs of the Play as it is and bytewise, with all that they
/// do: queues, what the subject reports and sends. Throws UsageError in a program that does not
/// count: link teasel_count_heap (heap.hpp).
bool boundedHeap(fakes::World& world, const Subject& subject, const HeapBounds& bounds = {});

}  // namespace teasel::props
