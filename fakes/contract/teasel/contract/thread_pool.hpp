#pragma once

#include <algorithm>
#include <atomic>
#include <optional>
#include <string>
#include <thread>

#include <teasel/contract/pair.hpp>
#include <teasel/reactor/defer_later.hpp>
#include <teasel/reactor/threads.hpp>

/// The contract on calls that a reactor runs in threads, and on their double in the world.
/// Functions, results, errors and ends are the same; only real drivers have real threads.

namespace teasel::contract {

class ContractThreadPool : public ArmTest {};
GTEST_ALLOW_UNINSTANTIATED_PARAMETERIZED_TEST(ContractThreadPool);

TEASEL_CONTRACT(ContractThreadPool, DeferToThreadGivesTheResultInTheReactorsThread) {
  const std::thread::id loop = std::this_thread::get_id();
  std::optional<std::string> got;
  deferToThread(bench.server(), [] { return std::string(1000, 'x'); }).addCallback([&](const std::string& text) {
    EXPECT_EQ(std::this_thread::get_id(), loop);
    got = text;
    return text;
  });
  EXPECT_FALSE(got) << "nothing comes inside the call";
  TEASEL_UNTIL(got.has_value());
  EXPECT_EQ(*got, std::string(1000, 'x'));
}

TEASEL_CONTRACT(ContractThreadPool, DeferToThreadOfAFunctionThatGivesNothingFires) {
  bool ran = false, fired = false;
  deferToThread(bench.server(), [&] { ran = true; }).addCallback([&] { fired = true; });
  TEASEL_UNTIL(fired);
  EXPECT_TRUE(ran);
}

TEASEL_CONTRACT(ContractThreadPool, AnExceptionInAThreadIsTheDeferredsFailure) {
  Failure got;
  Deferred<void> handled = deferToThread(bench.server(), []() -> int {
                             throw std::out_of_range("far away");
                           }).addCallbacks([](int) {}, [&](const Failure& failure) { got = failure; });
  TEASEL_UNTIL(static_cast<bool>(got));
  ASSERT_NE(got.check<std::out_of_range>(), nullptr) << got;
  EXPECT_STREQ(got.what(), "far away");
}

TEASEL_CONTRACT(ContractThreadPool, ManyCallsAllGiveTheirOwnResult) {
  std::vector<int> got(200, -1);
  int count = 0;
  for (int i = 0; i < 200; ++i)
    deferToThread(bench.server(), [i] { return i; }).addCallback([&, i](int value) {
      got[static_cast<std::size_t>(i)] = value;
      ++count;
      return value;
    });
  TEASEL_UNTIL(count == 200);
  for (int i = 0; i < 200; ++i) EXPECT_EQ(got[static_cast<std::size_t>(i)], i);
}

TEASEL_CONTRACT(ContractThreadPool, TheLateResultOfACancelledCallIsDropped) {
  std::atomic<bool> ran{false};
  Failure got;
  Deferred<int> result = deferToThread(bench.server(), [&] { return ran = true, 1; });
  result.addErrback([&](const Failure& failure) { return got = failure, 0; });
  result.cancel();
  EXPECT_NE(got.check<CancelledError>(), nullptr) << got;
  TEASEL_UNTIL(ran.load());
  bench.settle();  // its result comes, and nobody is told
}

TEASEL_CONTRACT(ContractThreadPool, WhatCallInThreadThrowsIsLogged) {
  bench.expectExceptions();
  bool failed = false;
  bench.server().callInThread([] { throw std::runtime_error("in a thread"); });
  TEASEL_UNTIL([&] {
    for (const Failure& failure : bench.log.flushLoggedErrors<std::runtime_error>())
      failed = failed || std::string(failure.what()) == "in a thread";
    return failed;
  }());
}

TEASEL_CONTRACT(ContractThreadPool, CallFromThreadInsideRunsInTheReactorsThreadInOrder) {
  Reactor& reactor = bench.server();
  std::vector<int> order;
  reactor.callInThread([&] {
    for (int i = 0; i < 100; ++i) reactor.callFromThread([&order, i] { order.push_back(i); });
  });
  TEASEL_UNTIL(order.size() == 100);
  EXPECT_TRUE(std::ranges::is_sorted(order));
}

TEASEL_CONTRACT(ContractThreadPool, BlockingCallFromThreadGivesAValueAnErrorAndADeferredsResult) {
  Reactor& reactor = bench.server();
  std::string story;
  bool over = false;
  deferToThread(reactor, [&] {
    story += std::to_string(blockingCallFromThread(reactor, [] { return 7; })) + " ";
    try {
      blockingCallFromThread(reactor, [] { throw std::runtime_error("no"); });
    } catch (const std::runtime_error& error) {
      story += std::string(error.what()) + " ";
    }
    blockingCallFromThread(reactor, [&] { return deferLater(reactor, 5ms); });
    story += "later";
  }).addCallback([&] { over = true; });
  TEASEL_UNTIL(over);
  EXPECT_EQ(story, "7 no later");
}

TEASEL_CONTRACT(ContractThreadPool, BlockingCallWaitsWhileTheConnectionsGoOn) {
  Deferred<std::size_t> answered;
  const auto echo = [](Probe& us, ByteView data) { us.transport().write(data); };
  const auto answer = [&](Probe& us, ByteView) {
    if (us.received.size() == 4) answered.callback(us.received.size());
  };
  Pair pair(bench, {.data = echo}, {.data = answer});
  Reactor& reactor = bench.client();
  std::size_t got = 0;
  bool over = false;
  deferToThread(reactor, [&] {
    got = blockingCallFromThread(reactor, [&] {
      pair.client->transport().write("ping");
      return answered;
    });
  }).addCallback([&] { over = true; });
  TEASEL_UNTIL(over);
  EXPECT_EQ(got, 4u);
}

TEASEL_CONTRACT(ContractThreadPool, BlockingCallInTheReactorsThreadIsRefused) {
  bool refused = false;
  bench.server().callLater(0s, [&] {
    EXPECT_THROW(blockingCallFromThread(bench.server(), [] {}), UsageError);
    refused = true;
  });
  TEASEL_UNTIL(refused);
}

TEASEL_CONTRACT(ContractThreadPool, BlockingCallThatIsRefusedIsNotMadeLater) {
  bool made = false, refused = false;
  bench.server().callLater(0s, [&] {
    EXPECT_THROW(blockingCallFromThread(bench.server(), [&] { made = true; }), UsageError);
    refused = true;
  });
  TEASEL_UNTIL(refused);
  bench.settle();
  EXPECT_FALSE(made);
}

TEASEL_CONTRACT(ContractThreadPool, WhatBelongsToTheReactorsThreadIsRefusedInAnother) {
  Reactor& reactor = bench.server();
  std::string story;
  bool over = false;
  deferToThread(reactor, [&] {
    EXPECT_THROW(reactor.callInThread([] {}), UsageError);
    EXPECT_THROW(static_cast<void>(deferToThread(reactor, [] {})), UsageError);
    EXPECT_THROW(reactor.crash(), UsageError);
    try {
      reactor.stop();
    } catch (const UsageError& error) {
      story = error.what();
    }
    blockingCallFromThread(reactor, [&] { return deferToThread(reactor, [] {}); });
  }).addCallback([&] { over = true; });
  TEASEL_UNTIL(over);
  EXPECT_EQ(story, "stop() in another thread than the reactor's: hand it over with callFromThread");
}

TEASEL_CONTRACT(ContractThreadPool, EmptyFunctionsAreRefused) {
  EXPECT_THROW(bench.server().callInThread(nullptr), UsageError);
  EXPECT_THROW(bench.server().callInThreadWithCallback(nullptr, [] {}), UsageError);
  EXPECT_THROW(bench.server().callFromThread(nullptr), UsageError);
}

TEASEL_CONTRACT(ContractThreadPool, CallsInThreadsAreAmongWhatKeepsAReactorBusy) {
  const auto busy = [&] { return std::ranges::count(bench.server().describeOpen(), std::string("1 call(s) in threads")) == 1; };
  bool over = false;
  deferToThread(bench.server(), [] {}).addCallback([&] { over = true; });
  EXPECT_TRUE(busy());
  TEASEL_UNTIL(over);
  EXPECT_FALSE(busy());
}

TEASEL_CONTRACT(ContractThreadPool, AThreadThatAsksAfterTheShutdownIsToldSo) {
  TEASEL_NEEDS(!bench.simulated(), "a world has one thread");
  Reactor& reactor = bench.server();
  reactor.callWhenRunning([&] { reactor.stop(); });
  EXPECT_TRUE(bench.run());
  bool refused = false;
  std::thread other([&] {
    try {
      blockingCallFromThread(reactor, [] {});
    } catch (const ReactorNotRunning&) {
      refused = true;
    }
  });
  other.join();
  EXPECT_TRUE(refused);
}

TEASEL_CONTRACT(ContractThreadPool, ShutdownWaitsForThreadsAndTheirBlockingCalls) {
  Reactor& reactor = bench.server();
  std::string story;
  reactor.callWhenRunning([&] {
    deferToThread(reactor, [&] { blockingCallFromThread(reactor, [&] { story += "called "; }); }).addCallback([&] {
      story += "done ";
    });
    reactor.stop();
  });
  reactor.addSystemEventTrigger(Reactor::Phase::kAfter, Reactor::Event::kShutdown, [&] { story += "over"; });
  EXPECT_TRUE(bench.run());
  EXPECT_EQ(story, "called done over");
  EXPECT_THROW(reactor.callInThread([] {}), ReactorNotRunning);
}

TEASEL_CONTRACT(ContractThreadPool, AReactorThatDiesDropsWhatHasNotBegun) {
  const auto held = std::make_shared<int>(0);
  for (int i = 0; i < 50; ++i) bench.server().callInThread([held] { static_cast<void>(held); });
  bench.destroy();
  EXPECT_EQ(held.use_count(), 1);
}

TEASEL_CONTRACT(ContractThreadPool, AThreadThatWaitsForAReactorThatDiesIsToldSo) {
  TEASEL_NEEDS(!bench.simulated(), "a world has one thread");
  // it lives until its threads have ended; the bench forgets it earlier
  Reactor& reactor = bench.server();
  std::string story;
  bool begun = false;
  reactor.callInThread([&] {
    reactor.callFromThread([&] { begun = true; });
    try {
      blockingCallFromThread(reactor, [] { return Deferred<int>(); });
    } catch (const std::exception& error) {
      story = error.what();
    }
  });
  TEASEL_UNTIL(begun);
  bench.destroy();
  EXPECT_NE(story, "");
}

TEASEL_CONTRACT(ContractThreadPool, ImpossibleSizesAreRefused) {
  EXPECT_THROW(bench.server().suggestThreadPoolSize(0), UsageError);
  EXPECT_THROW(bench.server().suggestThreadPoolSize(ThreadPool::kMaxThreads + 1), UsageError);
  bench.server().suggestThreadPoolSize(1);
  int count = 0;
  for (int i = 0; i < 10; ++i) deferToThread(bench.server(), [] {}).addCallback([&] { ++count; });
  TEASEL_UNTIL(count == 10);
}

}  // namespace teasel::contract
