#include <teasel/fakes/string_transport.hpp>

#include <gtest/gtest.h>

#include <stdexcept>

#include <teasel/core/errors.hpp>
#include <teasel/core/logger.hpp>
#include <teasel/fakes/world/leak_guard.hpp>
#include <teasel/fakes/world/test/world_test_kit.hpp>

namespace teasel::fakes {
namespace {

using namespace std::chrono_literals;
using test::Echo;
using test::Recorder;

TEST(StringTransport, TestsAProtocolInTenLines) {
  StringTransport wire(std::make_shared<Echo>());
  wire.feedBytewise("hello\r\n");
  EXPECT_EQ(wire.value(), "hello\r\n");
  wire.clear();
  wire.feed("bye");
  EXPECT_EQ(wire.value(), "bye");
  wire.endOfStream();
  ASSERT_TRUE(wire.lost());
  EXPECT_TRUE(wire.lost()->check<ConnectionDone>());
}

struct Recorded {
  explicit Recorded(SimDriver::Mode mode = SimDriver::Mode::kReadiness) : mode_(mode) {}
  StringTransport& wire() {
    if (made_ == nullptr) made_ = std::make_unique<StringTransport>(std::make_shared<Recorder>(&log, &does), mode_);
    return *made_;
  }
  test::Log log;
  Recorder::Does does;

 private:
  SimDriver::Mode mode_;
  std::unique_ptr<StringTransport> made_;
};

TEST(StringTransport, FeedsAsTheChunkPlanSays) {
  Recorded it;
  it.wire().feed("abcdef", ChunkPlan::sizes({1, 3}));
  it.wire().feed("xyz", ChunkPlan::whole());
  it.wire().feed("12", ChunkPlan::bytewise().finWithLast());
  EXPECT_EQ(it.log.text(), "made got:a got:bcd got:ef got:xyz got:1 got:2 lost:ConnectionDone");
}

TEST(StringTransport, ShowsWhatLoseConnectionAndAbortDo) {
  Recorded polite, rude;
  polite.does.onData = [](Recorder& self, ByteView) {
    self.transport().write("bye");
    self.transport().loseConnection();
  };
  polite.wire().feed("x");
  EXPECT_EQ(polite.wire().value(), "bye");
  EXPECT_TRUE(polite.wire().sawEof());
  EXPECT_TRUE(polite.wire().disconnecting());
  EXPECT_TRUE(polite.wire().lost()->check<ConnectionDone>());
  rude.does.onData = [](Recorder& self, ByteView) { self.transport().abortConnection(); };
  rude.wire().feed("x");
  EXPECT_TRUE(rude.wire().sawReset());
  EXPECT_TRUE(rude.wire().lost()->check<ConnectionAborted>());
}

TEST(StringTransport, AResetEndsInConnectionLost) {
  Recorded it;
  it.wire().reset();
  EXPECT_EQ(it.log.text(), "made lost:ConnectionLost");
}

TEST(StringTransport, LetsTimePassAtEachDeadline) {
  Recorded it;
  std::vector<Duration> ran;
  StringTransport& wire = it.wire();
  const Instant start = wire.clock().now();
  wire.clock().callLater(2s, [&] { ran.push_back(wire.clock().now() - start); });
  wire.clock().callLater(1s, [&] {
    wire.transport().write("tick");
    ran.push_back(wire.clock().now() - start);
  });
  wire.advance(5s);
  EXPECT_EQ(ran, (std::vector<Duration>{1s, 2s}));
  EXPECT_EQ(wire.value(), "tick");
  EXPECT_EQ(wire.clock().now() - start, 5s);
}

TEST(StringTransport, AdvanceToNextStopsAtTheEarliestDeadlineAndIsFalseWhenThereIsNone) {
  StringTransport wire(std::make_shared<Echo>());
  EXPECT_FALSE(wire.advanceToNext());
  std::string ran;
  const Instant start = wire.clock().now();
  wire.clock().callLater(5s, [&] { ran += "late "; });
  wire.clock().callLater(2s, [&] {
    ran += "early ";
    wire.transport().write("tick");
  });
  EXPECT_TRUE(wire.advanceToNext());
  EXPECT_EQ(ran, "early ");
  EXPECT_EQ(wire.value(), "tick") << "what the call wrote has arrived";
  EXPECT_EQ(wire.clock().now() - start, 2s);
  EXPECT_TRUE(wire.advanceToNext());
  EXPECT_EQ(ran, "early late ");
  EXPECT_FALSE(wire.advanceToNext());
  EXPECT_EQ(wire.clock().now() - start, 5s) << "time stands when nothing is due";
}

TEST(StringTransport, AdvanceToNextMeetsTheEndOfALinger) {
  Recorded it;
  it.does.onData = [](Recorder& self, ByteView) { self.transport().loseConnection(); };
  it.wire().feed("bye");
  const Instant closed = it.wire().clock().now();
  EXPECT_TRUE(it.wire().advanceToNext());
  EXPECT_EQ(it.wire().clock().now() - closed, 2s);
  EXPECT_FALSE(it.wire().advanceToNext());
}

TEST(StringTransport, PumpAdvancesByEachStepAndSaysWhereItWasGivenANegativeOne) {
  StringTransport wire(std::make_shared<Echo>());
  int ran = 0;
  wire.clock().callLater(3s, [&] { ++ran; });
  wire.pump({1s, 1s});
  EXPECT_EQ(ran, 0);
  const std::vector<Duration> last{1s};
  wire.pump(last);
  EXPECT_EQ(ran, 1);
  const std::string here = "at string_transport_test.cpp:" + std::to_string(__LINE__ + 2);
  try {
    wire.pump({1s, -1s});
    FAIL() << "went back";
  } catch (const NegativeDelay& error) {
    EXPECT_NE(std::string(error.what()).find(here), std::string::npos) << error.what();
  }
}

TEST(StringTransport, PendingCountsTheDelayedCallsThatWait) {
  StringTransport wire(std::make_shared<Echo>());
  EXPECT_EQ(wire.pending(), 0u);
  wire.clock().callLater(1s, [] {});
  DelayedCall cancelled = wire.clock().callLater(2s, [] {});
  EXPECT_EQ(wire.pending(), 2u);
  cancelled.cancel();
  EXPECT_EQ(wire.pending(), 1u);
  wire.advance(1s);
  EXPECT_EQ(wire.pending(), 0u);
}

TEST(StringTransport, StopReadingIsBackpressure) {
  Recorded it;
  it.wire().stopReading();
  const std::string large(100'000, 'x');
  it.wire().transport().write(large);
  it.wire().settle();
  EXPECT_GT(it.wire().transport().pendingBytes(), 0u);
  EXPECT_EQ(it.wire().value(), "");
  it.wire().read();
  EXPECT_EQ(it.wire().value(), large);
  EXPECT_EQ(it.wire().transport().pendingBytes(), 0u);
}

/// Writes pieces of five bytes, as many as the test sets, and notes its calls.
struct Pieces final : Producer {
  explicit Pieces(Transport& to) : transport(to) {}
  void pauseProducing() override { calls += 'p'; }
  void resumeProducing() override {
    calls += 'r';
    if (left == 0) return transport.unregisterProducer();
    --left;
    transport.write("piece");
  }
  void stopProducing() override { calls += 's'; }
  Transport& transport;
  std::string calls;
  int left = 0;
};

TEST(StringTransport, AWindowThatIsExactlyFullPausesNobodyAndOneByteMoreDoes) {
  StringTransport wire(std::make_shared<Echo>(), SimDriver::Mode::kReadiness, 10);
  wire.stopReading();
  const auto producer = std::make_shared<Pieces>(wire.transport());
  wire.transport().setWaterMarks(0, 0);
  wire.transport().registerProducer(producer, true);
  wire.transport().write("0123456789");
  wire.settle();
  EXPECT_EQ(wire.transport().pendingBytes(), 0u);
  EXPECT_EQ(producer->calls, "");
  wire.transport().write("!");
  wire.settle();
  EXPECT_EQ(producer->calls, "p");
  wire.read(1);
  EXPECT_EQ(producer->calls, "pr");
  EXPECT_EQ(wire.value(), "0");
}

TEST(StringTransport, APullProducerFillsTheWindowAndIsAskedAgainByEachPieceThatIsRead) {
  for (const SimDriver::Mode mode : {SimDriver::Mode::kReadiness, SimDriver::Mode::kCompletion}) {
    StringTransport wire(std::make_shared<Echo>(), mode, 10);
    wire.stopReading();
    const auto producer = std::make_shared<Pieces>(wire.transport());
    producer->left = 5;
    wire.transport().registerProducer(producer, false);
    wire.transport().loseConnection();
    wire.settle();
    EXPECT_EQ(producer->calls, "rrr") << "two fill the window, the third waits";
    EXPECT_EQ(wire.transport().pendingBytes(), 5u);
    wire.read(5);
    EXPECT_EQ(producer->calls, "rrrr");
    EXPECT_EQ(wire.lost(), nullptr);
    wire.read();
    EXPECT_EQ(producer->calls, "rrrrrr");
    EXPECT_EQ(wire.value(), "piecepiecepiecepiecepiece");
    EXPECT_TRUE(wire.sawEof());
    ASSERT_NE(wire.lost(), nullptr);
    EXPECT_EQ(wire.lost()->name(), "ConnectionDone");
  }
}

TEST(StringTransport, StopsTheProducerOfAConnectionThatIsReset) {
  Recorded it;
  const auto producer = std::make_shared<Pieces>(it.wire().transport());
  it.wire().transport().registerProducer(producer, true);
  it.wire().reset();
  EXPECT_EQ(producer->calls, "s");
}

TEST(StringTransport, AProducerThatIsRegisteredWhenTheReactorIsGoneIsLetGo) {
  const auto protocol = std::make_shared<Echo>();
  {
    const StringTransport wire(protocol);
  }
  const auto producer = std::make_shared<Pieces>(protocol->transport());
  protocol->transport().registerProducer(producer, true);
  EXPECT_EQ(producer.use_count(), 1);
  EXPECT_EQ(producer->calls, "");
}

TEST(StringTransport, AnExceptionOfTheProtocolIsItsReason) {
  LogCapture log;
  Recorded it;
  it.does.onData = [](Recorder&, ByteView) { throw std::runtime_error("broken"); };
  it.wire().feed("x");
  ASSERT_TRUE(it.wire().lost());
  EXPECT_STREQ(it.wire().lost()->what(), "broken");
  EXPECT_EQ(log.flushLoggedErrors<std::runtime_error>().size(), 1u);
}

TEST(StringTransport, WorksInCompletionMode) {
  StringTransport wire(std::make_shared<Echo>(), SimDriver::Mode::kCompletion);
  wire.feedBytewise("hello");
  EXPECT_EQ(wire.value(), "hello");
}

TEST(StringTransport, EndsTheConnectionWhenItIsDestroyed) {
  test::Log log;
  Recorder::Does does;
  {
    const StringTransport wire(std::make_shared<Recorder>(&log, &does));
  }
  EXPECT_EQ(log.text(), "made lost:ConnectionDone");
}

TEST(StringTransport, RunsTheTurnsThatItsDestructionBringsAndNoTimer) {
  std::string ran;
  LeakCapture leaks;
  {
    Recorded it;
    it.does.onLost = [&](Recorder&) {
      it.wire().reactor().callFromThread([&] { ran += "next-turn "; });
      it.wire().clock().callLater(1ns, [&] { ran += "timer "; });
    };
    it.wire();
  }
  EXPECT_EQ(ran, "next-turn ");
  EXPECT_EQ(leaks.found().size(), 1u) << "the timer that the protocol set at its end";
}

TEST(StringTransport, ReportsATimerThatOutlivesItsConnection) {
  LeakCapture leaks;
  {
    StringTransport wire(std::make_shared<Echo>());
    wire.clock().callLater(1h, [] {});
  }
  ASSERT_EQ(leaks.found().size(), 1u);
  EXPECT_NE(leaks.found()[0].text.find("string_transport_test.cpp"), std::string::npos);
}

TEST(StringTransport, ACallbackThatTakesTimeMovesTheTimeFromWhichDelaysCount) {
  StringTransport wire(std::make_shared<Protocol>());
  const Instant start = wire.clock().now();
  std::vector<Duration> ran;
  wire.clock().callLater(1s, [&] {
    wire.takeTime(400ms);
    wire.clock().callLater(200ms, [&] { ran.push_back(wire.clock().now() - start); });
  });
  wire.clock().callLater(1200ms, [&] { ran.push_back(wire.clock().now() - start); });
  wire.advance(2s);
  EXPECT_EQ(ran, (std::vector<Duration>{1400ms, 1600ms}));
  EXPECT_EQ(wire.clock().now(), start + 2s);
}

TEST(StringTransport, SaysWhatKeepsItBusyWhenItTakesTooManyTurns) {
  StringTransport wire(std::make_shared<Protocol>());
  UniqueFunction<void()> again = [&] { wire.clock().callLater(0s, [&] { again(); }); };
  again();
  try {
    wire.settle();
    FAIL() << "came to rest";
  } catch (const LimitExceeded& error) {
    const std::string what = error.what();
    EXPECT_NE(what.find("timer made at string_transport_test.cpp:"), std::string::npos) << what;
  }
  for (const PendingCall& call : wire.clock().getDelayedCalls()) EXPECT_EQ(call.at, wire.clock().now());
  again = [] {};
  wire.settle();
}

TEST(StringTransport, RefusesToGoBackInTime) {
  StringTransport wire(std::make_shared<Echo>());
  EXPECT_THROW(wire.advance(-1ns), NegativeDelay);
}

}  // namespace
}  // namespace teasel::fakes
