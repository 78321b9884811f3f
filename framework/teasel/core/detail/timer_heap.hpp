#pragma once

#include <cstddef>
#include <cstdint>
#include <new>
#include <utility>
#include <vector>

#include <teasel/core/instant.hpp>

namespace teasel::detail {

/// What the heap keeps of a timer: when it is due, its order among equal times, and the slot where
/// the rest of it lies.
class TimerEntry {
 public:
  /// Later than any other entry.
  TimerEntry() noexcept = default;
  TimerEntry(Instant at, std::uint32_t order, std::uint32_t slot) noexcept
      : at_(at.time_since_epoch().count()), rank_(std::uint64_t{order} << 32 | slot) {}
  Instant at() const noexcept { return Instant(Duration(at_)); }
  std::uint32_t order() const noexcept { return static_cast<std::uint32_t>(rank_ >> 32); }
  std::uint32_t slot() const noexcept { return static_cast<std::uint32_t>(rank_); }
  bool before(const TimerEntry& other) const noexcept { return whole() < other.whole(); }

 private:
  __extension__ using Whole = __int128;
  Whole whole() const noexcept { return static_cast<Whole>(at_) << 64 | rank_; }
  std::int64_t at_ = teasel::kNever.time_since_epoch().count();
  // The order, then the slot, in one word: a copy need not wait for two halves.
  std::uint64_t rank_ = ~std::uint64_t{0};
};

/// An allocator that puts elements 1, 5, 9 and so on of an array at the start of a cache line: each
/// group of four children fills one line.
template <class T>
struct FourToALine {
  using value_type = T;
  static constexpr std::size_t kLine = 64, kAhead = kLine / sizeof(T) - 1;
  static_assert(sizeof(T) * 4 == kLine);
  FourToALine() noexcept = default;
  template <class U>
  explicit FourToALine(const FourToALine<U>&) noexcept {}
  T* allocate(std::size_t count) {
    return static_cast<T*>(::operator new((count + kAhead) * sizeof(T), std::align_val_t{kLine})) + kAhead;
  }
  void deallocate(T* memory, std::size_t) noexcept { ::operator delete(memory - kAhead, std::align_val_t{kLine}); }
  bool operator==(const FourToALine&) const noexcept = default;
};

/// A 4-ary heap whose earliest entry is always known. New entries wait behind the heap, unordered,
/// until something is popped, because many timers are cancelled before that. push and first cost
/// O(1), pop O(log n); in the long run that includes the waiting entries. Only makeRoom throws
/// (std::bad_alloc).
class TimerHeap {
 public:
  using Entries = std::vector<TimerEntry, FourToALine<TimerEntry>>;
  bool empty() const noexcept { return entries_.empty(); }
  /// The earliest entry. When the heap is empty, one that is due kNever.
  const TimerEntry& first() const noexcept { return first_; }
  /// All entries, in no particular order.
  const Entries& entries() const noexcept { return entries_; }

  /// Makes room for one more entry.
  void makeRoom() {
    if (entries_.size() == entries_.capacity()) [[unlikely]]
      entries_.reserve(entries_.empty() ? 15 : 2 * entries_.size());
  }
  /// Call makeRoom first.
  void push(TimerEntry entry) noexcept {
    entries_.push_back(entry);
    if (entry.before(first_)) first_ = entry;
  }
  /// Removes the first entry; there must be one.
  void pop() noexcept {
    if (heaped_ != entries_.size()) order();
    const TimerEntry last = entries_.back();
    entries_.pop_back();
    heaped_ = entries_.size();
    if (!entries_.empty()) {
      // The gap sinks to the bottom, then the last entry rises into it. That entry came from the
      // bottom and seldom rises far.
      std::size_t place = 0;
      for (std::size_t child = least(0); child != 0; child = least(place)) {
        fetchGrandchildren(child);
        entries_[place] = entries_[child];
        place = child;
      }
      rise(place, last);
    }
    showFirst();
  }
  Entries takeAll() noexcept {
    Entries all = std::move(entries_);
    entries_.clear();
    heaped_ = 0;
    showFirst();
    return all;
  }
  /// Takes out what `dead(entry)` names.
  template <class Dead>
  void removeIf(Dead dead) noexcept {
    std::erase_if(entries_, dead);
    makeHeap();
    showFirst();
  }
  /// Gives every entry another order; `rank(entry)` must not change which of two comes first.
  template <class Rank>
  void reorder(Rank rank) noexcept {
    for (TimerEntry& entry : entries_) entry = TimerEntry(entry.at(), rank(entry), entry.slot());
    if (!entries_.empty()) first_ = TimerEntry(first_.at(), rank(first_), first_.slot());
  }

 private:
  static constexpr std::size_t kArity = 4;

  void showFirst() noexcept { first_ = entries_.empty() ? TimerEntry() : entries_.front(); }
  /// Makes those that wait part of the heap: one by one when they are few.
  [[gnu::noinline]] void order() noexcept {
    if (entries_.size() - heaped_ > heaped_ / 2) return makeHeap();
    while (heaped_ < entries_.size()) {
      rise(heaped_, entries_[heaped_]);
      ++heaped_;
    }
  }
  void makeHeap() noexcept {
    heaped_ = entries_.size();
    for (std::size_t place = heaped_ / kArity + 1; place-- > 0;)
      if (place < heaped_) sink(place);
  }
  /// Puts `entry` at `place`, which is free, or above it.
  void rise(std::size_t place, TimerEntry entry) noexcept {
    for (; place > 0 && entry.before(entries_[(place - 1) / kArity]); place = (place - 1) / kArity)
      entries_[place] = entries_[(place - 1) / kArity];
    entries_[place] = entry;
  }
  void sink(std::size_t place) noexcept {
    const TimerEntry entry = entries_[place];
    for (std::size_t child = least(place); child != 0 && entries_[child].before(entry); child = least(place)) {
      entries_[place] = entries_[child];
      place = child;
    }
    entries_[place] = entry;
  }
  /// Prefetches the four groups of grandchildren of `place`, of which the next step needs one. They
  /// are four lines in a row.
  void fetchGrandchildren(std::size_t place) const noexcept {
    const std::size_t first = (place * kArity + 1) * kArity + 1;
    if (first + kArity * kArity > entries_.size()) return;
    for (std::size_t i = 0; i < kArity; ++i) __builtin_prefetch(entries_.data() + first + i * kArity);
  }
  /// The place of the earliest child; 0 if there is none.
  std::size_t least(std::size_t place) const noexcept {
    const std::size_t first = place * kArity + 1, size = heaped_;
    // A sum, because the compiler would make a branch of a condition. Nobody can predict which of
    // the children comes first.
    const auto earlier = [&](std::size_t a, std::size_t b) {
      return a + (b - a) * static_cast<std::size_t>(entries_[b].before(entries_[a]));
    };
    if (first + kArity <= size) [[likely]]
      return earlier(earlier(first, first + 1), earlier(first + 2, first + 3));
    if (first >= size) return 0;
    std::size_t least = first;
    for (std::size_t child = first + 1; child < size; ++child) least = earlier(least, child);
    return least;
  }

  Entries entries_;
  std::size_t heaped_ = 0;  // this many entries form the heap, the others wait behind it
  TimerEntry first_;
};

}  // namespace teasel::detail
