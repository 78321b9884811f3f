#include <teasel/protocols/stateful_protocol.hpp>

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
    enter(initialState());
    begun_ = true;
  } else if (state_.end_) {
    rest_ = {};
  } else if (due_) {
    deliver({}, {});
  } else {
    return deliverEach(*this);
  }
  return true;
}

inline detail::Found StatefulProtocol::find(ByteView before, ByteView in) {
  const std::size_t wanted = state_.bytes_ - before.size();
  return in.size() < wanted ? detail::Found{} : detail::Found{.end = wanted};
}

inline void StatefulProtocol::deliver(ByteView frame, const detail::Found&) {
  const State next = (this->*state_.handler_)(frame);
  // Most states want some bytes and come after one that did.
  if (next.handler_ != nullptr && next.bytes_ - 1 < maxLength_ && emptyInARow_ == 0) state_ = next;
  else enter(next);
}

void StatefulProtocol::enter(const State& next) {
  if (next.handler_ != nullptr || next.end_) state_ = next;
  due_ = false;
  if (state_.end_) {
    changed();
    transport().loseConnection();
  } else if (state_.bytes_ > maxLength_) {
    refuse(Failure(LimitExceeded("state size limit", maxLength_, state_.bytes_)));
  } else if (state_.bytes_ > 0) {
    emptyInARow_ = 0;
  } else if (++emptyInARow_ > kMaxEmptyStates) {
    refuse(Failure(LimitExceeded("limit of empty states in a row", kMaxEmptyStates, emptyInARow_)));
  } else {
    due_ = true;
    changed();
  }
}

void StatefulProtocol::refuse(const Failure& why) {
  state_ = State::end();
  changed();
  transport().failConnection(why);
}

std::size_t StatefulProtocol::quietSize() const noexcept { return !begun_ || state_.bytes_ == 0 ? 0 : state_.bytes_ - 1; }

}  // namespace teasel
