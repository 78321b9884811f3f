#include <gtest/gtest.h>

#include <map>
#include <set>
#include <string>
#include <vector>

#include <teasel/fuzz/campaign_test_kit.hpp>
#include <teasel/protocol/factory.hpp>
#include <teasel/protocol/port.hpp>
#include <teasel/reactor/reactor.hpp>

// Campaigns that begin with nothing: what the environment can do, they make it do.

namespace teasel::fuzz {
namespace {

using namespace std::chrono_literals;

/// Answers a few times, stops reading for a while, and works in threads. So it meets everything
/// that a world decides.
class Busy final : public Protocol {
 public:
  explicit Busy(Reactor* reactor) : reactor_(reactor) {}
  void connectionMade() override { transport().write("hello"); }
  void dataReceived(ByteView data) override {
    if (++answers_ > 4) return transport().loseConnection();
    transport().write(data.sub(0, 3));
    transport().pauseProducing();
    reactor_->callInThread([] {});
    resume_ = reactor_->callLater(5ms, [this] { transport().resumeProducing(); });
  }
  void connectionLost(const Failure&) override { resume_.cancelIfActive(); }

 private:
  Reactor* reactor_;
  DelayedCall resume_;
  int answers_ = 0;
};

fakes::ScenarioOptions everything(fakes::SimDriver::Mode mode) {
  fakes::ScenarioOptions options;
  for (const fakes::FaultRow& row : fakes::kFaults) row.control.turnOn(options.world.faults);
  options.world.mode = mode;
  options.play.hosts = 2;
  return options;
}

/// Two hosts that talk to each other and to the peers of the Play.
void meetEverything(fakes::World& world) {
  fakes::Host& host = world.host("server");
  Reactor& client = world.host("client").reactor();
  world.allow<std::exception>();
  host.onStart([](Reactor& server) {
    auto factory = Factory::forProtocol<Busy>(&server);
    factory->noisy = false;
    try {
      server.listenTCP(8000, factory);
    } catch (const std::exception&) {
      return;  // the drawn fault of listening
    }
  });
  world.names().set("server.example", {"10.0.0.1", "127.0.0.1"});
  for (int i = 0; i < 3; ++i) {
    auto clients = ClientFactory::forProtocol<Busy>(&client);
    clients->noisy = false;
    client.connectTCP(i > 0 ? host.address().host() : "server.example", 8000, clients);
  }
  world.run();
}

TEASEL_SCENARIO(everything, "draws all that a world with readiness draws", everything(fakes::SimDriver::Mode::kReadiness)) {
  meetEverything(world);
}
TEASEL_SCENARIO(everything_completed, "the same with completions", everything(fakes::SimDriver::Mode::kCompletion)) {
  meetEverything(world);
}

/// What runs have drawn at each site: 0, or something else as well.
class Reached {
 public:
  /// Adds a run. Returns whether it brought anything new.
  bool add(const fakes::Choices& choices) {
    bool isNew = false;
    for (const fakes::ChoiceRecord& record : choices.records()) {
      isNew = drawn_.insert(record.site).second || isNew;
      if (record.value != 0) isNew = moved_.insert(record.site).second || isNew;
    }
    return isNew;
  }
  bool moved(fakes::ChoiceSite site) const { return moved_.contains(static_cast<std::uint16_t>(site)); }

 private:
  std::set<std::uint16_t> drawn_, moved_;
};

/// The names of those sites of worlds that campaigns from nothing leave at 0.
std::set<std::string> unreached(std::uint64_t executions, std::uint64_t seed) {
  Reached reached;
  for (const char* name : {"everything", "everything_completed"})
    test::Campaign(*fakes::findScenario(name)).run(executions, seed, [&](fakes::World& world) {
      return reached.add(world.choices());
    });
  std::set<std::string> left;
  for (const fakes::ChoiceSiteRow& row : fakes::kChoiceSites) {
    const bool drawn = row.decider != fakes::Decider::kDraw && row.decider != fakes::Decider::kTest;
    if (drawn && row.retiredIn > fakes::kCodecVersion && !reached.moved(row.site)) left.insert(std::string(row.name));
  }
  return left;
}

TEST(Reach, ACampaignFromNothingMovesEverySiteWithin20000Executions) {
  for (const std::uint64_t seed : {1u, 2u, 3u}) EXPECT_EQ(unreached(20'000, seed), std::set<std::string>{}) << "seed " << seed;
}

TEST(Reach, RunsForFactsAreAFewPerCentOfACampaign) {
  test::Campaign campaign(*fakes::findScenario("everything"));
  Reached reached;
  campaign.run(5'000, 1, [&](fakes::World& world) { return reached.add(world.choices()); });
  EXPECT_GT(campaign.engine().factRuns(), 0u);
  EXPECT_LE(campaign.engine().factRuns(), 5'000 / Engine::kRunsPerFactRun + 1);
}

}  // namespace
}  // namespace teasel::fuzz
