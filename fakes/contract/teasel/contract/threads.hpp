#pragma once

#include <atomic>
#include <thread>

#include <teasel/contract/pair.hpp>

/// The contract on threads: callFromThread is the only call that any thread may make. It is for
/// real drivers only.

namespace teasel::contract {

class ContractThreads : public ArmTest {};
GTEST_ALLOW_UNINSTANTIATED_PARAMETERIZED_TEST(ContractThreads);

#define TEASEL_NEEDS_THREADS TEASEL_NEEDS(!bench.simulated(), "a world has no threads")

TEASEL_CONTRACT(ContractThreads, CallsFromOneThreadRunInItsOrderInTheLoopsThread) {
  TEASEL_NEEDS_THREADS;
  std::vector<int> order;
  const std::thread::id loop = std::this_thread::get_id();
  std::thread other([&] {
    for (int i = 0; i < 1000; ++i)
      bench.server().callFromThread([&, i] {
        order.push_back(i);
        EXPECT_EQ(std::this_thread::get_id(), loop);
      });
  });
  const bool all = bench.until([&] { return order.size() == 1000; });
  other.join();
  EXPECT_TRUE(all) << order.size();
  EXPECT_TRUE(std::ranges::is_sorted(order));
}

TEASEL_CONTRACT(ContractThreads, ACallWakesALoopThatWaits) {
  TEASEL_NEEDS_THREADS;
  Reactor& reactor = bench.server();
  reactor.turn();
  bool ran = false;
  const Instant began = reactor.driver().now();
  std::thread other([&] {
    std::this_thread::sleep_for(30ms);
    reactor.callFromThread([&] { ran = true; });
  });
  for (int i = 0; i < 100 && !ran; ++i) reactor.turn(10s);
  const Duration took = reactor.driver().now() - began;
  other.join();
  EXPECT_TRUE(ran);
  EXPECT_LT(took, 9s);
}

TEASEL_CONTRACT(ContractThreads, ManyThreadsAndALotOfCallsLoseNone) {
  TEASEL_NEEDS_THREADS;
  constexpr int kThreads = 8, kCalls = 500;
  std::vector<int> ran(kThreads);
  std::vector<std::thread> threads;
  threads.reserve(kThreads);
  for (int thread = 0; thread < kThreads; ++thread)
    threads.emplace_back([&, thread] {
      for (int i = 0; i < kCalls; ++i)
        bench.server().callFromThread([&, thread, i] { EXPECT_EQ(ran[static_cast<std::size_t>(thread)]++, i); });
    });
  const bool all = bench.until([&] { return std::ranges::all_of(ran, [](int count) { return count == kCalls; }); });
  for (std::thread& thread : threads) thread.join();
  EXPECT_TRUE(all);
}

TEASEL_CONTRACT(ContractThreads, AThreadMayStopTheReactor) {
  TEASEL_NEEDS_THREADS;
  std::thread other([&] {
    std::this_thread::sleep_for(10ms);
    bench.server().callFromThread([&] { bench.server().stop(); });
  });
  const bool stopped = bench.run();
  other.join();
  EXPECT_TRUE(stopped);
}

TEASEL_CONTRACT(ContractThreads, WhatAThreadsCallWritesIsSentWithoutFurtherAdo) {
  TEASEL_NEEDS_THREADS;
  Pair pair(bench);
  std::thread other([&] {
    std::this_thread::sleep_for(5ms);
    bench.server().callFromThread([&] { pair.server->transport().write("from a thread"); });
  });
  const bool arrived = bench.until([&] { return pair.client->received == "from a thread"; });
  other.join();
  EXPECT_TRUE(arrived);
}

TEASEL_CONTRACT(ContractThreads, CallsThatCameTooLateAreDroppedWithTheirCaptures) {
  TEASEL_NEEDS_THREADS;
  const auto held = std::make_shared<int>(0);
  std::thread other([&] { bench.server().callFromThread([held] {}); });
  other.join();
  bench.destroy();
  EXPECT_EQ(held.use_count(), 1);
}

/// Sends a ping and closes when something comes back.
class Pinging final : public Protocol {
 public:
  explicit Pinging(std::atomic<bool>& answered) : answered_(answered) {}
  void connectionMade() override { transport().write("ping"); }
  void dataReceived(ByteView) override { transport().loseConnection(), answered_ = true; }

 private:
  std::atomic<bool>& answered_;
};

TEASEL_CONTRACT(ContractThreads, ReactorsOfTwoThreadsTalkToEachOther) {
  TEASEL_NEEDS_THREADS;
  const auto serving = serverFactory(bench, {.data = [](Probe& us, ByteView data) { us.transport().write(data); }});
  const int number = listen(bench, serving)->getHost().port();
  std::atomic<bool> answered{false};
  std::thread other([&] {
    const LogScope quiet(nullptr);
    const std::unique_ptr<Reactor> mine = bench.another();  // lives and dies in this thread
    mine->connectTCP(bench.serverHost(), number, ClientFactory::forProtocol<Pinging>(std::ref(answered)));
    for (int i = 0; i < 1000 && !answered; ++i) mine->turn(10ms);
    mine->turn(10ms);
  });
  for (int i = 0; i < 1000 && !answered; ++i) bench.server().turn(10ms);
  other.join();
  EXPECT_TRUE(answered);
}

#undef TEASEL_NEEDS_THREADS

}  // namespace teasel::contract
