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
    if (++answers_ > 2) {  // the last bytes and the end of the stream arrive together
      transport().write("bye");
      return transport().loseConnection();
    }
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

fakes::ScenarioOptions everything() {
  fakes::ScenarioOptions options;
  options.climate.without = {};
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

TEASEL_SCENARIO(everything, "draws all that a world draws, in some climate", everything()) { meetEverything(world); }

/// What the inputs of a campaign made the environment do.
class Reached {
 public:
  explicit Reached(Engine& engine) : engine_(engine) {}
  /// Adds the last run. Returns whether it brought anything new.
  bool add() {
    const fakes::Choices& choices = engine_.world().choices();
    bool isNew = false;
    for (const fakes::ChoiceRecord& record : choices.records()) isNew = drawn_.insert(record.site).second || isNew;
    for (const fakes::ChoiceRecord& record : engine_.tape().records)
      if (choices.hasDrawn(record)) isNew = moved_.insert(record.site).second || isNew;
    return isNew;
  }
  /// The names of those sites of worlds that no record moved from 0.
  std::set<std::string> left() const {
    std::set<std::string> left;
    for (const fakes::ChoiceSiteRow& row : fakes::kChoiceSites) {
      if (row.decider == fakes::Decider::kDraw || row.decider == fakes::Decider::kTest) continue;
      const bool moved = moved_.contains(static_cast<std::uint16_t>(row.site));
      if (!moved && row.retiredIn > fakes::kCodecVersion) left.insert(std::string(row.name));
    }
    return left;
  }

 private:
  Engine& engine_;
  std::set<std::uint16_t> drawn_, moved_;
};

TEST(Reach, ACampaignFromNothingMovesEverySiteByARecordWithin20000Executions) {
  for (const std::uint64_t seed : {1u, 2u, 3u}) {
    test::Campaign campaign(*fakes::findScenario("everything"));
    Reached reached(campaign.engine());
    campaign.run(20'000, seed, [&] { return reached.add(); }, [&] { return reached.left().empty(); });
    EXPECT_EQ(reached.left(), std::set<std::string>{}) << "seed " << seed;
    RecordProperty("executions", std::to_string(campaign.engine().runs()));
  }
}

TEST(Reach, RunsForFactsAreAFewPerCentOfACampaign) {
  test::Campaign campaign(*fakes::findScenario("everything"));
  Reached reached(campaign.engine());
  campaign.run(5'000, 1, [&] { return reached.add(); });
  EXPECT_GT(campaign.engine().factRuns(), 0u);
  EXPECT_LE(campaign.engine().factRuns(), 5'000 / Engine::kRunsPerFactRun + 1);
}

}  // namespace
}  // namespace teasel::fuzz
