#include <teasel/application/timer_service.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>
#include <memory>
#include <stdexcept>
#include <vector>

#include <teasel/core/logger.hpp>
#include <teasel/fakes/fake_clock.hpp>
#include <teasel/gtest/matchers.hpp>
#include <teasel/reactor/task_errors.hpp>

namespace teasel {
namespace {

using namespace std::chrono_literals;
using gtest::HasNoResult;
using gtest::HasSucceeded;
using ::testing::ElementsAre;

class TimerServiceTest : public testing::Test {
 protected:
  fakes::FakeClock clock;
  std::vector<Duration> calls;  // since the test began
  Instant began = clock.now();
  std::function<Deferred<void>()> body = [] { return succeed(); };
  std::shared_ptr<TimerService> service = std::make_shared<TimerService>(clock, 10s, [this] {
    calls.push_back(clock.now() - began);
    return body();
  });
};

TEST_F(TimerServiceTest, CallsAtOnceAndThenAtEachInterval) {
  service->startService();
  EXPECT_TRUE(service->running());
  EXPECT_THAT(calls, ElementsAre(0s));
  clock.advance(25s);
  EXPECT_THAT(calls, ElementsAre(0s, 10s, 20s));
}

TEST_F(TimerServiceTest, MakesNoCallBeforeTheStartAndNoneAfterTheStop) {
  clock.advance(20s);
  service->startService();
  EXPECT_THAT(service->stopService(), HasSucceeded());
  EXPECT_FALSE(service->running());
  clock.advance(60s);
  EXPECT_THAT(calls, ElementsAre(20s));
  EXPECT_EQ(clock.pending(), 0u);
}

TEST_F(TimerServiceTest, StopWithoutAStartHasNothingToDo) { EXPECT_THAT(service->stopService(), HasSucceeded()); }

TEST_F(TimerServiceTest, StopWaitsForTheCallThatIsUnderWay) {
  const Deferred<void> working;
  body = [&] { return working; };
  service->startService();
  const auto first = service->stopService(), second = service->stopService();
  EXPECT_THAT(first, HasNoResult());
  EXPECT_THROW(service->startService(), LoopRunning);
  working.callback();
  EXPECT_THAT(first, HasSucceeded());
  EXPECT_THAT(second, HasSucceeded());
  EXPECT_EQ(clock.pending(), 0u);
}

TEST_F(TimerServiceTest, TheCallMayStopItsService) {
  Deferred<void> stopped(nullptr);
  body = [&] {
    stopped = service->stopService();
    return succeed();
  };
  service->startService();
  EXPECT_THAT(stopped, HasSucceeded());
  EXPECT_FALSE(service->running());
  clock.advance(60s);
  EXPECT_EQ(calls.size(), 1u);
}

TEST_F(TimerServiceTest, AFailureIsLoggedAndEndsTheCalls) {
  LogCapture log;
  body = []() -> Deferred<void> { throw std::runtime_error("oops"); };
  service->startService();
  EXPECT_EQ(log.flushLoggedErrors<std::runtime_error>().size(), 1u);
  clock.advance(60s);
  EXPECT_EQ(calls.size(), 1u);
  EXPECT_TRUE(service->running()) << "only stopService stops the service";
  EXPECT_THROW(service->startService(), LoopRunning);
  EXPECT_THAT(service->stopService(), HasSucceeded());
}

TEST_F(TimerServiceTest, StartsAgainAfterAStopAndAfterAFailure) {
  LogCapture log;
  body = [&]() -> Deferred<void> { return calls.size() == 2 ? fail<void>(std::runtime_error("oops")) : succeed(); };
  service->startService();
  clock.advance(10s);
  EXPECT_EQ(log.flushLoggedErrors().size(), 1u);
  service->stopService();
  service->startService();
  clock.advance(10s);
  EXPECT_THAT(calls, ElementsAre(0s, 10s, 10s, 20s));
  EXPECT_THROW(service->startService(), LoopRunning);
  service->stopService();
}

TEST_F(TimerServiceTest, ADroppedServiceMakesNoMoreCalls) {
  service->startService();
  service.reset();
  clock.advance(60s);
  EXPECT_EQ(calls.size(), 1u);
  EXPECT_EQ(clock.pending(), 0u);
}

TEST_F(TimerServiceTest, RefusesAnIntervalBelowZero) {
  EXPECT_THROW(TimerService(clock, -1s, [] {}), NegativeDelay);
}

}  // namespace
}  // namespace teasel
