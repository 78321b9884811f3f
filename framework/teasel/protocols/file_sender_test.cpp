#include <teasel/protocols/file_sender.hpp>

#include <gtest/gtest.h>

#include <algorithm>
#include <fstream>
#include <sstream>
#include <stdexcept>
#include <string>
#include <vector>

#include <teasel/core/errors.hpp>
#include <teasel/core/logger.hpp>
#include <teasel/fakes/string_transport.hpp>
#include <teasel/fakes/world/test/world_test_kit.hpp>
#include <teasel/fakes/world/world.hpp>
#include <teasel/protocol/connector.hpp>
#include <teasel/protocol/factory.hpp>

namespace teasel {
namespace {

using fakes::SimDriver;
using fakes::StringTransport;

std::string content(std::size_t size) {
  std::string bytes(size, '\0');
  for (std::size_t i = 0; i < size; ++i) bytes[i] = static_cast<char>('a' + i % 23);
  return bytes;
}

/// A source that counts how often it was asked.
struct Counted {
  std::string bytes;
  std::size_t at = 0, calls = 0;
  FileSender::Source source() & {
    return [this](std::span<char> into) {
      ++calls;
      const ByteView piece = ByteView(bytes).sub(at, into.size());
      std::copy(piece.begin(), piece.end(), into.begin());
      at += piece.size();
      return piece.size();
    };
  }
};

FileSender::Source of(std::string bytes) {
  return [bytes = std::move(bytes), at = std::size_t{0}](std::span<char> into) mutable {
    const ByteView piece = ByteView(bytes).sub(at, into.size());
    std::copy(piece.begin(), piece.end(), into.begin());
    at += piece.size();
    return piece.size();
  };
}

/// One transfer over a StringTransport, and what became of it.
struct Transfer {
  explicit Transfer(SimDriver::Mode mode = SimDriver::Mode::kReadiness)
      : wire(std::make_shared<fakes::test::Echo>(), mode, 30'000) {}
  void begin(FileSender::Source source, FileSender::Transform transform = nullptr) {
    Deferred<std::string> done = sender->beginFileTransfer(std::move(source), wire.transport(), std::move(transform));
    handle = done;
    done.addCallbacks([this](const std::string& last) { outcome = "sent, last [" + last + "]"; },
                      [this](const Failure& why) { outcome = why.name() + ": " + why.what(); });
  }
  void send(FileSender::Source source, FileSender::Transform transform = nullptr) {
    begin(std::move(source), std::move(transform));
    wire.settle();
  }
  std::shared_ptr<FileSender> sender = std::make_shared<FileSender>();
  StringTransport wire;
  Deferred<std::string> handle{nullptr};
  std::string outcome;
};

TEST(FileSender, SendsEverythingInPiecesAndFiresWithTheLastByte) {
  for (const SimDriver::Mode mode : {SimDriver::Mode::kReadiness, SimDriver::Mode::kCompletion}) {
    Transfer transfer(mode);
    Counted file{content(100'000)};
    transfer.begin(file.source());
    EXPECT_EQ(file.calls, 0u) << "not inside the call";
    transfer.wire.settle();
    EXPECT_EQ(transfer.wire.value(), file.bytes);
    EXPECT_EQ(transfer.outcome, std::string("sent, last [") + file.bytes.back() + "]");
    EXPECT_EQ(transfer.sender->bytesSent(), 100'000u);
    EXPECT_EQ(file.calls, 100'000 / FileSender::kChunkSize + 2) << "once for each piece, and for the end";
    EXPECT_TRUE(transfer.wire.connected());
  }
}

TEST(FileSender, FiresWithNothingForAnEmptySource) {
  Transfer transfer;
  transfer.send(of(""));
  EXPECT_EQ(transfer.outcome, "sent, last []");
  EXPECT_EQ(transfer.wire.value(), "");
}

TEST(FileSender, ReadsNoMoreThanThePeerTakes) {
  Transfer transfer;
  transfer.wire.stopReading();
  Counted file{content(1'000'000)};
  transfer.send(file.source());
  EXPECT_EQ(file.calls, 2u) << "the second piece does not fit the window";
  EXPECT_LE(transfer.wire.transport().pendingBytes(), FileSender::kChunkSize);
  transfer.wire.read(5000);
  EXPECT_EQ(file.calls, 3u);
  transfer.wire.read();
  EXPECT_EQ(transfer.wire.value(), file.bytes);
}

TEST(FileSender, IsAwaitedByLoseConnection) {
  Transfer transfer;
  Counted file{content(200'000)};
  transfer.begin(file.source());
  transfer.wire.transport().loseConnection();
  transfer.wire.settle();
  EXPECT_EQ(transfer.wire.value(), file.bytes);
  ASSERT_TRUE(transfer.wire.lost());
  EXPECT_EQ(transfer.wire.lost()->name(), "ConnectionDone");
  EXPECT_TRUE(transfer.outcome.starts_with("sent"));
}

TEST(FileSender, SendsWhatATransformMakesOfEachPiece) {
  Transfer transfer;
  Counted file{content(40'000)};
  transfer.send(file.source(), [](ByteView piece) { return std::to_string(piece.size()) + ';'; });
  EXPECT_EQ(transfer.wire.value(), "16384;16384;7232;");
  EXPECT_EQ(transfer.outcome, "sent, last [;]");
  EXPECT_EQ(transfer.sender->bytesSent(), 17u);
}

TEST(FileSender, GoesOnOverPiecesOfWhichTheTransformLeavesNothing) {
  Transfer transfer;
  Counted file{content(10 * FileSender::kChunkSize)};
  int piece = 0;
  transfer.send(file.source(), [&](ByteView) { return std::string(++piece % 5 == 0 ? "x" : ""); });
  EXPECT_EQ(transfer.wire.value(), "xx");
  EXPECT_EQ(transfer.outcome, "sent, last [x]");
}

TEST(FileSender, GivesUpOnATransformThatSwallowsEverything) {
  Transfer transfer;
  std::size_t asked = 0;
  transfer.send([&](std::span<char>) { return ++asked, std::size_t{1}; }, [](ByteView) { return std::string(); });
  EXPECT_EQ(transfer.outcome, "LimitExceeded: pieces in a row that a transform may leave empty is 1024, got 1025");
  EXPECT_EQ(asked, FileSender::kEmptyPieces);
  EXPECT_TRUE(transfer.wire.sawReset());
}

TEST(FileSender, AbortsAndFailsWithWhatTheSourceThrew) {
  LogCapture log;
  Transfer transfer;
  Counted file{content(FileSender::kChunkSize)};
  FileSender::Source source = file.source();
  transfer.send([&, inner = std::move(source)](std::span<char> into) mutable -> std::size_t {
    if (file.calls == 1) throw std::runtime_error("disk on fire");
    return inner(into);
  });
  EXPECT_EQ(transfer.outcome, "std::runtime_error: disk on fire");
  ASSERT_TRUE(transfer.wire.lost());
  EXPECT_EQ(transfer.wire.lost()->name(), "ConnectionAborted");
  const auto* aborted = transfer.wire.lost()->check<ConnectionAborted>();
  EXPECT_EQ(aborted->cause().name(), "std::runtime_error");
  EXPECT_EQ(aborted->site().text().substr(0, 15), "file_sender.cpp");
  EXPECT_NE(std::string(aborted->what()).find(", because of std::runtime_error: disk on fire"), std::string::npos)
      << aborted->what();
  EXPECT_TRUE(transfer.wire.sawReset()) << "the peer must not take what it got for the whole";
  EXPECT_TRUE(log.flushLoggedErrors().empty()) << "whoever has the Deferred knows";
}

TEST(FileSender, FailsOverASourceThatClaimsMoreThanThereWasRoomFor) {
  Transfer transfer;
  transfer.send([](std::span<char> into) { return into.size() + 1; });
  EXPECT_EQ(transfer.outcome, "UsageError: the source of a FileSender gave 16385 bytes where 16384 had room");
}

TEST(FileSender, FailsWithHowMuchWasSentWhenTheConnectionEnds) {
  Transfer transfer;
  transfer.wire.stopReading();
  transfer.send(of(content(100'000)));
  transfer.wire.reset();
  EXPECT_EQ(transfer.outcome, "FileTransferStopped: the transfer was stopped by its consumer after 32768 bytes");
  EXPECT_EQ(transfer.sender.use_count(), 1) << "nobody keeps it";
}

TEST(FileSender, FailsWhenTheConnectionIsOverAlready) {
  Transfer transfer;
  transfer.wire.reset();
  transfer.begin(of("never read"));
  EXPECT_EQ(transfer.outcome, "") << "not inside the call";
  transfer.wire.settle();
  EXPECT_EQ(transfer.outcome, "FileTransferStopped: the transfer was stopped by its consumer after 0 bytes");
}

TEST(FileSender, CancelledItSendsNoMoreAndTheConnectionStays) {
  Transfer transfer;
  transfer.wire.stopReading();
  Counted file{content(100'000)};
  transfer.send(file.source());
  transfer.handle.cancel();
  EXPECT_EQ(transfer.outcome.substr(0, 14), "CancelledError");
  transfer.wire.read();
  EXPECT_EQ(transfer.wire.value(), file.bytes.substr(0, 2 * FileSender::kChunkSize));
  EXPECT_TRUE(transfer.wire.connected());
  transfer.send(of("; next"));
  EXPECT_TRUE(transfer.wire.value().ends_with("; next"));
}

TEST(FileSender, MayBeCancelledByItsOwnSource) {
  Transfer transfer;
  const auto held = std::make_shared<int>(7);
  transfer.send([&transfer, held](std::span<char> into) {
    transfer.handle.cancel();
    into[0] = static_cast<char>('0' + *held);  // what the source captured is still there
    return std::size_t{1};
  });
  EXPECT_EQ(transfer.outcome.substr(0, 14), "CancelledError");
  EXPECT_EQ(transfer.wire.value(), "");
  EXPECT_EQ(held.use_count(), 1) << "and is let go afterwards";
}

TEST(FileSender, ReadsOneTransferAtATime) {
  Transfer transfer;
  transfer.begin(of("first"));
  EXPECT_THROW(transfer.sender->beginFileTransfer(of(""), transfer.wire.transport()), UsageError);
  EXPECT_THROW(transfer.sender->beginFileTransfer(FileSender::Source(), transfer.wire.transport()), UsageError);
  const auto other = std::make_shared<FileSender>();
  EXPECT_THROW(other->beginFileTransfer(of(""), transfer.wire.transport()), ProducerAlreadyRegistered);
  EXPECT_EQ(other.use_count(), 1);
}

TEST(FileSender, BeginsTheNextTransferInTheCallbackOfTheLast) {
  Transfer transfer;
  Counted second{"second"};
  transfer.sender
      ->beginFileTransfer(
          [done = false](std::span<char> into) mutable {
            if (std::exchange(done, true)) return std::size_t{0};
            into[0] = '1';
            return std::size_t{1};
          },
          transfer.wire.transport())
      .addCallbacks([&](const std::string&) { transfer.begin(second.source()); }, [](const Failure&) {});
  transfer.wire.settle();
  EXPECT_EQ(transfer.wire.value(), "1second");
  EXPECT_EQ(transfer.outcome, "sent, last [d]");
}

TEST(FileSender, LetsGoOfTheSourceWhenItIsDone) {
  Transfer transfer;
  const auto held = std::make_shared<int>();
  transfer.send([held](std::span<char>) { return std::size_t{0}; });
  EXPECT_EQ(held.use_count(), 1);
}

TEST(FileSender, ReadsAStream) {
  Transfer transfer;
  const auto stream = std::make_shared<std::istringstream>(content(50'000));
  transfer.send(FileSender::from(stream));
  EXPECT_EQ(transfer.wire.value(), content(50'000));
  EXPECT_TRUE(transfer.outcome.starts_with("sent"));
}

TEST(FileSender, TellsAStreamThatCouldNotBeOpenedFromAnEmptyOne) {
  Transfer transfer;
  transfer.send(FileSender::from(std::make_shared<std::ifstream>("/no such file")));
  EXPECT_EQ(transfer.outcome, "FileReadError: the stream was not opened, or had failed before");
  EXPECT_THROW(FileSender::from(nullptr), UsageError);
}

TEST(FileSender, FailsOverAStreamThatBreaksOff) {
  struct Breaks final : std::streambuf {
    int_type underflow() override { throw std::runtime_error("bad sector"); }
  };
  struct Stream final : std::istream {
    Stream() : std::istream(nullptr) { rdbuf(&breaks); }
    Breaks breaks;
  };
  Transfer transfer;
  transfer.send(FileSender::from(std::make_shared<Stream>()));
  EXPECT_EQ(transfer.outcome, "FileReadError: reading the stream failed");
}

/// Sends a text when it is connected, then closes.
struct Serves final : Protocol {
  Serves(std::string what, std::vector<std::string>& out) : text(std::move(what)), outcomes(out) {}
  void connectionMade() override {
    std::make_shared<FileSender>()
        ->beginFileTransfer(of(text), transport())
        .addCallbacks([this](const std::string&) { outcomes.push_back("sent"); },
                      [this](const Failure& why) { outcomes.push_back(why.name()); });
    transport().loseConnection();
  }
  std::string text;
  std::vector<std::string>& outcomes;
};

/// Keeps what it receives.
struct Takes final : Protocol {
  Takes(std::string& bytes, std::string& end) : received(bytes), reason(end) {}
  void dataReceived(ByteView data) override { received += data.text(); }
  void connectionLost(const Failure& why) override { reason = why.name(); }
  std::string& received;
  std::string& reason;
};

TEST(FileSender, WhateverTheNetworkDoesTheDeferredFiresOnceAndThePeerGetsAllOrIsTold) {
  const std::string text = content(60'000);
  int whole = 0, broken = 0;
  for (std::uint64_t seed = 1; seed <= 200; ++seed) {
    std::vector<std::string> outcomes;
    std::string received, reason;
    fakes::WorldOptions options;
    options.mode = seed % 2 == 0 ? SimDriver::Mode::kReadiness : SimDriver::Mode::kCompletion;
    options.window = 20'000;
    options.faults.reset = {1, 12};
    fakes::World world(options);
    world.choices().usePrng(seed);
    const auto served = Factory::forProtocol<Serves>(text, std::ref(outcomes));
    const auto taking = ClientFactory::forProtocol<Takes>(std::ref(received), std::ref(reason));
    served->noisy = taking->noisy = false;
    world.host("server").reactor().listenTCP(1, served);
    const auto connector = world.host("client").reactor().connectTCP(world.host("server").address().host(), 1, taking);
    world.runUntil([&] { return !outcomes.empty() && (connector->state() == Connector::State::kDisconnected); });
    world.advance(std::chrono::seconds(10));
    SCOPED_TRACE(seed);
    ASSERT_LE(outcomes.size(), 1u);
    ASSERT_TRUE(text.starts_with(received));
    if (outcomes.empty()) continue;  // the connection was reset before it was accepted
    ASSERT_TRUE(outcomes[0] == "sent" || outcomes[0] == "FileTransferStopped") << outcomes[0];
    ASSERT_TRUE(reason != "ConnectionDone" || received == text) << "broken off, and not told";
    (reason == "ConnectionDone" ? whole : broken) += 1;
  }
  EXPECT_GT(whole, 10);
  EXPECT_GT(broken, 10);
}

}  // namespace
}  // namespace teasel
