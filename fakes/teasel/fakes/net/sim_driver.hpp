#pragma once

#include <atomic>
#include <memory>
#include <string>
#include <vector>

#include <teasel/fakes/net/network.hpp>
#include <teasel/fakes/play/play.hpp>
#include <teasel/reactor/driver.hpp>

namespace teasel::fakes {

class SimSlot;  // NOLINT(cppcoreguidelines-virtual-class-destructor): its definition says final
class SimThreadPool;

/// The driver of a simulated host. It stands where epoll or io_uring and the kernel stand, under
/// the same Reactor and the same Connection, and gets its bytes from a Network. It has no state
/// machine of streams of its own.
///
/// Several drivers share one Network. poll(0) does what is possible at this instant. poll(d) lets
/// the clock of the network run, from one due thing to the next, until this driver has something to
/// deliver or d has passed. A World polls with 0 and moves the clock itself.
///
/// With the fault `slow`, it draws how long the host works after the upcalls of each connection. A
/// poll without upcalls draws once, for the posted calls and timers of its turn. The time passes at
/// the draw: the clock moves, but what the turn has sampled stays.
class SimDriver final : public Driver {
 public:
  enum class Mode : std::uint8_t {
    /// as select, poll and epoll: a write is tried at once, and unread bytes stay in the window
    kReadiness,
    /// as io_uring: a later onWritten reports a write. Bytes are taken from the window ahead of
    /// delivery and held while reading is off; a reset is not noticed then
    kCompletion,
  };
  /// The most bytes that one onData hands over.
  static constexpr std::size_t kMaxChunk = std::size_t{64} << 10;
  /// The most bytes that completion mode holds ahead of delivery.
  static constexpr std::size_t kReadAhead = std::size_t{16} << 10;

  /// Becomes a host of the network, which must outlive the driver.
  explicit SimDriver(Network& network, Mode mode = Mode::kReadiness);
  ~SimDriver() override;

  std::string_view name() const noexcept override { return mode_ == Mode::kReadiness ? "world_readiness" : "world_completion"; }
  Instant now() noexcept override { return network_.now(); }
  bool simulated() const noexcept override { return true; }
  void poll(Duration maxWait, Instant& sampled) override;
  void wake() noexcept override { woken_.store(true, std::memory_order_relaxed); }
  Slot* listen(const Address& at, const ListenOptions& options, Acceptor& acceptor, Failure& why) override;
  void stopListening(Slot* port) override;
  Slot* connect(const Address& to, const ConnectOptions& options, StreamSink& sink) override;
  void reading(Slot* stream, bool on) override;
  std::size_t write(Slot* stream, std::span<const Segment> segments) override;
  std::size_t writeBorrowed(Slot* stream, ByteView bytes) override;
  void shutdownWrite(Slot* stream) override;
  void close(Slot* stream, CloseMode mode, std::vector<Segment> inFlight, Instant lingerUntil) override;
  std::unique_ptr<ThreadPool> makeThreadPool() override;
  std::unique_ptr<Resolver> makeResolver(Reactor& reactor) override;
  std::size_t overdueSlots() const noexcept override;

  /// The threads of this host; null before a Reactor was made on the driver.
  SimThreadPool* threads() const noexcept { return threads_; }

  /// Whether a poll now would make an upcall.
  bool ready() const noexcept { return firstReady_ != nullptr; }
  std::uint8_t host() const noexcept { return host_; }
  Network& network() const noexcept { return network_; }
  void setMode(Mode mode) noexcept { mode_ = mode; }
  /// Slots in use, listening ones included. lingeringSlots counts those of them that their owner
  /// has closed and that still wait for the peer.
  std::size_t openSlots() const noexcept { return slots_.size() - free_.size(); }
  std::size_t lingeringSlots() const noexcept;
  /// Ends all lingering at once, as the end of a process does.
  void endLingering();
  /// As new; memory and mode stay. The owner must have closed all slots.
  void restart();
  /// The host crashes: every slot ends, peers see what `kind` says, and its owner hears nothing.
  /// The owners of slots must not use them any more (Reactor::abandon). Until setDown(false) the
  /// driver refuses to listen and to connect. It may be called inside an upcall.
  void crash(CrashKind kind);
  void setDown(bool down) noexcept { down_ = down; }
  /// Adds one line for each open or lingering stream, which says what it waits for.
  void describe(std::vector<std::string>& lines) const;
  /// Adds one line for each stream that its owner has not closed and whose other end is a remote
  /// peer.
  void describeRemote(std::vector<std::string>& lines) const;

 private:
  friend class SimSlot;
  Slot* connectUnix(const Address& to, const ConnectOptions& options, StreamSink& sink);
  void markReady(SimSlot& slot);
  SimSlot& makeSlot();
  void release(SimSlot& slot) noexcept;
  void dropPort(SimSlot& slot, CrashKind kind);
  void wait(Duration maxWait);
  void drawSlow();
  void dispatch(SimSlot& slot);
  Address seenFrom(const Address& port, const Address& end) const noexcept;
  void dispatchAccept(SimSlot& slot);
  void dispatchStream(SimSlot& slot);
  bool deliverData(SimSlot& slot);
  void deliverOne(SimSlot& slot);
  bool noticesReset(const SimSlot& slot);
  bool overtakesBytes(SimSlot& slot);
  void failWrite(SimSlot& slot);
  bool deliverEnd(SimSlot& slot);
  void pump(SimSlot& slot);
  std::size_t writeSlowly(SimSlot& slot, std::span<const Segment> segments);
  std::size_t pushSegments(SimSlot& slot, std::size_t atOnce);

  Network& network_;
  std::vector<std::unique_ptr<SimSlot>> slots_;
  std::vector<SimSlot*> free_;
  SimSlot* firstReady_ = nullptr;
  SimSlot* lastReady_ = nullptr;
  SimSlot* firstBatch_ = nullptr;  // of the poll that runs, or that an exception left
  SimSlot* lastBatch_ = nullptr;
  SimSlot* current_ = nullptr;
  SimThreadPool* threads_ = nullptr;  // owned by the reactor
  std::atomic<bool> woken_{false};
  std::uint8_t host_;
  Mode mode_;
  bool down_ = false;
};

}  // namespace teasel::fakes
