#include <teasel/transport/connection.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>
#include <limits>
#include <memory>
#include <span>
#include <string>

#include <teasel/core/errors.hpp>
#include <teasel/core/logger.hpp>
#include <teasel/transport/connection_test_kit.hpp>

namespace teasel::transport_tests {
namespace {

using ::testing::EndsWith;
using ::testing::HasSubstr;
using ::testing::StartsWith;

struct Open : ConnectionBench {
  Open() {
    makeConnection();
    calls.take();
  }
  const Failure& reason() {
    settle();
    return protocol->reason;
  }
};

TEST(Connection, IsConnectedFromConnectionMadeUntilItHasEnded) {
  ConnectionBench bench;
  EXPECT_FALSE(bench.connection->connected());
  bench.makeConnection();
  EXPECT_TRUE(bench.connection->connected());
  bench.driver->takes = false;
  bench.connection->write("waits");
  bench.connection->loseConnection();
  bench.settle();
  EXPECT_TRUE(bench.connection->connected()) << "it is flushing";
  bench.upcall([&] { bench.driver->stream->onWritten(5); });
  EXPECT_FALSE(bench.connection->connected());
}

TEST(Connection, IsNoLongerConnectedWhenAbortConnectionReturnsAlthoughConnectionLostComesLater) {
  Open bench;
  bench.connection->abortConnection();
  EXPECT_FALSE(bench.connection->connected());
  EXPECT_TRUE(bench.connection->disconnecting());
  EXPECT_FALSE(bench.protocol->reason) << "connectionLost comes in the closing phase";
  EXPECT_TRUE(bench.reason());
}

TEST(Connection, ALargeStringThatIsGivenAwayGoesOutFromWhereItIsBehindWhatWaits) {
  Open bench;
  bench.driver->takes = false;
  std::string text(100'000, 'o');
  const char* const place = text.data();
  bench.connection->write("first");
  bench.connection->writeOwned(std::move(text));
  bench.connection->write("last");
  EXPECT_EQ(bench.connection->pendingBytes(), 100'009u);
  bench.settle();
  ASSERT_EQ(bench.driver->offered.size(), 3u);
  EXPECT_EQ(bench.driver->offered[0].view(), ByteView("first"));
  EXPECT_EQ(bench.driver->offered[1].data(), place);
  EXPECT_EQ(bench.driver->offered[1].view().text(), std::string(100'000, 'o'));
  EXPECT_EQ(bench.driver->offered[2].view(), ByteView("last"));
  EXPECT_EQ(bench.connection->counters().bytesWritten, 100'009u);
}

TEST(Connection, AStringThatIsGivenAwayObeysTheWriteLimitAndTheEnd) {
  Open bench;
  bench.connection->setWriteLimit(99'999);
  bench.connection->writeOwned(std::string(100'000, 'o'));
  EXPECT_THAT(bench.reason().what(), HasSubstr("write limit"));
  bench.connection->writeOwned(std::string(5000, 'd'));
  EXPECT_EQ(bench.connection->counters().bytesDropped, 5000u);
}

/// A file of which nobody reads anything.
class NoBytes final : public File {
 public:
  explicit NoBytes(int descriptor) : descriptor_(descriptor) {}
  std::size_t read(std::uint64_t, std::span<char>) override { return 0; }
  int descriptor() const noexcept override { return descriptor_; }

 private:
  int descriptor_;
};
constexpr std::size_t kLarge = std::size_t{1} << 40;

TEST(ConnectionWriteFile, QueuesBytesOfAFileInTheirPlaceAndCountsThemAsWrittenAndPending) {
  Open bench;
  bench.driver->takes = false;
  const auto file = std::make_shared<NoBytes>(7);
  bench.connection->write("first");
  EXPECT_TRUE(bench.connection->writeFile(file, 1000, kLarge));
  bench.connection->write("last");
  EXPECT_EQ(bench.connection->pendingBytes(), kLarge + 9);
  bench.settle();
  ASSERT_EQ(bench.driver->offered.size(), 3u);
  EXPECT_EQ(bench.driver->offered[0].view(), ByteView("first"));
  ASSERT_TRUE(bench.driver->offered[1].isFile());
  EXPECT_EQ(&bench.driver->offered[1].file(), file.get());
  EXPECT_EQ(bench.driver->offered[1].offset(), 1000u);
  EXPECT_EQ(bench.driver->offered[1].size(), kLarge);
  EXPECT_EQ(bench.driver->offered[2].view(), ByteView("last"));
  EXPECT_EQ(bench.connection->counters().bytesWritten, kLarge + 9);
}

TEST(ConnectionWriteFile, FollowsTheBytesOfADeliveryThatAreWrittenBack) {
  struct Answers final : StreamProtocol {
    void makeConnection(std::shared_ptr<Transport> transport) override { us = std::move(transport); }
    void dataReceived(ByteView data) override {
      us->write(data);
      us->writeFile(std::make_shared<NoBytes>(7), 0, 100);
    }
    void connectionLost(const Failure&) override {}
    std::shared_ptr<Transport> us;
  };
  ConnectionBench bench;
  bench.owner = std::make_shared<NotingOwner>(bench.calls, std::make_shared<Answers>());
  bench.connection = Connection::connect(*bench.reactor, Address::ipv4(127, 0, 0, 1, 7), {}, bench.owner);
  bench.makeConnection();
  bench.receive("data");
  ASSERT_EQ(bench.driver->offered.size(), 2u);
  EXPECT_EQ(bench.driver->offered[0].view(), ByteView("data"));
  EXPECT_TRUE(bench.driver->offered[1].isFile());
}

TEST(ConnectionWriteFile, SaysThatItCannotWithoutADescriptorAndOnADriverThatSendsNoFiles) {
  Open bench;
  EXPECT_FALSE(bench.connection->writeFile(std::make_shared<NoBytes>(-1), 0, 10));
  bench.driver->files = false;
  EXPECT_FALSE(bench.connection->writeFile(std::make_shared<NoBytes>(7), 0, 10));
  EXPECT_THROW(bench.connection->writeFile(nullptr, 0, 10), UsageError);
  bench.settle();
  EXPECT_EQ(bench.calls.take(), "");
  EXPECT_EQ(bench.connection->counters().bytesWritten, 0u);
}

TEST(ConnectionWriteFile, BytesOfFilesAreNotMemoryAndDoNotCountForTheWriteLimit) {
  Open bench;
  bench.driver->takes = false;
  bench.connection->setWriteLimit(100 + 2 * Transport::kFileCost);
  const auto file = std::make_shared<NoBytes>(7);
  bench.connection->writeFile(file, 0, kLarge);
  bench.connection->write(std::string(60, 'm'));
  bench.settle();  // these are in flight; what follows is queued
  bench.connection->writeFile(file, 0, kLarge);
  bench.connection->write(std::string(40, 'm'));
  bench.settle();
  EXPECT_FALSE(bench.protocol->reason) << bench.protocol->reason;
  bench.connection->write("!");
  EXPECT_STREQ(bench.reason().what(), "write limit is 2148, got 2149");
}

TEST(ConnectionWriteFile, FilesThatWaitTakeAFixedPartOfTheWriteLimitEach) {
  Open bench;
  bench.driver->takes = false;
  bench.connection->setWriteLimit(10 * Transport::kFileCost);
  const auto file = std::make_shared<NoBytes>(7);
  for (int i = 0; i < 5; ++i) bench.connection->writeFile(file, 0, 1);
  bench.settle();  // in flight
  for (int i = 0; i < 5; ++i) bench.connection->writeFile(file, 0, 1);
  EXPECT_FALSE(bench.connection->disconnecting());
  EXPECT_TRUE(bench.connection->writeFile(file, 0, 1));
  EXPECT_STREQ(bench.reason().what(), "write limit is 10240, got 11264");
}

TEST(ConnectionWriteFile, WhatTheDriverHasTakenMakesRoomInTheWriteLimit) {
  Open bench;
  bench.driver->takes = false;
  bench.connection->setWriteLimit(Transport::kFileCost + 10);
  bench.connection->writeFile(std::make_shared<NoBytes>(7), 0, kLarge);
  bench.settle();
  bench.upcall([&] { bench.driver->stream->onWritten(kLarge); });
  bench.connection->writeFile(std::make_shared<NoBytes>(7), 0, kLarge);
  bench.connection->write(std::string(10, 'm'));
  bench.settle();
  EXPECT_FALSE(bench.protocol->reason) << bench.protocol->reason;
}

TEST(ConnectionWriteFile, RefusesAPlaceThatNoFileHas) {
  Open bench;
  bench.driver->takes = false;
  const auto file = std::make_shared<NoBytes>(7);
  constexpr auto kAll = std::numeric_limits<std::size_t>::max();
  EXPECT_THROW(bench.connection->writeFile(file, 0, kAll), UsageError);
  EXPECT_THROW(bench.connection->writeFile(file, kAll, 1), UsageError);
  EXPECT_THROW(bench.connection->writeFile(file, kAll / 2, 1), UsageError);
  EXPECT_EQ(bench.connection->pendingBytes(), 0u);
  EXPECT_TRUE(bench.connection->writeFile(file, 0, kAll / 2));
  EXPECT_THROW(bench.connection->writeFile(file, 0, kAll / 2), UsageError) << "both together cannot be counted";
  EXPECT_EQ(bench.connection->pendingBytes(), kAll / 2);
}

TEST(ConnectionWriteFile, IsDroppedAndCountedWhenNothingMayBeWritten) {
  Open bench;
  bench.connection->loseWriteConnection();
  EXPECT_TRUE(bench.connection->writeFile(std::make_shared<NoBytes>(7), 0, 10));
  EXPECT_EQ(bench.connection->counters().bytesDropped, 10u);
  bench.connection->abortConnection();
  bench.settle();
  EXPECT_FALSE(bench.connection->writeFile(std::make_shared<NoBytes>(7), 0, 10)) << "the reactor may be gone";
}

TEST(ConnectionWriteFile, AFileThatBreaksOffAbortsTheConnectionAndIsTheCause) {
  Open bench;
  bench.driver->takes = false;
  bench.connection->writeFile(std::make_shared<NoBytes>(7), 0, 10);
  bench.settle();
  bench.calls.take();
  const Failure why{FileReadError("bad sector")};
  bench.upcall([&] { bench.driver->stream->onError(why); });
  EXPECT_EQ(bench.calls.take(), "driver.close(abort) protocol.connectionLost(ConnectionAborted) owner.closed");
  EXPECT_TRUE(bench.protocol->reason.check<ConnectionAborted>()->cause().same(why));
}

/// A connection in which a send has failed while `waiting` bytes waited.
struct Broken : Open {
  explicit Broken(std::size_t waiting = 7, const std::function<void(Broken&)>& before = {}) {
    driver->takes = false;
    if (before) before(*this);
    connection->write(std::string(waiting, 'w'));
    settle();
    calls.take();
    upcall([this] { driver->stream->onWriteError(why); });
  }
  const Failure why{ConnectionLost("sending failed: ETIMEDOUT")};
};

TEST(ConnectionAfterAFailedSend, FreesItsOutputAndDropsAndCountsWrites) {
  Broken bench;
  EXPECT_EQ(bench.connection->pendingBytes(), 0u);
  EXPECT_TRUE(bench.connection->connected());
  EXPECT_FALSE(bench.connection->disconnecting());
  bench.connection->write("more");
  bench.settle();
  EXPECT_EQ(bench.connection->counters().writesDropped, 1u);
  EXPECT_EQ(bench.connection->counters().bytesDropped, 4u);
  EXPECT_EQ(bench.calls.take(), "") << "nothing goes to the driver any more";
}

TEST(ConnectionAfterAFailedSend, GivesConnectionLostTheErrorOfTheSendHoweverReceivingEnds) {
  for (const bool cleanly : {true, false}) {
    Broken bench;
    bench.receive("last words");
    bench.upcall([&] {
      if (cleanly) bench.driver->stream->onEof();
      else bench.driver->stream->onError(connectionLost());
    });
    EXPECT_EQ(bench.calls.take(),
              "protocol.dataReceived driver.close(abort) protocol.connectionLost(ConnectionLost) owner.closed");
    EXPECT_TRUE(bench.protocol->reason.same(bench.why)) << bench.protocol->reason;
  }
}

TEST(ConnectionAfterAFailedSend, ResumesAPushProducerThatWasPaused) {
  Broken bench(100'000, [](Broken& it) { it.connection->registerProducer(it.producer, true); });
  EXPECT_EQ(bench.calls.take(), "producer.resumeProducing");
}

TEST(ConnectionAfterAFailedSend, StopsAPullProducerSoThatNobodyWaitsForIt) {
  Broken bench(7, [](Broken& it) { it.connection->registerProducer(it.producer, false); });
  EXPECT_EQ(bench.calls.take(), "producer.stopProducing");
  bench.upcall([&] { bench.driver->stream->onEof(); });
  EXPECT_EQ(bench.calls.take(), "driver.close(abort) protocol.connectionLost(ConnectionLost) owner.closed");
}

TEST(ConnectionAfterAFailedSend, StopsAProducerThatComesLaterBeforeConnectionLost) {
  Broken bench;
  bench.connection->registerProducer(bench.producer, true);
  bench.settle();
  EXPECT_EQ(bench.calls.take(), "producer.stopProducing");
  bench.upcall([&] { bench.driver->stream->onEof(); });
  EXPECT_EQ(bench.calls.take(), "driver.close(abort) protocol.connectionLost(ConnectionLost) owner.closed");
}

TEST(ConnectionEndedBy, AbortConnectionNamesItsCaller) {
  Open bench;
  const int line = __LINE__ + 1;
  bench.connection->abortConnection();
  const auto* aborted = bench.reason().check<ConnectionAborted>();
  ASSERT_NE(aborted, nullptr) << bench.reason();
  EXPECT_EQ(aborted->site().text(), "connection_test.cpp:" + std::to_string(line));
  EXPECT_FALSE(aborted->cause());
  EXPECT_EQ(bench.reason().what(),
            "the connection was aborted on this side by abortConnection at connection_test.cpp:" + std::to_string(line));
}

TEST(ConnectionEndedBy, AbortConnectionNamesTheCauseThatItWasGiven) {
  Open bench;
  const Failure why(Boom(), Site{});
  bench.connection->abortConnection(Site::here(), why);
  const auto* aborted = bench.reason().check<ConnectionAborted>();
  ASSERT_NE(aborted, nullptr) << bench.reason();
  EXPECT_TRUE(aborted->cause().same(why));
  EXPECT_THAT(aborted->what(), StartsWith("the connection was aborted on this side by abortConnection at connection_test.cpp:"));
  EXPECT_THAT(aborted->what(), EndsWith(", because of transport_tests::Boom: boom"));
}

TEST(ConnectionEndedBy, TheFirstAbortConnectionIsTheOneThatIsNamed) {
  Open bench;
  bench.connection->abortConnection(Site::here(), Failure(Boom()));
  bench.connection->abortConnection();
  EXPECT_THAT(bench.reason().what(), HasSubstr("Boom"));
}

TEST(ConnectionEndedBy, TheWriteLimitIsNamedWithItsValueAndWhatWasSeen) {
  Open bench;
  bench.connection->setWriteLimit(3);
  bench.connection->write("four");
  EXPECT_STREQ(bench.reason().what(), "write limit is 3, got 4");
}

TEST(ConnectionEndedBy, AnExceptionIsTheReasonAndTheLogNamesTheCallback) {
  Open bench;
  LogCapture log;
  bench.protocol->throws = true;
  bench.receive("data");
  EXPECT_NE(bench.reason().check<Boom>(), nullptr) << bench.reason();
  EXPECT_TRUE(log.contains("exception out of dataReceived, the connection is aborted"));
}

TEST(ConnectionEndedBy, FailConnectionGivesTheFailureThatItWasGiven) {
  Open bench;
  const Failure why{Boom()};
  bench.connection->failConnection(why);
  EXPECT_TRUE(bench.reason().same(why));
}

}  // namespace
}  // namespace teasel::transport_tests
