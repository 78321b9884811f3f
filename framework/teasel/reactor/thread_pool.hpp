#pragma once

#include <condition_variable>
#include <cstddef>
#include <mutex>

#include <teasel/core/clock.hpp>
#include <teasel/core/unique_function.hpp>

namespace teasel {

/// Something that a thread waits for until another one opens it. Opens once.
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

/// Where a reactor's callInThread runs (twisted.python.threadpool). A driver brings its own: real
/// threads beside the kernel's mechanisms, a deterministic double in the world. Called by the
/// Reactor that owns it, in its thread, except for waitFor.
class ThreadPool {
 public:
  static constexpr std::size_t kDefaultThreads = 10, kMaxThreads = 1000, kMaxQueued = 100'000;

  ThreadPool() = default;
  ThreadPool(const ThreadPool&) = delete;
  ThreadPool& operator=(const ThreadPool&) = delete;
  /// Nothing may run any more: see stop.
  virtual ~ThreadPool() = default;

  /// Queues `work`; it runs outside this call, on any thread of the pool. It must not throw. Throws
  /// LimitExceeded when kMaxQueued wait already, std::system_error when not even one thread can be
  /// had.
  virtual void start(UniqueFunction<void()> work) = 0;
  /// At most so many run at once from now on; kDefaultThreads until set. 1 to kMaxThreads, else
  /// throws UsageError.
  virtual void adjustPoolsize(std::size_t most) = 0;
  /// Drops what has not begun, in this thread, and waits at most so long for what runs; true when
  /// nothing runs any more. Nothing can be started afterwards.
  virtual bool stop(Duration atMost) = 0;
  /// From a thread of the pool (a real one: from any thread but the reactor's): returns when `gate`
  /// is open. Throws UsageError where that would wait for ever.
  virtual void waitFor(ThreadGate& gate) = 0;
  /// Of a double, which has no threads to tell apart: whether the caller is a call that it runs,
  /// and not waiting.
  virtual bool insideCall() const noexcept { return false; }
};

}  // namespace teasel
