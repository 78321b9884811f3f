#include <teasel/endpoints/endpoints.hpp>

#include <utility>

#include <teasel/core/errors.hpp>
#include <teasel/endpoints/detail/connect_through.hpp>
#include <teasel/reactor/reactor.hpp>

namespace teasel {

namespace {

/// "Builds" the one protocol that exists already.
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
  return detail::connectThrough(std::move(factory), [this](std::shared_ptr<ClientFactory> wrapper) {
    return reactor_.connectTCP(host_, port_, std::move(wrapper), timeout_, bindAddress_);
  });
}

Deferred<std::shared_ptr<Port>> UNIXServerEndpoint::listen(std::shared_ptr<Factory> factory) {
  return execute([&] { return reactor_.listenUNIX(path_, std::move(factory), options_); });
}

Deferred<std::shared_ptr<Protocol>> UNIXClientEndpoint::connect(std::shared_ptr<Factory> factory) {
  return detail::connectThrough(std::move(factory), [this](std::shared_ptr<ClientFactory> wrapper) {
    return reactor_.connectUNIX(path_, std::move(wrapper), timeout_, checkPID_);
  });
}

Deferred<std::shared_ptr<Port>> AdoptedStreamServerEndpoint::listen(std::shared_ptr<Factory> factory) {
  return execute([&] {
    if (closes_ && std::exchange(used_, true))
      throw AlreadyListened("descriptor " + std::to_string(fd_) + " was adopted by this endpoint before");
    return adopt(std::move(factory));
  });
}

std::shared_ptr<Port> AdoptedStreamServerEndpoint::adopt(std::shared_ptr<Factory> factory) {
  Driver& driver = reactor_.driver();
  if (!driver.takeInherited(fd_, closes_))
    throw AlreadyListened("descriptor " + std::to_string(fd_) + " belongs to a port of this process");
  try {
    return reactor_.adoptStreamPort(fd_, std::move(factory));
  } catch (...) {
    driver.giveBackInherited(fd_);
    throw;
  }
}

Deferred<std::shared_ptr<Protocol>> connectProtocol(StreamClientEndpoint& endpoint, std::shared_ptr<Protocol> protocol) {
  return endpoint.connect(std::make_shared<OneProtocolFactory>(std::move(protocol)));
}

}  // namespace teasel
