#include <teasel/deferred/detail/chain.hpp>

#include <teasel/core/check.hpp>
#include <teasel/core/logger.hpp>
#include <teasel/core/observer.hpp>
#include <teasel/core/pass_through.hpp>
#include <teasel/deferred/errors.hpp>

namespace teasel::detail {

namespace {

constexpr Logger kLog("Deferred");

/// The dying chains of this thread, last in first out. A chain that dies because another one dies
/// waits in this list. So a million chains in a row, or in one another's captures, die without
/// recursion.
struct Reaper {
  Chain* dying;
  bool reaping;
};
thread_local constinit Reaper reaper{};

}  // namespace

Chain* Chain::make(Site made) {
  Chain* chain = ::new (poolAllocate(sizeof(Chain))) Chain(made);
  if (Observer* observer = Observer::current()) chain->id_ = observer->chainMade(made);
  return chain;
}

void Chain::putMissing() noexcept {
  putFailure(Failure(UsageError("a callback of the Deferred made at " + made_.text() + " gave a Failure without error"), made_));
}

bool Chain::refuseFire(const char* call, Site site) {
  if (driven_) {
    throw UsageError(std::string(call) + " at " + site.text() + ": the Deferred made at " + made_.text() +
                     " gets its result from its coroutine alone");
  }
  if (swallowOne_) {
    swallowOne_ = false;
    return false;
  }
  throw AlreadyCalledError(std::string(call) + " at " + site.text() + ": the Deferred made at " + made_.text() +
                           " was already fired at " + firedAt_.text());
}

void Chain::requireStartType(const std::type_info& type, Site site) const {
  if (startType_ == nullptr || *startType_ == type) return;
  throw UsageError("callback at " + site.text() + ": the Deferred made at " + made_.text() + " starts with a value of type " +
                   typeName(*startType_) + ", this handle stands behind a callback that made it " + typeName(type));
}

void Chain::refuseAdd(const Chain* chain, const char* what, Site site) {
  const std::string call = std::string(what) + " at " + site.text() + ": ";
  if (chain == nullptr) throw UsageError(call + "this handle is empty (default nullptr, or moved from)");
  const std::string made = "the Deferred made at " + chain->made_.text();
  const std::string where = chain->claimedAt_.text();
  switch (chain->claim_) {
    case Claim::kTaken: throw ResultTaken(call + "the result of " + made + " was taken at " + where);
    case Claim::kGiven:
      throw StaleHandle(call + made + " was returned from a callback of the Deferred made at " + where +
                        ", which has its result now");
    default: throw StaleHandle(call + made + " went on with another type at " + where + "; use the handle returned there");
  }
}

void Chain::unpause(Site site) {
  if (pauses() == 0) {
    throw UsageError("unpause at " + site.text() + ": the Deferred made at " + made_.text() + " is not paused");
  }
  --pauses_;
  runIfAble();
}

void Chain::cancel(Site site) {
  Chain* target = this;
  // A chain that is dying (without references) hears no request any more.
  while (target->inner_ != nullptr && target->inner_->refs_ != 0) target = target->inner_;
  // It waits for a Deferred that died unfired: nothing else will ever come.
  if (target->state_ == ChainState::kWaiting) {
    target->putFailure(Failure(CancelledError(), site));
    target->runIfAble();
    return;
  }
  if (target->called_ || target->cancelling_) return;
  if (target->driven_) {  // its coroutine is running: the next wait will be cancelled
    target->cancelling_ = true;
    return;
  }
  target->retain();
  struct Release {
    Chain* chain;
    ~Release() {
      chain->cancelling_ = false;
      chain->release();
    }
  } release{target};
  target->cancelling_ = true;
  Failure why;
  if (target->canceller_ == nullptr) target->swallowOne_ = true;
  else why = target->callCanceller();
  if (target->called_) {
    if (why) kLog.failure("The canceller of the Deferred made at " + target->made_.text() + " threw after it had fired it", why);
    return;
  }
  if (why) target->swallowOne_ = true;  // whoever promised the result may not know of the request
  else if (target->canceller_ != nullptr && !target->canceller_->fires) return;
  else why = Failure(CancelledError(), site);
  target->markFired(site);
  target->putFailure(std::move(why));
  target->runIfAble();
}

/// Returns what the canceller threw. A verdict flies on.
Failure Chain::callCanceller() {
  // The canceller is put back unless the chain has fired. One that only passes the request on, and
  // one out of which a verdict flew, is asked again the next time.
  struct PutBack {
    Chain* chain;
    Canceller* canceller;
    ~PutBack() {
      if (chain->called_) canceller->act(canceller, nullptr);
      else chain->canceller_ = canceller;
    }
  } putBack{this, std::exchange(canceller_, nullptr)};
  try {
    putBack.canceller->act(putBack.canceller, this);
  } catch (...) {
    if (mustPassThrough()) throw;
    return Failure::current(Site{});
  }
  return {};
}

void Chain::dropCanceller() noexcept {
  Canceller* canceller = std::exchange(canceller_, nullptr);
  canceller->act(canceller, nullptr);
}

bool Chain::wouldWaitForItself(const Chain& other) const noexcept {
  if (&other == this) return true;
  if (first_ == nullptr && outer_ == nullptr) return false;  // nobody waits for this chain
  for (const Chain* down = other.inner_; down != nullptr; down = down->inner_) {
    if (down == this) return true;
  }
  return false;
}

bool Chain::wouldCloseCircle(const Chain* inner) const noexcept {
  // There is a circle if `inner` waits for this chain already, directly or through others. The
  // search goes on from both ends at once: in a chain that grows link by link one end is short.
  if (claim_ == Claim::kTaken) return wouldWaitForItself(*inner);  // a coroutine waits for us
  const Chain* up = outer_;
  const Chain* down = inner->inner_;
  for (; up != nullptr && down != nullptr; up = up->outer_, down = down->inner_) {
    if (up == inner || down == this) return true;
  }
  return false;
}

void Chain::follow(Chain* inner, std::uint32_t epoch) noexcept {
  const auto refuse = [this](const std::string& why) {
    putFailure(Failure(UsageError("a callback of the Deferred made at " + made_.text() + " returned " + why), made_));
  };
  if (inner == nullptr) return refuse("an empty Deferred handle");
  if (inner == this) return refuse("that Deferred itself");
  if (inner->epoch_ != epoch) {
    try {
      refuseAdd(inner, "returning it from a callback", made_);
    } catch (...) {
      return putFailure(Failure::current(made_));
    }
  }
  if (wouldCloseCircle(inner)) return refuse("the Deferred made at " + inner->made_.text() + ", which waits for it");
  const bool ready = inner->settled();
  inner->claim(Claim::kGiven, made_);
  if (ready) return moveResultFrom(*inner);
  clear();
  state_ = ChainState::kWaiting;
  inner_ = inner;
  inner->outer_ = this;
  retain();
}

void Chain::moveResultFrom(Chain& other) noexcept {
  if (other.state_ == ChainState::kFailure) {
    putFailure(std::move(other.failure()));
    other.clear();
    return;
  }
  clear();
  ops_ = other.ops_;
  if (ops_ != nullptr) ops_->move(value_, other.value_);
  else std::memcpy(value_, other.value_, kInline);
  state_ = ChainState::kValue;
  other.state_ = ChainState::kEmpty;
}

/// `current` has no more callbacks to run. Gives its result to the chain that waits for it, if
/// there is one, and releases it. Returns the chain that runs next.
Chain* Chain::passUp(Chain* current) noexcept {
  current->running_ = false;
  Chain* next = current->below_;
  if (current->hasResult() && current->pauses_ == 0 && current->first_ == nullptr && current->outer_ != nullptr) {
    Chain* outer = std::exchange(current->outer_, nullptr);  // with its reference
    outer->inner_ = nullptr;
    outer->moveResultFrom(*current);
    if (outer->ableToRun()) {
      outer->running_ = true;
      outer->below_ = next;
      next = outer;
    } else {
      outer->release();
    }
  }
  current->release();
  return next;
}

/// A verdict flies through. Every chain that was running stops where it is, with a result, and may
/// go on later.
void Chain::unwind(Chain* top) noexcept {
  top->putFailure(Failure::current(Site{}));
  top->quiet_ = true;
  while (top != nullptr) {
    Chain* below = top->below_;
    top->running_ = false;
    top->release();
    top = below;
  }
}

void Chain::run() {
  retain();
  running_ = true;
  below_ = nullptr;
  Chain* current = this;
  while (current != nullptr) {
    Link* const link = current->first_;
    if (link == nullptr || current->pauses_ != 0 || !current->hasResult()) {
      current = passUp(current);
      continue;
    }
    current->first_ = link->next;
    if ((link->handles & (current->state_ == ChainState::kValue ? kOnValue : kOnFailure)) == 0) {
      link->act(link, nullptr);
      continue;
    }
    Chain* next = nullptr;
    try {
      next = link->act(link, current);
    } catch (...) {
      if (mustPassThrough()) {
        unwind(current);
        throw;
      }
      current->putFailure(Failure::current(Site{}));
    }
    if (next != nullptr) {
      if (next->ableToRun()) {
        next->running_ = true;
        next->below_ = current;
        current = next;
      } else {
        next->release();
      }
    }
  }
}

void Chain::die() noexcept {
  while (weak_ != nullptr) weak_->reset();
  if (first_ == nullptr && outer_ == nullptr && canceller_ == nullptr && state_ != ChainState::kFailure &&
      (state_ != ChainState::kValue || ops_ == nullptr)) [[likely]] {
    // Nothing in this chain can make another one die.
    if (Observer* observer = Observer::current()) observer->chainDied(id_, made_, called_, Failure());
    this->~Chain();
    return poolFree(this, sizeof(Chain));
  }
  // What is destroyed below may cancel the chain that waits for this one.
  if (outer_ != nullptr) outer_->inner_ = nullptr;
  below_ = std::exchange(reaper.dying, this);
  if (reaper.reaping) return;
  reaper.reaping = true;
  while (Chain* dead = reaper.dying) {
    reaper.dying = dead->below_;
    dead->destroy();
  }
  reaper.reaping = false;
}

void Chain::report() noexcept {
  const bool unhandled = state_ == ChainState::kFailure && !quiet_ && failure().check<OwnerGone>() == nullptr;
  if (unhandled) kLog.failure("Unhandled error in the Deferred made at " + made_.text(), failure());
  if (Observer* observer = Observer::current()) {
    observer->chainDied(id_, made_, called_ && state_ != ChainState::kWaiting, unhandled ? failure() : Failure());
  }
}

void Chain::destroy() noexcept {
  report();
  if (canceller_ != nullptr) dropCanceller();
  while (Link* link = first_) {
    first_ = link->next;
    link->act(link, nullptr);
  }
  if (Chain* outer = std::exchange(outer_, nullptr)) outer->release();
  clear();
  this->~Chain();
  poolFree(this, sizeof(Chain));
}

std::string Chain::text(const std::string& value) const {
  const std::string made = ", made at " + made_.text();
  std::string out;
  if (claim_ == Claim::kTaken) out = "its result was taken at " + claimedAt_.text();
  else if (claim_ == Claim::kGiven) out = "given to the Deferred made at " + claimedAt_.text();
  else if (state_ == ChainState::kUnfired) out = "unfired";
  else if (state_ == ChainState::kWaiting) {
    out = inner_ == nullptr ? "waiting for a Deferred that died unfired"
                            : "waiting for the Deferred made at " + inner_->made_.text();
  } else if (running_) out = "running its callbacks";
  else if (state_ == ChainState::kValue) out = value.empty() ? "has a result" : "has the result " + value;
  else if (state_ == ChainState::kFailure) out = "has failed with " + failure().text();
  else out = "without a result";
  if (pauses() == 0) return out + made;
  out += ", paused " + std::to_string(pauses()) + "x";
  if (hasResult() && first_ != nullptr && !running_) out += " before its next callback";
  return out + made;
}

}  // namespace teasel::detail
