#pragma once

#include <condition_variable>
#include <cstddef>
#include <mutex>

#include <teasel/core/clock.hpp>
#include <teasel/core/unique_function.hpp>

namespace teasel {

/// A gate that threads wait at until another thread opens it. It opens once and stays open.
class ThreadGate {
 public:
  void open() {
    const std::lock_guard lock(mutex_);
    open_ = true;
    opened_.notify_all();
  }
  bool isOpen() const {
    const std::lock_guard lock(mutex_);
    return open_;
  }
  void wait() {
    std::unique_lock lock(mutex_);
    opened_.wait(lock, [this] { return open_; });
  }

 private:
  mutable std::mutex mutex_;
  std::condition_variable opened_;
  bool open_ = false;
};

/// Runs what Reactor::callInThread is given. The model is twisted.python.threadpool. Each driver
/// brings its own pool: the drivers of the kernel have real threads, the simulation has a
/// deterministic double. The Reactor that owns the pool calls it in its own thread, except for
/// waitFor.
class ThreadPool {
 public:
  static constexpr std::size_t kDefaultThreads = 10, kMaxThreads = 1000, kMaxQueued = 100'000;

  ThreadPool() = default;
  ThreadPool(const ThreadPool&) = delete;
  ThreadPool& operator=(const ThreadPool&) = delete;
  /// Nothing may run any more; see stop.
  virtual ~ThreadPool() = default;

  /// Queues `work`, which must not throw. It runs outside this call, on any thread of the pool.
  /// Throws LimitExceeded when kMaxQueued wait already, and std::system_error when the system
  /// grants not even one thread.
  virtual void start(UniqueFunction<void()> work) = 0;
  /// From now on at most `most` run at once. It is kDefaultThreads until set. Throws UsageError
  /// unless `most` is from 1 to kMaxThreads.
  virtual void adjustPoolsize(std::size_t most) = 0;
  /// Drops what has not begun, in this thread, and waits at most `atMost` for what runs. Returns
  /// true when nothing runs any more. Nothing can be started afterwards.
  virtual bool stop(Duration atMost) = 0;
  /// Returns when `gate` is open. Threads of the pool may call it; on a pool of real threads, so
  /// may any thread except the reactor's. Throws UsageError where it would wait for ever.
  virtual void waitFor(ThreadGate& gate) = 0;
  /// For a double, which has no threads to tell apart: whether the caller is a call that the pool
  /// runs and that is not waiting.
  virtual bool insideCall() const noexcept { return false; }
};

}  // namespace teasel
