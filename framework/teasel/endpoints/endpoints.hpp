#pragma once

#include <chrono>
#include <memory>
#include <string>
#include <utility>

#include <teasel/core/clock.hpp>
#include <teasel/deferred/deferred.hpp>
#include <teasel/protocol/factory.hpp>
#include <teasel/protocol/port.hpp>
#include <teasel/reactor/reactor.hpp>

namespace teasel {

/// A place to listen. It is separate from the factory, so a program can choose the place elsewhere.
/// The model is twisted.internet.interfaces.IStreamServerEndpoint.
class StreamServerEndpoint {
 public:
  virtual ~StreamServerEndpoint() = default;
  /// Listens. The result is the port. It throws nothing: the Deferred fails with CannotListenError,
  /// InvalidAddressError or what startFactory threw.
  virtual Deferred<std::shared_ptr<Port>> listen(std::shared_ptr<Factory> factory) = 0;
};

/// A place to connect to. Each connect is one attempt. The model is
/// twisted.internet.interfaces.IStreamClientEndpoint.
class StreamClientEndpoint {
 public:
  virtual ~StreamClientEndpoint() = default;
  /// Connects. The result is the protocol; its connectionMade has returned by then. The Deferred
  /// fails with a ConnectError when the attempt fails, with NoProtocol when the factory builds no
  /// protocol, with what buildProtocol throws, and with ConnectingCancelledError when it is
  /// cancelled. Nothing is connected then.
  virtual Deferred<std::shared_ptr<Protocol>> connect(std::shared_ptr<Factory> factory) = 0;
};

/// Listens by TCP on an IPv4 address. `port` 0 lets the system choose one. `backlog` is how many
/// connections may wait to be accepted. `interface` is the IP address to listen on. `reactor` must
/// outlive the endpoint.
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

/// As TCP4ServerEndpoint, for an IPv6 address.
class TCP6ServerEndpoint : public TCP4ServerEndpoint {
 public:
  TCP6ServerEndpoint(Reactor& reactor, int port, int backlog = 50, std::string interface = "::")
      : TCP4ServerEndpoint(reactor, port, backlog, std::move(interface)) {}
};

/// Connects by TCP to a host, which is a name or an IP address. Of the addresses of a name it tries
/// one, an IPv4 address if there is any; HostnameEndpoint tries all. The attempt fails after
/// `timeout`, which covers name resolution. `bindAddress` is the local address to connect from.
/// `reactor` must outlive the endpoint.
class TCP4ClientEndpoint : public StreamClientEndpoint {
 public:
  TCP4ClientEndpoint(Reactor& reactor, std::string host, int port, Duration timeout = std::chrono::seconds(30),
                     Address bindAddress = {})
      : reactor_(reactor), host_(std::move(host)), port_(port), timeout_(timeout), bindAddress_(std::move(bindAddress)) {}
  Deferred<std::shared_ptr<Protocol>> connect(std::shared_ptr<Factory> factory) override;

 private:
  Reactor& reactor_;
  std::string host_;
  int port_;
  Duration timeout_;
  Address bindAddress_;
};

/// Listens on the UNIX stream socket `path`, the path of a file or an abstract name; see
/// Reactor::listenUNIX. `reactor` must outlive the endpoint.
class UNIXServerEndpoint : public StreamServerEndpoint {
 public:
  UNIXServerEndpoint(Reactor& reactor, std::string path, const UnixListenOptions& options = {})
      : reactor_(reactor), path_(std::move(path)), options_(options) {}
  Deferred<std::shared_ptr<Port>> listen(std::shared_ptr<Factory> factory) override;

 private:
  Reactor& reactor_;
  std::string path_;
  UnixListenOptions options_;
};

/// Connects to the UNIX stream socket `path`; see Reactor::connectUNIX. With `checkPID` it connects
/// only if a living process holds the lock of the socket. `reactor` must outlive the endpoint.
class UNIXClientEndpoint : public StreamClientEndpoint {
 public:
  UNIXClientEndpoint(Reactor& reactor, std::string path, Duration timeout = std::chrono::seconds(30), bool checkPID = false)
      : reactor_(reactor), path_(std::move(path)), timeout_(timeout), checkPID_(checkPID) {}
  Deferred<std::shared_ptr<Protocol>> connect(std::shared_ptr<Factory> factory) override;

 private:
  Reactor& reactor_;
  std::string path_;
  Duration timeout_;
  bool checkPID_;
};

/// Listens on a descriptor that somebody else made: a stream socket that listens already. The port
/// owns the descriptor; as long as it does, every other endpoint for it fails with AlreadyListened.
/// If `closes` is true the port closes the descriptor when it ends. Then the endpoint can listen
/// once, also if that fails, and a second call fails with AlreadyListened. A listen that fails
/// leaves the descriptor open. `reactor` must outlive the endpoint.
class AdoptedStreamServerEndpoint : public StreamServerEndpoint {
 public:
  AdoptedStreamServerEndpoint(Reactor& reactor, int fd, bool closes = true) : reactor_(reactor), fd_(fd), closes_(closes) {}
  Deferred<std::shared_ptr<Port>> listen(std::shared_ptr<Factory> factory) override;

 private:
  std::shared_ptr<Port> adopt(std::shared_ptr<Factory> factory);

  Reactor& reactor_;
  int fd_;
  bool closes_, used_ = false;
};

/// Connects a protocol that exists already (Twisted: connectProtocol). It fails as `connect` does.
Deferred<std::shared_ptr<Protocol>> connectProtocol(StreamClientEndpoint& endpoint, std::shared_ptr<Protocol> protocol);

}  // namespace teasel
