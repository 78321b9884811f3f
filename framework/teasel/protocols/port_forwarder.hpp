#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <string>

#include <teasel/core/clock.hpp>
#include <teasel/protocol/connector.hpp>
#include <teasel/protocol/factory.hpp>

namespace teasel {

class Reactor;

/// One of the two connections of a forwarded one: what it receives, it writes to the other. The
/// model is twisted.protocols.portforward.Proxy.
///
///  - Backpressure: each transport is the push producer of the other. Where one does not send, the
///    other stops reading. So no more waits here, in each direction, than the high-water mark of a
///    transport and one chunk.
///  - Half-close: the end of stream of one side ends our direction of the other side, behind the
///    bytes that came before it. The other direction goes on.
///  - Resets: if one side ends uncleanly, the other one is aborted.
class Proxy : public Protocol {
 public:
  void dataReceived(ByteView data) override;
  bool halfCloseable() const noexcept override { return true; }
  void readConnectionLost() override;
  void connectionLost(const Failure& reason) override;
  /// The other connection; null before it is made and after either of them has ended.
  std::shared_ptr<Proxy> peer() const noexcept { return peer_.lock(); }

 protected:
  /// Joins two connections that are made.
  static void join(Proxy& one, Proxy& other);

 private:
  std::weak_ptr<Proxy> peer_;  // its connection holds it
};

class ProxyFactory;

/// The connection of a client of the forwarder. It reads nothing until the connection to the target
/// is made.
class ProxyServer : public Proxy {
 public:
  /// `factory` is the factory of this protocol, which holds it.
  explicit ProxyServer(ProxyFactory& factory) : proxy_(factory) {}
  void connectionMade() override;
  void connectionLost(const Failure& reason) override;

 private:
  class Client;
  class Dialer;
  ProxyFactory& proxy_;
  std::shared_ptr<Connector> connector_;
};

/// Forwards each connection to a target. The model is twisted.protocols.portforward.ProxyFactory.
///
///     reactor.listenTCP(8080, std::make_shared<ProxyFactory>(reactor, "10.0.0.7", 80));
///
/// To bound the connections, their age without traffic, or to see what passes, put it into a
/// LimitTotalConnectionsFactory, a TimeoutFactory or a TrafficLoggingFactory.
class ProxyFactory : public Factory {
 public:
  /// Begins to connect to the target with this factory, and returns the connector.
  using Connect = std::function<std::shared_ptr<Connector>(std::shared_ptr<ClientFactory>)>;
  /// Connects by TCP to a host, which is a name or an IP address. `reactor` must outlive the
  /// connections. Throws InvalidAddressError unless `port` is from 1 to 65535.
  ProxyFactory(Reactor& reactor, std::string host, int port, Duration timeout = std::chrono::seconds(30));
  /// Connects as `connect` says, for example to a UNIX socket. Throws UsageError if it is empty.
  explicit ProxyFactory(Connect connect);

  std::shared_ptr<Protocol> buildProtocol(const Address& peer) override;
  std::shared_ptr<Connector> connect(std::shared_ptr<ClientFactory> factory) { return connect_(std::move(factory)); }
  /// The target could not be reached; the client's connection is aborted, and that is the cause.
  /// The default logs a warning.
  virtual void connectFailed(const Address& client, const Failure& why);

 private:
  Connect connect_;
};

}  // namespace teasel
