#include <algorithm>

#include <teasel/core/errors.hpp>
#include <teasel/fakes/world/world.hpp>

// How a world performs its Play. It performs one step after the other, and before the next step
// everything happens that can at this instant, unless Choices let two steps meet. Then comes an
// ending, and a look for what is left over.

namespace teasel::fakes {

namespace {
constexpr std::uint64_t kMaxEcho = std::uint64_t{1} << 20;

enum class Ending : std::uint8_t { kHalfCloseThenTimers, kTimersThenHalfClose, kReset };
constexpr std::uint64_t kEndings = 3;

/// Steps that give no reactor anything to do by themselves.
bool isQuiet(const PlayEvent& event) noexcept {
  return event.kind == PlayEventKind::kCut || event.kind == PlayEventKind::kShortWrite ||
         event.kind == PlayEventKind::kStopReading;
}
bool takesTime(const PlayEvent& event) noexcept {
  return event.kind == PlayEventKind::kAdvance || event.kind == PlayEventKind::kNextTimer;
}
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
    if (i > 0 && !settled && settlesBefore(events[i], events[i - 1])) {
      settleAll();
      settled = true;
      if (stopped()) break;
    }
    perform(events[i], i);
    settled = settled && isQuiet(events[i]);
  }
  settleAll();
}

bool World::settlesBefore(const PlayEvent& next, const PlayEvent& last) {
  if (next.kind == PlayEventKind::kEndOfStream && next.op != 0 && last.kind == PlayEventKind::kSend &&
      last.connection == next.connection)
    return false;
  // At a timer's deadline, what the next step brings has arrived when the turn begins, unless drawn
  // otherwise.
  if (last.kind == PlayEventKind::kNextTimer && last.op == static_cast<std::uint16_t>(TimerPoint::kAt) && !takesTime(next))
    return !choices_.calm() && choices_.below(2, ChoiceKey(0, ChoiceSite::kTimerTie)) != 0;
  if (choices_.calm() || takesTime(next) || takesTime(last) || next.kind == PlayEventKind::kEcho) return true;
  return choices_.below(2, ChoiceKey(kPlayEntities + 2u * next.connection, ChoiceSite::kOverlap)) == 0;
}

void World::perform(const PlayEvent& event, std::size_t index) {
  switch (event.kind) {
    case PlayEventKind::kAdvance: return performAdvance(Duration(static_cast<std::int64_t>(event.number)));
    case PlayEventKind::kNextTimer: return performTimer(static_cast<TimerPoint>(event.op));
    case PlayEventKind::kApp: return performApp(event);
    case PlayEventKind::kConnect: return connectPeer(event.connection, event.op);
    default:
      if (!performOn(peer(event.connection), event, index)) [[unlikely]]
        network_.noteHost(TraceKind::kSkipped, kRemotePeer, index);
  }
}

/// False when the step had nothing to act on.
bool World::performOn(RemotePeer& party, const PlayEvent& event, std::size_t index) {
  switch (event.kind) {
    case PlayEventKind::kSend: return party.send(play_.bytes(event));
    case PlayEventKind::kCut: return party.cut();
    case PlayEventKind::kEndOfStream: return party.endOfStream(event.op != 0);
    case PlayEventKind::kReset: return party.reset();
    case PlayEventKind::kStopReading: return party.stopReading();
    case PlayEventKind::kRead: return party.read(event.number);
    case PlayEventKind::kShortWrite: return party.shortWrite(event.number);
    case PlayEventKind::kEcho: return echo(party, event);
    case PlayEventKind::kRedeliver: return redeliver(party, event, index);
    default: return false;
  }
}

bool World::echo(RemotePeer& party, const PlayEvent& event) {
  if (event.op >= peers_.size()) return false;
  // A copy: what is sent may bring an answer at once.
  const ByteView from = peer(event.op).received();
  return party.send(from.sub(event.number, std::min<std::uint64_t>(event.length, kMaxEcho)).str());
}

bool World::redeliver(RemotePeer& party, const PlayEvent& event, std::size_t index) {
  std::uint64_t back = event.number;
  for (std::size_t i = index; i-- > 0;) {
    const PlayEvent& earlier = play_.events()[i];
    if (earlier.kind == PlayEventKind::kSend && back-- == 0) return party.send(play_.bytes(earlier));
  }
  return false;
}

void World::performAdvance(Duration by) {
  network_.noteHost(TraceKind::kTime, kRemotePeer, static_cast<std::uint64_t>(by.count()));
  const Instant until = now() + by;
  while (advanceInstant(until)) settleAll();
  if (!stopped()) network_.setNow(until);
}

void World::performApp(const PlayEvent& event) {
  sampleHosts();
  network_.noteHost(TraceKind::kApp, kRemotePeer, std::uint64_t{event.op} << 32 | (event.number & 0xFFFF'FFFF));
  Failure failure;
  if (onApp_) guarded("an application action", failure, [&] { onApp_(event.op, event.number); });
  startHosts();
}

void World::performTimer(TimerPoint point) {
  Instant timer = kNever;
  for (std::size_t i = 0; i < hostCount_; ++i) timer = std::min(timer, hosts_[i]->reactor().nextWork());
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
  const bool waits = std::find(expecting_.begin(), expecting_.end(), k) != expecting_.end();
  if (waits || remote.everConnected())
    throw UsageError("connect(" + std::to_string(k) + "): that connection was made already; each one connects once");
  connectPeer(k, port);
  return remote;
}

void World::connectPeer(unsigned k, std::size_t port) {
  RemotePeer& remote = peer(k);
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
    for (const auto& remote : peers_)
      if (remote != nullptr && remote->open()) action(*remote);
  };
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
