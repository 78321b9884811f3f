#include <gtest/gtest.h>

#include <memory>
#include <vector>

#include <teasel/core/clock.hpp>
#include <teasel/reactor/reactor.hpp>
#include <teasel/reactor/reactor_test_kit.hpp>

// Reactor::abandon: the end of a process, as a simulation needs it. The tests of worlds that crash
// show what it means for connections, ports and connectors.

namespace teasel {
namespace {

using namespace std::chrono_literals;
using Remains = std::vector<std::shared_ptr<void>>;

struct Abandoned : testing::Test {
  Reactor reactor{std::make_unique<reactor_tests::IdleDriver>()};
  std::shared_ptr<int> held = std::make_shared<int>(0);
  Remains remains;
};

TEST_F(Abandoned, MakesNoCallAndDestroysNothingByItself) {
  int ran = 0;
  const auto call = [held = held, &ran] { ++ran; };
  reactor.startRunning();
  const DelayedCall timer = reactor.callLater(0s, call);
  reactor.callFromThread(call);
  reactor.addSystemEventTrigger(Reactor::Phase::kDuring, Reactor::Event::kShutdown, call);
  const auto block = reactor.blockSystemEvent();
  reactor.abandon(remains);
  EXPECT_EQ(held.use_count(), 5) << "the captures still live";
  EXPECT_FALSE(timer.active());
  reactor.turn();
  EXPECT_EQ(ran, 0);
  EXPECT_TRUE(reactor.renew());
  remains.clear();
  EXPECT_EQ(held.use_count(), 2);
}

TEST_F(Abandoned, CanRunAgainWhenItWasRenewed) {
  reactor.startRunning();
  reactor.abandon(remains);
  EXPECT_TRUE(reactor.renew());
  int ran = 0;
  reactor.callWhenRunning([&] { ++ran; });
  reactor.startRunning();
  reactor.callLater(0s, [&] { ++ran; });
  reactor.turn();
  EXPECT_EQ(ran, 2);
  reactor.shutdown();
}

TEST_F(Abandoned, ACallThatAbandonsItsReactorIsTheLastOfItsTurn) {
  int ran = 0;
  reactor.startRunning();
  reactor.callFromThread([&, mine = held] {
    reactor.abandon(remains);
    ++ran;
    EXPECT_EQ(mine.use_count(), 2) << "the running call keeps what it captured";
    reactor.callFromThread([&] { ++ran; });
  });
  reactor.callFromThread([&] { ++ran; });
  reactor.callLater(0s, [&] { ++ran; });
  reactor.turn();
  EXPECT_EQ(ran, 1);
  reactor.abandon(remains);
  EXPECT_TRUE(reactor.renew());
  reactor.startRunning();
  reactor.turn();
  EXPECT_EQ(ran, 1) << "what the last call asked for is forgotten, too";
  reactor.shutdown();
}

TEST_F(Abandoned, AHandleForThoseWhoOutliveItPointsToNothing) {
  const std::shared_ptr<Reactor*> handle = reactor.weakHandle();
  reactor.abandon(remains);
  EXPECT_EQ(*handle, nullptr);
  EXPECT_EQ(*reactor.weakHandle(), &reactor);
}

TEST_F(Abandoned, EachLifeHasItsNumber) {
  const std::uint32_t before = reactor.lives();
  reactor.abandon(remains);
  EXPECT_EQ(reactor.lives(), before + 1);
}

}  // namespace
}  // namespace teasel
