#include "usage.hpp"

#include <filesystem>
#include <iterator>

#include <malloc.h>

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define TEASEL_SOAK_SANITIZER_HEAP
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
#define TEASEL_SOAK_SANITIZER_HEAP
#endif
#endif
#if defined(TEASEL_SOAK_SANITIZER_HEAP)
#include <sanitizer/allocator_interface.h>
#endif

namespace teasel::soak {

std::size_t openDescriptors() {
  const std::filesystem::directory_iterator entries("/proc/self/fd");
  // The folder itself is open meanwhile.
  return static_cast<std::size_t>(std::distance(begin(entries), end(entries))) - 1;
}

std::size_t heapInUse() {
#if defined(TEASEL_SOAK_SANITIZER_HEAP)
  return __sanitizer_get_current_allocated_bytes();
#else
  const struct mallinfo2 heap = ::mallinfo2();
  return heap.uordblks + heap.hblkhd;
#endif
}

}  // namespace teasel::soak
