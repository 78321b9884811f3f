// Counts what a program takes by operator new, for the command `bench`. The memory comes from
// malloc, as without this file.

#include "allocations.hpp"

#include <cstdlib>
#include <new>

namespace teasel::bench {

namespace {
thread_local constinit std::uint64_t taken = 0;
}

std::uint64_t allocations() noexcept { return taken; }

}  // namespace teasel::bench

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define TEASEL_BENCH_COUNTS 0
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer) || __has_feature(memory_sanitizer)
#define TEASEL_BENCH_COUNTS 0
#endif
#endif
#ifndef TEASEL_BENCH_COUNTS
#define TEASEL_BENCH_COUNTS 1
#endif

bool teasel::bench::countsAllocations() noexcept { return TEASEL_BENCH_COUNTS != 0; }

#if TEASEL_BENCH_COUNTS

namespace {

void* take(std::size_t size) noexcept {
  ++teasel::bench::taken;
  return std::malloc(size > 0 ? size : 1);
}

void* orThrow(void* block) {
  if (block == nullptr) throw std::bad_alloc();
  return block;
}

}  // namespace

void* operator new(std::size_t size) { return orThrow(take(size)); }
void* operator new[](std::size_t size) { return orThrow(take(size)); }
void* operator new(std::size_t size, const std::nothrow_t&) noexcept { return take(size); }
void* operator new[](std::size_t size, const std::nothrow_t&) noexcept { return take(size); }
void operator delete(void* block) noexcept { std::free(block); }
void operator delete[](void* block) noexcept { std::free(block); }
void operator delete(void* block, std::size_t) noexcept { std::free(block); }
void operator delete[](void* block, std::size_t) noexcept { std::free(block); }
void operator delete(void* block, const std::nothrow_t&) noexcept { std::free(block); }
void operator delete[](void* block, const std::nothrow_t&) noexcept { std::free(block); }

#endif
