#pragma once

#include <memory>
#include <utility>

#include <teasel/core/clock.hpp>
#include <teasel/core/errors.hpp>
#include <teasel/protocol/factory.hpp>
#include <teasel/protocol/protocol.hpp>

namespace teasel::museum {

/// Exhibit: connectionLost comes twice, for an end of stream and for the reset behind it. A layer
/// between connection and protocol ends the protocol at the peer's end of stream. It then drains
/// for a while what was written. A reset in that time is reported once more. Total.js had a fault
/// of this kind (303: one callback for the mail that was sent, one for the reset behind it).
template <bool kFixed>
class LostTwice : public Protocol {
 public:
  static constexpr Duration kDrain = std::chrono::seconds(2);

  LostTwice(Clock& clock, std::shared_ptr<Protocol> inner) : clock_(clock), inner_(std::move(inner)) {}

  void makeConnection(std::shared_ptr<Transport> transport) override {
    Protocol::makeConnection(transport);
    inner_->makeConnection(std::move(transport));
  }
  void dataReceived(ByteView data) override { inner_->dataReceived(data); }
  bool halfCloseable() const noexcept override { return true; }
  void readConnectionLost() override {
    tell(connectionDone());
    drain_ = clock_.callLater(kDrain, [this] { transport().loseConnection(); });
  }
  void connectionLost(const Failure& reason) override {
    drain_.cancelIfActive();
    // The fault: the end was reported already. An error behind it is not another end.
    const bool isNews = kFixed ? !told_ : !told_ || reason.check<ConnectionDone>() == nullptr;
    if (isNews) tell(reason);
  }

 private:
  void tell(const Failure& reason) {
    told_ = true;
    inner_->connectionLost(reason);
  }

  Clock& clock_;
  const std::shared_ptr<Protocol> inner_;
  DelayedCall drain_;
  bool told_ = false;
};

/// Puts LostTwice around what another factory builds.
template <bool kFixed>
class LostTwiceFactory : public Factory {
 public:
  LostTwiceFactory(Clock& clock, std::shared_ptr<Factory> inner) : clock_(clock), inner_(std::move(inner)) { noisy = false; }
  std::shared_ptr<Protocol> buildProtocol(const Address& peer) override {
    return std::make_shared<LostTwice<kFixed>>(clock_, inner_->buildProtocol(peer));
  }

 private:
  Clock& clock_;
  const std::shared_ptr<Factory> inner_;
};

}  // namespace teasel::museum
