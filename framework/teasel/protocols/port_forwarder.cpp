#include <teasel/protocols/port_forwarder.hpp>

#include <utility>

#include <teasel/core/errors.hpp>
#include <teasel/core/logger.hpp>
#include <teasel/reactor/reactor.hpp>

namespace teasel {

namespace {
constexpr Logger kLog("forward");
}

void Proxy::join(Proxy& one, Proxy& other) {
  one.peer_ = std::static_pointer_cast<Proxy>(other.shared_from_this());
  other.peer_ = std::static_pointer_cast<Proxy>(one.shared_from_this());
  one.transport().registerProducer(other.sharedTransport(), true);
  other.transport().registerProducer(one.sharedTransport(), true);
}

void Proxy::dataReceived(ByteView data) {
  if (const auto other = peer(); other != nullptr) other->transport().write(data);
}

void Proxy::readConnectionLost() {
  const auto other = peer();
  if (other == nullptr) return;
  // Nothing more comes from here, so the other end must not wait for it.
  other->transport().unregisterProducer();
  other->transport().loseWriteConnection();
}

void Proxy::connectionLost(const Failure& reason) {
  const auto other = peer();
  if (other == nullptr) return;
  peer_.reset();
  other->peer_.reset();
  other->transport().unregisterProducer();
  if (reason.check<ConnectionDone>() != nullptr) other->transport().loseConnection();
  else other->transport().abortConnection(Site::here(), reason);
}

/// The connection to the target.
class ProxyServer::Client final : public Proxy {
 public:
  explicit Client(std::weak_ptr<ProxyServer> server) : server_(std::move(server)) {}
  void connectionMade() override {
    const auto server = server_.lock();
    if (server == nullptr || server->transport().disconnecting()) return transport().abortConnection();
    join(*server, *this);
    server->transport().resumeProducing();
  }

 private:
  std::weak_ptr<ProxyServer> server_;
};

class ProxyServer::Dialer final : public ClientFactory {
 public:
  explicit Dialer(std::weak_ptr<ProxyServer> server) : server_(std::move(server)) { noisy = false; }
  std::shared_ptr<Protocol> buildProtocol(const Address&) override { return std::make_shared<Client>(server_); }
  void clientConnectionFailed(Connector&, const Failure& reason) override {
    const auto server = server_.lock();
    if (server == nullptr || !server->transport().connected()) return;
    const Address client = server->transport().getPeer();
    server->transport().abortConnection(Site::here(), reason);
    server->proxy_.connectFailed(client, reason);
  }

 private:
  std::weak_ptr<ProxyServer> server_;
};

void ProxyServer::connectionMade() {
  transport().pauseProducing();
  connector_ = proxy_.connect(std::make_shared<Dialer>(std::static_pointer_cast<ProxyServer>(shared_from_this())));
}

void ProxyServer::connectionLost(const Failure& reason) {
  const auto connector = std::move(connector_);
  if (connector != nullptr && connector->state() == Connector::State::kConnecting) connector->stopConnecting();
  Proxy::connectionLost(reason);
}

ProxyFactory::ProxyFactory(Reactor& reactor, std::string host, int port, Duration timeout)
    : connect_([&reactor, host = std::move(host), port, timeout](std::shared_ptr<ClientFactory> factory) {
        return reactor.connectTCP(host, port, std::move(factory), timeout);
      }) {
  if (port < 1 || port > 65535)
    throw InvalidAddressError("cannot forward to port " + std::to_string(port) + ", it is not within 1 to 65535");
  if (timeout < Duration::zero()) throw NegativeDelay("a ProxyFactory with a timeout of " + durationText(timeout));
}

ProxyFactory::ProxyFactory(Connect connect) : connect_(std::move(connect)) {
  if (!connect_) throw UsageError("a ProxyFactory needs to know how to connect");
}

std::shared_ptr<Protocol> ProxyFactory::buildProtocol(const Address&) {
  auto server = std::make_shared<ProxyServer>(*this);
  server->setFactory(shared_from_this());
  return server;
}

void ProxyFactory::connectFailed(const Address& client, const Failure& why) {
  if (kLog.enabled(LogLevel::kWarn)) kLog.warn("connection of " + client.text() + " is not forwarded: " + why.text());
}

}  // namespace teasel
