#pragma once

#include <teasel/contract/pair.hpp>

/// The contract on listening: ports, their factories, and what happens around their beginning and
/// end.

namespace teasel::contract {

class ContractListen : public ArmTest {};
GTEST_ALLOW_UNINSTANTIATED_PARAMETERIZED_TEST(ContractListen);

/// What the Deferred has fired with: "done", the name of the failure, or "" when it has not fired.
class Watched {
 public:
  void watch(Deferred<void> deferred) {
    deferred.addCallbacks([text = text_] { *text += "done"; }, [text = text_](const Failure& why) { *text += why.name(); });
  }
  const std::string& text() const { return *text_; }

 private:
  std::shared_ptr<std::string> text_ = std::make_shared<std::string>();
};

TEASEL_CONTRACT(ContractListen, PortZeroGetsARealPortOfItsOwn) {
  TEASEL_NEEDS(!bench.unixSockets(), kTcpOnly);
  const auto factory = serverFactory(bench);
  const auto one = listen(bench, factory), two = listen(bench, factory);
  EXPECT_NE(one->getHost().port(), 0);
  EXPECT_NE(two->getHost().port(), 0);
  EXPECT_NE(one->getHost().port(), two->getHost().port());
  EXPECT_EQ(one->getHost().host(), bench.serverHost());
  EXPECT_TRUE(one->listening());
}

TEASEL_CONTRACT(ContractListen, APortKnowsItsFactory) {
  TEASEL_NEEDS(!bench.unixSockets(), kTcpOnly);
  const auto factory = serverFactory(bench);
  EXPECT_EQ(bench.server().listenTCP(0, factory, 50, bench.serverHost())->factory(), factory);
}

TEASEL_CONTRACT(ContractListen, ATakenPortCannotBeListenedOn) {
  TEASEL_NEEDS(!bench.unixSockets(), kTcpOnly);
  const auto taken = listen(bench, serverFactory(bench));
  const auto late = serverFactory(bench);
  try {
    bench.server().listenTCP(taken->getHost().port(), late, 50, bench.serverHost());
    FAIL() << "two ports on " << taken->getHost();
  } catch (const CannotListenError& error) {
    EXPECT_NE(std::string(error.what()).find(taken->getHost().text()), std::string::npos) << error.what();
  }
  EXPECT_EQ(late->starts, 0);
}

TEASEL_CONTRACT(ContractListen, AForeignAddressCannotBeListenedOn) {
  TEASEL_NEEDS(!bench.unixSockets(), kTcpOnly);
  const auto factory = serverFactory(bench);
  EXPECT_THROW(bench.server().listenTCP(0, factory, 50, "192.0.2.77"), CannotListenError);
  EXPECT_EQ(factory->starts, 0);
}

TEASEL_CONTRACT(ContractListen, ImpossibleArgumentsAreRefusedAtOnce) {
  TEASEL_NEEDS(!bench.unixSockets(), kTcpOnly);
  const auto factory = serverFactory(bench);
  EXPECT_THROW(bench.server().listenTCP(65536, factory), InvalidAddressError);
  EXPECT_THROW(bench.server().listenTCP(-1, factory), InvalidAddressError);
  EXPECT_THROW(bench.server().listenTCP(0, factory, 50, "localhost"), InvalidAddressError);
  EXPECT_THROW(bench.server().listenTCP(0, nullptr), UsageError);
  EXPECT_EQ(factory->starts, 0);
}

TEASEL_CONTRACT(ContractListen, AStoppedPortRefuses) {
  TEASEL_NEEDS(!bench.unixSockets(), kTcpOnly);
  const auto factory = clientFactory(bench);
  const auto connector = bench.client().connectTCP(bench.serverHost(), deserted(bench), factory);
  TEASEL_UNTIL(factory->failed());
  EXPECT_EQ(factory->story(), "started failed:ConnectionRefusedError");
}

TEASEL_CONTRACT(ContractListen, StopListeningTellsAfterItsFactoryWasStopped) {
  const auto factory = serverFactory(bench);
  const auto port = listen(bench, factory);
  const Address before = port->getHost();
  Watched first, second, third;
  {
    const Quiet quiet(bench, "stopListening");
    first.watch(port->stopListening());
    second.watch(port->stopListening());
    EXPECT_EQ(first.text(), "");
  }
  factory->onStop = [&] { EXPECT_EQ(first.text(), ""); };
  TEASEL_UNTIL(first.text() == "done" && second.text() == "done");
  EXPECT_EQ(factory->stops, 1);
  third.watch(port->stopListening());
  EXPECT_EQ(third.text(), "done") << "once stopped it is so at once";
  EXPECT_EQ(port->getHost(), before);
  EXPECT_FALSE(port->listening());
}

TEASEL_CONTRACT(ContractListen, ConnectionsOutliveTheirPort) {
  Pair pair(bench);
  pair.port->stopListening();
  TEASEL_UNTIL(pair.serving->stops == 1);
  pair.client->transport().write("still there?");
  TEASEL_UNTIL(pair.server->received == "still there?");
}

TEASEL_CONTRACT(ContractListen, AGivenUpPortCanBeListenedOnAgain) {
  TEASEL_NEEDS(!bench.unixSockets(), kTcpOnly);
  const int number = deserted(bench);
  const auto serving = serverFactory(bench);
  const auto port = bench.server().listenTCP(number, serving, 50, bench.serverHost());
  const auto connecting = clientFactory(bench);
  const auto connector = connect(bench, connecting, *port);
  TEASEL_UNTIL(!serving->built.empty() && !connecting->built.empty());
  EXPECT_EQ(port->getHost().port(), number);
}

TEASEL_CONTRACT(ContractListen, StopListeningInsideBuildProtocolKeepsThatConnection) {
  const auto serving = serverFactory(bench);
  std::shared_ptr<Port> port;
  serving->onBuild = [&] { port->stopListening(); };
  port = listen(bench, serving);
  const auto connecting = clientFactory(bench);
  const auto connector = connect(bench, connecting, *port);
  TEASEL_UNTIL(serving->stops == 1 && !connecting->built.empty());
  connecting->built[0]->transport().write("hello");
  TEASEL_UNTIL(serving->built.size() == 1 && serving->built[0]->received == "hello");
}

TEASEL_CONTRACT(ContractListen, StopListeningWithClientsOnTheirWayLeavesNobodyWaiting) {
  const auto serving = serverFactory(bench);
  const auto port = listen(bench, serving);
  const auto connecting = clientFactory(bench);
  std::vector<std::shared_ptr<Connector>> connectors;
  connectors.reserve(5);
  for (int i = 0; i < 5; ++i) connectors.push_back(connect(bench, connecting, *port, 2s));
  bench.client().callLater(0s, [&] { port->stopListening(); });
  const auto decided = [&](const std::shared_ptr<Connector>& connector) {
    return connector->state() != Connector::State::kConnecting;
  };
  TEASEL_UNTIL(std::ranges::all_of(connectors, decided));
  bench.settle();
  // A client that the system connected but that was never accepted has lost its connection by now.
  const auto alive = std::ranges::count_if(connecting->built, [](const Probe* probe) { return !probe->lost(); });
  EXPECT_EQ(alive, std::ranges::count_if(serving->built, [](const Probe* probe) { return !probe->lost(); }));
}

TEASEL_CONTRACT(ContractListen, WithoutProtocolTheClientIsClosedQuietly) {
  const auto serving = serverFactory(bench);
  serving->refuse = true;
  const auto port = listen(bench, serving);
  const auto connecting = clientFactory(bench);
  const auto connector = connect(bench, connecting, *port);
  TEASEL_UNTIL(connecting->lost());
  EXPECT_EQ(connecting->story(), "started made lost:ConnectionDone");
  EXPECT_EQ(serving->peers.size(), 1u);
}

TEASEL_CONTRACT(ContractListen, WithoutProtocolTheNextClientIsServed) {
  const auto serving = serverFactory(bench, {.made = [](Probe& us) { us.transport().write("served"); }});
  serving->refuse = true;
  const auto port = listen(bench, serving);
  const auto refused = clientFactory(bench), served = clientFactory(bench);
  const auto first = connect(bench, refused, *port);
  TEASEL_UNTIL(refused->lost());
  serving->refuse = false;
  const auto second = connect(bench, served, *port);
  TEASEL_UNTIL(!served->built.empty() && served->built[0]->received == "served");
}

TEASEL_CONTRACT(ContractListen, AFactoryIsStartedOnceForTwoPortsAndStoppedAfterTheLast) {
  const auto factory = serverFactory(bench);
  const auto one = listen(bench, factory), two = listen(bench, factory);
  EXPECT_EQ(factory->starts, 1);
  EXPECT_EQ(factory->numPorts(), 2);
  Watched first, second;
  first.watch(one->stopListening());
  TEASEL_UNTIL(first.text() == "done");
  EXPECT_EQ(factory->stops, 0);
  second.watch(two->stopListening());
  TEASEL_UNTIL(second.text() == "done");
  EXPECT_EQ(factory->stops, 1);
  EXPECT_EQ(factory->starts, 1);
}

TEASEL_CONTRACT(ContractListen, AFactoryThatCannotStartMakesListeningFailAndGivesThePortBack) {
  TEASEL_NEEDS(!bench.unixSockets(), kTcpOnly);
  const int number = deserted(bench);
  const auto broken = serverFactory(bench), working = serverFactory(bench);
  broken->onStart = [&] {
    --broken->starts;
    throw Boom();
  };
  EXPECT_THROW(bench.server().listenTCP(number, broken, 50, bench.serverHost()), Boom);
  const auto port = bench.server().listenTCP(number, working, 50, bench.serverHost());
  EXPECT_EQ(port->getHost().port(), number);
  EXPECT_EQ(broken->numPorts(), 0);
}

TEASEL_CONTRACT(ContractListen, BuildProtocolIsToldThePeer) {
  Pair pair(bench);
  ASSERT_EQ(pair.serving->peers.size(), 1u);
  EXPECT_EQ(pair.serving->peers[0], pair.client->transport().getHost());
  EXPECT_EQ(pair.server->transport().getPeer(), pair.serving->peers[0]);
  EXPECT_EQ(pair.server->factory(), pair.serving) << "the factory introduces itself";
}

TEASEL_CONTRACT(ContractListen, TwoPortsKeepTheirClientsApart) {
  Hooks one{.made = [](Probe& us) { us.transport().write("one"); }}, two{.made = [](Probe& us) { us.transport().write("two"); }};
  Pair first(bench, one), second(bench, two);
  TEASEL_UNTIL(first.client->received == "one" && second.client->received == "two");
}

}  // namespace teasel::contract
