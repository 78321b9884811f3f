#include <teasel/endpoints/endpoints.hpp>

#include <teasel/core/errors.hpp>
#include <teasel/protocol/connector.hpp>
#include <teasel/protocol/detail/build_protocol.hpp>
#include <teasel/reactor/reactor.hpp>

namespace teasel {

namespace {

/// Stands between a connector and the user's factory, and tells a Deferred how the one attempt
/// went.
class EndpointFactory final : public ClientFactory {
 public:
  EndpointFactory(std::shared_ptr<Factory> wrapped, Deferred<std::shared_ptr<Protocol>> outcome)
      : wrapped_(std::move(wrapped)), outcome_(std::move(outcome)) {
    noisy = false;  // the wrapped one makes the noise
  }

  void startFactory() override { wrapped_->doStart(); }
  void stopFactory() override { wrapped_->doStop(); }
  std::string logPrefix() const override { return wrapped_->logPrefix(); }

  std::shared_ptr<Protocol> buildProtocol(const Address& peer) override {
    std::shared_ptr<Protocol> protocol = detail::buildProtocol(wrapped_, peer);
    if (protocol == nullptr) told_ = Failure(NoProtocol(wrapped_->logPrefix() + " built no protocol for " + peer.text()));
    return protocol;
  }
  void clientConnectionMade(Connector&, const std::shared_ptr<Protocol>& protocol) override {
    if (!std::exchange(done_, true)) outcome_.callback(protocol);
  }
  void clientConnectionFailed(Connector&, const Failure& reason) override { fail(told_ ? told_ : reason); }
  /// Only news if connectionMade never returned: no protocol, or it threw.
  void clientConnectionLost(Connector&, const Failure& reason) override { fail(told_ ? told_ : reason); }

  void cancelled() { fail(Failure(ConnectingCancelledError("the connection attempt was cancelled"))); }

 private:
  void fail(const Failure& why) {
    if (!std::exchange(done_, true)) outcome_.errback(why);
  }
  std::shared_ptr<Factory> wrapped_;
  Deferred<std::shared_ptr<Protocol>> outcome_;
  Failure told_;
  bool done_ = false;
};

/// Builds one protocol that exists already.
class OneProtocolFactory final : public Factory {
 public:
  explicit OneProtocolFactory(std::shared_ptr<Protocol> protocol) : protocol_(std::move(protocol)) { noisy = false; }
  std::shared_ptr<Protocol> buildProtocol(const Address&) override { return std::move(protocol_); }
  std::string logPrefix() const override { return "connectProtocol"; }

 private:
  std::shared_ptr<Protocol> protocol_;
};

}  // namespace

Deferred<std::shared_ptr<Port>> TCP4ServerEndpoint::listen(std::shared_ptr<Factory> factory) {
  return execute([&] { return reactor_.listenTCP(port_, std::move(factory), backlog_, interface_); });
}

Deferred<std::shared_ptr<Protocol>> TCP4ClientEndpoint::connect(std::shared_ptr<Factory> factory) {
  struct Attempt {
    std::weak_ptr<Connector> connector;
    std::weak_ptr<EndpointFactory> factory;
  };
  const auto attempt = std::make_shared<Attempt>();
  Deferred<std::shared_ptr<Protocol>> outcome([attempt](auto&) {
    if (const auto wrapper = attempt->factory.lock()) wrapper->cancelled();
    if (const auto connector = attempt->connector.lock()) connector->disconnect();
  });
  const auto wrapper = std::make_shared<EndpointFactory>(std::move(factory), outcome);
  attempt->factory = wrapper;
  try {
    attempt->connector = reactor_.connectTCP(host_, port_, wrapper, timeout_, bindAddress_);
  } catch (const UsageError&) {
    return fail<std::shared_ptr<Protocol>>(Failure::current());
  }
  return outcome;
}

Deferred<std::shared_ptr<Protocol>> connectProtocol(StreamClientEndpoint& endpoint, std::shared_ptr<Protocol> protocol) {
  return endpoint.connect(std::make_shared<OneProtocolFactory>(std::move(protocol)));
}

}  // namespace teasel
