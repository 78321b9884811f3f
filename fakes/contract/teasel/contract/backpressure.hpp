#pragma once

#include <teasel/contract/pair.hpp>

/// The contract on backpressure: a side that does not read gets nothing, and a side that writes to
/// it feels that.

namespace teasel::contract {

class ContractBackpressure : public ArmTest {};
GTEST_ALLOW_UNINSTANTIATED_PARAMETERIZED_TEST(ContractBackpressure);

inline Hooks pausing() {
  return {.made = [](Probe& us) { us.transport().pauseProducing(); }};
}

TEASEL_CONTRACT(ContractBackpressure, PausedInConnectionMadeHearsNothingUntilResumed) {
  Pair pair(bench, pausing());
  pair.client->transport().write("held");
  bench.settle();
  EXPECT_EQ(pair.server->story(), "made");
  EXPECT_TRUE(pair.server->transport().paused());
  pair.server->transport().resumeProducing();
  EXPECT_FALSE(pair.server->transport().paused());
  TEASEL_UNTIL(pair.server->received == "held");
}

TEASEL_CONTRACT(ContractBackpressure, PausedInsideDataReceivedHearsNothingMore) {
  Pair pair(bench, {.data = [](Probe& us, ByteView) { us.transport().pauseProducing(); }});
  const std::string sent = pattern(300'000);
  pair.client->transport().write(sent);
  TEASEL_UNTIL(pair.server->deliveries == 1);
  bench.settle();
  EXPECT_EQ(pair.server->deliveries, 1u);
  for (int i = 0; i < 300'000 && pair.server->received.size() < sent.size(); ++i) {
    const std::size_t before = pair.server->deliveries;
    pair.server->transport().resumeProducing();
    TEASEL_UNTIL(pair.server->deliveries > before);
    EXPECT_EQ(pair.server->deliveries, before + 1);
  }
  EXPECT_TRUE(pair.server->received == sent);
}

TEASEL_CONTRACT(ContractBackpressure, PausingAndResumingDoNotCount) {
  Pair pair(bench);
  pair.server->transport().pauseProducing();
  pair.server->transport().pauseProducing();
  pair.client->transport().write("once");
  bench.settle();
  EXPECT_EQ(pair.server->received, "");
  pair.server->transport().resumeProducing();
  TEASEL_UNTIL(pair.server->received == "once");
  EXPECT_EQ(pair.server->resumed, 1u);
}

TEASEL_CONTRACT(ContractBackpressure, ResumingTwiceDeliversOnce) {
  Pair pair(bench, pausing());
  pair.client->transport().write("once");
  bench.settle();
  pair.server->transport().resumeProducing();
  pair.server->transport().resumeProducing();
  bench.settle();
  EXPECT_EQ(pair.server->received, "once");
  EXPECT_EQ(pair.server->resumed, 1u);
}

TEASEL_CONTRACT(ContractBackpressure, ResumingWhatWasNotPausedIsNothing) {
  Pair pair(bench);
  pair.server->transport().resumeProducing();
  bench.settle();
  EXPECT_EQ(pair.server->resumed, 0u);
  EXPECT_EQ(pair.server->story(), "made");
}

TEASEL_CONTRACT(ContractBackpressure, PausedAndResumedInOneCallbackLosesNothing) {
  Pair pair(bench, {.data = [](Probe& us, ByteView) { us.transport().pauseProducing(), us.transport().resumeProducing(); }});
  const std::string sent = pattern(100'000);
  pair.client->transport().write(sent);
  TEASEL_UNTIL(pair.server->received.size() >= sent.size());
  EXPECT_TRUE(pair.server->received == sent);
}

TEASEL_CONTRACT(ContractBackpressure, DataAndEndOfStreamAreHeldWhilePausedAndComeInOrder) {
  Hooks server = pausing();
  server.halfCloseable = true;
  Pair pair(bench, server);
  pair.client->transport().write("last words");
  pair.client->transport().loseConnection();
  bench.settle();
  EXPECT_EQ(pair.server->story(), "made");
  pair.server->transport().resumeProducing();
  TEASEL_UNTIL(pair.server->has("readLost"));
  EXPECT_EQ(pair.server->story(), "made data readLost");
  EXPECT_EQ(pair.server->received, "last words");
}

TEASEL_CONTRACT(ContractBackpressure, AnEndOfStreamAloneIsHeldWhilePaused) {
  Pair pair(bench, pausing());
  pair.client->transport().loseConnection();
  bench.settle();
  EXPECT_EQ(pair.server->story(), "made");
  pair.server->transport().resumeProducing();
  TEASEL_UNTIL(pair.over());
  EXPECT_EQ(pair.server->story(), "made lost:ConnectionDone");
}

TEASEL_CONTRACT(ContractBackpressure, PausedInTheLastDeliveryTheEndOfStreamWaits) {
  Pair pair(bench, {.data = [](Probe& us, ByteView) { us.transport().pauseProducing(); }});
  pair.client->transport().write("x");
  pair.client->transport().loseConnection();
  TEASEL_UNTIL(pair.server->received == "x");
  bench.settle();
  EXPECT_EQ(pair.server->story(), "made data");
  pair.server->transport().resumeProducing();
  TEASEL_UNTIL(pair.over());
}

TEASEL_CONTRACT(ContractBackpressure, APausedConnectionThatIsResetEndsLostAtTheLatestWhenResumed) {
  Pair pair(bench, pausing());
  pair.client->transport().write("perhaps");
  bench.settle();
  pair.client->transport().abortConnection();
  bench.settle();
  pair.server->transport().resumeProducing();
  TEASEL_UNTIL(pair.over());
  EXPECT_TRUE(heardAnAbort(bench, *pair.server)) << bench.describe();
  EXPECT_TRUE(std::string("perhaps").starts_with(pair.server->received));
}

TEASEL_CONTRACT(ContractBackpressure, APausedConnectionWhosePeerIsGoneDoesNotKeepTheLoopBusy) {
  TEASEL_NEEDS(!bench.simulated(), "counts the wakeups of a real loop");
  for (const bool reset : {true, false}) {
    Pair pair(bench, pausing());
    if (reset) pair.client->transport().abortConnection();
    else pair.client->transport().loseConnection();
    bench.pass(50ms);
    Reactor& reactor = bench.server();
    const Instant end = reactor.driver().now() + 60ms;
    int turns = 0;
    for (; reactor.driver().now() < end; ++turns) reactor.turn(std::max(Duration::zero(), end - reactor.driver().now()));
    EXPECT_LT(turns, 50) << (reset ? "after a reset" : "after an end of stream");
  }
}

TEASEL_CONTRACT(ContractBackpressure, APausedConnectionDoesNotHoldUpTheOthers) {
  Pair paused(bench, pausing());
  paused.client->transport().write(pattern(bench.moreThanFits()));
  bench.settle();
  const std::string sent = pattern(bench.simulated() ? 100'000 : 8'000'000);
  Pair busy(bench, {.data = [](Probe& us, ByteView data) { us.transport().write(data); }});
  busy.client->transport().write(sent);
  TEASEL_UNTIL(busy.client->received.size() >= sent.size());
  EXPECT_TRUE(busy.client->received == sent);
  EXPECT_EQ(paused.server->received, "");
}

TEASEL_CONTRACT(ContractBackpressure, AWriterFeelsTheReaderThatIsPaused) {
  const std::string sent = pattern(bench.moreThanFits());
  Pair pair(bench, pausing());
  pair.client->transport().write(sent);
  bench.settle();
  const std::size_t pending = pair.client->transport().pendingBytes();
  EXPECT_GT(pending, 0u);
  EXPECT_EQ(pair.client->transport().counters().bytesSent + pending, sent.size());
  pair.server->transport().resumeProducing();
  TEASEL_UNTIL(pair.server->received.size() >= sent.size());
  EXPECT_TRUE(pair.server->received == sent);
  bench.settle();
  EXPECT_EQ(pair.client->transport().pendingBytes(), 0u);
}

TEASEL_CONTRACT(ContractBackpressure, MoreThanTheWriteLimitEndsWithLimitExceeded) {
  Pair pair(bench, {.data = [](Probe& us, ByteView) {
              us.transport().setWriteLimit(10);
              us.transport().write("0123456789");
              us.transport().write("!");
              us.transport().write("after the end");
            }});
  pair.client->transport().write("?");
  TEASEL_UNTIL(pair.over());
  const auto* error = pair.server->reason.check<LimitExceeded>();
  ASSERT_NE(error, nullptr) << pair.server->reason;
  EXPECT_EQ(error->allowed(), 10u);
  EXPECT_EQ(error->seen(), 11u);
  EXPECT_EQ(pair.server->transport().counters().writesDropped, 1u);
  EXPECT_TRUE(heardAnAbort(bench, *pair.client)) << bench.describe();
}

TEASEL_CONTRACT(ContractBackpressure, TheWriteLimitCountsWhatWaitsAndNotWhatWasSent) {
  const std::string part = pattern(4000);
  Pair pair(bench);
  pair.client->transport().setWriteLimit(4000);
  for (unsigned i = 1; i <= 20; ++i) {
    pair.client->transport().write(part);
    // A driver may learn later than the reader that a write is done.
    TEASEL_UNTIL(pair.server->received.size() == i * part.size() && pair.client->transport().pendingBytes() == 0);
  }
  EXPECT_EQ(pair.client->story(), "made");
}

TEASEL_CONTRACT(ContractBackpressure, TheWriteLimitEndsAConnectionWhosePeerDoesNotRead) {
  Pair pair(bench, pausing());
  pair.client->transport().setWriteLimit(bench.moreThanFits());
  pair.client->transport().write(pattern(bench.moreThanFits()));
  bench.settle();
  pair.client->transport().write(pattern(bench.moreThanFits()));
  TEASEL_UNTIL(pair.client->lost());
  EXPECT_EQ(pair.client->story(), "made lost:LimitExceeded");
  pair.server->transport().resumeProducing();
  TEASEL_UNTIL(pair.server->lost());
  EXPECT_TRUE(heardAnAbort(bench, *pair.server)) << bench.describe();
}

TEASEL_CONTRACT(ContractBackpressure, ProducingResumedComesBeforeTheDataThatWasHeld) {
  std::string order;
  Hooks server = pausing();
  server.resumed = [&](Probe& us) { order += 'r', us.transport().write("resumed"); };
  server.data = [&](Probe&, ByteView) { order += 'd'; };
  Pair pair(bench, server);
  pair.client->transport().write("held");
  bench.settle();
  pair.server->transport().resumeProducing();
  EXPECT_EQ(order, "") << "not inside the call";
  TEASEL_UNTIL(pair.server->received == "held" && pair.client->received == "resumed");
  EXPECT_TRUE(order.starts_with("rd")) << order;
}

TEASEL_CONTRACT(ContractBackpressure, PausingInsideProducingResumedHoldsOn) {
  Hooks server = pausing();
  server.resumed = [](Probe& us) {
    if (us.resumed == 1) us.transport().pauseProducing();
  };
  Pair pair(bench, server);
  pair.client->transport().write("held");
  bench.settle();
  pair.server->transport().resumeProducing();
  bench.settle();
  EXPECT_EQ(pair.server->story(), "made");
  EXPECT_EQ(pair.server->resumed, 1u);
  pair.server->transport().resumeProducing();
  TEASEL_UNTIL(pair.server->received == "held");
}

TEASEL_CONTRACT(ContractBackpressure, LoseConnectionWhilePausedEndsDone) {
  Pair pair(bench, pausing());
  pair.client->transport().write("never read");
  bench.settle();
  pair.server->transport().write("reply");
  pair.server->transport().loseConnection();
  TEASEL_UNTIL(pair.over());
  EXPECT_EQ(pair.server->story(), "made lost:ConnectionDone");
  EXPECT_EQ(pair.client->story(), "made data lost:ConnectionDone");
}

TEASEL_CONTRACT(ContractBackpressure, AbortWhilePausedEndsAborted) {
  Pair pair(bench, pausing());
  pair.client->transport().write("never read");
  bench.settle();
  pair.server->transport().abortConnection();
  TEASEL_UNTIL(pair.over());
  EXPECT_EQ(pair.server->story(), "made lost:ConnectionAborted");
  EXPECT_EQ(pair.client->story(), "made lost:ConnectionLost");
}

TEASEL_CONTRACT(ContractBackpressure, PausedWhileEchoingBothSidesCatchUp) {
  const std::string sent = pattern(bench.moreThanFits());
  Pair pair(bench, {.data = [](Probe& us, ByteView data) { us.transport().write(data); }},
            {.made = [](Probe& us) { us.transport().pauseProducing(); }});
  pair.client->transport().write(sent);
  bench.settle();
  pair.server->transport().pauseProducing();
  bench.settle();
  pair.client->transport().resumeProducing();
  pair.server->transport().resumeProducing();
  TEASEL_UNTIL(pair.client->received.size() >= sent.size());
  EXPECT_TRUE(pair.client->received == sent);
}

}  // namespace teasel::contract
