#include <teasel/props/heap.hpp>

#include <gtest/gtest.h>

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
  EXPECT_GE(meter.peak(), std::size_t{1} << 20);
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
