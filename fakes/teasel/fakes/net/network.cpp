#include <teasel/fakes/net/network.hpp>

#include <algorithm>
#include <array>

#include <teasel/core/check.hpp>
#include <teasel/fakes/net/detail/bind_address.hpp>
#include <teasel/fakes/net/detail/delays.hpp>

namespace teasel::fakes {

namespace {

using namespace std::chrono_literals;

constexpr std::uint16_t kFirstEphemeral = 49152;
constexpr std::array<std::size_t, 8> kWindows = {Pipe::kWindow, 16384, 4096, 1024, 128, 16, 3, 1};
constexpr unsigned kPortsHaveAddresses = 2;  // the version of Plays that begins it

/// Whether a port that listens on `bound` takes what comes to the address `to`, whatever the two
/// port numbers are. It is as Linux does it: "::" takes IPv4, too.
bool takes(const Address& bound, const Address& to) noexcept {
  const bool wildcard = bound.bytes() == std::array<std::uint8_t, 16>{};
  if (bound.family() == to.family()) return wildcard || bound.bytes() == to.bytes();
  return wildcard && bound.family() == Address::Family::kIPv6;
}

}  // namespace

void Network::restart() {
  now_ = kStart;
  for (const auto& stream : streams_)
    if (!stream->free) recycle(*stream);
  agenda_.clear();
  deliveries_.clear();
  listeners_.clear();
  names_.restart();
  hostNames_.restart();
  std::fill(namedHosts_.begin(), namedHosts_.end(), std::string_view());
  nextDueOrder_ = heard_ = 0;
  nextStream_ = 0;
  nextPort_ = 0;
  halted_ = false;
  links_.restart();
}

void Network::takeTime(std::uint8_t host, Duration by) {
  if (by == Duration::zero()) return;
  noteHost(TraceKind::kSlow, host, static_cast<std::uint64_t>(by.count()));
  const Instant until = by > kNever - now_ ? kNever : now_ + by;
  if (timeKeeper_ != nullptr) timeKeeper_->passTime(host, until);
  else passUntil(until);
}

void Network::passUntil(Instant until) {
  for (Instant due = nextDue(); due != kNever && due <= until; due = nextDue()) {
    setNow(due);
    deliverDue();
  }
  if (until != kNever) setNow(until);
}

std::uint8_t Network::addHost(SimDriver& driver) {
  // A host that is made again gets its number and address back.
  auto place = std::find(hosts_.begin(), hosts_.end(), nullptr);
  if (place == hosts_.end()) place = hosts_.insert(place, nullptr);
  *place = &driver;
  TEASEL_CHECK(hosts_.size() <= kMaxHosts);
  namedHosts_.resize(hosts_.size());
  return static_cast<std::uint8_t>(place - hosts_.begin());
}

void Network::removeHost(std::uint8_t id) noexcept {
  hosts_[id] = nullptr;
  while (!hosts_.empty() && hosts_.back() == nullptr) hosts_.pop_back();
  namedHosts_[id] = {};
  namedHosts_.resize(hosts_.size());
}

std::uint16_t Network::ephemeralPort() {
  if (!choices_.calm()) nextPort_ = static_cast<std::uint16_t>(nextPort_ + choices_.below(64, ChoiceKey(0, ChoiceSite::kPort)));
  const auto port = static_cast<std::uint16_t>(kFirstEphemeral + nextPort_ % 16000);
  ++nextPort_;
  return port;
}

ListenResult Network::listen(std::uint8_t host, Address& at, StreamListener& listener) {
  if (!choices_.calm() && choices_.chance(faults_.listen, ChoiceKey(host, ChoiceSite::kFaultListen)))
    return ListenResult::kDrawnFault;
  const auto taken = [&](std::uint16_t port, bool anyAddress) {
    return std::any_of(listeners_.begin(), listeners_.end(), [&](const Listening& other) {
      return other.listener != nullptr && other.host == host && other.at.port() == port &&
             (anyAddress || takes(other.at, at) || takes(at, other.at));
    });
  };
  std::uint16_t port = at.port();
  if (port == 0) do
      port = ephemeralPort();
    while (taken(port, true));
  else if (taken(port, version_ < kPortsHaveAddresses)) return ListenResult::kPortTaken;
  at = at.withPort(port);
  // After a crash a port that is listened on again has the place that it had.
  const auto former = std::find_if(listeners_.begin(), listeners_.end(), [&](const Listening& each) {
    return each.listener == nullptr && each.host == host && each.at.port() == port &&
           (version_ < kPortsHaveAddresses || each.at == at);
  });
  if (former != listeners_.end()) *former = {at, &listener, host};
  else listeners_.push_back({at, &listener, host});
  noteHost(TraceKind::kListen, host, port);
  return ListenResult::kListening;
}

void Network::stopListening(StreamListener& listener) {
  const auto found =
      std::find_if(listeners_.begin(), listeners_.end(), [&](const Listening& each) { return each.listener == &listener; });
  if (found == listeners_.end()) return;
  noteHost(TraceKind::kListenEnd, found->host, found->at.port());
  names_.release(listener);
  listeners_.erase(found);
}

const Network::Listening* Network::listenerFor(const Address& to, std::uint8_t fromHost) const noexcept {
  const bool loopback = to.family() == Address::Family::kIPv6 ? to.host() == "::1" : to.bytes()[0] == 127;
  for (const Listening& each : listeners_) {
    if (each.at.port() != to.port() || each.listener == nullptr) continue;
    if (version_ >= kPortsHaveAddresses && !takes(each.at, to)) continue;
    if (loopback ? each.host == fromHost : isAddressOf(each.host, to)) return &each;
  }
  return nullptr;
}

Stream& Network::makeStream() {
  Stream* stream;
  if (free_.empty()) {
    streams_.push_back(std::make_unique<Stream>());
    stream = streams_.back().get();
  } else {
    stream = free_.back();
    free_.pop_back();
  }
  ++open_;
  stream->free = stream->local = false;
  stream->number = nextStream_++;
  stream->held = Stream::Held::kNothing;
  stream->attempting = stream->requestLost = stream->offering = false;
  stream->tries = 0;
  stream->began = now_;
  for (int i = 0; i < 2; ++i) {
    Stream::Side& side = stream->side[i];
    side.party = nullptr;
    side.entity = kStreamEntities + 2 * stream->number + static_cast<std::uint32_t>(i);
    side.id = kRemotePeer;
    side.gone = side.wasReset = side.sendsFail = side.blocked = side.endWithLast = side.hasShortWrite = false;
    side.lossy = side.resetHeld = side.resetLost = side.vanished = false;
    side.resetAt = side.giveUpAt = kNever;
    side.cutWrites = 0;
    side.place = kRemotePeer;
    side.out.restart(window_);
  }
  return *stream;
}

void Network::recycle(Stream& stream) noexcept {
  ++stream.generation;
  stream.free = true;
  stream.side[0].party = stream.side[1].party = nullptr;
  stream.side[0].gone = stream.side[1].gone = true;
  free_.push_back(&stream);
  --open_;
}

std::size_t Network::drawWindow(std::uint32_t entity) {
  return faults_.windows ? kWindows[choices_.below(kWindows.size(), ChoiceKey(entity, ChoiceSite::kWindow))] : window_;
}

Duration Network::drawDelay(std::uint32_t entity) {
  Duration delay{};
  if (faults_.latency) delay = detail::kDelays[choices_.below(detail::kDelays.size(), ChoiceKey(entity, ChoiceSite::kLatency))];
  if (faults_.stalls)
    if (const std::uint64_t stall = choices_.below(8, ChoiceKey(entity, ChoiceSite::kStall)); stall > 4)
      delay += 200ms * (1 << (stall - 5));
  return delay;
}

void Network::connect(std::uint8_t host, const Address& to, const Address& bind, StreamEnd& party, Stream*& made) {
  Stream& stream = makeStream();
  made = &stream;
  stream.side[0].party = &party;
  stream.side[0].id = host;
  const Address own = bind.family() == Address::Family::kNone ? defaultAddress(host, to) : bind;
  stream.side[0].address = own.port() != 0 ? own : own.withPort(ephemeralPort());
  stream.side[1].address = to;
  stream.side[0].place = host;
  stream.side[1].place = placeOf(host, to);
  note(TraceKind::kConnect, stream, 0, to.port());
  if (!detail::mayConnectFrom(host, bind, to) || to.bytes() == blackHole().bytes()) {
    stream.side[1].gone = true;  // nobody will answer, and nobody holds that end
    return;
  }
  Duration delay{};
  if (!choices_.calm()) {
    for (Stream::Side& side : stream.side) side.out.restart(drawWindow(side.entity));
    delay = drawDelay(stream.side[0].entity);
    drawPartition(stream, 0);
  }
  if (!links_.plain()) [[unlikely]]
    return attempt(stream, delay);
  if (delay > Duration::zero()) later(now_ + delay, DueKind::kRoute, stream, 0);
  else route(stream);
}

/// The request of a caller has arrived.
void Network::route(Stream& stream) {
  if (!links_.plain() || stream.requestLost) [[unlikely]] {
    if (!passes(stream, Stream::Held::kRequest)) return;
    if (const Duration back = latencyOf(stream, 1); back + latencyOf(stream, 0) > Duration::zero()) {
      stream.attempting = true;
      return later(now_ + back, DueKind::kAnswer, stream, 0);
    }
  }
  decide(stream);
}

/// Connects the caller, or refuses it.
void Network::decide(Stream& stream) {
  stream.attempting = false;
  Stream::Side& caller = stream.side[0];
  const Address& to = stream.side[1].address;
  const bool faulty = !choices_.calm() && choices_.chance(faults_.refuse, ChoiceKey(caller.entity, ChoiceSite::kFaultRefuse));
  if (!faulty && to == remoteServer() && gate_ != nullptr && gate_->remoteConnect(stream)) return;
  const Listening* found = faulty ? nullptr : listenerFor(to, caller.id);
  if (found != nullptr) {
    stream.side[1].id = found->host;
    if (to.bytes()[0] == 127) caller.address = to.withPort(caller.address.port());
    if (const Duration there = links_.plain() ? Duration::zero() : latencyOf(stream, 0); there > Duration::zero()) {
      // The caller knows that it is connected before the port knows it.
      establish(stream);
      stream.offering = true;
      later(now_ + there, DueKind::kOffer, stream, 0);
      return;
    }
    found->listener->offer(stream);
    return;
  }
  const bool routed = faulty || to == remoteServer() || to.bytes()[0] == 127 || to.family() == Address::Family::kIPv6 ||
                      (to.bytes()[0] == 10 && to.bytes()[3] >= 1 && to.bytes()[3] <= hosts_.size());
  note(TraceKind::kRefused, stream, 0, routed ? 1 : 2);
  stream.side[1].gone = true;
  if (caller.party != nullptr) caller.party->refused(routed);
  else if (caller.gone) recycle(stream);
}

void Network::connectFromRemote(std::size_t port, StreamEnd& party, std::uint32_t entity, Stream*& made) {
  TEASEL_CHECK(!listeners_.empty());
  const Listening& to = listeners_[port % listeners_.size()];
  Stream& stream = makeStream();
  made = &stream;
  for (int i = 0; i < 2; ++i) stream.side[i].entity = entity + static_cast<std::uint32_t>(i);
  stream.side[0].party = &party;
  stream.side[0].address = Address::ipv4(198, 51, 100, 1, static_cast<std::uint16_t>(40000 + stream.number % 20000));
  stream.side[1].address = hostAddress(to.host).withPort(to.at.port());
  stream.side[1].id = stream.side[1].place = to.host;
  if (to.at.family() == Address::Family::kUnix) stream.side[0].address = Address::unixPath(""), stream.side[1].address = to.at;
  stream.local = to.at.family() == Address::Family::kUnix;
  // What the remote peer sends waits with the sender. No host can see whether it could be sent.
  stream.side[0].out.widen(Pipe::kUnbounded);
  if (!choices_.calm()) stream.side[1].out.restart(drawWindow(entity + 1));
  note(TraceKind::kConnect, stream, 0, to.at.port());
  if (stream.local) callUnix(stream, to.listener, true);
  else if (links_.plain() && to.listener != nullptr) to.listener->offer(stream);
  else attempt(stream, Duration::zero());
}

void Network::establish(Stream& stream) {
  if (stream.side[0].party != nullptr) stream.side[0].party->established();
}

/// Draws what happens to bytes that enter a stream. They may be delayed, which moves `at`, or break
/// the stream: then the result is true.
bool Network::drawTrouble(Stream& stream, int from, Instant& at) {
  const std::uint32_t entity = stream.side[from].entity;
  if (choices_.chance(faults_.reset, ChoiceKey(entity, ChoiceSite::kFaultReset))) {
    breakStream(stream);
    return true;
  }
  if (faults_.partition.n != 0) drawPartition(stream, from);
  const Duration delay = drawDelay(entity);
  if (delay > Duration::zero()) note(TraceKind::kDelay, stream, from, static_cast<std::uint64_t>(delay.count()));
  at += delay;
  return false;
}

std::size_t Network::write(Stream& stream, int from, ByteView bytes) {
  Stream::Side& me = stream.side[from];
  const Stream::Side& other = stream.side[1 - from];
  // Nearly always nothing stands in the way, and one look says so.
  if (choices_.calm() && links_.plain() && bytes.size() <= me.out.room() && !me.wasReset && !stream.local && !other.gone)
      [[likely]] {
    // The trace gets bytes once: where they arrive, or here when the remote peer gets them.
    if (other.id != kRemotePeer) {
      ++progress_;
    } else {
      note(TraceKind::kWrite, stream, from, bytes.size(), bytes);
      // It reads at once, and its bytes need no place in the pipe.
      if (other.party != nullptr && !me.blocked && me.out.idle() && other.party->readAtOnce(bytes)) {
        me.out.pass(bytes.size());
        return bytes.size();
      }
    }
    me.out.push(bytes, now_, now_);
    enter(stream, from);
    return bytes.size();
  }
  return writeInTrouble(stream, from, bytes);
}

/// What was pushed sets out, or is there.
inline void Network::enter(Stream& stream, int from) {
  const Stream::Side& me = stream.side[from];
  if (me.out.inTransit() > 0) return later(me.out.lastArrival(), DueKind::kArrive, stream, from);
  if (StreamEnd* receiver = stream.side[1 - from].party) receiver->arrived();
}

/// write() where choices, links, a full window or the end of a side may stand in the way.
std::size_t Network::writeInTrouble(Stream& stream, int from, ByteView bytes) {
  Stream::Side& me = stream.side[from];
  if (me.wasReset) return bytes.size();  // lost with everything else
  ByteView taken = bytes;
  if (bytes.size() > me.out.room() && windowsOpen_ && ++me.cutWrites > kCutWrites) me.out.widen(window_);
  if (const std::size_t room = me.out.room(); bytes.size() > room) {
    me.blocked = true;
    if (room == 0) return 0;
    taken = bytes.sub(0, room);
  }
  if (stream.local) return writeLocal(stream, from, taken);
  Instant at = now_;
  if (!choices_.calm() && drawTrouble(stream, from, at)) return bytes.size();
  if (!links_.plain()) return writeOverLink(stream, from, taken, at);
  const Stream::Side& other = stream.side[1 - from];
  if (other.id == kRemotePeer) note(TraceKind::kWrite, stream, from, taken.size(), taken);
  else if (at > now_) note(TraceKind::kWrite, stream, from, taken.size());
  else ++progress_;
  if (other.gone) {
    resetSide(stream, from);
    return taken.size();
  }
  if (other.id == kRemotePeer && at <= now_ && other.party != nullptr && !me.blocked && me.out.idle() &&
      other.party->readAtOnce(taken)) {
    me.out.pass(taken.size());
    return taken.size();
  }
  me.out.push(taken, now_, at);
  enter(stream, from);
  return taken.size();
}

void Network::finish(Stream& stream, int from, bool withLast) {
  Stream::Side& me = stream.side[from];
  if (me.out.finished()) return;
  me.endWithLast = withLast;
  note(TraceKind::kWriteEnd, stream, from);
  const Duration delay = choices_.calm() || stream.local ? Duration::zero() : drawDelay(me.entity);
  if (!links_.plain() && !stream.local) [[unlikely]]
    return finishOverLink(stream, from, now_ + delay);
  me.out.finish(now_, now_ + delay);
  if (me.out.endArrived()) arrive(stream, from);
  else later(me.out.lastArrival(), DueKind::kArrive, stream, from);
}

void Network::arrive(Stream& stream, int from) {
  const Stream::Side& me = stream.side[from];
  const Stream::Side& other = stream.side[1 - from];
  if (other.party != nullptr) other.party->arrived();
  // An end of stream meets a reset only where no socket is left: the end vanished or was reset.
  else if (other.gone && !stream.local && (me.out.available() > 0 || other.vanished || me.resetLost)) sendReset(stream, from);
}

void Network::resetSide(Stream& stream, int side) {
  Stream::Side& me = stream.side[side];
  if (me.wasReset || me.gone) return;
  me.out.lose(true);
  tellReset(me);
}

void Network::tellReset(Stream::Side& side) {
  side.wasReset = true;
  side.blocked = false;
  if (side.party != nullptr) side.party->arrived();
}

void Network::unblock(Stream::Side& sender) {
  if (sender.out.room() == 0) return;
  sender.blocked = false;
  if (sender.party != nullptr) sender.party->roomAgain();
}

void Network::takeAhead(Stream& stream, int to, std::size_t limit) {
  stream.side[1 - to].out.takeAhead(limit);
  consumed(stream, to, 0);
}

void Network::leave(Stream& stream, int side) noexcept {
  stream.side[side].party = nullptr;
  stream.side[side].gone = true;
  if (stream.side[1 - side].gone) recycle(stream);
}

void Network::close(Stream& stream, int from) {
  if (stream.side[from].gone) return;
  if (stream.local) [[unlikely]]
    return closeLocal(stream, from, stream.side[1 - from].out.available() > 0);
  if (stream.side[1 - from].out.available() > 0 && !stream.side[from].wasReset) {
    abort(stream, from);
    return;
  }
  if (!stream.side[from].wasReset) finish(stream, from);
  leave(stream, from);
}

/// What a side sent and what has not arrived is lost. An end of stream that has arrived stays, as
/// bytes that have arrived do; runs of version 1 forgot it.
std::size_t Network::loseUnarrived(Stream::Side& side) noexcept { return side.out.lose(false, version_ >= 2); }

void Network::abort(Stream& stream, int from) {
  Stream::Side& me = stream.side[from];
  Stream::Side& other = stream.side[1 - from];
  if (me.gone) return;
  if (stream.local) [[unlikely]]
    return closeLocal(stream, from, other.out.available() > 0);
  if (stream.attempting || !plainWay(stream, from)) [[unlikely]]
    return abortOverLink(stream, from);
  const std::size_t lost = loseUnarrived(me) + other.out.lose(true);
  note(TraceKind::kAbort, stream, from, lost);
  // This side has left. The other side may leave in arrived(), and must not call this one then.
  me.party = nullptr;
  if (!other.gone && !other.wasReset) {
    other.wasReset = true;
    other.blocked = false;
    if (other.party != nullptr) other.party->arrived();
  }
  leave(stream, from);
}

void Network::decline(Stream& stream, bool established) {
  if (established) return stream.local ? closeLocal(stream, 1, true) : abort(stream, 1);
  StreamEnd* caller = stream.side[0].party;
  const bool known = !stream.local || names_.has(stream.side[1].place, stream.side[1].address);
  note(TraceKind::kRefused, stream, 0, known ? 1 : 2);
  leave(stream, 1);
  if (caller != nullptr) caller->refused(known);
}

void Network::breakStream(Stream& stream) {
  const std::size_t lost = loseUnarrived(stream.side[0]) + loseUnarrived(stream.side[1]);
  note(TraceKind::kAbort, stream, 0, lost);
  for (Stream::Side& side : stream.side) {
    side.wasReset = true;
    side.blocked = false;
  }
  for (int i = 0; i < 2; ++i)
    if (stream.side[i].party != nullptr) stream.side[i].party->arrived();
}

void Network::wakeAt(Instant at, Stream& stream, int side) { later(at, DueKind::kWake, stream, side); }

void Network::later(Instant at, DueKind kind, Stream& stream, int side) {
  agenda_.push_back({at, nextDueOrder_++, &stream, stream.generation, kind, static_cast<std::uint8_t>(side)});
  std::push_heap(agenda_.begin(), agenda_.end());
}

void Network::dropDue() noexcept {
  std::pop_heap(agenda_.begin(), agenda_.end());
  agenda_.pop_back();
}

void Network::deliverDue() {
  while (nextDue() <= now_ && !agenda_.empty()) {
    const Due due = agenda_.front();
    dropDue();
    Stream& stream = *due.stream;
    Stream::Side& side = stream.side[due.side];
    if (due.kind == DueKind::kArrive) {
      if (side.out.settle(now_)) arrive(stream, due.side);
    } else if (due.kind > DueKind::kRoute || stream.attempting) {
      deliverLinkDue(due);
    } else if (side.party != nullptr) {
      if (due.kind == DueKind::kRoute) route(stream);
      else side.party->deadline();
    }
  }
}

}  // namespace teasel::fakes
