#pragma once

#include <array>
#include <cstddef>
#include <memory>

#include <teasel/fakes/world/world.hpp>
#include <teasel/protocol/factory.hpp>
#include <teasel/protocol/protocol.hpp>
#include <teasel/reactor/reactor.hpp>

namespace teasel::museum {

/// Exhibit: what a thread has found out about a client that is gone is taken for news of the next
/// one on its seat. A thread looks up who a client is, and knows the number of the seat. Meanwhile
/// the connection is paused, and one that is paused was never seen to end. The check: a result is
/// about the client who has the seat.
template <bool kFixed>
class NextUser : public Factory {
 public:
  static constexpr std::size_t kSeats = 4;

  NextUser(fakes::World& world, Reactor& reactor) : world_(world), reactor_(reactor) { noisy = false; }
  std::shared_ptr<Protocol> buildProtocol(const Address&) override {
    for (std::size_t seat = 0; seat < kSeats; ++seat)
      if (seats_[seat] == nullptr) return std::make_shared<User>(*this, seat);
    return nullptr;
  }

 private:
  class User : public Protocol {
   public:
    User(NextUser& hall, std::size_t seat) : hall_(hall), seat_(seat) {
      hall_.seats_[seat] = this;
      visit_ = ++hall_.visits_;
    }
    void connectionMade() override {
      transport().pauseProducing();
      hall_.lookUp(seat_, visit_);
    }
    void connectionLost(const Failure&) override { hall_.seats_[seat_] = nullptr; }
    int visit() const { return visit_; }
    void known() {
      transport().write("welcome\n");
      transport().resumeProducing();
    }

   private:
    NextUser& hall_;
    std::size_t seat_;
    int visit_;
  };

  void lookUp(std::size_t seat, int visit) {
    reactor_.callInThreadWithCallback(
        [this, self = shared_from_this(), seat, visit](const Failure&) {
          User* user = seats_[seat];
          if (user == nullptr) return;
          if (kFixed && user->visit() != visit) return;  // the fault: the seat says it
          world_.check(user->visit() == visit, "result-of-another");
          user->known();
        },
        [] {});
  }

  fakes::World& world_;
  Reactor& reactor_;
  std::array<User*, kSeats> seats_{};
  int visits_ = 0;
};

}  // namespace teasel::museum
