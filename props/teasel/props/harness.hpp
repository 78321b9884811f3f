#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include <teasel/fakes/world/world.hpp>
#include <teasel/props/event_log.hpp>
#include <teasel/protocol/protocol.hpp>

namespace teasel::props {

class Watch;

/// Makes the protocol under test, for a server's connection: it reports to `log` and takes its time
/// from `reactor`. Both outlive it.
using Subject = std::function<std::shared_ptr<Protocol>(Reactor& reactor, EventLog& log)>;

/// How the bytes of a Play are cut. Everything else in it stays as it is, but for what would make a
/// difference that is free: bytes that are sent at one instant are delivered at that instant,
/// before any timer; an end of stream or a reset ends what the connection sends, and comes when no
/// timer is left; echoes of output, of which more may have gone out before an error was met, are
/// left out.
enum class Chunking : std::uint8_t { kAsPlayed, kWhole, kBytewise };
const char* name(Chunking chunking) noexcept;

/// A report of a Play's first connection, as it is being made: what a property that meddles with
/// handlers is told.
struct EventLogEntry {
  EventLog& log;      ///< the report is the last in it
  bool part;          ///< of something that comes in any number of parts; else an event
  Protocol& subject;  ///< that made it
  Reactor& reactor;   ///< whose thread this is
};
/// Called from within the reports of a Play's first connection. What it throws, the reporting
/// handler throws.
using EntryHook = std::function<void(const EventLogEntry& report)>;

/// What came of one connection of a Play.
struct Observed {
  EventLog log;
  std::string output;  ///< what the outside received
  std::string reason;  ///< of connectionLost, by name; "" if it was never made
  std::size_t deliveries = 0;
  bool closedItself = false;  ///< the subject ended it, or threw
};

/// Where one Play is run again and again on fresh subjects, in a world of its own that is always
/// calm. Properties that compare runs stand on it; keep one per thread, runs reuse its memory.
class Harness {
 public:
  /// Bytes of a Play that are cut bytewise; later ones come as a whole.
  static constexpr std::size_t kMaxBytewise = 2048;

  Harness();
  /// Runs `play` on a server made of subjects. What goes wrong in that world by itself (a timer
  /// left over, standstill) becomes a verdict of `outer`, and false is returned. Exceptions only
  /// end their connection.
  bool run(fakes::World& outer, const Subject& subject, Chunking chunking, const EntryHook& hook = {});

  /// In order of connecting, of the last run.
  std::size_t connections() const noexcept { return used_; }
  const Observed& connection(std::size_t index) const noexcept { return *observed_[index]; }
  /// Work that the subjects did for their input in the last run; see work.hpp.
  std::uint64_t work() const noexcept { return work_; }
  /// The most heap that was in use in the last run beyond what was when it began; see heap.hpp.
  std::size_t heap() const noexcept { return heap_; }
  /// Bytes sent in the last run.
  std::size_t bytes() const noexcept { return bytes_; }
  /// Exchanges the results of the last run with those in `other`, to keep them while the harness goes
  /// on.
  void swapResults(std::vector<std::unique_ptr<Observed>>& other, std::size_t& used) noexcept;

 private:
  void cutPlay(const fakes::Play& play, Chunking chunking);
  void joinSteps();
  void collect(const Watch& watch);
  void sendCut(unsigned connection, ByteView bytes, Chunking chunking);
  EventLog& nextLog();
  std::shared_ptr<Protocol> make(const Subject& subject, Reactor& reactor, const EntryHook& hook);

  fakes::World world_;
  std::vector<fakes::ChoiceRecord> together_;
  std::vector<std::unique_ptr<Observed>> observed_;
  std::size_t used_ = 0, bytes_ = 0, cutBytes_ = 0, heap_ = 0;
  std::uint64_t work_ = 0;
};

/// Of this thread.
Harness& harness();

/// Runs world.play() on a server of subjects in `world` itself, with its choices: so that the trace
/// of a scenario that goes on with properties shows what happened. Returns whether there is no
/// verdict.
bool serve(fakes::World& world, const Subject& subject);

}  // namespace teasel::props
