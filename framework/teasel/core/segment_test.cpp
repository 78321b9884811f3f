#include <teasel/core/segment.hpp>

#include <gtest/gtest.h>
#include <sanitizer/asan_interface.h>

#include <memory>
#include <span>
#include <string>

#include <teasel/core/file.hpp>
#include <teasel/core/sanitizers.hpp>

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

class Nothing final : public File {
 public:
  std::size_t read(std::uint64_t, std::span<char>) override { return 0; }
};

TEST(Segment, OfAFileKeepsTheFileAndKnowsItsPlaceAlsoBehindDroppedBytes) {
  auto file = std::make_shared<Nothing>();
  Segment segment = Segment::ofFile(file, std::uint64_t{5} << 40, 1000);
  const Segment copy = segment;
  EXPECT_TRUE(segment.isFile());
  EXPECT_FALSE(segment.tryAppend(ByteView("more")));
  segment.dropFront(10);
  EXPECT_EQ(segment.size(), 990u);
  EXPECT_EQ(segment.offset(), (std::uint64_t{5} << 40) + 10);
  EXPECT_EQ(copy.offset(), std::uint64_t{5} << 40);
  EXPECT_EQ(&copy.file(), file.get());
  EXPECT_EQ(file.use_count(), 2);
  segment = Segment(ByteView("in memory"));
  EXPECT_FALSE(segment.isFile());
  EXPECT_FALSE(Segment().isFile());
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

/// Whether AddressSanitizer would report a read.
bool isPoisoned(const char* at) {
#if defined(__SANITIZE_ADDRESS__) || (defined(__clang__) && __has_feature(address_sanitizer))
  return __asan_address_is_poisoned(at) != 0;
#else
  return static_cast<void>(at), false;
#endif
}

TEST(Block, IsReusedAndItsBytesAreOutOfBoundsWhileItWaits) {
  detail::Block* block = detail::Block::make(100);
  char* const bytes = block->bytes();
  EXPECT_FALSE(isPoisoned(bytes));
  detail::Block::free(block);
  EXPECT_EQ(isPoisoned(bytes), detail::kSanitized);
  EXPECT_EQ(isPoisoned(bytes + 99), detail::kSanitized);
  detail::Block* again = detail::Block::make(50);
  EXPECT_EQ(again, block);
  EXPECT_FALSE(isPoisoned(bytes));
  detail::Block::free(again);
}

}  // namespace
}  // namespace teasel
