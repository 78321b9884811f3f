#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <set>
#include <string>

#include <teasel/core/clock.hpp>
#include <teasel/fakes/world/world.hpp>
#include <teasel/protocol/connector.hpp>
#include <teasel/protocol/factory.hpp>
#include <teasel/protocols/line_receiver.hpp>
#include <teasel/reactor/reactor.hpp>

namespace teasel::museum {

/// What a server has on its disk: the orders that it carried out, by number. A crash leaves it.
struct Orders {
  std::multiset<std::string> carriedOut;
};

/// Exhibit: an order is carried out twice, because the server crashed between carrying it out and
/// saying so. The client, which heard nothing, gives the order again. The check: no order is
/// carried out twice.
template <bool kFixed>
class OrderTaker : public LineReceiver {
 public:
  OrderTaker(fakes::World& world, Clock& clock, Orders& orders) : world_(world), clock_(clock), orders_(orders) {}
  void lineReceived(std::string_view line) override {
    const std::string order(line);
    if (!kFixed || !orders_.carriedOut.contains(order)) orders_.carriedOut.insert(order);
    world_.check(orders_.carriedOut.count(order) == 1, "carried-out-twice");
    confirm_.cancelIfActive();
    confirm_ = clock_.callLater(std::chrono::milliseconds(1), [this] { sendLine("done"); });
  }
  void connectionLost(const Failure&) override { confirm_.cancelIfActive(); }

 private:
  fakes::World& world_;
  Clock& clock_;
  Orders& orders_;
  DelayedCall confirm_;
};

/// Gives one order, again and again until it is confirmed, a few times at most.
class OrderGiver : public ClientFactory {
 public:
  static constexpr int kMost = 4;

  explicit OrderGiver(Reactor& reactor) : reactor_(reactor) { noisy = false; }
  void stop() {
    confirmed_ = true;
    retry_.cancelIfActive();
  }
  std::shared_ptr<Protocol> buildProtocol(const Address&) override { return std::make_shared<Giver>(*this); }
  void clientConnectionFailed(Connector& connector, const Failure&) override { again(connector); }
  void clientConnectionLost(Connector& connector, const Failure&) override { again(connector); }

 private:
  class Giver : public LineReceiver {
   public:
    explicit Giver(OrderGiver& of) : of_(of) {}
    void connectionMade() override { sendLine("order 1"); }
    void lineReceived(std::string_view) override {
      of_.confirmed_ = true;
      transport().loseConnection();
    }

   private:
    OrderGiver& of_;
  };
  void again(Connector& connector) {
    if (confirmed_ || ++attempts_ >= kMost) return;
    retry_ = reactor_.callLater(std::chrono::seconds(1), [next = connector.shared_from_this()] { next->connect(); });
  }

  Reactor& reactor_;
  DelayedCall retry_;
  int attempts_ = 0;
  bool confirmed_ = false;
};

}  // namespace teasel::museum
