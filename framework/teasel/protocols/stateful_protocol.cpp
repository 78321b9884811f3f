#include <teasel/protocols/stateful_protocol.hpp>

#include <new>

namespace teasel {

StatefulProtocol::StatefulProtocol(std::size_t maxLength) : maxLength_(maxLength) {}

StatefulProtocol::~StatefulProtocol() = default;

StatefulProtocol::State StatefulProtocol::initialState() {
  const State first = getInitialState();
  if (first.handler_ == nullptr && !first.end_) throw UsageError(logPrefix() + "::getInitialState returned no state");
  return first;
}

bool StatefulProtocol::deliverInput() {
  if (!begun_) {
    other() = initialState();
    enterOther();
    begun_ = true;
  } else if (state().end_) {
    setInput({});
  } else if (due()) {
    deliver({}, {});
  } else {
    return deliverFrames(*this);
  }
  return true;
}

inline Framing::FrameEnd StatefulProtocol::find(ByteView before, ByteView in) {
  const std::size_t wanted = state().bytes_ - before.size();
  return in.size() < wanted ? FrameEnd{} : FrameEnd{.at = wanted};
}

inline void StatefulProtocol::deliver(ByteView frame, const FrameEnd&) {
  const State* const next = ::new (&other()) State((this->*state().handler_)(frame));
  // Most states want some bytes and come after one that did.
  if (next->handler_ != nullptr && next->bytes_ - 1 < maxLength_ && emptyInARow_ == 0) now_ = 1 - now_;
  else enterOther();
}

void StatefulProtocol::enterOther() {
  if (other().handler_ != nullptr || other().end_) now_ = 1 - now_;
  setDue(false);
  if (state().end_) {
    framingChanged();
    transport().loseConnection();
  } else if (state().bytes_ > maxLength_) {
    refuse(Failure(LimitExceeded("state size limit", maxLength_, state().bytes_)));
  } else if (state().bytes_ > 0) {
    emptyInARow_ = 0;
  } else if (++emptyInARow_ > kMaxEmptyStates) {
    refuse(Failure(LimitExceeded("limit of empty states in a row", kMaxEmptyStates, emptyInARow_)));
  } else {
    setDue(true);
    framingChanged();
  }
}

void StatefulProtocol::refuse(const Failure& why) {
  state() = State::end();
  framingChanged();
  transport().failConnection(why);
}

std::size_t StatefulProtocol::bytesNeeded() const noexcept { return begun_ ? state().bytes_ : 0; }

}  // namespace teasel
