#include <teasel/core/detail/pool.hpp>

namespace teasel::detail {

namespace {

/// Frees the kept blocks of a thread when it ends.
struct PoolDrain {
  ~PoolDrain() {
    poolLists.closed = true;
    poolLists.armed = false;
    for (PoolLists::List& list : poolLists.lists) {
      while (PoolLists::Block* block = list.first) {
        list.first = block->next;
        ::operator delete(block);
      }
      list.kept = 0;
    }
  }
};

}  // namespace

bool armPool() noexcept {
  if (poolLists.closed) return false;
  static thread_local PoolDrain drain;
  static_cast<void>(drain);
  poolLists.armed = true;
  return true;
}

}  // namespace teasel::detail
