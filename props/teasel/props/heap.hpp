#pragma once

#include <cstddef>
#include <cstdint>

namespace teasel::props {

/// Measures how much heap this thread uses while it lives; meters may be nested.
///
/// Counted is what goes through operator new, in the size of the allocator's blocks, in programs
/// that link the CMake target teasel_count_heap. What C libraries take from malloc is not seen.
class HeapMeter {
 public:
  HeapMeter() noexcept;
  HeapMeter(const HeapMeter&) = delete;
  HeapMeter& operator=(const HeapMeter&) = delete;
  ~HeapMeter();

  /// The most bytes that were in use at once since it was made, beyond those that were then.
  std::size_t peak() const noexcept;
  /// Whether this program counts at all.
  static bool counted() noexcept;

 private:
  const std::int64_t before_, outerPeak_;
};

namespace detail {
/// What teasel_count_heap tells of this thread's blocks.
void heapTaken(std::size_t bytes) noexcept;
void heapGiven(std::size_t bytes) noexcept;
}  // namespace detail

}  // namespace teasel::props
