#include <teasel/fakes/net/chunk_memory.hpp>

#include <gtest/gtest.h>

#include <optional>
#include <string>

#if defined(__SANITIZE_ADDRESS__)
#include <sanitizer/asan_interface.h>
#endif

namespace teasel::fakes {
namespace {

TEST(ChunkMemory, HoldsACopyInEveryMode) {
  for (const auto mode : {ChunkMemory::Mode::kOverwrite, ChunkMemory::Mode::kExact, ChunkMemory::Mode::kRing}) {
    ChunkMemory memory;
    memory.setMode(mode);
    for (std::size_t size : {std::size_t{1}, std::size_t{7}, std::size_t{65536}, ChunkMemory::kRingBytes}) {
      const std::string bytes(size, 'b');
      const ChunkMemory::Held held(memory, bytes);
      EXPECT_EQ(held.view(), ByteView(bytes));
      EXPECT_NE(held.view().data(), bytes.data());
    }
  }
}

TEST(ChunkMemory, OverwritesTheChunkAfterwardsInPlainBuilds) {
  ChunkMemory memory;
  memory.setMode(ChunkMemory::Mode::kOverwrite);
  ByteView kept;
  {
    const ChunkMemory::Held held(memory, "secret");
    kept = held.view();
  }
  EXPECT_EQ(kept, std::string(6, ChunkMemory::kJunk)) << "the buffer is reused, so looking at it is no error here";
}

TEST(ChunkMemory, ANestedChunkDoesNotDisturbTheOuterOne) {
  ChunkMemory memory;
  memory.setMode(ChunkMemory::Mode::kOverwrite);
  const ChunkMemory::Held outer(memory, "outer");
  {
    const ChunkMemory::Held inner(memory, "inner");
  }
  EXPECT_EQ(outer.view(), "outer");
}

TEST(ChunkMemory, TheRingComesRoundForEver) {
  ChunkMemory memory;
  memory.setMode(ChunkMemory::Mode::kRing);
  const std::string bytes(10'000, 'r');
  for (int i = 0; i < 500; ++i) {
    const ChunkMemory::Held held(memory, ByteView(bytes).sub(0, static_cast<std::size_t>(i) * 20 + 1));
    ASSERT_EQ(held.view(), ByteView(bytes).sub(0, held.view().size()));
  }
}

#if defined(__SANITIZE_ADDRESS__)
TEST(ChunkMemory, UnderAddressSanitizerTheRingIsPoisonedBehindAndAfterTheChunk) {
  ChunkMemory memory;
  memory.setMode(ChunkMemory::Mode::kRing);
  const char* data = nullptr;
  {
    const ChunkMemory::Held held(memory, "0123456789");
    data = held.view().data();
    EXPECT_FALSE(__asan_address_is_poisoned(data + 9));
    EXPECT_TRUE(__asan_address_is_poisoned(data + 10));
  }
  EXPECT_TRUE(__asan_address_is_poisoned(data));
}
#endif

}  // namespace
}  // namespace teasel::fakes
