#pragma once

#include <cerrno>
#include <chrono>
#include <cstdlib>
#include <deque>
#include <filesystem>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>
#include <vector>

#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <gtest/gtest.h>

#include <teasel/core/errors.hpp>
#include <teasel/drivers/detail/posix/clock.hpp>
#include <teasel/drivers/detail/posix/sockets.hpp>
#include <teasel/drivers/driver_variants_test_kit.hpp>

/// What the tests of the drivers share: sinks that record, a driver that a test polls until
/// something is true, and plain blocking sockets as the other ends.
namespace teasel::drivertest {

using namespace std::chrono_literals;

/// Records every upcall. A hook that is set runs inside the upcall.
class Sink final : public StreamSink {
 public:
  void onConnected() override {
    if (slot != nullptr) knows(*slot);
    ++connected, call(atConnected);
  }
  void onData(Chunk& chunk) override {
    EXPECT_FALSE(chunk.empty());
    ++chunks, data += chunk.text();
    if (atChunk) atChunk(chunk);
  }
  void onEof() override { ++eofs, call(atEof); }
  void onWritten(std::size_t count) override { written.push_back(count), call(atWritten); }
  void onWriteError(const Failure& why) override {
    EXPECT_EQ(eofs + errors + writeErrors, 0);
    ++writeErrors, writeError = why;
  }
  void onError(const Failure& why) override { ++errors, error = why, call(atError); }
  /// Takes the addresses of the slot, which a driver may forget.
  void knows(const Slot& known) { host = known.host(), peer = known.peer(); }
  bool quiet() const { return connected + chunks + eofs + writeErrors + errors == 0 && written.empty(); }

  Slot* slot = nullptr;
  Address host, peer;
  int connected = 0, chunks = 0, eofs = 0, writeErrors = 0, errors = 0;
  std::string data;
  std::vector<std::size_t> written;
  Failure error, writeError;
  std::function<void()> atConnected, atEof, atWritten, atError;
  std::function<void(Chunk&)> atChunk;

 private:
  static void call(const std::function<void()>& hook) {
    if (hook) hook();
  }
};

/// Takes every connection and gives it a Sink. `atAccept`, if it is set, runs before that and may
/// refuse the connection.
class Listener final : public Acceptor {
 public:
  StreamSink* onAccept(Slot* stream) override {
    ++accepted;
    if (atAccept && !atAccept(stream)) return nullptr;
    sinks.push_back(std::make_unique<Sink>());
    sinks.back()->slot = stream;
    sinks.back()->knows(*stream);
    return sinks.back().get();
  }
  void onAcceptError(const Failure& why) override { ++errors, error = why; }

  int accepted = 0, errors = 0;
  Failure error;
  std::deque<std::unique_ptr<Sink>> sinks;
  std::function<bool(Slot*)> atAccept;
};

/// The other end of a stream: a plain socket. It reads without waiting, so that a test fails
/// instead of hanging.
class Peer {
 public:
  explicit Peer(int descriptor) : descriptor_(descriptor) {}
  Peer(Peer&& other) noexcept : descriptor_(std::exchange(other.descriptor_, -1)) {}
  Peer& operator=(Peer&&) = delete;
  ~Peer() { close(); }
  static Peer connectedTo(const Address& to) {
    Failure why;
    Peer peer(posix::openClient(to, {}, posix::Blocking::kYes, why));
    const posix::SocketAddress native = posix::toNative(to);
    EXPECT_EQ(::connect(peer.descriptor_, native.get(), native.length), 0) << posix::errorText(errno);
    return peer;
  }

  int descriptor() const { return descriptor_; }
  void send(ByteView bytes) {
    EXPECT_EQ(::send(descriptor_, bytes.data(), bytes.size(), posix::kNoSignal), static_cast<ssize_t>(bytes.size()));
  }
  /// Sends as much as fits, without waiting. Returns how much that was.
  std::size_t stuff(std::size_t most) {
    const std::string bytes(most, 'x');
    const ssize_t sent = ::send(descriptor_, bytes.data(), bytes.size(), posix::kNoSignal | MSG_DONTWAIT);
    return sent < 0 ? 0 : static_cast<std::size_t>(sent);
  }
  /// Receives what is there now. Sets sawEof and sawReset.
  std::string take() {
    std::string out;
    char piece[65536];
    while (!sawEof && !sawReset) {
      const ssize_t count = ::recv(descriptor_, piece, sizeof piece, MSG_DONTWAIT);
      if (count < 0 && errno == EAGAIN) break;
      if (count > 0) out.append(piece, static_cast<std::size_t>(count));
      else if (count == 0) sawEof = true;
      else sawReset = true;
    }
    return out;
  }
  void endWrite() { ::shutdown(descriptor_, SHUT_WR); }
  void close() {
    if (descriptor_ >= 0) ::close(std::exchange(descriptor_, -1));
  }
  void reset() { posix::closeWithReset(std::exchange(descriptor_, -1)); }

  bool sawEof = false, sawReset = false;

 private:
  int descriptor_;
};

/// A folder of its own for one test, for sockets. Its destructor removes it with all that is in it.
class SocketFolder {
 public:
  SocketFolder() {
    std::string name = "/tmp/teasel-XXXXXX";  // short, because the path of a socket is
    if (::mkdtemp(name.data()) != nullptr) path_ = name;
    EXPECT_FALSE(path_.empty()) << posix::errorText(errno);
  }
  SocketFolder(const SocketFolder&) = delete;
  SocketFolder& operator=(const SocketFolder&) = delete;
  ~SocketFolder() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }
  std::string operator/(std::string_view name) const { return path_ + '/' + std::string(name); }
  /// Whether a file, a socket or a link has this name, wherever the link leads.
  bool has(std::string_view name) const {
    std::error_code ignored;
    return std::filesystem::symlink_status(*this / name, ignored).type() != std::filesystem::file_type::not_found;
  }
  Address address(std::string_view name = "s") const { return Address::unixPath(*this / name); }

 private:
  std::string path_;
};

/// The drivers that the tests run on: all of them, and the variants of io_uring. A build with the
/// portable system calls has those that such a system has.
inline std::vector<std::string> testedDrivers() {
  std::vector<std::string> names;
  std::string why;
  for (const std::string& name : driverVariants())
    if (posix::kHasEpoll || driverAvailable(name, why)) names.push_back(name);
  return names;
}
/// Names the tests of a suite whose parameters are drivers.
inline std::string driverTestName(const ::testing::TestParamInfo<std::string>& test) { return variantTestName(test.param); }

inline Segment segment(ByteView bytes) { return Segment(bytes); }

/// A driver by name, which the test polls by hand, with one port to connect to.
class DriverTest : public ::testing::TestWithParam<std::string> {
 public:
  void SetUp() override {
    if (std::string why; !variantAvailable(GetParam(), why)) GTEST_SKIP() << why;
    driver = makeDriver(GetParam());
    Failure why;
    port = driver->listen(Address::ipv4(127, 0, 0, 1, 0), {}, listener, why);
    ASSERT_NE(port, nullptr) << why;
  }
  void TearDown() override {
    if (driver == nullptr) return;
    pump(20ms);
    EXPECT_EQ(driver->overdueSlots(), 0u);
  }

  Instant poll(Duration most = 0ms) {
    Instant sampled{};
    driver->poll(most, sampled);
    return sampled;
  }
  void pump(Duration time) {
    const Instant end = driver->now() + time;
    while (driver->now() < end) poll(1ms);
  }
  /// Polls until `done()` is true, for five seconds at most. Returns whether it became true.
  template <class Done>
  bool until(Done done) {
    // At least so many polls, however little of the processor a loaded machine gives this program.
    const Instant end = driver->now() + 5s;
    for (int polls = 0; polls < 200 || driver->now() < end; ++polls, poll(5ms))
      if (done()) return true;
    return done();
  }
  /// A stream of the driver and the plain socket at its other end.
  std::pair<Sink&, Peer> pair() {
    const std::size_t before = listener.sinks.size();
    Peer peer = Peer::connectedTo(port->host());
    EXPECT_TRUE(until([&] { return listener.sinks.size() > before; }));
    return {*listener.sinks.back(), std::move(peer)};
  }
  /// Writes all of it from one segment that lives until onWritten.
  std::size_t write(Sink& sink, ByteView bytes) {
    outgoing.assign(1, segment(bytes));
    return driver->write(sink.slot, outgoing);
  }
  void close(Sink& sink, CloseMode mode = CloseMode::kGraceful, Duration linger = 2s, std::vector<Segment> inFlight = {}) {
    driver->close(std::exchange(sink.slot, nullptr), mode, std::move(inFlight), driver->now() + linger);
  }
  std::string takeUntil(Peer& peer, std::size_t size) {
    std::string got;
    until([&] { return (got += peer.take()).size() >= size || peer.sawEof || peer.sawReset; });
    return got;
  }

  // The driver is declared after what it uses, so that it is destroyed first.
  Listener listener;
  std::vector<Segment> outgoing;
  std::unique_ptr<Driver> driver;
  Slot* port = nullptr;
};

}  // namespace teasel::drivertest
