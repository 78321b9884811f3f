#include <teasel/protocols/int_n_string_receiver.hpp>

#include <gtest/gtest.h>

#include <string>

#include <teasel/protocols/test/framing_test_kit.hpp>

// What it shares with all framing protocols is tested in framing_test.cpp.

namespace teasel {
namespace {

using test::Draw;
using test::Session;
using test::Story;
using test::waysToCut;

class Strings : public IntNStringReceiver {
 public:
  explicit Strings(std::size_t prefixLength, std::size_t maxLength = kMaxLength) : IntNStringReceiver(prefixLength, maxLength) {}
  void stringReceived(ByteView string) override { heard.note("string", string.text()); }
  void lengthLimitExceeded(std::uint64_t length) override {
    heard.note("long", std::to_string(length));
    if (onLong) onLong();
    else IntNStringReceiver::lengthLimitExceeded(length);
  }
  Story heard;
  std::function<void()> onLong;
};

void expectStory(std::size_t prefixLength, std::size_t maxLength, ByteView script, const std::string& story,
                 const std::function<void()>& onLong = {}) {
  for (const fakes::ChunkPlan& plan : waysToCut(script.size())) {
    Session<Strings> session(prefixLength, maxLength);
    session.protocol.onLong = onLong;
    session.deliver(script, plan);
    ASSERT_EQ(session.protocol.heard.text(), story) << script << " cut by " << plan.text();
  }
}

TEST(IntNStringReceiver, ReadsItsPrefixAsABigEndianNumber) {
  expectStory(1, 99, "\3abc\0\1x", "string[abc] string[] string[x]");
  expectStory(2, 999, ByteView("\0\3abc\0\0\0\1x"), "string[abc] string[] string[x]");
  expectStory(3, 999, ByteView("\0\0\3abc"), "string[abc]");
  expectStory(4, 999, ByteView("\0\0\0\3abc\0\0\0\0"), "string[abc] string[]");
  expectStory(8, 999, ByteView("\0\0\0\0\0\0\0\3abc"), "string[abc]");
  expectStory(2, 999, std::string("\1\2", 2) + std::string(258, 'x'), "string[" + std::string(258, 'x') + "]");
}

TEST(IntNStringReceiver, ReadsPrefixBytesAsUnsigned) {
  expectStory(1, 255, std::string("\xff", 1) + std::string(255, 'x'), "string[" + std::string(255, 'x') + "]");
  expectStory(2, 999, ByteView("\x80\0abc"), "long[32768]");
  expectStory(8, 999, ByteView("\xff\xff\xff\xff\xff\xff\xff\xff"), "long[18446744073709551615]");
}

TEST(IntNStringReceiver, RefusesWidthsThatAreNoPrefix) {
  EXPECT_THROW(Strings(0), UsageError);
  EXPECT_THROW(Strings(9), UsageError);
}

TEST(IntNStringReceiver, JudgesALengthWhenItsPrefixIsComplete) {
  expectStory(2, 5, ByteView("\0\5abcde\0\6"), "string[abcde] long[6]");
  expectStory(2, 5, ByteView("\0\6abcdef\0\1x"), "long[6]");
}

TEST(IntNStringReceiver, EndsTheConnectionWithTheLimitAndWhatWasSeen) {
  Session<Strings> session(4u, 5u);
  session.deliver(ByteView("\1\0\0\0"));
  ASSERT_TRUE(session.transport->failed.check<LimitExceeded>() != nullptr);
  EXPECT_STREQ(session.transport->failed.what(), "string length limit is 5, got 16777216");
}

TEST(IntNStringReceiver, SkipsAStringWhoseLengthAnOverrideIgnores) {
  expectStory(1, 3, "\1a\4wxyz\2bc", "string[a] long[4] string[bc]", [] {});
  expectStory(1, 3, "\4wxyz\5vwxyz\0", "long[4] long[5] string[]", [] {});
}

TEST(IntNStringReceiver, SkipsAStringWhoseLimitHandlerThrew) {
  Session<Strings> session(1u, 3u);
  session.protocol.onLong = [] { throw std::runtime_error("too long"); };
  session.deliver("\1a\4wx");
  session.deliver("yz\2bc");
  EXPECT_EQ(session.protocol.heard.text(), "string[a] long[4] string[bc]");
  EXPECT_EQ(session.caught, 1);
}

TEST(IntNStringReceiver, HoldsNothingOfAStringThatIsSkipped) {
  Session<Strings> session(4u, 3u);
  session.protocol.onLong = [] {};
  session.deliver(ByteView("\0\1\0\0"));
  for (int i = 0; i < 6553; ++i) {
    session.deliver("0123456789");
    ASSERT_EQ(session.protocol.bufferedBytes(), 0u);
  }
  session.deliver(ByteView("012345\0\0\0\1x"));
  EXPECT_EQ(session.protocol.heard.text(), "long[65536] string[x]");
}

TEST(IntNStringReceiver, AllocatesNothingForALengthThatIsOnlyDeclared) {
  Session<Strings> session(8u, static_cast<std::size_t>(-1));
  session.deliver(ByteView("\0\0\4\0\0\0\0\0"));
  for (int i = 0; i < 100; ++i) session.deliver("0123456789");
  EXPECT_EQ(session.protocol.bufferedBytes(), 8u + 1000u);
}

TEST(IntNStringReceiver, SendsAStringBehindItsLength) {
  const auto sent = [](std::size_t prefixLength, const std::string& string) {
    Session<Strings> session(prefixLength);
    session.protocol.sendString(string);
    return session.transport->written;
  };
  EXPECT_EQ(sent(1, "abc"), "\3abc");
  EXPECT_EQ(sent(1, std::string(255, 'x')), "\xff" + std::string(255, 'x'));
  EXPECT_EQ(sent(2, "abc"), std::string("\0\3abc", 5));
  EXPECT_EQ(sent(2, std::string(65535, 'x')), "\xff\xff" + std::string(65535, 'x'));
  EXPECT_EQ(sent(4, std::string(258, 'x')), std::string("\0\0\1\2", 4) + std::string(258, 'x'));
  EXPECT_EQ(sent(8, ""), std::string(8, '\0'));
}

std::string refusal(std::size_t prefixLength, std::size_t maxLength, std::size_t size) {
  Session<Strings> session(prefixLength, maxLength);
  try {
    session.protocol.sendString(std::string(size, 'x'));
  } catch (const StringTooLongError& error) {
    EXPECT_EQ(session.transport->written, "");
    EXPECT_EQ(error.size(), size);
    return error.what();
  }
  return "";
}

TEST(IntNStringReceiver, RefusesToSendWhatItsPrefixCannotSay) {
  EXPECT_EQ(refusal(1, 99999, 256), "a string of 256 bytes is too long: the most that a prefix of 8 bits can say is 255");
  EXPECT_EQ(refusal(2, 99999, 65536), "a string of 65536 bytes is too long: the most that a prefix of 16 bits can say is 65535");
}

TEST(IntNStringReceiver, RefusesToSendMoreThanItsLimit) {
  EXPECT_EQ(refusal(1, 10, 11), "a string of 11 bytes is too long: the maxLength is 10");
  EXPECT_EQ(refusal(4, IntNStringReceiver::kMaxLength, 100000), "a string of 100000 bytes is too long: the maxLength is 99999");
  EXPECT_EQ(refusal(8, 10, 10), "");
}

/// What any cutting of `input` must lead to, by the plainest means.
std::string reference(std::string_view input, std::size_t prefixLength, std::size_t maxLength) {
  std::string story;
  while (input.size() >= prefixLength) {
    std::size_t length = 0;
    for (const char byte : input.substr(0, prefixLength)) length = length * 256 + static_cast<unsigned char>(byte);
    input.remove_prefix(prefixLength);
    if (length > maxLength) story += "long[" + std::to_string(length) + "] ";
    else if (input.size() < length) break;
    else story += "string[" + std::string(input.substr(0, length)) + "] ";
    input.remove_prefix(std::min(length, input.size()));
  }
  if (!story.empty()) story.pop_back();
  return story;
}

TEST(IntNStringReceiver, AgreesWithAPlainReferenceOnRandomInputHoweverItIsCut) {
  Draw below;
  std::size_t tooLong = 0;
  for (int round = 0; round < 20000; ++round) {
    const std::size_t prefixLength = 1 + below(4), maxLength = below(8);
    std::string input(below(40), 'a');
    for (char& byte : input) byte = ByteView("\0\0\0\1\2\5\11x")[below(8)];
    Session<Strings> session(prefixLength, maxLength);
    session.protocol.onLong = [&tooLong] { ++tooLong; };
    session.deliver(input, fakes::ChunkPlan::drawn(input.size(), static_cast<std::uint64_t>(round)));
    ASSERT_EQ(session.protocol.heard.text(), reference(input, prefixLength, maxLength))
        << escaped(input) << " by " << prefixLength;
  }
  EXPECT_GT(tooLong, 5000u);
}

}  // namespace
}  // namespace teasel
