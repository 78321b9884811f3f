#include <teasel/drivers/driver_test_kit.hpp>

#include <atomic>
#include <thread>

#include <fcntl.h>
#include <sys/resource.h>

namespace teasel::drivertest {

// Accepting and connecting ------------------------------------------------------------------------

TEST_P(DriverTest, GivesAnAcceptedStreamItsAddresses) {
  auto [sink, peer] = pair();
  EXPECT_EQ(sink.host, port->host());
  EXPECT_EQ(sink.peer, posix::localAddress(peer.descriptor()));
  EXPECT_NE(port->host().port(), 0);
  EXPECT_EQ(port->peer(), Address());
}

TEST_P(DriverTest, ListensOnIPv6AndOnEveryInterface) {
  for (const char* literal : {"::1", "0.0.0.0"}) {
    Failure why;
    Slot* other = driver->listen(*Address::parse(literal, 0), {}, listener, why);
    if (other == nullptr && std::string(literal) == "::1") continue;  // a machine without IPv6
    ASSERT_NE(other, nullptr) << why;
    const Address to = *Address::parse(std::string(literal) == "::1" ? "::1" : "127.0.0.1", other->host().port());
    const std::size_t before = listener.sinks.size();
    Peer peer = Peer::connectedTo(to);
    ASSERT_TRUE(until([&] { return listener.sinks.size() > before; })) << literal;
    EXPECT_EQ(listener.sinks.back()->host, to);
    driver->stopListening(other);
  }
}

TEST_P(DriverTest, AcceptsABurstWithoutLosingAny) {
  std::vector<Peer> peers;
  Failure why;
  Slot* wide = driver->listen(Address::ipv4(127, 0, 0, 1, 0), ListenOptions{.backlog = 300}, listener, why);
  ASSERT_NE(wide, nullptr) << why;
  for (int i = 0; i < 200; ++i) peers.push_back(Peer::connectedTo(wide->host()));
  EXPECT_TRUE(until([&] { return listener.sinks.size() == 200; })) << listener.sinks.size();
}

TEST_P(DriverTest, RefusesToListenWhereSomebodyListens) {
  Failure why;
  EXPECT_EQ(driver->listen(port->host(), {}, listener, why), nullptr);
  ASSERT_NE(why.check<CannotListenError>(), nullptr);
  EXPECT_NE(std::string(why.what()).find(port->host().text()), std::string::npos) << why;
  EXPECT_NE(std::string(why.what()).find("EADDRINUSE"), std::string::npos) << why;
}

TEST_P(DriverTest, RefusesConnectionsAfterStopListening) {
  const Address at = port->host();
  driver->stopListening(port);
  pump(5ms);
  Sink sink;
  sink.slot = driver->connect(at, {}, sink);
  ASSERT_TRUE(until([&] { return sink.errors == 1; }));
  EXPECT_NE(sink.error.check<ConnectionRefusedError>(), nullptr) << sink.error;
  close(sink);
}

TEST_P(DriverTest, MayStopListeningInsideOnAccept) {
  listener.atAccept = [&](Slot*) { return driver->stopListening(port), true; };
  Peer first = Peer::connectedTo(port->host()), second = Peer::connectedTo(port->host());
  ASSERT_TRUE(until([&] { return listener.accepted > 0; }));
  pump(5ms);
  EXPECT_EQ(listener.accepted, 1);
  first.send("still there");
  EXPECT_TRUE(until([&] { return listener.sinks[0]->data == "still there"; }));
}

TEST_P(DriverTest, ClosesAStreamThatTheAcceptorDoesNotWant) {
  listener.atAccept = [](Slot*) { return false; };
  Peer peer = Peer::connectedTo(port->host());
  EXPECT_EQ(takeUntil(peer, 1), "");
  EXPECT_TRUE(peer.sawEof);
}

TEST_P(DriverTest, LetsTheAcceptorWriteAndCloseAtOnce) {
  listener.atAccept = [&](Slot* slot) {
    outgoing.assign(1, segment("full"));
    const std::size_t taken = driver->write(slot, outgoing);
    driver->close(slot, CloseMode::kGraceful, taken == 4 ? std::vector<Segment>{} : outgoing, driver->now() + 1s);
    return true;
  };
  Peer peer = Peer::connectedTo(port->host());
  EXPECT_EQ(takeUntil(peer, 5), "full");
  EXPECT_TRUE(peer.sawEof);
  EXPECT_TRUE(listener.sinks[0]->quiet());
}

TEST_P(DriverTest, ConnectsInALaterPollAndKnowsBothAddresses) {
  Sink client;
  client.slot = driver->connect(port->host(), {}, client);
  EXPECT_TRUE(client.quiet());
  EXPECT_EQ(client.slot->peer(), port->host());
  ASSERT_TRUE(until([&] { return client.connected == 1 && listener.sinks.size() == 1; }));
  EXPECT_EQ(client.host, listener.sinks[0]->peer);
  EXPECT_EQ(client.peer, listener.sinks[0]->host);
}

TEST_P(DriverTest, BindsAClientWhereItIsTold) {
  Sink client;
  client.slot = driver->connect(port->host(), ConnectOptions{.bind = Address::ipv4(127, 0, 0, 2, 0)}, client);
  ASSERT_TRUE(until([&] { return client.connected == 1; }));
  EXPECT_EQ(client.host.host(), "127.0.0.2");
}

TEST_P(DriverTest, ReportsAnImpossibleBindInALaterPoll) {
  Sink client;
  client.slot = driver->connect(port->host(), ConnectOptions{.bind = Address::ipv4(192, 0, 2, 1, 0)}, client);
  EXPECT_TRUE(client.quiet());
  poll(5s);
  ASSERT_EQ(client.errors, 1);
  EXPECT_NE(client.error.check<ConnectBindError>(), nullptr) << client.error;
  close(client);
}

TEST_P(DriverTest, ReportsARefusedConnectInALaterPoll) {
  Sink client;
  client.slot = driver->connect(Address::ipv4(127, 0, 0, 1, 1), {}, client);
  EXPECT_TRUE(client.quiet());
  ASSERT_TRUE(until([&] { return client.errors == 1; }));
  EXPECT_NE(client.error.check<ConnectionRefusedError>(), nullptr) << client.error;
  EXPECT_NE(std::string(client.error.what()).find("127.0.0.1:1"), std::string::npos) << client.error;
  close(client);
  pump(5ms);
  EXPECT_EQ(client.errors, 1);
}

TEST_P(DriverTest, GivesUpAConnectThatIsClosedWithoutAnUpcall) {
  Sink client;
  client.slot = driver->connect(port->host(), {}, client);
  close(client, CloseMode::kAbort);
  pump(10ms);
  EXPECT_TRUE(client.quiet());
}

/// Takes all descriptors that the process may still open, while it lives. The process may open at
/// most 64 of them.
class NoDescriptors {
 public:
  NoDescriptors() {
    ::getrlimit(RLIMIT_NOFILE, &before_);
    const Peer next(::open("/dev/null", O_RDONLY));
    const rlimit few{static_cast<rlim_t>(next.descriptor()) + 64, before_.rlim_max};
    ::setrlimit(RLIMIT_NOFILE, &few);
  }
  ~NoDescriptors() { ::setrlimit(RLIMIT_NOFILE, &before_); }
  void take() {
    while (taken_.empty() || taken_.back().descriptor() >= 0) taken_.emplace_back(::open("/dev/null", O_RDONLY));
  }
  void giveBack() { taken_.clear(); }

 private:
  rlimit before_{};
  std::vector<Peer> taken_;
};

TEST_P(DriverTest, ReportsMissingDescriptorsAndGoesOnAcceptingLater) {
  NoDescriptors descriptors;  // io_uring keeps the limit of the moment when it began to accept
  // UBSan opens a pipe when it meets a dynamic type for the first time. These calls let it meet the
  // types of this test while descriptors are left: those of a connection, and that of the listener.
  // The call goes through the base class, as the driver's call does, and through a volatile
  // pointer, so that the compiler cannot see which object it is.
  const auto first = pair();
  Acceptor* volatile asTheDriverSeesIt = &listener;
  asTheDriverSeesIt->onAcceptError(posix::acceptFailure(EMFILE, port->host()));
  listener.errors = 0;
  Failure why;
  Peer peer(posix::openClient(port->host(), {}, posix::Blocking::kYes, why));
  descriptors.take();
  const posix::SocketAddress native = posix::toNative(port->host());
  EXPECT_EQ(::connect(peer.descriptor(), native.get(), native.length), 0);
  const bool reported = until([&] { return listener.errors > 0; });
  pump(20ms);
  const int errors = listener.errors;
  descriptors.giveBack();
  EXPECT_TRUE(reported);
  EXPECT_LE(errors, 2) << "a busy loop";
  EXPECT_TRUE(until([&] { return listener.accepted == 2; }));
}

// Bytes -------------------------------------------------------------------------------------------

TEST_P(DriverTest, CarriesBytesBothWays) {
  auto [sink, peer] = pair();
  peer.send("ping");
  ASSERT_TRUE(until([&] { return sink.data == "ping"; }));
  write(sink, "pong");
  EXPECT_EQ(takeUntil(peer, 4), "pong");
}

TEST_P(DriverTest, WritesWhatIsGivenInSegmentsInOrder) {
  auto [sink, peer] = pair();
  std::string expected;
  for (int i = 0; i < 200; ++i) {
    outgoing.push_back(segment(std::string(static_cast<std::size_t>(i % 7), static_cast<char>('a' + i % 26))));
    expected += outgoing.back().view().text();
  }
  const std::size_t taken = driver->write(sink.slot, outgoing);
  EXPECT_EQ(takeUntil(peer, expected.size()), expected);
  if (taken < expected.size()) {
    ASSERT_TRUE(until([&] { return !sink.written.empty(); }));
    EXPECT_EQ(sink.written, std::vector<std::size_t>{expected.size() - taken});
  }
}

TEST_P(DriverTest, SaysOnceWhenTheRestOfABigWriteIsTaken) {
  auto [sink, peer] = pair();
  const std::string big(8 * 1024 * 1024, 'b');
  outgoing.assign({segment(ByteView(big).sub(0, 5'000'000)), segment(ByteView(big).sub(5'000'000))});
  const std::size_t taken = driver->write(sink.slot, outgoing);
  ASSERT_LT(taken, big.size());
  pump(10ms);
  EXPECT_TRUE(sink.written.empty()) << "the peer has not read yet";
  EXPECT_EQ(takeUntil(peer, big.size()).size(), big.size());
  ASSERT_TRUE(until([&] { return !sink.written.empty(); }));
  pump(5ms);
  EXPECT_EQ(sink.written, std::vector<std::size_t>{big.size() - taken});
}

TEST_P(DriverTest, TakesAnotherWriteInsideOnWritten) {
  auto [sink, peer] = pair();
  std::vector<Segment> second{segment("end")};
  std::size_t taken = 0;
  sink.atWritten = [&] {
    if (sink.written.size() == 1) taken = driver->write(sink.slot, second);
  };
  const std::string big(4 * 1024 * 1024, 'b');
  write(sink, big);
  const std::string got = takeUntil(peer, big.size() + 3);
  EXPECT_EQ(got.size(), big.size() + 3);
  EXPECT_TRUE(got.ends_with("bend"));
}

TEST_P(DriverTest, TakesNothingOfAnEmptyWrite) {
  auto [sink, peer] = pair();
  EXPECT_EQ(driver->write(sink.slot, {}), 0u);
  write(sink, "x");
  EXPECT_EQ(takeUntil(peer, 1), "x");
}

TEST_P(DriverTest, DeliversManyStreamsInOnePoll) {
  std::vector<Peer> peers;
  for (int i = 0; i < 20; ++i) peers.push_back(pair().second);
  for (Peer& peer : peers) peer.send("hello");
  const auto all = [&] {
    for (const auto& sink : listener.sinks)
      if (sink->data != "hello") return false;
    return true;
  };
  EXPECT_TRUE(until(all));
}

TEST_P(DriverTest, LeavesARetainedChunkAloneWhileMoreArrives) {
  auto [sink, peer] = pair();
  std::vector<Segment> kept;
  sink.atChunk = [&](Chunk& chunk) { kept.push_back(chunk.retain(chunk.sub(0, chunk.size()))); };
  std::string expected;
  for (char letter = 'a'; letter <= 'f'; ++letter) {
    const std::string piece(30000, letter);
    expected += piece;
    peer.send(piece);
    ASSERT_TRUE(until([&] { return sink.data.size() == expected.size(); }));
  }
  std::string got;
  for (const Segment& one : kept) got += one.view().text();
  EXPECT_EQ(got, expected);
}

TEST_P(DriverTest, LetsTheLastOwnerOfARetainedChunkAppendToIt) {
  auto [sink, peer] = pair();
  Segment kept;
  sink.atChunk = [&](Chunk& chunk) { kept = chunk.retain(chunk.sub(0, chunk.size())); };
  peer.send(std::string(9000, 'k'));
  ASSERT_TRUE(until([&] { return sink.data.size() == 9000; }));
  const bool appended = kept.tryAppend("more");
  EXPECT_EQ(kept.view().sub(0, 9000).text(), std::string(9000, 'k'));
  EXPECT_EQ(kept.size(), appended ? 9004u : 9000u);
}

// Ends --------------------------------------------------------------------------------------------

TEST_P(DriverTest, ReportsEndOfStreamOnceAndKeepsTheOtherDirection) {
  auto [sink, peer] = pair();
  peer.send("last");
  peer.endWrite();
  ASSERT_TRUE(until([&] { return sink.eofs == 1; }));
  EXPECT_EQ(sink.data, "last");
  write(sink, "reply");
  EXPECT_EQ(takeUntil(peer, 5), "reply");
  pump(5ms);
  EXPECT_EQ(sink.eofs, 1);
}

TEST_P(DriverTest, EndsItsDirectionAndStillReceives) {
  auto [sink, peer] = pair();
  driver->shutdownWrite(sink.slot);
  EXPECT_EQ(takeUntil(peer, 1), "");
  EXPECT_TRUE(peer.sawEof);
  peer.send("answer");
  ASSERT_TRUE(until([&] { return sink.data == "answer"; }));
  peer.close();
  ASSERT_TRUE(until([&] { return sink.eofs == 1; }));
  pump(5ms);
  EXPECT_EQ(sink.errors, 0);
}

TEST_P(DriverTest, ReportsAResetOnceAsConnectionLost) {
  auto [sink, peer] = pair();
  peer.reset();
  ASSERT_TRUE(until([&] { return sink.errors == 1; }));
  EXPECT_TRUE(sink.error.same(connectionLost())) << sink.error;
  pump(5ms);
  EXPECT_EQ(sink.errors, 1);
  EXPECT_EQ(sink.eofs, 0);
  close(sink, CloseMode::kAbort);
}

TEST_P(DriverTest, DeliversWhatCameBeforeAReset) {
  auto [sink, peer] = pair();
  peer.send("famous last words");
  peer.reset();
  ASSERT_TRUE(until([&] { return sink.errors == 1; }));
  EXPECT_EQ(sink.data, "famous last words");
}

TEST_P(DriverTest, DeliversWhatCameWithAResetWhileTheStreamWasWatched) {
  auto [sink, peer] = pair();
  poll();  // the kernel knows that the stream reads
  peer.send("famous last words");
  peer.reset();
  ASSERT_TRUE(until([&] { return sink.errors == 1; }));
  EXPECT_EQ(sink.data, "famous last words");
}

TEST_P(DriverTest, ReportsAResetAfterEndOfStream) {
  auto [sink, peer] = pair();
  peer.endWrite();
  ASSERT_TRUE(until([&] { return sink.eofs == 1; }));
  peer.reset();
  if (GetParam() == "select") return;  // it cannot watch for errors alone: the next write tells
  EXPECT_TRUE(until([&] { return sink.errors == 1; }));
}

TEST_P(DriverTest, ReportsAFailedSendInTheNextPollAndTheEndWhenReadingIsOnAgain) {
  auto [sink, peer] = pair();
  driver->reading(sink.slot, false);
  pump(2ms);
  peer.reset();
  EXPECT_EQ(write(sink, "into the void"), 0u);
  EXPECT_TRUE(sink.quiet()) << "upcalls come from poll only";
  ASSERT_TRUE(until([&] { return sink.writeErrors == 1; }));
  EXPECT_NE(sink.writeError.check<ConnectionLost>(), nullptr);
  pump(5ms);
  EXPECT_EQ(sink.eofs + sink.errors, 0) << "something may wait to be read";
  EXPECT_TRUE(sink.written.empty());
  driver->reading(sink.slot, true);
  ASSERT_TRUE(until([&] { return sink.eofs + sink.errors == 1; }));
  close(sink, CloseMode::kAbort);
}

TEST_P(DriverTest, TakesNothingAfterAFailedSend) {
  auto [sink, peer] = pair();
  driver->reading(sink.slot, false);
  pump(2ms);
  peer.reset();
  write(sink, "into the void");
  ASSERT_TRUE(until([&] { return sink.writeErrors == 1; }));
  EXPECT_EQ(write(sink, "and more"), 0u);
  pump(5ms);
  EXPECT_EQ(sink.writeErrors, 1);
  EXPECT_TRUE(sink.written.empty());
  close(sink);
  pump(5ms);
}

TEST_P(DriverTest, AbortResetsThePeer) {
  auto [sink, peer] = pair();
  close(sink, CloseMode::kAbort);
  takeUntil(peer, 1);
  EXPECT_TRUE(peer.sawReset);
  EXPECT_TRUE(sink.quiet());
}

TEST_P(DriverTest, AbortDropsWhatIsInFlight) {
  auto [sink, peer] = pair();
  const std::string big(8 * 1024 * 1024, 'b');
  write(sink, big);
  close(sink, CloseMode::kAbort, 2s, std::exchange(outgoing, {}));
  EXPECT_LT(takeUntil(peer, big.size()).size(), big.size());
  EXPECT_TRUE(peer.sawReset);
  EXPECT_TRUE(sink.written.empty());
}

TEST_P(DriverTest, GracefulCloseKeepsAReplyWholeThoughInputIsUnread) {
  const std::string reply(200'000, 'r');
  for (int i = 0; i < 20; ++i) {
    auto [sink, peer] = pair();
    driver->reading(sink.slot, false);
    peer.send(std::string(50'000, 'u'));
    const std::size_t taken = write(sink, reply);
    close(sink, CloseMode::kGraceful, 5s, taken == reply.size() ? std::vector<Segment>{} : std::exchange(outgoing, {}));
    pump(1ms);
    peer.send("and some more");
    ASSERT_EQ(takeUntil(peer, reply.size() + 1).size(), reply.size());
    ASSERT_TRUE(peer.sawEof);
  }
}

TEST_P(DriverTest, GracefulCloseSendsABigRestAfterItsOwnerIsGone) {
  const std::string big(8 * 1024 * 1024, 'b');
  auto [sink, peer] = pair();
  const std::size_t taken = write(sink, big);
  ASSERT_LT(taken, big.size());
  close(sink, CloseMode::kGraceful, 5s, std::exchange(outgoing, {}));
  EXPECT_EQ(takeUntil(peer, big.size() + 1).size(), big.size());
  EXPECT_TRUE(peer.sawEof);
  EXPECT_TRUE(sink.quiet());
}

TEST_P(DriverTest, GracefulCloseDoesNotWaitForAnEndOfStreamThatWasSeen) {
  auto [sink, peer] = pair();
  peer.endWrite();
  ASSERT_TRUE(until([&] { return sink.eofs == 1; }));
  close(sink, CloseMode::kGraceful, 60s);
  takeUntil(peer, 1);
  EXPECT_TRUE(peer.sawEof);
}

TEST_P(DriverTest, EndsALingeringStreamAtItsDeadline) {
  auto [sink, peer] = pair();
  close(sink, CloseMode::kGraceful, 50ms);
  const Instant start = driver->now();
  // The peer stays, so that only the deadline ends the lingering. What the peer sends after that
  // meets a reset.
  until([&] { return driver->now() > start + 60ms; });
  EXPECT_EQ(driver->overdueSlots(), 0u);
  peer.take();
  EXPECT_TRUE(peer.sawEof);
  peer.send("anyone?");
  pump(5ms);
  EXPECT_LT(::send(peer.descriptor(), "x", 1, posix::kNoSignal), 0);
}

TEST_P(DriverTest, WakesUpForTheLingerDeadline) {
  auto [sink, peer] = pair();
  pump(5ms);
  // The clock is read before the close. Read after it, a slow machine puts the deadline before
  // start + 50ms, and the loop polls once more with nothing left that could wake it.
  const Instant start = driver->now();
  close(sink, CloseMode::kGraceful, 50ms);
  while (driver->now() < start + 50ms) poll(10s);
  EXPECT_LT(driver->now() - start, 2s);
}

TEST_P(DriverTest, ResetsAPeerThatDoesNotReadTheRestBeforeTheDeadline) {
  auto [sink, peer] = pair();
  const std::string big(16 * 1024 * 1024, 'b');
  write(sink, big);
  close(sink, CloseMode::kGraceful, 30ms, std::exchange(outgoing, {}));
  pump(60ms);
  EXPECT_EQ(driver->overdueSlots(), 0u);
  EXPECT_LT(takeUntil(peer, big.size()).size(), big.size());
  EXPECT_TRUE(peer.sawReset) << "a truncated reply must not look complete";
}

TEST_P(DriverTest, DiscardsWhatALingeringPeerSendsInBoundedPieces) {
  auto [sink, peer] = pair();
  close(sink, CloseMode::kGraceful, 60s);  // longer than a slow machine needs
  auto [other, calm] = pair();
  std::size_t sent = 0;
  for (int i = 0; i < 100; ++i) {
    sent += peer.stuff(1024 * 1024);
    poll(1ms);
  }
  EXPECT_GT(sent, 8u * 1024 * 1024) << "the flood was not drained";
  calm.send("me too");
  EXPECT_TRUE(until([&] { return other.data == "me too"; }));
}

INSTANTIATE_TEST_SUITE_P(Loopback, DriverTest, ::testing::ValuesIn(testedDrivers()), driverTestName);

}  // namespace teasel::drivertest
