#pragma once

#include <memory>
#include <utility>

#include <teasel/core/errors.hpp>
#include <teasel/fakes/world/world.hpp>
#include <teasel/protocol/factory.hpp>
#include <teasel/protocol/port.hpp>
#include <teasel/reactor/reactor.hpp>

namespace teasel::museum {

/// Exhibit: a server that finds its two ports taken takes two free ones, and tells its clients that
/// the second one has the next number. The system gives it as it likes. The check: the port that
/// clients are told is the one that listens.
template <bool kFixed>
class PortPair {
 public:
  static constexpr int kCommands = 8000, kData = 8001;

  PortPair(fakes::World& world, Reactor& reactor) : world_(world), reactor_(reactor) { factory_->noisy = false; }

  void start() {
    std::shared_ptr<Port> commands = listen(kCommands);
    const bool taken = commands == nullptr;
    if (taken) commands = listen(0);
    if (commands == nullptr) return;
    const std::shared_ptr<Port> data = listen(taken ? 0 : kData);
    if (data == nullptr) return;
    const int there = data->getHost().port();
    const int told = kFixed ? there : commands->getHost().port() + 1;  // the fault: guessed
    world_.check(told == there, "wrong-port");
  }

 private:
  std::shared_ptr<Port> listen(int port) {
    try {
      return reactor_.listenTCP(port, factory_);
    } catch (const CannotListenError&) {
      return nullptr;
    }
  }

  fakes::World& world_;
  Reactor& reactor_;
  std::shared_ptr<Factory> factory_ = Factory::forProtocol<Protocol>();
};

}  // namespace teasel::museum
