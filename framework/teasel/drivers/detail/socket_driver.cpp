#include <teasel/drivers/detail/socket_driver.hpp>

#include <algorithm>
#include <cerrno>

#include <fcntl.h>
#include <sys/socket.h>

#include <teasel/core/check.hpp>
#include <teasel/core/errors.hpp>
#include <teasel/drivers/detail/posix/clock.hpp>
#include <teasel/drivers/detail/posix/file_sending.hpp>
#include <teasel/drivers/detail/posix/port_descriptors.hpp>
#include <teasel/drivers/detail/posix/worker_threads.hpp>

namespace teasel::detail {

namespace {

/// How often a UNIX stream tries a port whose backlog is full. The kernel does not tell when there
/// is room.
constexpr Duration kConnectRest = std::chrono::milliseconds(10);
/// How long a stream lingers at most that the acceptor did not want.
constexpr Duration kUnwantedLinger = std::chrono::seconds(2);

SocketEntry& entryOf(Slot* slot) noexcept { return *static_cast<SocketEntry*>(slot); }

constinit const Address kNoAddress;

}  // namespace

const Address& SocketEntry::host() const noexcept { return setup != nullptr ? setup->host : kNoAddress; }
const Address& SocketEntry::peer() const noexcept { return setup != nullptr ? setup->peer : kNoAddress; }

SocketDriver::SocketDriver(posix::Blocking blocking) : blocking_(blocking), sampled_(posix::monotonicNow()) {}

Instant SocketDriver::now() noexcept { return posix::monotonicNow(); }

std::unique_ptr<ThreadPool> SocketDriver::makeThreadPool() { return posix::makeThreadPool(); }

// The turn ----------------------------------------------------------------------------------------

Duration SocketDriver::waitFor(Duration maxWait) noexcept {
  if (!toReport_.empty()) return Duration::zero();
  if (maxWait <= Duration::zero() || deadlines_.empty()) return maxWait;
  return std::min(maxWait, std::max(Duration::zero(), deadlines_.begin()->first - now()));
}

void SocketDriver::reportDue() {
  for (std::size_t left = toReport_.size(); left > 0; --left) {
    SocketEntry& entry = *toReport_.front();
    toReport_.pop_front();
    entry.inToReport = false;
    if (entry.state == State::kClosed) continue;
    const Failure why = std::exchange(entry.why, {});
    if (entry.failed) entry.sink->onError(why);
    else if (entry.state == State::kConnecting) connectEnded(entry, posix::takeSocketError(entry.descriptor));
    else failSending(entry, why);
  }
}

void SocketDriver::expireDeadlines() {
  while (!deadlines_.empty() && deadlines_.begin()->first <= sampled_) {
    SocketEntry& entry = entries_.at(deadlines_.begin()->second);
    if (entry.state == State::kLingering) {
      endLingering(entry);
      continue;
    }
    deadlines_.erase(deadlines_.begin());
    entry.deadline = kNever;
    entry.setup->resting = false;
    touch(entry);
    if (entry.state == State::kConnecting) {
      connectUnix(entry);
      continue;
    }
    if (const Failure why = std::exchange(entry.why, {})) entry.setup->acceptor->onAcceptError(why);
  }
}

void SocketDriver::reap() {
  std::erase_if(graveyard_, [this](SocketEntry* entry) {
    // The next poll empties those two lists; then the entry can be freed.
    if (!finished(*entry) || entry->inDirty || entry->inToReport) return false;
    entries_.remove(*entry);
    return true;
  });
}

void SocketDriver::fail(SocketEntry& entry, const Failure& why) {
  if (std::exchange(entry.failed, true)) return;
  entry.sendFailed = true;
  entry.outgoing.drop();
  touch(entry);
  entry.sink->onError(why);
}

void SocketDriver::failLater(SocketEntry& entry, Failure why) {
  if (std::exchange(entry.failed, true)) return;
  entry.sendFailed = true;
  reportLater(entry, std::move(why));
}

void SocketDriver::failSending(SocketEntry& entry, const Failure& why) {
  if (entry.eof) return fail(entry, why);  // nothing more can arrive
  entry.sendFailed = true;
  entry.outgoing.drop();
  touch(entry);
  entry.sink->onWriteError(why);
}

void SocketDriver::failSendingLater(SocketEntry& entry, Failure why) {
  entry.sendFailed = true;
  entry.outgoing.drop();
  reportLater(entry, std::move(why));
}

void SocketDriver::reportLater(SocketEntry& entry, Failure why) {
  touch(entry);
  if (std::exchange(entry.inToReport, true)) return;
  entry.why = std::move(why);
  toReport_.push_back(&entry);
}

// Files -------------------------------------------------------------------------------------------

int SocketDriver::sendFiles(SocketEntry& entry, std::size_t& may) {
  // sendfile waits if the description does. Somebody else may make an adopted one wait.
  if (!entry.neverWaits && !entry.adopted)
    entry.neverWaits = blocking_ == posix::Blocking::kNo || posix::setBlocking(entry.descriptor, posix::Blocking::kNo);
  const posix::FileWay way = entry.neverWaits ? posix::FileWay::kKernel : posix::FileWay::kCopies;
  while (entry.writing() && entry.outgoing.atFile()) {
    if (may == 0) return EAGAIN;
    const FilePiece piece = entry.outgoing.filePiece();
    const std::size_t size = std::min(piece.size, may);
    const posix::FileSent sent = posix::sendFile(entry.descriptor, piece.file.descriptor(), piece.offset, size, way);
    if (sent.fileError != 0) {
      entry.why = posix::fileFailure(sent.fileError, piece.offset + sent.bytes);
      piece.file.sendingFailed(entry.why);
      return kFileFailed;
    }
    entry.outgoing.advance(sent.bytes);
    may -= sent.bytes;
    if (sent.socketError != 0) return sent.socketError;
  }
  return 0;
}

void SocketDriver::breakOff(SocketEntry& entry) {
  const Failure why = std::exchange(entry.why, {});
  entry.failed = true;
  entry.outgoing.drop();
  touch(entry);
  entry.sink->onError(why);
}

void SocketDriver::breakOffLater(SocketEntry& entry) {
  entry.failed = true;
  entry.outgoing.drop();
  reportLater(entry, std::exchange(entry.why, {}));
}

// Opening -----------------------------------------------------------------------------------------

SocketEntry& SocketDriver::makeEntry(int descriptor) {
  SocketEntry& entry = newEntry();
  entry.descriptor = descriptor;
  entry.setup.reset(new SocketSetup);
  touch(entry);
  return entry;
}

SocketEntry& SocketDriver::makePort(int descriptor, const Address& host, Acceptor& acceptor) {
  SocketEntry& entry = makeEntry(descriptor);
  entry.state = State::kListening;
  entry.setup->acceptor = &acceptor;
  entry.setup->host = host;
  entry.setup->wildcard = posix::isWildcard(host);
  posix::ownForPort(descriptor);
  return entry;
}

Slot* SocketDriver::listen(const Address& at, const ListenOptions& options, Acceptor& acceptor, Failure& why) {
  const bool unixSocket = at.family() == Address::Family::kUnix;
  auto file = unixSocket ? std::make_unique<posix::UnixFile>() : nullptr;
  const int descriptor =
      unixSocket ? file->open(at, options, blocking_, why) : posix::openListener(at, options.backlog, blocking_, why);
  if (descriptor < 0) return nullptr;
  SocketEntry& entry = makePort(descriptor, unixSocket ? at : posix::localAddress(descriptor), acceptor);
  entry.setup->file = std::move(file);
  return &entry;
}

Slot* SocketDriver::adoptPort(int fd, Acceptor& acceptor, Failure& why) {
  std::string problem;
  const int descriptor = posix::adoptSocket(fd, posix::Adopt::kListening, problem);
  if (descriptor >= 0) {
    SocketEntry& entry = makePort(descriptor, posix::localAddress(descriptor), acceptor);
    entry.adopted = true;
    if (fd == taken_) {
      static_cast<void>(::fcntl(fd, F_SETFD, FD_CLOEXEC));
      entry.setup->source = std::exchange(taken_, -1);
      entry.setup->closesSource = closesTaken_;
    }
    return &entry;
  }
  why = Failure(CannotListenError("cannot listen: " + problem));
  return nullptr;
}

Slot* SocketDriver::adoptStream(int fd, StreamSink& sink, Failure& why) {
  std::string problem;
  const int descriptor = posix::adoptSocket(fd, posix::Adopt::kConnected, problem);
  if (descriptor < 0) {
    why = Failure(ConnectError("cannot adopt the connection: " + problem));
    return nullptr;
  }
  SocketEntry& entry = makeEntry(descriptor);
  entry.state = State::kConnecting;
  entry.connectsAtOnce = true;
  entry.adopted = true;
  entry.sink = &sink;
  entry.setup->peer = posix::remoteAddress(descriptor);
  reportLater(entry, {});
  return &entry;
}

void SocketDriver::acceptStream(SocketEntry& port, int descriptor, const Address& peer) {
  SocketEntry& entry = makeEntry(descriptor);
  entry.setup->peer = peer;
  // Some systems give an unnamed UNIX peer no address at all.
  if (peer.family() == Address::Family::kNone && port.host().family() == Address::Family::kUnix)
    entry.setup->peer = Address::unixPath("");
  entry.setup->host = port.setup->wildcard ? posix::localAddress(descriptor) : port.host();
  entry.local = entry.host().family() == Address::Family::kUnix;
  StreamSink* sink = port.setup->acceptor->onAccept(&entry);
  entry.setup.reset();
  if (entry.state != State::kOpen) return;  // the acceptor has closed it
  entry.sink = sink;
  if (sink == nullptr) close(&entry, CloseMode::kGraceful, {}, now() + kUnwantedLinger);
}

void SocketDriver::acceptFailed(SocketEntry& port, int error) {
  rest(port, kAcceptRest);
  touch(port);
  port.setup->acceptor->onAcceptError(posix::acceptFailure(error, port.host()));
}

void SocketDriver::rest(SocketEntry& entry, Duration time) {
  if (!std::exchange(entry.setup->resting, true)) deadlines_.emplace(entry.deadline = now() + time, entry.place);
}

SocketEntry& SocketDriver::openConnection(const Address& to, const ConnectOptions& options, StreamSink& sink) {
  Failure why;
  const bool unixSocket = to.family() == Address::Family::kUnix;
  // Connecting a UNIX socket must not block, even for a driver that wants blocking descriptors.
  const int descriptor = posix::openClient(to, options.bind, unixSocket ? posix::Blocking::kNo : blocking_, why);
  SocketEntry& entry = makeEntry(descriptor);
  entry.state = State::kConnecting;
  entry.sink = &sink;
  entry.setup->peer = to;
  entry.connectsAtOnce = unixSocket;
  if (descriptor < 0) failLater(entry, std::move(why));
  else if (options.checkPID && !posix::UnixLock::isHeld(to.path()))
    failLater(entry, Failure(BadFileError("cannot connect to " + to.text() + ": no living process holds the lock " + to.path() +
                                          ".lock")));
  else if (unixSocket) connectUnix(entry);
  return entry;
}

/// Connects a UNIX stream, or lets it rest until it is tried again.
void SocketDriver::connectUnix(SocketEntry& entry) {
  const posix::SocketAddress native = posix::toNative(entry.peer());
  if (::connect(entry.descriptor, native.get(), native.length) == 0) {
    if (blocking_ == posix::Blocking::kYes && !posix::setBlocking(entry.descriptor, blocking_))
      return failLater(entry, posix::connectFailure(errno, entry.peer()));
    return reportLater(entry, {});
  }
  if (errno == EAGAIN || errno == EINTR) rest(entry, kConnectRest);
  else failLater(entry, posix::connectFailure(errno, entry.peer()));
}

void SocketDriver::connectEnded(SocketEntry& entry, int error) {
  // A reset during the handshake is ECONNREFUSED. These two come from a peer that had accepted the
  // connection, and may have sent something, before it reset the connection.
  const bool wasReset = error == ECONNRESET || error == EPIPE;
  if (error != 0 && !wasReset) return fail(entry, posix::connectFailure(error, entry.peer()));
  entry.setup->host = posix::localAddress(entry.descriptor);
  // When nobody listens on an ephemeral port, a socket that connects to it can get that port itself
  // and so connect to itself. Both ends of an adopted UNIX pair are unnamed.
  if (!entry.connectsAtOnce && entry.host() == entry.peer())
    return fail(entry, posix::connectFailure(ECONNREFUSED, entry.peer()));
  entry.state = State::kOpen;
  touch(entry);
  entry.sendFailed = wasReset;
  entry.local = entry.host().family() == Address::Family::kUnix;
  entry.sink->onConnected();
  entry.setup.reset();
  if (wasReset && entry.state == State::kOpen) failSending(entry, posix::lossFailure(error, "the connection"));
}

// Ends --------------------------------------------------------------------------------------------

void SocketDriver::shutdownWrite(Slot* stream) {
  SocketEntry& entry = entryOf(stream);
  TEASEL_CHECK(entry.state == State::kOpen);
  TEASEL_CHECK(!entry.writing());
  if (entry.sendFailed || entry.failed || entry.shut) return;
  entry.shut = true;
  // This fails only if the peer has reset the connection. Then reading will report that.
  static_cast<void>(::shutdown(entry.descriptor, SHUT_WR));
}

void SocketDriver::close(Slot* stream, CloseMode mode, std::vector<Segment> inFlight, Instant lingerUntil) {
  SocketEntry& entry = entryOf(stream);
  const bool open = entry.state == State::kOpen;
  const bool live = open || entry.state == State::kConnecting;
  TEASEL_CHECK(live);
  // This is needed for an aborted stream, too: the kernel may be sending from these segments.
  entry.outgoing.takeOver(std::move(inFlight));
  if (mode == CloseMode::kAbort || !open || entry.sendFailed || entry.failed) return dispose(entry, open && !entry.sendFailed);
  // The shutdown fails only if the peer has reset the connection.
  if (!entry.writing() && (entry.eof || (!entry.shut && ::shutdown(entry.descriptor, SHUT_WR) != 0)))
    return dispose(entry, false);
  entry.state = State::kLingering;
  entry.sink = nullptr;
  entry.deadline = lingerUntil;
  if (lingerUntil != kNever) deadlines_.emplace(lingerUntil, entry.place);
  touch(entry);
}

void SocketDriver::endLingering(SocketEntry& entry) {
  deadlines_.erase({entry.deadline, entry.place});
  // A truncated reply must not look like a complete one.
  dispose(entry, entry.writing());
}

void SocketDriver::dispose(SocketEntry& entry, bool reset) {
  if (entry.resting()) deadlines_.erase({entry.deadline, entry.place});
  if (entry.state == State::kListening) {
    entry.setup->file.reset();  // while it still listens
    disownPort(entry);
  }
  entry.state = State::kClosed;
  graveyard_.push_back(&entry);
  retire(entry, reset);
}

void SocketDriver::disposeAll() {
  entries_.forEach([this](SocketEntry& entry) {
    if (entry.state == State::kLingering) dispose(entry, entry.writing());
    else if (entry.state != State::kClosed) dispose(entry, entry.state == State::kOpen);
  });
}

std::size_t SocketDriver::overdueSlots() const noexcept {
  std::size_t count = 0;
  for (const auto& [deadline, place] : deadlines_) {
    if (deadline > sampled_) break;
    if (entries_.at(place).state == State::kLingering) ++count;
  }
  return count;
}

}  // namespace teasel::detail
