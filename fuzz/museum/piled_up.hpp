#pragma once

#include <chrono>
#include <memory>
#include <string>
#include <utility>

#include <teasel/core/clock.hpp>
#include <teasel/fakes/world/world.hpp>
#include <teasel/protocol/connector.hpp>
#include <teasel/protocol/factory.hpp>
#include <teasel/protocol/protocol.hpp>
#include <teasel/reactor/reactor.hpp>

namespace teasel::museum {

/// Exhibit: reports pile up while the server's machine is without power. Every few seconds a client
/// connects, reports and closes, whether or not the last report is done. A server that has died is
/// refused at once, and its machine answers for it. A machine without power answers nothing for as
/// long as it is off. The check: one report is under way.
template <bool kFixed>
class PiledUp : public ClientFactory {
 public:
  static constexpr Duration kEvery = std::chrono::seconds(5);
  static constexpr int kReports = 10;

  PiledUp(fakes::World& world, Reactor& reactor, std::string server, int port)
      : world_(world), reactor_(reactor), server_(std::move(server)), port_(port) {
    noisy = false;
  }
  void report() {
    if (reports_++ == kReports) return;
    next_ = reactor_.callLater(kEvery, [self = std::static_pointer_cast<PiledUp>(shared_from_this())] { self->report(); });
    if (kFixed && underWay_ > 0) return;  // the fault: left out
    world_.check(++underWay_ == 1, "piled-up");
    reactor_.connectTCP(server_, port_, std::static_pointer_cast<PiledUp>(shared_from_this()));
  }
  /// The client goes away.
  void stop() { next_.cancelIfActive(); }

  std::shared_ptr<Protocol> buildProtocol(const Address&) override { return std::make_shared<Report>(); }
  void clientConnectionFailed(Connector&, const Failure&) override { --underWay_; }
  void clientConnectionLost(Connector&, const Failure&) override { --underWay_; }

 private:
  class Report : public Protocol {
    void connectionMade() override {
      transport().write("all is well\n");
      transport().loseConnection();
    }
  };

  fakes::World& world_;
  Reactor& reactor_;
  DelayedCall next_;
  std::string server_;
  int port_, reports_ = 0, underWay_ = 0;
};

}  // namespace teasel::museum
