#pragma once

// A ClientService whose endpoint and clock the test moves. It is no part of the library.

#include <gtest/gtest.h>

#include <memory>
#include <string>

#include <teasel/application/client_service.hpp>
#include <teasel/application/test/endpoint_test_kit.hpp>
#include <teasel/fakes/fake_clock.hpp>

namespace teasel::test {

/// Writes down what it hears. The test says what else it does.
class Client final : public Protocol {
 public:
  struct Does {
    std::function<void()> onMade, onLost;
  };
  Client(std::string* log, const Does* does) : log_(log), does_(does) {}
  void connectionMade() override {
    *log_ += "made ";
    if (does_->onMade) does_->onMade();
  }
  void connectionLost(const Failure& reason) override {
    *log_ += "lost:" + reason.name() + ' ';
    if (does_->onLost) does_->onLost();
  }

 private:
  std::string* log_;
  const Does* does_;
};

class ClientTest : public testing::Test {
 public:
  fakes::FakeClock clock;
  std::string log;
  Client::Does does;
  std::shared_ptr<Factory> factory = quiet();
  std::shared_ptr<HandEndpoint> endpoint = std::make_shared<HandEndpoint>();
  std::shared_ptr<ClientService> service = make();

  /// Delays of 1, 2, 4, 8 s and so on, without variation.
  std::shared_ptr<ClientService> make(
      RetryPolicy policy = backoffPolicy(std::chrono::seconds(1), std::chrono::hours(1), {2, 1}, Duration::zero()),
      RandomSource random = [] { return std::uint64_t{0}; }) {
    return std::make_shared<ClientService>(clock, endpoint, factory, std::move(policy), std::move(random));
  }
  std::shared_ptr<Factory> quiet() {
    auto made = Factory::forProtocol<Client>(&log, &does);
    made->noisy = false;
    return made;
  }
  /// Starts the service, and accepts. Gives the protocol.
  std::shared_ptr<Protocol> connected() {
    service->startService();
    endpoint->accept();
    return service->whenConnected().take().value();
  }
  /// How long the service still waits.
  Duration delayLeft() {
    const auto calls = clock.getDelayedCalls();
    return calls.size() == 1 ? calls[0].at - clock.now() : Duration(-1);
  }
  /// The attempt fails, and the next one begins.
  void failOnce() {
    endpoint->refuse();
    clock.advanceToNext();
  }
};

}  // namespace teasel::test
