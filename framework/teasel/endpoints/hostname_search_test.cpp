#include <gtest/gtest.h>

#include <array>
#include <optional>
#include <string>

#include <teasel/core/errors.hpp>
#include <teasel/endpoints/hostname_endpoint.hpp>
#include <teasel/fakes/world/world.hpp>
#include <teasel/reactor/resolver.hpp>

// HostnameEndpoint in every combination of what three servers do, compared with a model; cancelled
// at every point of each; and under drawn trouble.

namespace teasel {
namespace {

using namespace std::chrono_literals;
using fakes::World;
using Connected = std::shared_ptr<Protocol>;

enum class Does : std::uint8_t { kAccept, kRefuse, kAcceptLate, kSilent };
using Servers = std::array<Does, 3>;
constexpr Duration kLate = 400ms, kTimeout = 2s;
constexpr std::array<const char*, 3> kHosts = {"a", "b", "c"};

std::vector<Servers> allServers() {
  std::vector<Servers> all;
  for (unsigned i = 0; i < 64; ++i)
    all.push_back({static_cast<Does>(i % 4), static_cast<Does>(i / 4 % 4), static_cast<Does>(i / 16)});
  return all;
}

std::string text(const Servers& servers) {
  std::string out;
  for (const Does does : servers) out += std::array{"accept ", "refuse ", "late ", "silent "}[static_cast<std::size_t>(does)];
  return out;
}

struct Expected {
  std::optional<std::size_t> winner;
  Duration at{};
  std::size_t attempts = 0;
};

/// What must come of it, by the rules of RFC 8305.
Expected model(const Servers& servers) {
  Expected expected;
  Duration start{}, best = kTimeout;
  for (std::size_t i = 0; i < servers.size() && start < best; ++i) {
    ++expected.attempts;
    const bool accepts = servers[i] == Does::kAccept || servers[i] == Does::kAcceptLate;
    const Duration success = servers[i] == Does::kAccept ? start : start + kLate;
    if (accepts && success < best) best = success, expected.winner = i;
    if (servers[i] != Does::kRefuse) start += HostnameEndpoint::kAttemptDelay;
  }
  const bool allRefuse = servers == Servers{Does::kRefuse, Does::kRefuse, Does::kRefuse};
  expected.at = allRefuse ? Duration::zero() : best;
  return expected;
}

/// One run: a client that connects to three servers.
class Trial {
 public:
  explicit Trial(const Servers& servers) {
    auto serving = Factory::forProtocol<Protocol>();
    serving->noisy = connecting->noisy = false;
    for (const char* name : kHosts) world.host(name);
    world.host("client");
    for (std::size_t i = 0; i < servers.size(); ++i) {
      const bool accepts = servers[i] == Does::kAccept || servers[i] == Does::kAcceptLate;
      if (accepts) world.host(kHosts[i]).reactor().listenTCP(80, serving);
      if (servers[i] == Does::kAcceptLate) world.latency("client", kHosts[i], kLate);
      if (servers[i] == Does::kSilent) world.partition("client", kHosts[i]);
    }
    world.names().set("www.example", {"10.0.0.1", "10.0.0.2", "10.0.0.3"});
    outcome = HostnameEndpoint(client(), "www.example", 80, kTimeout).connect(connecting);
    outcome.tapBoth([this] { at = world.network().elapsed(); });
  }
  Reactor& client() { return world.host("client").reactor(); }
  bool nothingLeft() {
    world.settle();
    return client().openResources() == 0 && client().getDelayedCalls().empty() && client().resolver().openQuestions() == 0 &&
           connecting->numPorts() == 0;
  }
  World world;
  std::shared_ptr<Factory> connecting = Factory::forProtocol<Protocol>();
  Deferred<Connected> outcome{nullptr};
  Duration at{};
};

TEST(HostnameSearch, EveryCombinationOfThreeServersEndsAsTheModelSays) {
  for (const Servers& servers : allServers()) {
    SCOPED_TRACE(text(servers));
    const Expected expected = model(servers);
    Trial run(servers);
    run.world.runUntil([&] { return run.outcome.called(); });
    ASSERT_TRUE(run.outcome.hasResult());
    EXPECT_EQ(run.at, expected.at);
    if (expected.winner) {
      ASSERT_NE(run.outcome.value(), nullptr);
      const Connected protocol = run.outcome.take().value();
      EXPECT_EQ(protocol->transport().getPeer().host(), "10.0.0." + std::to_string(*expected.winner + 1));
      protocol->transport().abortConnection();
    } else {
      const Failure failure = run.outcome.take().failure();
      const auto* all = failure.check<ConnectionAttemptsFailed>();
      ASSERT_NE(all, nullptr);
      EXPECT_EQ(all->attempts().size(), expected.attempts);
    }
    EXPECT_TRUE(run.nothingLeft());
  }
}

TEST(HostnameSearch, CancelAtEveryPointLeavesNothing) {
  std::size_t cancelled = 0;
  for (const Servers& servers : allServers())
    for (std::size_t steps = 0;; ++steps) {
      SCOPED_TRACE(text(servers) + "cancelled after " + std::to_string(steps) + " steps");
      Trial run(servers);
      for (std::size_t i = 0; i < steps && !run.outcome.called(); ++i)
        if (!run.world.step()) run.world.advanceToNext();
      if (run.outcome.called()) {
        const Result<Connected> result = run.outcome.take();
        if (result.ok()) (*result)->transport().abortConnection();
        EXPECT_TRUE(run.nothingLeft());
        break;
      }
      ++cancelled;
      run.outcome.cancel();
      EXPECT_NE(run.outcome.take().failure().check<ConnectingCancelledError>(), nullptr);
      EXPECT_TRUE(run.nothingLeft());
      // What was under way meanwhile has no effect.
      run.world.advance(200s);
      EXPECT_EQ(run.client().openResources(), 0u);
    }
  EXPECT_GT(cancelled, 200u);
}

TEST(HostnameSearch, UnderDrawnTroubleThereIsOneOutcomeAndNothingIsLeft) {
  int connected = 0, failed = 0;
  for (std::uint64_t seed = 0; seed < 400; ++seed) {
    SCOPED_TRACE(seed);
    Trial run({static_cast<Does>(seed % 4), static_cast<Does>(seed / 4 % 4), static_cast<Does>(seed / 16 % 4)});
    run.world.choices().usePrng(seed);
    run.world.network().faults().refuse = {1, 4};
    run.world.network().faults().names = {1, 8};
    run.world.runUntil([&] { return run.outcome.called(); });
    ASSERT_TRUE(run.outcome.hasResult());
    EXPECT_LE(run.at, kTimeout);
    const Result<Connected> result = run.outcome.take();
    ++(result.ok() ? connected : failed);
    if (result.ok()) (*result)->transport().abortConnection();
    EXPECT_TRUE(run.nothingLeft());
  }
  EXPECT_GT(connected, 50);
  EXPECT_GT(failed, 50);
}

}  // namespace
}  // namespace teasel
