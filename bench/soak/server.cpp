#include <utility>

#include <unistd.h>

#include <teasel/protocol/factory.hpp>

#include "side.hpp"

namespace teasel::soak {
namespace {

std::uint8_t low(int number) { return static_cast<std::uint8_t>(1 + number % 250); }

class Receptionist final : public Factory {
 public:
  Receptionist(Household& home, Shared& shared) : home_(home), shared_(shared) { noisy = false; }
  std::shared_ptr<Protocol> buildProtocol(const Address& peer) override {
    // Of a client that is gone already there may be no address.
    const std::optional<std::uint64_t> number = numberOf(peer);
    if (number && !shared_.ledger.begun(*number))
      shared_.findings.add(*number, "accepted from " + peer.text() + ", where no client is");
    if (number && shared_.ledger.plan(*number).visit == Visit::kRefused) return nullptr;
    return std::make_shared<End>(home_, number);
  }

 private:
  Household& home_;
  Shared& shared_;
};

class Server final : public Side {
 public:
  Server(Shared& shared, std::string_view driver) : Side(shared, Role::kServer, driver), dice_(shared.ledger.seed(), 0, 99) {}
  ~Server() override { reactor_.reset(); }

 private:
  struct Fleeting {
    Route route;
    std::shared_ptr<Port> port;
    std::uint64_t until = 0, changes = 0;  // ticks
  };

  void open() override {
    factory_ = std::make_shared<Receptionist>(home_, shared_);
    shared_.publish(Route::kTcp, reactor_->listenTCP(0, factory_, 256, interface_)->getHost());
    // A backlog that fills, so that clients must try again.
    shared_.publish(Route::kUnix, reactor_->listenUNIX(shared_.folder + "/steady", factory_, {.backlog = 8})->getHost());
    for (Fleeting& each : fleeting_) start(each);
  }

  void work() override {
    const bool resting = shared_.stage == Stage::kRest;
    ++tick_;
    for (Fleeting& each : fleeting_) {
      if (each.port != nullptr && (resting || tick_ >= each.until)) stop(each);
      else if (each.port == nullptr && !resting && tick_ >= each.until) start(each);
    }
  }

  void start(Fleeting& each) {
    const bool tcp = each.route == Route::kFleetingTcp;
    const int backlog = static_cast<int>(dice_.between(1, 100));
    each.port = tcp ? reactor_->listenTCP(0, factory_, backlog, interface_)
                    : reactor_->listenUNIX(shared_.folder + "/fleeting" + std::to_string(each.changes++ % 3), factory_,
                                           {.backlog = backlog});
    each.until = tick_ + dice_.between(1, 20);
    shared_.publish(each.route, each.port->getHost());
  }

  void stop(Fleeting& each) {
    ++stopping_;
    each.port->stopListening().tapBoth([this] { --stopping_; });
    each.port.reset();
    each.until = tick_ + dice_.below(4);
  }

  std::size_t underWay() const override { return stopping_; }
  std::size_t resources() const override { return 2; }

  // An address of this process alone: no other program listens on a port that has just been closed.
  const std::string interface_ = Address::ipv4(127, 0, low(::getpid()), low(::getpid() / 250), 0).host();
  Dice dice_;
  std::shared_ptr<Receptionist> factory_;
  Fleeting fleeting_[2] = {{Route::kFleetingTcp, nullptr}, {Route::kFleetingUnix, nullptr}};
  std::uint64_t tick_ = 0;
  std::size_t stopping_ = 0;
};

}  // namespace

std::unique_ptr<Side> makeServer(Shared& shared, std::string_view driver) { return std::make_unique<Server>(shared, driver); }

}  // namespace teasel::soak
