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

bool StatefulProtocol::deliverSome() {
  if (!begun_) {
    other() = initialState();
    enterOther();
    begun_ = true;
  } else if (state().end_) {
    rest_ = {};
  } else if (due_) {
    deliver({}, {});
  } else {
    return deliverEach(*this);
  }
  return true;
}

inline detail::Found StatefulProtocol::find(ByteView before, ByteView in) {
  const std::size_t wanted = state().bytes_ - before.size();
  return in.size() < wanted ? detail::Found{} : detail::Found{.end = wanted};
}

inline void StatefulProtocol::deliver(ByteView frame, const detail::Found&) {
  const State* const next = ::new (&other()) State((this->*state().handler_)(frame));
  // Most states want some bytes and come after one that did.
  if (next->handler_ != nullptr && next->bytes_ - 1 < maxLength_ && emptyInARow_ == 0) now_ = 1 - now_;
  else enterOther();
}

void StatefulProtocol::enterOther() {
  if (other().handler_ != nullptr || other().end_) now_ = 1 - now_;
  due_ = false;
  if (state().end_) {
    changed();
    transport().loseConnection();
  } else if (state().bytes_ > maxLength_) {
    refuse(Failure(LimitExceeded("state size limit", maxLength_, state().bytes_)));
  } else if (state().bytes_ > 0) {
    emptyInARow_ = 0;
  } else if (++emptyInARow_ > kMaxEmptyStates) {
    refuse(Failure(LimitExceeded("limit of empty states in a row", kMaxEmptyStates, emptyInARow_)));
  } else {
    due_ = true;
    changed();
  }
}

void StatefulProtocol::refuse(const Failure& why) {
  state() = State::end();
  changed();
  transport().failConnection(why);
}

std::size_t StatefulProtocol::quietSize() const noexcept { return !begun_ || state().bytes_ == 0 ? 0 : state().bytes_ - 1; }

}  // namespace teasel
