#include <teasel/props/heap.hpp>

#include <gtest/gtest.h>

#include <cstdlib>
#include <cstring>
#include <memory>
#include <string>
#include <vector>

namespace teasel::props {
namespace {

struct alignas(64) Wide {
  char bytes[256];
};

/// Takes its bytes so that no compiler leaves the allocation out.
template <class T>
std::size_t peakOf(std::size_t count) {
  const HeapMeter meter;
  std::vector<std::unique_ptr<T>> all;
  for (std::size_t i = 0; i < count; ++i) all.push_back(std::make_unique<T>());
  return meter.peak();
}

TEST(HeapMeter, CountsInAProgramThatLinksTheCounter) {
  std::string some(1000, 'x');
  EXPECT_TRUE(HeapMeter::counted());
}

TEST(HeapMeter, SeesThePeakAndNotWhatIsLeft) {
  const HeapMeter meter;
  for (int i = 0; i < 10; ++i) std::string(100'000, 'x');
  EXPECT_GE(meter.peak(), 100'000u);
  EXPECT_LT(meter.peak(), 150'000u);
}

TEST(HeapMeter, SeesAllocationsInsideTheStandardLibrary) {
  const HeapMeter meter;
  std::string grown;
  grown.reserve(1 << 20);
  const char* volatile kept = grown.data();  // or clang++ may leave the allocation out
  EXPECT_NE(kept, nullptr);
  EXPECT_GE(meter.peak(), std::size_t{1} << 20);
}

/// The peak while `take` runs. It gives its block back.
template <class F>
std::size_t peakOfBlock(F&& take) {
  const HeapMeter meter;
  void* volatile block = take();
  std::free(block);
  return meter.peak();
}

TEST(HeapMeter, CountsWhatCCodeTakes) {
  EXPECT_GE(peakOfBlock([] { return std::malloc(100'000); }), 100'000u);
  EXPECT_GE(peakOfBlock([] { return std::calloc(1000, 100); }), 100'000u);
  EXPECT_GE(peakOfBlock([] { return std::aligned_alloc(64, 64 * 2000); }), 64u * 2000);
  EXPECT_GE(peakOfBlock([] {
              void* block = nullptr;
              return posix_memalign(&block, 64, 100'000) == 0 ? block : nullptr;
            }),
            100'000u);
}

TEST(HeapMeter, CountsABlockThatCCodeMakesLargerOnce) {
  const std::size_t peak = peakOfBlock([] { return std::realloc(std::malloc(1000), 1'000'000); });
  EXPECT_GE(peak, 1'000'000u);
  EXPECT_LT(peak, 1'200'000u);
}

TEST(HeapMeter, CountsWhatTheCLibraryTakesItself) {
  const std::string text(100'000, 'x');
  EXPECT_GE(peakOfBlock([&] { return static_cast<void*>(strdup(text.c_str())); }), 100'000u);
}

TEST(HeapMeter, SeesThatCCodeGivesItsBlocksBack) {
  const HeapMeter meter;
  for (int i = 0; i < 10; ++i) peakOfBlock([] { return std::malloc(100'000); });
  EXPECT_LT(meter.peak(), 150'000u);
}

TEST(HeapMeter, CountsAlignedObjectsToo) {
  EXPECT_GE(peakOf<Wide>(100), 100 * sizeof(Wide));
  const HeapMeter meter;
  for (int i = 0; i < 100; ++i) std::make_unique<Wide>();
  EXPECT_LT(meter.peak(), 3 * sizeof(Wide)) << "each was freed";
}

TEST(HeapMeter, LeavesTheOuterOneItsPeak) {
  const HeapMeter outer;
  std::string(100'000, 'x');
  {
    const HeapMeter inner;
    std::string(1000, 'x');
    EXPECT_GE(inner.peak(), 1000u);
    EXPECT_LT(inner.peak(), 5000u);
  }
  EXPECT_GE(outer.peak(), 100'000u);
}

TEST(HeapMeter, IsZeroWhereOnlyOlderBlocksAreFreed) {
  auto old = std::make_unique<std::string>(1000, 'x');
  const HeapMeter meter;
  old.reset();
  EXPECT_EQ(meter.peak(), 0u);
}

}  // namespace
}  // namespace teasel::props
