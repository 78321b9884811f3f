#pragma once

// A world in which a client comes back to its server, and each of its attempts goes as the test
// says. It is no part of the library.

#include <chrono>
#include <functional>
#include <memory>
#include <vector>

#include <teasel/fakes/play/odometer.hpp>
#include <teasel/fakes/world/world.hpp>
#include <teasel/protocol/factory.hpp>
#include <teasel/protocol/port.hpp>

namespace teasel::test {

/// How an attempt goes. The link is held in kHeld, and cut in kTimeOut.
enum class Outcome : std::uint8_t { kAccepted, kRefused, kReset, kTimeOut, kHeld };

/// Two hosts. On "server", connections are accepted, closed after kServed or reset at once, or
/// refused.
class SearchWorld {
 public:
  static constexpr Duration kServed = std::chrono::seconds(10);
  SearchWorld() : world({.trace = fakes::Trace::Mode::kHash}) { reset(); }
  ~SearchWorld() { end(); }
  SearchWorld(const SearchWorld&) = delete;
  SearchWorld& operator=(const SearchWorld&) = delete;

  Reactor& client() { return world.host("client").reactor(); }
  Reactor& server() { return world.host("server").reactor(); }
  std::string address() { return world.host("server").address().host(); }
  Instant now() const { return world.now(); }

  /// As new.
  void reset() {
    end();
    world.reset();
    client(), server();
    served_ = std::make_shared<Served>(*this);
    listen(true);
  }
  /// The next attempt goes so.
  void arrange(Outcome outcome) {
    next = outcome;
    world.repair("client", "server");
    listen(outcome != Outcome::kRefused);
    if (outcome == Outcome::kTimeOut) world.partition("client", "server");
    if (outcome == Outcome::kHeld) world.hold("client", "server");
  }
  void end() {
    if (port_ != nullptr) port_->stopListening();
    port_.reset();
    served_.reset();
    world.settle();
  }

  fakes::World world;
  Outcome next = Outcome::kAccepted;

 private:
  class Serves final : public Protocol {
   public:
    explicit Serves(SearchWorld& search) : search_(search) {}
    void connectionMade() override {
      if (search_.next == Outcome::kReset) return transport().abortConnection();
      close_ = search_.server().callLater(kServed, [this] { transport().loseConnection(); });
    }
    void connectionLost(const Failure&) override { close_.cancelIfActive(); }

   private:
    SearchWorld& search_;
    DelayedCall close_;
  };
  class Served final : public Factory {
   public:
    explicit Served(SearchWorld& search) : search_(search) { noisy = false; }
    std::shared_ptr<Protocol> buildProtocol(const Address&) override { return std::make_shared<Serves>(search_); }

   private:
    SearchWorld& search_;
  };
  void listen(bool listening) {
    if (listening == (port_ != nullptr)) return;
    if (listening) port_ = server().listenTCP(8000, served_);
    else std::exchange(port_, nullptr)->stopListening();
  }

  std::shared_ptr<Factory> served_;
  std::shared_ptr<Port> port_;
};

}  // namespace teasel::test
