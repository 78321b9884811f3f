#include "framing/checks.hpp"

#include <utility>

#include <teasel/props/event_log.hpp>
#include <teasel/props/properties.hpp>
#include <teasel/props/watch.hpp>
#include <teasel/protocol/connector.hpp>
#include <teasel/protocol/factory.hpp>
#include <teasel/protocol/port.hpp>
#include <teasel/protocols/framing.hpp>
#include <teasel/reactor/reactor.hpp>

#include "framing/servers.hpp"

namespace teasel::targets {
namespace {

constexpr std::size_t kHandlers = 2, kMaxClients = 8;

/// Builds subjects. Each gets a log of its own, which lives as long as the factory.
template <class Base>
class SubjectFactory final : public Base {
 public:
  SubjectFactory(const props::Subject& subject, Reactor& reactor) : make_(subject.begin(reactor)), reactor_(reactor) {
    this->noisy = false;
  }
  std::shared_ptr<Protocol> buildProtocol(const Address&) override {
    logs_.push_back(std::make_unique<props::EventLog>());
    made.push_back(make_(reactor_, *logs_.back()));
    return made.back();
  }
  std::vector<std::shared_ptr<Protocol>> made;

 private:
  const props::Subject::Make make_;
  Reactor& reactor_;
  std::vector<std::unique_ptr<props::EventLog>> logs_;
};

/// A protocol may buffer one message of the greatest length, and what arrived while it was paused.
props::Bounds bounds() {
  props::Bounds bounds;
  bounds.bufferedBytes = kMaxMessage + 16 + fakes::SimDriver::kMaxChunk;
  bounds.buffered = [](const Protocol& protocol) { return static_cast<const Framing&>(protocol).bufferedBytes(); };
  return bounds;
}

bool properties(fakes::World& world, const Kinds& kinds) {
  return props::chunkInvariance(world, kinds.busy) && props::exactlyOnce(world, kinds.busy, kHandlers) &&
         props::chunkCost(world, kinds.quiet) && props::silentAfterClose(world, kinds.quiet, kHandlers) &&
         props::pauseInvariance(world, kinds.quiet, kHandlers) && props::boundedHeap(world, kinds.quiet);
}

void checkOutput(fakes::World& world, const Kinds& kinds) {
  for (unsigned k = 0; k < fakes::Play::kMaxConnections; ++k) {
    if (!world.play().connects(k)) continue;
    const fakes::RemotePeer& peer = world.peer(k);
    if (peer.sawEof() && !peer.sawReset()) world.check(kinds.whole(peer.received()), "whole-messages");
  }
}

}  // namespace

bool checkServer(fakes::World& world, const Kinds& kinds) {
  props::Watch watch(world, bounds(), {.timerLeft = true});
  Reactor& reactor = world.host().reactor();
  const auto factory = std::make_shared<SubjectFactory<Factory>>(kinds.busy, reactor);
  reactor.listenTCP(1, watch.over(factory));
  world.run();
  watch.finish();
  factory->made.clear();  // each protocol holds the factory
  if (world.verdict() == nullptr) checkOutput(world, kinds);
  return world.verdict() == nullptr && properties(world, kinds);
}

std::vector<std::shared_ptr<Protocol>> checkClient(fakes::World& world, const Kinds& kinds) {
  props::Watch watch(world, bounds(), {.timerLeft = true});
  Reactor& reactor = world.host().reactor();
  const auto factory = std::make_shared<SubjectFactory<ClientFactory>>(kinds.busy, reactor);
  const auto watched = watch.overClient(factory);
  std::size_t begun = 0;
  const Address server = world.remoteAddress();
  const auto connect = [&] {
    if (begun++ < kMaxClients) reactor.connectTCP(server.host(), server.port(), watched);
  };
  connect();
  world.onApp([&connect](unsigned, std::uint64_t) { connect(); });
  world.run();
  world.onApp([](unsigned, std::uint64_t) {});
  watch.finish();
  std::vector<std::shared_ptr<Protocol>> made = std::exchange(factory->made, {});
  if (world.verdict() == nullptr) checkOutput(world, kinds);
  if (world.verdict() == nullptr) properties(world, kinds);
  return made;
}

}  // namespace teasel::targets
