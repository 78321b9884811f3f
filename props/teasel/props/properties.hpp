#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>

#include <teasel/fakes/world/world.hpp>
#include <teasel/props/comparison.hpp>
#include <teasel/props/harness.hpp>

/// Properties that hold for every sound stream protocol. Call them from a scenario, whatever engine
/// runs it. Each property takes the bytes, ends and pauses of world.play() and runs them on fresh
/// subjects in a calm world of its own. It records what is wrong as a verdict of `world`, and
/// returns whether there is no verdict. The verdict's aspect says what differs: the kinds of the
/// reports, who closed, or that it is the output.
namespace teasel::props {

/// How many handlers a property tries that acts from within handlers, if it is not told.
inline constexpr std::size_t kHandlers = 4;

/// Oracle "chunk-invariance": what the subject reports and sends does not depend on how the same
/// bytes are cut. The property compares whole delivery with up to three others: bytewise, cut as
/// the Play says, and cut as `world` has delivered the bytes. Logs, output and reasons must be
/// equal. One exception: if the subject says a last word or ends the connection itself, in the same
/// way in both deliveries, one log may be a prefix of the other (difference). In one chunk, more
/// may have been reported before the error is met.
///
/// Call it behind world.run() (serve does that). Then the cuts that the world drew are tried, too,
/// and `exhaust` and seeds vary them. If the world has not run, the cuts are drawn for the property
/// alone.
bool chunkInvariance(fakes::World& world, const Subject& subject, const Comparison& comparison);
inline bool chunkInvariance(fakes::World& world, const Subject& subject) { return chunkInvariance(world, subject, Comparison{}); }

/// Oracle "exactly-once": an exception of a handler does not change what is delivered before and
/// after it. In one run for each of the first `handlers` events, that event's handler throws. The
/// log must then be a prefix of the log without exceptions: nothing comes again, nothing is left
/// out, nothing comes in another order.
bool exactlyOnce(fakes::World& world, const Subject& subject, std::size_t handlers);
inline bool exactlyOnce(fakes::World& world, const Subject& subject) { return exactlyOnce(world, subject, kHandlers); }

/// Oracle "after-close": a handler that closes the connection hears nothing more. In one run for
/// each of the first `handlers` events, that event's handler calls loseConnection while as much
/// input as possible has been received. Only connectionLost may report anything after that. The
/// property is for subjects that report once in each handler.
bool silentAfterClose(fakes::World& world, const Subject& subject, std::size_t handlers);
inline bool silentAfterClose(fakes::World& world, const Subject& subject) { return silentAfterClose(world, subject, kHandlers); }

/// How a subject is paused and resumed from within its handlers. The default uses the transport.
struct Pausing {
  std::function<void(Protocol& subject)> pause = [](Protocol& subject) { subject.transport().pauseProducing(); };
  std::function<void(Protocol& subject)> resume = [](Protocol& subject) { subject.transport().resumeProducing(); };
};

/// Oracle "pause-invariance": a pause in a handler delays what follows and changes nothing else. In
/// two runs for each of the first `handlers` events, that event's handler pauses. It resumes before
/// it returns in one run, and a turn later in the other. Nothing may be reported in between. In the
/// end the log must be the same as without a pause. The property is for subjects that report once
/// in each handler and do not pause by themselves.
bool pauseInvariance(fakes::World& world, const Subject& subject, std::size_t handlers, const Pausing& pausing = {});
inline bool pauseInvariance(fakes::World& world, const Subject& subject) { return pauseInvariance(world, subject, kHandlers); }

/// What bytewise delivery may cost, in steps:
/// factor * (steps of whole delivery) + perByte * (bytes) + base.
struct CostBounds {
  std::uint64_t factor = 8;
  std::uint64_t perByte = 192;
  std::uint64_t base = 4096;
};

/// Oracle "chunk-cost": the work for bytes that come one at a time is linear in their number. Work
/// is counted, not timed; see work.hpp. Throws UsageError in a program that counts no work at all:
/// link teasel_count_work, or call countWork. Warns (World::warn) if whole delivery counts less
/// than one step for every fourth byte: then the code that reads the bytes is not compiled for
/// counting, and its cost is not seen.
bool chunkCost(fakes::World& world, const Subject& subject, const CostBounds& bounds);
inline bool chunkCost(fakes::World& world, const Subject& subject) { return chunkCost(world, subject, CostBounds{}); }

/// How much heap input may take, in bytes: perByte * (bytes received) + base.
struct HeapBounds {
  std::size_t perByte = 256;
  std::size_t base = std::size_t{64} << 10;
};

/// Oracle "heap": the memory that input takes is linear in its size, whatever sizes the input
/// declares. The property measures the peak of the heap in a run of the Play as it is and in a
/// bytewise run. Everything in these runs counts: operator new and malloc, also of C libraries,
/// queues, and what the subject reports and sends. Throws UsageError in a program that does not
/// count: link teasel_count_heap (heap.hpp).
bool boundedHeap(fakes::World& world, const Subject& subject, const HeapBounds& bounds);
inline bool boundedHeap(fakes::World& world, const Subject& subject) { return boundedHeap(world, subject, HeapBounds{}); }

}  // namespace teasel::props
