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

/// Builds a protocol for each connection and keeps what they share. Held by shared_ptr: its port
/// and its protocols keep it alive. The model is twisted.internet.protocol.Factory.
class Factory : public std::enable_shared_from_this<Factory> {
 public:
  /// A factory of Ps: `Factory::forProtocol<Echo>()`. Arguments are copied and handed to every P.
  template <std::derived_from<Protocol> P, class... Args>
  static std::shared_ptr<Factory> forProtocol(Args... args);

  Factory() = default;
  Factory(const Factory&) = delete;
  Factory& operator=(const Factory&) = delete;
  virtual ~Factory() = default;

  /// The protocol for a connection with `peer`; null closes that connection at once. The factory is
  /// set by the caller if it is not. Default: what setProtocol was given; null otherwise.
  virtual std::shared_ptr<Protocol> buildProtocol(const Address& peer);
  /// The class of the protocols that the default buildProtocol makes (Twisted: the attribute
  /// `protocol`).
  template <std::derived_from<Protocol> P, class... Args>
  void setProtocol(Args... args);

  /// Before the first port or connector uses it, and after the last: open and close here what all
  /// protocols share. An exception out of startFactory makes listen fail, and is logged for
  /// connectors.
  virtual void startFactory() {}
  virtual void stopFactory() {}
  /// Counts users; calls startFactory on 0 -> 1 and stopFactory on 1 -> 0. Called by ports and
  /// connectors only. A doStop too many is ignored.
  void doStart();
  void doStop();
  int numPorts() const noexcept { return numPorts_; }
  /// Whether starting and stopping is logged; true.
  bool noisy = true;
  /// What log messages about this factory begin with; the class name.
  virtual std::string logPrefix() const;

 private:
  std::function<std::shared_ptr<Protocol>()> make_;
  int numPorts_ = 0;
};

/// Twisted's name for a Factory on the listening side.
using ServerFactory = Factory;

/// A factory on the connecting side: hears how each attempt goes.
class ClientFactory : public Factory {
 public:
  template <std::derived_from<Protocol> P, class... Args>
  static std::shared_ptr<ClientFactory> forProtocol(Args... args);

  /// An attempt begins; called at the end of the turn in which connectTCP or Connector::connect was
  /// (turn rule 2).
  virtual void startedConnecting(Connector& connector) { static_cast<void>(connector); }
  /// It succeeded: the protocol's connectionMade has returned. (Twisted wraps the protocol to learn
  /// this.)
  virtual void clientConnectionMade(Connector& connector, const std::shared_ptr<Protocol>& protocol) {
    static_cast<void>(connector), static_cast<void>(protocol);
  }
  /// It failed. `connector.connect()` may be called here to try again.
  virtual void clientConnectionFailed(Connector& connector, const Failure& reason) {
    static_cast<void>(connector), static_cast<void>(reason);
  }
  /// The connection is over (connectionLost has returned). `connector.connect()` may be called here
  /// to reconnect.
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
