#include <teasel/drivers/detail/readiness_driver.hpp>

#include <array>
#include <cerrno>
#include <utility>

#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

#include <teasel/core/check.hpp>
#include <teasel/core/errors.hpp>
#include <teasel/drivers/detail/posix/sockets.hpp>

namespace teasel::detail {

namespace {
constexpr std::uint64_t kWakeKey = ~std::uint64_t{0};
constexpr std::size_t kReceiveSize = 65536;
constexpr std::size_t kDiscardPerPoll = std::size_t{1} << 20;
constexpr int kAcceptsPerPoll = 64;
constexpr std::size_t kPiecesPerSend = 64;
constexpr int kSendFlags = posix::kNoSignal | posix::kNoWait;
}  // namespace

struct ReadinessDriver::Entry final : SocketEntry {
  static Entry& of(Slot* slot) noexcept { return *static_cast<Entry*>(slot); }

  Poller::Bits wanted() const noexcept {
    if (failed) return 0;
    const Poller::Bits write = writing() ? Poller::kWrite : 0;
    switch (state) {
      case State::kListening: return resting() ? 0 : Poller::kRead;
      case State::kConnecting: return connectsAtOnce ? 0 : Poller::kWrite;
      case State::kLingering: return write | (eof ? 0 : Poller::kRead);
      case State::kOpen:
        if (eof) return write | (hungUp || !reading ? 0 : Poller::kWatch);
        return write | (reading ? Poller::kRead : 0);
      case State::kClosed: break;
    }
    return 0;
  }

  /// Whether bytes of an open stream are wanted.
  bool receives() const noexcept { return reading && !eof && !failed; }

  Poller::Bits registered = 0;  // what the poller watches it for
};

ReadinessDriver::ReadinessDriver(std::unique_ptr<Poller> poller)
    : SocketDriver(posix::Blocking::kNo), poller_(std::move(poller)), buffer_(kReceiveSize) {
  if (const int error = poller_->change(wakeUp().descriptor(), kWakeKey, 0, Poller::kRead); error != 0)
    throw DriverUnavailable(std::string(name()) + ": cannot watch the wake-up descriptor: " + posix::errorText(error));
}

ReadinessDriver::~ReadinessDriver() { disposeAll(); }

SocketEntry& ReadinessDriver::newEntry() {
  static_assert(sizeof(void*) > 8 || sizeof(Entry) <= 88, "with the heap's header an idle stream takes 96 bytes");
  return entries().make<Entry>();
}

// The turn of a driver ----------------------------------------------------------------------------

// What every delivery and every answer runs is marked hot, here and in the connection: the linker
// puts it side by side, so that little code has to be fetched again after each system call.
[[gnu::hot]] void ReadinessDriver::poll(Duration maxWait, Instant& sampled) {
  applyInterests();
  const std::span<const Poller::Ready> ready = poller_->wait(waitFor(maxWait));
  sampled = sample();
  reportDue();
  for (std::size_t i = 0; i < ready.size(); ++i) {
    fetchAhead(ready.subspan(i));
    const Poller::Ready& one = ready[i];
    if (one.key == kWakeKey) {
      wakeUp().drain();
      continue;
    }
    SocketEntry* const found = entries().find(one.key);
    if (found == nullptr) continue;
    auto& entry = static_cast<Entry&>(*found);
    // Nearly every report is this one: bytes wait in a stream that reads.
    if (one.what == Poller::kRead && entry.state == State::kOpen && entry.receives()) receive(entry, one.what);
    else dispatch(entry, one.what);
  }
  expireDeadlines();
  reap();
}

/// With many connections nothing of the next one is in the processor's caches. It is fetched while
/// the kernel receives and sends for the first one: the entry two steps ahead, then its sink.
inline void ReadinessDriver::fetchAhead(std::span<const Poller::Ready> ready) {
  if (ready.size() > 2 && ready[2].key != kWakeKey)
    if (const SocketEntry* entry = entries().find(ready[2].key); entry != nullptr) entry->fetch();
  if (ready.size() > 1 && ready[1].key != kWakeKey)
    if (const SocketEntry* entry = entries().find(ready[1].key); entry != nullptr) entry->fetchSink();
}

void ReadinessDriver::applyInterests() {
  for (std::size_t i = 0; i < dirty().size(); ++i) {  // an entry that fails here is added again
    auto& entry = static_cast<Entry&>(*dirty()[i]);
    entry.inDirty = false;
    const Poller::Bits wanted = entry.wanted();
    if (wanted == entry.registered || entry.state == State::kClosed) continue;
    const int error = poller_->change(entry.descriptor, entries().key(entry), entry.registered, wanted);
    if (error == 0) entry.registered = wanted;
    else interestFailed(entry, error);
  }
  dirty().clear();
}

void ReadinessDriver::interestFailed(Entry& entry, int error) {
  if (entry.state == State::kListening) {
    // The failure is reported at the end of the rest, because only poll may do that. Then the port
    // is tried again.
    entry.why = posix::acceptFailure(error, entry.host());
    rest(entry, kAcceptRest);
  } else if (entry.state == State::kLingering) {
    endLingering(entry);
  } else {
    failLater(entry, entry.state == State::kConnecting ? posix::connectFailure(error, entry.peer())
                                                       : posix::lossFailure(error, "watching the descriptor"));
  }
}

void ReadinessDriver::dispatch(Entry& entry, Poller::Bits what) {
  switch (entry.state) {
    case State::kListening: return acceptAll(entry);
    case State::kConnecting:
      if (!entry.failed) connectEnded(entry, posix::takeSocketError(entry.descriptor));
      return;
    case State::kOpen: return dispatchStream(entry, what);
    case State::kLingering: return linger(entry);
    case State::kClosed: return;  // another upcall of this poll has closed it
  }
}

void ReadinessDriver::dispatchStream(Entry& entry, Poller::Bits what) {
  // Reading comes first, so that usually receive() meets the error of a stream and not a send.
  if (entry.receives() && (what & ~Poller::kWrite) != 0) receive(entry, what);
  else if ((what & (Poller::kError | Poller::kHangUp)) != 0 && !entry.writing() && !entry.failed) noticeHangUp(entry, what);
  if (entry.state == State::kOpen && entry.writing() && !entry.failed && (what & ~Poller::kRead) != 0) flush(entry);
}

// Reading -----------------------------------------------------------------------------------------

void ReadinessDriver::reading(Slot* stream, bool on) {
  Entry& entry = Entry::of(stream);
  entry.reading = on;
  touch(entry);
}

[[gnu::hot]] void ReadinessDriver::receive(Entry& entry, Poller::Bits what) {
  buffer_.open();
  const ssize_t count = ::recv(entry.descriptor, buffer_.bytes(), buffer_.capacity(), posix::kNoWait);
  if (count > 0) {
    buffer_.deliver(*entry.sink, static_cast<std::size_t>(count));
  } else if (count == 0) {
    entry.eof = true;
    touch(entry);
    entry.sink->onEof();
  } else if (errno != EAGAIN && errno != EINTR) {
    fail(entry, posix::lossFailure(errno, "receiving"));
  } else if ((what & (Poller::kError | Poller::kHangUp)) != 0) {
    noticeHangUp(entry, what);
  }
}

/// An error or hang-up that no call will meet, because reading is over or paused. If the driver did
/// nothing, the poller would report it again and again.
void ReadinessDriver::noticeHangUp(Entry& entry, Poller::Bits what) {
  if (!entry.reading) return touch(entry);  // deregisters it; reported again when reading is on
  if (const int error = (what & Poller::kError) != 0 ? posix::takeSocketError(entry.descriptor) : 0; error != 0)
    return fail(entry, posix::lossFailure(error, "the connection"));
  entry.hungUp = true;
  touch(entry);
}

// Accepting and connecting ------------------------------------------------------------------------

void ReadinessDriver::stopListening(Slot* port) { dispose(Entry::of(port), false); }

void ReadinessDriver::acceptAll(Entry& port) {
  for (int i = 0; i < kAcceptsPerPoll && port.state == State::kListening; ++i)
    if (!acceptOne(port)) return;
}

/// Accepts one connection. Returns whether another try is worth while.
bool ReadinessDriver::acceptOne(Entry& port) {
  posix::SocketAddress peer;
  const int descriptor = posix::acceptSocket(port.descriptor, peer);
  if (descriptor >= 0) {
    acceptStream(port, descriptor, posix::fromNative(peer));
    return true;
  }
  const int error = errno;
  if (error == EAGAIN) return false;
  if (posix::concernsOneConnection(error)) return true;
  acceptFailed(port, error);
  return false;
}

Slot* ReadinessDriver::connect(const Address& to, const ConnectOptions& options, StreamSink& sink) {
  SocketEntry& entry = openConnection(to, options, sink);
  if (entry.failed || entry.connectsAtOnce) return &entry;
  const posix::SocketAddress native = posix::toNative(to);
  if (::connect(entry.descriptor, native.get(), native.length) != 0 && errno != EINPROGRESS && errno != EINTR)
    failLater(entry, posix::connectFailure(errno, to));
  return &entry;
}

// Writing -----------------------------------------------------------------------------------------

inline std::size_t ReadinessDriver::sendNow(Entry& entry, ByteView bytes) {
  ssize_t sent = 0;
  do sent = ::send(entry.descriptor, bytes.data(), bytes.size(), kSendFlags);
  while (sent < 0 && errno == EINTR);
  if (sent >= 0) return static_cast<std::size_t>(sent);
  if (errno != EAGAIN) failSendingLater(entry, posix::lossFailure(errno, "sending"));
  return 0;
}

std::size_t ReadinessDriver::write(Slot* stream, std::span<const Segment> segments) {
  Entry& entry = Entry::of(stream);
  TEASEL_CHECK(entry.state == State::kOpen);
  TEASEL_CHECK(!entry.writing());
  if (entry.sendFailed) return 0;
  if (segments.size() == 1 && !segments.front().isFile()) {
    const std::size_t sent = sendNow(entry, segments.front().view());
    if (sent == segments.front().size() || entry.sendFailed) return sent;
    entry.reported = entry.outgoing.start(segments) - sent;
    entry.outgoing.advance(sent);
    touch(entry);
    return sent;
  }
  const std::size_t total = entry.outgoing.start(segments);
  int error = 0;
  if (sendRest(entry, error)) return total;
  if (error != 0) {
    if (error == kFileFailed) breakOffLater(entry);
    else failSendingLater(entry, posix::lossFailure(error, "sending"));
    return 0;
  }
  entry.reported = entry.outgoing.left();
  touch(entry);
  return total - entry.reported;
}

[[gnu::hot]] std::size_t ReadinessDriver::writeBorrowed(Slot* stream, ByteView bytes) {
  Entry& entry = Entry::of(stream);
  TEASEL_CHECK(entry.state == State::kOpen);
  TEASEL_CHECK(!entry.writing());
  return entry.sendFailed ? 0 : sendNow(entry, bytes);
}

bool ReadinessDriver::sendRest(Entry& entry, int& error) {
  std::size_t may = kFilesPerPoll;
  while (entry.writing()) {
    if (entry.outgoing.atFile()) {
      error = sendFiles(entry, may);
      if (error == 0) continue;
      if (error == EAGAIN) error = 0;
      return false;
    }
    std::array<iovec, kPiecesPerSend> pieces;
    std::size_t offered = 0;
    const std::size_t count = entry.outgoing.pieces(pieces, offered);
    ssize_t sent = 0;
    if (count == 1) {
      sent = ::send(entry.descriptor, pieces[0].iov_base, pieces[0].iov_len, kSendFlags);
    } else {
      msghdr message{};
      message.msg_iov = pieces.data();
      message.msg_iovlen = static_cast<decltype(message.msg_iovlen)>(count);  // int elsewhere
      sent = ::sendmsg(entry.descriptor, &message, kSendFlags);
    }
    if (sent < 0) {
      if (errno == EINTR) continue;
      error = errno == EAGAIN ? 0 : errno;
      return false;
    }
    entry.outgoing.advance(static_cast<std::size_t>(sent));
    if (static_cast<std::size_t>(sent) < offered) return false;
  }
  return true;
}

void ReadinessDriver::flush(Entry& entry) {
  int error = 0;
  if (sendRest(entry, error)) {
    touch(entry);
    entry.sink->onWritten(std::exchange(entry.reported, 0));
  } else if (error == kFileFailed) {
    breakOff(entry);
  } else if (error != 0) {
    failSending(entry, posix::lossFailure(error, "sending"));
  }
}

// Ends --------------------------------------------------------------------------------------------

/// Continues a stream without owner: sends its last bytes and then the end of our stream, and
/// throws away what the peer still sends.
void ReadinessDriver::linger(Entry& entry) {
  if (entry.writing()) {
    int error = 0;
    if (sendRest(entry, error)) {
      touch(entry);
      entry.outgoing.release();
      if (::shutdown(entry.descriptor, SHUT_WR) != 0) entry.eof = true;
    } else if (error != 0) {
      return endLingering(entry);
    }
  }
  if (!entry.eof) discard(entry);
  if (entry.eof && !entry.writing()) endLingering(entry);
}

void ReadinessDriver::discard(Entry& entry) {
  const ssize_t count = posix::discard(entry.descriptor, kDiscardPerPoll);
  if (count > 0 || (count < 0 && (errno == EAGAIN || errno == EINTR))) return;
  entry.eof = true;
  if (count < 0) entry.outgoing.drop();  // the peer has reset the connection and reads nothing
  touch(entry);
}

void ReadinessDriver::retire(SocketEntry& closed, bool reset) {
  auto& entry = static_cast<Entry&>(closed);
  entry.outgoing.release();
  if (entry.descriptor < 0) return;
  if (entry.registered != 0) poller_->forget(entry.descriptor, entry.registered);
  if (reset) posix::closeWithReset(entry.descriptor);
  else ::close(entry.descriptor);
  entry.descriptor = -1;
}

bool ReadinessDriver::finished(SocketEntry&) { return true; }

}  // namespace teasel::detail
