#include <teasel/drivers/detail/posix/worker_threads.hpp>

#include <pthread.h>
#include <signal.h>

#include <algorithm>
#include <deque>
#include <system_error>
#include <thread>
#include <utility>
#include <vector>

#include <teasel/core/errors.hpp>

namespace teasel::posix {

namespace {

/// Blocks all signals for a scope: threads that begin in it inherit that.
class WithoutSignals {
 public:
  WithoutSignals() noexcept {
    sigset_t all;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before_);
  }
  WithoutSignals(const WithoutSignals&) = delete;
  WithoutSignals& operator=(const WithoutSignals&) = delete;
  ~WithoutSignals() { pthread_sigmask(SIG_SETMASK, &before_, nullptr); }

 private:
  sigset_t before_;
};

class Pool final : public ThreadPool {
 public:
  ~Pool() override {
    while (!stop(std::chrono::seconds(1))) continue;
  }
  void start(UniqueFunction<void()> work) override;
  void adjustPoolsize(std::size_t most) override;
  bool stop(Duration atMost) override;
  void waitFor(ThreadGate& gate) override { gate.wait(); }

 private:
  void loop();
  void begin();
  void joinEnded();

  std::mutex mutex_;
  std::condition_variable work_, ended_;
  std::deque<UniqueFunction<void()>> queue_;
  std::vector<std::thread> threads_;
  std::vector<std::thread::id> endedOnes_;  // of threads_: the pool shrank
  std::size_t most_ = kDefaultThreads, alive_ = 0, idle_ = 0;
  bool stopped_ = false;
};

void Pool::start(UniqueFunction<void()> work) {
  const std::lock_guard lock(mutex_);
  if (stopped_) throw UsageError("the thread pool was stopped");
  if (queue_.size() >= kMaxQueued) throw LimitExceeded("queued calls in threads", kMaxQueued, queue_.size() + 1);
  queue_.push_back(std::move(work));
  if (idle_ < queue_.size() && alive_ < most_) {
    try {
      begin();
    } catch (const std::system_error&) {
      if (alive_ == 0) {
        queue_.pop_back();
        throw;
      }
    }
  }
  work_.notify_one();
}

void Pool::begin() {
  joinEnded();
  const WithoutSignals quiet;
  threads_.emplace_back([this] { loop(); });
  ++alive_;
}

/// Those have left their last lock.
void Pool::joinEnded() {
  for (const std::thread::id id : endedOnes_) {
    const auto ended =
        std::find_if(threads_.begin(), threads_.end(), [id](const std::thread& each) { return each.get_id() == id; });
    ended->join();
    threads_.erase(ended);
  }
  endedOnes_.clear();
}

void Pool::loop() {
  std::unique_lock lock(mutex_);
  for (;;) {
    ++idle_;
    work_.wait(lock, [this] { return stopped_ || !queue_.empty() || alive_ > most_; });
    --idle_;
    if (queue_.empty() || alive_ > most_) break;
    UniqueFunction<void()> work = std::move(queue_.front());
    queue_.pop_front();
    lock.unlock();
    work();
    work.reset();
    lock.lock();
  }
  --alive_;
  endedOnes_.push_back(std::this_thread::get_id());
  // One that left because the pool shrank may have been woken for work.
  if (!queue_.empty()) work_.notify_one();
  ended_.notify_all();
}

void Pool::adjustPoolsize(std::size_t most) {
  if (most < 1 || most > kMaxThreads)
    throw UsageError("a thread pool has 1 to " + std::to_string(kMaxThreads) + " threads, not " + std::to_string(most));
  const std::lock_guard lock(mutex_);
  most_ = most;
  for (std::size_t i = idle_; i < queue_.size() && alive_ < most_; ++i) begin();
  work_.notify_all();
}

bool Pool::stop(Duration atMost) {
  std::deque<UniqueFunction<void()>> dropped;
  std::unique_lock lock(mutex_);
  stopped_ = true;
  dropped.swap(queue_);
  work_.notify_all();
  const bool over = ended_.wait_for(lock, atMost, [this] { return alive_ == 0; });
  lock.unlock();  // what is dropped may look at the pool
  if (!over) return false;
  for (std::thread& each : threads_) each.join();
  threads_.clear();
  endedOnes_.clear();
  return true;
}

}  // namespace

std::unique_ptr<ThreadPool> makeThreadPool() { return std::make_unique<Pool>(); }

}  // namespace teasel::posix
