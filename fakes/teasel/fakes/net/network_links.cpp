#include <algorithm>
#include <array>

#include <teasel/core/check.hpp>
#include <teasel/fakes/net/detail/delays.hpp>
#include <teasel/fakes/net/network.hpp>

// Links that delay, hold or lose what is sent, and hosts that are down. Nothing here runs while
// every link is open, has no latency, and every host answers.
//
// A cut link loses packets, and kernels send again what a stream needs. So a stream only stands
// still, and never has a gap. The model: what was sent and has not arrived waits until the way is
// open, and arrives then as if it were sent anew. If the way stays cut, the sender's kernel gives
// up (kGivesUpAfter). A reset is sent once and is lost. An attempt to connect is sent again at the
// times of kAgain. Acknowledgements are not simulated: they always pass.

namespace teasel::fakes {

namespace {

using namespace std::chrono_literals;

/// When Linux sends a SYN again, after the first one, and when it gives up (tcp_syn_retries = 6).
constexpr std::array<Duration, 6> kAgain = {1s, 3s, 7s, 15s, 31s, 63s};
constexpr Duration kUnansweredAfter = 127s;
/// When Linux gives up a stream whose bytes nobody acknowledges (tcp_retries2 = 15).
constexpr Duration kGivesUpAfter = 924600ms;

}  // namespace

bool Network::Due::overtaken() const noexcept {
  const Stream::Side& end = stream->side[side];
  return (kind == DueKind::kReset && end.resetAt != at) || (kind == DueKind::kGiveUp && end.giveUpAt != at);
}

std::uint8_t Network::placeOf(std::uint8_t from, const Address& address) const noexcept {
  if (address.bytes() == remoteServer().bytes()) return kRemotePeer;
  if (ownAddress(from, address)) return from;
  for (std::size_t id = 0; id < hosts_.size(); ++id)
    if (isAddressOf(static_cast<std::uint8_t>(id), address)) return static_cast<std::uint8_t>(id);
  return Stream::kNowhere;
}

LinkState Network::way(const Stream& stream, int from) const noexcept {
  return links_.state(stream.side[from].place, stream.side[1 - from].place);
}

Duration Network::latencyOf(const Stream& stream, int from) const noexcept {
  return links_.latency(stream.side[from].place, stream.side[1 - from].place);
}

bool Network::plainWay(const Stream& stream, int from) const noexcept {
  return links_.plain() || (way(stream, from) == LinkState::kOpen && latencyOf(stream, from) == Duration::zero());
}

// Changing links ----------------------------------------------------------------------------------

bool Network::setLink(std::uint8_t from, std::uint8_t to, LinkState state, bool bothWays, Instant until) {
  static constexpr TraceKind kKinds[] = {TraceKind::kLinkOpened, TraceKind::kLinkHeld, TraceKind::kLinkCut};
  const auto is = [&](std::uint8_t a, std::uint8_t b) { return links_.ruleState(a, b) == state && links_.until(a, b) == until; };
  if (from == to || (is(from, to) && (!bothWays || is(to, from)))) return false;
  trace_.add(elapsed(), kKinds[static_cast<std::size_t>(state)], kNoConnection, from, to, bothWays ? 1 : 0);
  ++progress_;
  links_.set(from, to, state, until);
  if (bothWays) links_.set(to, from, state, until);
  if (until != kNever) later(until, DueKind::kRepair, linkTimer_, 0);
  applyLink(from, to);
  if (bothWays) applyLink(to, from);
  return true;
}

void Network::setLatency(std::uint8_t from, std::uint8_t to, Duration latency) {
  if (from == to) return;
  trace_.add(elapsed(), TraceKind::kLatency, kNoConnection, from, to, static_cast<std::uint64_t>(latency.count()));
  links_.setLatency(from, to, latency);
}

void Network::openLinks() {
  if (links_.plain()) return;
  const std::vector<Links::Rule> rules = links_.rules();
  for (const Links::Rule& rule : rules)
    if (rule.state != LinkState::kOpen) {
      const bool bothWays = links_.ruleState(rule.to, rule.from) != LinkState::kOpen;
      if (links_.ruleState(rule.from, rule.to) != LinkState::kOpen) setLink(rule.from, rule.to, LinkState::kOpen, bothWays);
    }
}

void Network::hostDown(std::uint8_t host, bool silent) {
  if (!silent) return;
  links_.setSilent(host, true);
  applyTo(host);
}

void Network::hostUp(std::uint8_t host) {
  if (!links_.silent(host)) return;
  links_.setSilent(host, false);
  applyTo(host);
}

void Network::forgetPorts(std::uint8_t host) {
  std::erase_if(listeners_, [host](const Listening& each) { return each.listener == nullptr && each.host == host; });
}

void Network::abandonPort(const StreamListener& listener, bool silent) {
  const auto port =
      std::find_if(listeners_.begin(), listeners_.end(), [&](const Listening& each) { return each.listener == &listener; });
  if (port == listeners_.end()) return;
  port->listener = nullptr;
  names_.abandon(listener);
  const std::uint8_t host = port->host;
  const std::uint16_t number = port->at.port();
  for (Stream* stream : openByNumber()) {
    const Stream::Side& end = stream->side[1];
    if (stream->free || !stream->offering || end.place != host || end.address.port() != number) continue;
    if (silent) vanish(*stream, 1);
    else decline(*stream, true);
  }
}

/// The open streams by number. The order of streams_ depends on what ran before in this network.
std::vector<Stream*> Network::openByNumber() const {
  std::vector<Stream*> open;
  for (const auto& stream : streams_)
    if (!stream->free) open.push_back(stream.get());
  std::sort(open.begin(), open.end(), [](const Stream* a, const Stream* b) { return a->number < b->number; });
  return open;
}

/// The rule for what `from` sends to `to` has changed.
void Network::applyLink(std::uint8_t from, std::uint8_t to) {
  for (Stream* stream : openByNumber())
    for (int side = 0; side < 2; ++side)
      if (stream->side[side].place == from && stream->side[1 - side].place == to) update(*stream, side);
}

/// The same for all that is on its way to a host.
void Network::applyTo(std::uint8_t host) {
  for (Stream* stream : openByNumber())
    for (int side = 0; side < 2; ++side)
      if (stream->side[1 - side].place == host) update(*stream, side);
}

/// The way from this side has changed.
void Network::update(Stream& stream, int from) {
  if (stream.free) return;
  updateStream(stream, from);
  if (!stream.free) updateAttempt(stream);
}

void Network::updateStream(Stream& stream, int from) {
  Stream::Side& me = stream.side[from];
  Stream::Side& other = stream.side[1 - from];
  const LinkState state = way(stream, from);
  if (state != LinkState::kOpen) {
    me.out.stall();
    if (state == LinkState::kHeld) {
      me.giveUpAt = kNever;
      return;
    }
    me.lossy = true;
    other.resetLost = other.resetLost || other.resetHeld || other.resetAt != kNever;
    other.resetHeld = false;
    other.resetAt = kNever;
    if (me.out.waits()) awaitGiveUp(stream, from);
    return;
  }
  const std::uint32_t life = stream.generation;
  if (me.out.stalled()) resume(stream, from);
  if (stream.generation != life) return;
  // Bytes that nobody acknowledged are sent again, and meet a reset that can arrive now.
  if (std::exchange(other.resetHeld, false) || (other.resetLost && me.gone && other.out.available() > 0))
    resetArrives(stream, 1 - from);
}

/// What waits goes on.
void Network::resume(Stream& stream, int from) {
  Stream::Side& me = stream.side[from];
  Instant earliest = now_;
  if (std::exchange(me.lossy, false) && me.out.waits())
    earliest += latencyOf(stream, from) + (choices_.calm() ? Duration::zero() : drawDelay(me.entity));
  me.giveUpAt = kNever;
  me.out.resume(earliest);
  const bool any = me.out.settle(now_);
  me.out.eachArrival([&](Instant at) { later(at, DueKind::kArrive, stream, from); });
  if (any) arrive(stream, from);
}

// Connecting --------------------------------------------------------------------------------------

/// The caller's request sets out.
void Network::attempt(Stream& stream, Duration delay) {
  stream.attempting = true;
  stream.requestLost = false;
  if (roundTrip(stream) == LinkState::kCut) return tryAgain(stream);
  if (roundTrip(stream) == LinkState::kHeld) {
    stream.held = Stream::Held::kStart;
    return;
  }
  const Instant at = now_ + delay + latencyOf(stream, 0);
  if (at > now_) later(at, DueKind::kRoute, stream, 0);
  else route(stream);
}

/// Whether nothing stands in the way of an attempt. Connecting takes both directions.
bool Network::passes(Stream& stream, Stream::Held as) {
  if (std::exchange(stream.requestLost, false) || roundTrip(stream) == LinkState::kCut) {
    tryAgain(stream);
    return false;
  }
  if (roundTrip(stream) == LinkState::kOpen) return true;
  stream.attempting = true;
  stream.held = as;
  return false;
}

void Network::tryAgain(Stream& stream) {
  stream.attempting = true;
  while (stream.tries < kAgain.size() && stream.began + kAgain[stream.tries] <= now_) ++stream.tries;
  const Duration after = stream.tries < kAgain.size() ? kAgain[stream.tries] : kUnansweredAfter;
  later(std::max(now_, stream.began + after), DueKind::kAttempt, stream, 0);
}

void Network::answer(Stream& stream) {
  if ((links_.plain() && !stream.requestLost) || passes(stream, Stream::Held::kAnswer)) decide(stream);
}

/// The last word of the caller has reached the port.
void Network::offerLate(Stream& stream) {
  if (stream.side[1].gone) return;
  if (way(stream, 0) != LinkState::kOpen) {
    stream.held = Stream::Held::kOffer;
    return;
  }
  stream.offering = false;
  if (const Listening* found = listenerFor(stream.side[1].address, stream.side[0].place)) found->listener->offer(stream);
  else decline(stream, true);
}

void Network::requestLost(Stream& stream) {
  stream.side[1].id = kRemotePeer;
  tryAgain(stream);
}

/// A link on the way of an attempt has changed.
void Network::updateAttempt(Stream& stream) {
  using Held = Stream::Held;
  if (stream.held == Held::kOffer) {
    if (way(stream, 0) != LinkState::kOpen) return;
    stream.held = Held::kNothing;
    return later(now_, DueKind::kOffer, stream, 0);
  }
  if (!stream.attempting) return;
  const LinkState state = roundTrip(stream);
  if (stream.held == Held::kNothing) {
    stream.requestLost = stream.requestLost || state == LinkState::kCut;
    return;
  }
  if (state == LinkState::kHeld) return;
  const Held held = std::exchange(stream.held, Held::kNothing);
  if (state == LinkState::kCut) tryAgain(stream);
  else if (held == Held::kStart) attempt(stream, Duration::zero());
  else if (held == Held::kRequest) route(stream);
  else answer(stream);
}

void Network::deliverLinkDue(const Due& due) {
  Stream& stream = *due.stream;
  switch (due.kind) {
    case DueKind::kRoute: return route(stream);
    case DueKind::kAttempt:
      if (now_ < stream.began + kUnansweredAfter) return attempt(stream, Duration::zero());
      stream.attempting = false;
      note(TraceKind::kRefused, stream, 0, 3);
      stream.side[1].gone = true;
      if (StreamEnd* caller = stream.side[0].party) caller->unanswered();
      else if (stream.side[0].gone) recycle(stream);
      return;
    case DueKind::kAnswer: return answer(stream);
    case DueKind::kOffer: return offerLate(stream);
    case DueKind::kReset:
      stream.side[due.side].resetAt = kNever;
      if (way(stream, 1 - due.side) == LinkState::kHeld) stream.side[due.side].resetHeld = true;
      else resetArrives(stream, due.side);
      return;
    case DueKind::kGiveUp: return giveUp(stream, due.side);
    case DueKind::kRepair: {
      const std::vector<Links::Rule> rules = links_.rules();
      for (const Links::Rule& rule : rules)
        if (rule.until <= now_) setLink(rule.from, rule.to, LinkState::kOpen, links_.until(rule.to, rule.from) <= now_);
      return;
    }
    case DueKind::kArrive:
    case DueKind::kWake: return;
  }
}

// Sending -----------------------------------------------------------------------------------------

/// write() over a link that may delay, hold or lose. `at` is when it would arrive over an open one.
std::size_t Network::writeOverLink(Stream& stream, int from, ByteView bytes, Instant at) {
  Stream::Side& me = stream.side[from];
  const Stream::Side& other = stream.side[1 - from];
  const LinkState state = way(stream, from);
  at += latencyOf(stream, from);
  const bool atOnce = state == LinkState::kOpen && at <= now_;
  if (other.id == kRemotePeer) note(TraceKind::kWrite, stream, from, bytes.size(), bytes);
  else if (!atOnce) note(TraceKind::kWrite, stream, from, bytes.size());
  else ++progress_;
  if (state != LinkState::kOpen) {
    me.out.stall();
    me.out.pushStalled(bytes, at);
    if (state == LinkState::kCut) {
      me.lossy = true;
      awaitGiveUp(stream, from);
    }
    return bytes.size();
  }
  me.out.push(bytes, now_, at);
  if (me.out.inTransit() > 0) later(me.out.lastArrival(), DueKind::kArrive, stream, from);
  else arrive(stream, from);
  return bytes.size();
}

void Network::finishOverLink(Stream& stream, int from, Instant at) {
  Stream::Side& me = stream.side[from];
  const LinkState state = way(stream, from);
  if (state != LinkState::kOpen) me.out.stall();
  me.out.finish(now_, at + latencyOf(stream, from));
  if (state == LinkState::kCut) {
    me.lossy = true;
    awaitGiveUp(stream, from);
  } else if (me.out.endArrived()) {
    arrive(stream, from);
  } else if (state == LinkState::kOpen) {
    later(me.out.lastArrival(), DueKind::kArrive, stream, from);
  }
}

void Network::abortOverLink(Stream& stream, int from) {
  Stream::Side& me = stream.side[from];
  Stream::Side& other = stream.side[1 - from];
  // A kernel forgets what it had not sent. What is under way arrives before the reset.
  const std::size_t lost = way(stream, from) == LinkState::kCut ? loseUnarrived(me) : 0;
  note(TraceKind::kAbort, stream, from, lost);
  me.party = nullptr;
  if (stream.attempting) other.gone = true;  // there is no other side yet
  else sendReset(stream, 1 - from);
  leave(stream, from);
}

/// A reset sets out from the other side.
void Network::sendReset(Stream& stream, int side) {
  Stream::Side& to = stream.side[side];
  if (to.gone || to.wasReset) return;
  if (links_.plain()) return resetSide(stream, side);
  const LinkState state = way(stream, 1 - side);
  if (state == LinkState::kCut) {
    to.resetLost = true;
  } else if (const Instant at = now_ + latencyOf(stream, 1 - side); at > now_) {
    // A link may hold it when it is due, and not before: else it would overtake what is in flight.
    if (at >= to.resetAt) return;
    to.resetAt = at;
    later(at, DueKind::kReset, stream, side);
  } else if (state == LinkState::kHeld) {
    to.resetHeld = true;
  } else {
    resetArrives(stream, side);
  }
}

void Network::resetArrives(Stream& stream, int side) {
  loseUnarrived(stream.side[1 - side]);
  resetSide(stream, side);
}

void Network::awaitGiveUp(Stream& stream, int side) {
  Stream::Side& me = stream.side[side];
  if (me.giveUpAt != kNever) return;
  me.giveUpAt = now_ + kGivesUpAfter;
  later(me.giveUpAt, DueKind::kGiveUp, stream, side);
}

/// The kernel of a side has sent the same bytes again for too long. It tells nobody but its own
/// side.
void Network::giveUp(Stream& stream, int side) {
  Stream::Side& me = stream.side[side];
  me.giveUpAt = kNever;
  if (me.wasReset) return;  // it sends nothing any more
  note(TraceKind::kGaveUp, stream, side);
  loseUnarrived(me);  // the other side keeps what has arrived there
  if (!me.gone) tellReset(me);
}

// Hosts that are down, and chance ----------------------------------------------------------------

void Network::vanish(Stream& stream, int side) {
  Stream::Side& me = stream.side[side];
  if (me.gone) return;
  me.vanished = true;
  if (me.out.stalled() && me.lossy) loseUnarrived(me);  // it was in the memory of the host only
  if (stream.attempting) stream.side[1 - side].gone = true;
  leave(stream, side);
}

bool Network::keepAlive() {
  if (open_ == 0) return false;
  bool any = false;
  for (Stream* stream : openByNumber())
    for (int side = 0; side < 2; ++side) {
      Stream::Side& me = stream->side[side];
      const Stream::Side& other = stream->side[1 - side];
      if (!stream->free && !me.gone && other.gone && (me.resetLost || other.vanished)) {
        any = true;
        resetArrives(*stream, side);
      }
    }
  return any;
}

/// Draws whether the link under a stream breaks down for a while.
void Network::drawPartition(const Stream& stream, int from) {
  static constexpr std::array<Duration, 8> kTimes = {100ms, 10ms, 1s, 5s, 20s, 60s, 150s, 1000s};
  const std::uint8_t here = stream.side[from].place, there = stream.side[1 - from].place;
  if (faults_.partition.n == 0 || here == there || there == Stream::kNowhere || roundTrip(stream) != LinkState::kOpen) return;
  const std::uint32_t entity = stream.side[from].entity;
  if (!choices_.chance(faults_.partition, ChoiceKey(entity, ChoiceSite::kFaultPartition))) return;
  setLink(here, there, LinkState::kCut, true,
          now_ + kTimes[choices_.below(kTimes.size(), ChoiceKey(entity, ChoiceSite::kPartitionTime))]);
}

}  // namespace teasel::fakes
