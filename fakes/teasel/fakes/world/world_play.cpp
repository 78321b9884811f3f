#include <algorithm>

#include <teasel/core/errors.hpp>
#include <teasel/core/guarded.hpp>
#include <teasel/fakes/world/world.hpp>

// How a world performs its Play. It performs one step after the other, and before the next step
// everything happens that can at this instant, unless Choices let two steps meet. Then comes an
// ending, and a look for what is left over.

namespace teasel::fakes {

namespace {
constexpr std::uint64_t kMaxEcho = std::uint64_t{1} << 20;

enum class Ending : std::uint8_t { kHalfCloseThenTimers, kTimersThenHalfClose, kReset };
constexpr std::uint64_t kEndings = 3;

bool takesTime(const PlayEvent& event) { return eventRow(event.kind).takesTime; }

/// The kinds whose rows are quiet, as bits: a Play asks after each event.
constexpr std::uint32_t kQuietKinds = [] {
  std::uint32_t bits = 0;
  for (const EventRow& row : kEvents)
    if (row.quiet) bits |= std::uint32_t{1} << static_cast<unsigned>(row.kind);
  return bits;
}();
static_assert(kEventKinds <= 32);
bool isQuiet(const PlayEvent& event) { return (kQuietKinds >> static_cast<unsigned>(event.kind) & 1u) != 0; }
}  // namespace

bool World::run() {
  const Running running(*this, options_.limits);
  settleAll();
  performPlay();
  if (!stopped()) endPlay();
  if (!stopped()) endHosts();
  return !stopped();
}

void World::performPlay() {
  const std::span<const PlayEvent> events = play_.events();
  bool settled = false;  // nothing has happened since everything came to rest
  for (std::size_t i = 0; i < events.size() && !stopped(); ++i) {
    const PlayEvent& event = events[i];
    if (i > 0 && !settled && settlesBefore(event, events[i - 1])) {
      settleAll();
      settled = true;
      if (stopped()) break;
    }
    perform(event, i);
    settled = settled && isQuiet(event);
  }
  settleAll();
}

bool World::settlesBefore(const PlayEvent& next, const PlayEvent& last) {
  // Nearly always the kinds alone say it, and a Play asks before each event.
  if (choices_.calm() && next.kind != PlayEventKind::kEndOfStream && last.kind != PlayEventKind::kNextTimer) [[likely]]
    return true;
  if (next.kind == PlayEventKind::kEndOfStream && next.withLast() && last.kind == PlayEventKind::kSend &&
      last.connection == next.connection)
    return false;
  // At the deadline of a timer, what the next step brings has arrived before the turn begins,
  // unless it is drawn otherwise.
  if (last.kind == PlayEventKind::kNextTimer && last.timerPoint() == TimerPoint::kAt && !takesTime(next))
    return !choices_.calm() && choices_.below(2, ChoiceKey(0, ChoiceSite::kTimerTie)) != 0;
  if (choices_.calm() || takesTime(next) || takesTime(last) || eventRow(next.kind).sends == EventSends::kOutput) return true;
  return choices_.below(2, ChoiceKey(kPlayEntities + 2u * next.connection, ChoiceSite::kOverlap)) == 0;
}

/// Every kind of event has its line here: the compiler asks for it.
void World::perform(const PlayEvent& event, std::size_t index) {
  const unsigned k = event.connection;
  bool acted = true;  // false: the event had nothing to act on
  switch (event.kind) {
    case PlayEventKind::kConnect: acted = connectPeer(k, event.port()); break;
    case PlayEventKind::kSend: acted = peer(k).send(play_.bytes(event)); break;
    case PlayEventKind::kCut: acted = peer(k).cut(); break;
    case PlayEventKind::kEndOfStream: acted = peer(k).endOfStream(event.withLast()); break;
    case PlayEventKind::kReset: acted = peer(k).reset(); break;
    case PlayEventKind::kAdvance: performAdvance(event.duration()); break;
    case PlayEventKind::kNextTimer: performTimer(event.timerPoint()); break;
    case PlayEventKind::kStopReading: acted = peer(k).stopReading(); break;
    case PlayEventKind::kRead: acted = peer(k).read(event.count()); break;
    case PlayEventKind::kShortWrite: acted = peer(k).shortWrite(event.count()); break;
    case PlayEventKind::kApp: performApp(event); break;
    case PlayEventKind::kEcho: acted = echo(peer(k), event); break;
    case PlayEventKind::kRedeliver: acted = peer(k).send(play_.earlierBytes(index)); break;
    case PlayEventKind::kPartition: acted = performLink(event, LinkState::kCut); break;
    case PlayEventKind::kHold: acted = performLink(event, LinkState::kHeld); break;
    case PlayEventKind::kRepair: acted = performLink(event, LinkState::kOpen); break;
    case PlayEventKind::kLatency: acted = performLatency(event); break;
    case PlayEventKind::kCrash: acted = hostOf(event) != nullptr && hostOf(event)->crash(event.crashKind()); break;
    case PlayEventKind::kRestart: acted = hostOf(event) != nullptr && hostOf(event)->restart(); break;
  }
  if (!acted) [[unlikely]]
    network_.noteHost(TraceKind::kSkipped, kRemotePeer, index);
}

bool World::echo(RemotePeer& remote, const PlayEvent& event) {
  if (event.source() >= peers_.size()) return false;
  // It is a copy, because what is sent may bring an answer at once.
  const ByteView from = peer(event.source()).received();
  return remote.send(from.sub(event.offset(), std::min<std::uint64_t>(event.length(), kMaxEcho)).str());
}

/// The time that the Play itself lets pass is no sign of being stuck. So the limit of virtual time
/// moves with it.
void World::performAdvance(Duration by) {
  network_.noteHost(TraceKind::kTime, kRemotePeer, static_cast<std::uint64_t>(by.count()));
  runStart_ += by;
  const Instant until = now() + by;
  while (advanceInstant(until)) settleAll();
  if (!stopped()) network_.setNow(until);
}

void World::performApp(const PlayEvent& event) {
  network_.noteHost(TraceKind::kApp, kRemotePeer, std::uint64_t{event.operation()} << 32 | (event.argument() & 0xFFFF'FFFF));
  Failure failure;
  if (onApp_) guarded("an application action", failure, [&] { onApp_(event.operation(), event.argument()); });
  startHosts();
}

void World::performTimer(TimerPoint point) {
  Instant timer = kNever;
  for (std::size_t i = 0; i < hostCount_; ++i) timer = std::min(timer, hosts_[i]->nextTimer());
  if (timer == kNever || timer - runStart_ > limits_->virtualTime) return;
  network_.noteHost(TraceKind::kTime, kRemotePeer, static_cast<std::uint64_t>((timer - now()).count()));
  const Instant before = std::max(now(), timer - Duration(1));
  while (advanceInstant(before)) settleAll();
  if (stopped()) return;
  network_.setNow(before);
  if (point == TimerPoint::kBefore) return;
  moveTo(timer);
  if (point == TimerPoint::kAt) return;
  settleAll();
  if (!stopped()) moveTo(timer + Duration(1));
}

RemotePeer& World::connect(unsigned k, std::size_t port) {
  RemotePeer& remote = peer(k);
  if (remote.everConnected() || !connectPeer(k, port))
    throw UsageError("connect(" + std::to_string(k) + "): that connection was made already; each one connects once");
  return remote;
}

/// False, and nothing is done, when connection k is open or waits for a host.
bool World::connectPeer(unsigned k, std::size_t port) {
  RemotePeer& remote = peer(k);
  const bool waits = std::find(expecting_.begin(), expecting_.end(), k) != expecting_.end();
  if (waits || remote.open()) return false;
  peersUsed_ = std::max<std::size_t>(peersUsed_, k + 1);
  const std::uint32_t entity = kPlayEntities + 2 * k;
  if (!unaccepted_.empty()) {
    Stream& stream = *unaccepted_.front();
    unaccepted_.erase(unaccepted_.begin());
    remote.accept(stream, entity);
  } else if (network_.listeners() > 0) {
    remote.connect(port, entity);
  } else {
    expecting_.push_back(static_cast<std::uint8_t>(k));
  }
  return true;
}

bool World::remoteConnect(Stream& stream) {
  if (expecting_.empty()) {
    unaccepted_.push_back(&stream);
    return true;
  }
  const unsigned k = expecting_.front();
  expecting_.erase(expecting_.begin());
  peer(k).accept(stream, kPlayEntities + 2 * k);
  return true;
}

// The end -----------------------------------------------------------------------------------------

/// Visits timers and arrivals until none is left, or until so many deadlines in a row moved no
/// byte.
void World::passTimers() {
  settleAll();
  std::uint64_t progress = network_.progress();
  for (std::uint64_t idle = 0; idle < options_.endingDeadlines && advanceInstant(kNever); ++idle) {
    settleAll();
    if (network_.progress() != progress) progress = network_.progress(), idle = 0;
  }
}

void World::endPlay() {
  const auto each = [&](auto&& action) {
    for (std::size_t k = 0; k < peersUsed_; ++k)
      if (peers_[k] != nullptr && peers_[k]->open()) action(*peers_[k]);
  };
  endTroubles();
  bool open = false;
  each([&](RemotePeer& remote) { open = open || !remote.eofSent(); });
  const auto ending =
      open ? static_cast<Ending>(choices_.below(kEndings, ChoiceKey(0, ChoiceSite::kPlayEnding))) : Ending::kHalfCloseThenTimers;
  network_.noteHost(TraceKind::kEnding, kRemotePeer, static_cast<std::uint64_t>(ending));
  each([](RemotePeer& remote) { remote.read(0); });
  settleAll();
  if (ending == Ending::kTimersThenHalfClose) passTimers();
  each([&](RemotePeer& remote) {
    if (ending == Ending::kReset) remote.reset();
    else remote.endOfStream();
  });
  passTimers();
  each([](RemotePeer& remote) { remote.close(); });
  passTimers();
  if (network_.keepAlive()) passTimers();
  if (!stopped()) checkConnections();
}

void World::endHosts() {
  for (std::size_t i = 0; i < hostCount_; ++i)
    if (hosts_[i]->reactor().running()) shutDown(*hosts_[i]);
  settleAll();
  if (stopped()) return;
  for (std::size_t i = 0; i < hostCount_; ++i)
    if (hosts_[i]->driver().openSlots() > 0) hosts_[i]->driver().endLingering();
  if (!died_.empty()) reportChains();
  checkTimers();
}

}  // namespace teasel::fakes
