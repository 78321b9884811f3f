#pragma once

#include <chrono>
#include <memory>
#include <vector>

#include <teasel/core/clock.hpp>
#include <teasel/fakes/world/world.hpp>
#include <teasel/protocol/connector.hpp>
#include <teasel/protocol/factory.hpp>
#include <teasel/protocol/protocol.hpp>
#include <teasel/reactor/reactor.hpp>
#include <teasel/reactor/resolver.hpp>

namespace teasel::museum {

/// Exhibit: the late failure of a question for a name ends a connection that works. Where the first
/// address of a name is dead, the client asks for the name again. If that takes too long, it tries
/// the other address that it knows. A failure that comes then is taken for that of the attempt. The
/// check: no connection is ended because of a name.
template <bool kFixed>
class LateFailure : public ClientFactory {
 public:
  static constexpr const char* kName = "service.example";
  static constexpr int kPort = 7, kTries = 8;
  static constexpr Duration kPatience = std::chrono::milliseconds(200), kPause = std::chrono::seconds(1);

  LateFailure(fakes::World& world, Reactor& reactor) : world_(world), reactor_(reactor) { noisy = false; }
  void start() {
    ask([this](const std::vector<Address>& addresses, const Failure& why) {
      if (!why) connect(known_ = addresses, 0);
      else if (++tries_ < kTries) timer_ = reactor_.callLater(kPause, [this] { start(); });
    });
  }
  /// The client goes away.
  void stop() {
    stopped_ = true;
    timer_.cancelIfActive();
    lookup_.cancel();
  }

  std::shared_ptr<Protocol> buildProtocol(const Address&) override { return protocol_ = std::make_shared<Protocol>(); }
  void clientConnectionFailed(Connector&, const Failure&) override {
    if (!stopped_ && ++attempts_ == 1) askAgain();
  }
  void clientConnectionLost(Connector&, const Failure&) override { protocol_.reset(); }

 private:
  void ask(Resolver::Answer answer) { lookup_ = reactor_.resolver().resolve(kName, kPort, std::move(answer)); }
  void askAgain() {
    ask([this](const std::vector<Address>& addresses, const Failure& why) {
      timer_.cancelIfActive();
      if (why) return giveUp();
      if (protocol_ == nullptr) connect(addresses, 0);
    });
    timer_ = reactor_.callLater(kPatience, [this] {
      if constexpr (kFixed) lookup_.cancel();  // the fault: left out
      connect(known_, known_.size() - 1);
    });
  }
  void connect(const std::vector<Address>& addresses, std::size_t which) {
    reactor_.connectTCP(addresses[which].host(), kPort, std::static_pointer_cast<LateFailure>(shared_from_this()));
  }
  void giveUp() {
    if (protocol_ == nullptr) return;
    world_.check(false, "cut-off");
    protocol_->transport().loseConnection();
  }

  fakes::World& world_;
  Reactor& reactor_;
  Lookup lookup_;
  DelayedCall timer_;
  std::vector<Address> known_;
  std::shared_ptr<Protocol> protocol_;  // while it is connected
  int tries_ = 0, attempts_ = 0;
  bool stopped_ = false;
};

}  // namespace teasel::museum
