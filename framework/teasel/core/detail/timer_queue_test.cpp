#include <teasel/core/detail/timer_queue.hpp>

#include <gtest/gtest.h>

#include <string>
#include <utility>
#include <vector>

namespace teasel::detail {
namespace {

using namespace std::chrono_literals;

/// Its time stands at the beginning.
class StillClock final : public Clock {};

TEST(TimerQueue, SaysTheNextDeadlineAfterEveryChange) {
  const StillClock clock;
  TimerQueue queue(clock);
  DelayedCall first = queue.add(Instant{} + 1s, [] {}, Site::here());
  DelayedCall second = queue.add(Instant{} + 2s, [] {}, Site::here());
  first.reset(3s);
  EXPECT_EQ(queue.next(), Instant{} + 2s);
  second.cancel();
  EXPECT_EQ(queue.next(), Instant{} + 3s);
  first.cancel();
  EXPECT_EQ(queue.next(), kNever);
  EXPECT_EQ(queue.entries(), 0u);
}

TEST(TimerQueue, DoesNotGrowWithTimersThatAreCancelledOrResetForEver) {
  const StillClock clock;
  TimerQueue queue(clock);
  DelayedCall kept = queue.add(Instant{} + 1s, [] {}, Site::here());
  DelayedCall moved = queue.add(Instant{} + 2s, [] {}, Site::here());
  for (int i = 0; i < 10000; ++i) {
    queue.add(Instant{} + 2s, [] {}, Site::here()).cancel();
    moved.reset(i % 2 == 0 ? 3s : 2s);
    ASSERT_LE(queue.entries(), 4 * queue.size() + 65);
  }
  EXPECT_EQ(queue.size(), 2u);
}

TEST(TimerQueue, ClearTakesWhatDestroyedCallsSet) {
  const StillClock clock;
  TimerQueue queue(clock);
  struct Sets {
    Sets(TimerQueue& q, int n) : queue(&q), more(n) {}
    Sets(Sets&& other) noexcept : queue(std::exchange(other.queue, nullptr)), more(other.more) {}
    ~Sets() {
      if (queue != nullptr && more > 0) queue->add(Instant{} + 1s, Sets(*queue, more - 1), Site::here());
    }
    void operator()() {}
    TimerQueue* queue;
    int more;
  };
  for (int i = 0; i < 50; ++i) queue.add(Instant{} + 2s, Sets(queue, 3), Site::here());
  queue.clear();
  EXPECT_TRUE(queue.empty());
  EXPECT_EQ(queue.entries(), 0u);
  EXPECT_EQ(queue.next(), kNever);
}

TEST(TimerQueue, UsesThePlacesOfFinishedCallsAgain) {
  const StillClock clock;
  TimerQueue queue(clock);
  int runs = 0;
  const DelayedCall held = queue.add(Instant{} + 1s, [&] { ++runs; }, Site::here());
  for (int i = 0; i < 10000; ++i) {
    queue.add(Instant{} + 2s, [&] { ++runs; }, Site::here());
    while (auto call = queue.takeDue(Instant{} + 2s, queue.mark())) call();
  }
  EXPECT_EQ(runs, 10001);
  EXPECT_EQ(held.getTime(), Instant{} + 1s);
}

TEST(TimerQueue, DestroysCallsThatCancelOneAnother) {
  std::vector<DelayedCall> calls(300);
  const StillClock clock;
  TimerQueue queue(clock);
  struct Cancels {
    Cancels(std::vector<DelayedCall>& list, std::size_t which) : calls(&list), index(which) {}
    Cancels(Cancels&& other) noexcept : calls(std::exchange(other.calls, nullptr)), index(other.index) {}
    ~Cancels() {
      if (calls != nullptr) (*calls)[(index + 150) % 300].cancelIfActive();
    }
    void operator()() {}
    std::vector<DelayedCall>* calls;
    std::size_t index;
  };
  for (std::size_t i = 0; i < calls.size(); ++i) calls[i] = queue.add(Instant{} + i * 1s, Cancels(calls, i), Site::here());
  queue.clear();
  EXPECT_TRUE(queue.empty());
  EXPECT_EQ(queue.entries(), 0u);
}

// With this few order numbers they are given anew every hundred settings.
TEST(TimerQueue, KeepsTheOrderWhenTheOrderNumbersComeToTheirEnd) {
  const StillClock clock;
  TimerQueue queue(clock, 200);
  std::vector<int> ran, expected;
  std::vector<DelayedCall> kept;
  for (int i = 0; i < 40; ++i) kept.push_back(queue.add(Instant{} + 1s, [&ran, i] { ran.push_back(i); }, Site::here()));
  for (int i = 0; i < 1000; ++i) {
    DelayedCall passing = queue.add(Instant{} + 1s, [&ran] { ran.push_back(-1); }, Site::here());
    if (i % 25 == 0) kept[static_cast<std::size_t>(i / 25)].reset(1s);
    if (i % 2 == 0) passing.reset(2s);
    passing.cancel();
  }
  for (int i = 0; i < 40; ++i) expected.push_back(i);
  EXPECT_EQ(queue.size(), 40u);
  while (auto call = queue.takeDue(Instant{} + 2s, queue.mark())) call();
  EXPECT_EQ(ran, expected);
}

TEST(TimerQueue, AMarkHoldsWhenTheOrderNumbersComeToTheirEnd) {
  for (int before = 0; before < 70; ++before) {
    const StillClock clock;
    TimerQueue queue(clock, 64);
    std::string ran;
    for (int i = 0; i < before; ++i) queue.add(Instant{}, [] {}, Site::here()).cancel();
    for (int i = 0; i < 5; ++i) queue.add(Instant{}, [&] { ran += 'a'; }, Site::here());
    const std::uint64_t mark = queue.mark();
    for (int i = 0; i < 10; ++i) queue.add(Instant{}, [&] { ran += 'b'; }, Site::here());
    while (auto call = queue.takeDue(Instant{}, mark)) call();
    EXPECT_EQ(ran, "aaaaa") << before;
    while (auto call = queue.takeDue(Instant{}, queue.mark())) call();
    EXPECT_EQ(ran, "aaaaabbbbbbbbbb") << before;
  }
}

}  // namespace
}  // namespace teasel::detail
