#include <teasel/protocols/line_only_receiver.hpp>

#include <gtest/gtest.h>

#include <string>

#include <teasel/protocols/framing_test_kit.hpp>

// What it shares with LineReceiver is tested there, what it shares with all framing protocols in
// framing_test.cpp.

namespace teasel {
namespace {

class Lines : public LineOnlyReceiver {
 public:
  explicit Lines(std::size_t maxLength = 5, std::string delimiter = "\r\n") : LineOnlyReceiver(std::move(delimiter), maxLength) {}
  void lineReceived(std::string_view line) override { heard.note("line", line); }
  void lineLengthExceeded(std::string_view line) override {
    heard.note("long", line);
    if (!tolerant) LineOnlyReceiver::lineLengthExceeded(line);
  }
  Story heard;
  bool tolerant = false;
};

void expectStory(ByteView script, const std::string& story, bool tolerant = false) {
  for (const fakes::ChunkPlan& plan : waysToCut(script.size())) {
    Session<Lines> session;
    session.protocol.tolerant = tolerant;
    session.deliver(script, plan);
    ASSERT_EQ(session.protocol.heard.text(), story) << script << " cut by " << plan.text();
  }
}

TEST(LineOnlyReceiver, AcceptsALineOfExactlyMaxLengthWhereverItsDelimiterIsCut) {
  expectStory("12345\r\n12345\r\n", "line[12345] line[12345]");
}

TEST(LineOnlyReceiver, ReportsALineThatIsTooLongOnceWithTheSameBytesHoweverItIsCut) {
  expectStory("ok\r\n123456\r\nx\r\n", "line[ok] long[123456\r]");
  expectStory("123456789\r\nab\r\n", "long[1234567]");
  expectStory("123456789\r\nab\r\n", "long[1234567] line[ab]", true);
}

TEST(LineOnlyReceiver, EndsTheConnectionWithTheLimitAndWhatWasSeen) {
  Session<Lines> session;
  session.deliver("123456\r\n");
  ASSERT_TRUE(session.transport->failed.check<LimitExceeded>() != nullptr);
  EXPECT_STREQ(session.transport->failed.what(), "line length limit is 5, got 7");
}

TEST(LineOnlyReceiver, RefusesAnEmptyDelimiter) { EXPECT_THROW(Lines(5, ""), UsageError); }

TEST(LineOnlyReceiver, SendsALineWithItsDelimiter) {
  Session<Lines> session;
  session.protocol.sendLine("hello");
  session.protocol.sendLine("");
  EXPECT_EQ(session.transport->written, "hello\r\n\r\n");
}

}  // namespace
}  // namespace teasel
