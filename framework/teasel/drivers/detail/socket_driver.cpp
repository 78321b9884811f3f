#include <teasel/drivers/detail/socket_driver.hpp>

#include <algorithm>
#include <cerrno>

#include <sys/socket.h>

#include <teasel/core/check.hpp>
#include <teasel/core/errors.hpp>
#include <teasel/drivers/detail/posix/clock.hpp>
#include <teasel/drivers/detail/posix/worker_threads.hpp>

namespace teasel::detail {

namespace {

constexpr Duration kAcceptRest = std::chrono::milliseconds(50);
/// How long a stream lingers at most that the acceptor did not want.
constexpr Duration kUnwantedLinger = std::chrono::seconds(2);

SocketEntry& entryOf(Slot* slot) noexcept { return *static_cast<SocketEntry*>(slot); }

}  // namespace

SocketDriver::SocketDriver(posix::Blocking blocking) : blocking_(blocking), sampled_(posix::monotonicNow()) {}

Instant SocketDriver::now() noexcept { return posix::monotonicNow(); }

std::unique_ptr<ThreadPool> SocketDriver::makeThreadPool() { return posix::makeThreadPool(); }

// The turn ----------------------------------------------------------------------------------------

Duration SocketDriver::waitFor(Duration maxWait) noexcept {
  if (!failed_.empty()) return Duration::zero();
  if (maxWait <= Duration::zero() || deadlines_.empty()) return maxWait;
  return std::min(maxWait, std::max(Duration::zero(), deadlines_.begin()->first - now()));
}

void SocketDriver::reportFailures() {
  for (std::size_t left = failed_.size(); left > 0; --left) {
    SocketEntry& entry = *failed_.front();
    failed_.pop_front();
    entry.inFailed = false;
    if (entry.state != State::kClosed) entry.sink->onError(entry.why);
  }
}

void SocketDriver::expireDeadlines() {
  while (!deadlines_.empty() && deadlines_.begin()->first <= sampled_) {
    SocketEntry& entry = entries_.at(deadlines_.begin()->second);
    if (entry.state != State::kListening) {
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

void SocketDriver::reap() {
  std::erase_if(graveyard_, [this](SocketEntry* entry) {
    // The next poll empties those two lists; then the entry can be freed.
    if (!finished(*entry) || entry->inDirty || entry->inFailed) return false;
    entries_.remove(*entry);
    return true;
  });
}

void SocketDriver::fail(SocketEntry& entry, const Failure& why) {
  if (std::exchange(entry.failed, true)) return;
  entry.outgoing.drop();
  touch(entry);
  entry.sink->onError(why);
}

void SocketDriver::failLater(SocketEntry& entry, Failure why) {
  if (std::exchange(entry.failed, true)) return;
  entry.why = std::move(why);
  entry.inFailed = true;
  failed_.push_back(&entry);
  touch(entry);
}

// Opening -----------------------------------------------------------------------------------------

SocketEntry& SocketDriver::makeEntry(int descriptor) {
  SocketEntry& entry = newEntry();
  entry.descriptor = descriptor;
  touch(entry);
  return entry;
}

Slot* SocketDriver::listen(const Address& at, const ListenOptions& options, Acceptor& acceptor, Failure& why) {
  const int descriptor = posix::openListener(at, options.backlog, blocking_, why);
  if (descriptor < 0) return nullptr;
  SocketEntry& entry = makeEntry(descriptor);
  entry.state = State::kListening;
  entry.acceptor = &acceptor;
  entry.host() = posix::localAddress(descriptor);
  entry.wildcard = posix::isWildcard(entry.host());
  return &entry;
}

void SocketDriver::acceptStream(SocketEntry& port, int descriptor, const Address& peer) {
  SocketEntry& entry = makeEntry(descriptor);
  entry.peer() = peer;
  entry.host() = port.wildcard ? posix::localAddress(descriptor) : port.host();
  StreamSink* sink = port.acceptor->onAccept(&entry);
  if (entry.state != State::kOpen) return;  // the acceptor has closed it
  entry.sink = sink;
  if (sink == nullptr) close(&entry, CloseMode::kGraceful, {}, now() + kUnwantedLinger);
}

void SocketDriver::acceptFailed(SocketEntry& port, int error) {
  rest(port);
  touch(port);
  port.acceptor->onAcceptError(posix::acceptFailure(error, port.host()));
}

void SocketDriver::rest(SocketEntry& port) {
  if (!std::exchange(port.resting, true)) deadlines_.emplace(port.deadline = now() + kAcceptRest, port.place);
}

SocketEntry& SocketDriver::openConnection(const Address& to, const ConnectOptions& options, StreamSink& sink) {
  Failure why;
  SocketEntry& entry = makeEntry(posix::openClient(to, options.bind, blocking_, why));
  entry.state = State::kConnecting;
  entry.sink = &sink;
  entry.peer() = to;
  if (entry.descriptor < 0) failLater(entry, std::move(why));
  return entry;
}

void SocketDriver::connectEnded(SocketEntry& entry, int error) {
  if (error != 0) return fail(entry, posix::connectFailure(error, entry.peer()));
  entry.host() = posix::localAddress(entry.descriptor);
  // When nobody listens on an ephemeral port, a socket that connects to it can get that port itself
  // and so connect to itself.
  if (entry.host() == entry.peer()) return fail(entry, posix::connectFailure(ECONNREFUSED, entry.peer()));
  entry.state = State::kOpen;
  touch(entry);
  entry.sink->onConnected();
}

// Ends --------------------------------------------------------------------------------------------

void SocketDriver::shutdownWrite(Slot* stream) {
  SocketEntry& entry = entryOf(stream);
  TEASEL_CHECK(entry.state == State::kOpen);
  TEASEL_CHECK(!entry.writing());
  if (entry.failed || std::exchange(entry.shut, true)) return;
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
  if (mode == CloseMode::kAbort || !open || entry.failed) return dispose(entry, open && !entry.failed);
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
  if (entry.resting) deadlines_.erase({entry.deadline, entry.place});
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
