#include <teasel/core/detail/pool.hpp>
#include <teasel/core/detail/pool_allocator.hpp>

#include <gtest/gtest.h>

#include <cstdint>
#include <memory>
#include <thread>

namespace teasel::detail {
namespace {

struct Small : Pooled {
  explicit Small(int given) : value(given) {}
  virtual ~Small() = default;
  int value;
};
struct Wide final : Small {
  Wide() : Small(2) {}
  char rest[100] = {};
};
struct alignas(64) Aligned final : Small {
  Aligned() : Small(3) {}
};

TEST(Pool, GivesTheBlockThatCameBackLastToTheNextOfItsSize) {
  if (kSanitized) GTEST_SKIP() << "off under AddressSanitizer";
  const auto first = std::make_unique<Small>(1);
  Small* second = new Small(2);
  const auto* place = reinterpret_cast<const void*>(second);
  delete second;
  const auto third = std::make_unique<Small>(3);
  EXPECT_EQ(place, static_cast<const void*>(third.get()));
}

TEST(Pool, SharedObjectsUseItThroughTheAllocator) {
  if (kSanitized) GTEST_SKIP() << "off under AddressSanitizer";
  auto first = std::allocate_shared<int>(PoolAllocator<int>(), 1);
  const void* place = first.get();
  first.reset();
  const auto second = std::allocate_shared<int>(PoolAllocator<int>(), 2);
  EXPECT_EQ(*second, 2);
  EXPECT_EQ(place, static_cast<const void*>(second.get()));
}

TEST(Pool, TakesBackADerivedObjectThroughItsBase) {
  for (int i = 0; i < 3; ++i) delete static_cast<Small*>(new Wide);
}

TEST(Pool, KeepsTheAlignmentThatATypeAsksFor) {
  const auto object = std::make_unique<Aligned>();
  EXPECT_EQ(reinterpret_cast<std::uintptr_t>(object.get()) % alignof(Aligned), 0u);
}

TEST(Pool, TakesBackWhatAnotherThreadTook) {
  Small* made = nullptr;
  std::thread([&] { made = new Small(7); }).join();
  EXPECT_EQ(made->value, 7);
  delete made;
}

TEST(Pool, LetsGoOfABlockGivenBackAfterItsThreadsListsAreGone) {
  std::thread([] {
    // made before the lists, so it dies after them
    static thread_local const auto late = std::make_unique<Small>(1);
    EXPECT_EQ(late->value, 1);
    delete new Small(2);
  }).join();
}

}  // namespace
}  // namespace teasel::detail
