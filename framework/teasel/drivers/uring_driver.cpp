#include <teasel/drivers/uring_driver.hpp>

#include <algorithm>
#include <bit>
#include <cerrno>
#include <deque>
#include <unordered_set>
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
#include <teasel/drivers/detail/uring_prepare.hpp>
#include <teasel/drivers/detail/uring_settings.hpp>

namespace teasel {

namespace {

using namespace detail::uring;

/// How long the kernel may take to end the operations of a closed slot.
constexpr Duration kCancelGrace = std::chrono::seconds(1);
/// Pinning memory for a zero-copy send costs more than copying fewer bytes.
constexpr std::size_t kZeroCopyFrom = 65536;

class UringDriver final : public detail::SocketDriver {
 public:
  explicit UringDriver(const posix::Uring::Settings& settings)
      : SocketDriver(posix::Blocking::kYes),
        ring_(settings),
        features_(settings.features),
        spare_(kBufferSize),
        starvation_{settings.buffers * settings.bufferSize / (8 * kBufferSize)} {}
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

  // Arms and cancels operations, until the kernel has those that the entries in dirty() want.
  void applyWishes();
  void arm(Entry& entry, Operation operation);
  std::uint64_t armSend(Entry& entry, io_uring_sqe& sqe);
  void cancel(std::uint64_t data) { prepareCancel(ring_.entry(), data); }
  void armWake();
  void deliverHeld();
  void deliverHeld(Entry& entry);

  // Handling of one completion, and what it means for each operation.
  void complete(const posix::Uring::Completion& completion);
  void ended(Entry& entry, Operation operation);
  void accepted(Entry& port, int result);
  void connected(Entry& entry, int result);
  void received(Entry& entry, const posix::Uring::Completion& completion);
  void receivedPiece(Entry& entry, const posix::Uring::Piece& piece);
  void receivedEnd(Entry& entry, int result);
  void receiveStarved(Entry& entry);
  void sent(Entry& entry, int result);
  void sentZeroCopy(ZeroCopySend& send, const posix::Uring::Completion& completion);
  void watched(Entry& entry, int result);

  // It is destroyed before the entries, which the base owns. Until then the kernel may use what
  // they hold.
  posix::Uring ring_;
  const UringFeatures features_;
  detail::ReceiveBuffer spare_;
  Starvation starvation_;
  bool wakeArmed_ = false, ending_ = false;
  std::unordered_set<ZeroCopySend*> zeroCopies_;  // whose notification has not come
  // Entries that hold something to deliver. An entry in this list is not freed; nor is an entry
  // with an operation in the kernel.
  std::deque<Entry*> resumed_;
};

UringDriver::~UringDriver() {
  disposeAll();
  // An operation in the kernel pins its socket. So all operations are cancelled first, and the
  // peers see the end now. There is a second reason: what the kernel has to clean up after a closed
  // ring interrupts the next waits of this thread. What is pinned even after the grace, by a socket
  // that was closed gracefully and whose peer does not read, is left to the kernel for good.
  const auto busy = [](const detail::SocketEntry* closed) {
    const auto* entry = static_cast<const Entry*>(closed);
    return entry->armed != 0 || entry->pinned != 0;
  };
  const Instant end = now() + kCancelGrace;
  ending_ = true;
  while ((wakeArmed_ || std::any_of(graveyard().begin(), graveyard().end(), busy)) && now() < end) {
    // Not in this thread: the kernel ends the operations when the ring is closed.
    if (!ring_.submitAndWait(Duration::zero())) break;
    applyWishes();
    if (wakeArmed_) cancel(kWakeUp);
    ring_.submitAndWait(std::chrono::milliseconds(10));
    for (std::uint32_t count = ring_.ready(); count > 0; --count) complete(ring_.take());
    // A socket that is open keeps the bytes of zero-copy sends that its peer has not taken.
    for (detail::SocketEntry* closed : graveyard())
      if (auto& entry = static_cast<Entry&>(*closed); entry.armed == 0) entry.closeDescriptor();
  }
  for (detail::SocketEntry* entry : graveyard()) static_cast<Entry&>(*entry).closeDescriptor();
  leaveToKernel(zeroCopies_);
}

// The turn of a driver ----------------------------------------------------------------------------

void UringDriver::poll(Duration maxWait, Instant& sampled) {
  applyWishes();
  maxWait = resumed_.empty() ? waitFor(maxWait) : Duration::zero();
  if (!ring_.submitAndWait(maxWait)) throw UsageError("the io_uring driver belongs to the thread that polled it first");
  sampled = sample();
  reportDue();
  deliverHeld();
  starvation_.now = 0;
  // Each completion is taken before it is handled. So an exception of a test that passes through
  // here leaves the others for the next poll.
  for (std::uint32_t count = ring_.ready(); count > 0; --count) {
    if (count > 2) fetchAhead(ring_.peek(2), false);
    if (count > 1) fetchAhead(ring_.peek(1), true);
    complete(ring_.take());
  }
  expireDeadlines();
  reap();
}

[[gnu::hot]] void UringDriver::applyWishes() {
  if (!wakeArmed_ && !ending_) armWake();
  for (detail::SocketEntry* dirtyEntry : dirty()) {
    auto& entry = static_cast<Entry&>(*dirtyEntry);
    entry.inDirty = false;
    const unsigned wanted = entry.wanted();
    for (unsigned changed = wanted ^ entry.armed; changed != 0; changed &= changed - 1) {
      const auto operation = static_cast<Operation>(std::countr_zero(changed));
      if ((wanted & bit(operation)) != 0) {
        arm(entry, operation);
      } else if ((entry.cancelled & bit(operation)) == 0) {
        const bool zeroCopy = operation == kSend && entry.zeroCopy != nullptr;
        cancel(zeroCopy ? reinterpret_cast<std::uintptr_t>(entry.zeroCopy) | kZeroCopy
                        : reinterpret_cast<std::uintptr_t>(&entry) | operation);
        entry.cancelled |= bit(operation);
      }
    }
  }
  dirty().clear();
}

void UringDriver::arm(Entry& entry, Operation operation) {
  io_uring_sqe& sqe = ring_.entry();
  std::uint64_t data = reinterpret_cast<std::uintptr_t>(&entry) | operation;
  switch (operation) {
    case kAccept: io_uring_prep_multishot_accept(&sqe, entry.descriptor, nullptr, nullptr, SOCK_CLOEXEC); break;
    case kConnect: io_uring_prep_connect(&sqe, entry.descriptor, entry.to->get(), entry.to->length); break;
    case kReceive: prepareReceive(sqe, entry, features_); break;
    case kSend: data = armSend(entry, sqe); break;
    // Errors and hang-ups are reported even if nobody asks for them; so is, at once, the end of
    // stream that the peer has sent (POLLRDHUP). That one must not end the watch.
    case kWatch: io_uring_prep_poll_multishot(&sqe, entry.descriptor, 0); break;
    case kWakeUp:
    case kZeroCopy: return;
  }
  sqe.user_data = data;
  entry.armed |= bit(operation);
}

/// Returns the user data.
///
/// A file waits for room in the socket; then sendfile moves its bytes. A splice in the ring would
/// need a pipe for each stream, and the kernel runs it in a thread of its own.
std::uint64_t UringDriver::armSend(Entry& entry, io_uring_sqe& sqe) {
  if (entry.outgoing.atFile()) {
    entry.waitsForRoom = true;
    io_uring_prep_poll_add(&sqe, entry.descriptor, POLLOUT);
    return reinterpret_cast<std::uintptr_t>(&entry) | kSend;
  }
  std::array<iovec, kPiecesPerSend> pieces;
  std::size_t bytes = 0;
  const std::size_t count = entry.outgoing.pieces(pieces, bytes);
  const bool zeroCopy = features_.zeroCopy && entry.zeroCopyPays && bytes >= kZeroCopyFrom && !entry.local;
  prepareSend(sqe, entry, std::span(pieces).first(count), zeroCopy);
  if (!zeroCopy) return reinterpret_cast<std::uintptr_t>(&entry) | kSend;
  // Its notification deletes it.
  entry.zeroCopy = new ZeroCopySend{&entry, entry.outgoing.share(bytes)};
  ++entry.pinned;
  zeroCopies_.insert(entry.zeroCopy);
  return reinterpret_cast<std::uintptr_t>(entry.zeroCopy) | kZeroCopy;
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
  const auto may = [&] { return entry.holds() && entry.state == State::kOpen && entry.reading && !entry.failed; };
  while (may()) {
    Held& held = *entry.held;
    if (held.next < held.data.size()) {
      const Segment next = std::move(held.data[held.next++]);
      if (held.next == held.data.size() && !held.eof && !held.error) entry.held.reset();
      Chunk chunk(next.view());
      entry.sink->onData(chunk);
      continue;
    }
    const std::unique_ptr<Held> last = std::move(entry.held);
    if (last->eof) {
      entry.beginEof();
      entry.sink->onEof();
    } else if (last->error) {
      fail(entry, last->error);
    }
  }
  if (entry.state == State::kOpen) touch(entry);
}

void UringDriver::complete(const posix::Uring::Completion& completion) {
  const auto operation = static_cast<Operation>(completion.data & kOperationMask);
  if (completion.data == kNobody) return;
  // NOLINTNEXTLINE(performance-no-int-to-ptr): the kernel hands back the number that it was given
  void* const owner = reinterpret_cast<void*>(completion.data & ~kOperationMask);
  const bool more = (completion.flags & IORING_CQE_F_MORE) != 0;
  if (operation == kWakeUp) {
    wakeArmed_ = more;
    wakeUp().drain();
    return;
  }
  if (operation == kZeroCopy) return sentZeroCopy(*static_cast<ZeroCopySend*>(owner), completion);
  Entry& entry = *static_cast<Entry*>(owner);
  if (!more) ended(entry, operation);
  switch (operation) {
    case kAccept: return accepted(entry, completion.result);
    case kConnect: return connected(entry, completion.result);
    case kReceive: return received(entry, completion);
    case kSend: return sent(entry, completion.result);
    case kWatch: return watched(entry, completion.result);
    case kWakeUp:
    case kZeroCopy: return;
  }
}

/// The kernel no longer has this operation.
inline void UringDriver::ended(Entry& entry, Operation operation) {
  entry.armed &= static_cast<std::uint8_t>(~bit(operation));
  entry.cancelled &= static_cast<std::uint8_t>(~bit(operation));
  entry.again &= static_cast<std::uint8_t>(~bit(operation));
  // Nearly every send is complete, and then sent() leaves nothing to do.
  if (operation != kSend || entry.state != State::kOpen) touch(entry);
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

[[gnu::hot]] void UringDriver::received(Entry& entry, const posix::Uring::Completion& completion) {
  if ((completion.flags & IORING_CQE_F_BUFFER) == 0) return receivedEnd(entry, completion.result);
  for (posix::Uring::Pieces pieces(ring_, completion); pieces.any(); pieces.pop())
    if (pieces.front().size > 0) receivedPiece(entry, pieces.front());
  if (completion.result <= 0) receivedEnd(entry, completion.result);
}

inline void UringDriver::receivedPiece(Entry& entry, const posix::Uring::Piece& piece) {
  if (entry.state != State::kOpen || entry.failed) return;  // nobody wants these bytes
  detail::ReceiveBuffer& buffer = ring_.buffer(piece.id);
  if (entry.reading && !entry.holds()) return buffer.deliverPiece(*entry.sink, piece.from, piece.size);
  // The bytes are copied out of the ring, so that a paused stream takes no buffers from the others.
  // This is bounded: the receive is cancelled before the next wait, and until then the kernel has
  // no more than these buffers.
  buffer.openPiece(piece.from, piece.size);
  entry.hold().data.emplace_back(ByteView(buffer.bytes() + piece.from, piece.size));
  buffer.shutPiece(piece.from, piece.size);
}

void UringDriver::receivedEnd(Entry& entry, int result) {
  if (result == -ENOBUFS) return receiveStarved(entry);
  if (result == -ECANCELED || result == -EINTR || result == -EAGAIN || entry.failed) return;
  if (entry.state == State::kLingering) {
    entry.eof = true;
    if (result < 0) return endLingering(entry);
    if (!entry.writing()) endLingering(entry);
    return;
  }
  if (entry.state != State::kOpen) return;
  if (result == 0 && entry.writing() && posix::isOver(entry.descriptor)) result = -ECONNRESET;
  if (!entry.reading || entry.holds()) {
    if (result == 0) entry.hold().eof = true;
    else entry.hold().error = posix::lossFailure(-result, "receiving");
  } else if (result == 0) {
    entry.beginEof();
    entry.sink->onEof();
  } else {
    fail(entry, posix::lossFailure(-result, "receiving"));
  }
}

/// No buffer was free for what the socket has. The receive is armed again before the next wait. If
/// there are many such streams, it is received here, too, into a buffer of the driver.
void UringDriver::receiveStarved(Entry& entry) {
  entry.starved = true;
  if (!starvation_.isLarge()) return;
  const bool lingers = entry.state == State::kLingering;
  if (!lingers && (entry.state != State::kOpen || !entry.reading || entry.holds() || entry.failed)) return;
  if ((entry.armed & bit(kReceive)) != 0) return;  // what it brings comes first
  spare_.open();
  const ssize_t count = ::recv(entry.descriptor, spare_.bytes(), spare_.capacity(), posix::kNoWait);
  const int error = errno;
  if (count > 0 && !lingers) return spare_.deliver(*entry.sink, static_cast<std::size_t>(count));
  spare_.shut();
  // The kernel takes a buffer before it looks into the socket, which may be empty.
  if (count < 0 && error == EAGAIN) entry.starved = false;
  else if (count == 0) receivedEnd(entry, 0);
  else if (count < 0 && error != ENOBUFS) receivedEnd(entry, -error);
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
    if (!std::exchange(entry.endSeen, true)) entry.again |= static_cast<std::uint8_t>(entry.armed & bit(kReceive));
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

[[gnu::hot]] void UringDriver::sent(Entry& entry, int result) {
  if (entry.sendFailed || entry.failed || entry.state == State::kClosed) return;
  if (std::exchange(entry.waitsForRoom, false) && result >= 0) {
    std::size_t may = kFilesPerPoll;
    const int error = sendFiles(entry, may);
    if (error == kFileFailed) return entry.state == State::kLingering ? endLingering(entry) : breakOff(entry);
    result = -error;
  }
  if (result >= 0) {
    entry.outgoing.advance(static_cast<std::size_t>(result));
  } else if (result != -EINTR && result != -EAGAIN && result != -ECANCELED) {
    if (entry.state == State::kLingering) return endLingering(entry);
    // A completion with data may be behind this one.
    return failSending(entry, posix::lossFailure(-result, "sending"));
  }
  if (entry.writing()) return touch(entry);
  entry.pieces.reset();
  if (entry.state == State::kOpen) return entry.sink->onWritten(std::exchange(entry.reported, 0));
  entry.outgoing.release();
  if (entry.eof || ::shutdown(entry.descriptor, SHUT_WR) != 0) endLingering(entry);
}

/// A zero-copy send completes twice: it was sent, and the kernel no longer uses its bytes. Without
/// kMore the first completion says both.
void UringDriver::sentZeroCopy(ZeroCopySend& send, const posix::Uring::Completion& completion) {
  Entry& entry = *send.entry;
  const bool notification = (completion.flags & IORING_CQE_F_NOTIF) != 0;
  if (notification && (static_cast<std::uint32_t>(completion.result) & posix::kernel::kWasCopied) != 0)
    entry.zeroCopyPays = false;
  if (!notification) {
    entry.zeroCopy = nullptr;
    ended(entry, kSend);
  }
  if ((completion.flags & IORING_CQE_F_MORE) == 0) {
    --entry.pinned;
    zeroCopies_.erase(&send);
    delete &send;
  }
  if (notification) return;
  int result = completion.result;
  // No memory may be pinned, or the socket cannot do it: a plain send may.
  if (result == -ENOMEM || result == -ENOBUFS || result == -EOPNOTSUPP) {
    entry.zeroCopyPays = false;
    result = -EAGAIN;
  }
  sent(entry, result);
}

// Ends --------------------------------------------------------------------------------------------

void UringDriver::close(Slot* stream, CloseMode mode, std::vector<Segment> inFlight, Instant lingerUntil) {
  Entry& entry = Entry::of(stream);
  // Nobody reads any more. So an end of stream or an error that is held counts as delivered: there
  // is nothing to linger for.
  if (entry.holds() && (entry.held->eof || (entry.held->error && !entry.writing()))) entry.eof = true;
  SocketDriver::close(stream, mode, std::move(inFlight), lingerUntil);
  entry.held.reset();
}

/// The operations of the entry are cancelled before the next wait. When the last of them has
/// completed, the descriptor is closed, and the segments in flight and the entry are freed.
void UringDriver::retire(detail::SocketEntry& closed, bool reset) {
  auto& entry = static_cast<Entry&>(closed);
  entry.reset = reset;
  entry.held.reset();
  entry.deadline = now() + kCancelGrace;
  touch(entry);
  if (entry.armed == 0) entry.closeDescriptor();
}

bool UringDriver::finished(detail::SocketEntry& closed) {
  auto& entry = static_cast<Entry&>(closed);
  if (entry.armed != 0) return false;
  entry.closeDescriptor();
  return !entry.inResumed && entry.pinned == 0;
}

std::size_t UringDriver::overdueSlots() const noexcept {
  std::size_t count = SocketDriver::overdueSlots();
  for (const detail::SocketEntry* closed : graveyard())
    if (static_cast<const Entry*>(closed)->armed != 0 && closed->deadline < sampled()) ++count;
  return count;
}

}  // namespace

std::unique_ptr<Driver> makeUringDriver(const UringOptions& options) {
  return std::make_unique<UringDriver>(settingsFor(options));
}

}  // namespace teasel
