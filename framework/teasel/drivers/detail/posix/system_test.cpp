#include <teasel/drivers/detail/posix/system.hpp>

#include <cerrno>
#include <chrono>
#include <string>
#include <utility>
#include <vector>

#include <fcntl.h>
#include <unistd.h>

#include <gtest/gtest.h>

#include <teasel/core/failure.hpp>
#include <teasel/drivers/detail/posix/clock.hpp>
#include <teasel/drivers/detail/posix/sockets.hpp>
#include <teasel/drivers/detail/posix/wake.hpp>

/// Two programs run these: drivers_test on Linux's calls, drivers_portable_test on those of POSIX.
namespace teasel::posix {

namespace {

using namespace std::chrono_literals;

bool closedOnExec(int descriptor) { return (::fcntl(descriptor, F_GETFD) & FD_CLOEXEC) != 0; }
bool blocks(int descriptor) { return (::fcntl(descriptor, F_GETFL) & O_NONBLOCK) == 0; }

/// A descriptor that is closed in the end.
class Owned {
 public:
  explicit Owned(int descriptor) : descriptor_(descriptor) { EXPECT_GE(descriptor, 0) << errorText(errno); }
  Owned(const Owned&) = delete;
  Owned& operator=(const Owned&) = delete;
  ~Owned() { close(); }
  operator int() const { return descriptor_; }
  void close() {
    if (descriptor_ >= 0) ::close(std::exchange(descriptor_, -1));
  }

 private:
  int descriptor_;
};

/// The two ends of a TCP connection; `accepted` is acceptSocket's.
struct Connection {
  explicit Connection(const Owned& port) : client(openSocket(AF_INET, Blocking::kYes)), accepted(accept(port, client)) {}
  static int accept(int port, int client) {
    const SocketAddress to = toNative(localAddress(port));
    EXPECT_EQ(::connect(client, to.get(), to.length), 0);
    SocketAddress peer;
    const int accepted = acceptSocket(port, peer);
    EXPECT_EQ(fromNative(peer), localAddress(client));
    return accepted;
  }
  Owned client, accepted;
};

int listener() {
  Failure why;
  return openListener(Address::ipv4(127, 0, 0, 1, 0), 5, Blocking::kNo, why);
}

}  // namespace

TEST(System, ASocketBlocksIfItIsToldAndIsClosedOnExec) {
  for (const Blocking blocking : {Blocking::kNo, Blocking::kYes}) {
    const Owned socket(openSocket(AF_INET, blocking));
    EXPECT_EQ(blocks(socket), blocking == Blocking::kYes);
    EXPECT_TRUE(closedOnExec(socket));
  }
}

TEST(System, AnAcceptedSocketNeverBlocksAndIsClosedOnExec) {
  const Owned port(listener());
  const Connection both(port);
  EXPECT_FALSE(blocks(both.accepted));
  EXPECT_TRUE(closedOnExec(both.accepted));
}

TEST(System, AcceptingSaysThatNobodyIsThere) {
  const Owned port(listener());
  SocketAddress peer;
  EXPECT_EQ(acceptSocket(port, peer), -1);
  EXPECT_EQ(errno, EAGAIN);
  EXPECT_FALSE(concernsOneConnection(EAGAIN));
  EXPECT_FALSE(concernsOneConnection(EMFILE));
  EXPECT_TRUE(concernsOneConnection(ECONNABORTED));
}

TEST(System, WritingToAPeerThatIsGoneRaisesNoSignal) {
  const Owned port(listener());
  Connection both(port);
  both.client.close();
  // The first write brings the reset, a later one meets it. SIGPIPE would end this program.
  ssize_t sent = 0;
  for (int i = 0; i < 1000 && sent >= 0; ++i) {
    sent = ::send(both.accepted, "x", 1, kNoSignal);
    ::usleep(100);
  }
  EXPECT_LT(sent, 0);
}

TEST(System, DiscardsWhatIsThereButNoMoreThanItIsTold) {
  const Owned port(listener());
  Connection both(port);
  EXPECT_EQ(discard(both.accepted, 100), -1);
  EXPECT_EQ(errno, EAGAIN);
  const std::string sent(50'000, 'x');
  ASSERT_EQ(::send(both.client, sent.data(), sent.size(), 0), static_cast<ssize_t>(sent.size()));
  EXPECT_EQ(discard(both.accepted, 100), 100);
  ssize_t total = 100;
  for (int i = 0; i < 1000 && total < 50'000; ++i) {
    const ssize_t count = discard(both.accepted, 1 << 20);
    if (count > 0) total += count;
    else ::usleep(100);
  }
  EXPECT_EQ(total, 50'000);
  both.client.close();
  ssize_t end = -1;
  for (int i = 0; i < 1000 && end < 0; ++i, ::usleep(100)) end = discard(both.accepted, 100);
  EXPECT_EQ(end, 0);
}

TEST(System, DiscardingTellsOfAReset) {
  const Owned port(listener());
  Connection both(port);
  const linger now{1, 0};
  ::setsockopt(both.client, SOL_SOCKET, SO_LINGER, &now, sizeof now);
  both.client.close();
  pollfd watched{both.accepted, POLLIN, 0};
  ASSERT_EQ(waitForAny(&watched, 1, 5s), 1);
  EXPECT_EQ(discard(both.accepted, 100), -1);
  EXPECT_EQ(errno, ECONNRESET);
}

TEST(System, APipeBlocksIfItIsToldAndIsClosedOnExec) {
  for (const Blocking blocking : {Blocking::kNo, Blocking::kYes}) {
    int ends[2] = {-1, -1};
    ASSERT_EQ(openPipe(ends, blocking), 0);
    const Owned reading(ends[0]), writing(ends[1]);
    for (const int end : ends) {
      EXPECT_EQ(blocks(end), blocking == Blocking::kYes);
      EXPECT_TRUE(closedOnExec(end));
    }
    EXPECT_EQ(::write(writing, "x", 1), 1);
    char got = 0;
    EXPECT_EQ(::read(reading, &got, 1), 1);
  }
}

TEST(System, AWakeUpIsReadableFromTheFirstWakeToTheNextDrain) {
  Wake wake;
  const auto readable = [&] {
    pollfd watched{wake.descriptor(), POLLIN, 0};
    return waitForAny(&watched, 1, 0s) == 1;
  };
  EXPECT_TRUE(closedOnExec(wake.descriptor()));
  for (int round = 0; round < 3; ++round) {
    EXPECT_FALSE(readable());
    for (int i = 0; i < 1 + round; ++i) wake.wake();
    EXPECT_TRUE(readable());
    wake.drain();
  }
  wake.drain();  // with nothing to read: returns
  EXPECT_FALSE(readable());
}

TEST(System, WaitsNoShorterThanItIsTold) {
  for (const Duration wait : {Duration(300us), Duration(20ms)}) {
    Duration longest{};
    // A signal may end a wait early.
    for (int i = 0; i < 5 && longest < wait; ++i) {
      const Instant start = monotonicNow();
      EXPECT_EQ(waitForAny(nullptr, 0, wait), 0);
      longest = std::max(longest, monotonicNow() - start);
    }
    EXPECT_GE(longest, wait);
  }
  EXPECT_EQ(waitForAny(nullptr, 0, -1s), 0) << "below zero is zero";
}

TEST(System, ErrorsAreNamedInTheirText) {
  for (const auto& [error, name] : std::vector<std::pair<int, std::string>>{
           {ECONNREFUSED, "ECONNREFUSED"}, {EMFILE, "EMFILE"}, {EADDRINUSE, "EADDRINUSE"}, {EACCES, "EACCES"}}) {
    EXPECT_TRUE(errorText(error).ends_with(" (" + name + ")")) << errorText(error);
    EXPECT_GT(errorText(error).size(), name.size() + 5) << errorText(error);
  }
  EXPECT_NE(errorText(99999).find("error 99999"), std::string::npos) << errorText(99999);
}

}  // namespace teasel::posix
