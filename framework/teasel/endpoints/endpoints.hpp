#pragma once

#include <memory>
#include <string>

#include <teasel/core/clock.hpp>
#include <teasel/deferred/deferred.hpp>
#include <teasel/protocol/factory.hpp>
#include <teasel/protocol/port.hpp>

namespace teasel {

/// Somewhere to listen, separated from what listens there. The model is twisted.internet.endpoints.
class StreamServerEndpoint {
 public:
  virtual ~StreamServerEndpoint() = default;
  /// Listens; a failure (CannotListenError, what startFactory threw) is the Deferred's.
  virtual Deferred<std::shared_ptr<Port>> listen(std::shared_ptr<Factory> factory) = 0;
};

/// Somewhere to connect to. Each connect is one attempt.
class StreamClientEndpoint {
 public:
  virtual ~StreamClientEndpoint() = default;
  /// Connects; the result is the protocol, after its connectionMade. Fails with a ConnectError,
  /// with NoProtocol where the factory builds none, with ConnectingCancelledError when cancelled:
  /// nothing is connected then.
  virtual Deferred<std::shared_ptr<Protocol>> connect(std::shared_ptr<Factory> factory) = 0;
};

/// Listens by TCP on an IPv4 address. `reactor` must outlive it.
class TCP4ServerEndpoint : public StreamServerEndpoint {
 public:
  TCP4ServerEndpoint(Reactor& reactor, int port, int backlog = 50, std::string interface = "0.0.0.0")
      : reactor_(reactor), port_(port), backlog_(backlog), interface_(std::move(interface)) {}
  Deferred<std::shared_ptr<Port>> listen(std::shared_ptr<Factory> factory) override;

 private:
  Reactor& reactor_;
  int port_, backlog_;
  std::string interface_;
};

/// As TCP4ServerEndpoint, on IPv6.
class TCP6ServerEndpoint : public TCP4ServerEndpoint {
 public:
  TCP6ServerEndpoint(Reactor& reactor, int port, int backlog = 50, std::string interface = "::")
      : TCP4ServerEndpoint(reactor, port, backlog, std::move(interface)) {}
};

/// Connects by TCP to a host, named or literal. `reactor` must outlive it.
class TCP4ClientEndpoint : public StreamClientEndpoint {
 public:
  TCP4ClientEndpoint(Reactor& reactor, std::string host, int port, Duration timeout = std::chrono::seconds(30),
                     Address bindAddress = {})
      : reactor_(reactor), host_(std::move(host)), port_(port), timeout_(timeout), bindAddress_(bindAddress) {}
  Deferred<std::shared_ptr<Protocol>> connect(std::shared_ptr<Factory> factory) override;

 private:
  Reactor& reactor_;
  std::string host_;
  int port_;
  Duration timeout_;
  Address bindAddress_;
};

/// Connects this one protocol (Twisted: connectProtocol).
Deferred<std::shared_ptr<Protocol>> connectProtocol(StreamClientEndpoint& endpoint, std::shared_ptr<Protocol> protocol);

}  // namespace teasel
