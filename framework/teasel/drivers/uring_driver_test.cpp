#include <teasel/drivers/driver_test_kit.hpp>
#include <teasel/drivers/uring_driver.hpp>

/// Tests of what only io_uring has: a lack of buffers, kernels without DEFER_TASKRUN, operations
/// that live longer than their slot.
namespace teasel::drivertest {

class UringDriverTest : public DriverTest {
 protected:
  void SetUp() override {
    DriverTest::SetUp();
    if (driver != nullptr) use({});
  }
  void use(const UringOptions& options) {
    driver = makeUringDriver(options);
    Failure why;
    port = driver->listen(Address::ipv4(127, 0, 0, 1, 0), {}, listener, why);
    ASSERT_NE(port, nullptr) << why;
  }
};

TEST_P(UringDriverTest, GoesOnWhenItRunsOutOfBuffers) {
  use(UringOptions{.buffers = 2});
  std::vector<Peer> peers;
  for (int i = 0; i < 8; ++i) peers.push_back(pair().second);
  for (Peer& peer : peers) peer.send(std::string(100'000, 'x'));
  const auto all = [&] {
    for (const auto& sink : listener.sinks)
      if (sink->data.size() != 100'000) return false;
    return true;
  };
  EXPECT_TRUE(until(all));
}

TEST_P(UringDriverTest, APausedStreamTakesNoBuffersFromTheOthers) {
  use(UringOptions{.buffers = 2});
  auto [paused, silent] = pair();
  auto [sink, peer] = pair();
  driver->reading(paused.slot, false);
  silent.send(std::string(200'000, 'p'));
  peer.send(std::string(100'000, 'x'));
  EXPECT_TRUE(until([&] { return sink.data.size() == 100'000; }));
  EXPECT_TRUE(paused.quiet());
  driver->reading(paused.slot, true);
  EXPECT_TRUE(until([&] { return paused.data.size() == 200'000; }));
}

TEST_P(UringDriverTest, WorksWithoutDeferredTaskRuns) {
  use(UringOptions{.deferTaskRun = false});
  auto [sink, peer] = pair();
  peer.send("ping");
  ASSERT_TRUE(until([&] { return sink.data == "ping"; }));
  write(sink, "pong");
  EXPECT_EQ(takeUntil(peer, 4), "pong");
  close(sink, CloseMode::kAbort);
  takeUntil(peer, 1);
  EXPECT_TRUE(peer.sawReset);
}

TEST_P(UringDriverTest, HoldsWhatTheKernelReadAheadWithItsEndOfStream) {
  use(UringOptions{.deferTaskRun = false});
  auto [sink, peer] = pair();
  poll();  // the receive is in the kernel
  peer.send("ahead");
  peer.endWrite();
  ::usleep(10'000);  // the kernel has completed the receives, and nobody has polled
  driver->reading(sink.slot, false);
  pump(5ms);
  EXPECT_TRUE(sink.quiet());
  driver->reading(sink.slot, true);
  poll();
  EXPECT_EQ(sink.data, "ahead");
  EXPECT_EQ(sink.eofs, 1);
}

TEST_P(UringDriverTest, KeepsTheOrderWhenAnotherStreamPausesAndResumesItWithinOnePoll) {
  use(UringOptions{.deferTaskRun = false});
  auto [master, one] = pair();
  auto [sink, two] = pair();
  poll();  // both receives are in the kernel
  master.atChunk = [&](Chunk&) { driver->reading(sink.slot, master.chunks % 2 == 0); };
  for (const char* piece : {"first ", "second "}) {
    // The kernel completes them one by one. One poll handles them all.
    one.send("x"), ::usleep(2000);
    two.send(std::string(piece)), ::usleep(2000);
  }
  EXPECT_TRUE(until([&] { return sink.data.size() == 13; }));
  EXPECT_EQ(sink.data, "first second ");
}

TEST_P(UringDriverTest, ClosingDropsWhatIsHeld) {
  use(UringOptions{.deferTaskRun = false});
  auto [sink, peer] = pair();
  poll();  // the receive is in the kernel
  peer.send("ahead");
  ::usleep(10'000);
  driver->reading(sink.slot, false);
  pump(5ms);
  driver->reading(sink.slot, true);
  close(sink, CloseMode::kAbort);
  pump(5ms);
  EXPECT_TRUE(sink.quiet());
}

TEST_P(UringDriverTest, KeepsTheSegmentsOfAnAbortedSendUntilTheKernelIsDone) {
  for (int i = 0; i < 10; ++i) {
    auto [sink, peer] = pair();
    EXPECT_EQ(write(sink, std::string(8'000'000, 'b')), 0u);
    poll();  // the send is in the kernel
    close(sink, CloseMode::kAbort, 0s, std::exchange(outgoing, {}));
    poll(10ms);
  }
  pump(20ms);
  EXPECT_EQ(driver->overdueSlots(), 0u);
}

TEST_P(UringDriverTest, FreesThePortAtOnceWhenItStopsListening) {
  const Address at = port->host();
  pump(2ms);
  driver->stopListening(port);
  Failure why;
  port = driver->listen(at, {}, listener, why);
  ASSERT_NE(port, nullptr) << why;
  EXPECT_EQ(pair().first.slot->host(), at);
}

TEST_P(UringDriverTest, RefusesANumberOfBuffersThatIsNoPowerOfTwo) {
  EXPECT_THROW(makeUringDriver({.buffers = 3}), UsageError);
  EXPECT_THROW(makeUringDriver({.buffers = 0}), UsageError);
}

INSTANTIATE_TEST_SUITE_P(Loopback, UringDriverTest, ::testing::Values("io_uring"), [](const auto& test) { return test.param; });

}  // namespace teasel::drivertest
