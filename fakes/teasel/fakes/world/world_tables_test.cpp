#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <set>
#include <string>
#include <vector>

#include <teasel/fakes/play/every_event_test_kit.hpp>
#include <teasel/fakes/world/test/world_test_kit.hpp>
#include <teasel/fakes/world/world.hpp>

// Walks the tables of events, choice sites and faults. A world performs every event. It draws every
// site, by the entity that the table names, and only where the site's fault is on.

namespace teasel::fakes {
namespace {

using namespace std::chrono_literals;

/// A world that has performed a Play. It has two echo servers, a timer after a second, and
/// application actions.
struct Performed {
  explicit Performed(const Play& play, Recording recording = Recording::kIfRecords) {
    world.play() = play;
    world.choices().useRecords({}, recording);
    Reactor& reactor = world.host().reactor();
    auto factory = Factory::forProtocol<test::Echo>();
    factory->noisy = false;
    reactor.listenTCP(8000, factory);
    reactor.listenTCP(8001, factory);
    reactor.callLater(1s, [] {});
    world.onApp([](unsigned, std::uint64_t) {});
    world.run();
  }
  std::size_t skipped() const {
    std::size_t count = 0;
    for (const TraceEvent& event : world.trace().events()) count += event.kind == TraceKind::kSkipped ? 1 : 0;
    return count;
  }
  mutable World world;
};

TEST(WorldTables, EveryEventHasAnEffect) {
  const Play all = test::everyEvent();
  const Performed whole(all);
  EXPECT_EQ(whole.world.verdict(), nullptr);
  EXPECT_EQ(whole.skipped(), 0u) << whole.world.trace().text();
  for (const EventRow& row : kEvents) {
    Play without;
    for (const PlayEvent& event : all.events())
      if (event.kind != row.kind) without.append(all, event);
    EXPECT_NE(Performed(without).world.trace().hash(), whole.world.trace().hash()) << row.name;
  }
}

TEST(WorldTables, RecordingWhatCouldBeDrawnChangesNothing) {
  const Performed calm(test::everyEvent()), recorded(test::everyEvent(), Recording::kAlways);
  EXPECT_GT(recorded.world.choices().records().size(), 20u);
  EXPECT_EQ(recorded.world.trace().hash(), calm.world.trace().hash()) << recorded.world.trace().text();
}

/// Answers a few times, stops reading for a while, and works in threads. So it meets everything
/// that a world decides.
class Busy final : public Protocol {
 public:
  explicit Busy(Reactor* reactor) : reactor_(reactor) {}
  void connectionMade() override { transport().write("hello"); }
  void dataReceived(ByteView data) override {
    if (++answers_ > 4) return;
    transport().write(data.sub(0, 3));
    transport().pauseProducing();
    reactor_->callInThread([] {});
    resume_ = reactor_->callLater(5ms, [this] { transport().resumeProducing(); });
  }
  void connectionLost(const Failure&) override {
    if (resume_.active()) resume_.cancel();
  }

 private:
  Reactor* reactor_;
  DelayedCall resume_;
  int answers_ = 0;
};

/// Who drew which sites in many runs of a world of two hosts, which perform Plays of a version.
std::map<std::uint16_t, std::set<std::uint32_t>> drawnWith(const Faults& faults, unsigned version = kCodecVersion,
                                                           const ClimateLimits& climate = ClimateLimits::calm()) {
  std::map<std::uint16_t, std::set<std::uint32_t>> drawn;
  World world;
  for (std::uint64_t seed = 0; seed < 120; ++seed) {
    WorldOptions options;
    options.faults = faults;
    options.mode = seed % 2 == 0 ? SimDriver::Mode::kReadiness : SimDriver::Mode::kCompletion;
    world.reset(options);
    world.choices().usePrng(seed);
    world.play() = Play::draw(world.choices(), {.events = 30, .connections = 4});
    world.play().setVersion(version);
    world.drawClimate(climate);
    Host& host = world.host("server");
    Reactor& client = world.host("client").reactor();
    host.onStart([](Reactor& server) {
      auto factory = Factory::forProtocol<Busy>(&server);
      factory->noisy = false;
      try {
        server.listenTCP(8000, factory);
      } catch (const std::exception&) {
        // the drawn fault of listening
      }
    });
    world.names().set("server.example", {"10.0.0.1", "127.0.0.1"});
    for (int i = 0; i < 3; ++i) {
      auto clients = ClientFactory::forProtocol<Busy>(&client);
      clients->noisy = false;
      client.connectTCP(i > 0 ? world.host("server").address().host() : "server.example", 8000, clients);
    }
    world.allow<std::exception>();
    world.run();
    for (const ChoiceRecord& record : world.choices().records()) drawn[record.site].insert(record.entity);
  }
  return drawn;
}

Faults allFaults() {
  Faults faults;
  for (const FaultRow& row : kFaults) row.control.turnOn(faults);
  return faults;
}

TEST(WorldTables, EverySiteIsDrawnByTheOneWhoDecides) {
  auto drawn = drawnWith(allFaults());
  for (const auto& [site, entities] : drawnWith(allFaults(), kCodecVersion, {}))
    drawn[site].insert(entities.begin(), entities.end());
  for (const ChoiceSiteRow& row : kChoiceSites) {
    const auto found = drawn.find(static_cast<std::uint16_t>(row.site));
    EXPECT_EQ(found != drawn.end(),
              row.decider != Decider::kTest && row.decider != Decider::kRecords && row.retiredIn > kCodecVersion)
        << row.name;
    if (found == drawn.end()) continue;
    for (const std::uint32_t entity : found->second) EXPECT_TRUE(canBe(row.decider, entity)) << row.name << ' ' << entity;
  }
  for (const auto& [site, entities] : drawn) EXPECT_NE(choiceSiteRow(site), nullptr) << site;
}

TEST(WorldTables, ARetiredSiteIsDrawnInThePlaysOfEarlierVersions) {
  for (const ChoiceSiteRow& row : kChoiceSites)
    if (row.retiredIn <= kCodecVersion) {
      EXPECT_TRUE(drawnWith(allFaults(), row.retiredIn - 1).contains(static_cast<std::uint16_t>(row.site))) << row.name;
    }
}

TEST(WorldTables, SitesThatNeedAFaultAreDrawnOnlyWhereItIsOn) {
  Faults none;
  none.latency = false;
  const auto drawn = drawnWith(none);
  for (const ChoiceSiteRow& row : kChoiceSites) {
    const bool found = drawn.contains(static_cast<std::uint16_t>(row.site));
    EXPECT_FALSE(found && row.fault) << row.name;
  }
}

}  // namespace
}  // namespace teasel::fakes
