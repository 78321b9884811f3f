#include <teasel/reactor/react.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <vector>

#include <teasel/core/logger.hpp>
#include <teasel/deferred/coroutine.hpp>
#include <teasel/fakes/world/world.hpp>
#include <teasel/gtest/results.hpp>
#include <teasel/reactor/defer_later.hpp>
#include <teasel/reactor/reactor_test_kit.hpp>
#include <teasel/reactor/task_test_kit.hpp>

namespace teasel {
namespace {

using namespace std::chrono_literals;
using reactor_tests::IdleDriver;
using task_tests::Oops;
using ::testing::ElementsAre;
using enum Reactor::Event;
using enum Reactor::Phase;

/// What main returns: a Deferred of its own, or that of a coroutine that awaits it.
enum class Style { kPlain, kCoroutine };
Deferred<void> awaiting(Deferred<void> result) { co_await result; }

class React : public testing::Test {
 protected:
  Duration passed() const { return reactor.now() - start; }

  Reactor reactor{std::make_unique<IdleDriver>()};
  const Instant start = reactor.now();
  LogCapture log;
};

class ReactTest : public React, public testing::WithParamInterface<Style> {
 protected:
  Deferred<void> returned(Deferred<void> result) {
    return GetParam() == Style::kPlain ? std::move(result) : awaiting(std::move(result));
  }
};
std::string nameOf(const testing::TestParamInfo<Style>& style) { return style.param == Style::kPlain ? "plain" : "coroutine"; }
INSTANTIATE_TEST_SUITE_P(, ReactTest, testing::Values(Style::kPlain, Style::kCoroutine), nameOf);

TEST_P(ReactTest, RunsUntilMainsDeferredFires) {
  std::vector<Duration> ran;
  const auto main = [&](Reactor& loop) {
    loop.callLater(1s, [&] { ran.push_back(passed()); });
    return returned(deferLater(loop, 2s));
  };
  EXPECT_EQ(react(reactor, main), 0);
  EXPECT_THAT(ran, ElementsAre(1s));
  EXPECT_EQ(passed(), 2s);
  EXPECT_FALSE(reactor.running());
}

TEST_P(ReactTest, EndsAtOnceWhenMainsDeferredHasFired) {
  EXPECT_EQ(react(reactor, [&](Reactor&) { return returned(succeed()); }), 0);
  EXPECT_EQ(passed(), 0s);
}

TEST_P(ReactTest, LogsAFailureThatComesAndGives1) {
  const auto main = [&](Reactor& loop) { return returned(deferLater(loop, 1s, [] { throw Oops(); })); };
  EXPECT_EQ(react(reactor, main), 1);
  EXPECT_EQ(passed(), 1s);
  EXPECT_EQ(log.flushLoggedErrors<Oops>().size(), 1u);
}

TEST_P(ReactTest, LogsAFailureThatIsThereAndGives1) {
  EXPECT_EQ(react(reactor, [&](Reactor&) { return returned(fail<void>(Oops())); }), 1);
  EXPECT_EQ(passed(), 0s);
  EXPECT_EQ(log.flushLoggedErrors<Oops>().size(), 1u);
}

TEST_P(ReactTest, DoesNotStopAReactorThatWasStoppedBeforeTheResultCame) {
  const auto main = [&](Reactor& loop) {
    const Deferred<void> finished;
    loop.callLater(1s, [&loop] { loop.stop(); });
    loop.addSystemEventTrigger(kDuring, kShutdown, [finished] { finished.callback(); });
    return returned(finished);
  };
  EXPECT_EQ(react(reactor, main), 0);
  EXPECT_EQ(passed(), 1s);
}

TEST_P(ReactTest, LogsAFailureThatComesWhileTheReactorShutsDown) {
  const auto main = [&](Reactor& loop) {
    const Deferred<void> finished;
    loop.callLater(1s, [&loop] { loop.stop(); });
    loop.addSystemEventTrigger(kDuring, kShutdown, [finished] { finished.errback(Oops()); });
    return returned(finished);
  };
  EXPECT_EQ(react(reactor, main), 1);
  EXPECT_EQ(passed(), 1s);
  EXPECT_EQ(log.flushLoggedErrors<Oops>().size(), 1u);
}

TEST_P(ReactTest, HandsArgumentsToMain) {
  std::string seen;
  const auto main = [&](Reactor&, int x, const std::string& y, std::unique_ptr<int> z) {
    seen = std::to_string(x) + y + std::to_string(*z);
    return returned(succeed());
  };
  EXPECT_EQ(react(reactor, main, 1, "two", std::make_unique<int>(3)), 0);
  EXPECT_EQ(seen, "1two3");
}

TEST_P(ReactTest, GivesTheCodeOfASystemExitAndLogsNothing) {
  EXPECT_EQ(react(reactor, [&](Reactor&) { return returned(fail<void>(SystemExit(23))); }), 23);
  EXPECT_TRUE(log.flushLoggedErrors().empty());
}

TEST_P(ReactTest, ToleratesAStopJustBeforeTheResult) {
  const auto main = [&](Reactor& loop) {
    const Deferred<void> finished;
    loop.callWhenRunning([&loop, finished] {
      loop.stop();
      finished.callback();
    });
    return returned(finished);
  };
  EXPECT_EQ(react(reactor, main), 0);
}

TEST_P(ReactTest, LogsAFailureThatComesJustAfterAStop) {
  const auto main = [&](Reactor& loop) {
    const Deferred<void> finished;
    loop.callLater(1s, [&loop, finished] {
      loop.stop();
      finished.errback(Oops());
    });
    return returned(finished);
  };
  EXPECT_EQ(react(reactor, main), 1);
  EXPECT_EQ(log.flushLoggedErrors<Oops>().size(), 1u);
}

TEST_P(ReactTest, ToleratesAStopWithoutAnyResult) {
  Deferred<void> never;
  const auto main = [&](Reactor& loop) {
    loop.callLater(1s, [&loop] { loop.stop(); });
    return returned(never);
  };
  EXPECT_EQ(react(reactor, main), 0);
  EXPECT_EQ(passed(), 1s);
}

TEST_P(ReactTest, StopsTheReactorWhenTheResultComesDuringStartup) {
  const auto main = [&](Reactor& loop) {
    const Deferred<void> finished;
    loop.addSystemEventTrigger(kBefore, kStartup, [finished] { finished.callback(); });
    return returned(finished);
  };
  EXPECT_EQ(react(reactor, main), 0);
  EXPECT_EQ(passed(), 0s);
}

TEST_P(ReactTest, EndsWhenMainsDeferredDiesWithoutAResult) {
  const auto main = [&](Reactor& loop) {
    const auto forgotten = std::make_shared<Deferred<void>>();
    loop.callLater(1s, [forgotten] { *forgotten = nullptr; });
    return returned(*forgotten);
  };
  EXPECT_EQ(react(reactor, main), 1);
  EXPECT_EQ(passed(), 1s);
  EXPECT_EQ(log.flushLoggedErrors<ResultLost>().size(), 1u);
}

TEST_F(React, TakesAMainThatGivesAValueOrNothing) {
  EXPECT_EQ(react(reactor, [](Reactor&) {}), 0);
  Reactor another{std::make_unique<IdleDriver>()};
  EXPECT_EQ(react(another, [](Reactor&) { return succeed(std::string("value")); }), 0);
}

TEST_F(React, AnExceptionOutOfMainIsAFailureOfItsDeferred) {
  EXPECT_EQ(react(reactor, [](Reactor&) { throw Oops(); }), 1);
  EXPECT_EQ(log.flushLoggedErrors<Oops>().size(), 1u);
  EXPECT_THROW(reactor.run(), ReactorNotRestartable);
}

TEST_F(React, AnEmptyDeferredIsAFailure) {
  EXPECT_EQ(react(reactor, [](Reactor&) { return Deferred<void>(nullptr); }), 1);
  EXPECT_EQ(log.flushLoggedErrors<UsageError>().size(), 1u);
}

TEST_F(React, KeepsAMainThatIsACoroutineWithCaptures) {
  const auto witness = std::make_shared<int>(0);
  MainCall call(reactor, [witness](Reactor& loop) -> Deferred<void> {
    co_await deferLater(loop, 1s);
    ++*witness;
  });
  reactor.run();
  EXPECT_TRUE(call.finished());
  EXPECT_EQ(*witness, 1);
}

TEST_F(React, RefusesAReactorThatHasRun) {
  EXPECT_EQ(react(reactor, [](Reactor&) {}), 0);
  EXPECT_THROW(react(reactor, [](Reactor&) {}), ReactorNotRestartable);
}

TEST_F(React, RunsOnAfterACrash) {
  const Deferred<void> finished;
  MainCall call(reactor, [&](Reactor&) { return finished; });
  reactor.callWhenRunning([&] { reactor.crash(); });
  reactor.run();
  EXPECT_FALSE(call.finished());
  finished.callback();
  reactor.run();  // the one that is left is stopped
  EXPECT_TRUE(call.finished());
  EXPECT_EQ(call.exitCode(), 0);
}

TEST_F(React, AResultAfterTheMainCallIsGoneStopsNothing) {
  task_tests::Chains chains;
  Deferred<void> late;
  {
    MainCall call(reactor, [&](Reactor&) { return late; });
  }
  reactor.callWhenRunning([&] {
    late.errback(Oops());
    reactor.callLater(1s, [&] { reactor.stop(); });
  });
  reactor.run();
  EXPECT_EQ(passed(), 1s);
  EXPECT_EQ(log.flushLoggedErrors<Oops>().size(), 1u);  // of a chain that nobody holds
}

TEST_F(React, LetsAVerdictThroughAndLeavesTheReactorAsItWas) {
  EXPECT_THROW(react(reactor, [](Reactor&) { gtest::assertNoResult(succeed()); }), gtest::ResultError);
  EXPECT_TRUE(reactor.renew());
}

TEST_F(React, AProgramRunsInAWorld) {
  fakes::World world;
  Reactor& loop = world.host().reactor();
  MainCall call(loop, [](Reactor& clock) -> Deferred<void> {
    co_await deferLater(clock, 5s);
    throw SystemExit(3);
  });
  world.advance(4s);
  EXPECT_FALSE(call.finished());
  world.advance(1s);
  EXPECT_EQ(call.exitCode(), 3);
  EXPECT_FALSE(loop.running());
}

TEST_F(React, AProgramThatIsStoppedInAWorldLeavesNoTimerBehind) {
  fakes::World world;
  Reactor& loop = world.host().reactor();
  Deferred<void> forgotten;
  MainCall call(loop, [&](Reactor&) { return forgotten; });
  world.advance(1s);
  loop.callLater(1s, [&] { loop.stop(); });
  world.advance(1s);
  forgotten = nullptr;
  EXPECT_TRUE(loop.getDelayedCalls().empty());
  EXPECT_EQ(call.exitCode(), 0);
}

}  // namespace
}  // namespace teasel
