// The global operator new and delete of programs that link teasel_count_heap: malloc and free,
// counted. All forms are replaced, because a sanitizer's own ones do not go together with others.
// ThreadSanitizer's cannot be replaced: it tells of its blocks instead.

#include <malloc.h>

#include <cstdlib>
#include <new>

#include <teasel/props/heap.hpp>

#if defined(__has_feature)
#if __has_feature(thread_sanitizer)
#define TEASEL_HEAP_BY_HOOKS
#endif
#endif

#ifdef TEASEL_HEAP_BY_HOOKS

#include <sanitizer/allocator_interface.h>

namespace {

void taken(const volatile void* block, std::size_t) {
  teasel::props::detail::heapTaken(__sanitizer_get_allocated_size(const_cast<const void*>(block)));
}
void given(const volatile void* block) {
  if (block != nullptr) teasel::props::detail::heapGiven(__sanitizer_get_allocated_size(const_cast<const void*>(block)));
}
[[maybe_unused]] const int kHooked = __sanitizer_install_malloc_and_free_hooks(taken, given);

}  // namespace

#else

namespace {

void* counted(void* block) noexcept {
  if (block != nullptr) teasel::props::detail::heapTaken(malloc_usable_size(block));
  return block;
}

void* take(std::size_t size) noexcept { return counted(std::malloc(size > 0 ? size : 1)); }

void* take(std::size_t size, std::align_val_t alignment) noexcept {
  const std::size_t step = static_cast<std::size_t>(alignment);
  if (size > SIZE_MAX - step) return nullptr;
  // aligned_alloc wants a multiple
  return counted(std::aligned_alloc(step, (size + step) / step * step));
}

void* orThrow(void* block) {
  if (block == nullptr) throw std::bad_alloc();
  return block;
}

void give(void* block) noexcept {
  if (block != nullptr) teasel::props::detail::heapGiven(malloc_usable_size(block));
  std::free(block);
}

}  // namespace

void* operator new(std::size_t size) { return orThrow(take(size)); }
void* operator new[](std::size_t size) { return orThrow(take(size)); }
void* operator new(std::size_t size, const std::nothrow_t&) noexcept { return take(size); }
void* operator new[](std::size_t size, const std::nothrow_t&) noexcept { return take(size); }
void* operator new(std::size_t size, std::align_val_t alignment) { return orThrow(take(size, alignment)); }
void* operator new[](std::size_t size, std::align_val_t alignment) { return orThrow(take(size, alignment)); }
void* operator new(std::size_t size, std::align_val_t alignment, const std::nothrow_t&) noexcept { return take(size, alignment); }
void* operator new[](std::size_t size, std::align_val_t alignment, const std::nothrow_t&) noexcept {
  return take(size, alignment);
}

void operator delete(void* block) noexcept { give(block); }
void operator delete[](void* block) noexcept { give(block); }
void operator delete(void* block, std::size_t) noexcept { give(block); }
void operator delete[](void* block, std::size_t) noexcept { give(block); }
void operator delete(void* block, const std::nothrow_t&) noexcept { give(block); }
void operator delete[](void* block, const std::nothrow_t&) noexcept { give(block); }
void operator delete(void* block, std::align_val_t) noexcept { give(block); }
void operator delete[](void* block, std::align_val_t) noexcept { give(block); }
void operator delete(void* block, std::size_t, std::align_val_t) noexcept { give(block); }
void operator delete[](void* block, std::size_t, std::align_val_t) noexcept { give(block); }
void operator delete(void* block, std::align_val_t, const std::nothrow_t&) noexcept { give(block); }
void operator delete[](void* block, std::align_val_t, const std::nothrow_t&) noexcept { give(block); }

#endif
