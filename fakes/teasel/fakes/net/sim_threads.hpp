#pragma once

#include <cstdint>
#include <vector>

#include <teasel/fakes/net/network.hpp>
#include <teasel/reactor/thread_pool.hpp>

namespace teasel::fakes {

/// Lets the rest of a simulation go on while one of its simulated threads waits for the reactor.
/// The World implements it.
class WaitPump {
 public:
  /// Makes the next thing happen. False when nothing is left that could.
  virtual bool pump() = 0;

 protected:
  ~WaitPump() = default;
};

/// The deterministic double of a thread pool. Calls that were meant for threads run between the
/// turns of their host, one after the other, in the only thread of the world. How long each of them
/// takes is drawn (ChoiceSite::kThread; 0 is no time at all), and so is the order in which they
/// end. At one instant of virtual time no more of them are under way than the pool has threads.
///
/// It does not simulate two threads that touch the same memory at once. ThreadSanitizer on a real
/// driver finds those.
///
/// The Reactor of the host calls it, and the Host or the SimDriver calls runOne.
class SimThreadPool final : public ThreadPool {
 public:
  SimThreadPool(Network& network, std::uint8_t host) noexcept : network_(network), host_(host) {}

  void start(UniqueFunction<void()> work) override;
  void adjustPoolsize(std::size_t most) override;
  bool stop(Duration atMost) override;
  /// Lets the pump move the world until the gate is open. Throws UsageError when the caller is no
  /// call of this pool, or when nothing is left that could open the gate.
  void waitFor(ThreadGate& gate) override;
  /// Who moves the world while a call waits, and calls runOne for what is due. Null at the start:
  /// then a call that waits is refused, and SimDriver::poll runs what is due.
  void setPump(WaitPump* pump) noexcept { pump_ = pump; }
  bool hasPump() const noexcept { return pump_ != nullptr; }
  /// Whether a call is running: it stands further down on this thread's stack.
  bool running() const noexcept { return running_ > 0; }

  /// When the next call is due, or kNever.
  Instant nextDue() const noexcept { return next_; }
  bool ready() const noexcept { return next_ <= network_.now(); }
  bool insideCall() const noexcept override { return running_ > waiting_; }
  /// Runs the call that is due first. Only outside of any turn.
  void runOne();
  /// As new: drops what is queued. The pump and the memory stay.
  void restart() noexcept;

 private:
  struct Work {
    Instant due;
    std::uint64_t order;
    UniqueFunction<void()> call;
  };
  Duration drawWork() const;

  Network& network_;
  WaitPump* pump_ = nullptr;
  std::vector<Work> queue_;
  std::vector<Instant> freeFrom_;  // per thread that was needed so far
  Instant next_ = kNever;
  std::uint64_t order_ = 0;
  std::size_t most_ = kDefaultThreads;
  int running_ = 0, waiting_ = 0;  // calls further down this thread's stack
  std::uint8_t host_;
};

}  // namespace teasel::fakes
