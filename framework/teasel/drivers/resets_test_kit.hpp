#pragma once

#include <teasel/drivers/driver_test_kit.hpp>

#include <functional>
#include <memory>
#include <string>

#include <teasel/contract/reset_hearer.hpp>
#include <teasel/contract/reset_table.hpp>
#include <teasel/protocol/factory.hpp>
#include <teasel/protocol/port.hpp>
#include <teasel/reactor/reactor.hpp>

/// What the tests of resets share: stages on which a row of a table of resets is played, between
/// plain sockets and between a driver and a plain socket, over TCP and over UNIX sockets.
namespace teasel::drivertest {

using namespace teasel::contract;

// Plain sockets -----------------------------------------------------------------------------------

/// A listening plain socket.
class PlainListener {
 public:
  explicit PlainListener(const Address& at = Address::ipv4(127, 0, 0, 1, 0)) {
    const bool unixSocket = at.family() == Address::Family::kUnix;
    descriptor_ = posix::openSocket(unixSocket ? AF_UNIX : AF_INET, posix::Blocking::kYes);
    const posix::SocketAddress native = posix::toNative(at);
    EXPECT_EQ(::bind(descriptor_, native.get(), native.length), 0) << posix::errorText(errno);
    EXPECT_EQ(::listen(descriptor_, 50), 0);
  }
  PlainListener(const PlainListener&) = delete;
  PlainListener& operator=(const PlainListener&) = delete;
  ~PlainListener() { ::close(descriptor_); }
  Address address() const { return posix::localAddress(descriptor_); }
  int descriptor() const { return descriptor_; }
  bool waiting() const { return readable(descriptor_); }
  Peer accept() { return Peer(::accept(descriptor_, nullptr, nullptr)); }
  static bool readable(int descriptor) {
    pollfd one{descriptor, POLLIN, 0};
    return ::poll(&one, 1, 0) == 1;
  }

 private:
  int descriptor_;
};

/// Reads at most `most` bytes that are there now. Returns how many it read.
inline std::size_t takeSome(const Peer& peer, std::size_t most) {
  std::string into(most, '\0');
  const ssize_t count = ::recv(peer.descriptor(), into.data(), into.size(), MSG_DONTWAIT);
  return count < 0 ? 0 : static_cast<std::size_t>(count);
}

#ifdef __linux__

inline std::string errorName(int error) {
  switch (error) {
    case 0: return "";
    case ECONNRESET: return "ECONNRESET";
    case EPIPE: return "EPIPE";
    default: return posix::errorText(error);
  }
}

/// Our end of a connection, as a plain socket that notes what each send gives.
struct PlainEnd {
  explicit PlainEnd(int fd) : descriptor(fd) {}
  PlainEnd(const PlainEnd&) = delete;
  PlainEnd& operator=(const PlainEnd&) = delete;
  ~PlainEnd() { ::close(descriptor); }
  void write(ByteView bytes) {
    const bool sent = ::send(descriptor, bytes.data(), bytes.size(), posix::kNoSignal | MSG_DONTWAIT) >= 0;
    (sends += sends.empty() ? "" : " ") += sent ? "ok" : errorName(errno);
  }
  void loseWriteConnection() const { ::shutdown(descriptor, SHUT_WR); }
  void pauseProducing() const {}
  /// Receives to the end. Returns what the last call gave.
  std::string receiveAll() {
    char piece[65536];
    for (;;) {
      const ssize_t count = ::recv(descriptor, piece, sizeof piece, MSG_DONTWAIT);
      if (count <= 0) return count == 0 ? "0" : errorName(errno);
      received.append(piece, static_cast<std::size_t>(count));
    }
  }

  int descriptor;
  std::string sends, received;
};

/// The stage of a row between two plain sockets.
class LinuxStage {
 public:
  explicit LinuxStage(const Address& at = Address::ipv4(127, 0, 0, 1, 0))
      : listener_(at), peer_(Peer::connectedTo(listener_.address())), us_(::accept(listener_.descriptor(), nullptr, nullptr)) {}
  PlainEnd& us() { return us_; }
  void settle() {}
  void peerTakes() { peer_.take(); }
  void peerSends(const std::string& bytes) { peer_.send(bytes); }
  void peerHalfCloses() { peer_.endWrite(); }
  void peerResets() { peer_.reset(); }
  void peerCloses() { peer_.close(); }

 private:
  PlainListener listener_;
  Peer peer_;
  PlainEnd us_;
};

#endif

// Servers on drivers ------------------------------------------------------------------------------

/// A server on a driver, and a plain socket that is connected to it. It listens on the UNIX socket
/// `path`, or on TCP without one.
class ServedPeer {
 public:
  explicit ServedPeer(const std::string& driver, bool half = false, const std::string& path = "")
      : reactor_(makeDriver(driver)), hearers_(std::make_shared<ResetHearers>(half)) {
    port_ = path.empty() ? reactor_.listenTCP(0, hearers_, 50, "127.0.0.1") : reactor_.listenUNIX(path, hearers_);
  }
  ServedPeer(const ServedPeer&) = delete;
  ServedPeer& operator=(const ServedPeer&) = delete;
  ~ServedPeer() { hearers_->last.reset(); }  // the protocol holds the factory, too
  void connect() {
    peer_ = std::make_unique<Peer>(Peer::connectedTo(port_->getHost()));
    EXPECT_TRUE(until([&] { return hearers_->last != nullptr; }));
  }
  Address address() const { return port_->getHost(); }
  ResetHearer& hearer() { return *hearers_->last; }
  Peer& peer() { return *peer_; }
  Transport& us() { return hearer().transport(); }
  void settle() {
    for (int turns = 0; turns < 6; ++turns) reactor_.turn(1ms);
  }
  /// Until the protocol has lost its connection. With select only a write tells, where nothing can
  /// be read any more.
  void waitForEnd() {
    if (reactor_.driver().name() == "select" && !hearer().lost()) us().write("?");
    EXPECT_TRUE(until([&] { return hearer().lost(); }));
  }
  template <class Done>
  bool until(Done done) {
    const Instant end = reactor_.driver().now() + 5s;
    for (int turns = 0; turns < 200 || reactor_.driver().now() < end; ++turns, reactor_.turn(5ms))
      if (done()) return true;
    return done();
  }
  void peerTakes() { settle(), peer_->take(); }
  void peerSends(const std::string& bytes) { peer_->send(bytes); }
  void peerHalfCloses() { peer_->endWrite(); }
  void peerResets() { peer_->reset(); }
  void peerCloses() { peer_->close(); }

 private:
  Reactor reactor_;
  std::shared_ptr<ResetHearers> hearers_;
  std::shared_ptr<Port> port_;
  std::unique_ptr<Peer> peer_;
};

}  // namespace teasel::drivertest
