#include <teasel/endpoints/detail/connect_through.hpp>

#include <utility>

#include <teasel/core/errors.hpp>
#include <teasel/core/guarded.hpp>
#include <teasel/core/logger.hpp>
#include <teasel/protocol/detail/build_protocol.hpp>

namespace teasel::detail {

namespace {

constexpr Logger kLog("endpoint");

/// Stands between a connector and the user's factory, and fires a Deferred when the attempt has
/// succeeded or failed.
class EndpointFactory final : public ClientFactory {
 public:
  EndpointFactory(std::shared_ptr<Factory> wrapped, Deferred<std::shared_ptr<Protocol>> outcome)
      : wrapped_(std::move(wrapped)), outcome_(std::move(outcome)) {
    noisy = false;  // the wrapped factory logs
  }

  void startFactory() override { wrapped_->doStart(); }
  void stopFactory() override { wrapped_->doStop(); }
  void forgetFactory() noexcept override { wrapped_->forgetPort(); }
  std::string logPrefix() const override { return wrapped_->logPrefix(); }

  /// An exception goes to the Deferred, and into the log only if nobody waits for that any more:
  /// each failure is told once.
  std::shared_ptr<Protocol> buildProtocol(const Address& peer) override {
    std::shared_ptr<Protocol> protocol;
    if (!guarded("buildProtocol", told_, [&] { protocol = detail::buildProtocol(wrapped_, peer); })) {
      if (done_) kLog.failure("exception out of buildProtocol", told_);
    } else if (protocol == nullptr) {
      told_ = Failure(NoProtocol(wrapped_->logPrefix() + " built no protocol for " + peer.text()));
    }
    return protocol;
  }
  void clientConnectionMade(Connector&, const std::shared_ptr<Protocol>& protocol) override {
    if (!std::exchange(done_, true)) outcome_.callback(protocol);
  }
  void clientConnectionFailed(Connector&, const Failure& reason) override { fail(told_ ? told_ : reason); }
  /// Matters only if connectionMade has not returned: there was no protocol, or it threw. `told_`
  /// says why there was none.
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

}  // namespace

Deferred<std::shared_ptr<Protocol>> connectThrough(
    std::shared_ptr<Factory> factory, UniqueFunction<std::shared_ptr<Connector>(std::shared_ptr<ClientFactory>)> start) {
  using Connected = std::shared_ptr<Protocol>;
  struct Attempt {
    std::weak_ptr<Connector> connector;
    std::weak_ptr<EndpointFactory> factory;
  };
  if (factory == nullptr) return fail<Connected>(UsageError("connect needs a factory"));
  const auto attempt = std::make_shared<Attempt>();
  Deferred<Connected> outcome([attempt](auto&) {
    if (const auto wrapper = attempt->factory.lock()) wrapper->cancelled();
    if (const auto connector = attempt->connector.lock()) connector->disconnect();
  });
  const auto wrapper = std::make_shared<EndpointFactory>(std::move(factory), outcome);
  attempt->factory = wrapper;
  try {
    attempt->connector = start(wrapper);
  } catch (const UsageError&) {
    return fail<Connected>(Failure::current());
  }
  return outcome;
}

}  // namespace teasel::detail
