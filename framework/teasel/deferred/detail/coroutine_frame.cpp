#include <teasel/deferred/detail/coroutine_frame.hpp>

#include <cstring>
#include <functional>

#include <teasel/core/pass_through.hpp>

namespace teasel::detail {

namespace {
/// The size of a frame stands before it, in this many bytes.
constexpr std::size_t kHeader = __STDCPP_DEFAULT_NEW_ALIGNMENT__;

/// Cancels what a coroutine awaits and drops the reference to it. The coroutine is a callback of
/// `awaited` by now, as it is when cancel() comes during the wait: it goes on as soon as `awaited`
/// has its result, before any later callback of whatever gave that result.
void cancelAwaited(Chain& awaited) {
  struct Release {
    Chain& chain;
    ~Release() { chain.release(); }
  } const release{awaited};
  awaited.cancel(Site{});
}
}  // namespace

void* PromiseBase::operator new(std::size_t size) {
  char* memory = static_cast<char*>(poolAllocate(size + kHeader));
  ::new (static_cast<void*>(memory)) std::size_t(size);
  return memory + kHeader;
}

void PromiseBase::operator delete(void* frame, std::size_t size) noexcept {
  poolFree(static_cast<char*>(frame) - kHeader, size + kHeader);
}

PromiseBase::PromiseBase(Site made) : chain_(Chain::make(made)) { chain_->setDriven(true); }

PromiseBase::~PromiseBase() {
  Chain* const chain = std::exchange(chain_, nullptr);
  if (chain == nullptr) return;
  // The frame dies without having given a result, and nobody else will give one.
  chain->setInner(nullptr);
  chain->setDriven(false);
  chain->takeCancelRequest();  // there is no next wait that it could reach
  chain->release();
}

bool PromiseBase::inFrame(const void* place) const noexcept {
  const char* const begin = static_cast<const char*>(frame_);
  const std::size_t size = *std::launder(reinterpret_cast<const std::size_t*>(begin - kHeader));
  const char* const at = static_cast<const char*>(place);
  return std::greater_equal<>()(at, begin) && std::less<>()(at, begin + size);
}

void PromiseBase::unhandled_exception() {
  if (mustPassThrough()) throw;
  Failure failure = Failure::current(Site{});
  // What a co_await threw keeps the place where it was made, however many coroutines it flies
  // through.
  const bool passesOn = raised_ && raised_.kind() == failure.kind() && std::strcmp(raised_.what(), failure.what()) == 0;
  if (passesOn && raised_.where()) failure = Failure::current(raised_.where());
  beginResult();
  chain_->putFailure(std::move(failure));
}

void PromiseBase::beginResult() noexcept {
  if (!chain_->called()) chain_->markFired(chain_->made());
  chain_->setRunning(true);
}

void Finish::await_suspend(std::coroutine_handle<>) noexcept {
  Chain* const chain = std::exchange(promise_->chain_, nullptr);
  Resumption* const resumption = promise_->resumption_;
  frame_.destroy();  // this object lies in the frame and is gone now
  chain->setDriven(false);
  chain->setRunning(false);
  if (resumption != nullptr) {
    resumption->next = chain;
    return;
  }
  chain->runIfAble();
  chain->release();
}

void FrameLink::requireEnd(Site site) const {
  if (!promise_->chain_->wouldWaitForItself(*chain_)) return;
  throw UsageError("co_await at " + site.text() + ": the Deferred made at " + chain_->made().text() +
                   " waits for this coroutine itself");
}

void FrameLink::suspend(std::coroutine_handle<> frame) {
  act = &run;
  handles = kOnBoth;
  frame_ = frame.address();
  Resumption* const resumption = std::exchange(promise_->resumption_, nullptr);
  if (promise_->raised_) [[unlikely]]
    promise_->raised_ = Failure();
  Chain* const chain = chain_;
  promise_->chain_->setInner(chain);
  const bool counted = holder_ != nullptr;
  const bool cancelNow = promise_->chain_->takeCancelRequest();
  if (cancelNow) [[unlikely]] {
    chain->retain();
    if (resumption != nullptr) resumption->cancel = chain;
    else cancelBeforeWait();
  }
  chain->add(this);
  // From here on the coroutine may be resumed or destroyed, and this object with it.
  if (counted) chain->release();
  if (cancelNow && resumption == nullptr) [[unlikely]]
    chain->release();
}

/// The coroutine was cancelled in the call that started it. A verdict can leave that call only
/// through the frame. So this object is not a link of the chain yet: when a verdict flies, no link
/// that could resume the body may be left. Therefore the body goes on only after cancel() has
/// returned.
void FrameLink::cancelBeforeWait() {
  try {
    chain_->cancel(Site{});
  } catch (...) {
    promise_->chain_->setInner(nullptr);
    chain_->release();
    throw;
  }
}

Chain* FrameLink::run(Link* link, Chain* chain) {
  FrameLink& self = *static_cast<FrameLink*>(link);
  const auto frame = std::coroutine_handle<>::from_address(self.frame_);
  if (chain == nullptr) {
    // The handle's reference was given up for the wait.
    if (self.holder_ != nullptr) *self.holder_ = nullptr;
    frame.destroy();
    return nullptr;
  }
  if (self.holder_ != nullptr) chain->retain();
  self.promise_->chain_->setInner(nullptr);
  Resumption resumption;
  self.promise_->resumption_ = &resumption;
  try {
    frame.resume();
  } catch (...) {
    frame.destroy();  // a verdict: the coroutine stands at its end
    throw;
  }
  if (resumption.cancel != nullptr) [[unlikely]]
    cancelAwaited(*resumption.cancel);
  return resumption.next;
}

void FrameLink::raiseFailure() {
  promise_->raised_ = chain_->takeFailure();
  promise_->raised_.raise();
}

}  // namespace teasel::detail
