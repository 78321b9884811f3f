#pragma once

#include <cstddef>
#include <cstdint>

namespace teasel::props {

/// Measures how much heap this thread uses while the meter lives. Meters may be nested.
///
/// The meter counts what goes through operator new, in the size of the allocator's blocks, in
/// programs that link the CMake target teasel_count_heap. It does not see what C libraries take
/// from malloc.
class HeapMeter {
 public:
  HeapMeter() noexcept;
  HeapMeter(const HeapMeter&) = delete;
  HeapMeter& operator=(const HeapMeter&) = delete;
  ~HeapMeter();

  /// The most bytes that were in use at once since the meter was made, above those in use then.
  std::size_t peak() const noexcept;
  /// Whether this program counts at all.
  static bool counted() noexcept;

 private:
  const std::int64_t before_, outerPeak_;
};

namespace detail {
/// Called by teasel_count_heap for each block that this thread takes or gives back.
void heapTaken(std::size_t bytes) noexcept;
void heapGiven(std::size_t bytes) noexcept;
}  // namespace detail

}  // namespace teasel::props
