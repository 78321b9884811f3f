#include <algorithm>

#include <teasel/fakes/net/network.hpp>

// UNIX sockets: names inside a host, and streams that no wire delays, loses or resets.
//
// The model is Linux. What is sent arrives at once, and nothing makes it unsent. A side that is
// gone is noticed by the first send (EPIPE), which takes no error away. A close with unread input
// lets the other side read what was sent, and then ECONNRESET; any other end, an abort included, is
// an end of stream. Faults of the network do not concern such streams. Refusals, windows, cuts,
// order and faults of listening do.

namespace teasel::fakes {

ListenResult Network::listenUnix(std::uint8_t host, const Address& at, bool lock, StreamListener& listener) {
  if (!choices_.calm() && choices_.chance(faults_.listen, ChoiceKey(host, ChoiceSite::kFaultListen)))
    return ListenResult::kDrawnFault;
  if (lock && names_.locked(host, at)) return ListenResult::kLocked;
  switch (names_.stateOf(host, at)) {
    case UnixNames::State::kListening: return ListenResult::kPortTaken;
    case UnixNames::State::kNoSocket: return ListenResult::kNoSocket;
    case UnixNames::State::kLeftover:
    case UnixNames::State::kNothing: break;
  }
  names_.take(host, at, listener);
  if (lock) names_.lock(host, at, listener);
  // After a crash a name that is listened on again has the place that it had.
  const auto former = std::find_if(listeners_.begin(), listeners_.end(), [&](const Listening& each) {
    return each.listener == nullptr && each.host == host && each.at == at;
  });
  if (former != listeners_.end()) *former = {at, &listener, host};
  else listeners_.push_back({at, &listener, host});
  noteHost(TraceKind::kListen, host, 0);
  return ListenResult::kListening;
}

void Network::connectUnix(std::uint8_t host, const Address& to, bool answered, StreamEnd& party, Stream*& made) {
  Stream& stream = makeStream();
  made = &stream;
  stream.local = true;
  stream.side[0].party = &party;
  stream.side[0].id = host;
  stream.side[0].address = Address::unixPath("");
  stream.side[1].address = to;
  stream.side[0].place = stream.side[1].place = host;
  note(TraceKind::kConnect, stream, 0, 0);
  if (!answered) {
    stream.side[1].gone = true;  // nobody holds that end
    return;
  }
  bool faulty = false;
  if (!choices_.calm()) {
    for (Stream::Side& side : stream.side) side.out.restart(drawWindow(side.entity));
    faulty = choices_.chance(faults_.refuse, ChoiceKey(stream.side[0].entity, ChoiceSite::kFaultRefuse));
  }
  callUnix(stream, faulty ? nullptr : names_.listenerAt(host, to), faulty || names_.has(host, to));
}

/// Offers the stream to the listener. Without one it is refused; `known`: the name is there.
void Network::callUnix(Stream& stream, StreamListener* listener, bool known) {
  Stream::Side& caller = stream.side[0];
  if (listener != nullptr) {
    stream.side[1].id = stream.side[1].place;
    return listener->offer(stream);
  }
  note(TraceKind::kRefused, stream, 0, known ? 1 : 2);
  stream.side[1].gone = true;
  caller.party->refused(known);
}

std::size_t Network::writeLocal(Stream& stream, int from, ByteView bytes) {
  Stream::Side& me = stream.side[from];
  const Stream::Side& other = stream.side[1 - from];
  if (me.sendsFail) return bytes.size();  // lost; a driver asks before
  // The trace gets bytes once: where they arrive, or here when the remote peer gets them.
  if (other.id == kRemotePeer) note(TraceKind::kWrite, stream, from, bytes.size(), bytes);
  else ++progress_;
  me.out.push(bytes, now_, now_);
  if (other.party != nullptr) other.party->arrived();
  return bytes.size();
}

/// A side leaves, by whatever call. `reset`: the other side meets ECONNRESET behind what was sent.
void Network::closeLocal(Stream& stream, int from, bool reset) {
  Stream::Side& me = stream.side[from];
  Stream::Side& other = stream.side[1 - from];
  if (me.gone) return;
  if (reset) {
    note(TraceKind::kAbort, stream, from, other.out.lose(true));
    me.out.lose(false);  // ECONNRESET comes in place of an end of stream that nobody has read
  } else if (!me.out.finished()) {
    note(TraceKind::kWriteEnd, stream, from);
    me.out.finish(now_, now_);
  }
  // This side has left. The other side may leave in arrived(), and must not call this one then.
  me.party = nullptr;
  other.wasReset = other.wasReset || reset;
  other.sendsFail = true;
  other.blocked = false;
  if (!other.gone && other.party != nullptr) other.party->arrived();
  leave(stream, from);
}

}  // namespace teasel::fakes
