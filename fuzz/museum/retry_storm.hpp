#pragma once

#include <chrono>
#include <memory>

#include <teasel/core/clock.hpp>
#include <teasel/fakes/world/world.hpp>
#include <teasel/protocol/connector.hpp>
#include <teasel/protocol/factory.hpp>
#include <teasel/protocol/protocol.hpp>
#include <teasel/reactor/reactor.hpp>

namespace teasel::museum {

/// Exhibit: a client that is refused tries again at once, and again. The check: at one instant
/// there is one attempt. After kTries failures the client gives up.
template <bool kFixed>
class RetryStorm : public ClientFactory {
 public:
  static constexpr int kTries = 8;
  static constexpr Duration kPause = std::chrono::seconds(1);

  RetryStorm(fakes::World& world, Reactor& reactor) : world_(world), reactor_(reactor) { noisy = false; }
  /// The client goes away.
  void stop() {
    stopped_ = true;
    retry_.cancelIfActive();
  }

  std::shared_ptr<Protocol> buildProtocol(const Address&) override { return std::make_shared<Protocol>(); }
  void startedConnecting(Connector&) override {
    world_.check(reactor_.now() != last_, "retry-storm");
    last_ = reactor_.now();
  }
  void clientConnectionFailed(Connector& connector, const Failure&) override {
    if (stopped_ || ++failures_ == kTries) return;
    if constexpr (kFixed) retry_ = reactor_.callLater(kPause, [again = connector.shared_from_this()] { again->connect(); });
    else connector.connect();  // the fault: without a pause
  }

 private:
  fakes::World& world_;
  Reactor& reactor_;
  DelayedCall retry_;
  Instant last_{};
  int failures_ = 0;
  bool stopped_ = false;
};

}  // namespace teasel::museum
