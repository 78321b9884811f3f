// In a program that does not link what counts.

#include <gtest/gtest.h>

#include <teasel/core/errors.hpp>
#include <teasel/props/heap.hpp>
#include <teasel/props/properties.hpp>
#include <teasel/protocol/protocol.hpp>
#include <teasel/protocols/line_receiver.hpp>

namespace teasel::props {
namespace {

TEST(Uncounted, BoundedHeapRefusesToJudge) {
  fakes::World world;
  world.play().send(0, "some bytes");
  const Subject quiet = [](Reactor&, EventLog&) { return std::make_shared<Protocol>(); };
  EXPECT_THROW(boundedHeap(world, quiet), UsageError);
  EXPECT_FALSE(HeapMeter::counted());
}

TEST(Uncounted, ChunkCostRefusesToJudge) {
  struct Mute : LineReceiver {
    void lineReceived(std::string_view) override {}
  };
  fakes::World world;
  world.play().send(0, "some bytes");
  const Subject mute = [](Reactor&, EventLog&) { return std::make_shared<Mute>(); };
  EXPECT_THROW(chunkCost(world, mute), UsageError);
}

}  // namespace
}  // namespace teasel::props
