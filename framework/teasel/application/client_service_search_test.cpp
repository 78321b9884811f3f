#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <vector>

#include <teasel/application/client_service.hpp>
#include <teasel/application/test/search_test_kit.hpp>

// A ClientService on TCP in a world. Each of six attempts goes in each of six ways.

namespace teasel {
namespace {

using namespace std::chrono_literals;
using test::Outcome;
using test::SearchWorld;

class Quiet final : public Protocol {};

enum class Way : std::uint8_t { kAccepted, kRefused, kReset, kTimeOut, kStopConnecting, kStopConnected };
constexpr const char* kNames[] = {"accept", "refuse", "reset", "time-out", "stop connecting", "stop connected"};

/// An attempt begins at `at`, after `failed` attempts in a row. Says when the next one begins, and
/// after how many.
struct Expected {
  const RetryPolicy& policy;
  Instant at{};
  std::size_t failed = 0;
  void after(Way way) {
    if (way == Way::kStopConnecting || way == Way::kStopConnected) {
      at += 2s;
      failed = 0;
      return;
    }
    failed = way == Way::kAccepted || way == Way::kReset ? 1 : failed + 1;
    if (way == Way::kAccepted) at += SearchWorld::kServed;
    if (way == Way::kTimeOut) at += 30s;
    at += policy(failed, 0);
  }
};

/// Tells the test of each attempt, then connects by TCP.
class Told final : public StreamClientEndpoint {
 public:
  Told(Reactor& reactor, std::string host, std::function<void()> tell)
      : tcp_(reactor, std::move(host), 8000), tell_(std::move(tell)) {}
  Deferred<std::shared_ptr<Protocol>> connect(std::shared_ptr<Factory> factory) override {
    tell_();
    return tcp_.connect(std::move(factory));
  }

 private:
  TCP4ClientEndpoint tcp_;
  std::function<void()> tell_;
};

class ClientSearch : public test::AttemptSearch<Way> {
 protected:
  const RetryPolicy policy = backoffPolicy(1s, 20s, {2, 1}, 0s);
  std::shared_ptr<ClientService> service;
  std::vector<Deferred<void>> stops;

  void begin() override {
    auto factory = Factory::forProtocol<Quiet>();
    factory->noisy = false;
    service = std::make_shared<ClientService>(search.client(),
                                              std::make_shared<Told>(search.client(), search.address(), [this] { attempt(); }),
                                              factory, policy, [] { return std::uint64_t{0}; });
    service->startService();
  }
  void attempt() {
    const Way way = nextWay();
    search.arrange(way == Way::kStopConnecting  ? Outcome::kHeld
                   : way == Way::kStopConnected ? Outcome::kAccepted
                                                : static_cast<Outcome>(way));
    if (way != Way::kStopConnecting && way != Way::kStopConnected) return;
    search.client().callLater(1s, [this] { stops.push_back(service->stopService()); });
    search.client().callLater(2s, [this] { service->startService(); });
  }
  void end() override {
    stops.push_back(service->stopService());
    search.world.settle();
    for (const Deferred<void>& stop : std::exchange(stops, {})) ASSERT_TRUE(stop.hasResult());
    ASSERT_EQ(service->state(), ClientService::State::kStopped);
    service.reset();
    ASSERT_EQ(search.client().openResources(), 0u);
    ASSERT_TRUE(search.client().getDelayedCalls().empty());
  }
};

TEST_F(ClientSearch, SixAttemptsInEveryOfSixWaysEachBeginWhenTheyShould) { searchAll(Expected{policy}, kNames); }

TEST(ClientServiceInAWorld, DiesWithItsHostInACrashAndLeavesNothing) {
  fakes::World world;
  Reactor& server = world.host("server").reactor();
  server.listenTCP(8000, Factory::forProtocol<Quiet>());
  const std::string address = world.host("server").address().host();
  const auto factory = Factory::forProtocol<Quiet>();  // survives the crash
  std::weak_ptr<ClientService> newest;
  world.host("client").onStart([&](Reactor& reactor) {
    const auto service =
        std::make_shared<ClientService>(reactor, std::make_shared<TCP4ClientEndpoint>(reactor, address, 8000), factory);
    service->startService();
    newest = service;
    reactor.addSystemEventTrigger(Reactor::Phase::kBefore, Reactor::Event::kShutdown, [service] { service->stopService(); });
  });
  world.settle();
  ASSERT_EQ(newest.lock()->state(), ClientService::State::kConnected);
  const std::weak_ptr<Protocol> protocol = newest.lock()->whenConnected().take().value();
  world.host("client").crash();
  EXPECT_TRUE(newest.expired());
  EXPECT_TRUE(protocol.expired());
  EXPECT_EQ(factory->numPorts(), 0);
  world.host("client").restart();
  world.settle();
  EXPECT_EQ(newest.lock()->state(), ClientService::State::kConnected);
}

}  // namespace
}  // namespace teasel
