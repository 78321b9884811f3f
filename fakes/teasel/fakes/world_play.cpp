#include <algorithm>

#include <teasel/fakes/world.hpp>

// How a world performs its Play: one step after the other, everything that can happen at an instant before the next step,
// unless Choices let two steps meet; then an ending, then what is left over.

namespace teasel::fakes {

namespace {
constexpr std::uint64_t kMaxEcho = std::uint64_t{1} << 20;

enum class Ending : std::uint8_t { kHalfCloseThenTimers, kTimersThenHalfClose, kReset };
constexpr std::uint64_t kEndings = 3;

/// Steps that give no reactor anything to do by themselves.
bool isQuiet(const Event& event) noexcept {
  return event.kind == EventKind::kCut || event.kind == EventKind::kShortWrite || event.kind == EventKind::kStopReading;
}
bool takesTime(const Event& event) noexcept { return event.kind == EventKind::kAdvance || event.kind == EventKind::kNextTimer; }
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
  const std::span<const Event> events = play_.events();
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

bool World::settlesBefore(const Event& next, const Event& last) {
  if (next.kind == EventKind::kEndOfStream && next.op != 0 && last.kind == EventKind::kSend && last.connection == next.connection)
    return false;
  // At a timer's deadline, what the next step brings has arrived when the turn begins, unless drawn otherwise.
  if (last.kind == EventKind::kNextTimer && last.op == static_cast<std::uint16_t>(TimerPoint::kAt) && !takesTime(next))
    return !choices_.calm() && choices_.below(2, Key(0, ChoiceSite::kTimerTie)) != 0;
  if (choices_.calm() || takesTime(next) || takesTime(last) || next.kind == EventKind::kEcho) return true;
  return choices_.below(2, Key(kPlayEntities + 2u * next.connection, ChoiceSite::kOverlap)) == 0;
}

void World::perform(const Event& event, std::size_t index) {
  switch (event.kind) {
    case EventKind::kAdvance: return performAdvance(Duration(static_cast<std::int64_t>(event.number)));
    case EventKind::kNextTimer: return performTimer(static_cast<TimerPoint>(event.op));
    case EventKind::kApp: return performApp(event);
    case EventKind::kConnect: return connectOutside(event.connection, event.op);
    default:
      if (!performOn(outside(event.connection), event, index)) [[unlikely]]
        network_.noteHost(TraceKind::kSkipped, kOutside, index);
  }
}

/// False when the step had nothing to act on.
bool World::performOn(Outside& party, const Event& event, std::size_t index) {
  switch (event.kind) {
    case EventKind::kSend: return party.send(play_.bytes(event));
    case EventKind::kCut: return party.cut();
    case EventKind::kEndOfStream: return party.endOfStream(event.op != 0);
    case EventKind::kReset: return party.reset();
    case EventKind::kStopReading: return party.stopReading();
    case EventKind::kRead: return party.read(event.number);
    case EventKind::kShortWrite: return party.shortWrite(event.number);
    case EventKind::kEcho: return echo(party, event);
    case EventKind::kRedeliver: return redeliver(party, event, index);
    default: return false;
  }
}

bool World::echo(Outside& party, const Event& event) {
  if (event.op >= outside_.size()) return false;
  // A copy: what is sent may bring an answer at once.
  const ByteView from = outside(event.op).received();
  return party.send(from.sub(event.number, std::min<std::uint64_t>(event.length, kMaxEcho)).str());
}

bool World::redeliver(Outside& party, const Event& event, std::size_t index) {
  std::uint64_t back = event.number;
  for (std::size_t i = index; i-- > 0;) {
    const Event& earlier = play_.events()[i];
    if (earlier.kind == EventKind::kSend && back-- == 0) return party.send(play_.bytes(earlier));
  }
  return false;
}

void World::performAdvance(Duration by) {
  network_.noteHost(TraceKind::kTime, kOutside, static_cast<std::uint64_t>(by.count()));
  const Instant until = now() + by;
  while (advanceInstant(until)) settleAll();
  if (!stopped()) network_.setNow(until);
}

void World::performApp(const Event& event) {
  sampleHosts();
  network_.noteHost(TraceKind::kApp, kOutside, std::uint64_t{event.op} << 32 | (event.number & 0xFFFF'FFFF));
  Failure failure;
  if (onApp_) guarded("an application action", failure, [&] { onApp_(event.op, event.number); });
  startHosts();
}

void World::performTimer(TimerPoint point) {
  Instant timer = kNever;
  for (std::size_t i = 0; i < hostCount_; ++i) timer = std::min(timer, hosts_[i]->reactor().nextWork());
  if (timer == kNever || timer - runStart_ > limits_->virtualTime) return;
  network_.noteHost(TraceKind::kTime, kOutside, static_cast<std::uint64_t>((timer - now()).count()));
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

void World::connectOutside(unsigned k, std::size_t port) {
  Outside& party = outside(k);
  const std::uint32_t entity = kPlayEntities + 2 * k;
  if (!offered_.empty()) {
    Link& link = *offered_.front();
    offered_.erase(offered_.begin());
    party.accept(link, entity);
  } else if (network_.listeners() > 0) {
    party.connect(port, entity);
  } else {
    expecting_.push_back(static_cast<std::uint8_t>(k));
  }
}

bool World::outsideConnect(Link& link) {
  if (expecting_.empty()) {
    offered_.push_back(&link);
    return true;
  }
  const unsigned k = expecting_.front();
  expecting_.erase(expecting_.begin());
  outside(k).accept(link, kPlayEntities + 2 * k);
  return true;
}

// The end ----------------------------------------------------------------------------------------------------------------

/// Timers and arrivals, until none is left or so many deadlines in a row brought nothing but themselves.
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
    for (const auto& party : outside_)
      if (party != nullptr && party->open()) action(*party);
  };
  bool open = false;
  each([&](Outside& party) { open = open || !party.eofSent(); });
  const auto ending =
      open ? static_cast<Ending>(choices_.below(kEndings, Key(0, ChoiceSite::kPlayEnding))) : Ending::kHalfCloseThenTimers;
  network_.noteHost(TraceKind::kEnding, kOutside, static_cast<std::uint64_t>(ending));
  each([](Outside& party) { party.read(0); });
  settleAll();
  if (ending == Ending::kTimersThenHalfClose) passTimers();
  each([&](Outside& party) {
    if (ending == Ending::kReset) party.reset();
    else party.endOfStream();
  });
  passTimers();
  each([](Outside& party) { party.close(); });
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
