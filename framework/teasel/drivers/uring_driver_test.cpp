#include <teasel/drivers/driver_test_kit.hpp>
#include <teasel/drivers/uring_driver.hpp>

/// Tests of what only io_uring has: a lack of buffers, kernels without DEFER_TASKRUN, operations
/// that live longer than their slot.
namespace teasel::drivertest {

namespace {

std::vector<std::string> uringVariants() {
  std::vector<std::string> names = driverVariants();
  std::erase_if(names, [](const std::string& name) { return !name.starts_with("io_uring"); });
  return names;
}

}  // namespace

class UringDriverTest : public DriverTest {
 protected:
  void SetUp() override { DriverTest::SetUp(); }
  void use(UringOptions options) {
    if (const std::size_t colon = GetParam().find(':'); colon != std::string::npos)
      options.features = UringFeatures::fromText(GetParam().substr(colon + 1));
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

TEST_P(UringDriverTest, ServesEveryStreamThatFoundNoBufferInOnePoll) {
  use(UringOptions{.buffers = 2});
  std::vector<Peer> peers;
  for (int i = 0; i < 64; ++i) peers.push_back(pair().second);
  poll();  // all receives are in the kernel
  for (Peer& peer : peers) peer.send(std::string(16'384, 'x'));
  ::usleep(10'000);
  for (int i = 0; i < 3; ++i) poll();
  for (const auto& sink : listener.sinks) EXPECT_EQ(sink->data.size(), 16'384u);
}

TEST_P(UringDriverTest, TellsAResetAndAnEndApartWhenItRunsOutOfBuffers) {
  use(UringOptions{.buffers = 2});
  std::vector<Peer> peers;
  for (int i = 0; i < 16; ++i) peers.push_back(pair().second);
  poll();
  for (std::size_t i = 0; i < peers.size(); ++i) {
    peers[i].send(std::string(30'000, 'x'));
    i % 2 == 0 ? peers[i].reset() : peers[i].endWrite();
  }
  const auto ended = [](const auto& sink) { return sink->eofs + sink->errors == 1; };
  EXPECT_TRUE(until([&] { return std::all_of(listener.sinks.begin(), listener.sinks.end(), ended); }));
  for (std::size_t i = 0; i < peers.size(); ++i) {
    EXPECT_EQ(listener.sinks[i]->eofs, i % 2 == 0 ? 0 : 1) << i;
    EXPECT_EQ(listener.sinks[i]->data.size(), 30'000u) << i;
  }
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

TEST_P(UringDriverTest, ADriverThatEndsKeepsNoBytesOfASendThatItsPeerHasNotTaken) {
  use(UringOptions{});
  auto [sink, peer] = pair();
  std::string bytes(8'000'000, 'b');
  const char* const data = bytes.data();
  detail::Block* const block = detail::Block::adopt(std::move(bytes));
  outgoing.assign(1, Segment(block, data, 8'000'000));
  driver->write(sink.slot, outgoing);
  pump(5ms);  // the kernel has all that fits, perhaps by zero copy
  outgoing.clear();
  driver.reset();
  EXPECT_EQ(block->refs, 1u);
  if (block->refs == 1) detail::Block::free(block);
}

TEST_P(UringDriverTest, FreesThePortAtOnceWhenItStopsListening) {
  const Address at = port->host();
  pump(2ms);
  driver->stopListening(port);
  Failure why;
  port = driver->listen(at, {}, listener, why);
  ASSERT_NE(port, nullptr) << why;
  EXPECT_EQ(pair().first.host, at);
}

TEST_P(UringDriverTest, RefusesANumberOfBuffersThatIsNoPowerOfTwo) {
  EXPECT_THROW(makeUringDriver({.buffers = 3}), UsageError);
  EXPECT_THROW(makeUringDriver({.buffers = 0}), UsageError);
}

TEST_P(UringDriverTest, WritesLargeSegmentsOfSeveralSizesWithEachFeature) {
  std::string all;
  auto [sink, peer] = pair();
  for (const std::size_t size : {std::size_t{100}, std::size_t{65536}, std::size_t{3'000'000}, std::size_t{1}}) {
    const std::string bytes(size, static_cast<char>('a' + all.size() % 26));
    outgoing.assign({segment(bytes), segment("|"), segment(bytes)});
    EXPECT_EQ(driver->write(sink.slot, outgoing), 0u);
    const std::size_t before = sink.written.size();
    all += bytes + "|" + bytes;
    const std::string got = takeUntil(peer, 2 * size + 1);
    EXPECT_TRUE(got == bytes + "|" + bytes) << got.size() << " bytes of " << 2 * size + 1;
    ASSERT_TRUE(until([&] { return sink.written.size() > before; }));
    EXPECT_EQ(sink.written.back(), 2 * size + 1);
  }
}

TEST_P(UringDriverTest, BytesOfALargeSendAreKeptWhenTheirOwnerGivesThemUpAtOnce) {
  auto [sink, peer] = pair();
  const std::string bytes(4'000'000, 'z');
  sink.atWritten = [&] { outgoing.clear(); };  // the pool may give these blocks to others now
  write(sink, bytes);
  std::string got;
  until([&] {
    const Segment other(std::string(65536, 'x'));  // takes a block that is free
    return (got += peer.take()).size() >= bytes.size();
  });
  EXPECT_TRUE(got == bytes);
}

TEST_P(UringDriverTest, PiecesOfOneBufferStayWithWhoKeepsThem) {
  auto [one, first] = pair();
  auto [two, second] = pair();
  std::vector<Segment> kept;
  const auto keep = [&](Chunk& chunk) { kept.push_back(chunk.retain(chunk)); };
  one.atChunk = two.atChunk = keep;
  std::string sent;
  for (char c = 'a'; c < 'k'; ++c) {
    Peer& peer = c % 2 == 0 ? first : second;
    const std::string bytes(20'000, c);
    peer.send(bytes);
    sent += bytes;
    ASSERT_TRUE(until([&] { return one.data.size() + two.data.size() == sent.size(); }));
  }
  std::string got;
  for (const Segment& segment : kept) got += segment.view().text();
  EXPECT_TRUE(got == sent);
}

TEST(UringFeatures, AreReadFromAListAndWrittenAsOne) {
  for (const char* list : {"none", "all", "default", "bundles", "incremental,zero-copy", "poll-first,registered-wait"})
    EXPECT_EQ(UringFeatures::fromText(list).text(), list);
  EXPECT_EQ(UringFeatures::fromText("-bundles").text(), "incremental,zero-copy,registered-wait");
  EXPECT_EQ(UringFeatures::fromText("all,-poll-first"), UringFeatures{});
}

TEST(UringFeatures, AnUnknownNameIsRefusedWithTheKnownOnes) {
  for (const char* list : {"", "bundle", "-all", "bundles,", "all,,none"}) {
    try {
      UringFeatures::fromText(list);
      ADD_FAILURE() << list;
    } catch (const UsageError& error) {
      EXPECT_NE(std::string(error.what()).find("registered-wait"), std::string::npos) << error.what();
    }
  }
}

TEST(UringFeatures, OnlyThoseThatAreNamedAreRequired) {
  EXPECT_EQ(UringOptions::forFeatures("all").required, UringFeatures::none());
  EXPECT_EQ(UringOptions::forFeatures("-bundles").required, UringFeatures::none());
  EXPECT_EQ(UringOptions::forFeatures("bundles,zero-copy").required.text(), "bundles,zero-copy");
}

TEST(UringFeatures, AMissingOneIsLeftOutOrRefusesTheDriverThatRequiresIt) {
  std::string missing;
  const UringFeatures here = uringFeaturesHere(UringFeatures::all(), missing);
  if (std::string why; !driverAvailable("io_uring", why)) GTEST_SKIP() << why;
  if (here == UringFeatures::all()) GTEST_SKIP() << "this kernel has all features";
  EXPECT_NE(missing.find("io_uring goes without "), std::string::npos) << missing;
  EXPECT_NE(makeUringDriver({.features = UringFeatures::all()}), nullptr);
  EXPECT_THROW(makeUringDriver({.features = UringFeatures::all(), .required = UringFeatures::all()}), DriverUnavailable);
}

INSTANTIATE_TEST_SUITE_P(Loopback, UringDriverTest, ::testing::ValuesIn(uringVariants()), driverTestName);

}  // namespace teasel::drivertest
