// Exhibits of the environment: faults of code that takes what happens in one turn of the loop, or
// in one kernel, for a rule. Each needs choices of its own. Faults of the network that would show
// the same are left out, so that nothing else shows it.

#include <functional>
#include <memory>
#include <string>

#include <teasel/fakes/world/scenario.hpp>
#include <teasel/protocol/connector.hpp>
#include <teasel/protocol/port.hpp>
#include <teasel/reactor/reactor.hpp>

#include "both_write.hpp"
#include "data_first.hpp"
#include "exhibit.hpp"
#include "hosts_only.hpp"
#include "last_record.hpp"
#include "next_user.hpp"
#include "port_pair.hpp"
#include "sent_is_read.hpp"
#include "two_askers.hpp"
#include "whole_turn.hpp"

namespace teasel::museum {
namespace {

using fakes::Faults;
using fakes::ScenarioOptions;
using fakes::World;

constexpr std::string_view kWords[] = {"\n", "a"};
constexpr int kPort = 7, kDataPort = 8;

/// A client of Ps connects to the host of this name.
template <class P, class... Args>
void connect(World& world, Reactor& client, int port, Args... args) {
  const auto factory = ClientFactory::forProtocol<P>(args...);
  factory->noisy = false;
  client.connectTCP(world.host("server").address().host(), port, factory);
}

/// The network is quick and loses nothing. So what is left is what the machines do.
ScenarioOptions quickNetwork() {
  ScenarioOptions options;
  options.world.faults.latency = false;
  options.climate.without = {&Faults::listen, &Faults::reset, &Faults::refuse, &Faults::stalls, &Faults::partition};
  return options;
}

/// No reset makes half a reading of a whole one.
ScenarioOptions unbroken() {
  ScenarioOptions options = oneConnection(kWords);
  options.climate.without = {&Faults::listen, &Faults::reset};
  return options;
}

template <bool kFixed>
void wholeTurn(World& world) {
  Reactor& reactor = world.host().reactor();
  const auto reads = ClientFactory::forProtocol<WholeTurn<kFixed>>(std::ref(world), std::ref(reactor));
  reads->noisy = false;
  const Address at = world.remoteAddress();
  reactor.connectTCP(at.host(), at.port(), reads);
  // The Play does not move this one.
  fakes::RemotePeer& device = world.connect(fakes::Play::kMaxConnections - 1);
  world.runUntil([&] { return device.open(); });
  device.send(WholeTurn<kFixed>::kReading);
  world.run();
}
TEASEL_EXHIBIT(whole_turn, "what has come when the turn is over is taken for the whole", wholeTurn, unbroken())

template <bool kFixed>
void lastRecord(World& world) {
  Reactor& server = world.host("server").reactor();
  Reactor& client = world.host("client").reactor();
  server.listenTCP(kPort, HostsOnly::forProtocol<LastRecord<kFixed>>(std::ref(world), std::ref(server)));
  connect<SendsRecord>(world, client, kPort);
  world.run();
}
TEASEL_EXHIBIT(last_record, "the last record is lost where the end comes with it", lastRecord, ScenarioOptions{})

template <bool kFixed>
void dataFirst(World& world) {
  Reactor& server = world.host("server").reactor();
  Reactor& client = world.host("client").reactor();
  Transfer transfer;
  TwoConnections both(client);
  server.listenTCP(kPort, HostsOnly::forProtocol<OpensTransfer>(std::ref(transfer)));
  server.listenTCP(kDataPort, HostsOnly::forProtocol<DataFirst<kFixed>>(std::ref(world), std::ref(transfer)));
  connect<OneOfTwo>(world, client, kPort, std::ref(both), true);
  connect<OneOfTwo>(world, client, kDataPort, std::ref(both), false);
  world.run();
}
TEASEL_EXHIBIT(data_first, "data is refused that is looked at before its command", dataFirst, quickNetwork())

/// Two clients whose Play says when each of them asks.
ScenarioOptions twoClients() {
  ScenarioOptions options = quickNetwork();
  options.play.connections = options.shape.connections = 2;
  options.shape.words = kWords;
  return options;
}

template <bool kFixed>
void twoAskers(World& world) {
  Reactor& reactor = world.host().reactor();
  reactor.listenTCP(kPort, std::make_shared<TwoAskers<kFixed>>(world, reactor));
  world.run();
}
TEASEL_EXHIBIT(two_askers, "of two who ask in one turn, one gets both answers", twoAskers, twoClients())

template <bool kFixed>
void nextUser(World& world) {
  Reactor& reactor = world.host().reactor();
  reactor.listenTCP(kPort, std::make_shared<NextUser<kFixed>>(world, reactor));
  world.run();
}
TEASEL_EXHIBIT(next_user, "a thread's result is taken for news of the next client on the seat", nextUser, twoClients())

template <bool kFixed>
void sentIsRead(World& world) {
  Reactor& client = world.host("client").reactor();
  Reactor& server = world.host("server").reactor();
  std::string heard;
  bool said = false;
  server.listenTCP(kPort, HostsOnly::forProtocol<Hears>(std::ref(heard)));
  connect<SentIsRead<kFixed>>(world, client, kPort, std::ref(client), std::ref(said));
  world.run();
  world.check(!said || heard == SentIsRead<kFixed>::kGoodbye, "goodbye-lost");
}
TEASEL_EXHIBIT(sent_is_read, "what was sent is taken for what was read", sentIsRead, quickNetwork())

template <bool kFixed>
void bothWrite(World& world) {
  Reactor& server = world.host("server").reactor();
  Reactor& client = world.host("client").reactor();
  bool waits = false;
  server.listenTCP(kPort, HostsOnly::forProtocol<Answers>(std::ref(server)));
  connect<BothWrite<kFixed>>(world, client, kPort, std::ref(client), std::ref(waits));
  // All is quiet: what waits now waits for ever.
  client.addSystemEventTrigger(Reactor::Phase::kBefore, Reactor::Event::kShutdown,
                               [&] { world.check(!waits, "each-waits-for-the-other"); });
  world.run();
}
TEASEL_EXHIBIT(both_write, "client and server wait for each other where windows are small", bothWrite, ScenarioOptions{})

/// The server stands a listen that fails.
ScenarioOptions portsTaken() {
  ScenarioOptions options;
  options.climate.without = {};
  return options;
}

template <bool kFixed>
void portPair(World& world) {
  PortPair<kFixed>(world, world.host("server").reactor()).start();
  world.run();
}
TEASEL_EXHIBIT(port_pair, "the second of two free ports is taken for the next one", portPair, portsTaken())

}  // namespace
}  // namespace teasel::museum
