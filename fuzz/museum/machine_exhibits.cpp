// Exhibits of the environment: faults that show where a machine, a link or a name server is not
// there for a while, or does something at an instant at which it matters.

#include <chrono>
#include <functional>
#include <memory>

#include <teasel/fakes/world/scenario.hpp>
#include <teasel/protocol/connector.hpp>
#include <teasel/protocol/port.hpp>
#include <teasel/reactor/reactor.hpp>

#include "exhibit.hpp"
#include "hosts_only.hpp"
#include "late_failure.hpp"
#include "lease_end.hpp"
#include "overslept.hpp"
#include "piled_up.hpp"
#include "two_masters.hpp"

namespace teasel::museum {
namespace {

using fakes::Faults;
using fakes::ScenarioOptions;
using fakes::World;

constexpr int kPort = 7;

/// One client connects to the host "server". Their names are those of the hosts.
template <class P, class... Args>
void connectToServer(World& world, Reactor& client, Args... args) {
  const auto factory = ClientFactory::forProtocol<P>(args...);
  factory->noisy = false;
  client.connectTCP(world.host("server").address().host(), kPort, factory);
}

template <bool kFixed>
void leaseStall(World& world) {
  // A lost packet may take as long to come again.
  constexpr Duration kLease = std::chrono::milliseconds(800);
  Reactor& server = world.host("server").reactor();
  Reactor& client = world.host("client").reactor();
  server.listenTCP(kPort, HostsOnly::forProtocol<LeaseEnd<kFixed>>(std::ref(world), std::ref(server), kLease));
  connectToServer<Tenant>(world, client, std::ref(client), Duration::zero());
  world.run();
}
/// A client that blocks sends late by itself.
ScenarioOptions busyNowhere() {
  ScenarioOptions options;
  options.climate.without = {&Faults::listen, &Faults::slow};
  return options;
}
TEASEL_EXHIBIT(lease_stall, "a renewal that was held up until the end of the lease makes two holders", leaseStall, busyNowhere())

template <bool kFixed>
void leaseOrder(World& world) {
  constexpr Duration kLease = std::chrono::seconds(10);
  Reactor& client = world.host("client").reactor();
  Reactor& server = world.host("server").reactor();
  server.listenTCP(kPort, HostsOnly::forProtocol<LeaseEnd<kFixed>>(std::ref(world), std::ref(server), kLease));
  connectToServer<Tenant>(world, client, std::ref(client), kLease);
  world.run();
}
/// On the wire everything takes no time, so that both machines count from one instant.
ScenarioOptions sameInstant() {
  ScenarioOptions options;
  options.world.faults.latency = false;
  options.climate.without = {&Faults::listen, &Faults::stalls};
  return options;
}
TEASEL_EXHIBIT(lease_order, "a renewal at the end of the lease makes two holders", leaseOrder, sameInstant())

template <bool kFixed>
void overslept(World& world) {
  Reactor& server = world.host("server").reactor();
  Reactor& client = world.host("client").reactor();
  server.listenTCP(kPort, HostsOnly::forProtocol<Lender>(std::ref(server)));
  connectToServer<Overslept<kFixed>>(world, client, std::ref(world), std::ref(client));
  world.run();
}
/// A small window gives the client work to do while it waits.
ScenarioOptions idleClient() {
  ScenarioOptions options;
  options.climate.without = {&Faults::listen, &Faults::windows};
  return options;
}
TEASEL_EXHIBIT(overslept, "a client acts behind the end of its lease, because its machine was busy", overslept, idleClient())

template <bool kFixed>
void twoMasters(World& world) {
  bool masterActs = true;
  Reactor& master = world.host("server").reactor();
  Reactor& standby = world.host("standby").reactor();
  master.listenTCP(kPort, HostsOnly::forProtocol<Master<kFixed>>(std::ref(master), std::ref(masterActs)));
  connectToServer<Standby>(world, standby, std::ref(world), std::ref(standby), std::cref(masterActs));
  world.advance(std::chrono::minutes(2));
  world.run();
}
TEASEL_EXHIBIT(two_masters, "a master that is cut off goes on beside its successor", twoMasters, ScenarioOptions{})

template <bool kFixed>
void piledUp(World& world) {
  fakes::Host& server = world.host("server");
  Reactor& client = world.host("client").reactor();
  server.onStart([](Reactor& reactor) { reactor.listenTCP(kPort, HostsOnly::forProtocol<Protocol>()); });
  const auto reports = std::make_shared<PiledUp<kFixed>>(world, client, server.address().host(), kPort);
  client.addSystemEventTrigger(Reactor::Phase::kBefore, Reactor::Event::kShutdown, [reports] { reports->stop(); });
  reports->report();
  world.advance(std::chrono::minutes(1));
  world.run();
}
/// Where nobody crashes, a report is done in less than five seconds.
ScenarioOptions promptReports() {
  ScenarioOptions options;
  options.climate.without = {&Faults::listen, &Faults::stalls, &Faults::windows, &Faults::partition};
  return options;
}
TEASEL_EXHIBIT(piled_up, "reports pile up while the server's machine is without power", piledUp, promptReports())

template <bool kFixed>
void lateFailure(World& world) {
  using Client = LateFailure<kFixed>;
  Reactor& server = world.host("server").reactor();
  Reactor& client = world.host("client").reactor();
  world.names().set(Client::kName, {world.host("server").address().host(), "10.0.0.9"});
  server.listenTCP(Client::kPort, HostsOnly::forProtocol<Protocol>());
  const auto asks = std::make_shared<Client>(world, client);
  client.addSystemEventTrigger(Reactor::Phase::kBefore, Reactor::Event::kShutdown, [asks] { asks->stop(); });
  asks->start();
  world.run();
}
/// Only the second address of the name is dead.
ScenarioOptions serverThere() {
  ScenarioOptions options;
  options.climate.without = {&Faults::listen, &Faults::refuse, &Faults::partition};
  return options;
}
TEASEL_EXHIBIT(late_failure, "the late failure of a question for a name ends a connection that works", lateFailure, serverThere())

}  // namespace
}  // namespace teasel::museum
