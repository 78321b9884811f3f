#include <teasel/fakes/net/sim_driver.hpp>

#include <algorithm>
#include <array>

#include <teasel/core/check.hpp>
#include <teasel/core/errors.hpp>
#include <teasel/fakes/net/detail/sim_slot.hpp>
#include <teasel/fakes/net/sim_threads.hpp>
#include <teasel/reactor/reactor.hpp>

namespace teasel::fakes {

namespace {

using State = SimSlot::State;
constexpr std::uint64_t kPriorities = 16;
constexpr std::uint64_t kReportTurns = 4;
// One draw of 16 gives one of these times at the end of its range; the others give no time.
constexpr std::uint64_t kSlowDraws = 16;
constexpr std::array<Duration, 4> kSlow = {std::chrono::milliseconds(1), std::chrono::milliseconds(20),
                                           std::chrono::milliseconds(200), std::chrono::seconds(2)};

SimSlot& slotOf(Slot* slot) noexcept { return static_cast<SimSlot&>(*slot); }

}  // namespace

// Slots and the ready list ------------------------------------------------------------------------

SimDriver::SimDriver(Network& network, Mode mode) : network_(network), host_(network.addHost(*this)), mode_(mode) {}

SimDriver::~SimDriver() {
  for (const auto& slot : slots_) {
    if (slot->state == State::kListening) stopListening(slot.get());
    else if (slot->state != State::kFree) network_.abort(*slot->stream, slot->side);
  }
  network_.removeHost(host_);
}

std::unique_ptr<ThreadPool> SimDriver::makeThreadPool() {
  auto made = std::make_unique<SimThreadPool>(network_, host_);
  threads_ = made.get();
  return made;
}

std::unique_ptr<Resolver> SimDriver::makeResolver(Reactor& reactor) {
  return std::make_unique<SimResolver>(reactor, network_, host_);
}

void SimDriver::restart() {
  if (threads_ != nullptr) threads_->restart();
  woken_.store(false, std::memory_order_relaxed);
  if (free_.size() == slots_.size()) return;
  firstReady_ = lastReady_ = firstBatch_ = lastBatch_ = nullptr;
  free_.clear();
  for (const auto& slot : slots_) {
    slot->queued = false;
    release(*slot);
  }
}

SimSlot& SimDriver::makeSlot() {
  SimSlot* slot;
  if (free_.empty()) {
    slots_.push_back(std::make_unique<SimSlot>(*this));
    slot = slots_.back().get();
  } else {
    slot = free_.back();
    free_.pop_back();
  }
  slot->reading = true;
  slot->connected = slot->endTold = slot->dead = slot->writeFailed = slot->writeRefused = slot->orderDrawn = slot->overtaken =
      false;
  slot->left = slot->owed = 0;
  slot->reportIn = 0;
  return *slot;
}

/// Ends the life of a slot. Its memory is used again only when no list and no dispatch knows it any
/// more.
void SimDriver::release(SimSlot& slot) noexcept {
  if (slot.state != State::kFree) {
    slot.state = State::kFree;
    ++slot.generation;
    slot.sink = nullptr;
    slot.acceptor = nullptr;
    slot.stream = nullptr;
    if (slot.error) slot.error = Failure();
    if (!slot.inFlight.empty()) slot.inFlight.clear();
    slot.waiting.clear();
  }
  if (!slot.queued && current_ != &slot) free_.push_back(&slot);
}

void SimDriver::markReady(SimSlot& slot) {
  if (slot.queued) return;
  slot.queued = true;
  slot.next = nullptr;
  slot.priority = 0;
  if (!network_.choices().calm() && slot.stream != nullptr)
    slot.priority =
        static_cast<std::uint8_t>(network_.choices().below(kPriorities, ChoiceKey(slot.me().entity, ChoiceSite::kReadyOrder)));
  if (lastReady_ == nullptr) {
    firstReady_ = lastReady_ = &slot;
    return;
  }
  if (lastReady_->priority <= slot.priority) {
    lastReady_->next = &slot;
    lastReady_ = &slot;
    return;
  }
  SimSlot** at = &firstReady_;
  while ((*at)->priority <= slot.priority) at = &(*at)->next;
  slot.next = *at;
  *at = &slot;
}

/// It stands here, beside markReady, which it calls for each chunk.
void SimSlot::arrived() {
  if (state == State::kLingering) lingerOn();
  else if (state == State::kOpen) driver.markReady(*this);
}

void SimDriver::wait(Duration maxWait) {
  const Instant until = maxWait > kNever - network_.now() ? kNever : network_.now() + maxWait;
  const auto threadsReady = [this] { return threads_ != nullptr && threads_->ready(); };
  while (!ready() && !threadsReady() && !woken_.load(std::memory_order_relaxed)) {
    const Instant due = std::min(network_.nextDue(), threads_ == nullptr ? kNever : threads_->nextDue());
    if (due > until || due == kNever) {
      if (until != kNever) network_.setNow(until);
      return;
    }
    if (due > network_.now()) network_.setNow(due);
    network_.deliverDue();
  }
}

void SimDriver::drawSlow() {
  if (network_.choices().calm() || !network_.faults().slow || network_.halted() || down_) return;
  const std::uint64_t drawn = network_.choices().below(kSlowDraws, ChoiceKey(host_, ChoiceSite::kSlow));
  if (const std::uint64_t none = kSlowDraws - kSlow.size(); drawn >= none) network_.takeTime(host_, kSlow[drawn - none]);
}

void SimDriver::poll(Duration maxWait, Instant& sampled) {
  if (!ready() && firstBatch_ == nullptr && maxWait > Duration::zero()) wait(maxWait);
  woken_.store(false, std::memory_order_relaxed);
  // A world runs the calls of threads between turns. Without a world they run here.
  if (threads_ != nullptr && !threads_->hasPump())
    while (threads_->ready()) threads_->runOne();
  sampled = network_.now();
  // What these upcalls make ready waits for the next poll.
  if (firstReady_ != nullptr) {
    (firstBatch_ == nullptr ? firstBatch_ : lastBatch_->next) = firstReady_;
    lastBatch_ = lastReady_;
    firstReady_ = lastReady_ = nullptr;
  }
  struct Current {
    SimDriver& driver;
    SimSlot& slot;
    Current(SimDriver& d, SimSlot& s) noexcept : driver(d), slot(s) { driver.current_ = &slot; }
    Current(const Current&) = delete;
    Current& operator=(const Current&) = delete;
    ~Current() {
      driver.current_ = nullptr;
      if (slot.state == State::kFree && !slot.queued) driver.release(slot);
    }
  };
  if (firstBatch_ == nullptr) return drawSlow();
  while (firstBatch_ != nullptr && !network_.halted()) {
    SimSlot& slot = *firstBatch_;
    firstBatch_ = slot.next;
    slot.queued = false;
    {
      const Current current(*this, slot);
      dispatch(slot);
    }
    drawSlow();
  }
}

// Upcalls -----------------------------------------------------------------------------------------

void SimDriver::dispatch(SimSlot& slot) {
  switch (slot.state) {
    case State::kListening: return dispatchAccept(slot);
    case State::kConnecting:
    case State::kOpen: return dispatchStream(slot);
    case State::kLingering:
    case State::kFree: return;
  }
}

/// An end of a connection, as the host of `port` sees it: an IPv6 socket has mapped addresses.
Address SimDriver::seenFrom(const Address& port, const Address& end) const noexcept {
  if (network_.version() < 2 || port.family() != Address::Family::kIPv6 || end.family() != Address::Family::kIPv4) return end;
  std::array<std::uint8_t, 16> bytes{};
  bytes[10] = bytes[11] = 0xff;
  std::copy_n(end.bytes().begin(), 4, bytes.begin() + 12);
  return Address::ipv6(bytes, end.port());
}

void SimDriver::dispatchAccept(SimSlot& slot) {
  const std::uint32_t generation = slot.generation;
  for (std::size_t count = slot.waiting.size(); count > 0 && !network_.halted(); --count) {
    const auto at = network_.choices().below(slot.waiting.size(), ChoiceKey(host_, ChoiceSite::kAcceptOrder));
    Stream& stream = *slot.waiting[at];
    slot.waiting.erase(slot.waiting.begin() + static_cast<std::ptrdiff_t>(at));
    if (slot.waiting.size() >= slot.backlog && slot.backlog > 0) network_.establish(*slot.waiting[slot.backlog - 1]);
    SimSlot& accepted = makeSlot();
    accepted.state = State::kOpen;
    accepted.stream = &stream;
    accepted.side = 1;
    if (slot.host().family() != Address::Family::kIPv6)  // which sees addresses as they are
      accepted.setAddresses(stream.side[1].address, stream.side[0].address);
    else accepted.setAddresses(seenFrom(slot.host(), stream.side[1].address), seenFrom(slot.host(), stream.side[0].address));
    network_.accept(stream, accepted);
    network_.establish(stream);  // one from behind the backlog does not know yet; others ignore it
    network_.note(TraceKind::kAccepted, stream, 1, slot.host().port());
    const std::uint32_t life = accepted.generation;
    StreamSink* sink = slot.acceptor->onAccept(&accepted);
    if (accepted.generation == life && accepted.state == State::kOpen) {
      accepted.sink = sink;
      if (sink == nullptr) close(&accepted, CloseMode::kGraceful, {}, network_.now() + std::chrono::seconds(2));
      else if (accepted.in().available() > 0 || accepted.in().endArrived() || accepted.me().wasReset) markReady(accepted);
    }
    if (slot.generation != generation) return;
  }
}

void SimDriver::dispatchStream(SimSlot& slot) {
  const std::uint32_t life = slot.generation;
  const auto over = [&] { return slot.generation != life || slot.state == State::kLingering || network_.halted(); };
  // It was accepted just now: its turn comes when its sink is known.
  if (slot.sink == nullptr || slot.dead) return;
  if (slot.connected) {
    slot.connected = false;
    slot.sink->onConnected();
    if (over()) return;
  }
  const bool writesAgain = !slot.me().cannotSend() || (network_.version() >= 2 && slot.left == 0);
  if (slot.owed > 0 && !slot.error && writesAgain) {
    pump(slot);
    if (over()) return;
  }
  // Of a UNIX stream whose other side is gone: a write that was refused is reported first, a write
  // that waited is tried again behind what is read.
  if (slot.writeRefused && slot.left > 0 && slot.state == State::kOpen) {
    failWrite(slot);
    if (over()) return;
  }
  // Only after a reset it needs to be asked whether bytes are hidden.
  const auto hidden = [&] { return slot.me().wasReset && overtakesBytes(slot); };
  if (slot.state == State::kOpen && slot.reading && !hidden() && !deliverData(slot)) return;
  if (slot.left > 0 && slot.me().sendsFail && !slot.me().wasReset && slot.state == State::kOpen) {
    failWrite(slot);
    if (over()) return;
  }
  if (!slot.error && slot.me().wasReset && slot.state == State::kOpen) {
    // Drivers receive first. So a write meets the reset only where receiving does not.
    if (noticesReset(slot)) slot.error = connectionLost();
    else if (slot.left > 0 && network_.version() >= 2) failWrite(slot);
    if (over()) return;
  }
  if (!slot.error) return;
  const Failure error = std::exchange(slot.error, Failure());
  if (slot.state == State::kOpen) network_.note(TraceKind::kResetSeen, *slot.stream, slot.side);
  slot.dead = true;
  slot.owed = slot.left = 0;
  slot.sink->onError(error);
}

/// Whether a connection is told of a reset now. One that reads is. In kernels and drivers one that
/// is paused may be told at once, and loses what it has not read; on Linux it is told when it reads
/// again.
bool SimDriver::noticesReset(const SimSlot& slot) {
  Choices& choices = network_.choices();
  const std::uint32_t entity = slot.me().entity;
  if (slot.stream->local) return slot.reading;
  if (network_.version() == 1) {
    if (slot.reading || slot.owed > 0) return true;
    return mode_ == Mode::kReadiness && choices.below(2, ChoiceKey(entity, ChoiceSite::kPausedReset)) == 0;
  }
  // An end of stream that arrived before the reset comes before it. It has a turn of its own.
  if (slot.reading) return slot.overtaken || slot.endTold || !slot.in().atEnd();
  return mode_ == Mode::kReadiness && choices.below(2, ChoiceKey(entity, ChoiceSite::kResetWhilePaused)) != 0;
}

/// Whether a reset hides the bytes that arrived before it, as it does in kernels that drop their
/// buffers at a reset. A completion holds its bytes already, so nothing can overtake them.
bool SimDriver::overtakesBytes(SimSlot& slot) {
  if (!slot.me().wasReset || slot.overtaken || slot.stream->local || network_.version() == 1) return slot.overtaken;
  if (mode_ == Mode::kCompletion || slot.in().available() == 0 || std::exchange(slot.orderDrawn, true)) return false;
  return slot.overtaken = network_.choices().below(2, ChoiceKey(slot.me().entity, ChoiceSite::kResetOrder)) != 0;
}

/// A write has met the reset of the peer. What arrived before can still be read.
void SimDriver::failWrite(SimSlot& slot) {
  slot.owed = slot.left = 0;
  if (std::exchange(slot.writeFailed, true)) return;
  if (slot.endTold) slot.error = connectionLost();
  else slot.sink->onWriteError(connectionLost());
}

/// Delivers data and the end of stream, as much as this turn gets. False when the slot must not be
/// used any more in this turn.
bool SimDriver::deliverData(SimSlot& slot) {
  const std::uint32_t life = slot.generation;
  Choices& choices = network_.choices();
  std::uint64_t most = choices.calm() ? 0 : choices.below(4, ChoiceKey(slot.me().entity, ChoiceSite::kDeliveries));
  bool any = false;
  while (slot.in().available() > 0) {
    any = true;
    deliverOne(slot);
    if (slot.generation != life || slot.state != State::kOpen || network_.halted()) return false;
    if (!slot.reading) return true;
    if (--most == 0) break;  // 0 wraps around and so bounds nothing
  }
  if (slot.in().available() > 0) {
    markReady(slot);
    return false;
  }
  if (!slot.in().atEnd() || slot.endTold) return true;
  if (any && !slot.stream->side[1 - slot.side].endWithLast &&
      choices.below(2, ChoiceKey(slot.stream->side[1 - slot.side].entity, ChoiceSite::kEofWithLast)) == 0) {
    markReady(slot);
    return true;
  }
  return deliverEnd(slot);
}

void SimDriver::deliverOne(SimSlot& slot) {
  Stream& stream = *slot.stream;
  Stream::Side& sender = stream.side[1 - slot.side];
  ByteView bytes = sender.out.front(kMaxChunk);
  if (!network_.choices().calm() && bytes.size() > 1)
    if (const std::uint64_t cut = network_.choices().below(bytes.size(), ChoiceKey(sender.entity, ChoiceSite::kCut)); cut > 0) {
      bytes = bytes.sub(0, cut);
      network_.note(TraceKind::kDrawnCut, stream, slot.side, cut);
    }
  network_.note(TraceKind::kArrive, stream, slot.side, 0, bytes);
  const ChunkMemory::Held held(network_.chunkMemory(), bytes);
  if (sender.id == kRemotePeer) network_.noteDelivery(sender.entity, sender.out.taken() + bytes.size());
  network_.noteHeard(bytes.size());
  // The bytes leave the queue before the callback: a close inside it must not take them for unread
  // input.
  network_.consumed(stream, slot.side, bytes.size());
  if (mode_ == Mode::kCompletion) network_.takeAhead(stream, slot.side, kReadAhead);
  Chunk chunk(held.view());
  slot.sink->onData(chunk);
}

bool SimDriver::deliverEnd(SimSlot& slot) {
  const std::uint32_t life = slot.generation;
  slot.endTold = true;
  network_.note(TraceKind::kArriveEnd, *slot.stream, slot.side);
  slot.sink->onEof();
  return slot.generation == life && slot.state == State::kOpen && !network_.halted();
}

// Writing -----------------------------------------------------------------------------------------

/// Moves segments into the stream, at most `atOnce` bytes. Returns how many bytes went.
std::size_t SimDriver::pushSegments(SimSlot& slot, std::size_t atOnce) {
  std::size_t taken = 0;
  while (slot.left > 0 && taken < atOnce && !slot.me().cannotSend()) {
    const ByteView rest = slot.segments->view().sub(slot.segmentOffset, atOnce - taken);
    const std::size_t went = network_.write(*slot.stream, slot.side, rest);
    taken += went;
    slot.left -= went;
    slot.segmentOffset += went;
    if (slot.segmentOffset == slot.segments->size()) ++slot.segments, slot.segmentOffset = 0;
    if (went < rest.size()) break;
  }
  return taken;
}

std::size_t SimDriver::write(Slot* stream, std::span<const Segment> segments) {
  SimSlot& slot = slotOf(stream);
  Stream::Side& me = slot.me();
  TEASEL_CHECK(slot.owed == 0);
  const bool plain = mode_ == Mode::kReadiness && network_.choices().calm() && !me.hasShortWrite && !me.cannotSend();
  if (plain && segments.size() == 1) {  // nearly always
    const std::size_t size = segments.front().size();
    const std::size_t taken = network_.write(*slot.stream, slot.side, segments.front().view());
    if (taken == size) return taken;
    slot.segments = segments.data();
    slot.segmentOffset = taken;
    slot.left = slot.owed = size - taken;
    network_.note(TraceKind::kBlocked, *slot.stream, slot.side, slot.left);
    return taken;
  }
  return writeSlowly(slot, segments);
}

/// Takes all of the bytes or none: what does not go at once is the caller's to keep, for write.
std::size_t SimDriver::writeBorrowed(Slot* stream, ByteView bytes) {
  SimSlot& slot = slotOf(stream);
  Stream::Side& me = slot.me();
  TEASEL_CHECK(slot.owed == 0);
  if (mode_ != Mode::kReadiness || me.hasShortWrite || me.cannotSend() || bytes.size() > me.out.room()) return 0;
  if (!network_.choices().calm() && bytes.size() > 1) {
    me.shortWrite = network_.choices().below(bytes.size(), ChoiceKey(me.entity, ChoiceSite::kShortWrite));
    if (me.shortWrite > 0) {
      me.hasShortWrite = true;  // of the write that follows
      return 0;
    }
  }
  return network_.write(*slot.stream, slot.side, bytes);
}

std::size_t SimDriver::writeSlowly(SimSlot& slot, std::span<const Segment> segments) {
  std::size_t total = 0;
  for (const Segment& segment : segments) total += segment.size();
  slot.segments = segments.data();
  slot.segmentOffset = 0;
  slot.left = slot.owed = total;
  Stream::Side& me = slot.me();
  slot.writeRefused = me.sendsFail;
  if (me.cannotSend()) {  // as a send on a dead socket: the next poll reports it
    markReady(slot);
    return 0;
  }
  std::size_t atOnce = mode_ == Mode::kReadiness ? total : 0;
  if (me.hasShortWrite) {
    me.hasShortWrite = false;
    atOnce = std::min(total, static_cast<std::size_t>(me.shortWrite));
  } else if (!network_.choices().calm() && total > 1) {
    if (const std::uint64_t some = network_.choices().below(total, ChoiceKey(me.entity, ChoiceSite::kShortWrite)); some > 0)
      atOnce = some;
  }
  if (atOnce < total && mode_ == Mode::kReadiness) network_.note(TraceKind::kShortWrite, *slot.stream, slot.side, atOnce);
  const std::size_t taken = pushSegments(slot, atOnce);
  slot.owed -= taken;
  if (slot.owed == 0) return taken;
  if (me.blocked) network_.note(TraceKind::kBlocked, *slot.stream, slot.side, slot.left);
  else markReady(slot);
  return taken;
}

/// Continues an unfinished write. Reports it when it is done, or some turns later.
void SimDriver::pump(SimSlot& slot) {
  if (slot.left > 0) {
    pushSegments(slot, slot.left);
    if (slot.left > 0) return;  // roomAgain or a reset marks the slot ready
    if (mode_ == Mode::kCompletion && !network_.choices().calm())
      slot.reportIn =
          static_cast<std::uint8_t>(network_.choices().below(kReportTurns, ChoiceKey(slot.me().entity, ChoiceSite::kWritten)));
  }
  if (slot.reportIn > 0) {
    --slot.reportIn;
    markReady(slot);
    return;
  }
  const std::size_t done = slot.owed;
  slot.owed = 0;
  slot.sink->onWritten(done);
}

void SimDriver::shutdownWrite(Slot* stream) {
  SimSlot& slot = slotOf(stream);
  if (!slot.me().wasReset) network_.finish(*slot.stream, slot.side);
}

void SimDriver::close(Slot* stream, CloseMode mode, std::vector<Segment> inFlight, Instant lingerUntil) {
  SimSlot& slot = slotOf(stream);
  slot.sink = nullptr;
  if (slot.state == State::kConnecting || mode == CloseMode::kAbort || slot.me().wasReset) {
    network_.abort(*slot.stream, slot.side);
    release(slot);
    return;
  }
  network_.note(TraceKind::kClose, *slot.stream, slot.side);
  slot.state = State::kLingering;
  slot.lingerUntil = lingerUntil;
  if (slot.left > 0) {
    // The bytes are ours now. The vector keeps its buffer when it moves, so the place in it stays
    // right.
    slot.inFlight = std::move(inFlight);
  }
  const std::uint32_t life = slot.generation;
  slot.lingerOn();
  if (slot.generation == life) network_.wakeAt(lingerUntil, *slot.stream, slot.side);
}

void SimDriver::reading(Slot* stream, bool on) {
  SimSlot& slot = slotOf(stream);
  if (slot.dead || slot.reading == on) return;
  slot.reading = on;
  network_.note(TraceKind::kReading, *slot.stream, slot.side, on ? 1 : 0);
  if (!on) {
    if (mode_ == Mode::kCompletion) network_.takeAhead(*slot.stream, slot.side, kReadAhead);
  } else if (slot.in().available() > 0 || (slot.in().atEnd() && !slot.endTold) || slot.me().wasReset) {
    markReady(slot);
  }
}

}  // namespace teasel::fakes
