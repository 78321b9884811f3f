#include <teasel/protocols/netstring_receiver.hpp>

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

class Strings : public NetstringReceiver {
 public:
  explicit Strings(std::size_t maxLength = 20) : NetstringReceiver(maxLength) {}
  void stringReceived(ByteView string) override { heard.note("string", string.text()); }
  void netstringError(const Failure& why) override {
    heard.note(why.name(), why.what());
    if (!tolerant) NetstringReceiver::netstringError(why);
  }
  Story heard;
  bool tolerant = false;
};

void expectStory(ByteView script, const std::string& story, bool tolerant = false) {
  for (const fakes::ChunkPlan& plan : waysToCut(script.size())) {
    Session<Strings> session;
    session.protocol.tolerant = tolerant;
    session.deliver(script, plan);
    ASSERT_EQ(session.protocol.heard.text(), story) << script << " cut by " << plan.text();
  }
}

TEST(NetstringReceiver, DeliversBytesOfAnyKind) {
  expectStory("4:\0\n:,,0:,1:,,2:1:,", std::string("string[\0\n:,] string[] string[,] string[1:]", 42));
}

TEST(NetstringReceiver, RefusesAByteThatIsNoDigitWhereALengthBegins) {
  expectStory("3:abc,x", "string[abc] NetstringParseError[byte 0 of a netstring must be a digit, got \"x\"]");
  expectStory(":a,", "NetstringParseError[byte 0 of a netstring must be a digit, got \":\"]");
  expectStory("-1:a,", "NetstringParseError[byte 0 of a netstring must be a digit, got \"-\"]");
}

TEST(NetstringReceiver, RefusesAByteThatIsNoDigitInsideALength) {
  expectStory("1 :a,", "NetstringParseError[byte 1 of a netstring must be a digit or ':', got \" \"]");
  expectStory("3\n", "NetstringParseError[byte 1 of a netstring must be a digit or ':', got \"\\n\"]");
}

TEST(NetstringReceiver, RefusesLeadingZeros) {
  expectStory("05:hello,", "NetstringParseError[byte 1 of a netstring must be ':', got \"5\"]");
  expectStory("00:,", "NetstringParseError[byte 1 of a netstring must be ':', got \"0\"]");
}

TEST(NetstringReceiver, RefusesAStringWithoutItsComma) {
  expectStory("2:abc,", "NetstringParseError[byte 4 of a netstring must be ',', got \"c\"]");
  expectStory("0:;", "NetstringParseError[byte 2 of a netstring must be ',', got \";\"]");
}

TEST(NetstringReceiver, RefusesALengthAboveTheLimitAtTheDigitThatExceedsIt) {
  expectStory("20:abcdefghijklmnopqrst,", "string[abcdefghijklmnopqrst]");
  expectStory("21", "LimitExceeded[netstring length limit is 20, got 21]");
  expectStory("999999999999999999999999999:", "LimitExceeded[netstring length limit is 20, got 99]");
}

TEST(NetstringReceiver, DeliversNothingAfterAnErrorThatAnOverrideIgnores) {
  expectStory("x3:abc,3:abc,", "NetstringParseError[byte 0 of a netstring must be a digit, got \"x\"]", true);
  Session<Strings> session;
  session.protocol.tolerant = true;
  session.deliver("1:ax3:abc,"), session.deliver("1:a"), session.deliver(",");
  EXPECT_TRUE(session.protocol.brokenPeer());
  EXPECT_EQ(session.protocol.bufferedBytes(), 0u);
}

TEST(NetstringReceiver, EndsTheConnectionWithTheError) {
  Session<Strings> session;
  session.deliver("1:a,2:ab!");
  EXPECT_TRUE(session.protocol.brokenPeer());
  const auto* why = session.transport->failed.check<NetstringParseError>();
  ASSERT_TRUE(why != nullptr) << session.transport->failed;
  EXPECT_EQ(why->at(), 4u);
}

TEST(NetstringReceiver, AllocatesNothingForALengthThatIsOnlyDeclared) {
  Session<Strings> session(std::size_t{1} << 50);
  session.deliver("1099511627776:");
  for (int i = 0; i < 100; ++i) session.deliver("0123456789");
  EXPECT_EQ(session.protocol.bufferedBytes(), 14u + 1000u);
}

TEST(NetstringReceiver, TakesTheLargestMaxLength) {
  Session<Strings> session(static_cast<std::size_t>(-1));
  EXPECT_EQ(session.protocol.maxLength(), NetstringReceiver::kLargestMaxLength);
  session.deliver("99999999999999999999999999999999999999:");
  EXPECT_TRUE(session.transport->failed.check<LimitExceeded>() != nullptr) << session.transport->failed;
}

TEST(NetstringReceiver, SendsNetstrings) {
  Session<Strings> session;
  session.protocol.sendString("hello");
  session.protocol.sendString("");
  session.protocol.sendString(std::string(20, 'x'));
  EXPECT_EQ(session.transport->written, "5:hello,0:,20:xxxxxxxxxxxxxxxxxxxx,");
}

TEST(NetstringReceiver, RefusesToSendMoreThanItsLimit) {
  Session<Strings> session;
  try {
    session.protocol.sendString(std::string(21, 'x'));
    FAIL() << "it was sent";
  } catch (const StringTooLongError& error) {
    EXPECT_STREQ(error.what(), "a string of 21 bytes is too long: the maxLength is 20");
    EXPECT_EQ(error.allowed(), 20u);
    EXPECT_EQ(error.size(), 21u);
  }
  EXPECT_EQ(session.transport->written, "");
}

/// What any cutting of `input` must lead to, by the plainest means: whole strings, then whether an
/// error follows.
std::string reference(std::string_view input, std::size_t maxLength) {
  std::string story;
  std::size_t at = 0;
  while (at < input.size()) {
    std::size_t colon = at, length = 0;
    for (; colon < input.size() && input[colon] >= '0' && input[colon] <= '9'; ++colon) {
      if (colon > at && length == 0) return story + "!";
      length = length * 10 + static_cast<std::size_t>(input[colon] - '0');
      if (length > maxLength) return story + "!";
    }
    if (colon == input.size()) return story;
    if (input[colon] != ':' || colon == at) return story + "!";
    if (input.size() < colon + 1 + length + 1) return story;
    if (input[colon + 1 + length] != ',') return story + "!";
    story += "[" + std::string(input.substr(colon + 1, length)) + "]";
    at = colon + 1 + length + 1;
  }
  return story;
}

TEST(NetstringReceiver, AgreesWithAPlainReferenceOnRandomInputHoweverItIsCut) {
  struct Plain final : NetstringReceiver {
    using NetstringReceiver::NetstringReceiver;
    void stringReceived(ByteView string) override { story += "[" + string.str() + "]"; }
    void netstringError(const Failure& why) override {
      story += "!";
      NetstringReceiver::netstringError(why);
    }
    std::string story;
  };
  Draw below;
  std::size_t strings = 0, errors = 0;
  for (int round = 0; round < 20000; ++round) {
    std::string input;
    while (below(6) != 0) {
      const std::size_t length = below(13);
      if (below(8) == 0) input += "01:;,a"[below(6)];
      else input += std::to_string(length) + ":" + std::string(length, "a,:1"[below(4)]) + ",";
    }
    input.resize(input.size() - below(input.size() / 4 + 1));
    Session<Plain> session(std::size_t{10});
    session.deliver(input, fakes::ChunkPlan::drawn(input.size(), static_cast<std::uint64_t>(round)));
    ASSERT_EQ(session.protocol.story, reference(input, 10)) << escaped(input);
    strings += session.protocol.story.size() > 4, errors += session.transport->closing;
  }
  EXPECT_GT(strings, 5000u);
  EXPECT_GT(errors, 5000u);
}

}  // namespace
}  // namespace teasel
