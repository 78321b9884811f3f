// What programs that link teasel_count_heap take from the heap, counted: operator new and malloc,
// also of C libraries and of the C library itself.
//
// A sanitizer has an allocator of its own, and tells of its blocks by hooks. In other builds with
// glibc the malloc family is replaced, as glibc's manual describes it under "Replacing malloc":
// shared libraries find the functions of the program first. The memory still comes from glibc. The
// operators new and delete of libstdc++ call malloc and free. With another C library only these
// operators are replaced, and C code is not seen.

#include <malloc.h>

#include <cerrno>
#include <cstdint>
#include <cstdlib>
#include <new>

#include <teasel/props/heap.hpp>

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define TEASEL_HEAP_BY_HOOKS
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer) || __has_feature(leak_sanitizer)
#define TEASEL_HEAP_BY_HOOKS
#endif
#endif

#ifdef TEASEL_HEAP_BY_HOOKS

// As in <sanitizer/allocator_interface.h>, which g++ 12 does not bring.
extern "C" int __sanitizer_install_malloc_and_free_hooks(void (*taken)(const volatile void* block, std::size_t size),
                                                         void (*given)(const volatile void* block));
extern "C" std::size_t __sanitizer_get_allocated_size(const volatile void* block);

namespace {

void taken(const volatile void* block, std::size_t) { teasel::props::detail::heapTaken(__sanitizer_get_allocated_size(block)); }
void given(const volatile void* block) {
  if (block != nullptr) teasel::props::detail::heapGiven(__sanitizer_get_allocated_size(block));
}
[[maybe_unused]] const int kHooked = __sanitizer_install_malloc_and_free_hooks(taken, given);

}  // namespace

#else

namespace {

void* counted(void* block) noexcept {
  if (block != nullptr) teasel::props::detail::heapTaken(malloc_usable_size(block));
  return block;
}

void giving(void* block) noexcept {
  if (block != nullptr) teasel::props::detail::heapGiven(malloc_usable_size(block));
}

}  // namespace

#ifdef __GLIBC__

extern "C" {

// The allocator behind the functions that are replaced here.
void* __libc_malloc(std::size_t size) noexcept;
void* __libc_calloc(std::size_t count, std::size_t size) noexcept;
void* __libc_realloc(void* block, std::size_t size) noexcept;
void* __libc_memalign(std::size_t alignment, std::size_t size) noexcept;
void __libc_free(void* block) noexcept;

void* malloc(std::size_t size) noexcept { return counted(__libc_malloc(size)); }
void* calloc(std::size_t count, std::size_t size) noexcept { return counted(__libc_calloc(count, size)); }
void* memalign(std::size_t alignment, std::size_t size) noexcept { return counted(__libc_memalign(alignment, size)); }
void* aligned_alloc(std::size_t alignment, std::size_t size) noexcept { return counted(__libc_memalign(alignment, size)); }

void free(void* block) noexcept {
  giving(block);
  __libc_free(block);
}

void* realloc(void* block, std::size_t size) noexcept {
  const std::size_t before = block == nullptr ? 0 : malloc_usable_size(block);
  void* const moved = __libc_realloc(block, size);
  // Without memory the old block stays. A size of 0 frees it.
  if (moved != nullptr || size == 0) teasel::props::detail::heapGiven(before);
  return counted(moved);
}

int posix_memalign(void** block, std::size_t alignment, std::size_t size) noexcept {
  if (alignment < sizeof(void*) || (alignment & (alignment - 1)) != 0) return EINVAL;
  void* const made = memalign(alignment, size);
  if (made == nullptr) return ENOMEM;
  *block = made;
  return 0;
}

void* valloc(std::size_t size) noexcept { return memalign(4096, size); }
void* pvalloc(std::size_t size) noexcept { return memalign(4096, (size + 4095) / 4096 * 4096); }

}  // extern "C"

#else

namespace {

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
  giving(block);
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
#endif
