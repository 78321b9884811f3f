#pragma once

#include <chrono>

#include <teasel/contract/pair.hpp>

/// The contract on time, which every Clock keeps: callLater and its handles. A test whose order
/// depends on several deadlines sets them by callAt from one instant, because a busy machine may
/// interrupt it between two calls.

namespace teasel::contract {

class ContractTime : public ArmTest {};
GTEST_ALLOW_UNINSTANTIATED_PARAMETERIZED_TEST(ContractTime);

TEASEL_CONTRACT(ContractTime, ZeroDelayRunsInALaterTurnAndNotInsideTheCall) {
  bool ran = false;
  const DelayedCall call = bench.clock().callLater(0s, [&] { ran = true; });
  EXPECT_FALSE(ran);
  EXPECT_TRUE(call.active());
  TEASEL_UNTIL(ran);
  EXPECT_FALSE(call.active());
}

TEASEL_CONTRACT(ContractTime, NothingRunsBeforeItsTime) {
  Clock& clock = bench.clock();
  const Instant due = clock.now() + 20ms;
  Instant ran{};
  clock.callLater(20ms, [&] { ran = clock.now(); });
  TEASEL_UNTIL(ran != Instant{});
  EXPECT_GE(ran, due);
  EXPECT_TRUE(!bench.simulated() || ran == due) << "virtual time is exact";
}

TEASEL_CONTRACT(ContractTime, EarlierTimersRunFirstHoweverTheyWereSet) {
  std::string order;
  Clock& clock = bench.clock();
  const Instant start = clock.liveNow();
  for (const int delay : {30, 10, 20, 5, 25})
    clock.callAt(start + std::chrono::milliseconds(delay), [&, delay] { order += std::to_string(delay) + ' '; });
  TEASEL_UNTIL(order.size() >= 14);
  EXPECT_EQ(order, "5 10 20 25 30 ");
}

TEASEL_CONTRACT(ContractTime, ATimerMayCancelAnotherOneOfItsTurn) {
  bool cancelled = true, ran = false;
  Clock& clock = bench.clock();
  DelayedCall second;
  const Instant at = clock.liveNow() + 5ms;
  clock.callAt(at, [&] { second.cancel(), ran = true; });
  second = clock.callAt(at, [&] { cancelled = false; });
  TEASEL_UNTIL(ran);
  bench.settle();
  EXPECT_TRUE(cancelled);
  EXPECT_THROW(second.cancel(), AlreadyCancelled);
  EXPECT_FALSE(second.cancelIfActive());
}

TEASEL_CONTRACT(ContractTime, ACallThatRanCannotBeCancelled) {
  bool ran = false;
  DelayedCall call = bench.clock().callLater(0s, [&] { ran = true; });
  TEASEL_UNTIL(ran);
  EXPECT_THROW(call.cancel(), AlreadyCalled);
  EXPECT_THROW(call.reset(1s), AlreadyCalled);
}

TEASEL_CONTRACT(ContractTime, ATimerCannotCancelItselfWhileItRuns) {
  bool ran = false;
  DelayedCall self;
  self = bench.clock().callLater(0s, [&] {
    ran = true;
    EXPECT_FALSE(self.active());
    EXPECT_THROW(self.cancel(), AlreadyCalled);
  });
  TEASEL_UNTIL(ran);
}

TEASEL_CONTRACT(ContractTime, ResetCountsFromNowBothWays) {
  std::string order;
  Clock& clock = bench.clock();
  DelayedCall sooner = clock.callLater(10s, [&] { order += 's'; });
  DelayedCall later = clock.callLater(1ms, [&] { order += 'l'; });
  const Instant before = clock.liveNow();
  sooner.reset(5ms);
  EXPECT_GE(sooner.getTime(), before + 5ms);
  EXPECT_LE(sooner.getTime(), clock.liveNow() + 5ms);
  later.reset(20ms);
  TEASEL_UNTIL(order.size() == 2);
  EXPECT_EQ(order, "sl");
}

TEASEL_CONTRACT(ContractTime, DelayCountsFromWhatWasSet) {
  std::string order;
  Clock& clock = bench.clock();
  const Instant start = clock.liveNow();
  DelayedCall first = clock.callLater(2ms, [&] { order += '1'; });
  clock.callAt(start + 10ms, [&] { order += '2'; });
  const Instant set = first.getTime();
  first.delay(15ms);
  EXPECT_EQ(first.getTime(), set + 15ms);
  TEASEL_UNTIL(order.size() == 2);
  EXPECT_EQ(order, "21");
}

TEASEL_CONTRACT(ContractTime, ATimerMaySetTimersAndTheyWaitForTheirOwnTime) {
  Clock& clock = bench.clock();
  Instant outer{}, inner{};
  clock.callLater(5ms, [&] {
    outer = clock.now();
    clock.callLater(5ms, [&] { inner = clock.now(); });
  });
  TEASEL_UNTIL(inner != Instant{});
  EXPECT_GE(inner - outer, 5ms);
}

TEASEL_CONTRACT(ContractTime, NegativeDelaysAreRefused) {
  EXPECT_THROW(bench.clock().callLater(-1ns, [] {}), NegativeDelay);
  DelayedCall call = bench.clock().callLater(1s, [] {});
  EXPECT_THROW(call.reset(-1ns), NegativeDelay);
  EXPECT_TRUE(call.active());
  call.cancel();
}

TEASEL_CONTRACT(ContractTime, AnEmptyFunctionIsRefused) {
  EXPECT_THROW(bench.clock().callLater(0s, nullptr), UsageError);
  EXPECT_TRUE(bench.clock().getDelayedCalls().empty());
}

TEASEL_CONTRACT(ContractTime, NeverIsNotNow) {
  bool ran = false;
  DelayedCall call = bench.clock().callLater(Duration::max(), [&] { ran = true; });
  EXPECT_EQ(call.getTime(), kNever);
  bench.settle();
  EXPECT_FALSE(ran);
  call.cancel();
}

TEASEL_CONTRACT(ContractTime, CancellingDestroysWhatTheCallHeld) {
  const auto held = std::make_shared<int>(1);
  DelayedCall call = bench.clock().callLater(1s, [held] {});
  EXPECT_EQ(held.use_count(), 2);
  call.cancel();
  EXPECT_EQ(held.use_count(), 1);
}

TEASEL_CONTRACT(ContractTime, AThousandTimersOfOneInstantAllRunInOrder) {
  std::vector<int> order;
  Clock& clock = bench.clock();
  const Instant at = clock.liveNow() + 3ms;
  for (int i = 0; i < 1000; ++i) clock.callAt(at, [&, i] { order.push_back(i); });
  TEASEL_UNTIL(order.size() == 1000);
  EXPECT_TRUE(std::ranges::is_sorted(order));
}

TEASEL_CONTRACT(ContractTime, ACallLaterBeforeTheFirstTurnCountsFromTheCall) {
  bool ran = false;
  Clock& clock = bench.clock();
  bench.work(10ms);
  const Instant due = clock.now() + 40ms;
  const DelayedCall call = clock.callLater(40ms, [&] { ran = true; });
  EXPECT_GE(call.getTime(), due);
  EXPECT_TRUE(!bench.simulated() || call.getTime() == due) << "virtual time is exact";
  TEASEL_UNTIL(ran);
  EXPECT_GE(clock.now(), due);
}

TEASEL_CONTRACT(ContractTime, ADelayIsNeverShortenedByWorkBeforeTheCall) {
  using Steady = std::chrono::steady_clock;
  Clock& clock = bench.clock();
  Instant ran{}, called{};
  Steady::time_point ranThen, calledThen;
  clock.callLater(0s, [&] {
    const Instant turn = clock.now();
    bench.work(30ms);
    EXPECT_EQ(clock.now(), turn) << "time stands within a turn";
    EXPECT_GE(clock.liveNow(), turn + 30ms);
    called = clock.liveNow(), calledThen = Steady::now();
    clock.callLater(20ms, [&] { ran = clock.now(), ranThen = Steady::now(); });
  });
  TEASEL_UNTIL(ran != Instant{});
  EXPECT_GE(ran, called + 20ms);
  if (bench.simulated()) EXPECT_EQ(ran, called + 20ms) << "virtual time is exact";
  else EXPECT_GE(ranThen - calledThen, 20ms);
}

TEASEL_CONTRACT(ContractTime, AResetIsNeverShortenedByWorkBeforeIt) {
  Clock& clock = bench.clock();
  Instant ran{}, called{};
  DelayedCall moved = clock.callLater(10s, [&] { ran = clock.now(); });
  clock.callLater(0s, [&] {
    bench.work(30ms);
    called = clock.liveNow();
    moved.reset(20ms);
  });
  TEASEL_UNTIL(ran != Instant{});
  EXPECT_GE(ran, called + 20ms);
  EXPECT_TRUE(!bench.simulated() || ran == called + 20ms) << "virtual time is exact";
}

TEASEL_CONTRACT(ContractTime, WhatFallsDueWhileACallWorksRunsLateAndInOrder) {
  Clock& clock = bench.clock();
  std::string order;
  const Instant start = clock.liveNow();
  clock.callAt(start + 20ms, [&] { order += 'd'; });
  clock.callAt(start + 10ms, [&] { order += 'c'; });
  clock.callAt(start + 1ms, [&] {
    bench.work(40ms);
    clock.callLater(0s, [&] { order += 'e'; });
    order += 'a';
  });
  clock.callAt(start + 1ms, [&] { order += 'b'; });
  TEASEL_UNTIL(order.size() == 5);
  EXPECT_EQ(order, "abcde");
}

TEASEL_CONTRACT(ContractTime, EachCallHasAHandleOfItsOwn) {
  std::string order;
  Clock& clock = bench.clock();
  DelayedCall first = clock.callLater(10ms, [&] { order += '1'; });
  const DelayedCall second = clock.callLater(1ms, [&] { order += '2'; });
  first.cancel();
  EXPECT_FALSE(first.active());
  EXPECT_TRUE(second.active());
  TEASEL_UNTIL(!order.empty());
  bench.settle();
  EXPECT_EQ(order, "2");
}

TEASEL_CONTRACT(ContractTime, GetDelayedCallsTellsWhatWaitsAndWhereItWasMade) {
  Clock& clock = bench.clock();
  EXPECT_TRUE(clock.getDelayedCalls().empty());
  const Site here = Site::here();
  DelayedCall only = clock.callLater(1s, [] {});
  const std::vector<PendingCall> waiting = clock.getDelayedCalls();
  ASSERT_EQ(waiting.size(), 1u);
  EXPECT_EQ(waiting[0].at, only.getTime());
  EXPECT_EQ(waiting[0].site.line, here.line + 1);
  only.cancel();
  EXPECT_TRUE(clock.getDelayedCalls().empty());
}

TEASEL_CONTRACT(ContractTime, ACallThatWasResetTakesItsPlaceAmongThoseMadeLater) {
  std::string order;
  Clock& clock = bench.clock();
  const Instant start = clock.liveNow();
  DelayedCall first = clock.callLater(2ms, [&] { order += 'a'; });
  first.reset(20ms);
  clock.callAt(start + 10ms, [&] { order += 'b'; });
  TEASEL_UNTIL(order.size() == 2);
  EXPECT_EQ(order, "ba");
}

TEASEL_CONTRACT(ContractTime, ACallThatIsResetTakesItsPlaceAmongThoseMadeBefore) {
  std::string order;
  Clock& clock = bench.clock();
  DelayedCall first = clock.callLater(2ms, [&] { order += 'a'; });
  clock.callLater(10ms, [&] { order += 'b'; });
  first.reset(20ms);
  TEASEL_UNTIL(order.size() == 2);
  EXPECT_EQ(order, "ba");
}

TEASEL_CONTRACT(ContractTime, ACallMayResetAnotherOne) {
  std::string order;
  Clock& clock = bench.clock();
  const Instant start = clock.liveNow();
  DelayedCall moved = clock.callLater(10s, [&] { order += 'b'; });
  clock.callAt(start + 1ms, [&] { moved.reset(10ms); });
  clock.callAt(start + 5ms, [&] { order += 'a'; });
  TEASEL_UNTIL(order.size() == 2);
  EXPECT_EQ(order, "ab");
}

TEASEL_CONTRACT(ContractTime, WhatACallSetsForNowRunsAfterEverythingThatWasDue) {
  std::string order;
  Clock& clock = bench.clock();
  const Instant at = clock.liveNow() + 2ms;
  clock.callAt(at, [&] {
    order += '1';
    clock.callLater(0s, [&] { order += '3'; });
  });
  clock.callAt(at, [&] { order += '2'; });
  TEASEL_UNTIL(order.size() == 3);
  EXPECT_EQ(order, "123");
}

TEASEL_CONTRACT(ContractTime, AnExceptionOutOfACallIsLoggedAndTheOthersRun) {
  bench.expectExceptions();
  std::string order;
  Clock& clock = bench.clock();
  clock.callLater(2ms, [&] { order += '1'; });
  clock.callLater(2ms, [] { throw Boom(); });
  clock.callLater(2ms, [&] { order += '2'; });
  TEASEL_UNTIL(order.size() == 2);
  EXPECT_EQ(order, "12");
  EXPECT_EQ(bench.log.flushLoggedErrors<Boom>().size(), 1u);
}

TEASEL_CONTRACT(ContractTime, AHandleOutlivesItsClock) {
  const auto held = std::make_shared<int>(1);
  DelayedCall call = bench.clock().callLater(1s, [held] {});
  bench.destroy();
  EXPECT_FALSE(call.active());
  EXPECT_FALSE(call.cancelIfActive());
  EXPECT_EQ(held.use_count(), 1);
}

}  // namespace teasel::contract
