#pragma once

#include <cstddef>
#include <new>
#include <utility>

#include <teasel/core/sanitizers.hpp>

/// Free lists of each thread for small objects that come and go with every event: nodes of
/// Deferreds, errors. Without them a chain of ten callbacks costs three times as much. They are off
/// under sanitizers, so that every object has its own life on the heap. A block may be given back
/// in another thread than the one that took it.
namespace teasel::detail {

struct PoolLists {
  static constexpr std::size_t kStep = 32, kClasses = 16, kMaxKept = 4096;
  struct Block {
    Block* next;
  };
  struct List {
    Block* first;
    std::size_t kept;
  };
  List lists[kClasses];
  bool armed;   // blocks are kept; the end of the thread frees them
  bool closed;  // the thread is ending: no block is kept any more
};

inline thread_local constinit PoolLists poolLists{};

/// Called once in each thread before the first block is kept. False when the thread is ending.
bool armPool() noexcept;

constexpr bool isPooled(std::size_t size) noexcept { return !kSanitized && size <= PoolLists::kStep * PoolLists::kClasses; }
constexpr std::size_t poolClass(std::size_t size) noexcept { return (size - 1) / PoolLists::kStep; }

inline void* poolAllocate(std::size_t size) {
  if (!isPooled(size)) return ::operator new(size);
  PoolLists::List& list = poolLists.lists[poolClass(size)];
  if (PoolLists::Block* block = list.first; block != nullptr) [[likely]] {
    list.first = block->next;
    --list.kept;
    return block;
  }
  return ::operator new((poolClass(size) + 1) * PoolLists::kStep);
}

inline void poolFree(void* memory, std::size_t size) noexcept {
  if (!isPooled(size)) return ::operator delete(memory);
  PoolLists::List& list = poolLists.lists[poolClass(size)];
  if (list.kept >= PoolLists::kMaxKept || (!poolLists.armed && !armPool())) [[unlikely]]
    return ::operator delete(memory);
  list.first = ::new (memory) PoolLists::Block{list.first};
  ++list.kept;
}

/// Makes one T in memory of the pool; poolDelete destroys it.
template <class T, class... Args>
T* poolNew(Args&&... args) {
  if constexpr (alignof(T) > __STDCPP_DEFAULT_NEW_ALIGNMENT__) {
    return new T(std::forward<Args>(args)...);
  } else {
    void* memory = poolAllocate(sizeof(T));
    try {
      return ::new (memory) T(std::forward<Args>(args)...);
    } catch (...) {
      poolFree(memory, sizeof(T));
      throw;
    }
  }
}
template <class T>
void poolDelete(T* object) noexcept {
  if constexpr (alignof(T) > __STDCPP_DEFAULT_NEW_ALIGNMENT__) {
    delete object;
  } else {
    object->~T();
    poolFree(object, sizeof(T));
  }
}

/// Base of classes whose new and delete use the pool.
struct Pooled {
  static void* operator new(std::size_t size) { return poolAllocate(size); }
  static void operator delete(void* memory, std::size_t size) noexcept { poolFree(memory, size); }
  static void* operator new(std::size_t size, std::align_val_t align) { return ::operator new(size, align); }
  static void operator delete(void* memory, std::size_t, std::align_val_t align) noexcept { ::operator delete(memory, align); }
  static void* operator new(std::size_t, void* place) noexcept { return place; }
};

}  // namespace teasel::detail
