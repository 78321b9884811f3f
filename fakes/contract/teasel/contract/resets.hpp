#pragma once

#include <string>
#include <string_view>
#include <vector>

#include <teasel/contract/pair.hpp>
#include <teasel/contract/reset_table.hpp>

/// The contract on resets: bytes that arrived before a reset are heard before it, by the rows of
/// reset_table.hpp. Both ends are transports of Teasel here. Such a peer reads and discards after
/// loseConnection, so rows in which its system would answer our writes by a reset are left out.

namespace teasel::contract {

class ContractResets : public ArmTest {};
GTEST_ALLOW_UNINSTANTIATED_PARAMETERIZED_TEST(ContractResets);

inline bool betweenTransports(const ResetRow& row) {
  if (row.ends == PeerEnds::kResets) return true;
  return row.ends == PeerEnds::kCloses && row.half != HalfClosed::kPeers && row.writes != WeWrite::kAfterTwice;
}

/// Over UNIX sockets a transport that aborts has read what we wrote, so its system tells us nothing
/// but the end. Its loseConnection reads on, as over TCP.
inline std::vector<ResetRow> rowsBetweenTransports(const Bench& bench, HalfClosed half) {
  std::vector<ResetRow> rows;
  for (const ResetRow& row : kResetTable)
    if (row.half == half && betweenTransports(row) && (!bench.unixSockets() || row.ends == PeerEnds::kCloses))
      rows.push_back(row);
  if (!bench.unixSockets()) return rows;
  for (const ResetRow& row : kUnixResetTable)
    if (row.half == half && row.ends == PeerEnds::kResets && !writesBefore(row)) rows.push_back(row);
  return rows;
}

/// A pair on which a row is played.
class PairStage {
 public:
  PairStage(Bench& bench, bool clientActs, bool half)
      : bench_(bench),
        pair_(pairOf(bench, clientActs, {.halfCloseable = true}, {.halfCloseable = half})),
        us_(pair_.them(clientActs)),
        peer_(pair_.us(clientActs)) {}
  Transport& us() { return us_.transport(); }
  const Probe& heard() const { return us_; }
  Probe& peer() { return peer_; }
  void settle() { bench_.pass(bench_.simulated() ? Duration(5s) : Duration(4ms)); }
  void peerTakes() {}
  void peerSends(const std::string& bytes) { peer_.transport().write(bytes), settle(); }
  void peerHalfCloses() { peer_.transport().loseWriteConnection(); }
  void peerResets() { peer_.transport().abortConnection(); }
  void peerCloses() { peer_.transport().loseConnection(); }

 private:
  Bench& bench_;
  Pair pair_;
  Probe& us_;
  Probe& peer_;
};

inline void resetCell(Bench& bench, const ResetRow& row, bool paused, std::size_t size, bool clientActs) {
  SCOPED_TRACE(describe(row) + (paused ? "; paused; " : "; ") + std::to_string(size) + " bytes arrive");
  const std::string_view expected = paused ? row.hearsResumed : row.hears;
  if (expected.empty()) return;
  const std::string arrives = pattern(size);
  PairStage stage(bench, clientActs, row.half != HalfClosed::kNeither);
  playReset(stage, row, paused, arrives);
  stage.settle();
  if (paused && bench.exactResets()) {
    EXPECT_EQ(stage.heard().received, "");
    EXPECT_FALSE(stage.heard().lost()) << bench.describe();
  }
  if (!stage.heard().lost()) stage.us().resumeProducing(), stage.settle();
  // With select a reset behind the end of the stream is heard of only when we write.
  if (!stage.heard().lost()) stage.us().write("?");
  TEASEL_UNTIL(stage.heard().lost());
  const std::string reason = stage.heard().reason.name();
  EXPECT_TRUE(expected.ends_with("lost:" + reason) || (!bench.exactResets() && reason == "ConnectionLost")) << bench.describe();
  EXPECT_TRUE(arrives.starts_with(stage.heard().received));
  EXPECT_TRUE(!bench.exactResets() || stage.heard().received == arrives) << stage.heard().received.size() << " bytes were heard";
  stage.peer().transport().abortConnection();
  TEASEL_UNTIL(stage.peer().lost());
}

inline void resetCells(Bench& bench, HalfClosed half, bool paused) {
  bool clientActs = false;
  for (const ResetRow& row : rowsBetweenTransports(bench, half)) {
    for (const std::size_t size : kResetArrivals) resetCell(bench, row, paused, size, clientActs = !clientActs);
    if (testing::Test::HasFailure()) return;
  }
}

TEASEL_CONTRACT(ContractResets, AReaderHearsEveryByteThatArrivedAndThenTheEnd) { resetCells(bench, HalfClosed::kNeither, false); }
TEASEL_CONTRACT(ContractResets, APausedReaderHearsEveryByteThatArrivedAndThenTheEndWhenItResumes) {
  resetCells(bench, HalfClosed::kNeither, true);
}
TEASEL_CONTRACT(ContractResets, AReaderWhoHasEndedItsDirectionHearsEveryByteThatArrivedAndThenTheEnd) {
  resetCells(bench, HalfClosed::kOurs, false);
  resetCells(bench, HalfClosed::kOurs, true);
}
TEASEL_CONTRACT(ContractResets, AReaderWhosePeerHasEndedItsDirectionHearsEveryByteThatArrivedAndThenTheEnd) {
  resetCells(bench, HalfClosed::kPeers, false);
  resetCells(bench, HalfClosed::kPeers, true);
}

/// Brings a paused server to where a send of its own has met the peer's reset. What the peer said
/// before waits to be read.
class BrokenWhilePaused {
 public:
  explicit BrokenWhilePaused(Bench& bench) : stage(bench, true, false) {
    stage.us().pauseProducing();
    stage.settle();
    stage.peerSends("ERR bad request");
    stage.peerResets();
    stage.settle();
    stage.us().write(pattern(100'000));
    EXPECT_TRUE(bench.until([&] { return stage.us().pendingBytes() == 0; })) << "the output of a failed send is freed";
  }
  PairStage stage;
};

TEASEL_CONTRACT(ContractResets, AfterAFailedSendNothingWaitsAndLaterWritesAreDroppedAndCounted) {
  if (!bench.exactResets()) return;
  BrokenWhilePaused it(bench);
  EXPECT_EQ(it.stage.us().pendingBytes(), 0u);
  it.stage.us().write("more");
  EXPECT_EQ(it.stage.us().counters().writesDropped, 1u);
  EXPECT_EQ(it.stage.us().counters().bytesDropped, 4u);
  EXPECT_TRUE(it.stage.us().connected());
  it.stage.us().resumeProducing();
  TEASEL_UNTIL(it.stage.heard().lost());
  EXPECT_EQ(it.stage.heard().story(), "made data lost:ConnectionLost");
  EXPECT_EQ(it.stage.heard().received, "ERR bad request");
}

TEASEL_CONTRACT(ContractResets, AfterAFailedSendLoseConnectionEndsTheConnectionAtOnce) {
  if (!bench.exactResets()) return;
  BrokenWhilePaused it(bench);
  it.stage.us().loseConnection();
  TEASEL_UNTIL(it.stage.heard().lost());
  EXPECT_EQ(it.stage.heard().story(), "made lost:ConnectionLost") << "what was written could not be flushed";
}

TEASEL_CONTRACT(ContractResets, AfterAFailedSendAbortConnectionEndsTheConnectionAtOnce) {
  if (!bench.exactResets()) return;
  BrokenWhilePaused it(bench);
  it.stage.us().abortConnection();
  TEASEL_UNTIL(it.stage.heard().lost());
  EXPECT_EQ(it.stage.heard().story(), "made lost:ConnectionAborted");
}

}  // namespace teasel::contract
