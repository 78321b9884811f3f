#pragma once

#include <teasel/contract/pair.hpp>

/// The contract on exceptions: what user code throws is logged and ends that connection. It stops
/// nothing else.

namespace teasel::contract {

class ContractErrors : public ArmTest {};
GTEST_ALLOW_UNINSTANTIATED_PARAMETERIZED_TEST(ContractErrors);

/// A callback of a probe throws. Its connection is aborted with what was thrown, the exception is
/// logged once, and another connection lives on.
inline void throwingIn(Bench& bench, Hooks hooks, const char* story, const std::function<void(Pair&)>& provoke) {
  bench.expectExceptions();
  Pair healthy(bench, {.data = [](Probe& us, ByteView data) { us.transport().write(data); }});
  Pair pair(bench, std::move(hooks), {.halfCloseable = true});
  provoke(pair);
  TEASEL_UNTIL(pair.server->lost());
  EXPECT_EQ(pair.server->story(), story);
  EXPECT_EQ(bench.log.flushLoggedErrors<Boom>().size(), 1u);
  healthy.client->transport().write("alive");
  TEASEL_UNTIL(healthy.client->received == "alive");
  TEASEL_UNTIL(pair.client->lost() || pair.client->has("readLost"));
}

TEASEL_CONTRACT(ContractErrors, OutOfDataReceivedAbortsThatConnectionOnly) {
  Hooks hooks{.data = [](Probe& us, ByteView) {
    us.transport().write("not sent");
    throw Boom();
  }};
  throwingIn(bench, hooks, "made data lost:contract::Boom", [](Pair& pair) { pair.client->transport().write("?"); });
}

TEASEL_CONTRACT(ContractErrors, OutOfConnectionMadeAbortsThatConnectionOnly) {
  bench.expectExceptions();
  const auto serving = serverFactory(bench, {.made = [](Probe&) { throw Boom(); }});
  const auto port = listen(bench, serving);
  const auto connecting = clientFactory(bench);
  const auto connector = connect(bench, connecting, *port);
  TEASEL_UNTIL(connecting->failed() || connecting->lost());
  EXPECT_EQ(serving->built[0]->story(), "made lost:contract::Boom");
  EXPECT_EQ(bench.log.flushLoggedErrors<Boom>().size(), 1u);
}

TEASEL_CONTRACT(ContractErrors, OutOfAClientsConnectionMadeAbortsThatConnectionOnly) {
  bench.expectExceptions();
  const auto serving = serverFactory(bench);
  const auto port = listen(bench, serving);
  const auto connecting = clientFactory(bench, {.made = [](Probe&) { throw Boom(); }});
  const auto connector = connect(bench, connecting, *port);
  TEASEL_UNTIL(connecting->lost() && !serving->built.empty() && serving->built[0]->lost());
  EXPECT_EQ(connecting->story(), "started lost:contract::Boom");
  EXPECT_EQ(serving->built[0]->reason.name(), "ConnectionLost");
  EXPECT_EQ(bench.log.flushLoggedErrors<Boom>().size(), 1u);
}

TEASEL_CONTRACT(ContractErrors, OutOfReadConnectionLostAbortsThatConnectionOnly) {
  Hooks hooks{.readLost = [](Probe&) { throw Boom(); }, .halfCloseable = true};
  throwingIn(bench, hooks, "made readLost lost:contract::Boom",
             [](Pair& pair) { pair.client->transport().loseWriteConnection(); });
}

TEASEL_CONTRACT(ContractErrors, OutOfWriteConnectionLostAbortsThatConnectionOnly) {
  Hooks hooks{.writeLost = [](Probe&) { throw Boom(); }, .halfCloseable = true};
  throwingIn(bench, hooks, "made writeLost lost:contract::Boom",
             [](Pair& pair) { pair.server->transport().loseWriteConnection(); });
}

TEASEL_CONTRACT(ContractErrors, OutOfProducingResumedAbortsThatConnectionOnly) {
  Hooks hooks{.made = [](Probe& us) { us.transport().pauseProducing(); }, .resumed = [](Probe&) { throw Boom(); }};
  throwingIn(bench, hooks, "made lost:contract::Boom", [](Pair& pair) { pair.server->transport().resumeProducing(); });
}

TEASEL_CONTRACT(ContractErrors, OutOfConnectionLostIsLoggedAndTheReasonStays) {
  Hooks hooks{.lost = [](Probe&) { throw Boom(); }};
  throwingIn(bench, hooks, "made lost:ConnectionDone", [](Pair& pair) { pair.server->transport().loseConnection(); });
}

TEASEL_CONTRACT(ContractErrors, ObjectsThatAreNoExceptionsAreHandledAlike) {
  bench.expectExceptions();
  Pair pair(bench, {.data = [](Probe&, ByteView) { throw 7; }});
  pair.client->transport().write("?");
  TEASEL_UNTIL(pair.over());
  ASSERT_NE(pair.server->reason.check<int>(), nullptr);
  EXPECT_EQ(*pair.server->reason.check<int>(), 7);
  EXPECT_TRUE(bench.log.contains("dataReceived"));
}

TEASEL_CONTRACT(ContractErrors, OutOfBuildProtocolClosesTheConnectionQuietlyAndThePortGoesOn) {
  bench.expectExceptions();
  const auto serving = serverFactory(bench);
  serving->onBuild = [] { throw Boom(); };
  const auto port = listen(bench, serving);
  const auto refused = clientFactory(bench), served = clientFactory(bench);
  const auto first = connect(bench, refused, *port);
  TEASEL_UNTIL(refused->lost());
  EXPECT_EQ(refused->story(), "started made lost:ConnectionDone");
  EXPECT_EQ(bench.log.flushLoggedErrors<Boom>().size(), 1u);
  serving->onBuild = nullptr;
  const auto second = connect(bench, served, *port);
  TEASEL_UNTIL(!serving->built.empty() && !served->built.empty());
}

TEASEL_CONTRACT(ContractErrors, OutOfAClientsBuildProtocolClosesTheConnectionQuietly) {
  bench.expectExceptions();
  const auto serving = serverFactory(bench);
  const auto port = listen(bench, serving);
  const auto connecting = clientFactory(bench);
  connecting->onBuild = [] { throw Boom(); };
  const auto connector = connect(bench, connecting, *port);
  TEASEL_UNTIL(connecting->lost());
  EXPECT_EQ(connecting->story(), "started lost:ConnectionDone");
  EXPECT_EQ(bench.log.flushLoggedErrors<Boom>().size(), 1u);
}

TEASEL_CONTRACT(ContractErrors, OutOfTheConnectorsCallbacksIsLoggedAndChangesNothing) {
  bench.expectExceptions();
  const auto factory = clientFactory(bench);
  factory->onStarted = factory->onFailed = [](Connector&) { throw Boom(); };
  const auto connector = bench.client().connectTCP(bench.serverHost(), deserted(bench), factory);
  TEASEL_UNTIL(factory->failed());
  EXPECT_EQ(factory->story(), "started failed:ConnectionRefusedError");
  EXPECT_EQ(bench.log.flushLoggedErrors<Boom>().size(), 2u);
  EXPECT_EQ(factory->stops, 1);
}

TEASEL_CONTRACT(ContractErrors, OutOfClientConnectionLostIsLoggedAndChangesNothing) {
  bench.expectExceptions();
  Pair pair(bench);
  pair.connecting->onLost = [](Connector&) { throw Boom(); };
  pair.server->transport().loseConnection();
  TEASEL_UNTIL(pair.connecting->stops == 1);
  EXPECT_EQ(pair.connector->state(), Connector::State::kDisconnected);
  EXPECT_EQ(bench.log.flushLoggedErrors<Boom>().size(), 1u);
}

TEASEL_CONTRACT(ContractErrors, OutOfClientConnectionMadeAbortsTheConnection) {
  bench.expectExceptions();
  const auto serving = serverFactory(bench);
  const auto port = listen(bench, serving);
  const auto connecting = clientFactory(bench);
  connecting->onMade = [](Connector&) { throw Boom(); };
  const auto connector = connect(bench, connecting, *port);
  TEASEL_UNTIL(connecting->lost());
  EXPECT_EQ(connecting->story(), "started made lost:contract::Boom");
  EXPECT_EQ(bench.log.flushLoggedErrors<Boom>().size(), 1u);
}

TEASEL_CONTRACT(ContractErrors, OutOfStopFactoryFailsWhoWaitsForThePort) {
  bench.expectExceptions();
  const auto factory = serverFactory(bench);
  factory->onStop = [] { throw Boom(); };
  const auto port = listen(bench, factory);
  std::string told;
  port->stopListening().addCallbacks([&] { told = "done"; }, [&](const Failure& why) { told = why.what(); });
  TEASEL_UNTIL(!told.empty());
  EXPECT_EQ(told, "boom");
  EXPECT_EQ(bench.log.flushLoggedErrors<Boom>().size(), 1u);
}

TEASEL_CONTRACT(ContractErrors, OutOfATimerOrAPostedCallIsLoggedAndTheNextOnesRun) {
  bench.expectExceptions();
  Reactor& reactor = bench.server();
  std::string order;
  reactor.callFromThread([] { throw Boom(); });
  reactor.callFromThread([&] { order += 'p'; });
  reactor.callLater(0s, [] { throw Boom(); });
  reactor.callLater(0s, [&] { order += 't'; });
  TEASEL_UNTIL(order.size() == 2);
  EXPECT_EQ(order, "pt");
  EXPECT_EQ(bench.log.flushLoggedErrors<Boom>().size(), 2u);
}

TEASEL_CONTRACT(ContractErrors, OutOfDataReceivedAfterLoseConnectionIsStillAnAbort) {
  bench.expectExceptions();
  Pair pair(bench, {.data = [](Probe& us, ByteView) {
              us.transport().loseConnection();
              throw Boom();
            }});
  pair.client->transport().write("?");
  TEASEL_UNTIL(pair.over());
  EXPECT_EQ(pair.server->story(), "made data lost:contract::Boom");
  EXPECT_EQ(pair.client->reason.name(), "ConnectionLost");
  EXPECT_EQ(bench.log.flushLoggedErrors<Boom>().size(), 1u);
}

}  // namespace teasel::contract
