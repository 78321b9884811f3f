#include <teasel/drivers/uring_driver.hpp>

#include <algorithm>
#include <cerrno>
#include <deque>
#include <utility>

#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <teasel/core/check.hpp>
#include <teasel/core/errors.hpp>
#include <teasel/drivers/detail/posix/sockets.hpp>
#include <teasel/drivers/detail/posix/uring.hpp>
#include <teasel/drivers/detail/socket_driver.hpp>
#include <teasel/drivers/detail/uring_entry.hpp>

namespace teasel {

namespace {

using namespace detail::uring;

/// How long the kernel may take to end the operations of a closed slot.
constexpr Duration kCancelGrace = std::chrono::seconds(1);

class UringDriver final : public detail::SocketDriver {
 public:
  explicit UringDriver(const UringOptions& options)
      : SocketDriver(posix::Blocking::kYes), ring_(options.buffers, options.deferTaskRun) {}
  ~UringDriver() override;

  std::string_view name() const noexcept override { return "io_uring"; }
  void poll(Duration maxWait, Instant& sampled) override;
  void stopListening(Slot* port) override;
  Slot* connect(const Address& to, const ConnectOptions& options, StreamSink& sink) override;
  void reading(Slot* stream, bool on) override;
  std::size_t write(Slot* stream, std::span<const Segment> segments) override;
  void close(Slot* stream, CloseMode mode, std::vector<Segment> inFlight, Instant lingerUntil) override;
  std::size_t overdueSlots() const noexcept override;

 private:
  detail::SocketEntry& newEntry() override { return entries().make<Entry>(); }
  void retire(detail::SocketEntry& closed, bool reset) override;
  bool finished(detail::SocketEntry& closed) override;
  static void closeDescriptor(Entry& entry) noexcept;

  // Arms and cancels operations, until the kernel has those that the entries in dirty() want.
  void applyWishes();
  void arm(Entry& entry, Operation operation);
  void cancel(std::uint64_t data);
  void armWake();
  void deliverHeld();
  void deliverHeld(Entry& entry);

  // Handling of one completion, and what it means for each operation.
  void complete(const posix::Uring::Completion& completion);
  void accepted(Entry& port, int result);
  void connected(Entry& entry, int result);
  void received(Entry& entry, const posix::Uring::Completion& completion);
  void receivedEnd(Entry& entry, int result);
  static void beginEof(Entry& entry);
  void sent(Entry& entry, int result);
  void watched(Entry& entry, int result);

  // It is destroyed before the entries, which the base owns. Until then the kernel may use what
  // they hold.
  posix::Uring ring_;
  bool wakeArmed_ = false, ending_ = false;
  // Entries that hold something to deliver. An entry in this list is not freed; nor is an entry
  // with an operation in the kernel.
  std::deque<Entry*> resumed_;
};

UringDriver::~UringDriver() {
  disposeAll();
  // An operation in the kernel pins its socket. So all operations are cancelled first, and the
  // peers see the end now. There is a second reason: what the kernel has to clean up after a closed
  // ring interrupts the next waits of this thread.
  const auto busy = [](const detail::SocketEntry* entry) { return static_cast<const Entry*>(entry)->armed != 0; };
  const Instant end = now() + kCancelGrace;
  ending_ = true;
  while ((wakeArmed_ || std::any_of(graveyard().begin(), graveyard().end(), busy)) && now() < end) {
    // Not in this thread: the kernel ends the operations when the ring is closed.
    if (!ring_.submitAndWait(Duration::zero())) break;
    applyWishes();
    if (wakeArmed_) cancel(kWakeUp);
    ring_.submitAndWait(std::chrono::milliseconds(10));
    for (std::uint32_t count = ring_.ready(); count > 0; --count) complete(ring_.take());
  }
  for (detail::SocketEntry* entry : graveyard()) closeDescriptor(static_cast<Entry&>(*entry));
}

// The turn of a driver ----------------------------------------------------------------------------

void UringDriver::poll(Duration maxWait, Instant& sampled) {
  applyWishes();
  maxWait = resumed_.empty() ? waitFor(maxWait) : Duration::zero();
  if (!ring_.submitAndWait(maxWait)) throw UsageError("the io_uring driver belongs to the thread that polled it first");
  sampled = sample();
  reportDue();
  deliverHeld();
  // Each completion is taken before it is handled. So an exception of a test that passes through
  // here leaves the others for the next poll.
  for (std::uint32_t count = ring_.ready(); count > 0; --count) complete(ring_.take());
  expireDeadlines();
  reap();
}

void UringDriver::applyWishes() {
  if (!wakeArmed_ && !ending_) armWake();
  for (detail::SocketEntry* dirtyEntry : dirty()) {
    auto& entry = static_cast<Entry&>(*dirtyEntry);
    entry.inDirty = false;
    const unsigned wanted = entry.wanted();
    for (const Operation operation : {kAccept, kConnect, kReceive, kSend, kWatch}) {
      const bool want = (wanted & bit(operation)) != 0;
      if (want == ((entry.armed & bit(operation)) != 0)) continue;
      if (want) arm(entry, operation);
      else if ((entry.cancelled & bit(operation)) == 0) cancel(reinterpret_cast<std::uintptr_t>(&entry) | operation);
      if (!want) entry.cancelled |= bit(operation);
    }
  }
  dirty().clear();
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
      if (entry.endSeen) sqe.ioprio &= ~IORING_RECV_MULTISHOT;
      break;
    case kSend: {
      std::size_t bytes = 0;
      const std::size_t count = entry.outgoing.pieces(entry.pieces, bytes);
      // With MSG_WAITALL the kernel goes on by itself after a short send.
      if (count == 1) {
        io_uring_prep_send(&sqe, entry.descriptor, entry.pieces[0].iov_base, bytes, MSG_NOSIGNAL | MSG_WAITALL);
      } else {
        entry.message.msg_iov = entry.pieces.data();
        entry.message.msg_iovlen = count;
        io_uring_prep_sendmsg(&sqe, entry.descriptor, &entry.message, MSG_NOSIGNAL | MSG_WAITALL);
      }
      break;
    }
    // Errors and hang-ups are reported even if nobody asks for them; so is, at once, the end of
    // stream that the peer has sent (POLLRDHUP). That one must not end the watch.
    case kWatch: io_uring_prep_poll_multishot(&sqe, entry.descriptor, 0); break;
    case kWakeUp: return;
  }
  sqe.user_data = reinterpret_cast<std::uintptr_t>(&entry) | operation;
  entry.armed |= bit(operation);
}

void UringDriver::cancel(std::uint64_t data) {
  io_uring_sqe& sqe = ring_.entry();
  io_uring_prep_cancel64(&sqe, data, 0);
  // It fails with ENOENT if the operation has completed. Then that completion says all.
  sqe.flags |= IOSQE_CQE_SKIP_SUCCESS;
  sqe.user_data = kNobody;
}

void UringDriver::armWake() {
  io_uring_sqe& sqe = ring_.entry();
  io_uring_prep_poll_multishot(&sqe, wakeUp().descriptor(), POLLIN);
  sqe.user_data = kWakeUp;
  wakeArmed_ = true;
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
  const auto may = [&] { return entry.state == State::kOpen && entry.reading && !entry.failed; };
  while (may() && entry.heldNext < entry.held.size()) {
    const Segment next = std::move(entry.held[entry.heldNext++]);
    if (entry.heldNext == entry.held.size()) entry.dropHeld();
    Chunk chunk(next.view());
    entry.sink->onData(chunk);
  }
  if (may() && std::exchange(entry.heldEof, false)) {
    beginEof(entry);
    entry.sink->onEof();
  }
  if (may() && entry.heldError) fail(entry, std::exchange(entry.heldError, {}));
  if (entry.state == State::kOpen) touch(entry);
}

void UringDriver::complete(const posix::Uring::Completion& completion) {
  const auto operation = static_cast<Operation>(completion.data & kOperationMask);
  if (completion.data == kNobody) return;
  const bool more = (completion.flags & IORING_CQE_F_MORE) != 0;
  if (operation == kWakeUp) {
    wakeArmed_ = more;
    wakeUp().drain();
    return;
  }
  // NOLINTNEXTLINE(performance-no-int-to-ptr): the kernel hands back the number that it was given
  Entry& entry = *reinterpret_cast<Entry*>(completion.data & ~kOperationMask);
  if (!more) {
    entry.armed &= ~bit(operation);
    entry.cancelled &= ~bit(operation);
    entry.again &= ~bit(operation);
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

// Accepting and connecting ------------------------------------------------------------------------

void UringDriver::stopListening(Slot* port) {
  Entry& entry = Entry::of(port);
  // The armed accept keeps the socket until the next poll. The shutdown frees the port at once. An
  // adopted port may go on for others.
  if (!entry.adopted) static_cast<void>(::shutdown(entry.descriptor, SHUT_RDWR));
  dispose(entry, false);
}

void UringDriver::accepted(Entry& port, int result) {
  if (port.state != State::kListening) {
    if (result >= 0) ::close(result);
    return;
  }
  if (result >= 0) return acceptStream(port, result, posix::remoteAddress(result));
  if (result == -ECANCELED || result == -EAGAIN || posix::concernsOneConnection(-result)) return;
  acceptFailed(port, -result);
}

Slot* UringDriver::connect(const Address& to, const ConnectOptions& options, StreamSink& sink) {
  auto& entry = static_cast<Entry&>(openConnection(to, options, sink));
  if (!entry.failed && !entry.connectsAtOnce) entry.to = std::make_unique<posix::SocketAddress>(posix::toNative(to));
  return &entry;
}

void UringDriver::connected(Entry& entry, int result) {
  entry.to.reset();
  if (entry.state == State::kConnecting && !entry.failed) connectEnded(entry, result < 0 ? -result : 0);
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
  if (entry.state != State::kOpen || entry.failed) return;  // nobody wants these bytes
  const auto size = static_cast<std::size_t>(completion.result);
  detail::ReceiveBuffer& buffer = ring_.buffer(loan.id);
  if (entry.reading && !entry.holds()) return buffer.deliver(*entry.sink, size);
  // The bytes are copied out of the ring, so that a paused stream takes no buffers from the others.
  // This is bounded: the receive is cancelled before the next wait, and until then the kernel has
  // no more than these buffers.
  buffer.open();
  entry.held.emplace_back(ByteView(buffer.bytes(), size));
  buffer.shut();
}

void UringDriver::receivedEnd(Entry& entry, int result) {
  // ENOBUFS: no buffer was free. The receive is armed again before the next wait; by then the
  // completions of this poll have given their buffers back.
  if (result == -ENOBUFS || result == -ECANCELED || result == -EINTR || result == -EAGAIN || entry.failed) return;
  if (entry.state == State::kLingering) {
    entry.eof = true;
    if (result < 0) return endLingering(entry);
    if (!entry.writing()) endLingering(entry);
    return;
  }
  if (entry.state != State::kOpen) return;
  if (!entry.reading || entry.holds()) {
    if (result == 0) entry.heldEof = true;
    else entry.heldError = posix::lossFailure(-result, "receiving");
  } else if (result == 0) {
    beginEof(entry);
    entry.sink->onEof();
  } else {
    fail(entry, posix::lossFailure(-result, "receiving"));
  }
}

/// The watch begins anew: what it has said until now was about the end of the stream.
void UringDriver::beginEof(Entry& entry) {
  entry.eof = true;
  entry.again |= entry.armed & bit(kWatch);
}

/// Before the end of the stream it says only that the end is there, or a reset. The kernel can miss
/// that in a multishot receive: if bytes and the end come together, it may receive the bytes and
/// wait for ever (seen on Linux 6.18; over TCP with resets only). So the receive begins anew, and
/// each one is single from then on.
///
/// After the end of the stream no receive is armed that could report a reset. The watch does it.
void UringDriver::watched(Entry& entry, int result) {
  if (entry.state != State::kOpen || entry.failed || result < 0) return;
  if (!entry.eof) {
    if (!std::exchange(entry.endSeen, true)) entry.again |= entry.armed & bit(kReceive);
    return touch(entry);
  }
  if (const int error = (result & POLLERR) != 0 ? posix::takeSocketError(entry.descriptor) : 0; error != 0)
    return fail(entry, posix::lossFailure(error, "the connection"));
  if ((result & (POLLERR | POLLHUP)) == 0) return;
  entry.hungUp = true;
  touch(entry);
}

// Writing -----------------------------------------------------------------------------------------

std::size_t UringDriver::write(Slot* stream, std::span<const Segment> segments) {
  Entry& entry = Entry::of(stream);
  TEASEL_CHECK(entry.state == State::kOpen);
  TEASEL_CHECK(!entry.writing());
  if (entry.sendFailed) return 0;
  entry.reported = entry.outgoing.start(segments);
  if (entry.reported > 0) touch(entry);
  return 0;
}

void UringDriver::sent(Entry& entry, int result) {
  if (entry.sendFailed || entry.state == State::kClosed) return;
  if (result >= 0) {
    entry.outgoing.advance(static_cast<std::size_t>(result));
  } else if (result != -EINTR && result != -EAGAIN && result != -ECANCELED) {
    if (entry.state == State::kLingering) return endLingering(entry);
    // A completion with data may be behind this one.
    return failSending(entry, posix::lossFailure(-result, "sending"));
  }
  if (entry.writing()) return;
  if (entry.state == State::kOpen) return entry.sink->onWritten(std::exchange(entry.reported, 0));
  entry.outgoing.release();
  if (entry.eof || ::shutdown(entry.descriptor, SHUT_WR) != 0) endLingering(entry);
}

// Ends --------------------------------------------------------------------------------------------

void UringDriver::close(Slot* stream, CloseMode mode, std::vector<Segment> inFlight, Instant lingerUntil) {
  Entry& entry = Entry::of(stream);
  // Nobody reads any more. So an end of stream or an error that is held counts as delivered: there
  // is nothing to linger for.
  if (entry.heldEof || (entry.heldError && !entry.writing())) entry.eof = true;
  SocketDriver::close(stream, mode, std::move(inFlight), lingerUntil);
  entry.dropHeld();
}

/// The operations of the entry are cancelled before the next wait. When the last of them has
/// completed, the descriptor is closed, and the segments in flight and the entry are freed.
void UringDriver::retire(detail::SocketEntry& closed, bool reset) {
  auto& entry = static_cast<Entry&>(closed);
  entry.reset = reset;
  entry.dropHeld();
  entry.deadline = now() + kCancelGrace;
  touch(entry);
  if (entry.armed == 0) closeDescriptor(entry);
}

void UringDriver::closeDescriptor(Entry& entry) noexcept {
  if (entry.descriptor < 0) return;
  if (entry.reset) posix::closeWithReset(entry.descriptor);
  else ::close(entry.descriptor);
  entry.descriptor = -1;
}

bool UringDriver::finished(detail::SocketEntry& closed) {
  auto& entry = static_cast<Entry&>(closed);
  if (entry.armed != 0) return false;
  closeDescriptor(entry);
  return !entry.inResumed;
}

std::size_t UringDriver::overdueSlots() const noexcept {
  std::size_t count = SocketDriver::overdueSlots();
  for (const detail::SocketEntry* closed : graveyard())
    if (static_cast<const Entry*>(closed)->armed != 0 && closed->deadline < sampled()) ++count;
  return count;
}

}  // namespace

std::unique_ptr<Driver> makeUringDriver(const UringOptions& options) { return std::make_unique<UringDriver>(options); }

}  // namespace teasel
