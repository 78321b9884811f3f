#pragma once

#include <teasel/contract/pair.hpp>
#include <teasel/reactor/resolver.hpp>

/// The contract on connecting: every attempt is told once how it ended, never inside a call, and
/// can be given up.

namespace teasel::contract {

class ContractConnect : public ArmTest {};
GTEST_ALLOW_UNINSTANTIATED_PARAMETERIZED_TEST(ContractConnect);

/// Never answers: an attempt to connect stays on its way.
class SilentResolver final : public Resolver {
 public:
  using Resolver::Resolver;
  std::vector<std::shared_ptr<Question>> questions;

 private:
  void ask(std::shared_ptr<Question> question) override { questions.push_back(std::move(question)); }
};

/// A client that is on its way to a name that nobody resolves.
class Pending {
 public:
  explicit Pending(Bench& bench, Duration timeout = 30s) : factory(clientFactory(bench)) {
    auto silent = std::make_unique<SilentResolver>(bench.client());
    resolver = silent.get();
    bench.client().installResolver(std::move(silent));
    connector = bench.client().connectTCP("somewhere.example", 4321, factory, timeout);
  }
  std::shared_ptr<ClientProbeFactory> factory;
  std::shared_ptr<Connector> connector;
  SilentResolver* resolver = nullptr;
};

TEASEL_CONTRACT(ContractConnect, ARefusedConnectionFails) {
  const int port = deserted(bench);
  const auto factory = clientFactory(bench);
  const auto connector = bench.client().connectTCP(bench.serverHost(), port, factory);
  EXPECT_EQ(connector->state(), Connector::State::kConnecting);
  TEASEL_UNTIL(factory->failed());
  EXPECT_EQ(factory->story(), "started failed:ConnectionRefusedError");
  EXPECT_EQ(connector->state(), Connector::State::kDisconnected);
  EXPECT_TRUE(factory->built.empty());
  EXPECT_EQ(factory->stops, 1);
}

TEASEL_CONTRACT(ContractConnect, AnUnresolvableNameFailsWithALookupError) {
  const auto factory = clientFactory(bench);
  const auto connector = bench.client().connectTCP("no-such-name.invalid", 80, factory);
  TEASEL_UNTIL(factory->failed());
  EXPECT_EQ(factory->story(), "started failed:DNSLookupError");
}

TEASEL_CONTRACT(ContractConnect, TheTimeoutCoversNameResolution) {
  const Instant began = bench.client().now();
  Pending pending(bench, 30ms);
  TEASEL_UNTIL(pending.factory->failed());
  EXPECT_EQ(pending.factory->story(), "started failed:TimeoutError");
  EXPECT_GE(bench.client().now() - began, 30ms);
}

TEASEL_CONTRACT(ContractConnect, TheTimeoutCoversConnecting) {
  const Address deaf = bench.deaf();
  const auto factory = clientFactory(bench);
  const Instant began = bench.client().now();
  const auto connector = bench.client().connectTCP(deaf.host(), deaf.port(), factory, 60ms);
  TEASEL_UNTIL(factory->failed());
  EXPECT_EQ(factory->story(), "started failed:TimeoutError");
  EXPECT_GE(bench.client().now() - began, 60ms);
}

TEASEL_CONTRACT(ContractConnect, TheTimeoutIsNotShortenedByWorkBeforeTheAttempt) {
  std::unique_ptr<Pending> pending;
  Instant began{};
  bench.client().callLater(0s, [&] {
    bench.work(50ms);
    began = bench.client().liveNow();
    pending = std::make_unique<Pending>(bench, 30ms);
  });
  TEASEL_UNTIL(pending != nullptr && pending->factory->failed());
  EXPECT_EQ(pending->factory->story(), "started failed:TimeoutError");
  EXPECT_GE(bench.client().now() - began, 30ms);
}

TEASEL_CONTRACT(ContractConnect, StopConnectingAbandonsAnAttemptThatNobodyAnswers) {
  const Address deaf = bench.deaf();
  const auto factory = clientFactory(bench);
  const auto connector = bench.client().connectTCP(deaf.host(), deaf.port(), factory);
  bench.settle();
  EXPECT_EQ(factory->story(), "started");
  connector->stopConnecting();
  TEASEL_UNTIL(factory->failed());
  EXPECT_EQ(factory->story(), "started failed:UserError");
  EXPECT_EQ(connector->state(), Connector::State::kDisconnected);
}

TEASEL_CONTRACT(ContractConnect, AnAnswerAfterTheTimeoutIsIgnored) {
  Pending pending(bench, 10ms);
  TEASEL_UNTIL(pending.factory->failed());
  ASSERT_EQ(pending.resolver->questions.size(), 1u);
  EXPECT_FALSE(pending.resolver->questions[0]->pending());
  pending.resolver->questions[0]->answer({*Address::parse(bench.serverHost(), 9)});
  bench.settle();
  EXPECT_EQ(pending.factory->story(), "started failed:TimeoutError");
}

TEASEL_CONTRACT(ContractConnect, ATimeoutDoesNotTouchAConnectionThatIsMade) {
  const auto serving = serverFactory(bench);
  const auto connecting = clientFactory(bench);
  const auto port = listen(bench, serving);
  const auto connector = connect(bench, connecting, *port, bench.simulated() ? Duration(20s) : Duration(100ms));
  TEASEL_UNTIL(!connecting->built.empty());
  bench.pass(bench.simulated() ? Duration(40s) : Duration(150ms));
  EXPECT_EQ(connecting->story(), "started made");
}

TEASEL_CONTRACT(ContractConnect, StopConnectingInTheSameTurnFailsWithUserError) {
  const int port = deserted(bench);
  const auto factory = clientFactory(bench);
  const auto connector = bench.client().connectTCP(bench.serverHost(), port, factory);
  connector->stopConnecting();
  EXPECT_EQ(factory->story(), "");
  TEASEL_UNTIL(factory->failed());
  EXPECT_EQ(factory->story(), "started failed:UserError");
}

TEASEL_CONTRACT(ContractConnect, StopConnectingLaterFailsWithUserError) {
  Pending pending(bench);
  bench.settle();
  EXPECT_EQ(pending.factory->story(), "started");
  pending.connector->stopConnecting();
  TEASEL_UNTIL(pending.factory->failed());
  EXPECT_EQ(pending.factory->story(), "started failed:UserError");
  EXPECT_THROW(pending.connector->stopConnecting(), NotConnectingError);
}

TEASEL_CONTRACT(ContractConnect, StopConnectingInsideStartedConnectingFailsWithUserError) {
  const auto serving = serverFactory(bench);
  const auto port = listen(bench, serving);
  const auto factory = clientFactory(bench);
  factory->onStarted = [](Connector& connector) { connector.stopConnecting(); };
  const auto connector = connect(bench, factory, *port);
  TEASEL_UNTIL(factory->failed());
  bench.settle();
  EXPECT_EQ(factory->story(), "started failed:UserError");
}

TEASEL_CONTRACT(ContractConnect, DisconnectDoesWhatTheStateAsksFor) {
  Pending pending(bench);
  pending.connector->disconnect();
  TEASEL_UNTIL(pending.factory->failed());
  EXPECT_EQ(pending.factory->story(), "started failed:UserError");
  Pair pair(bench);
  EXPECT_EQ(pair.connector->state(), Connector::State::kConnected);
  pair.connector->disconnect();
  TEASEL_UNTIL(pair.over());
  EXPECT_EQ(pair.connecting->story(), "started made lost:ConnectionDone");
  pair.connector->disconnect();
  bench.settle();
  EXPECT_EQ(pair.connector->state(), Connector::State::kDisconnected);
}

TEASEL_CONTRACT(ContractConnect, ConnectIsRefusedUnlessDisconnected) {
  Pair pair(bench);
  EXPECT_THROW(pair.connector->connect(), UsageError);
  EXPECT_THROW(pair.connector->stopConnecting(), NotConnectingError);
  Pending pending(bench);
  EXPECT_THROW(pending.connector->connect(), UsageError);
}

TEASEL_CONTRACT(ContractConnect, ReconnectsFromClientConnectionLost) {
  Pair pair(bench);
  pair.connecting->onLost = [](Connector& connector) { connector.connect(); };
  pair.server->transport().loseConnection();
  TEASEL_UNTIL(pair.connecting->built.size() == 2 && pair.serving->built.size() == 2 && pair.connecting->built[1]->made());
  EXPECT_EQ(pair.connecting->story(), "started made lost:ConnectionDone started made");
  EXPECT_EQ(pair.connecting->starts, 1) << "the factory stays started in between";
  EXPECT_EQ(pair.connecting->stops, 0);
  pair.connecting->built[1]->transport().write("again");
  TEASEL_UNTIL(pair.serving->built[1]->received == "again");
}

TEASEL_CONTRACT(ContractConnect, ReconnectsFromClientConnectionFailed) {
  const int port = deserted(bench);
  const auto serving = serverFactory(bench);
  const auto factory = clientFactory(bench);
  std::shared_ptr<Port> open;
  factory->onFailed = [&](Connector& connector) {
    open = bench.server().listenTCP(port, serving, 50, bench.serverHost());
    connector.connect();
  };
  const auto connector = bench.client().connectTCP(bench.serverHost(), port, factory);
  TEASEL_UNTIL(!factory->built.empty() && factory->built[0]->made());
  EXPECT_EQ(factory->story(), "started failed:ConnectionRefusedError started made");
}

TEASEL_CONTRACT(ContractConnect, AConnectorThatGaveUpCanBeUsedAgain) {
  Pair pair(bench);
  pair.client->transport().loseConnection();
  TEASEL_UNTIL(pair.over() && pair.connecting->lost());
  EXPECT_EQ(pair.connecting->stops, 1);
  pair.connector->connect();
  TEASEL_UNTIL(pair.connecting->built.size() == 2 && pair.connecting->built[1]->made());
  EXPECT_EQ(pair.connecting->starts, 2);
}

TEASEL_CONTRACT(ContractConnect, EveryEndReachesTheFactoryAfterTheProtocol) {
  std::string order;
  Pair pair(bench, {}, {.made = [&](Probe&) { order += "P"; }, .lost = [&](Probe&) { order += "p"; }});
  pair.connecting->onLost = [&](Connector&) { order += "f"; };
  pair.server->transport().abortConnection();
  TEASEL_UNTIL(pair.connecting->lost());
  EXPECT_EQ(order, "Ppf");
  EXPECT_EQ(pair.connecting->story(), "started made lost:ConnectionLost");
}

TEASEL_CONTRACT(ContractConnect, AClientWithoutProtocolIsClosedQuietly) {
  const auto serving = serverFactory(bench);
  const auto port = listen(bench, serving);
  const auto factory = clientFactory(bench);
  factory->refuse = true;
  const auto connector = connect(bench, factory, *port);
  TEASEL_UNTIL(factory->lost() && !serving->built.empty() && serving->built[0]->lost());
  EXPECT_EQ(factory->story(), "started lost:ConnectionDone");
  EXPECT_EQ(serving->built[0]->story(), "made lost:ConnectionDone");
}

TEASEL_CONTRACT(ContractConnect, ImpossibleArgumentsAreRefusedAtOnce) {
  const auto factory = clientFactory(bench);
  EXPECT_THROW(bench.client().connectTCP(bench.serverHost(), 0, factory), InvalidAddressError);
  EXPECT_THROW(bench.client().connectTCP(bench.serverHost(), -1, factory), InvalidAddressError);
  EXPECT_THROW(bench.client().connectTCP(bench.serverHost(), 65536, factory), InvalidAddressError);
  EXPECT_THROW(bench.client().connectTCP(bench.serverHost(), 80, nullptr), UsageError);
  EXPECT_THROW(bench.client().connectTCP(bench.serverHost(), 80, factory, -1ns), NegativeDelay);
  EXPECT_EQ(factory->starts, 0);
}

TEASEL_CONTRACT(ContractConnect, TheDestinationIsSaidAsItWasGiven) {
  Pending pending(bench);
  EXPECT_EQ(pending.connector->getDestination(), "somewhere.example:4321");
  EXPECT_EQ(pending.connector->factory(), pending.factory);
}

TEASEL_CONTRACT(ContractConnect, BindingToAForeignAddressFails) {
  const auto port = listen(bench, serverFactory(bench));
  const auto factory = clientFactory(bench);
  const Address foreign = Address::ipv4(192, 0, 2, 77, 0);
  const auto connector = bench.client().connectTCP(bench.serverHost(), port->getHost().port(), factory, 5s, foreign);
  TEASEL_UNTIL(factory->failed());
  EXPECT_NE(factory->reason.check<ConnectBindError>(), nullptr) << factory->reason;
}

TEASEL_CONTRACT(ContractConnect, ManyClientsAtOnceAreAllServed) {
  const auto serving = serverFactory(bench, {.data = [](Probe& us, ByteView data) { us.transport().write(data); }});
  const auto port = listen(bench, serving);
  const auto connecting = clientFactory(bench, {.made = [](Probe& us) { us.transport().write("me"); }});
  std::vector<std::shared_ptr<Connector>> connectors;
  connectors.reserve(30);
  for (int i = 0; i < 30; ++i) connectors.push_back(connect(bench, connecting, *port));
  TEASEL_UNTIL(connecting->built.size() == 30 &&
               std::ranges::all_of(connecting->built, [](const Probe* probe) { return probe->received == "me"; }));
  EXPECT_EQ(serving->built.size(), 30u);
}

TEASEL_CONTRACT(ContractConnect, AConnectionMayBeLostAndMadeManyTimes) {
  const auto serving =
      serverFactory(bench, {.made = [](Probe& us) { us.transport().write("x"), us.transport().loseConnection(); }});
  const auto port = listen(bench, serving);
  const auto connecting = clientFactory(bench);
  connecting->onLost = [&](Connector& connector) {
    if (connecting->built.size() < 20) connector.connect();
  };
  const auto connector = connect(bench, connecting, *port);
  TEASEL_UNTIL(connecting->stops == 1);
  EXPECT_EQ(connecting->built.size(), 20u);
  for (const Probe* probe : connecting->built) EXPECT_EQ(probe->story(), "made data lost:ConnectionDone");
}

}  // namespace teasel::contract
