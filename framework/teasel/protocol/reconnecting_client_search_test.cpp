#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <vector>

#include <teasel/application/test/search_test_kit.hpp>
#include <teasel/fakes/play/odometer.hpp>
#include <teasel/protocol/reconnecting_client_factory.hpp>

// A ReconnectingClientFactory on TCP in a world. Each of six attempts goes in each of six ways.

namespace teasel {
namespace {

using namespace std::chrono_literals;
using test::Outcome;
using test::SearchWorld;

enum class Way : std::uint8_t { kAccepted, kRefused, kReset, kTimeOut, kStopConnecting, kStopWaiting };
constexpr const char* kNames[] = {"accept", "refuse", "reset", "time-out", "stop connecting", "stop waiting"};

/// Resets the delay with each connection.
class Resets final : public Protocol {
  void connectionMade() override { static_cast<ReconnectingClientFactory&>(*factory()).resetDelay(); }
};

/// Tells the test of each attempt.
class Told final : public ReconnectingClientFactory {
 public:
  Told(Reactor& reactor, const ReconnectOptions& options) : ReconnectingClientFactory(reactor, options) { noisy = false; }
  void startedConnecting(Connector& connector) override {
    ReconnectingClientFactory::startedConnecting(connector);
    tell();
  }
  std::function<void()> tell;
};

/// An attempt begins at `at`. Says when the next one begins.
struct Expected {
  Instant at{};
  Duration delay = 0s;
  void after(Way way) {
    if (way == Way::kStopConnecting || way == Way::kStopWaiting) {
      at += 2s;
      delay = 0s;
      return;
    }
    if (way == Way::kAccepted) at += SearchWorld::kServed;
    if (way == Way::kTimeOut) at += 30s;
    // An accepted connection resets the delay when it is made.
    delay = delay == 0s || way == Way::kAccepted || way == Way::kReset ? 1s : std::min<Duration>(delay * 2, 20s);
    at += delay;
  }
};

class ReconnectSearch : public test::AttemptSearch<Way> {
 protected:
  std::shared_ptr<Told> factory;
  std::shared_ptr<Connector> connector;

  void begin() override {
    const ReconnectOptions options{.maxDelay = 20s, .factor = {2, 1}, .jitter = {0, 1}};
    factory = std::make_shared<Told>(search.client(), options);
    factory->setProtocol<Resets>();
    factory->tell = [this] { attempt(); };
    connector = search.client().connectTCP(search.address(), 8000, factory);
  }
  void attempt() {
    const Way way = nextWay();
    search.arrange(way == Way::kStopConnecting ? Outcome::kHeld
                   : way == Way::kStopWaiting  ? Outcome::kRefused
                                               : static_cast<Outcome>(way));
    if (way != Way::kStopConnecting && way != Way::kStopWaiting) return;
    search.client().callLater(500ms, [this] { factory->stopTrying(); });
    search.client().callLater(2s, [this] {
      factory->resumeTrying();
      factory->resetDelay();
      connector->connect();
    });
  }
  void end() override {
    factory->stopTrying();
    search.world.settle();
    connector.reset();
    factory.reset();
    ASSERT_EQ(search.client().openResources(), 0u);
    ASSERT_TRUE(search.client().getDelayedCalls().empty());
  }
};

TEST_F(ReconnectSearch, SixAttemptsInEveryOfSixWaysEachBeginWhenTheyShould) { searchAll(Expected{}, kNames); }

}  // namespace
}  // namespace teasel
