#include <teasel/core/detail/timer_heap.hpp>

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdint>
#include <tuple>
#include <vector>

namespace teasel::detail {
namespace {

/// Always the same numbers.
class Draws {
 public:
  std::uint32_t below(std::uint32_t bound) {
    state_ = state_ * 6364136223846793005u + 1442695040888963407u;
    return static_cast<std::uint32_t>((state_ >> 33) % bound);
  }

 private:
  std::uint64_t state_ = 1;
};

auto rank(const TimerEntry& entry) { return std::tuple(entry.at(), entry.order(), entry.slot()); }
bool earlier(const TimerEntry& a, const TimerEntry& b) { return rank(a) < rank(b); }

TimerEntry entryAt(std::int64_t at, std::uint32_t order, std::uint32_t slot = 0) { return {Instant(Duration(at)), order, slot}; }

void push(TimerHeap& heap, const TimerEntry& entry) {
  heap.makeRoom();
  heap.push(entry);
}

TEST(TimerHeap, OrdersByTimeThenByOrderWhateverTheSignAndSize) {
  EXPECT_TRUE(entryAt(-1, 9).before(entryAt(0, 0)));
  EXPECT_TRUE(entryAt(5, 0xfffffffe, 0).before(entryAt(5, 0xffffffff, 7)));
  EXPECT_FALSE(entryAt(5, 0xffffffff, 0).before(entryAt(5, 0, 0xffffffff)));
  EXPECT_TRUE(TimerEntry(kNever, 3, 4).before(TimerEntry()));
  EXPECT_FALSE(entryAt(5, 1).before(entryAt(5, 1)));
}

TEST(TimerHeap, IsDueNeverWhenEmptyAndAgainWhenEmptied) {
  TimerHeap heap;
  EXPECT_EQ(heap.first().at(), kNever);
  push(heap, entryAt(3, 0));
  EXPECT_EQ(heap.first().at(), Instant(Duration(3)));
  heap.pop();
  EXPECT_TRUE(heap.empty());
  EXPECT_EQ(heap.first().at(), kNever);
}

TEST(TimerHeap, FillsACacheLineWithEachGroupOfFour) {
  TimerHeap heap;
  for (std::uint32_t i = 0; i < 100; ++i) push(heap, entryAt(i, i));
  EXPECT_EQ(reinterpret_cast<std::uintptr_t>(heap.entries().data() + 1) % 64, 0u);
}

TEST(TimerHeap, AgreesWithASortedListUnderAnyMixOfPushesPopsAndRemovals) {
  Draws draws;
  for (int round = 0; round < 50; ++round) {
    TimerHeap heap;
    std::vector<TimerEntry> model;
    std::uint32_t order = 0;
    for (int step = 0; step < 300; ++step) {
      const std::uint32_t what = draws.below(20);
      if (what < 12 || model.empty()) {
        const TimerEntry entry = entryAt(draws.below(40), order++, draws.below(8));
        push(heap, entry);
        model.insert(std::upper_bound(model.begin(), model.end(), entry, earlier), entry);
      } else if (what < 19) {
        heap.pop();
        model.erase(model.begin());
      } else {
        const std::uint32_t slot = draws.below(8);
        const auto dead = [&](const TimerEntry& entry) { return entry.slot() == slot; };
        heap.removeIf(dead);
        std::erase_if(model, dead);
      }
      ASSERT_EQ(heap.entries().size(), model.size());
      ASSERT_EQ(rank(heap.first()), rank(model.empty() ? TimerEntry() : model.front()));
    }
  }
}

TEST(TimerHeap, KeepsItsOrderWhenTheOrdersAreGivenAnew) {
  TimerHeap heap;
  for (std::uint32_t i = 0; i < 200; ++i) push(heap, entryAt(i * 7 % 10, 1000 + i, i));
  heap.reorder([](const TimerEntry& entry) { return entry.order() - 1000; });
  std::vector<std::uint32_t> slots;
  for (TimerEntry last = entryAt(-1, 0); !heap.empty(); heap.pop()) {
    EXPECT_TRUE(last.before(heap.first()));
    EXPECT_EQ(heap.first().order(), heap.first().slot());
    last = heap.first();
    slots.push_back(last.slot());
  }
  EXPECT_EQ(slots.size(), 200u);
}

TEST(TimerHeap, GivesAllOfItAwayAndGoesOnEmpty) {
  TimerHeap heap;
  for (std::uint32_t i = 0; i < 10; ++i) push(heap, entryAt(i, i));
  heap.pop();
  EXPECT_EQ(heap.takeAll().size(), 9u);
  EXPECT_EQ(heap.first().at(), kNever);
  push(heap, entryAt(7, 1));
  push(heap, entryAt(6, 2));
  heap.pop();
  EXPECT_EQ(heap.first().at(), Instant(Duration(7)));
}

}  // namespace
}  // namespace teasel::detail
