#pragma once

#include <coroutine>
#include <cstddef>

#include <teasel/deferred/detail/links.hpp>

/// The untyped half of coroutines.
namespace teasel::detail {

/// In a coroutine's frame: the chain that its result goes to, and who is resuming it.
class PromiseBase {
 public:
  explicit PromiseBase(Site made);
  PromiseBase(const PromiseBase&) = delete;
  PromiseBase& operator=(const PromiseBase&) = delete;
  ~PromiseBase();

  /// A verdict flies on to whoever resumed the coroutine.
  void unhandled_exception();
  /// Whether something lies in the coroutine's frame.
  bool inFrame(const void* place) const noexcept;

  static void* operator new(std::size_t size);
  static void operator delete(void* frame, std::size_t size) noexcept;

 protected:
  friend class FrameLink;
  friend class Finish;
  /// The result is stored now, and runs callbacks when the body's locals are gone.
  void beginResult() noexcept;

  Chain* chain_;  // owned; null once the result was given
  void* frame_ = nullptr;
  Chain** resumer_ = nullptr;  // where the chain goes that whoever resumed us is to run next
  // what the last co_await threw, until the next one waits: an exception does not know its place
  Failure raised_;
};

/// The end of a coroutine: the frame goes, then the result is passed on - by whoever resumed the
/// coroutine, if anybody did, so that coroutines waiting for one another finish one after the other
/// and not inside one another.
class Finish {
 public:
  Finish(PromiseBase& promise, std::coroutine_handle<> frame) noexcept : promise_(&promise), frame_(frame) {}
  bool await_ready() const noexcept { return false; }
  void await_suspend(std::coroutine_handle<>) noexcept;
  void await_resume() const noexcept {}

 private:
  PromiseBase* promise_;
  std::coroutine_handle<> frame_;
};

/// What a suspended coroutine hangs on: a link at the end of the awaited chain. With a result it
/// resumes the coroutine, when the chain dies without one it destroys it.
class FrameLink : public Link {
 protected:
  /// Takes the result of `chain` (now or later) for the coroutine at `site`.
  FrameLink(PromiseBase& promise, Chain& chain, Site site) : promise_(&promise), chain_(&chain), ready_(chain.settled()) {
    if (!ready_) [[unlikely]]
      requireEnd(site);
    chain.claim(Claim::kTaken, site);
  }
  ~FrameLink() = default;
  void suspend(std::coroutine_handle<> frame);
  [[noreturn]] void raiseFailure();

  PromiseBase* promise_;
  Chain* chain_;
  bool ready_;
  // Set, like the Link itself, only for a result that is not ready; g++ would write them for the
  // others, too.
  Chain** holder_;  // the awaited handle's pointer, where that is a temporary or in the frame
  void* frame_;

 private:
  /// Throws UsageError where the wait could never end because `chain_` waits for this coroutine.
  void requireEnd(Site site) const;
  void cancelAwaited();
  static Chain* run(Link* link, Chain* chain);
};

}  // namespace teasel::detail
