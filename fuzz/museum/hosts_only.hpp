#pragma once

#include <memory>
#include <string>
#include <utility>

#include <teasel/protocol/factory.hpp>
#include <teasel/protocol/protocol.hpp>

namespace teasel::museum {

/// Serves the hosts of the world and turns the peers of the Play away, which are all at one
/// address. So what an exhibit needs is left to the environment.
class HostsOnly : public Factory {
 public:
  static constexpr const char* kOutside = "198.51.100.1";

  std::shared_ptr<Protocol> buildProtocol(const Address& peer) override {
    return peer.host() == kOutside ? nullptr : Factory::buildProtocol(peer);
  }

  template <class P, class... Args>
  static std::shared_ptr<Factory> forProtocol(Args... args) {
    auto factory = std::make_shared<HostsOnly>();
    factory->noisy = false;
    factory->setProtocol<P>(std::move(args)...);
    return factory;
  }
};

}  // namespace teasel::museum
