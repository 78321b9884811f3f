#pragma once

#include <cstdint>
#include <string>

#include <teasel/contract/probe.hpp>

namespace teasel::contract {

inline std::shared_ptr<ProbeFactory> serverFactory(Bench& bench, Hooks hooks = {}) {
  auto factory = std::make_shared<ProbeFactory>(bench, std::move(hooks));
  bench.keep(factory);
  return factory;
}
inline std::shared_ptr<ClientProbeFactory> clientFactory(Bench& bench, Hooks hooks = {}) {
  auto factory = std::make_shared<ClientProbeFactory>(bench, std::move(hooks));
  bench.keep(factory);
  return factory;
}
inline std::shared_ptr<Port> listen(Bench& bench, const std::shared_ptr<Factory>& factory) { return bench.listen(factory); }
inline std::shared_ptr<Connector> connect(Bench& bench, const std::shared_ptr<ClientFactory>& factory, const Port& port,
                                          Duration timeout = 30s) {
  return bench.connect(factory, port, timeout);
}
/// A port on which nobody listens: it was just given up.
inline int deserted(Bench& bench) {
  auto factory = serverFactory(bench);
  const auto port = listen(bench, factory);
  const int number = port->getHost().port();
  port->stopListening();
  EXPECT_TRUE(bench.until([&] { return factory->stops == 1; }));
  return number;
}

/// A server and a client on one connection, both of which are made.
class Pair {
 public:
  explicit Pair(Bench& bench, Hooks serverHooks = {}, Hooks clientHooks = {})
      : serving(serverFactory(bench, std::move(serverHooks))), connecting(clientFactory(bench, std::move(clientHooks))) {
    port = listen(bench, serving);
    connector = connect(bench, connecting, *port);
    const auto both = [&] {
      return !serving->built.empty() && serving->built[0]->made() && !connecting->built.empty() && connecting->built[0]->made();
    };
    EXPECT_TRUE(bench.until(both)) << "the connection was not made" << bench.describe();
    if (!both()) throw std::runtime_error("the connection was not made");
    server = serving->built[0];
    client = connecting->built[0];
  }
  bool over() const { return server->lost() && client->lost(); }
  /// The side that acts, and its peer.
  Probe& us(bool clientActs) const { return clientActs ? *client : *server; }
  Probe& them(bool clientActs) const { return clientActs ? *server : *client; }

  std::shared_ptr<ProbeFactory> serving;
  std::shared_ptr<ClientProbeFactory> connecting;
  std::shared_ptr<Port> port;
  std::shared_ptr<Connector> connector;
  Probe* server = nullptr;
  Probe* client = nullptr;
};

/// Whether the probe heard what the transport can tell of its peer's abort.
inline bool heardAnAbort(const Bench& bench, const Probe& probe) {
  const std::string reason = probe.reason.name();
  return reason == "ConnectionLost" || (bench.unixSockets() && reason == "ConnectionDone");
}

/// A pair in which `ours` are the hooks of the side that acts.
inline Pair pairOf(Bench& bench, bool clientActs, Hooks ours, Hooks theirs = {}) {
  return clientActs ? Pair(bench, std::move(theirs), std::move(ours)) : Pair(bench, std::move(ours), std::move(theirs));
}

/// The ways to end a connection.
enum class Way : std::uint8_t { kLoseConnection, kAbortConnection, kLoseWriteConnection };
inline void act(Way way, Probe& probe) {
  switch (way) {
    case Way::kLoseConnection: return probe.transport().loseConnection();
    case Way::kAbortConnection: return probe.transport().abortConnection();
    case Way::kLoseWriteConnection: return probe.transport().loseWriteConnection();
  }
}

/// Bytes in which each position differs from its neighbours.
inline std::string pattern(std::size_t size, unsigned seed = 0) {
  std::string bytes(size, '\0');
  for (std::size_t i = 0; i < size; ++i) bytes[i] = static_cast<char>((i * 31 + (i >> 8) * 7 + (i >> 16) + seed) & 0xff);
  return bytes;
}

/// The exception that tests throw.
struct Boom : std::runtime_error {
  Boom() : std::runtime_error("boom") {}
};

}  // namespace teasel::contract
