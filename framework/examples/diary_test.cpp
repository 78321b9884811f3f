#include <gtest/gtest.h>

#include <examples/diary.hpp>
#include <teasel/fakes/fake_clock.hpp>
#include <teasel/fakes/string_transport.hpp>
#include <teasel/fakes/world/world.hpp>
#include <teasel/protocol/port.hpp>

namespace teasel::examples {
namespace {

using fakes::CrashKind;
using fakes::World;
using namespace std::chrono_literals;

/// A world in which anna's diary is stored on the host "server". Its start function makes the
/// factory, so the diaries are lost when it crashes.
struct Stored {
  explicit Stored(const fakes::WorldOptions& options = {}) : world(options) {
    world.host("server").onStart([this](Reactor& reactor) {
      const auto factory = std::make_shared<DiaryServerFactory>(reactor);
      diaries = factory->diaries;
      reactor.listenTCP(8000, factory);
    });
    Reactor& reactor = world.host("client").reactor();
    anna = std::make_shared<DiaryClient>(reactor, "anna");
    reactor.connectTCP(world.host("server").address().host(), 8000, anna);
  }
  std::vector<std::string> onServer() const {
    const auto now = diaries.lock();
    return now == nullptr || now->count("anna") == 0 ? std::vector<std::string>() : now->at("anna");
  }
  World world;
  std::shared_ptr<DiaryClient> anna;
  std::weak_ptr<Diaries> diaries;
};

TEST(Diary, IsStoredEntryByEntry) {
  Stored it;
  it.anna->write("good morning");
  it.world.settle();
  it.anna->write("good night");
  it.world.settle();
  EXPECT_EQ(it.anna->stored(), 2u);
  EXPECT_EQ(it.onServer(), it.anna->entries());
}

TEST(Diary, ServerRefusesAnEntryWithoutADiary) {
  fakes::FakeClock clock;
  fakes::StringTransport wire(std::make_shared<DiaryServer>(clock, std::make_shared<Diaries>()));
  wire.feed("entry hello\r\n");
  EXPECT_EQ(wire.value(), "error: say \"diary NAME\", then \"entry TEXT\"\r\n");
  EXPECT_TRUE(wire.lost());
}

TEST(Diary, ComesBackAfterAPartitionThatItOutwaits) {
  Stored it;
  it.anna->write("before");
  it.world.settle();
  it.world.partition("client", "server");
  it.anna->write("during");
  it.world.advance(10min);
  EXPECT_EQ(it.anna->stored(), 1u);
  it.world.repair("client", "server");
  it.world.advance(2min);
  EXPECT_EQ(it.anna->stored(), 2u);
  EXPECT_EQ(it.onServer(), it.anna->entries()) << "the entry that stood on its way came once";
}

TEST(Diary, ComesBackEverMoreSeldomWhileTheServerIsDown) {
  Stored it;
  it.world.settle();
  it.world.host("server").crash();
  it.world.advance(1h);
  std::size_t attempts = 0;
  for (const fakes::TraceEvent& event : it.world.trace().events()) attempts += event.kind == fakes::TraceKind::kConnect ? 1 : 0;
  EXPECT_GT(attempts, 60u);
  EXPECT_LT(attempts, 70u) << "once a minute after the first ones";
}

TEST(Diary, IsStoredAnewByAServerThatLostItsMemory) {
  for (const CrashKind kind : {CrashKind::kReset, CrashKind::kSilent, CrashKind::kClose}) {
    Stored it;
    it.anna->write("one");
    it.anna->write("two");
    it.world.settle();
    it.world.host("server").crash(kind);
    EXPECT_TRUE(it.diaries.expired()) << "the memory of a host dies with it";
    it.world.advance(30s);
    it.world.host("server").restart();
    it.anna->write("three");
    it.world.advance(5min);
    EXPECT_EQ(it.anna->stored(), 3u);
    EXPECT_EQ(it.onServer(), it.anna->entries());
  }
}

TEST(Diary, IsStoredWholeWhateverBreaks) {
  for (std::uint64_t seed = 0; seed < 200; ++seed) {
    fakes::WorldOptions options;
    options.mode = seed % 2 == 0 ? fakes::SimDriver::Mode::kReadiness : fakes::SimDriver::Mode::kCompletion;
    options.faults.partition = {1, 16};
    options.faults.crash = {1, 16};
    Stored it(options);
    it.world.choices().usePrng(seed);
    for (int i = 0; i < 10; ++i) {
      it.anna->write("entry " + std::to_string(i));
      it.world.advance(1min);
    }
    it.world.choices().useCalm();  // no further faults
    it.world.advance(3h);
    EXPECT_EQ(it.onServer(), it.anna->entries()) << "seed " << seed << '\n' << it.world.diagram({.events = 80});
    it.anna->stop();
    EXPECT_TRUE(it.world.run()) << it.world.diagram({.events = 80});
  }
}

}  // namespace
}  // namespace teasel::examples
