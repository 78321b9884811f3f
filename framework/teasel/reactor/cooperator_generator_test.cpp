#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <vector>

#include <teasel/core/errors.hpp>
#include <teasel/deferred/coroutine.hpp>
#include <teasel/fakes/fake_clock.hpp>
#include <teasel/fakes/world/world.hpp>
#include <teasel/gtest/results.hpp>
#include <teasel/reactor/cooperator.hpp>
#include <teasel/reactor/defer_later.hpp>
#include <teasel/reactor/reactor_test_kit.hpp>
#include <teasel/reactor/task_test_kit.hpp>

/// Tasks that are written as generators, and slices in time.

namespace teasel {
namespace {

using namespace std::chrono_literals;
using fakes::FakeClock;
using gtest::assertNoResult;
using gtest::failureResultOf;
using gtest::successResultOf;
using task_tests::Oops;
using ::testing::HasSubstr;

TaskGenerator spell(std::string& out, std::string word) {
  for (const char letter : word) {
    out += letter;
    co_yield Iteration::kMore;
  }
}

TEST(TaskGenerator, EachYieldEndsAStep) {
  FakeClock clock;
  Cooperator cooperator(clock);
  std::string out;
  auto first = cooperator.coiterate(spell(out, "abc")), second = cooperator.coiterate(spell(out, "12"));
  EXPECT_EQ(out, "");
  clock.advance(0s);
  EXPECT_EQ(out, "a1b2c");
  successResultOf(first);
  successResultOf(second);
}

TEST(TaskGenerator, AYieldedDeferredIsAwaited) {
  FakeClock clock;
  Cooperator cooperator(clock);
  std::string out;
  auto end = cooperator.coiterate([&]() -> TaskGenerator {
    out += 'a';
    co_yield deferLater(clock, 1s, [] { return std::make_unique<int>(7); });
    out += 'b';
    co_yield deferLater(clock, 1s);
    out += 'c';
  });
  clock.advance(1999ms);
  EXPECT_EQ(out, "ab");
  clock.advance(1ms);
  EXPECT_EQ(out, "abc");
  successResultOf(end);
}

TEST(TaskGenerator, AFailureOfAYieldedDeferredEndsTheTask) {
  FakeClock clock;
  Cooperator cooperator(clock);
  const auto witness = std::make_shared<int>();
  auto end = cooperator.coiterate([witness]() -> TaskGenerator {
    co_yield fail<int>(Oops());
    ADD_FAILURE() << "went on";
  });
  clock.advance(0s);
  failureResultOf<Oops>(end);
  EXPECT_EQ(witness.use_count(), 1);
}

TEST(TaskGenerator, AnExceptionEndsTheTask) {
  FakeClock clock;
  Cooperator cooperator(clock);
  auto end = cooperator.coiterate([]() -> TaskGenerator {
    co_yield Iteration::kMore;
    throw Oops();
  });
  clock.advance(0s);
  failureResultOf<Oops>(end);
}

TEST(TaskGenerator, AYieldedDoneEndsTheTaskAndDestroysTheRest) {
  FakeClock clock;
  Cooperator cooperator(clock);
  const auto witness = std::make_shared<int>();
  auto end = cooperator.coiterate([](std::shared_ptr<int> held) -> TaskGenerator {
    ++*held;
    co_yield Iteration::kDone;
    ++*held;
  }(witness));
  clock.advance(0s);
  successResultOf(end);
  EXPECT_EQ(*witness, 1);
  EXPECT_EQ(witness.use_count(), 1);
}

TEST(TaskGenerator, KeepTheCapturesOfTheirLambda) {
  FakeClock clock;
  Cooperator cooperator(clock);
  const auto witness = std::make_shared<int>();
  auto end = cooperator.coiterate([witness]() -> TaskGenerator {
    for (int i = 0; i < 3; ++i) co_yield (++*witness, Iteration::kMore);
  });
  clock.advance(0s);
  successResultOf(end);
  EXPECT_EQ(*witness, 3);
  EXPECT_EQ(witness.use_count(), 1);
}

TEST(TaskGenerator, AVerdictFliesThrough) {
  FakeClock clock;
  Cooperator cooperator(clock);
  auto end = cooperator.coiterate([]() -> TaskGenerator {
    co_yield Iteration::kMore;
    gtest::assertNoResult(succeed());
  });
  EXPECT_THROW(clock.advance(0s), gtest::ResultError);
  clock.advance(0s);
  successResultOf(end);  // its coroutine is over
}

TEST(TaskGenerator, ATaskStoppedWhileAnAwaitedCoroutineRunsLetsThatEndWithItsCaptures) {
  FakeClock clock;
  Cooperator cooperator(clock);
  const auto witness = std::make_shared<int>();
  const CooperativeTask task = cooperator.cooperate([&clock, witness]() -> Deferred<void> {
    co_await deferLater(clock, 1s);
    ++*witness;
  });
  clock.advance(0s);
  task.stop();
  clock.advance(2s);
  EXPECT_EQ(*witness, 1);
  EXPECT_EQ(witness.use_count(), 1);
}

TEST(TaskGenerator, LeaveNothingBehind) {
  task_tests::Chains chains;
  {
    FakeClock clock;
    const Deferred<void> never;
    Cooperator cooperator(clock);
    cooperator.cooperate([&]() -> TaskGenerator {
      co_yield Iteration::kMore;
      co_yield never;
    });
    cooperator.cooperate([&] { return deferLater(clock, 9s); });
    clock.advance(1s);
  }
  EXPECT_EQ(chains.live, 0);
}

// --- Slices in time

TEST(CooperatorTimeSlice, MakesStepsUntilTheDriversTimeIsUp) {
  auto* driver = new reactor_tests::IdleDriver;
  Reactor reactor{std::unique_ptr<Driver>(driver)};
  Cooperator cooperator = Cooperator::withTimeSlice(reactor, 10ms);
  int steps = 0;
  cooperator.cooperate([&] {
    driver->pass(3ms);
    return ++steps, Iteration::kMore;
  });
  reactor.turn();
  EXPECT_EQ(steps, 4);
  reactor.turn();
  EXPECT_EQ(steps, 8);
}

TEST(CooperatorTimeSlice, MakesAtLeastOneStepInATurn) {
  Reactor reactor{std::make_unique<reactor_tests::IdleDriver>()};
  Cooperator cooperator = Cooperator::withTimeSlice(reactor, 0ms);
  int steps = 0;
  cooperator.cooperate([&] { return ++steps, Iteration::kMore; });
  reactor.turn();
  EXPECT_EQ(steps, 1);
}

TEST(CooperatorTimeSlice, IsRefusedInAWorldWhoseTimeStandsStill) {
  fakes::World world;
  Reactor& reactor = world.host().reactor();
  const auto refused = [&] { return task_tests::thrownBy<NoWallClock>([&] { Cooperator::withTimeSlice(reactor, 10ms); }); };
  EXPECT_THAT(refused(), HasSubstr("the time of the driver world_readiness stands still within a turn"));
}

TEST(CooperatorTimeSlice, RefusesANegativeSlice) {
  Reactor reactor{std::make_unique<reactor_tests::IdleDriver>()};
  EXPECT_THROW(Cooperator::withTimeSlice(reactor, -1ns), NegativeDelay);
}

TEST(CooperatorInAWorld, DoesNotHoldUpWhatElseIsDue) {
  fakes::World world;
  Reactor& reactor = world.host().reactor();
  Cooperator cooperator(reactor, 10);
  int steps = 0, atTimer = 0;
  auto end = cooperator.coiterate([&] { return ++steps < 1000 ? Iteration::kMore : Iteration::kDone; });
  reactor.callWhenRunning([&] { reactor.callLater(0s, [&] { atTimer = steps; }); });
  world.advance(1s);
  successResultOf(end);
  EXPECT_GT(atTimer, 0);
  EXPECT_LE(atTimer, 20);
}

}  // namespace
}  // namespace teasel
