#include "end.hpp"

#include <algorithm>
#include <utility>

#include <unistd.h>

#include <teasel/core/errors.hpp>

namespace teasel::soak {
namespace {

using std::chrono::microseconds;
using std::chrono::milliseconds;

/// Every so many connections have a planted fault.
constexpr std::uint64_t kFaulty = 16;
constexpr std::size_t kLeakedBytes = std::size_t{64} << 10;

}  // namespace

End::End(Household& household, std::optional<std::uint64_t> number) : home_(household), number_(number) {
  if (number_) script_ = home_.ledger->plan(*number_).of(home_.role);
}

End::~End() {
  for (DelayedCall& timer : timers_) timer.cancelIfActive();
  if (made_ && !lost_) {
    home_.living.erase(place_);
    wrong("it was destroyed without connectionLost");
  }
}

void End::wrong(const std::string& what) { home_.findings->add(number(), std::string("the ") + name(home_.role) + ": " + what); }

void End::callWrong(const char* call) {
  if (lost_) wrong(std::string(call) + " after connectionLost");
  else if (!made_) wrong(std::string(call) + " before connectionMade");
  else if (paused_ && call_ == Call::kNone) wrong(std::string(call) + " while reading is paused");
  else if (eof_) wrong(std::string(call) + " after the end of the stream");
  else if (call_ != Call::kNone) wrong(std::string(call) + " after the connection was closed");
}

void End::connectionMade() {
  ++progress_;
  if (made_) return wrong("connectionMade came twice");
  if (lost_) return wrong("connectionMade after connectionLost");
  made_ = true;
  ++home_.made;
  place_ = home_.living.insert(home_.living.end(), this);
  if (number_) begin();
  if (home_.fault == Fault::kMadeTwice && number() % kFaulty == 3) connectionMade();
}

/// The number is known: the script begins.
void End::begin() {
  begun_ = true;
  const Role role = home_.role;
  const std::uint64_t seed = home_.ledger->seed();
  mine_.emplace(seed, *number_, role);
  peers_.emplace(seed, *number_, otherThan(role));
  dice_ = Dice(seed, *number_, role == Role::kClient ? 11 : 12);
  expected_ = home_.ledger->plan(*number_).of(otherThan(role)).total;
  if (home_.fault == Fault::kStuck && number() % kFaulty == 3 && role == Role::kServer) {
    paused_ = true;
    return transport().pauseProducing();
  }
  transport().setWaterMarks(script_.highMark, script_.lowMark);
  pausesLeft_ = script_.pauses;
  nextPause_ = script_.pausedAtFirst ? 0 : script_.pauseEvery;
  maybePause();
  setDecoys();
  if (!script_.polite() && script_.ending != Ending::kLoseEarly) later(script_.endAfter, &End::endNow);
  beginWriting();
  if (home_.fault == Fault::kLeakDescriptor && number() % kFaulty == 3) static_cast<void>(::dup(STDERR_FILENO));
  if (home_.fault == Fault::kLeakTimer && number() % kFaulty == 3) home_.clock->callLater(std::chrono::hours(1), [] {});
}

void End::beginWriting() {
  switch (script_.way) {
    case Way::kAtOnce:
      while (!writePiece()) continue;
      return wroteAll();
    case Way::kTimed:
    case Way::kAnswer: return writeByTimer();
    case Way::kPush:
    case Way::kPull:
      producing_ = true;
      transport().registerProducer(std::static_pointer_cast<End>(shared_from_this()), script_.way == Way::kPush);
      if (script_.endsBeforeItWrites) shut_ = true, transport().loseWriteConnection();
      if (script_.way == Way::kPush) push();
      return;
  }
}

/// Writes the next piece. Returns whether all is written now.
bool End::writePiece() {
  const std::uint64_t left = script_.total - toWrite_;
  const std::uint64_t size = std::min(left, dice_.between(1, script_.piece));
  std::string piece(size, '\0');
  mine_->fill(toWrite_, piece.data(), piece.size());
  toWrite_ += size;
  transport().write(piece);
  return toWrite_ == script_.total;
}

void End::writeByTimer() {
  ++progress_;
  if (wroteAll_ || transport().disconnecting()) return;
  if (writePiece()) return wroteAll();
  later(microseconds(dice_.below(script_.way == Way::kTimed ? 2000 : 5000)), &End::writeByTimer);
}

/// As long as it may, a push producer writes some pieces, and the next ones a little later.
void End::push() {
  if (!producing_ || pushPaused_) return;
  ++progress_;
  for (std::uint64_t pieces = dice_.between(1, 4); pieces > 0; --pieces) {
    if (!writePiece()) continue;
    producing_ = false;
    transport().unregisterProducer();
    return wroteAll();
  }
  later(microseconds(dice_.below(1000)), &End::push);
}

void End::pauseProducing() {
  ++progress_;
  if (script_.way != Way::kPush || !producing_ || pushPaused_)
    wrong("pauseProducing of a producer that is stopped, paused or pulls");
  pushPaused_ = true;
}

void End::resumeProducing() {
  ++progress_;
  if (!producing_) return wrong("resumeProducing of a producer that is stopped");
  if (script_.way == Way::kPush) {
    if (!pushPaused_) wrong("resumeProducing of a producer that is not paused");
    pushPaused_ = false;
    return later(microseconds(dice_.below(1000)), &End::push);
  }
  if (!writePiece()) return;
  producing_ = false;
  transport().unregisterProducer();
  wroteAll();
}

void End::stopProducing() {
  ++progress_;
  if (!producing_) wrong("stopProducing of a producer that is stopped");
  if (lost_) wrong("stopProducing after connectionLost");
  producing_ = false;
}

void End::wroteAll() {
  wroteAll_ = true;
  if (script_.ending == Ending::kHalfClose && !shut_) {
    shut_ = true;
    transport().loseWriteConnection();
  }
  if (script_.ending == Ending::kLoseEarly) endNow();
  endIfDone();
}

/// The endings in good order.
void End::endIfDone() {
  if (!wroteAll_ || call_ != Call::kNone || lost_) return;
  const bool all = script_.ending == Ending::kLoseWhenDone && received_ >= expected_;
  const bool after = (script_.ending == Ending::kLoseWhenDone || script_.ending == Ending::kLoseAfterPeer) && eof_;
  if (all || after) endNow();
}

void End::endNow() {
  ++progress_;
  if (call_ != Call::kNone || lost_ || !transport().connected()) return;
  switch (script_.ending) {
    case Ending::kHalfClose: return;
    case Ending::kLoseWhenDone:
    case Ending::kLoseAfterPeer:
    case Ending::kLoseEarly:
    case Ending::kLoseMid:
      if (transport().disconnecting()) return;
      call_ = Call::kLose;
      return transport().loseConnection();
    case Ending::kAbort:
      call_ = Call::kAbort;
      ++home_.aborts;
      return transport().abortConnection();
    case Ending::kFail:
      if (transport().disconnecting()) return;
      call_ = Call::kFail;
      return transport().failConnection(Failure(GaveUp()));
    case Ending::kThrow: throwDue_ = true; return later(milliseconds(300), &End::atLastThrow);
  }
}

/// No bytes came with which it could have thrown.
void End::atLastThrow() {
  if (lost_ || call_ != Call::kNone || !transport().connected()) return;
  call_ = Call::kAbort;
  ++home_.aborts;
  transport().abortConnection();
}

bool End::learnNumber(ByteView data) {
  const std::size_t before = header_.size();
  header_ += data.sub(0, Pattern::kHeader - before).text();
  if (header_.size() < Pattern::kHeader) return false;
  const std::uint64_t number = Pattern::numberIn(header_);
  if (!home_.ledger->begun(number)) {
    wrong("the header says the number " + std::to_string(number) + ", which no connection has");
    call_ = Call::kAbort;
    transport().abortConnection();
    return false;
  }
  number_ = number;
  script_ = home_.ledger->plan(number).of(home_.role);
  received_ = Pattern::kHeader;
  begin();
  if (data.size() > Pattern::kHeader - before) hear(data.sub(Pattern::kHeader - before));
  return true;
}

void End::dataReceived(ByteView data) {
  ++progress_;
  callWrong("dataReceived");
  if (data.empty()) wrong("dataReceived without bytes");
  home_.bytes += data.size();
  if (!number_) {
    if (!learnNumber(data)) return;
  } else {
    std::string copy;
    hear(tampered(data, copy));
  }
  endIfDone();
  if (throwDue_ && call_ == Call::kNone) {
    call_ = Call::kThrow;
    ++home_.aborts;
    throw Thrown();
  }
}

/// What arrives where a fault is planted.
ByteView End::tampered(ByteView data, std::string& copy) {
  ++chunks_;
  if (tampered_ || home_.fault == Fault::kNone || number() % kFaulty != 3) return data;
  if (home_.fault == Fault::kFlip) {
    tampered_ = true;
    copy = data.str();
    copy[copy.size() / 2] = static_cast<char>(copy[copy.size() / 2] ^ 0x10);
    return copy;
  }
  if (home_.fault == Fault::kDropAtCut && chunks_ > 1) {
    tampered_ = true;
    return data.sub(1);
  }
  if (home_.fault == Fault::kShort && received_ + data.size() >= expected_) {
    tampered_ = true;
    return data.sub(0, data.size() - 1);
  }
  return data;
}

void End::hear(ByteView data) {
  const std::size_t agreed = peers_->agree(received_, data);
  if (agreed < data.size()) {
    wrong("byte " + std::to_string(received_ + agreed) + " is not what was sent there: " + escaped(data.sub(agreed, 16)));
    received_ += data.size();
    if (call_ == Call::kNone) call_ = Call::kAbort, transport().abortConnection();
    return;
  }
  received_ += data.size();
  if (received_ > expected_) wrong(std::to_string(received_) + " bytes came, and the peer has only " + std::to_string(expected_));
  if (script_.way == Way::kAnswer && !wroteAll_ && mayWrite() && writePiece()) wroteAll();
  maybePause();
  const bool byBytes = !script_.polite() && script_.ending != Ending::kLoseEarly;
  if (byBytes && script_.endAtReceived > 0 && received_ >= script_.endAtReceived && !throwDue_) endNow();
}

bool End::mayWrite() const noexcept { return !transport().disconnecting(); }

void End::maybePause() {
  if (pausesLeft_ == 0 || received_ < nextPause_ || paused_ || call_ != Call::kNone) return;
  --pausesLeft_;
  nextPause_ = received_ + script_.pauseEvery;
  paused_ = true;
  transport().pauseProducing();
  if (script_.pauseFor < microseconds(100)) return resumeReading();  // within the same callback
  later(script_.pauseFor, &End::resumeReading);
}

void End::resumeReading() {
  ++progress_;
  paused_ = false;
  transport().resumeProducing();
}

void End::readConnectionLost() {
  ++progress_;
  callWrong("readConnectionLost");
  eof_ = true;
  if (!number_) {  // it will never say who it was
    call_ = Call::kLose;
    return transport().loseConnection();
  }
  endIfDone();
}

void End::writeConnectionLost() {
  ++progress_;
  if (lost_ || !shut_ || shutHeard_) wrong("writeConnectionLost that nobody asked for, or twice");
  shutHeard_ = true;
  ++home_.halfCloses;
}

Reason End::classify(const Failure& reason) const {
  if (reason.check<Thrown>() != nullptr) return Reason::kThrown;
  if (reason.check<GaveUp>() != nullptr) return Reason::kFailed;
  if (reason.check<ConnectionAborted>() != nullptr) return Reason::kAborted;
  if (reason.check<ConnectionLost>() != nullptr) return Reason::kLost;
  if (reason.check<ConnectionDone>() != nullptr) return Reason::kDone;
  return Reason::kOther;
}

void End::connectionLost(const Failure& reason) {
  ++progress_;
  if (lost_) return wrong("connectionLost came twice");
  if (!made_) return wrong("connectionLost before connectionMade");
  if (producing_) wrong("connectionLost before stopProducing of its producer");
  lost_ = true;
  home_.living.erase(place_);
  for (DelayedCall& timer : timers_) timer.cancelIfActive();
  timers_.clear();
  const Transport::Counters& counters = transport().counters();
  Outcome outcome{classify(reason), call_, false, counters.bytesWritten, received_, reason.text()};
  outcome.cleanEnd = eof_ || (!halfCloseable() && call_ == Call::kNone && outcome.reason == Reason::kDone);
  if (outcome.reason == Reason::kLost) ++home_.resets;
  if (!number_) ++home_.nameless;
  else home_.ledger->ended(*number_, home_.role, std::move(outcome));
  if (begun_ && counters.bytesReceived != received_ + (tampered_ ? 1 : 0) && !tampered_)
    wrong("its transport counts " + std::to_string(counters.bytesReceived) + " bytes, it heard " + std::to_string(received_));
  if (home_.fault == Fault::kLeakMemory && home_.role == Role::kClient) {
    static std::vector<std::unique_ptr<char[]>> kept;
    kept.push_back(std::make_unique<char[]>(kLeakedBytes));
  }
  if (home_.fault == Fault::kLostTwice && number() % kFaulty == 3) connectionLost(reason);
}

void End::later(Duration after, void (End::*call)()) {
  std::erase_if(timers_, [](const DelayedCall& timer) { return !timer.active(); });
  timers_.push_back(home_.clock->callLater(after, [this, call] { (this->*call)(); }));
}

/// A timer that is watched: it must not run early, nor after it was cancelled.
class End::Timer {
 public:
  static void set(End& end, Duration after) {
    const auto timer = std::make_shared<Timer>();
    timer->due_ = end.home_.clock->liveNow() + after;
    end.timers_.push_back(end.home_.clock->callLater(after, [&end, timer] {
      ++end.progress_;
      if (timer->cancelled_) end.wrong("a timer ran after it was cancelled");
      if (end.home_.clock->now() < timer->due_) end.wrong("a timer ran early");
    }));
    DelayedCall call = end.timers_.back();
    // Some of them are moved or cancelled, now or by another timer.
    const std::uint64_t what = end.dice_.below(4);
    if (what == 0) timer->cancelled_ = true, call.cancel();
    if (what == 1) timer->due_ += milliseconds(2), call.delay(milliseconds(2));
    if (what == 2)
      end.timers_.push_back(end.home_.clock->callLater(microseconds(end.dice_.below(3000)), [timer, call]() mutable {
        if (call.cancelIfActive()) timer->cancelled_ = true;
      }));
  }

 private:
  Instant due_{};
  bool cancelled_ = false;
};

void End::setDecoys() {
  for (std::uint64_t i = 0; i < script_.decoys; ++i)
    Timer::set(*this, microseconds(dice_.below(dice_.oneIn(4) ? 1'000'000 : 5000)));
}

void End::giveUp() { transport().abortConnection(); }

std::string End::describe() const {
  if (!number_)
    return "the server of a client that has not said its number (" + std::to_string(header_.size()) + " bytes of it came)";
  std::string text = std::string("the ") + name(home_.role) + " has written " + std::to_string(toWrite_) + " of " +
                     std::to_string(script_.total) + " bytes (" + std::to_string(transport().pendingBytes()) +
                     " of them wait to be sent) and received " + std::to_string(received_) + " of " + std::to_string(expected_);
  if (paused_) text += "; reading is paused";
  if (producing_) text += pushPaused_ ? "; its producer is paused" : "; its producer may write";
  if (shut_) text += shutHeard_ ? "; its direction is ended" : "; it ends its direction";
  if (eof_) text += "; the peer's direction is ended";
  if (transport().disconnecting()) text += "; it is closing";
  else if (wroteAll_ && !eof_)
    text += "; it waits for " + std::string(received_ < expected_ ? "bytes" : "the end") + " of the peer";
  return text;
}

}  // namespace teasel::soak
