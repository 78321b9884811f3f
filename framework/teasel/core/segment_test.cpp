#include <teasel/core/segment.hpp>

#include <gtest/gtest.h>

#include <string>

namespace teasel {
namespace {

TEST(Segment, OwnsItsBytes) {
  std::string text = "hello";
  const Segment segment{ByteView(text)};
  text.assign(5, 'x');
  EXPECT_EQ(segment.view(), ByteView("hello"));
}

TEST(Segment, AppendsWhileNobodyElseUsesTheBuffer) {
  Segment segment(ByteView("ab"), 16);
  EXPECT_TRUE(segment.tryAppend(ByteView("cd")));
  const Segment shared = segment;
  EXPECT_FALSE(segment.tryAppend(ByteView("ef")));
  EXPECT_EQ(shared.view(), ByteView("abcd"));
}

TEST(Segment, DoesNotAppendBeyondItsRoom) {
  Segment segment(ByteView("ab"), 2);
  EXPECT_FALSE(segment.tryAppend(ByteView(std::string(100000, 'c'))));
  EXPECT_EQ(segment.view(), ByteView("ab"));
}

TEST(Segment, DropsFromTheFrontAndStillAppends) {
  Segment segment(ByteView("abc"), 16);
  segment.dropFront(2);
  EXPECT_TRUE(segment.tryAppend(ByteView("d")));
  EXPECT_EQ(segment.view(), ByteView("cd"));
}

TEST(Chunk, RetainSharesACountedBufferAndCopiesABorrowedOne) {
  const std::string borrowed = "data";
  const Segment copied = Chunk(ByteView(borrowed)).retain(ByteView(borrowed));
  EXPECT_NE(copied.data(), borrowed.data());
  detail::Block* block = detail::Block::make(16);
  {
    const Chunk chunk(ByteView(block->bytes(), 4), block);
    const Segment shared = chunk.retain(chunk.sub(1, 2));
    EXPECT_EQ(shared.data(), block->bytes() + 1);
    EXPECT_EQ(block->refs, 2u);
  }
  EXPECT_EQ(block->refs, 1u);
  detail::Block::free(block);
}

}  // namespace
}  // namespace teasel
