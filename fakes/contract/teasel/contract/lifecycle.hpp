#pragma once

#include <teasel/contract/pair.hpp>

/// The contract on the life of a reactor: how it runs, how anything can stop it, and how it ends.

namespace teasel::contract {

class ContractLifecycle : public ArmTest {};
GTEST_ALLOW_UNINSTANTIATED_PARAMETERIZED_TEST(ContractLifecycle);

/// A server and a client that come to life when run() is called, because nothing turns before that.
struct Cast {
  Cast(Bench& bench, Hooks server, Hooks client)
      : serving(serverFactory(bench, std::move(server))),
        connecting(clientFactory(bench, std::move(client))),
        port(listen(bench, serving)),
        connector(connect(bench, connecting, *port)) {}
  std::shared_ptr<ProbeFactory> serving;
  std::shared_ptr<ClientProbeFactory> connecting;
  std::shared_ptr<Port> port;
  std::shared_ptr<Connector> connector;
};

/// Runs until a callback stops the reactor of the server. Then each of its protocols has been told
/// its end.
inline void stopsFrom(Bench& bench, Hooks server, Hooks client) {
  Cast cast(bench, std::move(server), std::move(client));
  ASSERT_TRUE(bench.run()) << bench.describe();
  for (const Probe* probe : cast.serving->built) EXPECT_TRUE(probe->lost()) << probe->story();
  EXPECT_FALSE(cast.port->listening());
  EXPECT_EQ(cast.serving->stops, 1);
  EXPECT_THROW(bench.server().stop(), ReactorNotRunning);
  EXPECT_THROW(bench.server().run(), ReactorNotRestartable);
}

TEASEL_CONTRACT(ContractLifecycle, StopFromConnectionMade) {
  stopsFrom(bench, {.made = [&](Probe&) { bench.server().stop(); }}, {});
}
TEASEL_CONTRACT(ContractLifecycle, StopFromDataReceived) {
  stopsFrom(bench,
            {.data =
                 [&](Probe&, ByteView) {
                   if (bench.server().running() && !bench.server().stopRequested()) bench.server().stop();
                 }},
            {.made = [](Probe& us) { us.transport().write("stop"); }});
}
TEASEL_CONTRACT(ContractLifecycle, StopFromConnectionLost) {
  stopsFrom(bench, {.made = [](Probe& us) { us.transport().loseConnection(); }, .lost = [&](Probe&) { bench.server().stop(); }},
            {});
}
TEASEL_CONTRACT(ContractLifecycle, StopFromReadConnectionLost) {
  stopsFrom(bench, {.readLost = [&](Probe&) { bench.server().stop(); }, .halfCloseable = true},
            {.made = [](Probe& us) { us.transport().loseConnection(); }});
}
TEASEL_CONTRACT(ContractLifecycle, StopFromWriteConnectionLost) {
  stopsFrom(bench,
            {.made = [](Probe& us) { us.transport().loseWriteConnection(); },
             .writeLost = [&](Probe&) { bench.server().stop(); },
             .halfCloseable = true},
            {.halfCloseable = true});
}

TEASEL_CONTRACT(ContractLifecycle, StopFromBuildProtocol) {
  Cast cast(bench, {}, {});
  cast.serving->onBuild = [&] { bench.server().stop(); };
  ASSERT_TRUE(bench.run());
  ASSERT_EQ(cast.serving->built.size(), 1u);
  EXPECT_EQ(cast.serving->built[0]->story(), "made lost:ConnectionLost");
}

TEASEL_CONTRACT(ContractLifecycle, StopFromATimerEndsTheRunInThatTurn) {
  Reactor& reactor = bench.server();
  std::string order;
  const Instant at = reactor.liveNow() + 1ms;  // one for both: two calls of callLater lie apart
  reactor.callAt(at, [&] { order += 's', reactor.stop(); });
  reactor.callAt(at, [&] { order += 't'; });
  reactor.callLater(30s, [&] { order += 'X'; });
  ASSERT_TRUE(bench.run());
  EXPECT_EQ(order, "st");
  EXPECT_FALSE(reactor.running());
}

TEASEL_CONTRACT(ContractLifecycle, StopFromAPostedCall) {
  bench.server().callFromThread([&] { bench.server().stop(); });
  EXPECT_TRUE(bench.run());
}

TEASEL_CONTRACT(ContractLifecycle, StopFromCallWhenRunningStillRunsNothingElse) {
  bool timer = false;
  bench.server().callLater(10ms, [&] { timer = true; });
  bench.server().callWhenRunning([&] { bench.server().stop(); });
  ASSERT_TRUE(bench.run());
  EXPECT_FALSE(timer);
}

TEASEL_CONTRACT(ContractLifecycle, StopFromAFailedConnection) {
  const auto factory = clientFactory(bench);
  factory->onFailed = [&](Connector&) { bench.server().stop(); };
  const auto connector = bench.client().connectTCP("no-such-name.invalid", 1, factory);
  ASSERT_TRUE(bench.run());
  EXPECT_EQ(factory->story(), "started failed:DNSLookupError");
}

TEASEL_CONTRACT(ContractLifecycle, StopTwiceIsRefused) {
  bool refused = false;
  Reactor& reactor = bench.server();
  reactor.callWhenRunning([&] {
    reactor.stop();
    try {
      reactor.stop();
    } catch (const ReactorNotRunning&) {
      refused = true;
    }
  });
  ASSERT_TRUE(bench.run());
  EXPECT_TRUE(refused);
}

TEASEL_CONTRACT(ContractLifecycle, TurnInsideATurnIsRefused) {
  bool refused = false;
  bench.server().callLater(0s, [&] {
    try {
      bench.server().turn();
    } catch (const ReactorAlreadyRunning&) {
      refused = true;
    }
  });
  TEASEL_UNTIL(refused);
}

TEASEL_CONTRACT(ContractLifecycle, TriggersRunInTheOrderOfTheirPhases) {
  std::string order;
  Reactor& reactor = bench.server();
  using enum Reactor::Phase;
  using enum Reactor::Event;
  reactor.addSystemEventTrigger(kAfter, kShutdown, [&] { order += 'C'; });
  reactor.addSystemEventTrigger(kDuring, kShutdown, [&] { order += 'B'; });
  reactor.addSystemEventTrigger(kBefore, kShutdown, [&] { order += 'A'; });
  const auto removed = reactor.addSystemEventTrigger(kBefore, kShutdown, [&] { order += 'X'; });
  EXPECT_TRUE(reactor.removeSystemEventTrigger(removed));
  EXPECT_FALSE(reactor.removeSystemEventTrigger(removed));
  reactor.callLater(1ms, [&] { order += 's', reactor.stop(); });
  ASSERT_TRUE(bench.run());
  EXPECT_EQ(order, "sABC");
}

TEASEL_CONTRACT(ContractLifecycle, AShutdownWaitsForItsBlockersWhileTheLoopGoesOn) {
  std::string order;
  Reactor& reactor = bench.server();
  reactor.addSystemEventTrigger(Reactor::Phase::kBefore, Reactor::Event::kShutdown, [&] {
    order += 'b';
    reactor.callLater(5ms, [&order, release = reactor.blockSystemEvent()]() mutable { order += 'r', release(); });
  });
  reactor.addSystemEventTrigger(Reactor::Phase::kDuring, Reactor::Event::kShutdown, [&] { order += 'd'; });
  reactor.callLater(0s, [&] { reactor.stop(); });
  ASSERT_TRUE(bench.run());
  EXPECT_EQ(order, "brd");
}

TEASEL_CONTRACT(ContractLifecycle, ConnectionsOfAStoppedReactorAreTold) {
  Cast cast(bench, {}, {});
  std::string order;
  bench.server().addSystemEventTrigger(Reactor::Phase::kAfter, Reactor::Event::kShutdown, [&] {
    order = cast.serving->built.empty() ? "never made" : cast.serving->built[0]->story();
  });
  cast.connecting->onMade = [&](Connector&) {
    bench.server().callLater(bench.simulated() ? Duration(5s) : Duration(20ms), [&] { bench.server().stop(); });
  };
  ASSERT_TRUE(bench.run());
  EXPECT_EQ(order, "made lost:ConnectionLost");
}

TEASEL_CONTRACT(ContractLifecycle, DestroyingTheReactorTellsEveryProtocolAndFactory) {
  std::string order;
  Pair pair(bench, {.lost = [&](Probe&) { order += 's'; }}, {.lost = [&](Probe&) { order += 'c'; }});
  // these bytes are in flight and are never delivered
  pair.server->transport().write(pattern(bench.moreThanFits()));
  bench.destroy();
  std::ranges::sort(order);
  EXPECT_EQ(order, "cs");
  EXPECT_EQ(pair.serving->stops, 1);
  EXPECT_EQ(pair.connecting->stops, 1);
  EXPECT_TRUE(pair.connecting->lost());
  EXPECT_FALSE(pair.port->listening());
}

TEASEL_CONTRACT(ContractLifecycle, DestroyingTheReactorEndsAttemptsAndDropsTimers) {
  const auto held = std::make_shared<int>(0);
  const auto serving = serverFactory(bench);
  const auto port = listen(bench, serving);
  const auto factory = clientFactory(bench);
  const auto connector = connect(bench, factory, *port);
  DelayedCall timer = bench.client().callLater(1s, [held] {});
  bench.destroy();
  EXPECT_EQ(factory->starts, factory->stops);
  EXPECT_EQ(held.use_count(), 1);
  EXPECT_FALSE(timer.active());
}

TEASEL_CONTRACT(ContractLifecycle, HandlesOutliveTheirReactor) {
  Pair pair(bench);
  DelayedCall timer = bench.server().callLater(1s, [] {});
  const Address host = pair.port->getHost();
  bench.destroy();
  EXPECT_FALSE(timer.cancelIfActive());
  EXPECT_EQ(pair.port->getHost(), host);
  EXPECT_EQ(pair.connector->state(), Connector::State::kDisconnected);
  pair.connector->disconnect();
  EXPECT_EQ(pair.server->transport().getHost(), host.withPort(host.port()));
}

TEASEL_CONTRACT(ContractLifecycle, NothingIsOpenAfterEverythingEnded) {
  {
    Pair pair(bench);
    pair.client->transport().loseConnection();
    TEASEL_UNTIL(pair.over());
    pair.port->stopListening();
    TEASEL_UNTIL(pair.serving->stops == 1 && pair.connecting->stops == 1);
  }
  EXPECT_EQ(bench.server().openResources(), 0u);
  EXPECT_EQ(bench.client().openResources(), 0u);
  EXPECT_TRUE(bench.server().describeOpen().empty());
}

TEASEL_CONTRACT(ContractLifecycle, WhatIsOpenDescribesItself) {
  Pair pair(bench);
  std::string open;
  for (const std::string& line : bench.server().describeOpen()) open += line + '\n';
  EXPECT_NE(open.find("port " + pair.port->getHost().text()), std::string::npos) << open;
  EXPECT_NE(open.find("connection " + pair.server->transport().getHost().text()), std::string::npos) << open;
}

TEASEL_CONTRACT(ContractLifecycle, NoSlotLingersBeyondItsDeadline) {
  TEASEL_NEEDS(!bench.simulated(), "asks a real driver; a world checks itself");
  Pair deaf(bench, {}, {.made = [](Probe& us) { us.transport().pauseProducing(); }, .halfCloseable = true});
  deaf.server->transport().loseConnection();
  TEASEL_UNTIL(deaf.server->lost());
  bench.pass(2200ms);  // a little more than the linger time of a connection
  EXPECT_EQ(bench.server().driver().overdueSlots(), 0u);
}

}  // namespace teasel::contract
