#pragma once

#include <teasel/contract/pair.hpp>

/// The contract on half-closing: each direction ends by itself, for protocols that say that they
/// can handle this.

namespace teasel::contract {

class ContractHalfClose : public ArmTest {};
GTEST_ALLOW_UNINSTANTIATED_PARAMETERIZED_TEST(ContractHalfClose);

TEASEL_CONTRACT(ContractHalfClose, AReplyToAHalfClosedRequestArrivesInBothDirections) {
  for (const bool clientActs : {true, false}) {
    Hooks answering{.readLost = [](Probe& them) { them.transport().write("reply"), them.transport().loseConnection(); },
                    .halfCloseable = true};
    Pair pair = pairOf(bench, clientActs, {.halfCloseable = true}, answering);
    pair.us(clientActs).transport().write("request");
    pair.us(clientActs).transport().loseWriteConnection();
    TEASEL_UNTIL(pair.over());
    EXPECT_EQ(pair.them(clientActs).story(), "made data readLost lost:ConnectionDone");
    EXPECT_EQ(pair.us(clientActs).story(), "made writeLost data readLost lost:ConnectionDone");
    EXPECT_EQ(pair.us(clientActs).received, "reply");
  }
}

TEASEL_CONTRACT(ContractHalfClose, ReadingGoesOnAfterLoseWriteConnection) {
  const std::string down = pattern(300'000);
  Pair pair(bench, {.halfCloseable = true}, {.halfCloseable = true});
  pair.client->transport().loseWriteConnection();
  TEASEL_UNTIL(pair.server->has("readLost") && pair.client->has("writeLost"));
  pair.server->transport().write(down);
  TEASEL_UNTIL(pair.client->received.size() >= down.size());
  EXPECT_TRUE(pair.client->received == down);
  EXPECT_EQ(pair.client->story(), "made writeLost data");
  EXPECT_TRUE(pair.client->transport().connected());
}

TEASEL_CONTRACT(ContractHalfClose, BothDirectionsHalfClosedEndTheConnectionDone) {
  Pair pair(bench, {.halfCloseable = true}, {.halfCloseable = true});
  pair.client->transport().loseWriteConnection();
  TEASEL_UNTIL(pair.server->has("readLost"));
  pair.server->transport().loseWriteConnection();
  TEASEL_UNTIL(pair.over());
  EXPECT_EQ(pair.server->story(), "made readLost writeLost lost:ConnectionDone");
  EXPECT_EQ(pair.client->story(), "made writeLost readLost lost:ConnectionDone");
}

TEASEL_CONTRACT(ContractHalfClose, LoseWriteConnectionFlushesFirst) {
  const std::string up = pattern(bench.moreThanFits());
  Pair pair(bench, {.halfCloseable = true}, {.halfCloseable = true});
  pair.client->transport().write(up);
  pair.client->transport().loseWriteConnection();
  TEASEL_UNTIL(pair.server->has("readLost"));
  EXPECT_TRUE(pair.server->received == up) << pair.server->received.size();
  EXPECT_EQ(pair.client->story(), "made writeLost");
}

TEASEL_CONTRACT(ContractHalfClose, LoseWriteConnectionTwiceIsToldOnce) {
  Pair pair(bench, {.halfCloseable = true}, {.halfCloseable = true});
  pair.client->transport().loseWriteConnection();
  pair.client->transport().loseWriteConnection();
  TEASEL_UNTIL(pair.client->has("writeLost"));
  pair.client->transport().loseWriteConnection();
  bench.settle();
  EXPECT_EQ(pair.client->story(), "made writeLost");
  EXPECT_EQ(pair.server->story(), "made readLost");
}

TEASEL_CONTRACT(ContractHalfClose, WritesAfterLoseWriteConnectionAreDroppedAndCounted) {
  Pair pair(bench, {.halfCloseable = true}, {.halfCloseable = true});
  pair.client->transport().write("kept");
  pair.client->transport().loseWriteConnection();
  pair.client->transport().write("dropped");
  TEASEL_UNTIL(pair.server->has("readLost"));
  EXPECT_EQ(pair.server->received, "kept");
  EXPECT_EQ(pair.client->transport().counters().writesDropped, 1u);
}

TEASEL_CONTRACT(ContractHalfClose, WithoutHalfCloseableThePeersEndEndsTheConnectionAfterItsReply) {
  const std::string reply = pattern(bench.moreThanFits());
  Pair pair(bench, {.data = [&](Probe& us, ByteView) { us.transport().write(reply); }}, {.halfCloseable = true});
  pair.client->transport().write("?");
  TEASEL_UNTIL(pair.server->transport().counters().bytesWritten > 0);
  pair.client->transport().loseWriteConnection();
  TEASEL_UNTIL(pair.over());
  EXPECT_TRUE(pair.client->received.size() % reply.size() == 0) << pair.client->received.size();
  EXPECT_EQ(pair.server->story(), "made data lost:ConnectionDone");
  EXPECT_TRUE(pair.client->story().ends_with("writeLost data readLost lost:ConnectionDone")) << pair.client->story();
}

TEASEL_CONTRACT(ContractHalfClose, WithoutHalfCloseableLoseWriteConnectionTellsNothingUntilTheEnd) {
  Pair pair(bench, {.halfCloseable = true});
  pair.client->transport().loseWriteConnection();
  TEASEL_UNTIL(pair.server->has("readLost"));
  pair.server->transport().write("still heard");
  TEASEL_UNTIL(pair.client->received == "still heard");
  pair.server->transport().loseConnection();
  TEASEL_UNTIL(pair.over());
  EXPECT_EQ(pair.client->story(), "made data lost:ConnectionDone");
}

TEASEL_CONTRACT(ContractHalfClose, LoseConnectionAfterLoseWriteConnectionEndsAtOnce) {
  Pair pair(bench, {.halfCloseable = true}, {.halfCloseable = true});
  pair.client->transport().loseWriteConnection();
  TEASEL_UNTIL(pair.client->has("writeLost") && pair.server->has("readLost"));
  pair.client->transport().loseConnection();
  TEASEL_UNTIL(pair.client->lost());
  EXPECT_EQ(pair.client->story(), "made writeLost lost:ConnectionDone");
  pair.server->transport().loseConnection();
  TEASEL_UNTIL(pair.over());
}

TEASEL_CONTRACT(ContractHalfClose, AbortInsideReadConnectionLostResetsThePeer) {
  Pair pair(bench, {.readLost = [](Probe& us) { us.transport().abortConnection(); }, .halfCloseable = true},
            {.halfCloseable = true});
  pair.client->transport().loseWriteConnection();
  TEASEL_UNTIL(pair.over());
  EXPECT_EQ(pair.server->story(), "made readLost lost:ConnectionAborted");
  EXPECT_TRUE(heardAnAbort(bench, *pair.client)) << bench.describe();
}

TEASEL_CONTRACT(ContractHalfClose, AbortInsideWriteConnectionLostResetsThePeer) {
  Pair pair(bench, {.halfCloseable = true},
            {.writeLost = [](Probe& us) { us.transport().abortConnection(); }, .halfCloseable = true});
  pair.client->transport().loseWriteConnection();
  TEASEL_UNTIL(pair.client->lost());
  EXPECT_EQ(pair.client->story(), "made writeLost lost:ConnectionAborted");
  bench.settle();
  // A side that has read to the end may hear of a reset (with select it cannot), at the latest when
  // it writes.
  if (!pair.server->lost()) pair.server->transport().write("anybody?");
  TEASEL_UNTIL(pair.over());
  EXPECT_EQ(pair.server->reason.name(), "ConnectionLost");
}

TEASEL_CONTRACT(ContractHalfClose, LoseWriteConnectionInsideConnectionMadeSendsTheGreetingAlone) {
  Hooks once{.made = [](Probe& us) { us.transport().write("take this"), us.transport().loseWriteConnection(); },
             .halfCloseable = true};
  Pair pair(bench, once, {.halfCloseable = true});
  TEASEL_UNTIL(pair.client->has("readLost"));
  EXPECT_EQ(pair.client->received, "take this");
  pair.client->transport().write("thanks");
  TEASEL_UNTIL(pair.server->received == "thanks");
  EXPECT_EQ(pair.server->story(), "made writeLost data");
}

TEASEL_CONTRACT(ContractHalfClose, LoseWriteConnectionInsideReadConnectionLostEndsDone) {
  Pair pair(bench, {.readLost = [](Probe& us) { us.transport().loseWriteConnection(); }, .halfCloseable = true},
            {.halfCloseable = true});
  pair.client->transport().loseWriteConnection();
  TEASEL_UNTIL(pair.over());
  EXPECT_EQ(pair.server->story(), "made readLost writeLost lost:ConnectionDone");
  EXPECT_EQ(pair.client->reason.name(), "ConnectionDone");
}

TEASEL_CONTRACT(ContractHalfClose, AHalfClosedConnectionOutlivesSilence) {
  Pair pair(bench, {.halfCloseable = true}, {.halfCloseable = true});
  pair.client->transport().loseWriteConnection();
  TEASEL_UNTIL(pair.server->has("readLost"));
  bench.settle();
  EXPECT_EQ(pair.server->story(), "made readLost");
  pair.server->transport().write("after a while");
  TEASEL_UNTIL(pair.client->received == "after a while");
}

}  // namespace teasel::contract
