#include <teasel/drivers/readiness_driver.hpp>

#include <algorithm>
#include <array>
#include <cerrno>

#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

#include <teasel/core/check.hpp>
#include <teasel/core/errors.hpp>
#include <teasel/drivers/outgoing.hpp>
#include <teasel/drivers/posix/clock.hpp>
#include <teasel/drivers/posix/sockets.hpp>

namespace teasel {

namespace {
constexpr std::uint64_t kWakeKey = ~std::uint64_t{0};
constexpr std::size_t kReceiveSize = 65536;
constexpr std::size_t kDiscardPerPoll = std::size_t{1} << 20;
constexpr int kAcceptsPerPoll = 64;
constexpr std::size_t kPiecesPerSend = 64;
constexpr Duration kAcceptRest = std::chrono::milliseconds(50);
/// For a stream that the acceptor did not want.
constexpr Duration kUnwantedLinger = std::chrono::seconds(2);
}  // namespace

struct ReadinessDriver::Entry final : Slot {
  enum class State : std::uint8_t { kListening, kConnecting, kOpen, kLingering, kClosed };
  static Entry& of(Slot* slot) noexcept { return *static_cast<Entry*>(slot); }
  Address& host() noexcept { return host_; }
  Address& peer() noexcept { return peer_; }
  bool writing() const noexcept { return outgoing.any(); }

  Poller::Bits wanted() const noexcept {
    if (failed) return 0;
    const Poller::Bits write = writing() ? Poller::kWrite : 0;
    switch (state) {
      case State::kListening: return resting ? 0 : Poller::kRead;
      case State::kConnecting: return Poller::kWrite;
      case State::kLingering: return write | (eof ? 0 : Poller::kRead);
      case State::kOpen:
        if (eof) return write | (hungUp || !reading ? 0 : Poller::kWatch);
        return write | (reading ? Poller::kRead : 0);
      case State::kClosed: break;
    }
    return 0;
  }

  int descriptor = -1;
  std::uint32_t place = 0, generation = 0;
  Poller::Bits registered = 0;
  State state = State::kOpen;
  bool reading = true;
  bool eof = false;
  bool failed = false;   // onError was called or is to be: nothing else will be
  bool hungUp = false;   // both directions are over and the poller would say so without end
  bool shut = false;     // our direction is ended
  bool resting = false;  // a port that waits for resources
  bool wildcard = false;
  bool inDirty = false, inFailed = false;
  StreamSink* sink = nullptr;
  Acceptor* acceptor = nullptr;
  detail::Outgoing outgoing;
  std::size_t reported = 0;  // what onWritten is to say
  Instant deadline = kNever;
  Failure why;
};

ReadinessDriver::ReadinessDriver(std::unique_ptr<Poller> poller)
    : poller_(std::move(poller)), buffer_(kReceiveSize), sampled_(now()) {
  if (const int error = poller_->change(wake_.descriptor(), kWakeKey, 0, Poller::kRead); error != 0)
    throw DriverUnavailable(std::string(name()) + ": cannot watch the wake-up descriptor: " + posix::errorText(error));
}

ReadinessDriver::~ReadinessDriver() {
  entries_.forEach([this](Entry& entry) {
    if (entry.state == Entry::State::kLingering) dispose(entry, entry.writing());
    else if (entry.state != Entry::State::kClosed) dispose(entry, entry.state == Entry::State::kOpen);
  });
}

Instant ReadinessDriver::now() noexcept { return posix::monotonicNow(); }

// The turn of a driver ----------------------------------------------------------------------------

void ReadinessDriver::poll(Duration maxWait, Instant& sampled) {
  applyInterests();
  if (!failed_.empty()) maxWait = Duration::zero();
  else if (maxWait > Duration::zero() && !deadlines_.empty())
    maxWait = std::min(maxWait, std::max(Duration::zero(), deadlines_.begin()->first - now()));
  const std::span<const Poller::Ready> ready = poller_->wait(maxWait);
  sampled = sampled_ = now();
  reportFailures();
  for (const Poller::Ready& one : ready) {
    if (one.key == kWakeKey) {
      wake_.drain();
      continue;
    }
    if (Entry* entry = entries_.find(one.key); entry != nullptr) dispatch(*entry, one.what);
  }
  expireDeadlines();
  reap();
}

void ReadinessDriver::touch(Entry& entry) {
  if (entry.inDirty) return;
  entry.inDirty = true;
  dirty_.push_back(&entry);
}

void ReadinessDriver::applyInterests() {
  for (std::size_t i = 0; i < dirty_.size(); ++i) {  // what fails here is touched again
    Entry* entry = dirty_[i];
    entry->inDirty = false;
    const Poller::Bits wanted = entry->wanted();
    if (wanted == entry->registered || entry->state == Entry::State::kClosed) continue;
    const int error = poller_->change(entry->descriptor, entries_.key(*entry), entry->registered, wanted);
    if (error == 0) {
      entry->registered = wanted;
    } else if (entry->state == Entry::State::kListening) {
      // Reported at its deadline, from inside poll: it rests, and is tried again.
      entry->why = posix::acceptFailure(error, entry->host());
      entry->resting = true;
      deadlines_.emplace(entry->deadline = sampled_ + kAcceptRest, entry->place);
    } else if (entry->state == Entry::State::kLingering) {
      endLingering(*entry);
    } else {
      failLater(*entry, entry->state == Entry::State::kConnecting ? posix::connectFailure(error, entry->peer())
                                                                  : posix::lossFailure(error, "watching the descriptor"));
    }
  }
  dirty_.clear();
}

void ReadinessDriver::failLater(Entry& entry, Failure why) {
  if (std::exchange(entry.failed, true)) return;
  entry.why = std::move(why);
  entry.inFailed = true;
  failed_.push_back(&entry);
  touch(entry);
}

void ReadinessDriver::reportFailures() {
  for (std::size_t left = failed_.size(); left > 0; --left) {
    Entry& entry = *failed_.front();
    failed_.pop_front();
    entry.inFailed = false;
    if (entry.state != Entry::State::kClosed) entry.sink->onError(entry.why);
  }
}

void ReadinessDriver::fail(Entry& entry, const Failure& why) {
  if (std::exchange(entry.failed, true)) return;
  touch(entry);
  entry.sink->onError(why);
}

void ReadinessDriver::dispatch(Entry& entry, Poller::Bits what) {
  switch (entry.state) {
    case Entry::State::kListening: return acceptAll(entry);
    case Entry::State::kConnecting: return finishConnect(entry);
    case Entry::State::kOpen: return dispatchStream(entry, what);
    case Entry::State::kLingering: return linger(entry);
    case Entry::State::kClosed: return;  // in this very batch
  }
}

void ReadinessDriver::dispatchStream(Entry& entry, Poller::Bits what) {
  // Reading first: what the peer said before it went away must not be lost to the error that a
  // write would meet.
  if (entry.reading && !entry.eof && !entry.failed && (what & ~Poller::kWrite) != 0) receive(entry, what);
  else if ((what & (Poller::kError | Poller::kHangUp)) != 0 && !entry.writing() && !entry.failed) noticeHangUp(entry, what);
  if (entry.state == Entry::State::kOpen && entry.writing() && !entry.failed && (what & ~Poller::kRead) != 0) flush(entry);
}

void ReadinessDriver::receive(Entry& entry, Poller::Bits what) {
  buffer_.open();
  const ssize_t count = ::recv(entry.descriptor, buffer_.bytes(), buffer_.capacity(), 0);
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

/// An error or hang-up that no call will meet: the direction to read from is over or paused. Not
/// answered, the poller would report it without end.
void ReadinessDriver::noticeHangUp(Entry& entry, Poller::Bits what) {
  if (!entry.reading) return touch(entry);  // deregistered: told when reading is on again
  if (const int error = (what & Poller::kError) != 0 ? posix::takeSocketError(entry.descriptor) : 0; error != 0)
    return fail(entry, posix::lossFailure(error, "the connection"));
  entry.hungUp = true;
  touch(entry);
}

// Connecting and accepting ------------------------------------------------------------------------

ReadinessDriver::Entry& ReadinessDriver::makeEntry(int descriptor) {
  Entry& entry = entries_.make();
  entry.descriptor = descriptor;
  touch(entry);
  return entry;
}

Slot* ReadinessDriver::listen(const Address& at, const ListenOptions& options, Acceptor& acceptor, Failure& why) {
  const int descriptor = posix::openListener(at, options.backlog, posix::Blocking::kNo, why);
  if (descriptor < 0) return nullptr;
  Entry& entry = makeEntry(descriptor);
  entry.state = Entry::State::kListening;
  entry.acceptor = &acceptor;
  entry.host() = posix::localAddress(descriptor);
  entry.wildcard = posix::isWildcard(entry.host());
  return &entry;
}

void ReadinessDriver::stopListening(Slot* port) { dispose(Entry::of(port), false); }

void ReadinessDriver::acceptAll(Entry& port) {
  for (int i = 0; i < kAcceptsPerPoll && port.state == Entry::State::kListening; ++i)
    if (!acceptOne(port)) return;
}

bool ReadinessDriver::acceptOne(Entry& port) {
  posix::SocketAddress peer;
  const int descriptor = ::accept4(port.descriptor, peer.get(), &peer.length, SOCK_NONBLOCK | SOCK_CLOEXEC);
  if (descriptor < 0) {
    const int error = errno;
    if (error == EAGAIN) return false;
    if (posix::concernsOneConnection(error)) return true;
    // What waits stays in the backlog. Without the rest a full table of descriptors would make a
    // busy loop of this.
    port.resting = true;
    deadlines_.emplace(port.deadline = sampled_ + kAcceptRest, port.place);
    touch(port);
    port.acceptor->onAcceptError(posix::acceptFailure(error, port.host()));
    return false;
  }
  Entry& entry = makeEntry(descriptor);
  entry.peer() = posix::fromNative(peer);
  entry.host() = port.wildcard ? posix::localAddress(descriptor) : port.host();
  StreamSink* sink = port.acceptor->onAccept(&entry);
  if (entry.state != Entry::State::kOpen) return true;
  entry.sink = sink;
  if (sink == nullptr) close(&entry, CloseMode::kGraceful, {}, sampled_ + kUnwantedLinger);
  return true;
}

Slot* ReadinessDriver::connect(const Address& to, const ConnectOptions& options, StreamSink& sink) {
  Failure why;
  Entry& entry = makeEntry(posix::openClient(to, options.bind, posix::Blocking::kNo, why));
  entry.state = Entry::State::kConnecting;
  entry.sink = &sink;
  entry.peer() = to;
  if (entry.descriptor < 0) {
    failLater(entry, std::move(why));
    return &entry;
  }
  const posix::SocketAddress native = posix::toNative(to);
  if (::connect(entry.descriptor, native.get(), native.length) != 0 && errno != EINPROGRESS && errno != EINTR)
    failLater(entry, posix::connectFailure(errno, to));
  return &entry;
}

void ReadinessDriver::finishConnect(Entry& entry) {
  if (entry.failed) return;
  if (const int error = posix::takeSocketError(entry.descriptor); error != 0)
    return fail(entry, posix::connectFailure(error, entry.peer()));
  entry.host() = posix::localAddress(entry.descriptor);
  // Within the range of ephemeral ports a socket can meet itself when nobody listens.
  if (entry.host() == entry.peer()) return fail(entry, posix::connectFailure(ECONNREFUSED, entry.peer()));
  entry.state = Entry::State::kOpen;
  touch(entry);
  entry.sink->onConnected();
}

// Writing -----------------------------------------------------------------------------------------

void ReadinessDriver::reading(Slot* stream, bool on) {
  Entry& entry = Entry::of(stream);
  entry.reading = on;
  touch(entry);
}

std::size_t ReadinessDriver::write(Slot* stream, std::span<const Segment> segments) {
  Entry& entry = Entry::of(stream);
  TEASEL_CHECK(entry.state == Entry::State::kOpen);
  TEASEL_CHECK(!entry.writing());
  if (entry.failed) return 0;
  const std::size_t total = entry.outgoing.start(segments);
  int error = 0;
  if (sendRest(entry, error)) return total;
  if (error != 0) {
    entry.outgoing.drop();
    failLater(entry, posix::lossFailure(error, "sending"));
    return 0;
  }
  entry.reported = entry.outgoing.left();
  touch(entry);
  return total - entry.reported;
}

bool ReadinessDriver::sendRest(Entry& entry, int& error) {
  while (entry.writing()) {
    std::array<iovec, kPiecesPerSend> pieces;
    std::size_t offered = 0;
    const std::size_t count = entry.outgoing.pieces(pieces, offered);
    ssize_t sent = 0;
    if (count == 1) {
      sent = ::send(entry.descriptor, pieces[0].iov_base, pieces[0].iov_len, MSG_NOSIGNAL);
    } else {
      msghdr message{};
      message.msg_iov = pieces.data();
      message.msg_iovlen = count;
      sent = ::sendmsg(entry.descriptor, &message, MSG_NOSIGNAL);
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
  } else if (error != 0) {
    entry.outgoing.drop();
    fail(entry, posix::lossFailure(error, "sending"));
  }
}

void ReadinessDriver::shutdownWrite(Slot* stream) {
  Entry& entry = Entry::of(stream);
  TEASEL_CHECK(entry.state == Entry::State::kOpen);
  TEASEL_CHECK(!entry.writing());
  if (entry.failed || std::exchange(entry.shut, true)) return;
  // Fails only where the peer has reset the connection; reading will tell.
  static_cast<void>(::shutdown(entry.descriptor, SHUT_WR));
}

// Ends --------------------------------------------------------------------------------------------

void ReadinessDriver::close(Slot* stream, CloseMode mode, std::vector<Segment> inFlight, Instant lingerUntil) {
  Entry& entry = Entry::of(stream);
  const bool live = entry.state == Entry::State::kOpen || entry.state == Entry::State::kConnecting;
  TEASEL_CHECK(live);
  if (mode == CloseMode::kAbort || entry.state == Entry::State::kConnecting || entry.failed)
    return dispose(entry, entry.state == Entry::State::kOpen && !entry.failed);
  entry.state = Entry::State::kLingering;
  entry.sink = nullptr;
  if (entry.writing()) {
    entry.outgoing.takeOver(std::move(inFlight));
  } else if (entry.eof) {
    return dispose(entry, false);
  } else if (!entry.shut && ::shutdown(entry.descriptor, SHUT_WR) != 0) {
    return dispose(entry, false);  // reset by the peer
  }
  entry.deadline = lingerUntil;
  if (lingerUntil != kNever) deadlines_.emplace(lingerUntil, entry.place);
  touch(entry);
}

/// A stream without owner: its last bytes go out, then our end of stream, and what the peer still
/// says is thrown away.
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
  // TCP throws away as much without copying it.
  const ssize_t count = ::recv(entry.descriptor, nullptr, kDiscardPerPoll, MSG_TRUNC | MSG_DONTWAIT);
  if (count > 0 || (count < 0 && (errno == EAGAIN || errno == EINTR))) return;
  entry.eof = true;
  if (count < 0) entry.outgoing.drop();  // reset: nobody reads the rest
  touch(entry);
}

void ReadinessDriver::endLingering(Entry& entry) {
  deadlines_.erase({entry.deadline, entry.place});
  // A truncated reply must not look like a complete one.
  dispose(entry, entry.writing());
}

void ReadinessDriver::expireDeadlines() {
  while (!deadlines_.empty() && deadlines_.begin()->first <= sampled_) {
    Entry& entry = entries_.at(deadlines_.begin()->second);
    if (entry.state != Entry::State::kListening) {
      endLingering(entry);
      continue;
    }
    deadlines_.erase(deadlines_.begin());
    entry.deadline = kNever;
    entry.resting = false;
    touch(entry);
    if (const Failure why = std::exchange(entry.why, {})) entry.acceptor->onAcceptError(why);
  }
}

void ReadinessDriver::dispose(Entry& entry, bool reset) {
  if (entry.resting) deadlines_.erase({entry.deadline, entry.place});
  entry.state = Entry::State::kClosed;
  entry.outgoing.release();
  if (entry.descriptor >= 0) {
    if (entry.registered != 0) poller_->forget(entry.descriptor, entry.registered);
    if (reset) posix::closeWithReset(entry.descriptor);
    else ::close(entry.descriptor);
  }
  entry.descriptor = -1;
  graveyard_.push_back(&entry);
}

void ReadinessDriver::reap() {
  std::erase_if(graveyard_, [this](Entry* entry) {
    // freed by the next poll, which empties those lists
    if (entry->inDirty || entry->inFailed) return false;
    entries_.remove(*entry);
    return true;
  });
}

std::size_t ReadinessDriver::overdueSlots() const noexcept {
  std::size_t count = 0;
  for (const auto& [deadline, place] : deadlines_) {
    if (deadline > sampled_) break;
    if (entries_.at(place).state == Entry::State::kLingering) ++count;
  }
  return count;
}

}  // namespace teasel
