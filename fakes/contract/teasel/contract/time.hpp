#pragma once

#include <teasel/contract/pair.hpp>

/// The contract on time: callLater and its handles.

namespace teasel::contract {

class ContractTime : public ArmTest {};
GTEST_ALLOW_UNINSTANTIATED_PARAMETERIZED_TEST(ContractTime);

TEASEL_CONTRACT(ContractTime, ZeroDelayRunsInALaterTurnAndNotInsideTheCall) {
  bool ran = false;
  const DelayedCall call = bench.server().callLater(0s, [&] { ran = true; });
  EXPECT_FALSE(ran);
  EXPECT_TRUE(call.active());
  TEASEL_UNTIL(ran);
  EXPECT_FALSE(call.active());
}

TEASEL_CONTRACT(ContractTime, NothingRunsBeforeItsTime) {
  Reactor& reactor = bench.server();
  const Instant due = reactor.now() + 20ms;
  Instant ran{};
  reactor.callLater(20ms, [&] { ran = reactor.now(); });
  TEASEL_UNTIL(ran != Instant{});
  EXPECT_GE(ran, due);
  EXPECT_TRUE(!bench.simulated() || ran == due) << "virtual time is exact";
}

TEASEL_CONTRACT(ContractTime, EarlierTimersRunFirstHoweverTheyWereSet) {
  std::string order;
  Reactor& reactor = bench.server();
  for (const int delay : {30, 10, 20, 5, 25})
    reactor.callLater(std::chrono::milliseconds(delay), [&, delay] { order += std::to_string(delay) + ' '; });
  TEASEL_UNTIL(order.size() >= 14);
  EXPECT_EQ(order, "5 10 20 25 30 ");
}

TEASEL_CONTRACT(ContractTime, ATimerMayCancelAnotherOneOfItsTurn) {
  bool cancelled = true, ran = false;
  Reactor& reactor = bench.server();
  DelayedCall second;
  reactor.callLater(5ms, [&] { second.cancel(), ran = true; });
  second = reactor.callLater(5ms, [&] { cancelled = false; });
  TEASEL_UNTIL(ran);
  bench.settle();
  EXPECT_TRUE(cancelled);
  EXPECT_THROW(second.cancel(), AlreadyCancelled);
  EXPECT_FALSE(second.cancelIfActive());
}

TEASEL_CONTRACT(ContractTime, ACallThatRanCannotBeCancelled) {
  bool ran = false;
  DelayedCall call = bench.server().callLater(0s, [&] { ran = true; });
  TEASEL_UNTIL(ran);
  EXPECT_THROW(call.cancel(), AlreadyCalled);
  EXPECT_THROW(call.reset(1s), AlreadyCalled);
}

TEASEL_CONTRACT(ContractTime, ATimerCannotCancelItselfWhileItRuns) {
  bool ran = false;
  DelayedCall self;
  self = bench.server().callLater(0s, [&] {
    ran = true;
    EXPECT_FALSE(self.active());
    EXPECT_THROW(self.cancel(), AlreadyCalled);
  });
  TEASEL_UNTIL(ran);
}

TEASEL_CONTRACT(ContractTime, ResetCountsFromNowBothWays) {
  std::string order;
  Reactor& reactor = bench.server();
  DelayedCall sooner = reactor.callLater(10s, [&] { order += 's'; });
  DelayedCall later = reactor.callLater(1ms, [&] { order += 'l'; });
  sooner.reset(5ms);
  later.reset(20ms);
  EXPECT_EQ(sooner.getTime(), reactor.now() + 5ms);
  TEASEL_UNTIL(order.size() == 2);
  EXPECT_EQ(order, "sl");
}

TEASEL_CONTRACT(ContractTime, DelayCountsFromWhatWasSet) {
  std::string order;
  Reactor& reactor = bench.server();
  DelayedCall first = reactor.callLater(2ms, [&] { order += '1'; });
  reactor.callLater(10ms, [&] { order += '2'; });
  const Instant set = first.getTime();
  first.delay(15ms);
  EXPECT_EQ(first.getTime(), set + 15ms);
  TEASEL_UNTIL(order.size() == 2);
  EXPECT_EQ(order, "21");
}

TEASEL_CONTRACT(ContractTime, ATimerMaySetTimersAndTheyWaitForTheirOwnTime) {
  Reactor& reactor = bench.server();
  Instant outer{}, inner{};
  reactor.callLater(5ms, [&] {
    outer = reactor.now();
    reactor.callLater(5ms, [&] { inner = reactor.now(); });
  });
  TEASEL_UNTIL(inner != Instant{});
  EXPECT_GE(inner - outer, 5ms);
}

TEASEL_CONTRACT(ContractTime, NegativeDelaysAreRefused) {
  EXPECT_THROW(bench.server().callLater(-1ns, [] {}), NegativeDelay);
  DelayedCall call = bench.server().callLater(1s, [] {});
  EXPECT_THROW(call.reset(-1ns), NegativeDelay);
  EXPECT_TRUE(call.active());
  call.cancel();
}

TEASEL_CONTRACT(ContractTime, NeverIsNotNow) {
  bool ran = false;
  DelayedCall call = bench.server().callLater(Duration::max(), [&] { ran = true; });
  EXPECT_EQ(call.getTime(), kNever);
  bench.settle();
  EXPECT_FALSE(ran);
  call.cancel();
}

TEASEL_CONTRACT(ContractTime, CancellingDestroysWhatTheCallHeld) {
  const auto held = std::make_shared<int>(1);
  DelayedCall call = bench.server().callLater(1s, [held] {});
  EXPECT_EQ(held.use_count(), 2);
  call.cancel();
  EXPECT_EQ(held.use_count(), 1);
}

TEASEL_CONTRACT(ContractTime, AThousandTimersOfOneInstantAllRunInOrder) {
  std::vector<int> order;
  Reactor& reactor = bench.server();
  for (int i = 0; i < 1000; ++i) reactor.callLater(3ms, [&, i] { order.push_back(i); });
  TEASEL_UNTIL(order.size() == 1000);
  EXPECT_TRUE(std::ranges::is_sorted(order));
}

TEASEL_CONTRACT(ContractTime, ACallLaterBeforeTheFirstTurnCountsFromTheReactorsBirth) {
  bool ran = false;
  Reactor& reactor = bench.server();
  const Instant due = reactor.now() + 40ms;
  const DelayedCall call = reactor.callLater(40ms, [&] { ran = true; });
  EXPECT_EQ(call.getTime(), due);
  TEASEL_UNTIL(ran);
  EXPECT_GE(reactor.now(), due);
}

}  // namespace teasel::contract
