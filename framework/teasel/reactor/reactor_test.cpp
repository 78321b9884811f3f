#include <teasel/reactor/reactor.hpp>

#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <thread>

#include <teasel/core/errors.hpp>
#include <teasel/core/logger.hpp>
#include <teasel/reactor/literal_resolver.hpp>
#include <teasel/reactor/reactor_test_kit.hpp>

namespace teasel {
namespace {

using namespace std::chrono_literals;
using reactor_tests::IdleDriver;

class ReactorTest : public testing::Test {
 protected:
  IdleDriver* driver = new IdleDriver;
  Reactor reactor{std::unique_ptr<Driver>(driver)};
  std::string ran;
  UniqueFunction<void()> note(char what) {
    return [this, what] { ran += what; };
  }
};

TEST_F(ReactorTest, CountsACallLaterBeforeTheFirstTurnFromNow) {
  reactor.callLater(5s, note('a'));
  reactor.turn();
  EXPECT_EQ(ran, "");
  reactor.turn(Duration::max());
  EXPECT_EQ(driver->lastWait, 5s);
  EXPECT_EQ(ran, "a");
}

// Each of these works for 400 ms and then sets a call for 200 ms later.

TEST_F(ReactorTest, ADelayIsNotShortenedByWorkBeforeTheFirstTurn) {
  driver->pass(400ms);
  reactor.callLater(200ms, note('a'));
  reactor.turn();
  EXPECT_EQ(ran, "");
  reactor.turn(Duration::max());
  EXPECT_EQ(driver->lastWait, 200ms);
  EXPECT_EQ(ran, "a");
}

TEST_F(ReactorTest, ADelayIsNotShortenedByWorkOfAStartupTrigger) {
  DelayedCall call;
  reactor.callWhenRunning([&] {
    driver->pass(400ms);
    call = reactor.callLater(200ms, [this] { reactor.stop(); });
  });
  const Instant start = driver->now();
  reactor.run();
  EXPECT_EQ(call.getTime(), start + 600ms);
  EXPECT_EQ(driver->now(), start + 600ms);
}

TEST_F(ReactorTest, ADelayIsNotShortenedByWorkOfATimer) {
  DelayedCall moved = reactor.callLater(9s, note('m'));
  reactor.callLater(0s, [&] {
    driver->pass(400ms);
    reactor.callLater(200ms, note('a'));
    moved.reset(200ms);
  });
  reactor.turn();
  reactor.turn();
  EXPECT_EQ(ran, "");
  reactor.turn(Duration::max());
  EXPECT_EQ(driver->lastWait, 200ms);
  EXPECT_EQ(ran, "am");
}

TEST_F(ReactorTest, ADelayIsNotShortenedByWorkOfAPostedCallNorOfTheClosingPhase) {
  class Ends final : public TurnEnd {
   public:
    explicit Ends(UniqueFunction<void()> work) : work_(std::move(work)) {}
    void endTurn() override { work_(); }

   private:
    UniqueFunction<void()> work_;
  };
  const auto work = [this] {
    driver->pass(400ms);
    const DelayedCall call = reactor.callLater(200ms, [] {});
    EXPECT_EQ(call.getTime(), driver->now() + 200ms);
    ran += 'w';
  };
  Ends ends(work);
  reactor.callFromThread([&] {
    work();
    reactor.atTurnEnd(ends);
  });
  reactor.turn();
  EXPECT_EQ(ran, "ww");
}

TEST_F(ReactorTest, WhatFallsDueAfterTheSampleWaitsATurn) {
  reactor.callLater(0s, [this] {
    driver->pass(400ms);
    ran += '1';
  });
  reactor.callLater(300ms, note('2'));
  reactor.turn();
  EXPECT_EQ(ran, "1");
  reactor.turn(Duration::max());
  EXPECT_EQ(driver->lastWait, 0s);
  EXPECT_EQ(ran, "12");
}

TEST_F(ReactorTest, TimeStandsWithinATurnAndIsTheDriversBetweenTurns) {
  const Instant start = reactor.now();
  driver->pass(1s);
  EXPECT_EQ(reactor.now(), start + 1s);
  reactor.callLater(0s, [&] {
    driver->pass(1s);
    EXPECT_EQ(reactor.now(), start + 1s);
    EXPECT_EQ(reactor.liveNow(), start + 2s);
    ran += 'a';
  });
  reactor.turn();
  EXPECT_EQ(ran, "a");
  EXPECT_EQ(reactor.now(), start + 2s);
}

TEST_F(ReactorTest, RunsTheThreePhasesOfBothEventsInOrder) {
  using enum Reactor::Phase;
  using enum Reactor::Event;
  reactor.addSystemEventTrigger(kAfter, kShutdown, note('6'));
  reactor.addSystemEventTrigger(kDuring, kShutdown, note('5'));
  reactor.addSystemEventTrigger(kBefore, kShutdown, note('4'));
  reactor.addSystemEventTrigger(kAfter, kStartup, note('3'));
  reactor.addSystemEventTrigger(kDuring, kStartup, note('2'));
  reactor.addSystemEventTrigger(kBefore, kStartup, note('1'));
  reactor.callWhenRunning([this] { reactor.stop(); });
  reactor.run();
  EXPECT_EQ(ran, "123456");
}

TEST_F(ReactorTest, ShutdownWaitsForATriggerThatBlocksWhileTimersKeepRunning) {
  reactor.addSystemEventTrigger(Reactor::Phase::kBefore, Reactor::Event::kShutdown, [this] {
    reactor.callLater(1s, [this, unblock = reactor.blockSystemEvent()]() mutable {
      ran += 'u';
      unblock();
    });
  });
  reactor.addSystemEventTrigger(Reactor::Phase::kDuring, Reactor::Event::kShutdown, note('d'));
  reactor.callWhenRunning([this] { reactor.stop(); });
  reactor.run();
  EXPECT_EQ(ran, "ud");
}

TEST_F(ReactorTest, ABlockerThatIsForgottenUnblocksWhenItDies) {
  reactor.addSystemEventTrigger(Reactor::Phase::kBefore, Reactor::Event::kShutdown, [this] { reactor.blockSystemEvent(); });
  reactor.callWhenRunning([this] { reactor.stop(); });
  reactor.run();
  EXPECT_FALSE(reactor.running());
}

TEST_F(ReactorTest, RemovedTriggersDoNotRun) {
  const auto id = reactor.addSystemEventTrigger(Reactor::Phase::kAfter, Reactor::Event::kStartup, note('x'));
  EXPECT_TRUE(reactor.removeSystemEventTrigger(id));
  EXPECT_FALSE(reactor.removeSystemEventTrigger(id));
  reactor.startRunning();
  EXPECT_EQ(ran, "");
}

TEST_F(ReactorTest, RefusesToRunTwiceAtOnceAndAfterBeingStopped) {
  EXPECT_THROW(reactor.stop(), ReactorNotRunning);
  reactor.callWhenRunning([this] {
    EXPECT_THROW(reactor.run(), ReactorAlreadyRunning);
    reactor.stop();
    EXPECT_THROW(reactor.stop(), ReactorNotRunning);
  });
  reactor.run();
  EXPECT_THROW(reactor.run(), ReactorNotRestartable);
}

TEST_F(ReactorTest, CrashLeavesWithoutShutdownAndMayRunAgain) {
  reactor.addSystemEventTrigger(Reactor::Phase::kDuring, Reactor::Event::kShutdown, note('s'));
  reactor.callWhenRunning([this] { reactor.crash(); });
  reactor.run();
  EXPECT_EQ(ran, "");
  reactor.callWhenRunning([this] { reactor.stop(); });
  reactor.run();
  EXPECT_EQ(ran, "s");
}

TEST_F(ReactorTest, WorkPostedInATurnRunsInTheNext) {
  reactor.startRunning();
  reactor.callWhenRunning([this] {
    ran += 'a';
    reactor.callWhenRunning(note('b'));
    reactor.callLater(0s, note('c'));
  });
  reactor.turn();
  EXPECT_EQ(ran, "a");
  EXPECT_EQ(reactor.nextWork(), reactor.now());
  reactor.turn(Duration::max());
  EXPECT_EQ(driver->lastWait, 0s);
  EXPECT_EQ(ran, "abc");
}

TEST_F(ReactorTest, AnExceptionOutOfAnyCallIsLoggedAndChangesNothingElse) {
  LogCapture log;
  reactor.callLater(0s, [] { throw TimeoutError("timer"); });
  reactor.callLater(0s, note('t'));
  reactor.callFromThread([] { throw TimeoutError("posted"); });
  reactor.callFromThread(note('p'));
  reactor.turn();
  EXPECT_EQ(ran, "pt");
  EXPECT_EQ(log.flushLoggedErrors<TimeoutError>().size(), 2u);
}

TEST_F(ReactorTest, CallsFromOtherThreadsWakeItAndRunInOrder) {
  std::thread([this] {
    reactor.callFromThread(note('1'));
    reactor.callFromThread(note('2'));
  }).join();
  EXPECT_EQ(driver->wakes, 2);
  reactor.turn(Duration::max());
  EXPECT_EQ(ran, "12");
}

TEST_F(ReactorTest, RefusesATurnInsideATurn) {
  reactor.callLater(0s, [this] { EXPECT_THROW(reactor.turn(), ReactorAlreadyRunning); });
  reactor.turn();
}

class Endless final : public TurnEnd {
 public:
  explicit Endless(Reactor& reactor) : reactor_(reactor) {}
  void endTurn() override {
    ++rounds;
    reactor_.atTurnEnd(*this);
  }
  int rounds = 0;

 private:
  Reactor& reactor_;
};

TEST_F(ReactorTest, TheClosingPhaseIsBounded) {
  Endless endless(reactor);
  reactor.atTurnEnd(endless);
  reactor.turn();
  EXPECT_LE(endless.rounds, 2 * Reactor::kClosingRounds);
}

TEST_F(ReactorTest, DescribesWhatKeepsItBusy) {
  reactor.callLater(3ns, [] {});
  ASSERT_EQ(reactor.describeOpen().size(), 1u);
  EXPECT_NE(reactor.describeOpen()[0].find("timer made at reactor_test.cpp:"), std::string::npos);
}

TEST_F(ReactorTest, TheLiteralResolverAnswersLaterAndKnowsNoNames) {
  reactor.resolver().resolve("::1", 7, [this](std::vector<Address> found, const Failure&) { ran += found.at(0).text(); });
  reactor.resolver().resolve("example.com", 7, [this](std::vector<Address>, const Failure& why) { ran += why.name(); });
  EXPECT_EQ(ran, "");
  reactor.turn();
  EXPECT_EQ(ran, "[::1]:7DNSLookupError");
}

}  // namespace
}  // namespace teasel
