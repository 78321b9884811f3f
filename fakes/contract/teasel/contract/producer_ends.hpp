#pragma once

#include <teasel/contract/maker.hpp>

/// The contract on producers when a connection ends by a close, by the peer or by an exception, and
/// on transports that are the producers of others.

namespace teasel::contract {

class ContractProducerEnds : public ArmTest {};
GTEST_ALLOW_UNINSTANTIATED_PARAMETERIZED_TEST(ContractProducerEnds);

TEASEL_CONTRACT(ContractProducerEnds, LoseConnectionAwaitsAPullProducer) {
  for (const bool clientActs : {true, false}) {
    const std::string content = pattern(300'000);
    Pair pair = pairOf(bench, clientActs, {});
    Probe &us = pair.us(clientActs), &them = pair.them(clientActs);
    const auto producer = pulling(bench, us, {.resume = pieces(content, 16384)});
    us.transport().loseConnection();
    EXPECT_TRUE(us.transport().disconnecting());
    TEASEL_UNTIL(pair.over());
    EXPECT_TRUE(them.received == content) << them.received.size();
    EXPECT_EQ(us.story(), "made lost:ConnectionDone");
    EXPECT_EQ(them.reason.name(), "ConnectionDone");
    EXPECT_EQ(us.transport().counters().writesDropped, 0u);
    EXPECT_FALSE(producer->calls.ends_with('s'));
  }
}

TEASEL_CONTRACT(ContractProducerEnds, LoseConnectionAwaitsAPushProducerThatIsNotPaused) {
  Pair pair(bench);
  const auto producer = pushing(bench, *pair.server);
  pair.server->transport().write("before, ");
  pair.server->transport().loseConnection();
  bench.settle();
  EXPECT_EQ(pair.server->story(), "made");
  pair.server->transport().write("after");
  producer->end();
  pair.server->transport().write("dropped");
  TEASEL_UNTIL(pair.over());
  EXPECT_EQ(pair.client->received, "before, after");
  EXPECT_EQ(pair.server->story(), "made lost:ConnectionDone");
  EXPECT_EQ(pair.server->transport().counters().writesDropped, 1u);
  EXPECT_EQ(producer->calls, "");
}

TEASEL_CONTRACT(ContractProducerEnds, LoseConnectionAwaitsAPushProducerThatIsPaused) {
  Pair pair(bench, {}, deafPeer());
  clog(bench, *pair.server);
  const auto producer = pushing(bench, *pair.server, {.resume = [](Maker& self) {
                                  self.us.transport().write("the end");
                                  self.end();
                                }});
  TEASEL_UNTIL(producer->calls == "p");
  pair.server->transport().loseConnection();
  bench.settle();
  EXPECT_EQ(pair.server->story(), "made");
  pair.client->transport().resumeProducing();
  TEASEL_UNTIL(pair.over());
  EXPECT_TRUE(pair.client->received.ends_with("the end"));
  EXPECT_EQ(pair.client->received.size(), bench.moreThanFits() + 7);
  EXPECT_EQ(producer->calls, "pr");
  EXPECT_EQ(pair.server->story(), "made lost:ConnectionDone");
}

TEASEL_CONTRACT(ContractProducerEnds, TheWriteLimitEndsTheWaitingForAProducer) {
  Pair pair(bench, {}, deafPeer());
  clog(bench, *pair.server);
  const auto producer = pushing(bench, *pair.server);
  pair.server->transport().loseConnection();
  pair.server->transport().setWriteLimit(bench.moreThanFits() + 1000);
  for (int i = 0; i < 5 && !pair.server->lost(); ++i) {
    pair.server->transport().write(pattern(bench.moreThanFits() / 2));
    bench.settle();
  }
  TEASEL_UNTIL(pair.server->lost());
  EXPECT_EQ(pair.server->story(), "made lost:LimitExceeded");
  EXPECT_TRUE(producer->calls.ends_with('s'));
}

TEASEL_CONTRACT(ContractProducerEnds, LoseWriteConnectionAwaitsAProducer) {
  Pair pair(bench, {.halfCloseable = true}, {.halfCloseable = true});
  const auto producer = pushing(bench, *pair.server);
  pair.server->transport().loseWriteConnection();
  bench.settle();
  EXPECT_EQ(pair.server->story(), "made");
  pair.server->transport().write("not too late");
  producer->end();
  pair.server->transport().write("too late");
  TEASEL_UNTIL(pair.server->has("writeLost") && pair.client->has("readLost"));
  EXPECT_EQ(pair.client->received, "not too late");
  pair.client->transport().write("reply");
  TEASEL_UNTIL(pair.server->received == "reply");
}

TEASEL_CONTRACT(ContractProducerEnds, AbortStopsTheProducerBeforeConnectionLost) {
  for (const bool streaming : {true, false}) {
    std::string order;
    Pair pair(bench, {.lost = [&](Probe&) { order += 'l'; }});
    const auto producer = maker(bench, *pair.server, streaming, {.stop = [&](Maker& self) {
                                  order += 's';
                                  self.us.transport().write("nobody listens");
                                  self.end();
                                }});
    producer->begin();
    pair.server->transport().abortConnection();
    EXPECT_EQ(producer->calls, "");
    TEASEL_UNTIL(pair.over());
    EXPECT_EQ(order, "sl");
    EXPECT_EQ(producer->calls, "s");
    EXPECT_EQ(pair.server->reason.name(), "ConnectionAborted");
  }
}

TEASEL_CONTRACT(ContractProducerEnds, APeersResetStopsAPausedProducer) {
  Pair pair(bench, {}, deafPeer());
  clog(bench, *pair.server);
  const auto producer = pushing(bench, *pair.server);
  TEASEL_UNTIL(producer->calls == "p");
  pair.client->transport().abortConnection();
  TEASEL_UNTIL(pair.over());
  EXPECT_EQ(producer->calls, "ps");
  EXPECT_EQ(pair.server->reason.name(), "ConnectionLost");
}

TEASEL_CONTRACT(ContractProducerEnds, APeersResetStopsAPullProducerThatIsAwaited) {
  Pair pair(bench, {}, deafPeer());
  const std::string content = pattern(bench.moreThanFits());
  const auto producer = pulling(bench, *pair.server, {.resume = pieces(content, 16384)});
  pair.server->transport().loseConnection();
  bench.settle();
  pair.client->transport().abortConnection();
  TEASEL_UNTIL(pair.over());
  EXPECT_TRUE(producer->calls.ends_with('s'));
  EXPECT_EQ(pair.server->reason.name(), "ConnectionLost");
}

TEASEL_CONTRACT(ContractProducerEnds, AnUnregisteredProducerIsNotStopped) {
  Pair pair(bench);
  const auto producer = pushing(bench, *pair.server);
  pair.server->transport().abortConnection();
  producer->end();
  TEASEL_UNTIL(pair.over());
  EXPECT_EQ(producer->calls, "");
}

TEASEL_CONTRACT(ContractProducerEnds, ThePeersEndOfStreamAwaitsAPullProducer) {
  const std::string content = pattern(300'000);
  Hooks server{.data = [&](Probe& us, ByteView) {
    if (us.deliveries == 1) pulling(bench, us, {.resume = pieces(content, 16384)});
  }};
  Pair pair(bench, server, {.halfCloseable = true});
  pair.client->transport().write("?");
  pair.client->transport().loseWriteConnection();
  TEASEL_UNTIL(pair.over());
  EXPECT_TRUE(pair.client->received == content) << pair.client->received.size();
  EXPECT_EQ(pair.server->story(), "made data lost:ConnectionDone");
}

TEASEL_CONTRACT(ContractProducerEnds, ThePeersEndOfStreamStopsAPushProducerWhoseProtocolCannotHearOfIt) {
  std::string order;
  Pair pair(bench, {.lost = [&](Probe&) { order += 'l'; }}, {.halfCloseable = true});
  const auto producer = pushing(bench, *pair.server, {.stop = [&](Maker&) { order += 's'; }});
  pair.server->transport().write("what there was");
  pair.client->transport().loseWriteConnection();
  TEASEL_UNTIL(pair.over());
  EXPECT_EQ(order, "sl");
  EXPECT_EQ(pair.client->received, "what there was");
  EXPECT_EQ(pair.server->story(), "made lost:ConnectionDone");
}

TEASEL_CONTRACT(ContractProducerEnds, ThePeersEndOfStreamLeavesAHalfCloseableProtocolThatAwaitsItsProducerAlone) {
  Pair pair(bench, {.halfCloseable = true}, {.halfCloseable = true});
  const auto producer = pushing(bench, *pair.server);
  pair.server->transport().loseConnection();
  pair.client->transport().loseWriteConnection();
  bench.settle();
  EXPECT_EQ(pair.server->story(), "made");
  pair.server->transport().write("the rest");
  producer->end();
  TEASEL_UNTIL(pair.server->lost());
  TEASEL_UNTIL(pair.client->received == "the rest");
  EXPECT_EQ(producer->calls, "");
}

TEASEL_CONTRACT(ContractProducerEnds, ThePeersEndOfStreamStopsAPushProducerThatLoseConnectionAwaits) {
  Pair pair(bench);
  const auto producer = pushing(bench, *pair.server);
  pair.server->transport().loseConnection();
  pair.client->transport().loseConnection();
  TEASEL_UNTIL(pair.over());
  EXPECT_EQ(producer->calls, "s");
  EXPECT_EQ(pair.server->reason.name(), "ConnectionDone");
}

TEASEL_CONTRACT(ContractProducerEnds, FailConnectionStopsAPushProducerAndAwaitsAPullProducer) {
  for (const bool streaming : {true, false}) {
    const std::string content = pattern(100'000);
    std::shared_ptr<Maker> producer;
    Pair pair(bench, {.data = [&](Probe& us, ByteView) {
                us.transport().write("bad input");
                const Quiet quiet(bench, "failConnection");
                us.transport().failConnection(Failure(Boom()));
              }});
    producer = maker(bench, *pair.server, streaming, {.resume = pieces(content, 4096)});
    producer->begin();
    pair.client->transport().write("?");
    TEASEL_UNTIL(pair.over());
    EXPECT_EQ(pair.server->reason.name(), "contract::Boom");
    EXPECT_EQ(pair.client->reason.name(), "ConnectionDone");
    EXPECT_EQ(pair.client->received.size(), streaming ? 9u : 100'009u);
    EXPECT_EQ(producer->calls.ends_with('s'), streaming);
  }
}

TEASEL_CONTRACT(ContractProducerEnds, AHalfCloseableProtocolKeepsItsPushProducerAtThePeersEndOfStream) {
  Pair pair(bench, {.halfCloseable = true}, {.halfCloseable = true});
  const auto producer = pushing(bench, *pair.server);
  pair.client->transport().loseWriteConnection();
  TEASEL_UNTIL(pair.server->has("readLost"));
  bench.settle();
  pair.server->transport().write("still produced");
  TEASEL_UNTIL(pair.client->received == "still produced");
  producer->end();
  pair.server->transport().loseConnection();
  TEASEL_UNTIL(pair.server->lost());
  EXPECT_EQ(producer->calls, "");
}

TEASEL_CONTRACT(ContractProducerEnds, EndingInsideAProducersCallbackIsAsEndingOutside) {
  for (const Way way : {Way::kLoseConnection, Way::kAbortConnection, Way::kLoseWriteConnection}) {
    Pair pair(bench, {.halfCloseable = true}, {});
    const auto producer = pulling(bench, *pair.server, {.resume = [&](Maker& self) {
                                    if (self.calls.size() == 2) return self.end();
                                    self.us.transport().write("piece");
                                    act(way, self.us);
                                  }});
    TEASEL_UNTIL(pair.over());
    const bool aborted = way == Way::kAbortConnection;
    EXPECT_EQ(producer->calls, aborted ? "rs" : "rr");
    EXPECT_EQ(pair.client->received, aborted ? "" : "piece");
    EXPECT_TRUE(aborted ? heardAnAbort(bench, *pair.client) : pair.client->reason.name() == "ConnectionDone");
  }
}

// Exceptions --------------------------------------------------------------------------------------

TEASEL_CONTRACT(ContractProducerEnds, AnExceptionOutOfResumeOrPauseAbortsThatConnectionOnly) {
  bench.expectExceptions();
  for (const bool streaming : {true, false}) {
    Pair other(bench), pair(bench, {}, deafPeer());
    if (streaming) clog(bench, *pair.server);
    const auto boom = [](Maker&) { throw Boom(); };
    const auto producer = maker(bench, *pair.server, streaming, {.resume = boom, .pause = boom});
    producer->begin();
    TEASEL_UNTIL(pair.server->lost());
    EXPECT_EQ(pair.server->story(), "made lost:contract::Boom");
    EXPECT_EQ(producer->calls, streaming ? "ps" : "rs");
    pair.client->transport().resumeProducing();
    TEASEL_UNTIL(pair.over());
    EXPECT_TRUE(heardAnAbort(bench, *pair.client)) << bench.describe();
    EXPECT_EQ(bench.log.flushLoggedErrors<Boom>().size(), 1u);
    EXPECT_EQ(other.server->story(), "made");
  }
}

TEASEL_CONTRACT(ContractProducerEnds, AnExceptionOutOfStopProducingIsLoggedAndConnectionLostComes) {
  bench.expectExceptions();
  Pair pair(bench);
  pushing(bench, *pair.server, {.stop = [](Maker&) { throw Boom(); }});
  pair.server->transport().abortConnection();
  TEASEL_UNTIL(pair.over());
  EXPECT_EQ(pair.server->story(), "made lost:ConnectionAborted");
  EXPECT_EQ(bench.log.flushLoggedErrors<Boom>().size(), 1u);
}

// Reading, and transports as producers ------------------------------------------------------------

TEASEL_CONTRACT(ContractProducerEnds, PausingTheReadingInEachCallbackOfAProducerHoldsInputBack) {
  Pair pair(bench, {}, deafPeer());
  clog(bench, *pair.server);
  std::size_t read = 0;
  const auto pause = [&](Maker& self) {
    self.us.transport().pauseProducing();
    read = self.us.received.size();
  };
  const auto producer = pushing(bench, *pair.server, {.resume = pause, .pause = pause});
  TEASEL_UNTIL(producer->calls == "p");
  pair.client->transport().write(pattern(5000));
  bench.settle();
  EXPECT_EQ(pair.server->received.size(), read);
  pair.server->transport().resumeProducing();
  TEASEL_UNTIL(pair.server->received.size() == 5000);
  pair.client->transport().resumeProducing();
  TEASEL_UNTIL(producer->calls == "pr");
  pair.client->transport().write("held");
  bench.settle();
  EXPECT_EQ(pair.server->received.size(), read);
  pair.server->transport().resumeProducing();
  TEASEL_UNTIL(pair.server->received.ends_with("held"));
}

/// Two connections of one reactor whose servers forward to each other, as portforward in Twisted
/// does.
struct Forwarding {
  explicit Forwarding(Bench& bench, Hooks farClient = {})
      : near(bench, hooks(far)), far(bench, hooks(near), std::move(farClient)) {
    near.server->transport().registerProducer(far.server->sharedTransport(), true);
    far.server->transport().registerProducer(near.server->sharedTransport(), true);
  }
  static Hooks hooks(Pair& other) {
    return {.lost = [&other](Probe&) { other.server->transport().loseConnection(); },
            .data = [&other](Probe&, ByteView data) { other.server->transport().write(data); }};
  }
  bool over() const { return near.over() && far.over(); }
  Pair near, far;
};

TEASEL_CONTRACT(ContractProducerEnds, ATransportThatIsForwardedIsPacedByWhereItGoes) {
  Forwarding forwarding(bench, deafPeer());
  const std::string sent = pattern(2 * bench.moreThanFits());
  forwarding.near.client->transport().write(sent);
  TEASEL_UNTIL(forwarding.near.server->transport().paused());
  bench.settle();
  EXPECT_GT(forwarding.near.client->transport().pendingBytes(), 0u) << "whoever sends feels it";
  // The mark, and what was delivered in the turn that crossed it.
  EXPECT_LT(forwarding.far.server->transport().pendingBytes(), bench.moreThanFits());
  forwarding.far.client->transport().resumeProducing();
  TEASEL_UNTIL(forwarding.far.client->received.size() == sent.size());
  EXPECT_TRUE(forwarding.far.client->received == sent);
  forwarding.far.client->transport().write("and back");
  TEASEL_UNTIL(forwarding.near.client->received == "and back");
}

TEASEL_CONTRACT(ContractProducerEnds, WhicheverEndClosesAForwardedConnectionClosesItAll) {
  for (const bool nearCloses : {true, false}) {
    Forwarding forwarding(bench);
    Probe& closes = nearCloses ? *forwarding.near.client : *forwarding.far.client;
    Probe& hears = nearCloses ? *forwarding.far.client : *forwarding.near.client;
    closes.transport().write(pattern(100'000));
    closes.transport().loseConnection();
    TEASEL_UNTIL(forwarding.over());
    EXPECT_TRUE(hears.received == pattern(100'000)) << hears.received.size();
    EXPECT_EQ(hears.reason.name(), "ConnectionDone");
    EXPECT_EQ(forwarding.near.server->reason.name(), "ConnectionDone");
    EXPECT_EQ(forwarding.far.server->reason.name(), "ConnectionDone");
  }
}

TEASEL_CONTRACT(ContractProducerEnds, WhicheverEndAbortsAForwardedConnectionEndsItAll) {
  for (const bool nearAborts : {true, false}) {
    Forwarding forwarding(bench);
    (nearAborts ? forwarding.near : forwarding.far).client->transport().abortConnection();
    TEASEL_UNTIL(forwarding.over());
    EXPECT_TRUE(heardAnAbort(bench, *(nearAborts ? forwarding.near : forwarding.far).server)) << bench.describe();
    EXPECT_EQ((nearAborts ? forwarding.far : forwarding.near).server->reason.name(), "ConnectionDone");
  }
}

}  // namespace teasel::contract
