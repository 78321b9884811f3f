#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <vector>

#include <teasel/fakes/world/world.hpp>
#include <teasel/props/event_log.hpp>
#include <teasel/props/results.hpp>
#include <teasel/props/subject.hpp>
#include <teasel/props/watch.hpp>
#include <teasel/protocol/protocol.hpp>

namespace teasel::props {

/// How the bytes of a Play are cut into chunks: as the Play says, not at all, after each byte, or
/// as the world of the scenario delivered them. That world's choices cut, too: `exhaust` and seeds
/// vary them. If it delivered nothing yet, its choices are asked now where they cut each send.
///
/// Runs of one Play are compared. What may differ between two runs for good reasons is therefore
/// taken out of every run:
/// - Bytes that are sent at one instant are delivered at that instant, before any timer.
/// - An end of stream or a reset ends what the connection sends. It comes when no timer is left.
/// - Echoes of output are left out: how much output there was before an error is free.
enum class Chunking : std::uint8_t { kAsPlayed, kWhole, kBytewise, kAsDelivered };
const char* name(Chunking chunking) noexcept;

/// An entry of the log of a Play's first connection, at the moment when the subject reports it.
/// Properties that act from within handlers get it.
struct EventLogEntry {
  EventLog& log;      ///< the log; the report is log.latest()
  bool part;          ///< whether the entry is a part; else it is an event
  Protocol& subject;  ///< the protocol that reports
  Reactor& reactor;   ///< the reactor of the subject's thread
};
/// A function that the harness calls from within each report of a Play's first connection. What it
/// throws, the reporting handler throws.
using EntryHook = std::function<void(const EventLogEntry& report)>;

/// While it lives, the runs of this thread's harnesses are known as those of this property: where
/// the subject crashes or hangs in one, the report says so. Each property makes one.
class RunsOf {
 public:
  /// `property` is the name of its oracle, borrowed.
  explicit RunsOf(const char* property) noexcept;
  RunsOf(const RunsOf&) = delete;
  RunsOf& operator=(const RunsOf&) = delete;
  ~RunsOf();
};

/// A test harness that runs one Play again and again on fresh subjects. It has a world of its own,
/// which is always calm. Mode, window and limits are those of the scenario's run. Properties that
/// compare runs use it. Keep one per thread: runs reuse its memory.
class Harness {
  /// Where the deliveries of each connection ended, as offsets in what it sends, ascending.
  using Delivered = std::array<std::vector<std::uint64_t>, fakes::Play::kMaxConnections>;

 public:
  /// How many bytes of a Play are cut bytewise. The bytes after these come as a whole.
  static constexpr std::size_t kMaxBytewise = 2048;

  Harness();
  /// Runs the Play of `outer` on a server whose connections are subjects. What goes wrong in the
  /// harness's own world (a timer left over, no progress) becomes a verdict of `outer`, and the
  /// call returns false. An exception of a subject ends its connection and is no verdict.
  bool run(fakes::World& outer, const Subject& subject, Chunking chunking, const EntryHook& hook = {});

  /// What came of a run without a hook. It is made when it is first asked for, and shared by all
  /// that ask for it until `outer` is reset: for the same Play, in a world of the same kind, of the
  /// same subject (or a copy) and the same delivery. Runs as delivered are not shared. A Play
  /// without cuts of its own is delivered whole as it is: these two are one run. Null where run()
  /// would return false. The results are valid until somebody asks for those of another Play or
  /// after a reset.
  const Results* shared(fakes::World& outer, const Subject& subject, Chunking chunking);
  /// The same, but makes the run again in the memory of the one before. What it then takes of the
  /// heap does not depend on what ran earlier.
  const Results* again(fakes::World& outer, const Subject& subject, Chunking chunking);
  /// The results that the last call gave. Those of run() are valid until the next run.
  const Results& last() const noexcept { return *last_; }

  // Short for those of last().
  std::size_t connections() const noexcept { return last_->connections(); }
  const Observed& connection(std::size_t index) const noexcept { return last_->connection(index); }
  std::uint64_t work() const noexcept { return last_->work(); }
  std::size_t heap() const noexcept { return last_->heap(); }
  std::size_t bytes() const noexcept { return last_->bytes(); }
  /// Whether `outer` cut the bytes of its Play at places where the Play itself does not, or would
  /// cut them. Then a run with Chunking::kAsDelivered tells something new.
  bool deliversOtherwise(fakes::World& outer);

 private:
  /// A run that is shared.
  struct Shared {
    std::uint64_t subject = 0;
    Chunking chunking = Chunking::kWhole;
    Results results{};
  };
  /// The Play of the shared runs, and what else they depend on.
  struct Input {
    fakes::Play play;
    std::uint64_t epoch = 0;
    fakes::SimDriver::Mode mode{};
    std::size_t window = 0;
    fakes::Limits limits{};
    std::uint64_t endingDeadlines = 0;
    fakes::ChunkMemory::Mode chunks{};
    bool is(const fakes::World& outer, const fakes::Play& played) const noexcept;
    void take(const fakes::World& outer, const fakes::Play& played);
  };

  Shared* find(fakes::World& outer, const Subject& subject, Chunking& chunking);
  bool runInto(Results& results, fakes::World& outer, const Subject& subject, Chunking chunking, const EntryHook& hook);
  void cutPlay(const fakes::Play& play, Chunking chunking);
  void joinSteps();
  void collect(const Watch& watch);
  void sendCut(unsigned connection, ByteView bytes, Chunking chunking);
  std::shared_ptr<Protocol> make(Reactor& reactor, const EntryHook& hook);

  // What the connections of a run share. It outlives them, also if an exception ends the run.
  Subject::Make make_;
  fakes::World world_;
  std::vector<fakes::ChoiceRecord> together_;
  Delivered delivered_;
  std::array<std::uint64_t, fakes::Play::kMaxConnections> sent_{};  // while the Play is cut
  std::size_t bytes_ = 0, cutBytes_ = 0;
  Results own_;  // of runs that are not shared
  Results* last_ = &own_;
  Input input_;
  std::vector<std::unique_ptr<Shared>> shared_;
  std::size_t sharedUsed_ = 0;
};

/// The harness of this thread.
Harness& harness();

/// Runs world.play() on a server of subjects in `world` itself, with its choices. Call it in a
/// scenario before the properties: then the scenario's trace shows what happened. Returns whether
/// there is no verdict.
bool serve(fakes::World& world, const Subject& subject);

}  // namespace teasel::props
