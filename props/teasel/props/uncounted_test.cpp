// In a program that does not link what counts.

#include <gtest/gtest.h>

#include <teasel/core/errors.hpp>
#include <teasel/props/heap.hpp>
#include <teasel/props/properties.hpp>
#include <teasel/protocol/protocol.hpp>

namespace teasel::props {
namespace {

TEST(Uncounted, BoundedHeapRefusesToJudge) {
  fakes::World world;
  world.play().send(0, "some bytes");
  const Subject quiet = [](Reactor&, EventLog&) { return std::make_shared<Protocol>(); };
  EXPECT_THROW(boundedHeap(world, quiet), UsageError);
  EXPECT_FALSE(HeapMeter::counted());
}

}  // namespace
}  // namespace teasel::props
