#pragma once

#include <cstddef>
#include <new>

#include <teasel/core/detail/pool.hpp>

namespace teasel::detail {

/// Lets std::allocate_shared take object and counts from the pool of this thread.
template <class T>
struct PoolAllocator {
  using value_type = T;  // NOLINT(readability-identifier-naming): std::allocator_traits asks for it
  static_assert(alignof(T) <= __STDCPP_DEFAULT_NEW_ALIGNMENT__);

  PoolAllocator() noexcept = default;
  template <class U>
  PoolAllocator(const PoolAllocator<U>&) noexcept {}
  T* allocate(std::size_t count) { return static_cast<T*>(poolAllocate(count * sizeof(T))); }
  void deallocate(T* memory, std::size_t count) noexcept { poolFree(memory, count * sizeof(T)); }
  friend bool operator==(const PoolAllocator&, const PoolAllocator&) noexcept { return true; }
};

}  // namespace teasel::detail
