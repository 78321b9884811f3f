#pragma once

#include <atomic>
#include <memory>
#include <string>
#include <vector>

#include <teasel/fakes/net/network.hpp>
#include <teasel/reactor/driver.hpp>

namespace teasel::fakes {

class SimSlot;  // NOLINT(cppcoreguidelines-virtual-class-destructor): it is final, which is said where it is defined
class SimThreadPool;

/// The driver of a simulated host: it stands where epoll or io_uring and the kernel stand, under
/// the same Reactor and the same Connection, and gets its bytes from a Network. No state machine of
/// streams lives here.
///
/// Several drivers share a Network. poll(0) does what is possible at this instant; poll(d) lets the
/// network's clock run, from one thing that is due to the next, until this driver has something to
/// deliver or d has passed. A World polls with 0 and moves the clock itself.
class SimDriver final : public Driver {
 public:
  enum class Mode : std::uint8_t {
    /// as select, poll, epoll: a write is tried at once; unread bytes stay in the window
    kReadiness,
    /// as io_uring: a write is reported by a later onWritten; bytes are taken from the window ahead
    /// of delivery and held while reading is off; a reset is not noticed then
    kCompletion,
  };
  /// Bytes handed over in one onData at most.
  static constexpr std::size_t kMaxChunk = std::size_t{64} << 10;
  /// Bytes that completion mode holds ahead of delivery.
  static constexpr std::size_t kReadAhead = std::size_t{16} << 10;

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
  void shutdownWrite(Slot* stream) override;
  void close(Slot* stream, CloseMode mode, std::vector<Segment> inFlight, Instant lingerUntil) override;
  std::unique_ptr<ThreadPool> makeThreadPool() override;
  std::size_t overdueSlots() const noexcept override;

  /// The threads of this host; null before a Reactor was made on the driver.
  SimThreadPool* threads() const noexcept { return threads_; }

  /// Whether a poll now would make an upcall.
  bool ready() const noexcept { return firstReady_ != nullptr; }
  std::uint8_t host() const noexcept { return host_; }
  Network& network() const noexcept { return network_; }
  void setMode(Mode mode) noexcept { mode_ = mode; }
  /// Slots not yet given back, listening ones included; `lingering` of them closed by their owner
  /// and not yet by their peer.
  std::size_t openSlots() const noexcept { return slots_.size() - free_.size(); }
  std::size_t lingeringSlots() const noexcept;
  /// Ends lingering at once, as the end of the process would.
  void endLingering();
  /// Everything as new, memory kept. The owner has closed all slots.
  void restart();
  /// One line per open slot that waits for something.
  void describe(std::vector<std::string>& lines) const;
  /// One line per stream that its owner has not closed and whose other end is not a host.
  void describeRemote(std::vector<std::string>& lines) const;

 private:
  friend class SimSlot;
  void markReady(SimSlot& slot);
  SimSlot& makeSlot();
  void release(SimSlot& slot) noexcept;
  void wait(Duration maxWait);
  void dispatch(SimSlot& slot);
  void dispatchAccept(SimSlot& slot);
  void dispatchStream(SimSlot& slot);
  bool deliverData(SimSlot& slot);
  void deliverOne(SimSlot& slot);
  bool noticesReset(const SimSlot& slot);
  bool deliverEnd(SimSlot& slot);
  void pump(SimSlot& slot);
  std::size_t writeSlowly(SimSlot& slot, std::span<const Segment> segments);
  std::size_t pushSegments(SimSlot& slot, std::size_t atOnce);

  Network& network_;
  std::vector<std::unique_ptr<SimSlot>> slots_;
  std::vector<SimSlot*> free_;
  SimSlot* firstReady_ = nullptr;
  SimSlot* lastReady_ = nullptr;
  SimSlot* firstBatch_ = nullptr;  // of the poll that is running, or was left by an exception
  SimSlot* lastBatch_ = nullptr;
  SimSlot* current_ = nullptr;
  SimThreadPool* threads_ = nullptr;  // the reactor's
  std::atomic<bool> woken_{false};
  std::uint8_t host_;
  Mode mode_;
};

}  // namespace teasel::fakes
