#pragma once

#include <teasel/contract/pair.hpp>

/// The contract on UNIX sockets: their paths, names, locks and ends. It needs the arms of
/// unix_bench.hpp. The other parts of the contract run on these arms, too; where a UNIX socket
/// differs they ask Bench::unixSockets.

namespace teasel::contract {

class ContractUnix : public ArmTest {};
GTEST_ALLOW_UNINSTANTIATED_PARAMETERIZED_TEST(ContractUnix);

/// The abstract name that resembles a free path.
inline std::string freeName(Bench& bench) { return std::string(1, '\0') + bench.freePath(); }

inline std::shared_ptr<Connector> connectTo(Bench& bench, const std::string& path, const std::shared_ptr<ClientFactory>& factory,
                                            bool checkPID = false) {
  return bench.client().connectUNIX(path, bench.dressed(factory), 30s, checkPID);
}

/// What connecting to `path` ends with: "made", or the name of the failure.
inline std::string outcomeAt(Bench& bench, const std::string& path, bool checkPID = false) {
  const auto factory = clientFactory(bench);
  const auto connector = connectTo(bench, path, factory, checkPID);
  EXPECT_TRUE(bench.until([&] { return factory->failed() || (!factory->built.empty() && factory->built[0]->made()); }));
  const std::string story = factory->story();
  connector->disconnect();
  EXPECT_TRUE(bench.until([&] { return connector->state() == Connector::State::kDisconnected; }));
  const std::size_t failed = story.find("failed:");
  return failed == std::string::npos ? "made" : story.substr(failed + 7);
}

/// Stops a port and waits until it has stopped.
inline void stopped(Bench& bench, const std::shared_ptr<Port>& port) {
  const auto done = std::make_shared<bool>(false);
  port->stopListening().addCallback([done] { *done = true; });
  EXPECT_TRUE(bench.until([&] { return *done; }));
}

TEASEL_CONTRACT(ContractUnix, TheServerHasThePathAndTheClientNoName) {
  const Pair pair(bench);
  const Address path = pair.port->getHost(), unnamed = Address::unixPath("");
  EXPECT_EQ(path.family(), Address::Family::kUnix);
  EXPECT_EQ(pair.server->transport().getHost(), path);
  EXPECT_EQ(pair.server->transport().getPeer(), unnamed);
  EXPECT_EQ(pair.client->transport().getPeer(), path);
  EXPECT_EQ(pair.client->transport().getHost(), unnamed);
  EXPECT_EQ(pair.connector->getDestination(), path.text());
}

TEASEL_CONTRACT(ContractUnix, APathOnWhichSomebodyListensCannotBeListenedOn) {
  Pair pair(bench);
  const auto late = serverFactory(bench);
  try {
    bench.server().listenUNIX(pair.port->getHost().path(), late);
    FAIL() << "two ports on " << pair.port->getHost();
  } catch (const CannotListenError& error) {
    EXPECT_NE(std::string(error.what()).find(pair.port->getHost().text()), std::string::npos) << error.what();
    EXPECT_NE(std::string(error.what()).find("in use"), std::string::npos) << error.what();
  }
  EXPECT_EQ(late->starts, 0);
  EXPECT_EQ(outcomeAt(bench, pair.port->getHost().path()), "made") << "the first port goes on";
}

TEASEL_CONTRACT(ContractUnix, NobodyIsFoundWhereNobodyListens) {
  EXPECT_EQ(outcomeAt(bench, bench.freePath()), "UnknownHostError");
  const auto port = listen(bench, serverFactory(bench));
  stopped(bench, port);
  EXPECT_EQ(outcomeAt(bench, port->getHost().path()), "UnknownHostError") << "the file is gone with the port";
}

TEASEL_CONTRACT(ContractUnix, AGivenUpPathCanBeListenedOnAtOnce) {
  const std::string path = bench.freePath();
  for (int i = 0; i < 3; ++i) {
    const auto port = bench.server().listenUNIX(path, bench.dressed(serverFactory(bench)));
    if (i < 2) port->stopListening();
  }
  EXPECT_EQ(outcomeAt(bench, path), "made");
}

TEASEL_CONTRACT(ContractUnix, ConnectionsOutliveTheirPath) {
  Pair pair(bench);
  stopped(bench, pair.port);
  pair.client->transport().write("still there?");
  TEASEL_UNTIL(pair.server->received == "still there?");
}

TEASEL_CONTRACT(ContractUnix, AFactoryThatCannotStartGivesThePathAndTheLockBack) {
  const std::string path = bench.freePath();
  const auto broken = serverFactory(bench);
  broken->onStart = [&] {
    --broken->starts;
    throw Boom();
  };
  EXPECT_THROW(bench.server().listenUNIX(path, broken, {.wantPID = true}), Boom);
  EXPECT_EQ(outcomeAt(bench, path), "UnknownHostError");
  const auto port = bench.server().listenUNIX(path, bench.dressed(serverFactory(bench)), {.wantPID = true});
  EXPECT_EQ(outcomeAt(bench, path), "made");
}

TEASEL_CONTRACT(ContractUnix, AnAbstractNameIsServedAndIsNoPath) {
  const std::string name = freeName(bench);
  const auto serving = serverFactory(bench, {.made = [](Probe& us) { us.transport().write("welcome"); }});
  const auto connecting = clientFactory(bench);
  const auto port = bench.server().listenUNIX(name, bench.dressed(serving));
  const auto connector = connectTo(bench, name, connecting);
  TEASEL_UNTIL(!connecting->built.empty() && connecting->built[0]->received == "welcome");
  EXPECT_EQ(port->getHost().text(), "unix:@" + name.substr(1));
  EXPECT_EQ(outcomeAt(bench, name.substr(1)), "UnknownHostError");
  EXPECT_THROW(bench.server().listenUNIX(name, serverFactory(bench)), CannotListenError);
}

TEASEL_CONTRACT(ContractUnix, NobodyIsFoundUnderAnAbstractNameThatIsGivenUp) {
  const std::string name = freeName(bench);
  const auto port = bench.server().listenUNIX(name, bench.dressed(serverFactory(bench)));
  stopped(bench, port);
  EXPECT_EQ(outcomeAt(bench, name), "ConnectionRefusedError");
}

TEASEL_CONTRACT(ContractUnix, ALockIsHeldWhileItsPortListens) {
  const std::string path = bench.freePath();
  const auto port = bench.server().listenUNIX(path, bench.dressed(serverFactory(bench)), {.wantPID = true});
  EXPECT_EQ(outcomeAt(bench, path, true), "made");
  EXPECT_THROW(bench.server().listenUNIX(path, serverFactory(bench), {.wantPID = true}), CannotListenError);
  EXPECT_EQ(outcomeAt(bench, path, true), "made") << "a refused port takes nothing away";
  stopped(bench, port);
  EXPECT_EQ(outcomeAt(bench, path, true), "BadFileError");
}

TEASEL_CONTRACT(ContractUnix, AClientThatWantsALockFindsNoneWhereNobodyTookIt) {
  const std::string path = bench.freePath();
  const auto port = bench.server().listenUNIX(path, bench.dressed(serverFactory(bench)));
  EXPECT_EQ(outcomeAt(bench, path, true), "BadFileError");
  EXPECT_EQ(outcomeAt(bench, path, false), "made");
}

TEASEL_CONTRACT(ContractUnix, ImpossibleArgumentsAreRefusedAtOnce) {
  const auto serving = serverFactory(bench);
  const auto connecting = clientFactory(bench);
  const std::string path = bench.freePath(), name = freeName(bench);
  EXPECT_THROW(bench.server().listenUNIX("", serving), InvalidAddressError);
  EXPECT_THROW(bench.server().listenUNIX(std::string(108, 'p'), serving), InvalidAddressError);
  EXPECT_THROW(bench.server().listenUNIX(path, nullptr), UsageError);
  EXPECT_THROW(bench.server().listenUNIX(path, serving, {.mode = 010000}), UsageError);
  EXPECT_THROW(bench.server().listenUNIX(name, serving, {.wantPID = true}), UsageError);
  EXPECT_THROW(bench.client().connectUNIX("", connecting), InvalidAddressError);
  EXPECT_THROW(bench.client().connectUNIX(path, nullptr), UsageError);
  EXPECT_THROW(bench.client().connectUNIX(path, connecting, -1ns), NegativeDelay);
  EXPECT_THROW(bench.client().connectUNIX(name, connecting, 30s, true), UsageError);
  EXPECT_EQ(serving->starts + connecting->starts, 0);
}

TEASEL_CONTRACT(ContractUnix, AClientThatKeepsTryingFindsAServerThatComesLater) {
  const std::string path = bench.freePath();
  const auto connecting = clientFactory(bench);
  const auto serving = serverFactory(bench);
  const auto connector = connectTo(bench, path, connecting);
  TEASEL_UNTIL(connecting->failed());
  const auto port = bench.server().listenUNIX(path, bench.dressed(serving));
  connector->connect();
  TEASEL_UNTIL(!connecting->built.empty() && connecting->built[0]->made());
}

TEASEL_CONTRACT(ContractUnix, StopConnectingInTheSameTurnFailsWithUserErrorAndNobodyIsServed) {
  const auto serving = serverFactory(bench);
  const auto port = listen(bench, serving);
  const auto factory = clientFactory(bench);
  connect(bench, factory, *port)->stopConnecting();
  TEASEL_UNTIL(factory->failed());
  EXPECT_EQ(factory->story(), "started failed:UserError");
  bench.settle();
  EXPECT_TRUE(serving->built.empty());
}

TEASEL_CONTRACT(ContractUnix, ManyClientsAtOnceAreAllServed) {
  const auto serving = serverFactory(bench, {.made = [](Probe& us) { us.transport().write("welcome"); }});
  const auto port = bench.server().listenUNIX(bench.freePath(), bench.dressed(serving), {.backlog = 2});
  const auto connecting = clientFactory(bench);
  std::vector<std::shared_ptr<Connector>> connectors;
  connectors.reserve(20);
  for (int i = 0; i < 20; ++i) connectors.push_back(connect(bench, connecting, *port));
  TEASEL_UNTIL(connecting->built.size() == 20 &&
               std::ranges::all_of(connecting->built, [](const Probe* probe) { return probe->received == "welcome"; }));
}

// How an abort looks from the other side ----------------------------------------------------------

TEASEL_CONTRACT(ContractUnix, AnAbortLooksLikeACleanEndBehindWhatWasSent) {
  Pair pair(bench);
  pair.server->transport().write("half a reply");
  TEASEL_UNTIL(pair.client->received == "half a reply");
  pair.server->transport().abortConnection();
  TEASEL_UNTIL(pair.over());
  EXPECT_EQ(pair.server->reason.name(), "ConnectionAborted");
  EXPECT_EQ(pair.client->reason.name(), "ConnectionDone");
}

TEASEL_CONTRACT(ContractUnix, AnAbortWithUnreadInputLooksLikeAResetBehindWhatWasSent) {
  Pair pair(bench, {.made = [](Probe& us) { us.transport().pauseProducing(); }});
  pair.client->transport().write(pattern(bench.moreThanFits()));
  pair.server->transport().write("half a reply");
  TEASEL_UNTIL(pair.client->received == "half a reply");
  bench.settle();
  pair.server->transport().abortConnection();
  TEASEL_UNTIL(pair.over());
  EXPECT_EQ(pair.client->reason.name(), "ConnectionLost");
}

TEASEL_CONTRACT(ContractUnix, AWriteToAPeerThatIsGoneEndsLost) {
  Pair pair(bench, {.made = [](Probe& us) { us.transport().pauseProducing(); }});
  pair.client->transport().write("last words");
  bench.settle();
  pair.client->transport().abortConnection();
  bench.settle();
  pair.server->transport().write("anybody?");
  bench.settle();
  pair.server->transport().resumeProducing();
  TEASEL_UNTIL(pair.over());
  // With a small window some of it may not have been sent before the abort.
  EXPECT_TRUE(std::string("last words").starts_with(pair.server->received)) << pair.server->received;
  EXPECT_EQ(pair.server->reason.name(), "ConnectionLost");
}

}  // namespace teasel::contract
