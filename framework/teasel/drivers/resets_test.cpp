#include <teasel/drivers/resets_test_kit.hpp>

#include <algorithm>
#include <string>
#include <string_view>

#include <sys/ioctl.h>

#include <teasel/protocol/connector.hpp>
#include <teasel/protocols/file_sender.hpp>

/// What a protocol hears when a plain socket at the other end resets or closes the connection. The
/// table of resets is played against Linux itself first: it says what a driver can know.
namespace teasel::drivertest {

#ifdef __linux__

TEST(ResetTable, SaysWhatLinuxDoes) {
  for (const ResetRow& row : kResetTable)
    for (const std::size_t size : kResetArrivals) {
      SCOPED_TRACE(describe(row) + "; " + std::to_string(size) + " bytes arrive");
      LinuxStage stage;
      playReset(stage, row, true, std::string(size, 'x'));
      EXPECT_EQ(stage.us().sends, row.sends);
      EXPECT_EQ(stage.us().receiveAll(), row.received);
      EXPECT_EQ(stage.us().received.size(), size);
      EXPECT_EQ(errorName(posix::takeSocketError(stage.us().descriptor)), row.error);
    }
}

#endif

// Drivers -----------------------------------------------------------------------------------------

class ResetTest : public ::testing::TestWithParam<std::string> {
 public:
  void SetUp() override {
    if (std::string why; !variantAvailable(GetParam(), why)) GTEST_SKIP() << why;
  }
  void play(const ResetRow& row, bool paused, std::size_t size) {
    checkReset(row, paused, size, [&](bool half) { return ServedPeer(GetParam(), half); });
  }
};

TEST_P(ResetTest, AReaderHearsWhatTheTableSays) {
  for (const ResetRow& row : kResetTable)
    for (const std::size_t size : kResetArrivals) play(row, false, size);
}

TEST_P(ResetTest, APausedReaderHearsWhatTheTableSaysWhenItResumes) {
  for (const ResetRow& row : kResetTable)
    for (const std::size_t size : kResetArrivals) play(row, true, size);
}

TEST_P(ResetTest, HearsWhyItWasRefusedAlthoughItsNextWriteMeetsTheReset) {
  for (int round = 0; round < 10; ++round) {
    ServedPeer it(GetParam());
    it.connect();
    it.us().write("part one");
    it.settle();
    it.peer().send("ERR bad request");
    it.peer().close();
    it.us().write("part two");
    ASSERT_TRUE(it.until([&] { return it.hearer().lost(); }));
    EXPECT_EQ(it.hearer().received, "ERR bad request");
    EXPECT_EQ(it.hearer().heard, "lost:ConnectionLost");
  }
}

TEST_P(ResetTest, AResetInTheMidstOfALargeWriteIsNoCleanEnd) {
  for (int round = 0; round < 5; ++round)
    for (const bool halfCloseable : {false, true}) {
      ServedPeer it(GetParam(), halfCloseable);
      it.connect();
      it.us().pauseProducing();
      it.settle();
      it.us().write(std::string(std::size_t{8} << 20, 'u'));
      it.settle();
      it.us().resumeProducing();
      it.peer().send("0123456789");
      takeSome(it.peer(), 100'000);
      it.peer().reset();
      ASSERT_TRUE(it.until([&] { return it.hearer().lost(); }));
      ASSERT_EQ(it.hearer().heard, "lost:ConnectionLost") << "round " << round;
    }
}

/// The descriptor of a driver's listening socket. A driver does not tell it.
int listenerAt(const Address& address) {
  for (int descriptor = 3; descriptor < 1024; ++descriptor) {
    int listens = 0;
    socklen_t size = sizeof listens;
    if (::getsockopt(descriptor, SOL_SOCKET, SO_ACCEPTCONN, &listens, &size) == 0 && listens != 0 &&
        posix::localAddress(descriptor) == address)
      return descriptor;
  }
  return -1;
}

TEST_P(ResetTest, AServerThatAnswersEachPieceHearsAllThatArrivedBeforeTheReset) {
  constexpr std::size_t kSize = 150'000;
  ServedPeer it(GetParam());
  const int room = 1 << 20;  // so that the system takes it all before the driver looks
  ASSERT_EQ(::setsockopt(listenerAt(it.address()), SOL_SOCKET, SO_RCVBUF, &room, sizeof room), 0);
  it.connect();
  it.hearer().onData = [&] { it.us().write("answer"); };
  it.peer().send(std::string(kSize, 'x'));
#ifdef TIOCOUTQ
  int unacknowledged = 1;
  for (int tries = 0; tries < 2000 && unacknowledged != 0; ++tries) {
    ::usleep(500);
    ASSERT_EQ(::ioctl(it.peer().descriptor(), TIOCOUTQ, &unacknowledged), 0);
  }
  ASSERT_EQ(unacknowledged, 0);
#endif
  it.peer().reset();
  ASSERT_TRUE(it.until([&] { return it.hearer().lost(); }));
  EXPECT_EQ(it.hearer().received.size(), kSize);
  EXPECT_EQ(it.hearer().heard, "lost:ConnectionLost");
}

// A refused upload --------------------------------------------------------------------------------

/// Uploads 8 MB as soon as it is connected.
class Uploader final : public ResetHearer {
 public:
  static constexpr std::size_t kSize = std::size_t{8} << 20;
  void connectionMade() override {
    sender_
        ->beginFileTransfer(
            [left = kSize](std::span<char> into) mutable {
              const std::size_t count = std::min(left, into.size());
              std::fill_n(into.begin(), count, 'u');
              left -= count;
              return count;
            },
            transport())
        .addErrback([](const Failure&) { return std::string(); });
  }

 private:
  std::shared_ptr<FileSender> sender_ = std::make_shared<FileSender>();
};

class Uploaders final : public ClientFactory {
 public:
  Uploaders() { noisy = false; }
  std::shared_ptr<Protocol> buildProtocol(const Address&) override { return last = std::make_shared<Uploader>(); }
  std::shared_ptr<Uploader> last;
};

/// The server reads 100 kB of an upload, answers, and closes with input unread. The answer and the
/// reset arrive in our system while the driver does not look.
TEST_P(ResetTest, AnUploadHearsTheAnswerWithWhichItIsRefused) {
  constexpr int kRounds = 100;
  Reactor reactor(makeDriver(GetParam()));
  PlainListener server;
  int heard = 0;
  for (int round = 0; round < kRounds; ++round) {
    const auto uploads = std::make_shared<Uploaders>();
    reactor.connectTCP("127.0.0.1", server.address().port(), uploads);
    const auto turnUntil = [&](auto done) {
      for (int turns = 0; turns < 5000 && !done(); ++turns) reactor.turn(1ms);
      return done();
    };
    ASSERT_TRUE(turnUntil([&] { return server.waiting(); }));
    Peer peer = server.accept();
    std::size_t taken = 0;
    ASSERT_TRUE(turnUntil([&] { return (taken += takeSome(peer, 100'000 - taken)) == 100'000; }));
    ASSERT_TRUE(turnUntil([&] { return PlainListener::readable(peer.descriptor()); }));
    peer.send("413 Payload Too Large\r\n");
    peer.close();
    ASSERT_TRUE(turnUntil([&] { return uploads->last->lost(); }));
    heard += uploads->last->received == "413 Payload Too Large\r\n" ? 1 : 0;
    EXPECT_EQ(uploads->last->heard, "lost:ConnectionLost");
    uploads->last.reset();  // it holds the factory, too
  }
  EXPECT_EQ(heard, kRounds);
}

INSTANTIATE_TEST_SUITE_P(Loopback, ResetTest, ::testing::ValuesIn(testedDrivers()), driverTestName);

// Drivers alone -----------------------------------------------------------------------------------

class DriverResetTest : public DriverTest {};

TEST_P(DriverResetTest, AConnectionThatWasResetBeforeItWasNoticedIsMadeHeardAndLost) {
  PlainListener server;
  Sink client;
  client.slot = driver->connect(server.address(), {}, client);
  ASSERT_TRUE(until([&] { return server.waiting(); }));
  Peer peer = server.accept();
  peer.send("ERR busy");
  peer.reset();
  ASSERT_TRUE(until([&] { return client.errors + client.eofs == 1; }));
  EXPECT_EQ(client.connected, 1);
  EXPECT_EQ(client.data, "ERR busy");
  EXPECT_EQ(client.errors + client.writeErrors, 1) << "an end of stream alone would look like a clean end";
  EXPECT_TRUE((client.errors == 1 ? client.error : client.writeError).same(connectionLost()));
  EXPECT_EQ(client.peer, server.address());
  close(client, CloseMode::kAbort);
}

TEST_P(DriverResetTest, AfterAFailedSendAStreamThatIsPausedWaitsWithoutSpinning) {
  auto [sink, peer] = pair();
  driver->reading(sink.slot, false);
  pump(5ms);
  peer.send("held");
  peer.reset();
  write(sink, "into the void");
  ASSERT_TRUE(until([&] { return sink.writeErrors == 1; }));
  int polls = 0;
  for (const Instant end = driver->now() + 100ms; driver->now() < end; ++polls) poll(20ms);
  EXPECT_LT(polls, 20);
  EXPECT_EQ(sink.chunks + sink.eofs + sink.errors, 0);
  driver->reading(sink.slot, true);
  ASSERT_TRUE(until([&] { return sink.eofs + sink.errors == 1; }));
  EXPECT_EQ(sink.data, "held");
  close(sink, CloseMode::kAbort);
}

TEST_P(DriverResetTest, AResetIsReportedHoweverLongAfterTheEndOfStreamItComes) {
  if (GetParam() == "select") GTEST_SKIP() << "select(2) cannot watch for errors alone";
  auto [sink, peer] = pair();
  peer.endWrite();
  ASSERT_TRUE(until([&] { return sink.eofs == 1; }));
  int polls = 0;
  for (const Instant end = driver->now() + 50ms; driver->now() < end; ++polls) poll(20ms);
  EXPECT_LT(polls, 20) << "an end of stream that was delivered keeps the loop busy";
  peer.reset();
  ASSERT_TRUE(until([&] { return sink.errors == 1; }));
  EXPECT_TRUE(sink.error.same(connectionLost()));
  close(sink, CloseMode::kAbort);
}

TEST_P(DriverResetTest, AFailedSendBehindTheEndOfStreamIsTheLastUpcall) {
  auto [sink, peer] = pair();
  peer.endWrite();
  ASSERT_TRUE(until([&] { return sink.eofs == 1; }));
  peer.reset();
  write(sink, "into the void");
  ASSERT_TRUE(until([&] { return sink.errors == 1; }));
  EXPECT_EQ(sink.writeErrors, 0);
  EXPECT_NE(sink.error.check<ConnectionLost>(), nullptr);
  close(sink, CloseMode::kAbort);
}

TEST_P(DriverResetTest, AStreamWhoseSendHasFailedClosesGracefullyAtOnce) {
  auto [sink, peer] = pair();
  driver->reading(sink.slot, false);
  pump(5ms);
  peer.reset();
  write(sink, "into the void");
  ASSERT_TRUE(until([&] { return sink.writeErrors == 1; }));
  close(sink, CloseMode::kGraceful, 50ms);
  pump(60ms);
  EXPECT_EQ(driver->overdueSlots(), 0u);
  EXPECT_EQ(sink.eofs + sink.errors, 0);
}

INSTANTIATE_TEST_SUITE_P(Loopback, DriverResetTest, ::testing::ValuesIn(testedDrivers()), driverTestName);

}  // namespace teasel::drivertest
