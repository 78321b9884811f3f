#pragma once

#include <concepts>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <utility>

#include <teasel/protocol/factory.hpp>

namespace teasel {

class WrappingFactory;

/// Stands between a transport and a protocol. To the transport it is a protocol, and to the
/// protocol it is a transport. Derive from it, and override what you want to watch or change on the
/// way. All that is not overridden passes through unchanged; this includes half-close, pausing and
/// producers. It makes no calls of its own, so the turn rules hold for the wrapped protocol, too.
/// All bytes of the wrapped protocol come through `write`, so an override of it misses none:
/// writeOwned calls it, and writeFile is refused, so that a FileSender reads its file.
/// The model is twisted.protocols.policies.ProtocolWrapper.
///
/// Held by shared_ptr. It holds the wrapped protocol, and the wrapped protocol holds it as its
/// transport. connectionLost ends that circle.
class ProtocolWrapper : public Protocol, public Transport {
 public:
  /// Throws UsageError for null.
  explicit ProtocolWrapper(std::shared_ptr<Protocol> wrapped);
  ~ProtocolWrapper() override;

  /// Null after connectionLost, and before `wrap`.
  const std::shared_ptr<Protocol>& wrappedProtocol() const noexcept { return wrapped_; }

  // Protocol: from the transport to the wrapped protocol. Nothing passes after connectionLost -----
  /// Calls connectionMade of the wrapper, then makeConnection of the wrapped protocol.
  void makeConnection(std::shared_ptr<Transport> transport) override;
  void dataReceived(ByteView data) override {
    if (wrapped_ != nullptr) wrapped_->dataReceived(data);
  }
  /// Reaches the wrapped protocol only if makeConnection has reached it.
  void connectionLost(const Failure& reason) override;
  bool halfCloseable() const noexcept override { return wrapped_ != nullptr && wrapped_->halfCloseable(); }
  void readConnectionLost() override {
    if (wrapped_ != nullptr) wrapped_->readConnectionLost();
  }
  void writeConnectionLost() override {
    if (wrapped_ != nullptr) wrapped_->writeConnectionLost();
  }
  void producingResumed() override {
    if (wrapped_ != nullptr) wrapped_->producingResumed();
  }
  std::string logPrefix() const override;

  // Transport: from the wrapped protocol to the transport -----------------------------------------
  void write(ByteView data) override { transport().write(data); }
  void loseConnection() override { transport().loseConnection(); }
  void failConnection(const Failure& why) override { transport().failConnection(why); }
  void abortConnection(Site site = Site::here(), const Failure& cause = {}) override { transport().abortConnection(site, cause); }
  void loseWriteConnection() override { transport().loseWriteConnection(); }
  void pauseProducing() override { transport().pauseProducing(); }
  void resumeProducing() override { transport().resumeProducing(); }
  void stopProducing() override { transport().stopProducing(); }
  const Address& getHost() const noexcept override { return transport().getHost(); }
  const Address& getPeer() const noexcept override { return transport().getPeer(); }
  bool connected() const noexcept override { return transport().connected(); }
  bool disconnecting() const noexcept override { return transport().disconnecting(); }
  bool paused() const noexcept override { return transport().paused(); }
  const Counters& counters() const noexcept override { return transport().counters(); }
  std::size_t pendingBytes() const noexcept override { return transport().pendingBytes(); }
  void setWriteLimit(std::size_t bytes) override { transport().setWriteLimit(bytes); }
  void registerProducer(std::shared_ptr<Producer> producer, bool streaming) override {
    transport().registerProducer(std::move(producer), streaming);
  }
  void unregisterProducer() override { transport().unregisterProducer(); }
  void setWaterMarks(std::size_t high, std::size_t low) override { transport().setWaterMarks(high, low); }

 protected:
  /// For a wrapper that learns only from its first bytes which protocol it wraps. Until wrap is
  /// called there is none: the wrapper overrides dataReceived and takes those bytes itself.
  ProtocolWrapper() noexcept;
  /// Sets the protocol, and connects it to this wrapper. Between connectionMade and connectionLost,
  /// and once. Throws UsageError for null, and if there is a protocol already.
  void wrap(std::shared_ptr<Protocol> protocol);

 private:
  friend class WrappingFactory;
  void handOn();
  std::shared_ptr<Protocol> wrapped_;
  // The factory that lists this wrapper, from makeConnection to connectionLost.
  std::shared_ptr<WrappingFactory> wrapping_;
  std::uint64_t number_ = 0;
  bool handedOn_ = false;  // makeConnection has reached the wrapped protocol
};

/// Builds what another factory builds, and puts each protocol into a wrapper. It tells that factory
/// everything: when it starts and stops and, if it is a ClientFactory, how each attempt goes. It
/// serves listenTCP, connectTCP and endpoints alike. If the wrapped factory builds no protocol, the
/// connection is closed, as it is without a wrapper. The model is
/// twisted.protocols.policies.WrappingFactory.
class WrappingFactory : public ClientFactory {
 public:
  /// Throws UsageError for null.
  explicit WrappingFactory(std::shared_ptr<Factory> wrapped);
  ~WrappingFactory() override;
  /// Makes a factory whose wrappers are Ws. `WrappingFactory::in<Recorder>(factory, args...)` makes
  /// each of them as Recorder(protocol, args...).
  template <std::derived_from<ProtocolWrapper> W, class... Args>
  static std::shared_ptr<WrappingFactory> in(std::shared_ptr<Factory> wrapped, Args... args);

  const std::shared_ptr<Factory>& wrappedFactory() const noexcept { return wrapped_; }
  /// The wrappers that are connected, by the number of their connection (Twisted: protocols).
  const std::map<std::uint64_t, ProtocolWrapper*>& protocols() const noexcept { return protocols_; }
  /// Makes the wrapper for the protocol of one connection. Null closes the connection. The default
  /// makes what `in` said, or a plain ProtocolWrapper.
  virtual std::shared_ptr<ProtocolWrapper> wrap(std::shared_ptr<Protocol> protocol);

  std::shared_ptr<Protocol> buildProtocol(const Address& peer) override;
  void startFactory() override { wrapped_->doStart(); }
  void stopFactory() override { wrapped_->doStop(); }
  void forgetFactory() noexcept override { wrapped_->forgetPort(); }
  void startedConnecting(Connector& connector) override;
  /// Tells the wrapped factory, and gives it the protocol without its wrapper.
  void clientConnectionMade(Connector& connector, const std::shared_ptr<Protocol>& protocol) override;
  void clientConnectionFailed(Connector& connector, const Failure& reason) override;
  void clientConnectionLost(Connector& connector, const Failure& reason) override;
  std::string logPrefix() const override;

 protected:
  /// Lists a wrapper in protocols() while it is connected. An override of buildProtocol that does
  /// not call this class's own calls it.
  void list(ProtocolWrapper& wrapper);

 private:
  friend class ProtocolWrapper;
  std::shared_ptr<Factory> wrapped_;
  ClientFactory* client_;  // wrapped_, if it is a ClientFactory; null otherwise
  std::function<std::shared_ptr<ProtocolWrapper>(std::shared_ptr<Protocol>)> make_;
  std::map<std::uint64_t, ProtocolWrapper*> protocols_;
  std::uint64_t lastNumber_ = 0;
};

template <std::derived_from<ProtocolWrapper> W, class... Args>
std::shared_ptr<WrappingFactory> WrappingFactory::in(std::shared_ptr<Factory> wrapped, Args... args) {
  auto factory = std::make_shared<WrappingFactory>(std::move(wrapped));
  factory->make_ = [... held = std::move(args)](std::shared_ptr<Protocol> protocol) {
    return std::make_shared<W>(std::move(protocol), held...);
  };
  return factory;
}

}  // namespace teasel
