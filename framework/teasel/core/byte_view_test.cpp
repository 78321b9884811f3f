#include <teasel/core/byte_view.hpp>

#include <gtest/gtest.h>

#include <type_traits>

namespace teasel {
namespace {

TEST(ByteView, LiteralsKeepTheirZeroBytes) {
  const ByteView view("\0\1\2\3");
  EXPECT_EQ(view.size(), 4u);
  EXPECT_EQ(view[1], 1);
}

TEST(ByteView, IsNotMadeFromAPointerOrAWritableBuffer) {
  static_assert(!std::is_constructible_v<ByteView, const char*>);
  static_assert(!std::is_constructible_v<ByteView, char*>);
  static_assert(!std::is_constructible_v<ByteView, char(&)[512]>);
  static_assert(std::is_constructible_v<ByteView, const char(&)[4]>);
  static_assert(std::is_constructible_v<ByteView, std::string_view>);
}

TEST(ByteView, ComparesByContent) {
  EXPECT_EQ(ByteView("abc"), ByteView(std::string("abc")));
  EXPECT_FALSE(ByteView("abc") == ByteView("abd"));
  EXPECT_EQ(ByteView(), ByteView(""));
}

TEST(ByteView, SubNeverReachesBeyondTheEnd) {
  const ByteView view("hello");
  EXPECT_EQ(view.sub(3), ByteView("lo"));
  EXPECT_EQ(view.sub(1, 2), ByteView("el"));
  EXPECT_TRUE(view.sub(9).empty());
}

TEST(ByteView, PrintsAsEscapedTextInTests) { EXPECT_EQ(testing::PrintToString(ByteView("a\r\n\xf5\"")), "\"a\\r\\n\\xf5\\\"\""); }

TEST(Escaped, WritesADigitAfterAHexEscapeAsAnEscape) {
  EXPECT_EQ(escaped(ByteView("\x01"
                             "2")),
            "\\x01\\x32");
}

TEST(Escaped, SaysHowMuchItLeftOut) { EXPECT_EQ(escaped(std::string(300, 'a'), 3), "aaa... (300 bytes)"); }

}  // namespace
}  // namespace teasel
