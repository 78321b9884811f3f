#include <teasel/drivers/file_test_kit.hpp>

#include <algorithm>
#include <csignal>
#include <ctime>
#include <span>
#include <thread>
#include <utility>
#include <vector>

#include <fcntl.h>
#include <sys/sendfile.h>
#include <sys/syscall.h>

#include <teasel/drivers/detail/posix/file_sending.hpp>

/// Drivers that send bytes of files.

// This program's own: the drivers call it in place of the C library's.
extern "C" ssize_t sendfile(int out, int in, off_t* offset, std::size_t count) noexcept {
  auto& calls = teasel::drivertest::sendfileCalls();
  ++calls.count;
  calls.most = std::max(calls.most, count);
  if (calls.failWith != 0) {
    errno = calls.failWith;
    return -1;
  }
  if (calls.breaksAfter != 0) {
    count = std::exchange(calls.breaksAfter, 0);
    calls.failWith = EPIPE;
    ::pthread_kill(::pthread_self(), SIGPIPE);
  }
  const long moved = ::syscall(SYS_sendfile, out, in, offset, count);
  if (moved > 0) calls.moved += static_cast<std::size_t>(moved);
  return moved;
}

namespace teasel::drivertest {

SendfileCalls& sendfileCalls() {
  static SendfileCalls calls;
  return calls;
}

namespace {

constexpr bool kSystemMoves = TEASEL_LINUX_SYSTEM == 1;
/// More than both sockets of a connection hold.
constexpr std::size_t kMuch = std::size_t{12} << 20;

class FileDriverTest : public DriverTest {
 public:
  /// Writes the segments, which live until onWritten.
  std::size_t write(Sink& sink, std::vector<Segment> segments) {
    outgoing = std::move(segments);
    return driver->write(sink.slot, outgoing);
  }
  std::size_t write(Sink& sink, const std::shared_ptr<NotedFile>& file, std::uint64_t offset, std::size_t size) {
    return write(sink, {Segment::ofFile(file, offset, size)});
  }
  /// Writes more of a file than fits, and waits until nothing more goes out.
  std::shared_ptr<NotedFile> clog(Sink& sink) {
    auto file = noted(content(kMuch));
    write(sink, file, 0, kMuch);
    pump(20ms);
    EXPECT_TRUE(sink.written.empty());
    return file;
  }
};

TEST_P(FileDriverTest, SendsBytesOfFilesInTheirPlaceBetweenBytesInMemory) {
  const WatchSendfile calls;
  auto [sink, peer] = pair();
  const std::string bytes = content(300'000);
  const auto one = noted(bytes), other = noted("second file");
  const std::string expected = "before" + bytes.substr(1000, 200'000) + "between" + "cond fi" + bytes.substr(299'999) + "after";
  write(sink, {segment("before"), Segment::ofFile(one, 1000, 200'000), segment("between"), Segment::ofFile(other, 2, 7),
               Segment::ofFile(one, 299'999, 1), segment("after")});
  EXPECT_EQ(takeUntil(peer, expected.size()), expected);
  EXPECT_EQ(calls->moved, kSystemMoves ? 200'008u : 0u) << "without a copy through this process";
  EXPECT_EQ(sink.errors + sink.writeErrors, 0);
}

TEST_P(FileDriverTest, SendsTheRestWhenTheSocketHasRoomAndReportsItOnce) {
  const WatchSendfile calls;
  auto [sink, peer] = pair();
  const auto file = noted(content(kMuch));
  const std::size_t taken = write(sink, file, 0, kMuch);
  EXPECT_LT(taken, kMuch);
  pump(20ms);
  EXPECT_TRUE(sink.written.empty());
  EXPECT_EQ(takeUntil(peer, kMuch), content(kMuch));
  ASSERT_TRUE(until([&] { return sink.written.size() == 1; }));
  EXPECT_EQ(sink.written[0], kMuch - taken);
  EXPECT_EQ(calls->moved, kSystemMoves ? kMuch : 0u);
}

TEST_P(FileDriverTest, OneStreamSendsAMebibyteInOnePollAtMost) {
  if (!kSystemMoves) GTEST_SKIP() << "this system has no sendfile whose calls could be counted";
  auto [sink, peer] = pair();
  const auto file = noted(content(kMuch));
  std::string got;
  WatchSendfile calls;
  write(sink, file, 0, kMuch);
  for (int polls = 0; polls < 5000 && got.size() < kMuch; ++polls) {
    EXPECT_LE(calls->moved, std::size_t{1} << 20);
    EXPECT_LE(calls->most, std::size_t{1} << 20);
    got += peer.take();
    sendfileCalls() = {};
    poll(5ms);
  }
  EXPECT_EQ(got, content(kMuch));
}

TEST_P(FileDriverTest, OneStreamSendsAMebibyteInOnePollAtMostAlsoOfManyFilesBehindHeaders) {
  if (!kSystemMoves) GTEST_SKIP() << "this system has no sendfile whose calls could be counted";
  constexpr std::size_t kFiles = 400, kSize = 20'000;
  auto [sink, peer] = pair();
  const auto file = noted(content(kSize));
  std::vector<Segment> all;
  for (std::size_t i = 0; i < kFiles; ++i) all.push_back(segment("h")), all.push_back(Segment::ofFile(file, 0, kSize));
  const std::jthread reader([fd = peer.descriptor()] {
    std::vector<char> piece(65536);
    while (::recv(fd, piece.data(), piece.size(), 0) > 0) continue;
  });
  WatchSendfile calls;
  write(sink, std::move(all));
  for (int polls = 0; polls < 5000 && sink.written.empty(); ++polls) {
    EXPECT_LE(calls->moved, std::size_t{1} << 20);
    sendfileCalls() = {};
    poll(1ms);
  }
  EXPECT_EQ(sink.written.size(), 1u);
  close(sink);
  pump(5ms);
}

TEST_P(FileDriverTest, SendsFromBeyondFourGigabytesOfAFileWithHoles) {
  constexpr std::uint64_t kFar = (std::uint64_t{5} << 30) + 17;
  auto [sink, peer] = pair();
  const auto file = noted("begin");
  file->resize(kFar);
  std::ofstream(file->path(), std::ios::binary | std::ios::app) << "the end";
  write(sink, file, kFar - 100'000, 100'007);
  EXPECT_EQ(takeUntil(peer, 100'007), std::string(100'000, '\0') + "the end");
}

TEST_P(FileDriverTest, ReadsAFileThatTheSystemCannotMove) {
  const WatchSendfile calls;
  for (const int error : {EINVAL, ENOSYS, EOPNOTSUPP, EIO}) {
    calls->failWith = error;
    auto [sink, peer] = pair();
    const auto file = noted(content(kMuch / 4));
    write(sink, {segment("head"), Segment::ofFile(file, 3, kMuch / 4 - 3), segment("tail")});
    EXPECT_TRUE(takeUntil(peer, kMuch / 4 + 5) == "head" + content(kMuch / 4).substr(3) + "tail") << posix::errorText(error);
    EXPECT_EQ(file->failures, 0);
  }
  EXPECT_EQ(calls->count > 0, kSystemMoves);
}

TEST_P(FileDriverTest, NeverMovesBytesToAnAdoptedSocketThatSomebodyElseMayMakeWait) {
  const WatchSendfile calls;
  int ends[2];
  ASSERT_EQ(::socketpair(AF_UNIX, SOCK_STREAM, 0, ends), 0);
  Peer peer(ends[1]);
  Sink sink;
  Failure why;
  sink.slot = driver->adoptStream(ends[0], sink, why);
  ASSERT_TRUE(until([&] { return sink.connected == 1; }));
  ASSERT_TRUE(posix::setBlocking(ends[0], posix::Blocking::kYes));
  const auto file = noted(content(100'000));
  write(sink, file, 0, 100'000);
  pump(5ms);
  EXPECT_EQ(takeUntil(peer, 100'000), content(100'000));
  EXPECT_EQ(calls->count, 0);
  close(sink, CloseMode::kAbort);
  ::close(ends[0]);
}

// Files that break off ----------------------------------------------------------------------------

TEST_P(FileDriverTest, AFileThatBecomesShorterWhileItWaitsIsAnErrorAndThePeerSeesAReset) {
  auto [sink, peer] = pair();
  const auto file = clog(sink);
  file->resize(std::size_t{1} << 20);
  std::string got;
  ASSERT_TRUE(until([&] { return got += peer.take(), sink.errors == 1; }));
  ASSERT_NE(sink.error.check<FileReadError>(), nullptr) << sink.error;
  EXPECT_NE(std::string(sink.error.what()).find("became shorter"), std::string::npos) << sink.error;
  EXPECT_TRUE(file->failure.same(sink.error));
  EXPECT_EQ(file->failures, 1);
  close(sink, CloseMode::kAbort, 2s, std::move(outgoing));
  ASSERT_TRUE(until([&] { return got += peer.take(), peer.sawReset || peer.sawEof; }));
  EXPECT_TRUE(peer.sawReset);
  EXPECT_TRUE(sink.written.empty());
}

TEST_P(FileDriverTest, AFileThatHasNoBytesThereIsReportedInALaterPoll) {
  auto [sink, peer] = pair();
  const auto file = noted("short");
  write(sink, {segment("head"), Segment::ofFile(file, 5, 100)});
  EXPECT_EQ(sink.errors, 0);
  ASSERT_TRUE(until([&] { return sink.errors == 1; }));
  EXPECT_NE(sink.error.check<FileReadError>(), nullptr) << sink.error;
  pump(5ms);
  EXPECT_EQ(sink.errors + sink.writeErrors + sink.eofs, 1) << "no upcall follows";
  close(sink, CloseMode::kGraceful, 2s, std::move(outgoing));
  ASSERT_TRUE(until([&] { return peer.take(), peer.sawReset || peer.sawEof; }));
  EXPECT_TRUE(peer.sawReset) << "even a graceful close must not make it look whole";
}

/// A folder cannot be read.
class Folder final : public File {
 public:
  ~Folder() override { ::close(descriptor_); }
  std::size_t read(std::uint64_t, std::span<char>) override { return 0; }
  int descriptor() const noexcept override { return descriptor_; }

 private:
  int descriptor_ = ::open("/", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
};

TEST_P(FileDriverTest, AFileThatCannotBeReadIsAnErrorThatSaysWhy) {
  auto [sink, peer] = pair();
  write(sink, {Segment::ofFile(std::make_shared<Folder>(), 0, 100)});
  ASSERT_TRUE(until([&] { return sink.errors == 1; }));
  EXPECT_NE(std::string(sink.error.what()).find("EISDIR"), std::string::npos) << sink.error;
  close(sink, CloseMode::kAbort, 2s, std::move(outgoing));
}

TEST_P(FileDriverTest, APlaceThatNoFileHasIsAnError) {
  auto [sink, peer] = pair();
  write(sink, noted("short"), ~std::uint64_t{0} - 100, 50);
  ASSERT_TRUE(until([&] { return sink.errors == 1; }));
  EXPECT_NE(std::string(sink.error.what()).find("EOVERFLOW"), std::string::npos) << sink.error;
  close(sink, CloseMode::kAbort, 2s, std::move(outgoing));
}

// Ends --------------------------------------------------------------------------------------------

TEST_P(FileDriverTest, AGracefulCloseSendsTheRestOfTheFileAndThenTheEnd) {
  auto [sink, peer] = pair();
  std::weak_ptr<NotedFile> file = clog(sink);
  close(sink, CloseMode::kGraceful, 10s, std::move(outgoing));
  EXPECT_EQ(takeUntil(peer, kMuch), content(kMuch));
  EXPECT_TRUE(until([&] { return peer.take(), peer.sawEof; }));
  peer.close();
  EXPECT_TRUE(until([&] { return file.expired(); })) << "nobody keeps the file open";
}

TEST_P(FileDriverTest, AFileThatBreaksOffAfterAGracefulCloseResetsTheStream) {
  auto [sink, peer] = pair();
  const auto file = clog(sink);
  close(sink, CloseMode::kGraceful, 10s, std::move(outgoing));
  file->resize(1000);
  ASSERT_TRUE(until([&] { return peer.take(), peer.sawReset || peer.sawEof; }));
  EXPECT_TRUE(peer.sawReset);
}

TEST_P(FileDriverTest, AnAbortDropsTheFileAndLetsItGo) {
  auto [sink, peer] = pair();
  std::weak_ptr<NotedFile> file = clog(sink);
  close(sink, CloseMode::kAbort, 2s, std::move(outgoing));
  EXPECT_TRUE(until([&] { return file.expired() && (peer.take(), peer.sawReset); }));
}

TEST_P(FileDriverTest, AnEndOfOurDirectionFollowsTheFile) {
  auto [sink, peer] = pair();
  const auto file = noted(content(500'000));
  const std::size_t taken = write(sink, file, 0, 500'000);
  std::string got;
  ASSERT_TRUE(until([&] { return got += peer.take(), taken == 500'000 || sink.written.size() == 1; }));
  driver->shutdownWrite(sink.slot);
  ASSERT_TRUE(until([&] { return got += peer.take(), peer.sawEof; }));
  EXPECT_EQ(got, content(500'000));
  peer.send("still heard");
  EXPECT_TRUE(until([&] { return sink.data == "still heard"; }));
}

TEST_P(FileDriverTest, APeerThatResetsAmidAFileIsReportedAndRaisesNoSignal) {
  auto [sink, peer] = pair();
  const auto file = clog(sink);
  peer.reset();
  ASSERT_TRUE(until([&] { return sink.writeErrors + sink.errors > 0; }));
  EXPECT_NE((sink.errors > 0 ? sink.error : sink.writeError).check<ConnectionLost>(), nullptr);
  EXPECT_EQ(file->failures, 0) << "it is not the file that failed";
  sigset_t waiting;
  ASSERT_EQ(::sigpending(&waiting), 0);
  EXPECT_EQ(::sigismember(&waiting, SIGPIPE), 0);
  close(sink, CloseMode::kAbort, 2s, std::move(outgoing));
}

TEST_P(FileDriverTest, AFileToAPeerThatIsGoneRaisesNoSignal) {
  auto [sink, peer] = pair();
  driver->reading(sink.slot, false);
  pump(5ms);
  peer.reset();
  write(sink, noted(content(1000)), 0, 1000);
  ASSERT_TRUE(until([&] { return sink.writeErrors + sink.errors > 0; }));
  close(sink, CloseMode::kAbort, 2s, std::move(outgoing));
}

TEST_P(FileDriverTest, ReadingGoesOnWhileAFileWaits) {
  auto [sink, peer] = pair();
  const auto file = clog(sink);
  peer.send("hello");
  EXPECT_TRUE(until([&] { return sink.data == "hello"; }));
  EXPECT_EQ(takeUntil(peer, kMuch), content(kMuch));
}

TEST_P(FileDriverTest, AFileThatWaitsForRoomDoesNotKeepTheLoopBusy) {
  auto [sink, peer] = pair();
  const auto file = clog(sink);
  int polls = 0;
  for (const Instant end = driver->now() + 100ms; driver->now() < end; ++polls) poll(20ms);
  EXPECT_LT(polls, 30);
}

// The call ----------------------------------------------------------------------------------------

/// While it lives, SIGPIPE waits for this thread and does not end the program.
class BlockSigPipe {
 public:
  BlockSigPipe() {
    ::sigemptyset(&pipe_);
    ::sigaddset(&pipe_, SIGPIPE);
    ::pthread_sigmask(SIG_BLOCK, &pipe_, &before_);
  }
  BlockSigPipe(const BlockSigPipe&) = delete;
  BlockSigPipe& operator=(const BlockSigPipe&) = delete;
  ~BlockSigPipe() {
    while (take()) continue;
    ::pthread_sigmask(SIG_SETMASK, &before_, nullptr);
  }
  /// Takes one that waits. Returns whether there was one.
  bool take() const {
    const timespec now{};
    return ::sigtimedwait(&pipe_, nullptr, &now) == SIGPIPE;
  }

 private:
  sigset_t pipe_, before_;
};

TEST(MoveToSocket, ABrokenPipeLeavesNoSignalButOneThatHadWaitedBefore) {
  if (!kSystemMoves) GTEST_SKIP() << "this system has no sendfile";
  int ends[2];
  ASSERT_EQ(::socketpair(AF_UNIX, SOCK_STREAM, 0, ends), 0);
  ::close(ends[1]);
  const auto file = noted("bytes");
  EXPECT_EQ(posix::moveToSocket(ends[0], file->descriptor(), 0, 5), -1);
  EXPECT_EQ(errno, EPIPE) << "and the signal has not ended this program";
  const BlockSigPipe blocked;
  EXPECT_EQ(posix::moveToSocket(ends[0], file->descriptor(), 0, 5), -1);
  EXPECT_FALSE(blocked.take());
  ASSERT_EQ(::pthread_kill(::pthread_self(), SIGPIPE), 0);
  EXPECT_EQ(posix::moveToSocket(ends[0], file->descriptor(), 0, 5), -1);
  EXPECT_TRUE(blocked.take());
  ::close(ends[0]);
}

/// A stream over which the next file breaks off after 3 bytes.
struct Breaking {
  Breaking() {
    EXPECT_EQ(::socketpair(AF_UNIX, SOCK_STREAM, 0, ends), 0);
    calls->breaksAfter = 3;
  }
  Breaking(const Breaking&) = delete;
  Breaking& operator=(const Breaking&) = delete;
  ~Breaking() { ::close(ends[0]), ::close(ends[1]); }
  int ends[2] = {-1, -1};
  std::shared_ptr<NotedFile> file = noted("bytes");
  WatchSendfile calls;
};

TEST(MoveToSocket, APipeThatBreaksAfterSomeBytesLeavesNoSignal) {
  if (!kSystemMoves) GTEST_SKIP() << "this system has no sendfile";
  const Breaking stream;
  const BlockSigPipe blocked;
  EXPECT_EQ(posix::moveToSocket(stream.ends[0], stream.file->descriptor(), 0, 5), 3);
  EXPECT_FALSE(blocked.take());
}

TEST(SendFile, SaysWhatBrokeItOffAfterSomeBytesBecauseNobodyElseWillHearOfIt) {
  if (!kSystemMoves) GTEST_SKIP() << "this system has no sendfile";
  const Breaking stream;
  const posix::FileSent sent = posix::sendFile(stream.ends[0], stream.file->descriptor(), 0, 5, posix::FileWay::kKernel);
  EXPECT_EQ(sent.bytes, 3u);
  EXPECT_EQ(sent.socketError, EPIPE);
  EXPECT_EQ(sent.fileError, 0);
}

INSTANTIATE_TEST_SUITE_P(Loopback, FileDriverTest, ::testing::ValuesIn(testedDrivers()), driverTestName);

}  // namespace
}  // namespace teasel::drivertest
