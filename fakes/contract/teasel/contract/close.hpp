#pragma once

#include <cstdint>

#include <teasel/contract/pair.hpp>

/// The contract on endings: what both sides see for each way to end a connection and for each
/// moment in which it is ended. Each cell runs twice: once the client acts, once the server.

namespace teasel::contract {

class ContractClose : public ArmTest {};
GTEST_ALLOW_UNINSTANTIATED_PARAMETERIZED_TEST(ContractClose);

enum class When : std::uint8_t {
  kWhileIdle,
  kWithQueuedData,
  kWithDataInFlight,
  kAgainstDataInFlight,
  kInConnectionMade,
  kInDataReceived,
  kInConnectionLost,
  kTwice
};

/// The three rows of the table: our reason, the reason of the peer, and whether everything that was
/// written before arrives.
struct CloseOutcome {
  const char *ours, *theirs;
  bool whole;
};
inline CloseOutcome outcomeOf(Way way) {
  if (way == Way::kAbortConnection) return {"ConnectionAborted", "ConnectionLost", false};
  return {"ConnectionDone", "ConnectionDone", true};
}

/// One cell, in which the client or the server acts.
inline void closeCell(Bench& bench, Way way, When when, bool clientActs) {
  // What is on its way for longer than we linger meets a reset. This table does not cover that.
  if (!bench.punctual() && when == When::kAgainstDataInFlight) return;
  const std::string big = pattern(bench.moreThanFits());
  std::string ourBytes, theirBytes;
  Hooks ours, theirs;
  if (when == When::kInConnectionMade) ours.made = [=](Probe& us) { us.transport().write("bye"), act(way, us); };
  if (when == When::kInDataReceived) ours.data = [=](Probe& us, ByteView) { us.transport().write("bye"), act(way, us); };
  if (when == When::kInDataReceived) theirs.made = [](Probe& them) { them.transport().write("?"); };
  if (when == When::kInConnectionLost) ours.lost = [=](Probe& us) { act(way, us), us.transport().write("too late"); };
  if (when == When::kWithDataInFlight) theirs.made = [](Probe& them) { them.transport().pauseProducing(); };
  if (when == When::kAgainstDataInFlight) ours.made = [](Probe& us) { us.transport().pauseProducing(); };
  Pair pair = pairOf(bench, clientActs, ours, theirs);
  Probe &us = pair.us(clientActs), &them = pair.them(clientActs);
  if (when == When::kInConnectionMade || when == When::kInDataReceived) ourBytes = "bye";
  if (when == When::kWithQueuedData) us.transport().write(ourBytes = pattern(10'000));
  if (when == When::kWithDataInFlight) us.transport().write(ourBytes = big);
  if (when == When::kAgainstDataInFlight) them.transport().write(theirBytes = big);
  if (when == When::kWithDataInFlight || when == When::kAgainstDataInFlight) bench.settle();
  if (when != When::kInConnectionMade && when != When::kInDataReceived) act(way, us);
  if (when == When::kTwice) act(way, us);
  if (when == When::kWithDataInFlight) them.transport().resumeProducing();
  if (when == When::kAgainstDataInFlight) us.transport().resumeProducing();
  TEASEL_UNTIL(pair.over());
  bench.settle();  // the probes would notice a second connectionLost
  const CloseOutcome outcome = outcomeOf(way);
  EXPECT_EQ(us.reason.name(), outcome.ours) << bench.describe();
  EXPECT_TRUE(way == Way::kAbortConnection ? heardAnAbort(bench, them) : them.reason.name() == outcome.theirs)
      << bench.describe();
  EXPECT_TRUE(!outcome.whole || them.received == ourBytes)
      << them.received.size() << " of " << ourBytes.size() << " bytes arrived";
  EXPECT_TRUE(ourBytes.starts_with(them.received)) << "what arrived is not what was written";
  // Only after loseWriteConnection we go on reading.
  if (when == When::kAgainstDataInFlight) {
    EXPECT_TRUE(us.received == (way == Way::kLoseWriteConnection ? theirBytes : std::string())) << us.received.size();
  }
}

#define TEASEL_CLOSE_CELL(WayName, WhenName)                                                                                \
  TEASEL_CONTRACT(ContractClose, WayName##WhenName) {                                                                       \
    closeCell(bench, Way::k##WayName, When::k##WhenName, true);                                                             \
    const bool mayFailToConnect = Way::k##WayName == Way::kAbortConnection && When::k##WhenName == When::kInConnectionMade; \
    if (!mayFailToConnect) closeCell(bench, Way::k##WayName, When::k##WhenName, false);                                     \
  }
#define TEASEL_CLOSE_ROW(WayName)                 \
  TEASEL_CLOSE_CELL(WayName, WhileIdle)           \
  TEASEL_CLOSE_CELL(WayName, WithQueuedData)      \
  TEASEL_CLOSE_CELL(WayName, WithDataInFlight)    \
  TEASEL_CLOSE_CELL(WayName, AgainstDataInFlight) \
  TEASEL_CLOSE_CELL(WayName, InConnectionMade)    \
  TEASEL_CLOSE_CELL(WayName, InDataReceived)      \
  TEASEL_CLOSE_CELL(WayName, InConnectionLost)    \
  TEASEL_CLOSE_CELL(WayName, Twice)
TEASEL_CLOSE_ROW(LoseConnection)
TEASEL_CLOSE_ROW(AbortConnection)
TEASEL_CLOSE_ROW(LoseWriteConnection)
#undef TEASEL_CLOSE_ROW
#undef TEASEL_CLOSE_CELL

TEASEL_CONTRACT(ContractClose, AServersAbortInConnectionMadeReachesTheClientBeforeOrAfterItIsConnected) {
  const auto serving = serverFactory(bench, {.made = [](Probe& us) { us.transport().abortConnection(); }});
  const auto connecting = clientFactory(bench);
  const auto port = listen(bench, serving);
  const auto connector = connect(bench, connecting, *port);
  TEASEL_UNTIL(!serving->built.empty() && serving->built[0]->lost() && (connecting->failed() || connecting->lost()));
  EXPECT_EQ(serving->built[0]->story(), "made lost:ConnectionAborted");
  EXPECT_TRUE(connecting->failed() || heardAnAbort(bench, *connecting->built[0])) << connecting->story();
}

TEASEL_CONTRACT(ContractClose, AbortAfterLoseConnectionIsAnAbort) {
  Pair pair(bench, {.data = [](Probe& us, ByteView) { us.transport().loseConnection(), us.transport().abortConnection(); }});
  pair.client->transport().write("?");
  TEASEL_UNTIL(pair.over());
  EXPECT_EQ(pair.server->reason.name(), "ConnectionAborted");
  EXPECT_TRUE(heardAnAbort(bench, *pair.client)) << bench.describe();
}

TEASEL_CONTRACT(ContractClose, LoseConnectionAfterAbortChangesNothing) {
  Pair pair(bench, {.data = [](Probe& us, ByteView) { us.transport().abortConnection(), us.transport().loseConnection(); }});
  pair.client->transport().write("?");
  TEASEL_UNTIL(pair.over());
  EXPECT_EQ(pair.server->reason.name(), "ConnectionAborted");
  EXPECT_TRUE(heardAnAbort(bench, *pair.client)) << bench.describe();
}

TEASEL_CONTRACT(ContractClose, AbortWhileAReplyWaitsForASlowPeerStopsTheWaiting) {
  Pair pair(bench, {}, {.made = [](Probe& them) { them.transport().pauseProducing(); }});
  pair.server->transport().write(pattern(bench.moreThanFits()));
  pair.server->transport().loseConnection();
  bench.settle();
  EXPECT_EQ(pair.server->story(), "made") << "it waits for its reply to go out";
  pair.server->transport().abortConnection();
  TEASEL_UNTIL(pair.server->lost());
  EXPECT_EQ(pair.server->story(), "made lost:ConnectionAborted");
  pair.client->transport().resumeProducing();
  TEASEL_UNTIL(pair.client->lost());
  EXPECT_TRUE(heardAnAbort(bench, *pair.client)) << bench.describe();
}

TEASEL_CONTRACT(ContractClose, FailConnectionFlushesAndGivesItsReasonToConnectionLost) {
  const Failure why(LimitExceeded("patience", 1, 2));
  Pair pair(bench, {.data = [&](Probe& us, ByteView) { us.transport().write("why not"), us.transport().failConnection(why); }});
  pair.client->transport().write("?");
  TEASEL_UNTIL(pair.over());
  EXPECT_TRUE(pair.server->reason.same(why)) << pair.server->reason;
  EXPECT_EQ(pair.client->received, "why not");
  EXPECT_EQ(pair.client->reason.name(), "ConnectionDone");
}

TEASEL_CONTRACT(ContractClose, FailConnectionKeepsItsReasonWhenThePeerResetsDuringTheFlush) {
  const Failure why(LimitExceeded("patience", 1, 2));
  Pair pair(bench, {}, {.made = [](Probe& them) { them.transport().pauseProducing(); }});
  pair.server->transport().write(pattern(bench.moreThanFits()));
  pair.server->transport().failConnection(why);
  bench.settle();
  pair.client->transport().abortConnection();
  TEASEL_UNTIL(pair.over());
  EXPECT_TRUE(pair.server->reason.same(why)) << pair.server->reason;
}

TEASEL_CONTRACT(ContractClose, FailConnectionAfterLoseConnectionChangesNothing) {
  Pair pair(bench);
  pair.server->transport().loseConnection();
  pair.server->transport().failConnection(Failure(LimitExceeded("patience", 1, 2)));
  TEASEL_UNTIL(pair.over());
  EXPECT_EQ(pair.server->reason.name(), "ConnectionDone");
}

TEASEL_CONTRACT(ContractClose, BothSidesLosingAtOnceEndDone) {
  Pair pair(bench);
  pair.server->transport().write("from the server");
  pair.client->transport().loseConnection();
  pair.server->transport().loseConnection();
  TEASEL_UNTIL(pair.over());
  EXPECT_EQ(pair.server->story(), "made lost:ConnectionDone");
  EXPECT_EQ(pair.client->reason.name(), "ConnectionDone");
}

TEASEL_CONTRACT(ContractClose, BothSidesAbortingAtOnceEndOnceEach) {
  Pair pair(bench);
  pair.client->transport().abortConnection();
  pair.server->transport().abortConnection();
  TEASEL_UNTIL(pair.over());
  EXPECT_EQ(pair.client->story(), "made lost:ConnectionAborted");
  EXPECT_EQ(pair.server->story(), "made lost:ConnectionAborted");
}

TEASEL_CONTRACT(ContractClose, AReplyIsNotCutShortByInputThatNobodyRead) {
  if (!bench.punctual()) return;  // input that arrives after the linger time meets a reset
  const std::string reply = pattern(200'000), request = pattern(200'000, 5);
  bool answered = false;
  Hooks server{.data = [&](Probe& us, ByteView) {
    if (!std::exchange(answered, true)) us.transport().write(reply), us.transport().loseConnection();
  }};
  Pair pair(bench, server);
  pair.client->transport().write(request);
  TEASEL_UNTIL(pair.over());
  EXPECT_TRUE(pair.client->received == reply) << pair.client->received.size() << " bytes of the reply arrived";
  EXPECT_EQ(pair.client->reason.name(), "ConnectionDone");
  EXPECT_EQ(pair.server->reason.name(), "ConnectionDone");
}

TEASEL_CONTRACT(ContractClose, AReplyIsNotCutShortWhenReadingIsPaused) {
  if (!bench.punctual()) return;
  const std::string reply = pattern(200'000);
  Pair pair(bench, {.made = [](Probe& us) { us.transport().pauseProducing(); }});
  pair.client->transport().write(pattern(200'000, 5));
  bench.settle();
  pair.server->transport().write(reply);
  pair.server->transport().loseConnection();
  TEASEL_UNTIL(pair.over());
  EXPECT_TRUE(pair.client->received == reply) << pair.client->received.size() << " bytes of the reply arrived";
  EXPECT_EQ(pair.client->reason.name(), "ConnectionDone");
  EXPECT_EQ(pair.server->story(), "made lost:ConnectionDone");
}

TEASEL_CONTRACT(ContractClose, NothingIsDeliveredAfterLoseConnection) {
  Hooks server{.data = [](Probe& us, ByteView) { us.transport().loseConnection(); }};
  Pair pair(bench, server);
  for (int i = 0; i < 20; ++i) pair.client->transport().write(pattern(10'000));
  TEASEL_UNTIL(pair.over());
  EXPECT_EQ(pair.server->deliveries, 1u);
}

TEASEL_CONTRACT(ContractClose, WritesAfterLoseConnectionAreDroppedAndCounted) {
  Pair pair(bench);
  Transport& transport = pair.server->transport();
  transport.write("kept");
  transport.loseConnection();
  transport.write("dropped");
  transport.write("too");
  EXPECT_EQ(transport.counters().writesDropped, 2u);
  EXPECT_EQ(transport.counters().bytesDropped, 10u);
  TEASEL_UNTIL(pair.over());
  EXPECT_EQ(pair.client->received, "kept");
}

TEASEL_CONTRACT(ContractClose, ConnectedAndDisconnectingSayWhereItStands) {
  std::string seen;
  const auto look = [&](Probe& probe) {
    seen += probe.transport().connected() ? 'c' : '-';
    seen += probe.transport().disconnecting() ? 'd' : '-';
  };
  Pair pair(bench, {.made = look, .lost = look});
  pair.server->transport().loseConnection();
  look(*pair.server);
  TEASEL_UNTIL(pair.over());
  EXPECT_EQ(seen, "c-cd-d");
  EXPECT_EQ(unconnectedTransport()->connected(), false);
}

TEASEL_CONTRACT(ContractClose, AResetIsNeverSeenAsACleanEndByOneWhoIsWriting) {
  Pair pair(bench, {}, {.made = [](Probe& them) { them.transport().pauseProducing(); }});
  pair.server->transport().write(pattern(bench.moreThanFits()));
  bench.settle();
  pair.client->transport().abortConnection();
  TEASEL_UNTIL(pair.client->lost());
  if (!pair.server->lost()) pair.server->transport().write("more");
  TEASEL_UNTIL(pair.over());
  EXPECT_EQ(pair.server->story(), "made lost:ConnectionLost");
}

TEASEL_CONTRACT(ContractClose, WritingOnToAPeerThatIsGoneEndsLost) {
  Pair pair(bench, {.halfCloseable = true});
  pair.client->transport().loseConnection();
  TEASEL_UNTIL(pair.server->has("readLost") && pair.client->lost());
  // The driver of the peer lingers: it reads and discards until its deadline. After that its system
  // answers with a reset.
  for (int i = 0; i < 60 && !pair.server->lost(); ++i) {
    pair.server->transport().write("are you there?");
    bench.pass(100ms);
  }
  ASSERT_TRUE(pair.server->lost()) << bench.describe();
  EXPECT_EQ(pair.server->story(), "made readLost lost:ConnectionLost");
  EXPECT_EQ(pair.client->story(), "made lost:ConnectionDone");
}

TEASEL_CONTRACT(ContractClose, DataBeforeTheEndOfStreamIsDeliveredBeforeIt) {
  Pair pair(bench, {.halfCloseable = true});
  pair.client->transport().write("last words");
  pair.client->transport().loseConnection();
  TEASEL_UNTIL(pair.server->has("readLost"));
  EXPECT_EQ(pair.server->story(), "made data readLost");
  EXPECT_EQ(pair.server->received, "last words");
}

TEASEL_CONTRACT(ContractClose, StopProducingEndsTheConnection) {
  Pair pair(bench);
  pair.server->transport().write("rest");
  pair.server->transport().stopProducing();
  TEASEL_UNTIL(pair.over());
  EXPECT_EQ(pair.server->story(), "made lost:ConnectionDone");
  EXPECT_EQ(pair.client->received, "rest");
}

TEASEL_CONTRACT(ContractClose, ConnectionLostMayWriteToOthersAndTheyGetIt) {
  Pair stays(bench);
  Pair goes(bench, {.lost = [&](Probe&) { stays.server->transport().write("somebody left"); }});
  goes.client->transport().abortConnection();
  TEASEL_UNTIL(stays.client->received == "somebody left");
  EXPECT_TRUE(goes.over());
}

TEASEL_CONTRACT(ContractClose, ConnectionLostMayEndOthersAndTheyEndOnce) {
  Pair third(bench);
  Pair second(bench, {.lost = [&](Probe&) { third.server->transport().loseConnection(); }});
  Pair first(bench, {.lost = [&](Probe&) {
               second.server->transport().abortConnection(), first.server->transport().abortConnection();
             }});
  first.client->transport().loseConnection();
  TEASEL_UNTIL(first.over() && second.over() && third.over());
  EXPECT_EQ(second.server->story(), "made lost:ConnectionAborted");
  EXPECT_EQ(third.server->story(), "made lost:ConnectionDone");
}

TEASEL_CONTRACT(ContractClose, AddressesAreKnownInConnectionLostAndAfter) {
  std::string atMade, atLost;
  const auto addresses = [](Probe& probe) {
    return probe.transport().getHost().text() + " " + probe.transport().getPeer().text();
  };
  Pair pair(bench, {.made = [&](Probe& us) { atMade = addresses(us); }, .lost = [&](Probe& us) { atLost = addresses(us); }});
  EXPECT_EQ(pair.server->transport().getHost(), pair.client->transport().getPeer());
  EXPECT_EQ(pair.server->transport().getPeer(), pair.client->transport().getHost());
  EXPECT_EQ(pair.server->transport().getHost().port(), pair.port->getHost().port());
  pair.client->transport().abortConnection();
  TEASEL_UNTIL(pair.over());
  EXPECT_EQ(atLost, atMade);
  EXPECT_EQ(addresses(*pair.server), atMade);
}

TEASEL_CONTRACT(ContractClose, DiscardedInputIsCounted) {
  Pair pair(bench, {.made = [](Probe& us) { us.transport().pauseProducing(); }});
  // it keeps the closing connection open
  pair.server->transport().write(pattern(bench.moreThanFits()));
  pair.client->transport().pauseProducing();
  pair.client->transport().write(pattern(5000));
  pair.server->transport().loseConnection();
  TEASEL_UNTIL(pair.server->transport().counters().bytesDiscarded == 5000);
  EXPECT_EQ(pair.server->received, "");
  pair.client->transport().resumeProducing();
  TEASEL_UNTIL(pair.over());
  EXPECT_EQ(pair.client->received.size(), bench.moreThanFits());
}

}  // namespace teasel::contract
