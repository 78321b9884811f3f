#pragma once

#include <cstddef>
#include <cstdint>

namespace teasel::props {

/// Measures how much heap this thread uses while the meter lives. Meters may be nested.
///
/// The meter counts in programs that link the CMake target teasel_count_heap. It counts what goes
/// through operator new and through malloc and its relatives, in the size of the allocator's
/// blocks, also in shared libraries and in C code. It does not see memory from mmap. In builds
/// without a sanitizer and without glibc it sees operator new alone.
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
