#include <teasel/drivers/detail/posix/worker_threads.hpp>

#include <gtest/gtest.h>
#include <pthread.h>
#include <signal.h>

#include <atomic>
#include <fstream>
#include <future>
#include <set>
#include <thread>

#include <teasel/core/errors.hpp>

namespace teasel::posix {
namespace {

using namespace std::chrono_literals;

/// Holds threads until it is let go. Made before the pool, whose end waits for them.
struct Barrier {
  std::promise<void> promise;
  std::shared_future<void> open{promise.get_future()};
};

TEST(PosixThreadPool, RunsNoMoreAtOnceThanItsSizeAndAllInTheEnd) {
  std::atomic<int> now{0}, most{0}, ran{0};
  const std::unique_ptr<ThreadPool> pool = makeThreadPool();
  pool->adjustPoolsize(3);
  for (int i = 0; i < 200; ++i)
    pool->start([&] {
      const int running = ++now;
      for (int seen = most; running > seen && !most.compare_exchange_weak(seen, running);) continue;
      std::this_thread::sleep_for(100us);
      --now;
      ++ran;
    });
  while (ran < 200) std::this_thread::sleep_for(1ms);
  EXPECT_LE(most, 3);
  EXPECT_GE(most, 1);
}

TEST(PosixThreadPool, ReusesIdleThreads) {
  std::set<std::thread::id> seen;
  const std::unique_ptr<ThreadPool> pool = makeThreadPool();
  for (int i = 0; i < 20; ++i) {
    const auto ran = std::make_shared<std::promise<std::thread::id>>();
    pool->start([ran] { ran->set_value(std::this_thread::get_id()); });
    seen.insert(ran->get_future().get());
    std::this_thread::sleep_for(1ms);
  }
  EXPECT_LE(seen.size(), ThreadPool::kDefaultThreads);
}

TEST(PosixThreadPool, DropsWhatHasNotBegunWhenItIsStoppedAndWaitsForWhatHas) {
  Barrier barrier;
  std::promise<void> begun;
  bool dropped = true;
  const std::unique_ptr<ThreadPool> pool = makeThreadPool();
  pool->adjustPoolsize(1);
  pool->start([&] {
    begun.set_value();
    barrier.open.wait();
  });
  begun.get_future().wait();
  const auto held = std::make_shared<int>(0);
  pool->start([&dropped, held] { dropped = false; });
  EXPECT_FALSE(pool->stop(1ms));
  EXPECT_EQ(held.use_count(), 1) << "dropped at once, in the thread that stops";
  barrier.promise.set_value();
  EXPECT_TRUE(pool->stop(60s));
  EXPECT_TRUE(dropped);
  EXPECT_THROW(pool->start([] {}), UsageError);
}

TEST(PosixThreadPool, RefusesImpossibleSizesAndMoreThanMayWait) {
  Barrier barrier;
  std::promise<void> begun;
  const std::unique_ptr<ThreadPool> pool = makeThreadPool();
  EXPECT_THROW(pool->adjustPoolsize(0), UsageError);
  EXPECT_THROW(pool->adjustPoolsize(ThreadPool::kMaxThreads + 1), UsageError);
  pool->adjustPoolsize(1);
  pool->start([&] {
    begun.set_value();
    barrier.open.wait();
  });
  begun.get_future().wait();
  for (std::size_t i = 0; i < ThreadPool::kMaxQueued; ++i) pool->start([] {});
  EXPECT_THROW(pool->start([] {}), LimitExceeded);
  pool->stop(0ms);
  barrier.promise.set_value();
}

TEST(PosixThreadPool, ShrinksAndGrows) {
  std::atomic<int> ran{0};
  const std::unique_ptr<ThreadPool> pool = makeThreadPool();
  for (const std::size_t size : {8, 1, 4}) {
    pool->adjustPoolsize(size);
    const int before = ran;
    for (int i = 0; i < 50; ++i) pool->start([&] { ++ran; });
    while (ran < before + 50) std::this_thread::sleep_for(1ms);
  }
}

/// Of this process, from /proc; with the stacks of threads that nobody joined.
std::size_t virtualPages() {
  std::size_t pages = 0;
  std::ifstream("/proc/self/statm") >> pages;
  return pages;
}

TEST(PosixThreadPool, ShrinkingOftenKeepsNoThreadsThatEnded) {
  const std::unique_ptr<ThreadPool> pool = makeThreadPool();
  const auto growAndShrink = [&] {
    Barrier barrier;
    std::atomic<int> begun{0}, over{0};
    pool->adjustPoolsize(8);
    for (int i = 0; i < 8; ++i)
      pool->start([&] {
        ++begun;
        barrier.open.wait();
        ++over;
      });
    while (begun < 8) std::this_thread::sleep_for(100us);
    pool->adjustPoolsize(1);
    barrier.promise.set_value();
    while (over < 8) std::this_thread::sleep_for(100us);
  };
  growAndShrink();
  const std::size_t before = virtualPages();
  for (int i = 0; i < 50; ++i) growAndShrink();
  EXPECT_LT(virtualPages(), before + (std::size_t{1} << 30) / 4096) << "350 threads ended; each has a stack of some MiB";
}

TEST(PosixThreadPool, ItsThreadsTakeNoSignals) {
  std::promise<bool> blocked;
  const std::unique_ptr<ThreadPool> pool = makeThreadPool();
  pool->start([&] {
    sigset_t mask;
    pthread_sigmask(SIG_SETMASK, nullptr, &mask);
    blocked.set_value(sigismember(&mask, SIGINT) == 1 && sigismember(&mask, SIGTERM) == 1);
  });
  EXPECT_TRUE(blocked.get_future().get());
  sigset_t mine;
  pthread_sigmask(SIG_SETMASK, nullptr, &mine);
  EXPECT_EQ(sigismember(&mine, SIGINT), 0) << "the caller's own mask is as before";
}

}  // namespace
}  // namespace teasel::posix
