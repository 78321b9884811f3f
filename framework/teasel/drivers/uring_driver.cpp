#include <teasel/drivers/uring_driver.hpp>

#include <algorithm>
#include <array>
#include <cerrno>
#include <deque>
#include <set>
#include <utility>

#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <teasel/core/check.hpp>
#include <teasel/core/errors.hpp>
#include <teasel/drivers/posix/clock.hpp>
#include <teasel/drivers/posix/sockets.hpp>
#include <teasel/drivers/posix/uring.hpp>
#include <teasel/drivers/posix/wake.hpp>
#include <teasel/drivers/posix/worker_threads.hpp>
#include <teasel/drivers/slot_table.hpp>
#include <teasel/drivers/uring_entry.hpp>

namespace teasel {

namespace {

using namespace detail::uring;

constexpr Duration kAcceptRest = std::chrono::milliseconds(50);
constexpr Duration kUnwantedLinger = std::chrono::seconds(2);
/// How long the kernel may take to give up the operations of a closed slot.
constexpr Duration kCancelGrace = std::chrono::seconds(1);

class UringDriver final : public Driver {
 public:
  explicit UringDriver(const UringOptions& options) : ring_(options.buffers, options.deferTaskRun), sampled_(now()) {}
  ~UringDriver() override;

  std::string_view name() const noexcept override { return "io_uring"; }
  Instant now() noexcept override { return posix::monotonicNow(); }
  void poll(Duration maxWait, Instant& sampled) override;
  void wake() noexcept override { wake_.wake(); }
  Slot* listen(const Address& at, const ListenOptions& options, Acceptor& acceptor, Failure& why) override;
  void stopListening(Slot* port) override;
  Slot* connect(const Address& to, const ConnectOptions& options, StreamSink& sink) override;
  void reading(Slot* stream, bool on) override;
  std::size_t write(Slot* stream, std::span<const Segment> segments) override;
  void shutdownWrite(Slot* stream) override;
  void close(Slot* stream, CloseMode mode, std::vector<Segment> inFlight, Instant lingerUntil) override;
  std::unique_ptr<ThreadPool> makeThreadPool() override { return posix::makeThreadPool(); }
  std::size_t overdueSlots() const noexcept override;

 private:
  Entry& makeEntry(int descriptor);
  void touch(Entry& entry);
  void applyWishes();
  void arm(Entry& entry, Operation operation);
  void cancel(std::uint64_t data);
  void armWake();
  void failLater(Entry& entry, Failure why);
  void reportFailures();
  void fail(Entry& entry, const Failure& why);
  void deliverHeld();
  void deliverHeld(Entry& entry);

  void complete(const posix::Uring::Completion& completion);
  void accepted(Entry& port, int result);
  void connected(Entry& entry, int result);
  void received(Entry& entry, const posix::Uring::Completion& completion);
  void receivedEnd(Entry& entry, int result);
  void sent(Entry& entry, int result);
  void watched(Entry& entry, int result);

  void endLingering(Entry& entry);
  void expireDeadlines();
  void dispose(Entry& entry, bool reset);
  void closeDescriptor(Entry& entry) noexcept;
  void reap();

  posix::Wake wake_;
  detail::SlotTable<Entry> entries_;
  posix::Uring ring_;  // dies before the entries: until then the kernel may use what they hold
  bool wakeArmed_ = false, ending_ = false;
  Instant sampled_{};
  // Lists of entries. One that is in any of them, or has an operation in the kernel, is not freed.
  std::vector<Entry*> dirty_;
  std::deque<Entry*> failed_, resumed_;
  std::vector<Entry*> graveyard_;
  std::set<std::pair<Instant, std::uint32_t>> deadlines_;
};

UringDriver::~UringDriver() {
  entries_.forEach([this](Entry& entry) {
    if (entry.state == Entry::State::kLingering) dispose(entry, entry.outgoing.any());
    else if (entry.state != Entry::State::kClosed) dispose(entry, entry.state == Entry::State::kOpen);
  });
  // An operation in the kernel pins its socket: let it go, so that the peers hear of it now. And
  // what a closed ring leaves to the kernel to clean up interrupts this thread's next waits.
  const auto busy = [](const Entry* entry) { return entry->armed != 0; };
  const Instant end = now() + kCancelGrace;
  ending_ = true;
  while ((wakeArmed_ || std::any_of(graveyard_.begin(), graveyard_.end(), busy)) && now() < end) {
    // in another thread: the kernel ends them when the ring closes
    if (!ring_.submitAndWait(Duration::zero())) break;
    applyWishes();
    if (wakeArmed_) cancel(kWakeUp);
    ring_.submitAndWait(std::chrono::milliseconds(10));
    for (std::uint32_t count = ring_.ready(); count > 0; --count) complete(ring_.take());
  }
  for (Entry* entry : graveyard_) closeDescriptor(*entry);
}

// The turn of a driver ----------------------------------------------------------------------------

void UringDriver::poll(Duration maxWait, Instant& sampled) {
  applyWishes();
  if (!failed_.empty() || !resumed_.empty()) maxWait = Duration::zero();
  else if (maxWait > Duration::zero() && !deadlines_.empty())
    maxWait = std::min(maxWait, std::max(Duration::zero(), deadlines_.begin()->first - now()));
  if (!ring_.submitAndWait(maxWait)) throw UsageError("the io_uring driver belongs to the thread that polled it first");
  sampled = sampled_ = now();
  reportFailures();
  deliverHeld();
  // Each is taken before it is handled: an exception of a test that passes through here leaves the
  // rest for the next poll.
  for (std::uint32_t count = ring_.ready(); count > 0; --count) complete(ring_.take());
  expireDeadlines();
  reap();
}

void UringDriver::touch(Entry& entry) {
  if (entry.inDirty) return;
  entry.inDirty = true;
  dirty_.push_back(&entry);
}

void UringDriver::applyWishes() {
  if (!wakeArmed_ && !ending_) armWake();
  for (Entry* entry : dirty_) {
    entry->inDirty = false;
    const unsigned wanted = entry->wanted();
    for (const Operation operation : {kAccept, kConnect, kReceive, kSend, kWatch}) {
      const bool want = (wanted & bit(operation)) != 0;
      if (want == ((entry->armed & bit(operation)) != 0)) continue;
      if (want) arm(*entry, operation);
      else if ((entry->cancelled & bit(operation)) == 0) cancel(reinterpret_cast<std::uintptr_t>(entry) | operation);
      if (!want) entry->cancelled |= bit(operation);
    }
  }
  dirty_.clear();
}

void UringDriver::arm(Entry& entry, Operation operation) {
  io_uring_sqe& sqe = ring_.entry();
  switch (operation) {
    case kAccept: io_uring_prep_multishot_accept(&sqe, entry.descriptor, nullptr, nullptr, SOCK_CLOEXEC); break;
    case kConnect: io_uring_prep_connect(&sqe, entry.descriptor, entry.to->get(), entry.to->length); break;
    case kReceive:
      io_uring_prep_recv_multishot(&sqe, entry.descriptor, nullptr, 0, 0);
      sqe.flags |= IOSQE_BUFFER_SELECT;
      sqe.buf_group = posix::Uring::kBufferGroup;
      break;
    case kSend: {
      std::size_t bytes = 0;
      const std::size_t count = entry.outgoing.pieces(entry.pieces, bytes);
      // WAITALL: the kernel goes on by itself after a short send.
      if (count == 1) {
        io_uring_prep_send(&sqe, entry.descriptor, entry.pieces[0].iov_base, bytes, MSG_NOSIGNAL | MSG_WAITALL);
      } else {
        entry.message.msg_iov = entry.pieces.data();
        entry.message.msg_iovlen = count;
        io_uring_prep_sendmsg(&sqe, entry.descriptor, &entry.message, MSG_NOSIGNAL | MSG_WAITALL);
      }
      break;
    }
    // errors and hang-up come unasked
    case kWatch: io_uring_prep_poll_add(&sqe, entry.descriptor, 0); break;
    case kWakeUp: return;
  }
  sqe.user_data = reinterpret_cast<std::uintptr_t>(&entry) | operation;
  entry.armed |= bit(operation);
}

void UringDriver::cancel(std::uint64_t data) {
  io_uring_sqe& sqe = ring_.entry();
  io_uring_prep_cancel64(&sqe, data, 0);
  // ENOENT: it completed meanwhile, and says so itself.
  sqe.flags |= IOSQE_CQE_SKIP_SUCCESS;
  sqe.user_data = kNobody;
}

void UringDriver::armWake() {
  io_uring_sqe& sqe = ring_.entry();
  io_uring_prep_poll_multishot(&sqe, wake_.descriptor(), POLLIN);
  sqe.user_data = kWakeUp;
  wakeArmed_ = true;
}

void UringDriver::failLater(Entry& entry, Failure why) {
  if (std::exchange(entry.failed, true)) return;
  entry.why = std::move(why);
  entry.inFailed = true;
  failed_.push_back(&entry);
  touch(entry);
}

void UringDriver::reportFailures() {
  for (std::size_t left = failed_.size(); left > 0; --left) {
    Entry& entry = *failed_.front();
    failed_.pop_front();
    entry.inFailed = false;
    if (entry.state != Entry::State::kClosed) entry.sink->onError(entry.why);
  }
}

void UringDriver::fail(Entry& entry, const Failure& why) {
  if (std::exchange(entry.failed, true)) return;
  entry.outgoing.drop();
  touch(entry);
  entry.sink->onError(why);
}

void UringDriver::deliverHeld() {
  for (std::size_t left = resumed_.size(); left > 0; --left) {
    Entry& entry = *resumed_.front();
    resumed_.pop_front();
    entry.inResumed = false;
    deliverHeld(entry);
  }
}

void UringDriver::deliverHeld(Entry& entry) {
  const auto may = [&] { return entry.state == Entry::State::kOpen && entry.reading && !entry.failed; };
  while (may() && entry.heldNext < entry.held.size()) {
    const Segment next = std::move(entry.held[entry.heldNext++]);
    if (entry.heldNext == entry.held.size()) entry.dropHeld();
    Chunk chunk(next.view());
    entry.sink->onData(chunk);
  }
  if (may() && std::exchange(entry.heldEof, false)) {
    entry.eof = true;
    entry.sink->onEof();
  }
  if (may() && entry.heldError) fail(entry, std::exchange(entry.heldError, {}));
  if (entry.state == Entry::State::kOpen) touch(entry);
}

void UringDriver::complete(const posix::Uring::Completion& completion) {
  const auto operation = static_cast<Operation>(completion.data & kOperationMask);
  if (completion.data == kNobody) return;
  const bool more = (completion.flags & IORING_CQE_F_MORE) != 0;
  if (operation == kWakeUp) {
    wakeArmed_ = more;
    wake_.drain();
    return;
  }
  // NOLINTNEXTLINE(performance-no-int-to-ptr): the kernel hands back what it was given, a number
  Entry& entry = *reinterpret_cast<Entry*>(completion.data & ~kOperationMask);
  if (!more) {
    entry.armed &= ~bit(operation);
    entry.cancelled &= ~bit(operation);
    touch(entry);
  }
  switch (operation) {
    case kAccept: return accepted(entry, completion.result);
    case kConnect: return connected(entry, completion.result);
    case kReceive: return received(entry, completion);
    case kSend: return sent(entry, completion.result);
    case kWatch: return watched(entry, completion.result);
    case kWakeUp: return;
  }
}

// Connecting and accepting ------------------------------------------------------------------------

Entry& UringDriver::makeEntry(int descriptor) {
  Entry& entry = entries_.make();
  entry.descriptor = descriptor;
  touch(entry);
  return entry;
}

Slot* UringDriver::listen(const Address& at, const ListenOptions& options, Acceptor& acceptor, Failure& why) {
  const int descriptor = posix::openListener(at, options.backlog, posix::Blocking::kYes, why);
  if (descriptor < 0) return nullptr;
  Entry& entry = makeEntry(descriptor);
  entry.state = Entry::State::kListening;
  entry.acceptor = &acceptor;
  entry.host() = posix::localAddress(descriptor);
  return &entry;
}

void UringDriver::stopListening(Slot* port) {
  // The armed accept keeps the socket until the next poll; this frees the port at once.
  static_cast<void>(::shutdown(Entry::of(port).descriptor, SHUT_RDWR));
  dispose(Entry::of(port), false);
}

void UringDriver::accepted(Entry& port, int result) {
  if (port.state != Entry::State::kListening) {
    if (result >= 0) ::close(result);
    return;
  }
  if (result < 0) {
    if (result == -ECANCELED || result == -EAGAIN || posix::concernsOneConnection(-result)) return;
    if (!std::exchange(port.resting, true)) deadlines_.emplace(port.deadline = sampled_ + kAcceptRest, port.place);
    port.acceptor->onAcceptError(posix::acceptFailure(-result, port.host()));
    return;
  }
  Entry& entry = makeEntry(result);
  entry.peer() = posix::remoteAddress(result);
  entry.host() = posix::isWildcard(port.host()) ? posix::localAddress(result) : port.host();
  StreamSink* sink = port.acceptor->onAccept(&entry);
  if (entry.state != Entry::State::kOpen) return;
  entry.sink = sink;
  if (sink == nullptr) close(&entry, CloseMode::kGraceful, {}, sampled_ + kUnwantedLinger);
}

Slot* UringDriver::connect(const Address& to, const ConnectOptions& options, StreamSink& sink) {
  Failure why;
  Entry& entry = makeEntry(posix::openClient(to, options.bind, posix::Blocking::kYes, why));
  entry.state = Entry::State::kConnecting;
  entry.sink = &sink;
  entry.peer() = to;
  if (entry.descriptor < 0) failLater(entry, std::move(why));
  else entry.to = std::make_unique<posix::SocketAddress>(posix::toNative(to));
  return &entry;
}

void UringDriver::connected(Entry& entry, int result) {
  entry.to.reset();
  if (entry.state != Entry::State::kConnecting || entry.failed) return;
  if (result < 0) return fail(entry, posix::connectFailure(-result, entry.peer()));
  entry.host() = posix::localAddress(entry.descriptor);
  // Within the range of ephemeral ports a socket can meet itself when nobody listens.
  if (entry.host() == entry.peer()) return fail(entry, posix::connectFailure(ECONNREFUSED, entry.peer()));
  entry.state = Entry::State::kOpen;
  entry.sink->onConnected();
}

// Reading -----------------------------------------------------------------------------------------

void UringDriver::reading(Slot* stream, bool on) {
  Entry& entry = Entry::of(stream);
  entry.reading = on;
  touch(entry);
  if (!on || !entry.holds() || std::exchange(entry.inResumed, true)) return;
  resumed_.push_back(&entry);
}

void UringDriver::received(Entry& entry, const posix::Uring::Completion& completion) {
  if ((completion.flags & IORING_CQE_F_BUFFER) == 0) return receivedEnd(entry, completion.result);
  struct Loan {
    posix::Uring& ring;
    std::uint16_t id;
    Loan(posix::Uring& r, std::uint16_t i) noexcept : ring(r), id(i) {}
    Loan(const Loan&) = delete;
    Loan& operator=(const Loan&) = delete;
    ~Loan() { ring.giveBack(id); }
  };
  const Loan loan(ring_, static_cast<std::uint16_t>(completion.flags >> IORING_CQE_BUFFER_SHIFT));
  if (completion.result <= 0) return receivedEnd(entry, completion.result);
  if (entry.state != Entry::State::kOpen || entry.failed) return;  // discarded
  const auto size = static_cast<std::size_t>(completion.result);
  detail::ReceiveBuffer& buffer = ring_.buffer(loan.id);
  if (entry.reading && !entry.holds()) return buffer.deliver(*entry.sink, size);
  // Copied out of the ring, so that a paused stream takes no buffers from the others. Bounded: the
  // receive is cancelled before the next wait, and until then the kernel has but these buffers.
  buffer.open();
  entry.held.emplace_back(ByteView(buffer.bytes(), size));
  buffer.shut();
}

void UringDriver::receivedEnd(Entry& entry, int result) {
  // Out of buffers: armed again before the next wait, when this batch has given them back.
  if (result == -ENOBUFS || result == -ECANCELED || result == -EINTR || result == -EAGAIN || entry.failed) return;
  if (entry.state == Entry::State::kLingering) {
    entry.eof = true;
    if (result < 0) return endLingering(entry);
    if (!entry.outgoing.any()) endLingering(entry);
    return;
  }
  if (entry.state != Entry::State::kOpen) return;
  if (!entry.reading || entry.holds()) {
    if (result == 0) entry.heldEof = true;
    else entry.heldError = posix::lossFailure(-result, "receiving");
  } else if (result == 0) {
    entry.eof = true;
    entry.sink->onEof();
  } else {
    fail(entry, posix::lossFailure(-result, "receiving"));
  }
}

/// After end of stream nothing is received that could tell of a reset.
void UringDriver::watched(Entry& entry, int result) {
  if (entry.state != Entry::State::kOpen || entry.failed || result < 0) return;
  if (const int error = (result & POLLERR) != 0 ? posix::takeSocketError(entry.descriptor) : 0; error != 0)
    return fail(entry, posix::lossFailure(error, "the connection"));
  entry.hungUp = true;
}

// Writing -----------------------------------------------------------------------------------------

std::size_t UringDriver::write(Slot* stream, std::span<const Segment> segments) {
  Entry& entry = Entry::of(stream);
  TEASEL_CHECK(entry.state == Entry::State::kOpen);
  TEASEL_CHECK(!entry.outgoing.any());
  if (entry.failed) return 0;
  entry.reported = entry.outgoing.start(segments);
  if (entry.reported > 0) touch(entry);
  return 0;
}

void UringDriver::sent(Entry& entry, int result) {
  if (entry.failed || entry.state == Entry::State::kClosed) return;
  if (result >= 0) {
    entry.outgoing.advance(static_cast<std::size_t>(result));
  } else if (result != -EINTR && result != -EAGAIN && result != -ECANCELED) {
    if (entry.state == Entry::State::kLingering) return endLingering(entry);
    return fail(entry, posix::lossFailure(-result, "sending"));
  }
  if (entry.outgoing.any()) return;
  if (entry.state == Entry::State::kOpen) return entry.sink->onWritten(std::exchange(entry.reported, 0));
  entry.outgoing.release();
  if (entry.eof || ::shutdown(entry.descriptor, SHUT_WR) != 0) endLingering(entry);
}

void UringDriver::shutdownWrite(Slot* stream) {
  Entry& entry = Entry::of(stream);
  TEASEL_CHECK(entry.state == Entry::State::kOpen);
  TEASEL_CHECK(!entry.outgoing.any());
  if (entry.failed || std::exchange(entry.shut, true)) return;
  // Fails only where the peer has reset the connection; reading will tell.
  static_cast<void>(::shutdown(entry.descriptor, SHUT_WR));
}

// Ends --------------------------------------------------------------------------------------------

void UringDriver::close(Slot* stream, CloseMode mode, std::vector<Segment> inFlight, Instant lingerUntil) {
  Entry& entry = Entry::of(stream);
  const bool open = entry.state == Entry::State::kOpen;
  const bool live = open || entry.state == Entry::State::kConnecting;
  TEASEL_CHECK(live);
  // The kernel may be sending from these until its last completion, whatever becomes of the stream.
  entry.outgoing.takeOver(std::move(inFlight));
  if (mode == CloseMode::kAbort || !open || entry.failed) return dispose(entry, open && !entry.failed);
  entry.eof = entry.eof || entry.heldEof;
  if (!entry.outgoing.any() && (entry.eof || entry.heldError || (!entry.shut && ::shutdown(entry.descriptor, SHUT_WR) != 0)))
    return dispose(entry, false);
  entry.state = Entry::State::kLingering;
  entry.sink = nullptr;
  entry.dropHeld();
  entry.deadline = lingerUntil;
  if (lingerUntil != kNever) deadlines_.emplace(lingerUntil, entry.place);
  touch(entry);
}

void UringDriver::endLingering(Entry& entry) {
  deadlines_.erase({entry.deadline, entry.place});
  // A truncated reply must not look like a complete one.
  dispose(entry, entry.outgoing.any());
}

void UringDriver::expireDeadlines() {
  while (!deadlines_.empty() && deadlines_.begin()->first <= sampled_) {
    Entry& entry = entries_.at(deadlines_.begin()->second);
    if (entry.state == Entry::State::kListening) {
      deadlines_.erase(deadlines_.begin());
      entry.resting = false;
      touch(entry);
    } else {
      endLingering(entry);
    }
  }
}

/// The slot is over. Its operations are cancelled before the next wait; the descriptor is closed,
/// the segments in flight are freed and the entry is used again after the last of them has
/// completed.
void UringDriver::dispose(Entry& entry, bool reset) {
  if (entry.resting) deadlines_.erase({entry.deadline, entry.place});
  entry.state = Entry::State::kClosed;
  entry.reset = reset;
  entry.dropHeld();
  entry.deadline = sampled_ + kCancelGrace;
  touch(entry);
  if (entry.armed == 0) closeDescriptor(entry);
  graveyard_.push_back(&entry);
}

void UringDriver::closeDescriptor(Entry& entry) noexcept {
  if (entry.descriptor < 0) return;
  if (entry.reset) posix::closeWithReset(entry.descriptor);
  else ::close(entry.descriptor);
  entry.descriptor = -1;
}

void UringDriver::reap() {
  std::erase_if(graveyard_, [this](Entry* entry) {
    if (entry->armed != 0) return false;
    closeDescriptor(*entry);
    if (entry->inDirty || entry->inFailed || entry->inResumed) return false;
    entries_.remove(*entry);
    return true;
  });
}

std::size_t UringDriver::overdueSlots() const noexcept {
  std::size_t count = 0;
  for (const auto& [deadline, place] : deadlines_)
    if (deadline <= sampled_ && entries_.at(place).state == Entry::State::kLingering) ++count;
  for (const Entry* entry : graveyard_)
    if (entry->armed != 0 && entry->deadline < sampled_) ++count;
  return count;
}

}  // namespace

std::unique_ptr<Driver> makeUringDriver(const UringOptions& options) { return std::make_unique<UringDriver>(options); }

}  // namespace teasel
