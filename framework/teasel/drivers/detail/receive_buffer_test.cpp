#include <teasel/drivers/detail/receive_buffer.hpp>

#include <cstring>
#include <functional>

#include <gtest/gtest.h>

namespace teasel::detail {

namespace {

struct Reader final : StreamSink {
  explicit Reader(std::function<void(Chunk&)> f) : read(std::move(f)) {}
  void onConnected() override {}
  void onData(Chunk& chunk) override { read(chunk); }
  void onEof() override {}
  void onWritten(std::size_t) override {}
  void onWriteError(const Failure&) override {}
  void onError(const Failure&) override {}
  std::function<void(Chunk&)> read;
};

void fill(ReceiveBuffer& buffer, std::size_t count) {
  buffer.open();
  std::memset(buffer.bytes(), 'x', count);
}

}  // namespace

TEST(ReceiveBuffer, IsUsedAgainWhenNobodyKeptAChunk) {
  ReceiveBuffer buffer(65536);
  const char* before = buffer.bytes();
  fill(buffer, 60000);
  Reader reader([](Chunk& chunk) { EXPECT_EQ(chunk.size(), 60000u); });
  buffer.deliver(reader, 60000);
  EXPECT_EQ(buffer.bytes(), before);
}

TEST(ReceiveBuffer, GivesWayToWhoKeepsALargeChunk) {
  ReceiveBuffer buffer(65536);
  const char* before = buffer.bytes();
  Segment kept;
  fill(buffer, 60000);
  Reader reader([&](Chunk& chunk) { kept = chunk.retain(chunk.sub(10, 20)); });
  buffer.deliver(reader, 60000);
  EXPECT_NE(buffer.bytes(), before);
  EXPECT_EQ(kept.data(), before + 10) << "shared, not copied";
  EXPECT_EQ(kept.view().text(), std::string(20, 'x'));
}

TEST(ReceiveBuffer, IsNotPinnedBySmallChunks) {
  ReceiveBuffer buffer(65536);
  const char* before = buffer.bytes();
  Segment kept;
  fill(buffer, 100);
  Reader reader([&](Chunk& chunk) { kept = chunk.retain(chunk); });
  buffer.deliver(reader, 100);
  EXPECT_EQ(buffer.bytes(), before);
  EXPECT_EQ(kept.view().text(), std::string(100, 'x'));
}

TEST(ReceiveBuffer, ComesBackAfterAnException) {
  ReceiveBuffer buffer(65536);
  fill(buffer, 60000);
  Reader thrower([](Chunk& chunk) {
    const Segment kept = chunk.retain(chunk);
    throw 1;
  });
  EXPECT_THROW(buffer.deliver(thrower, 60000), int);
  fill(buffer, 3);
  Reader reader([](Chunk& chunk) { EXPECT_EQ(chunk.text(), "xxx"); });
  buffer.deliver(reader, 3);
}

TEST(ReceiveBufferDeathTest, CatchesAViewKeptPastItsCallbackUnderAddressSanitizer) {
  if (!kSanitized) return;
  ReceiveBuffer buffer(65536);
  ByteView kept;
  fill(buffer, 5);
  Reader reader([&](Chunk& chunk) { kept = chunk; });
  buffer.deliver(reader, 5);
  EXPECT_DEATH(std::exit(kept[0]), "use-after-poison");
}

}  // namespace teasel::detail
