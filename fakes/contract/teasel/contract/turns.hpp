#pragma once

#include <thread>

#include <teasel/contract/pair.hpp>
#include <teasel/deferred/deferred.hpp>

/// The turn rules of reactor.hpp, by number. Rule 8 lists what is free; the arms of the world vary
/// that in every other test.

namespace teasel::contract {

class ContractTurns : public ArmTest {};
GTEST_ALLOW_UNINSTANTIATED_PARAMETERIZED_TEST(ContractTurns);

/// Runs something in the closing phase of the current turn.
class AtEndOfTurn final : private TurnEnd {
 public:
  explicit AtEndOfTurn(std::function<void()> call) : call_(std::move(call)) {}
  void ask(Reactor& reactor) { reactor.atTurnEnd(*this); }

 private:
  void endTurn() override { call_(); }
  std::function<void()> call_;
};

TEASEL_CONTRACT(ContractTurns, Rule1DataThatHasArrivedBeatsATimerThatIsDue) {
  TEASEL_NEEDS(!bench.simulated(), "needs a loop that stalls; a world's arrivals against timers of one instant are free");
  std::string order;
  Pair pair(bench, {.data = [&](Probe&, ByteView) { order += 'd'; }});
  for (int i = 0; i < 5; ++i) {
    order.clear();
    bench.server().callLater(4ms, [&] { order += 't'; });
    pair.client->transport().write("in time");
    bench.client().turn();
    std::this_thread::sleep_for(8ms);
    TEASEL_UNTIL(order.size() == 2);
    EXPECT_EQ(order, "dt");
  }
}

TEASEL_CONTRACT(ContractTurns, Rule1PostedCallsRunBeforeTheTimersOfTheirTurn) {
  std::string order;
  Reactor& reactor = bench.server();
  reactor.callLater(0s, [&] {
    reactor.callLater(0s, [&] { order += 't'; });
    reactor.callFromThread([&] { order += 'p'; });
  });
  TEASEL_UNTIL(order.size() == 2);
  EXPECT_EQ(order, "pt");
}

TEASEL_CONTRACT(ContractTurns, Rule1TimeStandsStillWithinATurn) {
  Reactor& reactor = bench.server();
  std::vector<Instant> seen;
  const auto look = [&] {
    seen.push_back(reactor.now());
    bench.work(3ms);
    EXPECT_EQ(reactor.now(), seen.back());
  };
  // Both are due at one instant.
  const Instant at = reactor.liveNow() + 1ms;
  reactor.callAt(at, look);
  reactor.callAt(at, look);
  TEASEL_UNTIL(seen.size() == 2);
  EXPECT_EQ(seen[0], seen[1]);
}

TEASEL_CONTRACT(ContractTurns, Rule1WhatFallsDueWhileATimerWorksWaitsForALaterTurn) {
  std::string order;
  Reactor& reactor = bench.server();
  AtEndOfTurn mark([&] { order += '|'; });
  const Instant at = reactor.liveNow() + 1ms;
  reactor.callAt(at, [&] {
    const Instant soon = reactor.now() + 1ms;
    reactor.callAt(soon, [&] { order += 'b'; });
    bench.work(5ms);
    order += 'a';
    mark.ask(reactor);
  });
  TEASEL_UNTIL(order.ends_with('b'));
  EXPECT_EQ(order, "a|b");
}

TEASEL_CONTRACT(ContractTurns, Rule1WhatATimerWritesIsOfferedBeforeTheLoopWaits) {
  TEASEL_NEEDS(bench.eagerWrites(), "this driver tells later what it has taken");
  Pair pair(bench);
  bool checked = false;
  bench.server().callLater(1ms, [&] {
    pair.server->transport().write("from a timer");
    bench.server().callFromThread([&] {
      EXPECT_GT(pair.server->transport().counters().bytesSent, 0u);
      checked = true;
    });
  });
  TEASEL_UNTIL(checked);
  TEASEL_UNTIL(pair.client->received == "from a timer");
}

TEASEL_CONTRACT(ContractTurns, Rule1LoseConnectionByATimerIsNotLeftForTheNextTimer) {
  Pair pair(bench);
  Reactor& reactor = bench.server();
  Instant asked{}, ended{};
  const DelayedCall far = reactor.callLater(30s, [] {});
  reactor.callLater(1ms, [&] { asked = reactor.now(), pair.server->transport().loseConnection(); });
  TEASEL_UNTIL(pair.server->lost());
  ended = reactor.now();
  EXPECT_LT(ended - asked, 5s);
}

TEASEL_CONTRACT(ContractTurns, Rule1AConnectionIsFlushedAtTheEndOfItsOwnDispatch) {
  TEASEL_NEEDS(bench.eagerWrites(), "this driver tells later what it has taken");
  std::vector<Probe*> answered;
  const auto answer = [&](Probe& us, ByteView) {
    for (const Probe* earlier : answered)
      EXPECT_GT(earlier->transport().counters().bytesSent, 0u) << "dispatched before, not flushed";
    us.transport().write("an answer");
    answered.push_back(&us);
  };
  Pair one(bench, {.data = answer}), two(bench, {.data = answer}), three(bench, {.data = answer});
  for (const Pair* pair : {&one, &two, &three}) pair->client->transport().write("?");
  TEASEL_UNTIL(answered.size() == 3);
}

TEASEL_CONTRACT(ContractTurns, Rule1TheClosingPhaseRepeatsUntilNothingIsLeft) {
  std::vector<std::unique_ptr<Pair>> chain;
  std::string order;
  for (int i = 0; i < 5; ++i) {
    Probe* next = chain.empty() ? nullptr : chain.back()->server;
    chain.push_back(std::make_unique<Pair>(bench, Hooks{.lost = [&, next](Probe&) {
                                             order += 'x';
                                             if (next != nullptr) next->transport().abortConnection();
                                           }}));
  }
  // All five end in the closing phase of the turn in which the first one is aborted.
  bench.server().callLater(0s, [&] {
    chain.back()->server->transport().abortConnection();
    bench.server().callFromThread([&] { order += '|'; });
  });
  TEASEL_UNTIL(order.size() == 6);
  EXPECT_EQ(order, "xxxxx|");
}

TEASEL_CONTRACT(ContractTurns, Rule2NoTransportCallRunsAUserCallback) {
  const auto everything = [&](Probe& us) {
    Transport& transport = us.transport();
    const Quiet quiet(bench, "a transport call");
    transport.write("small");
    transport.write(pattern(100'000));
    transport.pauseProducing();
    transport.resumeProducing();
    transport.loseWriteConnection();
    transport.loseConnection();
    transport.abortConnection();
  };
  Hooks hooks{.readLost = everything, .data = [&](Probe& us, ByteView) { everything(us); }, .halfCloseable = true};
  Pair inside(bench, hooks), outside(bench, {.halfCloseable = true}, {.halfCloseable = true});
  inside.client->transport().write("?");
  everything(*outside.server);
  everything(*outside.client);
  TEASEL_UNTIL(inside.over() && outside.over());
}

TEASEL_CONTRACT(ContractTurns, Rule2WritingMoreThanTheLimitRunsNoCallbackInsideTheWrite) {
  Pair pair(bench, {.halfCloseable = true});
  pair.server->transport().setWriteLimit(3);
  {
    const Quiet quiet(bench, "write");
    pair.server->transport().write("four");
    EXPECT_FALSE(pair.server->lost());
  }
  TEASEL_UNTIL(pair.over());
}

TEASEL_CONTRACT(ContractTurns, Rule2NoReactorOrConnectorCallRunsAUserCallback) {
  const int port = deserted(bench);
  const auto factory = clientFactory(bench);
  {
    const Quiet quiet(bench, "a reactor call");
    const auto connector = bench.client().connectTCP(bench.serverHost(), port, factory);
    connector->stopConnecting();
    EXPECT_EQ(factory->starts, 0);
    bench.client().callLater(0s, [&] { const InCallback scope(bench, "a timer"); });
    bench.client().callFromThread([&] { const InCallback scope(bench, "a posted call"); });
    bench.client().callWhenRunning([&] { const InCallback scope(bench, "callWhenRunning"); });
  }
  TEASEL_UNTIL(factory->failed());
}

TEASEL_CONTRACT(ContractTurns, Rule2StopListeningRunsNoCallback) {
  Pair pair(bench);
  pair.serving->onStop = [&] { EXPECT_EQ(bench.inside, nullptr) << "stopFactory ran inside " << bench.inside; };
  {
    const Quiet quiet(bench, "stopListening");
    pair.port->stopListening();
  }
  TEASEL_UNTIL(pair.serving->stops == 1);
}

TEASEL_CONTRACT(ContractTurns, Rule2ConnectionMadeComesInALaterTurnThanStartedConnecting) {
  std::string order;
  const auto serving = serverFactory(bench);
  const auto port = listen(bench, serving);
  const auto connecting = clientFactory(bench, {.made = [&](Probe&) { order += 'm'; }});
  AtEndOfTurn mark([&] { order += '|'; });
  connecting->onStarted = [&](Connector&) { order += 's', mark.ask(bench.client()); };
  const auto connector = connect(bench, connecting, *port);
  TEASEL_UNTIL(order.size() == 3);
  EXPECT_EQ(order, "s|m");
}

TEASEL_CONTRACT(ContractTurns, Rule3AProtocolIsNeverReentered) {
  // Both ends answer from every callback and call everything that there is. The probes notice a
  // callback in a callback.
  std::size_t left = 40;
  Hooks hooks;
  hooks.made = [&](Probe& us) {
    us.transport().write("first"), us.transport().pauseProducing(), us.transport().resumeProducing();
  };
  hooks.resumed = [](Probe& us) { us.transport().write("resumed"); };
  hooks.data = [&](Probe& us, ByteView data) {
    if (left == 0) return us.transport().loseConnection();
    --left;
    us.transport().pauseProducing();
    us.transport().write(data);
    us.transport().resumeProducing();
    us.transport().write("more");
  };
  Pair pair(bench, hooks, hooks);
  TEASEL_UNTIL(pair.over());
}

TEASEL_CONTRACT(ContractTurns, Rule3ConnectionLostIsLastEvenWithInputWaiting) {
  Pair pair(bench, {.data = [](Probe& us, ByteView) { us.transport().abortConnection(); }});
  for (int i = 0; i < 10; ++i) pair.client->transport().write(pattern(20'000));
  TEASEL_UNTIL(pair.over());
  bench.settle();
  EXPECT_EQ(pair.server->story(), "made data lost:ConnectionAborted");
  EXPECT_EQ(pair.server->deliveries, 1u);
}

TEASEL_CONTRACT(ContractTurns, Rule3AConnectionClosedInConnectionMadeHearsNothingButItsEnd) {
  Pair pair(bench, {.made = [](Probe& us) { us.transport().loseConnection(); }},
            {.made = [](Probe& us) { us.transport().write("unheard"); }});
  TEASEL_UNTIL(pair.over());
  EXPECT_EQ(pair.server->story(), "made lost:ConnectionDone");
}

TEASEL_CONTRACT(ContractTurns, Rule4EqualTimersRunInTheOrderInWhichTheyWereLastSet) {
  std::string order;
  Reactor& reactor = bench.server();
  const Instant at = reactor.liveNow() + 100ms;
  DelayedCall a = reactor.callAt(at - 3ms, [&] { order += 'a'; });
  DelayedCall b = reactor.callAt(at + 4ms, [&] { order += 'b'; });
  reactor.callAt(at, [&] { order += 'c'; });
  a.delay(3ms);
  reactor.callAt(at, [&] { order += 'd'; });
  b.delay(-4ms);
  reactor.callAt(at, [&] { order += 'e'; });
  TEASEL_UNTIL(order.size() == 5);
  EXPECT_EQ(order, "cadbe");
}

TEASEL_CONTRACT(ContractTurns, Rule4EqualDelaysRunInTheOrderInWhichTheyWereLastSet) {
  std::string order;
  Reactor& reactor = bench.server();
  reactor.callLater(0s, [&] {
    DelayedCall a = reactor.callLater(2ms, [&] { order += 'a'; });
    reactor.callLater(5ms, [&] { order += 'b'; });
    a.reset(5ms);
    reactor.callLater(5ms, [&] { order += 'c'; });
  });
  TEASEL_UNTIL(order.size() == 3);
  EXPECT_EQ(order, "bac");
}

TEASEL_CONTRACT(ContractTurns, Rule4ResettingATimerOfThisTurnTakesItOutOfTheTurn) {
  std::string order;
  Reactor& reactor = bench.server();
  reactor.callLater(0s, [&] {
    const auto hold = std::make_shared<DelayedCall>();
    const Instant at = reactor.liveNow() + 1ms;
    reactor.callAt(at, [&, hold] { order += '1', hold->reset(1ms); });
    *hold = reactor.callAt(at, [&] { order += '2'; });
    reactor.callAt(at, [&] { order += '3'; });
  });
  TEASEL_UNTIL(order.size() == 3);
  EXPECT_EQ(order, "132");
}

TEASEL_CONTRACT(ContractTurns, Rule4CancelWorksWithinTheTurnAlsoForThoseSetFirst) {
  std::string order;
  Reactor& reactor = bench.server();
  reactor.callLater(0s, [&] {
    const auto later = std::make_shared<DelayedCall>();
    const Instant at = reactor.liveNow() + 1ms;
    reactor.callAt(at, [&, later] { order += '1', later->cancel(); });
    *later = reactor.callAt(at, [&] { order += 'X'; });
    reactor.callAt(at, [&] { order += '3'; });
  });
  TEASEL_UNTIL(order.ends_with('3'));
  EXPECT_EQ(order, "13");
}

TEASEL_CONTRACT(ContractTurns, Rule5WorkPostedInATurnRunsInTheNext) {
  std::string order;
  Reactor& reactor = bench.server();
  AtEndOfTurn mark([&] { order += '|'; });
  reactor.callFromThread([&] {
    order += 'a';
    mark.ask(reactor);
    reactor.callFromThread([&] { order += 'b', mark.ask(reactor), reactor.callFromThread([&] { order += 'c'; }); });
  });
  TEASEL_UNTIL(order.ends_with('c'));
  EXPECT_EQ(order, "a|b|c");
}

TEASEL_CONTRACT(ContractTurns, Rule5ATimerSetInATurnRunsInALaterOneEvenAtZero) {
  std::string order;
  Reactor& reactor = bench.server();
  AtEndOfTurn mark([&] { order += '|'; });
  reactor.callLater(0s, [&] {
    order += 'a';
    mark.ask(reactor);
    reactor.callLater(0s, [&] { order += 'b'; });
  });
  TEASEL_UNTIL(order.ends_with('b'));
  EXPECT_EQ(order, "a|b");
}

TEASEL_CONTRACT(ContractTurns, Rule5EndlessZeroDelaysDoNotStarveInput) {
  // In a world, endless work at one instant is a finding of its own, so the chain ends there.
  int left = bench.simulated() ? 50 : 1'000'000'000;
  Pair pair(bench);
  std::function<void()> again = [&] {
    if (--left > 0 && pair.server->received.empty()) bench.server().callLater(0s, [&] { again(); });
  };
  std::function<void()> postAgain = [&] {
    if (--left > 0 && pair.server->received.empty()) bench.server().callFromThread([&] { postAgain(); });
  };
  again();
  postAgain();
  pair.client->transport().write("through");
  TEASEL_UNTIL(pair.server->received == "through");
}

TEASEL_CONTRACT(ContractTurns, Rule6AConnectionIsDestroyedOnlyInTheClosingPhase) {
  class Mortal final : public Protocol {
   public:
    explicit Mortal(std::string& order) : order_(order) {}
    ~Mortal() override { order_ += 'D'; }
    void dataReceived(ByteView) override {
      transport().abortConnection();
      order_ += 'a';
    }
    void connectionLost(const Failure&) override { order_ += 'L'; }

   private:
    std::string& order_;
  };
  std::string order;
  const auto port = listen(bench, Factory::forProtocol<Mortal>(std::ref(order)));
  const auto connecting = clientFactory(bench, {.made = [](Probe& us) { us.transport().write("?"); }});
  const auto connector = connect(bench, connecting, *port);
  TEASEL_UNTIL(connecting->lost() || connecting->failed());
  EXPECT_EQ(order, "aLD");
}

TEASEL_CONTRACT(ContractTurns, Rule6ConnectionLostComesAfterTheTimersOfTheTurnInWhichItEnded) {
  std::string order;
  Pair pair(bench, {.lost = [&](Probe&) { order += 'L'; }});
  Reactor& reactor = bench.server();
  reactor.callLater(0s, [&] {
    const Instant at = reactor.liveNow() + 2ms;
    reactor.callAt(at, [&] { order += '1', pair.server->transport().abortConnection(); });
    reactor.callAt(at, [&] { order += '2'; });
  });
  TEASEL_UNTIL(pair.over());
  EXPECT_EQ(order, "12L");
}

TEASEL_CONTRACT(ContractTurns, Rule6AProtocolThatIsHeldLongerKeepsADeadTransport) {
  Pair pair(bench);
  const std::shared_ptr<Protocol> held = std::static_pointer_cast<Protocol>(pair.server->shared_from_this());
  pair.client->transport().abortConnection();
  TEASEL_UNTIL(pair.over());
  held->transport().write("nobody");
  bench.settle();
  EXPECT_EQ(held->transport().pendingBytes(), 0u);
  EXPECT_EQ(held->transport().counters().writesDropped, 1u);
}

TEASEL_CONTRACT(ContractTurns, Rule7DeferredCallbacksRunInsideCallbackAndNestedOnesAfterTheCurrent) {
  std::string order;
  bench.server().callLater(0s, [&] {
    Deferred<void> deferred;
    deferred.addCallback([&, deferred]() mutable {
      order += '1';
      deferred.addCallback([&] { order += '3'; });
      order += '2';
    });
    order += '0';
    deferred.callback();
    order += '4';
  });
  TEASEL_UNTIL(order.size() == 5);
  EXPECT_EQ(order, "01234");
}

}  // namespace teasel::contract
