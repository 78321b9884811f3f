#pragma once

#include <concepts>
#include <functional>
#include <memory>
#include <string>
#include <type_traits>
#include <utility>

#include <teasel/core/address.hpp>
#include <teasel/core/failure.hpp>
#include <teasel/protocol/protocol.hpp>

namespace teasel {

class Connector;

/// Builds a protocol for each connection, and keeps what these protocols share. The model is
/// twisted.internet.protocol.Factory. Held by shared_ptr: its ports, its connectors and its
/// protocols keep it alive.
class Factory : public std::enable_shared_from_this<Factory> {
 public:
  /// Makes a factory that builds Ps: `Factory::forProtocol<Echo>()`. The arguments are copied, and
  /// each P is made with them.
  template <std::derived_from<Protocol> P, class... Args>
  static std::shared_ptr<Factory> forProtocol(Args... args);

  Factory() = default;
  Factory(const Factory&) = delete;
  Factory& operator=(const Factory&) = delete;
  virtual ~Factory() = default;

  /// Builds the protocol for a connection with `peer`. Called by the port or the connector. Null
  /// closes that connection at once; so does an exception, which is logged. The caller sets the
  /// protocol's factory if it is not set. The default builds what setProtocol was given, and null
  /// without it.
  virtual std::shared_ptr<Protocol> buildProtocol(const Address& peer);
  /// Says which class the default buildProtocol makes (Twisted: the attribute `protocol`).
  template <std::derived_from<Protocol> P, class... Args>
  void setProtocol(Args... args);

  /// Opens what all protocols share. Called before the first port or connector uses the factory. If
  /// it throws, listenTCP throws the same; a connector logs it and calls clientConnectionFailed.
  virtual void startFactory() {}
  /// Closes what startFactory opened. Called after the last port or connector has used the factory.
  virtual void stopFactory() {}
  /// Takes the place of stopFactory when the last port or connector was abandoned with its process
  /// (Reactor::abandon). A factory that has started others calls their forgetPort here, and nothing
  /// else: the program it stands for is dead.
  virtual void forgetFactory() noexcept {}
  /// Count the ports and connectors that use the factory, which alone call these. The first doStart
  /// calls startFactory, and the last doStop calls stopFactory. A doStop too many is ignored.
  void doStart();
  void doStop();
  /// As doStop, but with forgetFactory in place of stopFactory.
  void forgetPort() noexcept {
    if (numPorts_ > 0 && --numPorts_ == 0) forgetFactory();  // NOLINT(*-inc-dec-*): && orders
  }
  int numPorts() const noexcept { return numPorts_; }
  /// Whether starting and stopping is logged. Set it to false for silence.
  bool noisy = true;
  /// What log messages about this factory begin with. The default is the name of the class.
  virtual std::string logPrefix() const;

 private:
  std::function<std::shared_ptr<Protocol>()> make_;
  int numPorts_ = 0;
};

/// Twisted's name for a Factory on the listening side.
using ServerFactory = Factory;

/// A factory on the connecting side. It hears how each attempt to connect goes. The model is
/// twisted.internet.protocol.ClientFactory.
class ClientFactory : public Factory {
 public:
  /// As Factory::forProtocol, for a client.
  template <std::derived_from<Protocol> P, class... Args>
  static std::shared_ptr<ClientFactory> forProtocol(Args... args);

  // The connector calls these. An exception that one throws is logged. An exception out of
  // clientConnectionMade ends the connection as well.
  /// An attempt begins. Called at the end of the turn in which connectTCP or Connector::connect was
  /// called (turn rule 2).
  virtual void startedConnecting(Connector& connector) { static_cast<void>(connector); }
  /// The attempt succeeded, and the protocol's connectionMade has returned. (Twisted has no such
  /// callback; its endpoints wrap the protocol to learn this.)
  virtual void clientConnectionMade(Connector& connector, const std::shared_ptr<Protocol>& protocol) {
    static_cast<void>(connector), static_cast<void>(protocol);
  }
  /// The attempt failed. `connector.connect()` may be called here to try again.
  virtual void clientConnectionFailed(Connector& connector, const Failure& reason) {
    static_cast<void>(connector), static_cast<void>(reason);
  }
  /// The connection is over, and the protocol's connectionLost has returned. `connector.connect()`
  /// may be called here to reconnect.
  virtual void clientConnectionLost(Connector& connector, const Failure& reason) {
    static_cast<void>(connector), static_cast<void>(reason);
  }
};

template <std::derived_from<Protocol> P, class... Args>
void Factory::setProtocol(Args... args) {
  make_ = [... held = std::move(args)] { return std::make_shared<P>(held...); };
}

template <std::derived_from<Protocol> P, class... Args>
std::shared_ptr<Factory> Factory::forProtocol(Args... args) {
  auto factory = std::make_shared<Factory>();
  factory->setProtocol<P>(std::move(args)...);
  return factory;
}

template <std::derived_from<Protocol> P, class... Args>
std::shared_ptr<ClientFactory> ClientFactory::forProtocol(Args... args) {
  auto factory = std::make_shared<ClientFactory>();
  factory->setProtocol<P>(std::move(args)...);
  return factory;
}

}  // namespace teasel
