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
using fakes::ChoiceKey;
using test::Outcome;
using test::SearchWorld;

class Quiet final : public Protocol {};

enum class Way : std::uint8_t { kAccepted, kRefused, kReset, kTimeOut, kStopConnecting, kStopConnected };
constexpr const char* kNames[] = {"accept", "refuse", "reset", "time-out", "stop connecting", "stop connected"};
constexpr std::uint64_t kWays = 6;

/// An attempt begins at `at`, after `failed` attempts in a row. Says when the next one begins, and
/// after how many.
struct Expected {
  Instant at;
  std::size_t failed = 0;
  void after(Way way, const RetryPolicy& policy, Duration timeout) {
    if (way == Way::kStopConnecting || way == Way::kStopConnected) {
      at += 2s;
      failed = 0;
      return;
    }
    failed = way == Way::kAccepted || way == Way::kReset ? 1 : failed + 1;
    if (way == Way::kAccepted) at += SearchWorld::kServed;
    if (way == Way::kTimeOut) at += timeout;
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

class ClientSearch : public testing::Test {
 protected:
  SearchWorld search;
  const RetryPolicy policy = backoffPolicy(1s, 20s, {2, 1}, 0s);
  std::shared_ptr<ClientService> service;
  std::function<Way()> nextWay;
  std::vector<Deferred<void>> stops;

  void begin() {
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
  void end() {
    stops.push_back(service->stopService());
    search.world.settle();
    for (const Deferred<void>& stop : std::exchange(stops, {})) ASSERT_TRUE(stop.hasResult());
    ASSERT_EQ(service->state(), ClientService::State::kStopped);
    service.reset();
    ASSERT_EQ(search.client().openResources(), 0u);
    ASSERT_TRUE(search.client().getDelayedCalls().empty());
  }
};

TEST_F(ClientSearch, SixAttemptsInEveryOfSixWaysEachBeginWhenTheyShould) {
  fakes::Odometer odometer{{fakes::kUserSites}, {.runs = 50'000}};
  fakes::Choices choices;
  std::vector<Way> ways;
  std::vector<Instant> began;
  nextWay = [&] {
    began.push_back(search.now());
    if (ways.size() == 6) return Way::kRefused;
    return ways.emplace_back(static_cast<Way>(choices.below(kWays, ChoiceKey(0, fakes::kUserSites))));
  };
  while (odometer.next()) {
    choices.useOdometer(odometer);
    ways.clear(), began.clear();
    Expected expected{search.now()};
    begin();
    ASSERT_TRUE(search.world.runUntil([&] { return began.size() == 7; }));
    std::string path;
    for (std::size_t i = 0; i < 6; ++i) {
      path += std::string(kNames[static_cast<std::size_t>(ways[i])]) + ", ";
      expected.after(ways[i], policy, 30s);
      ASSERT_EQ(began[i + 1], expected.at) << path << "attempt " << i + 2;
    }
    end();
    if (HasFatalFailure()) FAIL() << path;
    search.reset();
  }
  EXPECT_EQ(odometer.runs(), 46'656u);
}

TEST(ClientServiceInAWorld, DiesWithItsHostInACrashAndLeavesNothing) {
  fakes::World world;
  Reactor& server = world.host("server").reactor();
  server.listenTCP(8000, Factory::forProtocol<Quiet>());
  const std::string address = world.host("server").address().host();
  std::weak_ptr<ClientService> newest;
  world.host("client").onStart([&](Reactor& reactor) {
    const auto service = std::make_shared<ClientService>(reactor, std::make_shared<TCP4ClientEndpoint>(reactor, address, 8000),
                                                         Factory::forProtocol<Quiet>());
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
  world.host("client").restart();
  world.settle();
  EXPECT_EQ(newest.lock()->state(), ClientService::State::kConnected);
}

}  // namespace
}  // namespace teasel
