#include <gtest/gtest.h>

#include <algorithm>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include <teasel/core/errors.hpp>
#include <teasel/protocols/file_sender.hpp>
#include <teasel/protocols/test/note_transport.hpp>

/// FileSender with a File. The contract suite has the same with real drivers and in the world.
namespace teasel {
namespace {

constexpr std::size_t kPiece = FileSender::kFilePiece;

/// A file in memory that claims to have a descriptor.
class Claims final : public File {
 public:
  explicit Claims(std::string content) : bytes(std::move(content)) {}
  std::size_t read(std::uint64_t offset, std::span<char> into) override {
    if (atRead) atRead();
    const ByteView piece = ByteView(bytes).sub(std::min<std::uint64_t>(offset, bytes.size()), into.size());
    std::ranges::copy(piece.text(), into.begin());
    return piece.size();
  }
  std::uint64_t size() override { return bytes.size(); }
  int descriptor() const noexcept override { return number; }

  std::string bytes;
  int number = 7;
  std::function<void()> atRead;
};

/// A transport that sends files, and asks for the next piece when the test says so.
class Sends final : public test::NoteTransport {
 public:
  void registerProducer(std::shared_ptr<Producer> it, bool) override { producer = std::move(it); }
  void unregisterProducer() override { producer = nullptr; }
  bool writeFile(const std::shared_ptr<File>& file, std::uint64_t offset, std::size_t length) override {
    if (!can) return false;
    files.push_back(file);
    calls += std::to_string(offset) + "+" + std::to_string(length) + " ";
    return true;
  }
  void abortConnection(Site, const Failure& why) override { aborted = why; }
  bool resume() {
    if (producer == nullptr) return false;
    const auto kept = producer;
    kept->resumeProducing();
    return true;
  }
  void run() {
    while (resume()) continue;
  }

  std::shared_ptr<Producer> producer;
  std::vector<std::shared_ptr<File>> files;
  std::string calls;
  bool can = true;
  Failure aborted;
};

struct Transfer {
  explicit Transfer(std::string bytes) : file(std::make_shared<Claims>(std::move(bytes))) {}
  void begin(FileSender::Transform transform = nullptr) {
    Deferred<std::string> done = sender->beginFileTransfer(file, transport, std::move(transform));
    handle = done;
    done.addCallbacks([this](const std::string& last) { outcome = "sent, last [" + last + "]"; },
                      [this](const Failure& why) { outcome = why.name() + ": " + why.what(); });
  }
  std::string run(FileSender::Transform transform = nullptr) {
    begin(std::move(transform));
    transport.run();
    return outcome;
  }
  std::shared_ptr<Claims> file;
  Sends transport;
  std::shared_ptr<FileSender> sender = std::make_shared<FileSender>();
  Deferred<std::string> handle{nullptr};
  std::string outcome;
};

std::string text(std::size_t size) { return std::string(size - 1, 't') + '!'; }

TEST(FileSenderOfAFile, GivesTheTransportPiecesAndReadsASmallRest) {
  Transfer transfer(text(2 * kPiece + 100));
  EXPECT_EQ(transfer.run(), "sent, last [!]");
  EXPECT_EQ(transfer.transport.calls, "0+262144 262144+262144 ");
  EXPECT_EQ(transfer.transport.written, transfer.file->bytes.substr(2 * kPiece));
  EXPECT_EQ(transfer.sender->bytesSent(), 2 * kPiece + 100);
}

TEST(FileSenderOfAFile, KnowsTheLastByteOfAPieceThatItHasNotRead) {
  Transfer transfer(text(kPiece));
  EXPECT_EQ(transfer.run(), "sent, last [!]");
  EXPECT_EQ(transfer.transport.calls, "0+262144 ");
  EXPECT_EQ(transfer.transport.written, "");
}

TEST(FileSenderOfAFile, ReadsWhatIsSmall) {
  Transfer transfer(text(FileSender::kChunkSize));
  EXPECT_EQ(transfer.run(), "sent, last [!]");
  EXPECT_EQ(transfer.transport.calls, "");
  EXPECT_EQ(transfer.transport.written, transfer.file->bytes);
}

TEST(FileSenderOfAFile, ReadsItForATransformAndWhereNothingElseIsPossible) {
  const std::string bytes = text(100'000);
  Transfer transformed(bytes), without(bytes), refused(bytes);
  EXPECT_EQ(transformed.run([](ByteView piece) { return piece.str() + '.'; }), "sent, last [.]");
  without.file->number = -1;
  EXPECT_EQ(without.run(), "sent, last [!]");
  refused.transport.can = false;
  EXPECT_EQ(refused.run(), "sent, last [!]");
  EXPECT_EQ(transformed.transport.calls + without.transport.calls + refused.transport.calls, "");
  EXPECT_EQ(transformed.transport.written.size(), bytes.size() + 7);
  EXPECT_TRUE(without.transport.written == bytes && refused.transport.written == bytes);
}

TEST(FileSenderOfAFile, ReadsAFileOfWhichNobodyKnowsTheSize) {
  struct Unsized final : File {
    std::size_t read(std::uint64_t offset, std::span<char> into) override {
      into[0] = 'u';
      return offset < 3 ? 1 : 0;
    }
    int descriptor() const noexcept override { return 7; }
  };
  Transfer transfer("");
  transfer.sender->beginFileTransfer(std::make_shared<Unsized>(), transfer.transport).addErrback([](const Failure&) {
    return std::string();
  });
  transfer.transport.run();
  EXPECT_EQ(transfer.transport.written, "uuu");
}

TEST(FileSenderOfAFile, SendsWhatIsAppendedBeforeItsEndIsReached) {
  Transfer transfer(text(kPiece));
  transfer.begin();
  transfer.transport.resume();
  transfer.file->bytes += text(kPiece);
  transfer.transport.run();
  EXPECT_EQ(transfer.transport.calls, "0+262144 262144+262144 ");
  EXPECT_EQ(transfer.outcome, "sent, last [!]");
}

TEST(FileSenderOfAFile, FailsAndAbortsWhenItBecameShorterThanItWas) {
  Transfer transfer(text(2 * kPiece + 100));
  transfer.begin();
  transfer.transport.resume();
  transfer.transport.resume();
  transfer.file->bytes.resize(1000);
  transfer.transport.run();
  const std::string why = "a file became shorter while it was sent: after 524288 of 524388 bytes there were no more";
  EXPECT_EQ(transfer.outcome, "FileReadError: " + why);
  EXPECT_EQ(transfer.transport.aborted.what(), why);
}

TEST(FileSenderOfAFile, FailsWithWhatTheDriverSaidOfItsFile) {
  Transfer transfer(text(2 * kPiece));
  transfer.begin();
  transfer.transport.resume();
  transfer.transport.files.back()->sendingFailed(Failure(FileReadError("bad sector")));
  transfer.transport.producer->stopProducing();
  EXPECT_EQ(transfer.outcome, "FileReadError: bad sector");
}

TEST(FileSenderOfAFile, WhatTheDriverSaysOfAnEarlierTransferDoesNotConcernTheNext) {
  Transfer transfer(text(2 * kPiece));
  transfer.begin();
  transfer.transport.resume();
  transfer.handle.cancel();
  transfer.begin();
  transfer.transport.resume();
  transfer.transport.files.front()->sendingFailed(Failure(FileReadError("bad sector")));
  transfer.transport.producer->stopProducing();
  EXPECT_EQ(transfer.outcome, "FileTransferStopped: the transfer was stopped by its consumer after 262144 bytes");
}

TEST(FileSenderOfAFile, MayBeCancelledByTheFileItself) {
  Transfer transfer(text(1000));
  transfer.file->atRead = [&] { transfer.handle.cancel(); };
  EXPECT_EQ(transfer.run().substr(0, 14), "CancelledError");
  EXPECT_EQ(transfer.transport.written, "");
  EXPECT_EQ(transfer.file.use_count(), 1) << "and is let go";
}

TEST(FileSenderOfAFile, LetsGoOfTheFileWhenItIsDone) {
  Transfer transfer(text(kPiece));
  transfer.run();
  transfer.transport.files.clear();
  EXPECT_EQ(transfer.file.use_count(), 1);
}

TEST(FileSenderOfAFile, ThereMustBeAFile) {
  Transfer transfer("");
  EXPECT_THROW(transfer.sender->beginFileTransfer(std::shared_ptr<File>(), transfer.transport), UsageError);
  EXPECT_EQ(transfer.transport.producer, nullptr);
}

}  // namespace
}  // namespace teasel
