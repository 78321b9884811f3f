#pragma once

#include <memory>
#include <string>
#include <thread>
#include <utility>

#include <teasel/contract/bench.hpp>
#include <teasel/protocol/connector.hpp>
#include <teasel/protocol/factory.hpp>
#include <teasel/protocol/port.hpp>

namespace teasel::contract {

using DriverFactory = std::function<std::unique_ptr<Driver>()>;

/// Real reactors over the loopback interface, in real time.
class LoopbackBench : public Bench {
 public:
  /// With `two`, each end has a reactor of its own, and they turn in alternation. Otherwise one
  /// reactor holds both ends.
  LoopbackBench(const DriverFactory& make, bool two, bool eager)
      : make_(make), eager_(eager), server_(std::make_unique<Reactor>(make())) {
    if (two) client_ = std::make_unique<Reactor>(make());
  }

  Reactor& server() override { return *server_; }
  Reactor& client() override { return client_ == nullptr ? *server_ : *client_; }
  std::string serverHost() const override { return "127.0.0.1"; }
  bool until(const std::function<bool()>& done, Duration atMost) override {
    for (const Instant end = server_->driver().now() + atMost; !done();) {
      if (server_->driver().now() > end) return false;
      turn(20ms);
    }
    return true;
  }
  void pass(Duration time) override {
    const Instant end = server_->driver().now() + time;
    for (Duration left = time; left > Duration::zero(); left = end - server_->driver().now()) turn(left);
  }
  void work(Duration time) override { std::this_thread::sleep_for(time); }
  bool run() override {
    bool stuck = false;
    const DelayedCall guard = server_->callLater(kPatience, [&] { stuck = true, server_->crash(); });
    if (client_ == nullptr) {
      server_->run();
      return !stuck;
    }
    server_->startRunning();
    while (!stuck && !server_->stopRequested()) turn(20ms);
    server_->shutdown([&] { turn(20ms); });
    return !stuck;
  }
  void destroy() override {
    server_.reset();
    client_.reset();
    deaf_.reset();
  }
  /// A port whose reactor never turns and whose queue of one is full: the system answers nobody
  /// else there.
  Address deaf() override {
    if (deaf_ == nullptr) {
      deaf_ = std::make_unique<Reactor>(make_());
      const auto quiet = std::make_shared<Factory>();
      quiet->noisy = false;
      deafPort_ = deaf_->listenTCP(0, quiet, 0, serverHost())->getHost();
      for (int i = 0; i < 3; ++i) client().connectTCP(serverHost(), deafPort_.port(), std::make_shared<ClientFactory>());
      pass(50ms);
    }
    return deafPort_;
  }
  std::unique_ptr<Reactor> another() override { return std::make_unique<Reactor>(make_()); }
  void checkHealth() override {
    if (server_ == nullptr) return;
    turn(0s);  // what lingered until now ends in the next poll
    EXPECT_EQ(server().driver().overdueSlots(), 0u) << "slots linger beyond their deadline";
    EXPECT_EQ(client().driver().overdueSlots(), 0u) << "slots linger beyond their deadline";
  }
  bool simulated() const noexcept override { return false; }
  bool eagerWrites() const noexcept override { return eager_; }
  /// More than the socket buffers of both ends hold, as Linux lets them grow by default (4 MiB to
  /// send, 6 MiB to receive).
  std::size_t moreThanFits() const noexcept override { return std::size_t{24} << 20; }

 private:
  void turn(Duration atMost) {
    if (client_ == nullptr) return server_->turn(atMost);
    server_->turn(std::min<Duration>(atMost, 500us));
    client_->turn(std::min<Duration>(atMost, 500us));
  }
  DriverFactory make_;
  bool eager_;
  std::unique_ptr<Reactor> server_, client_, deaf_;
  Address deafPort_;
};

/// The column of a driver: every test runs with one reactor and with two. `eagerWrites`: see Bench.
inline Arm loopbackArm(std::string name, DriverFactory make, bool eagerWrites = true) {
  return {std::move(name), 2, [make = std::move(make), eagerWrites](int round) {
            return std::make_unique<LoopbackBench>(make, round % 2 == 1, eagerWrites);
          }};
}

}  // namespace teasel::contract
