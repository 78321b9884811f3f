#include <teasel/protocols/stateful_protocol.hpp>

#include <gtest/gtest.h>

#include <functional>
#include <string>

#include <teasel/protocols/test/framing_test_kit.hpp>

// What it shares with all framing protocols is tested in framing_test.cpp.

namespace teasel {
namespace {

using test::obey;
using test::Session;
using test::Story;
using test::waysToCut;

/// Commands of one byte: '0' to '9' is the size of a body; 'x' ends; '.' stays; 'h' is huge; 'r' a
/// run of empty states.
class Machine : public StatefulProtocol {
 public:
  explicit Machine(std::size_t maxLength = 100) : StatefulProtocol(maxLength) {}
  State getInitialState() override {
    heard.note("begin", "");
    return {&Machine::command, 1};
  }
  State command(ByteView bytes) {
    heard.note("command", bytes.text());
    if (onCommand) onCommand(bytes[0]);
    if (bytes == "x") return State::end();
    if (bytes == ".") return {};
    if (bytes == "h") return {&Machine::body, 101};
    if (bytes == "r") return {&Machine::nothing, 0};
    return {&Machine::body, static_cast<std::size_t>(bytes[0] - '0')};
  }
  State body(ByteView bytes) {
    heard.note("body", bytes.text());
    obey(*this, bytes.text());
    if (onBody) onBody();
    return {&Machine::command, 1};
  }
  State nothing(ByteView bytes) {
    EXPECT_TRUE(bytes.empty());
    ++empties;
    if (onNothing) onNothing();
    if (empties < run) return {};
    return {&Machine::command, 1};
  }
  Story heard;
  std::size_t run = 3, empties = 0;
  std::function<void(char)> onCommand;
  std::function<void()> onNothing, onBody;
};

void expectStory(ByteView script, const std::string& story) {
  for (const fakes::ChunkPlan& plan : waysToCut(script.size())) {
    Session<Machine> session;
    session.deliver(script, plan);
    ASSERT_EQ(session.protocol.heard.text(), story) << script << " cut by " << plan.text();
  }
}

TEST(StatefulProtocol, GivesEachStateItsBytes) {
  expectStory("3abc1x2yz", "begin[] command[3] body[abc] command[1] body[x] command[2] body[yz]");
}

TEST(StatefulProtocol, KeepsAStateThatReturnsNone) {
  expectStory("..1a.", "begin[] command[.] command[.] command[1] body[a] command[.]");
}

TEST(StatefulProtocol, RunsAStateOfNoBytesRightBehindTheOneBeforeIt) {
  expectStory("0", "begin[] command[0] body[]");
  expectStory("000", "begin[] command[0] body[] command[0] body[] command[0] body[]");
}

TEST(StatefulProtocol, AsksForTheInitialStateOnceWhenTheFirstByteArrives) {
  Session<Machine> session;
  EXPECT_EQ(session.protocol.heard.text(), "");
  session.deliver("1"), session.deliver("a");
  EXPECT_EQ(session.protocol.heard.text(), "begin[] command[1] body[a]");
}

TEST(StatefulProtocol, DoesNotBeginWhilePaused) {
  Session<Machine> session;
  session.transport->held = true;
  session.protocol.dataReceived("1a");
  EXPECT_EQ(session.protocol.heard.text(), "");
  session.resumeUntilRunning();
  EXPECT_EQ(session.protocol.heard.text(), "begin[] command[1] body[a]");
}

TEST(StatefulProtocol, RunsAnInitialStateOfNoBytesBeforeTheFirstByte) {
  struct Early final : Machine {
    State getInitialState() override { return {&Machine::nothing, 0}; }
  };
  Session<Early> session;
  session.protocol.run = 1;
  session.deliver("0");
  EXPECT_EQ(session.protocol.empties, 1u);
  EXPECT_EQ(session.protocol.heard.text(), "command[0] body[]");
}

TEST(StatefulProtocol, RefusesAnInitialStateThatIsNone) {
  struct Stateless final : StatefulProtocol {
    State getInitialState() override { return {}; }
  } protocol;
  EXPECT_THROW(protocol.dataReceived("x"), UsageError);
}

TEST(StatefulProtocol, EndsTheConnectionAtTheEndOfStatesAndDropsWhatFollows) {
  expectStory("1ax1b1c", "begin[] command[1] body[a] command[x]");
  Session<Machine> session;
  session.protocol.dataReceived("x1b");
  session.protocol.dataReceived("1c");
  EXPECT_TRUE(session.transport->closing);
  EXPECT_FALSE(session.transport->failed);
  EXPECT_EQ(session.protocol.bufferedBytes(), 0u);
}

TEST(StatefulProtocol, DropsInputBehindTheEndOfStatesAlsoWithoutATransport) {
  Machine protocol;
  protocol.dataReceived("x1b");
  protocol.dataReceived("1c");
  EXPECT_EQ(protocol.heard.text(), "begin[] command[x]");
  EXPECT_EQ(protocol.bufferedBytes(), 0u);
}

TEST(StatefulProtocol, EndsTheConnectionWhenAStateWantsMoreThanTheLimit) {
  expectStory("1ah1b", "begin[] command[1] body[a] command[h]");
  Session<Machine> session;
  session.deliver("h");
  ASSERT_TRUE(session.transport->failed.check<LimitExceeded>() != nullptr);
  EXPECT_STREQ(session.transport->failed.what(), "state size limit is 100, got 101");
}

TEST(StatefulProtocol, EndsTheConnectionWhenEmptyStatesRunOnAndOn) {
  for (const fakes::ChunkPlan& plan : waysToCut(3)) {
    Session<Machine> session;
    session.protocol.run = 1u << 30;
    session.deliver("r00", plan);
    EXPECT_EQ(session.protocol.empties, StatefulProtocol::kMaxEmptyStates);
    EXPECT_EQ(session.protocol.heard.text(), "begin[] command[r]");
    ASSERT_TRUE(session.transport->failed.check<LimitExceeded>() != nullptr);
    EXPECT_STREQ(session.transport->failed.what(), "limit of empty states in a row is 1000, got 1001");
  }
}

TEST(StatefulProtocol, AllowsAsManyEmptyStatesInARowAsTheLimitSaysAgainAndAgain) {
  Session<Machine> session;
  for (int i = 0; i < 3; ++i) {
    session.protocol.empties = 0;
    session.protocol.run = StatefulProtocol::kMaxEmptyStates;
    session.deliver("r");
    EXPECT_EQ(session.protocol.empties, StatefulProtocol::kMaxEmptyStates);
  }
  EXPECT_FALSE(session.transport->failed) << session.transport->failed;
}

TEST(StatefulProtocol, HoldsAnEmptyStateBackBehindAPause) {
  Session<Machine> session;
  session.protocol.onNothing = [&] { session.transport->pauseProducing(); };
  session.protocol.dataReceived("r1a");
  EXPECT_EQ(session.protocol.empties, 1u);
  session.resumeUntilRunning();
  EXPECT_EQ(session.protocol.empties, 3u);
  EXPECT_EQ(session.protocol.heard.text(), "begin[] command[r] command[1] body[a]");
}

TEST(StatefulProtocol, ResumesIntoAnEmptyStateWithoutFurtherInput) {
  Session<Machine> session;
  session.protocol.onCommand = [&](char) { session.transport->pauseProducing(); };
  session.protocol.dataReceived("0");
  EXPECT_EQ(session.protocol.heard.text(), "begin[] command[0]");
  session.resumeUntilRunning();
  EXPECT_EQ(session.protocol.heard.text(), "begin[] command[0] body[]");
}

TEST(StatefulProtocol, RunsNoEmptyStateAfterLoseConnection) {
  Session<Machine> session;
  session.protocol.onCommand = [&](char) { session.transport->loseConnection(); };
  session.protocol.dataReceived("01a");
  session.protocol.producingResumed();
  session.protocol.dataReceived("1b");
  EXPECT_EQ(session.protocol.heard.text(), "begin[] command[0]");
}

TEST(StatefulProtocol, KeepsTheStateWhoseHandlerThrewButNotItsBytes) {
  Session<Machine> session;
  session.deliver("5throw3ab");
  EXPECT_EQ(session.caught, 1);
  session.deliver("1");
  EXPECT_EQ(session.protocol.heard.text(), "begin[] command[5] body[throw]");
  session.deliver("c");
  EXPECT_EQ(session.protocol.heard.text(), "begin[] command[5] body[throw] body[3ab1c]") << "five bytes, as before";
}

TEST(StatefulProtocol, AllocatesNothingForASizeThatIsOnlyWanted) {
  struct Huge final : StatefulProtocol {
    Huge() : StatefulProtocol(static_cast<std::size_t>(-1)) {}
    State getInitialState() override { return {&Huge::all, std::size_t{1} << 40}; }
    State all(ByteView) { return {}; }
  };
  Session<Huge> session;
  for (int i = 0; i < 100; ++i) session.deliver("0123456789");
  EXPECT_EQ(session.protocol.bufferedBytes(), 1000u);
}

}  // namespace
}  // namespace teasel
