#include <teasel/protocols/protocol_wrapper.hpp>

#include <teasel/protocol/detail/build_protocol.hpp>

namespace teasel {

namespace {

std::string wrappedPrefix(const std::string& inner, const std::type_info& outer) {
  return inner + " (" + detail::typeName(outer) + ')';
}

}  // namespace

ProtocolWrapper::ProtocolWrapper(std::shared_ptr<Protocol> wrapped) : wrapped_(std::move(wrapped)) {
  if (wrapped_ == nullptr) throw UsageError("a ProtocolWrapper needs a protocol");
}

ProtocolWrapper::ProtocolWrapper() noexcept = default;

ProtocolWrapper::~ProtocolWrapper() = default;

void ProtocolWrapper::wrap(std::shared_ptr<Protocol> protocol) {
  if (protocol == nullptr) throw UsageError("a ProtocolWrapper needs a protocol");
  if (wrapped_ != nullptr) throw UsageError("a ProtocolWrapper wraps one protocol only");
  wrapped_ = std::move(protocol);
  handOn();
}

void ProtocolWrapper::handOn() {
  handedOn_ = true;
  wrapped_->makeConnection(std::shared_ptr<Transport>(shared_from_this(), this));
}

void ProtocolWrapper::makeConnection(std::shared_ptr<Transport> transport) {
  if (wrapping_ != nullptr) wrapping_->protocols_.emplace(number_ = ++wrapping_->lastNumber_, this);
  Protocol::makeConnection(std::move(transport));
  if (wrapped_ != nullptr) handOn();
}

void ProtocolWrapper::connectionLost(const Failure& reason) {
  if (const auto wrapping = std::exchange(wrapping_, nullptr); wrapping != nullptr) wrapping->protocols_.erase(number_);
  const std::shared_ptr<Protocol> wrapped = std::move(wrapped_);
  if (handedOn_) wrapped->connectionLost(reason);
}

std::string ProtocolWrapper::logPrefix() const {
  return wrappedPrefix(wrapped_ == nullptr ? std::string("nothing") : wrapped_->logPrefix(), typeid(*this));
}

WrappingFactory::WrappingFactory(std::shared_ptr<Factory> wrapped)
    : wrapped_(std::move(wrapped)), client_(dynamic_cast<ClientFactory*>(wrapped_.get())) {
  if (wrapped_ == nullptr) throw UsageError("a WrappingFactory needs a factory");
  noisy = false;  // the wrapped factory logs
}

WrappingFactory::~WrappingFactory() = default;

std::shared_ptr<ProtocolWrapper> WrappingFactory::wrap(std::shared_ptr<Protocol> protocol) {
  return make_ ? make_(std::move(protocol)) : std::make_shared<ProtocolWrapper>(std::move(protocol));
}

std::shared_ptr<Protocol> WrappingFactory::buildProtocol(const Address& peer) {
  std::shared_ptr<Protocol> protocol = detail::buildProtocol(wrapped_, peer);
  if (protocol == nullptr) return nullptr;
  std::shared_ptr<ProtocolWrapper> wrapper = wrap(std::move(protocol));
  if (wrapper != nullptr) list(*wrapper);
  return wrapper;
}

void WrappingFactory::list(ProtocolWrapper& wrapper) {
  wrapper.wrapping_ = std::static_pointer_cast<WrappingFactory>(shared_from_this());
}

void WrappingFactory::startedConnecting(Connector& connector) {
  if (client_ != nullptr) client_->startedConnecting(connector);
}

void WrappingFactory::clientConnectionMade(Connector& connector, const std::shared_ptr<Protocol>& protocol) {
  if (client_ == nullptr) return;
  const auto* wrapper = dynamic_cast<const ProtocolWrapper*>(protocol.get());
  client_->clientConnectionMade(connector, wrapper == nullptr ? protocol : wrapper->wrappedProtocol());
}

void WrappingFactory::clientConnectionFailed(Connector& connector, const Failure& reason) {
  if (client_ != nullptr) client_->clientConnectionFailed(connector, reason);
}

void WrappingFactory::clientConnectionLost(Connector& connector, const Failure& reason) {
  if (client_ != nullptr) client_->clientConnectionLost(connector, reason);
}

std::string WrappingFactory::logPrefix() const { return wrappedPrefix(wrapped_->logPrefix(), typeid(*this)); }

}  // namespace teasel
