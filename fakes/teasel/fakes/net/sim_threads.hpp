#pragma once

#include <cstdint>
#include <vector>

#include <teasel/fakes/net/network.hpp>
#include <teasel/reactor/thread_pool.hpp>

namespace teasel::fakes {

/// Lets the rest of a simulation go on while one of its simulated threads waits for the reactor.
class WaitPump {
 public:
  /// Makes the next thing happen. False when nothing is left that could.
  virtual bool pump() = 0;

 protected:
  ~WaitPump() = default;
};

/// The deterministic double of a thread pool: what was to run in threads runs between the turns of
/// its host, one after the other, in the world's only thread. How long each takes, and so in which
/// order they end, is drawn (ChoiceSite::kThread); 0 is no time at all. Not more than the pool's
/// size are under way at one instant of virtual time.
///
/// What is not simulated: two threads that touch the same memory at once. That is for
/// ThreadSanitizer on real drivers.
class SimThreadPool final : public ThreadPool {
 public:
  SimThreadPool(Network& network, std::uint8_t host) noexcept : network_(network), host_(host) {}

  void start(UniqueFunction<void()> work) override;
  void adjustPoolsize(std::size_t most) override;
  bool stop(Duration atMost) override;
  /// Lets the rest of the world go on until the gate is open.
  void waitFor(ThreadGate& gate) override;
  /// Who lets time pass while a call waits, and runs what is due (runOne) between the turns of the
  /// host. Null, as at the start, for a host on its own: its driver runs what is due in poll.
  void setPump(WaitPump* pump) noexcept { pump_ = pump; }
  bool hasPump() const noexcept { return pump_ != nullptr; }
  /// Whether one is being run: further down this thread's stack.
  bool running() const noexcept { return running_ > 0; }

  /// When the next one ends, or kNever.
  Instant nextDue() const noexcept { return next_; }
  bool ready() const noexcept { return next_ <= network_.now(); }
  bool insideCall() const noexcept override { return running_ > waiting_; }
  /// Runs the one that is due first. Outside of any turn.
  void runOne();
  /// As new; memory kept.
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
  std::vector<Instant> freeFrom_;  // of each thread that was needed so far
  Instant next_ = kNever;
  std::uint64_t order_ = 0;
  std::size_t most_ = kDefaultThreads;
  int running_ = 0, waiting_ = 0;  // further down this thread's stack
  std::uint8_t host_;
};

}  // namespace teasel::fakes
