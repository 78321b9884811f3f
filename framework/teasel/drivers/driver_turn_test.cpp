#include <teasel/drivers/driver_test_kit.hpp>

#include <algorithm>
#include <atomic>
#include <thread>

#include <fcntl.h>
#include <sys/resource.h>
#include <sys/select.h>

/// Tests of pausing, of closing inside upcalls, and of what a poll waits for.
namespace teasel::drivertest {

class DriverTurnTest : public DriverTest {};

// Reading -----------------------------------------------------------------------------------------

TEST_P(DriverTurnTest, HoldsDataAndEndOfStreamWhileReadingIsOff) {
  auto [sink, peer] = pair();
  driver->reading(sink.slot, false);
  peer.send("held");
  peer.endWrite();
  pump(20ms);
  EXPECT_TRUE(sink.quiet());
  driver->reading(sink.slot, true);
  EXPECT_TRUE(sink.quiet()) << "upcalls come from poll only";
  ASSERT_TRUE(until([&] { return sink.eofs == 1; }));
  EXPECT_EQ(sink.data, "held");
}

TEST_P(DriverTurnTest, DeliversNothingMoreAfterAPauseInsideOnData) {
  auto [sink, peer] = pair();
  sink.atChunk = [&](Chunk&) { driver->reading(sink.slot, false); };
  std::string sent;
  for (int i = 0; i < 10; ++i) sent += std::string(20'000, static_cast<char>('a' + i));
  peer.send(sent);
  peer.endWrite();
  for (int chunk = 1; sink.data.size() < sent.size(); ++chunk) {
    ASSERT_TRUE(until([&] { return sink.chunks == chunk; }));
    pump(3ms);
    ASSERT_EQ(sink.chunks, chunk);
    ASSERT_EQ(sink.eofs, 0);
    driver->reading(sink.slot, true);
  }
  EXPECT_TRUE(until([&] { return sink.eofs == 1; }));
  EXPECT_EQ(sink.data, sent);
}

TEST_P(DriverTurnTest, KeepsTheOrderThroughPausesAndResumes) {
  auto [sink, peer] = pair();
  std::string sent;
  for (int i = 0; i < 200; ++i) {
    const std::string piece = std::to_string(i) + ",";
    sent += piece;
    peer.send(piece);
    driver->reading(sink.slot, i % 3 != 0);
    poll(i % 5 == 0 ? 1ms : 0ms);
  }
  driver->reading(sink.slot, true);
  EXPECT_TRUE(until([&] { return sink.data.size() >= sent.size(); }));
  EXPECT_EQ(sink.data, sent);
}

TEST_P(DriverTurnTest, APausedStreamDoesNotStarveTheOthers) {
  auto [sink, peer] = pair();
  driver->reading(sink.slot, false);
  peer.stuff(8 * 1024 * 1024);
  pump(5ms);
  auto [other, second] = pair();
  for (int i = 0; i < 50; ++i) {
    peer.stuff(1024 * 1024);
    second.send("tick");
    ASSERT_TRUE(until([&] { return other.chunks > i || other.data.size() == static_cast<std::size_t>(i + 1) * 4; }));
  }
  EXPECT_TRUE(sink.quiet());
}

TEST_P(DriverTurnTest, LetsAPausedPeerFeelTheBackpressure) {
  auto [sink, peer] = pair();
  driver->reading(sink.slot, false);
  pump(2ms);
  std::size_t sent = 0;
  for (int i = 0; i < 200; ++i) {
    sent += peer.stuff(1024 * 1024);
    poll();
  }
  EXPECT_LT(sent, 64u * 1024 * 1024);
}

TEST_P(DriverTurnTest, DoesNotSpinOnAPausedStreamThatIsReset) {
  auto [sink, peer] = pair();
  driver->reading(sink.slot, false);
  pump(5ms);
  peer.reset();
  int polls = 0;
  for (const Instant end = driver->now() + 100ms; driver->now() < end; ++polls) poll(20ms);
  EXPECT_LT(polls, 20);
  driver->reading(sink.slot, true);
  ASSERT_TRUE(until([&] { return sink.errors == 1; }));
  EXPECT_EQ(sink.eofs, 0);
}

TEST_P(DriverTurnTest, DoesNotSpinOnAStreamThatIsOverBothWays) {
  auto [sink, peer] = pair();
  driver->shutdownWrite(sink.slot);
  peer.close();
  ASSERT_TRUE(until([&] { return sink.eofs == 1; }));
  int polls = 0;
  for (const Instant end = driver->now() + 100ms; driver->now() < end; ++polls) poll(20ms);
  EXPECT_LT(polls, 20);
}

TEST_P(DriverTurnTest, MayPauseBeforeItIsConnected) {
  Sink client;
  client.slot = driver->connect(port->host(), {}, client);
  driver->reading(client.slot, false);
  ASSERT_TRUE(until([&] { return client.connected == 1 && listener.sinks.size() == 1; }));
  write(*listener.sinks[0], "early");
  pump(5ms);
  EXPECT_EQ(client.chunks, 0);
  driver->reading(client.slot, true);
  EXPECT_TRUE(until([&] { return client.data == "early"; }));
}

// Closing inside upcalls --------------------------------------------------------------------------

TEST_P(DriverTurnTest, MayCloseInsideOnData) {
  for (const CloseMode mode : {CloseMode::kGraceful, CloseMode::kAbort}) {
    auto [sink, peer] = pair();
    sink.atChunk = [&](Chunk&) { close(sink, mode); };
    peer.send("a");
    peer.endWrite();
    ASSERT_TRUE(until([&] { return sink.chunks == 1; }));
    takeUntil(peer, 1);
    EXPECT_EQ(mode == CloseMode::kAbort ? peer.sawReset : peer.sawEof, true);
    EXPECT_EQ(sink.eofs, 0);
  }
}

TEST_P(DriverTurnTest, MayCloseInsideOnEof) {
  auto [sink, peer] = pair();
  sink.atEof = [&] { close(sink); };
  peer.endWrite();
  takeUntil(peer, 1);
  EXPECT_TRUE(peer.sawEof);
}

TEST_P(DriverTurnTest, MayCloseInsideOnConnected) {
  Sink client;
  client.atConnected = [&] { close(client); };
  client.slot = driver->connect(port->host(), {}, client);
  ASSERT_TRUE(until([&] { return listener.sinks.size() == 1 && listener.sinks[0]->eofs == 1; }));
  EXPECT_EQ(client.connected, 1);
  close(*listener.sinks[0]);
}

TEST_P(DriverTurnTest, MayCloseInsideOnWritten) {
  auto [sink, peer] = pair();
  sink.atWritten = [&] { close(sink); };
  const std::string big(4 * 1024 * 1024, 'b');
  ASSERT_LT(write(sink, big), big.size());
  EXPECT_EQ(takeUntil(peer, big.size() + 1).size(), big.size());
  EXPECT_TRUE(peer.sawEof);
}

TEST_P(DriverTurnTest, MayCloseInsideOnError) {
  auto [sink, peer] = pair();
  sink.atError = [&] { close(sink, CloseMode::kAbort); };
  peer.reset();
  EXPECT_TRUE(until([&] { return sink.errors == 1; }));
}

TEST_P(DriverTurnTest, MayCloseAnotherStreamThatIsReadyInTheSamePoll) {
  auto [first, one] = pair();
  auto [second, two] = pair();
  first.atChunk = [&](Chunk&) { close(second, CloseMode::kAbort); };
  second.atChunk = [&](Chunk&) { close(first, CloseMode::kAbort); };
  one.send("1");
  two.send("2");
  ASSERT_TRUE(until([&] { return first.chunks + second.chunks > 0; }));
  pump(5ms);
  EXPECT_EQ(first.chunks + second.chunks, 1);
}

TEST_P(DriverTurnTest, ReusesPlacesWithoutMixingUpStreams) {
  for (int i = 0; i < 50; ++i) {
    auto [sink, peer] = pair();
    peer.send(std::to_string(i));
    ASSERT_TRUE(until([&] { return sink.data == std::to_string(i); }));
    close(sink, i % 2 == 0 ? CloseMode::kAbort : CloseMode::kGraceful);
  }
}

// Waiting -----------------------------------------------------------------------------------------

TEST_P(DriverTurnTest, WaitsAsLongAsItIsToldAndSamplesTheTimeAfterwards) {
  pump(2ms);
  for (const Duration wait : {Duration(300us), Duration(30ms)}) {
    Duration longest{};
    // A signal may end a wait early.
    for (int i = 0; i < 5 && longest < wait; ++i) {
      const Instant start = driver->now();
      const Instant sampled = poll(wait);
      EXPECT_LE(sampled, driver->now());
      longest = std::max(longest, sampled - start);
    }
    EXPECT_GE(longest, wait);
    EXPECT_LT(longest, wait + 1s);
  }
}

TEST_P(DriverTurnTest, DoesNotSpinBelowAMillisecond) {
  pump(2ms);
  int polls = 0;
  for (const Instant end = driver->now() + 20ms; driver->now() < end; ++polls) poll(500us);
  EXPECT_LE(polls, 41);
}

TEST_P(DriverTurnTest, DoesNotWaitForZero) {
  pump(2ms);
  const Instant start = driver->now();
  for (int i = 0; i < 100; ++i) poll();
  EXPECT_LT(driver->now() - start, 1s);
}

TEST_P(DriverTurnTest, IsWokenByAnotherThread) {
  for (int i = 0; i < 20; ++i) {
    std::thread other([this, i] {
      if (i % 2 == 0) std::this_thread::sleep_for(2ms);
      driver->wake();
      driver->wake();
    });
    const Instant start = driver->now();
    poll(10s);
    other.join();
    EXPECT_LT(driver->now() - start, 5s);
    poll();
  }
}

TEST_P(DriverTurnTest, NeverLosesAWakeUp) {
  std::atomic<int> posted{0};
  int seen = 0;
  std::thread other([&] {
    for (int i = 1; i <= 2000; ++i) {
      posted = i;
      driver->wake();
      if (i % 64 == 0) std::this_thread::yield();
    }
  });
  const Instant start = driver->now();
  while (seen < 2000 && driver->now() - start < 20s) {
    if (seen == posted) poll(10s);
    seen = posted;
  }
  other.join();
  EXPECT_LT(driver->now() - start, 9s);
}

TEST_P(DriverTurnTest, AWakeBeforeThePollCounts) {
  pump(2ms);
  driver->wake();
  const Instant start = driver->now();
  poll(10s);
  EXPECT_LT(driver->now() - start, 5s);
}

TEST_P(DriverTurnTest, MayBeMadeInOneThreadAndPolledInAnother) {
  Peer peer = Peer::connectedTo(port->host());
  std::thread loop([&] {
    EXPECT_TRUE(until([&] { return listener.sinks.size() == 1; }));
    peer.send("over here");
    EXPECT_TRUE(until([&] { return listener.sinks[0]->data == "over here"; }));
    driver.reset();
  });
  loop.join();
}

TEST_P(DriverTurnTest, ItsEndResetsWhatIsOpenAndMakesNoUpcalls) {
  auto [sink, peer] = pair();
  Sink client;
  client.slot = driver->connect(port->host(), {}, client);
  driver.reset();
  peer.take();
  EXPECT_TRUE(peer.sawReset);
  EXPECT_TRUE(sink.quiet());
  EXPECT_TRUE(client.quiet());
}

TEST_P(DriverTurnTest, AnExceptionOutOfAnUpcallLosesNothing) {
  auto [sink, peer] = pair();
  sink.atChunk = [](Chunk&) { throw std::runtime_error("as an assertion of a test does"); };
  peer.send("one");
  EXPECT_THROW(until([&] { return false; }), std::runtime_error);
  sink.atChunk = nullptr;
  peer.send("two");
  EXPECT_TRUE(until([&] { return sink.data == "onetwo"; }));
}

/// Raises the limit of descriptors to `wanted`, or as far as the system allows, until it is
/// destroyed.
class DescriptorLimit {
 public:
  explicit DescriptorLimit(rlim_t wanted) {
    ::getrlimit(RLIMIT_NOFILE, &before_);
    now_ = {std::max(before_.rlim_cur, std::min(wanted, before_.rlim_max)), before_.rlim_max};
    ::setrlimit(RLIMIT_NOFILE, &now_);
  }
  ~DescriptorLimit() { ::setrlimit(RLIMIT_NOFILE, &before_); }
  rlim_t allowed() const { return now_.rlim_cur; }

 private:
  rlimit before_{}, now_{};
};

TEST_P(DriverTurnTest, ServesDescriptorsAboveTheSizeOfAnFdSet) {
  const DescriptorLimit limit(FD_SETSIZE + 200);
  if (limit.allowed() < FD_SETSIZE + 200) GTEST_SKIP() << "no more than " << limit.allowed() << " descriptors are allowed here";
  std::vector<Peer> fillers;
  while (fillers.empty() || fillers.back().descriptor() < FD_SETSIZE + 100) {
    fillers.emplace_back(::open("/dev/null", O_RDONLY));
    ASSERT_GE(fillers.back().descriptor(), 0);
  }
  auto [sink, peer] = pair();
  ASSERT_GT(peer.descriptor(), FD_SETSIZE);
  peer.send("high");
  EXPECT_TRUE(until([&] { return sink.data == "high"; }));
}

INSTANTIATE_TEST_SUITE_P(Loopback, DriverTurnTest, ::testing::ValuesIn(testedDrivers()), driverTestName);

TEST(Drivers, NamesTheKnownOnesWhenAskedForAnother) {
  std::string why;
  EXPECT_FALSE(driverAvailable("pigeon", why));
  EXPECT_NE(why.find("'pigeon'"), std::string::npos) << why;
  for (const std::string_view name : driverNames()) EXPECT_NE(why.find(name), std::string::npos) << why;
  EXPECT_THROW(makeDriver("pigeon"), UsageError);
}

TEST(Drivers, EpollIsTheDefaultWhereTheSystemHasIt) { EXPECT_EQ(makeDriver()->name() == "epoll", posix::kHasEpoll); }

TEST(Drivers, OneThatTheSystemLacksIsKnownButUnavailable) {
  if (posix::kHasEpoll) return;
  std::string why;
  EXPECT_FALSE(driverAvailable("epoll", why));
  EXPECT_EQ(why, "epoll: this system has none");
}

}  // namespace teasel::drivertest
