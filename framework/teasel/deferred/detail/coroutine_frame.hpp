#pragma once

#include <coroutine>
#include <cstddef>

#include <teasel/deferred/detail/links.hpp>

/// The untyped half of coroutines.
namespace teasel::detail {

/// What a body leaves behind for whoever resumed it. The frame may be gone by then.
struct Resumption {
  Chain* next = nullptr;  // the chain with the body's result, with a reference: it runs next
  // What the body awaits now, with a reference. The coroutine was cancelled while its body ran, so
  // this is cancelled at once.
  Chain* cancel = nullptr;
};

/// The part of a promise that does not depend on the type. It lies in the coroutine's frame and
/// knows the chain that gets the result, and who is resuming the coroutine.
class PromiseBase {
 public:
  explicit PromiseBase(Site made);
  PromiseBase(const PromiseBase&) = delete;
  PromiseBase& operator=(const PromiseBase&) = delete;
  ~PromiseBase();

  /// The exception becomes the result. A verdict flies on to whoever resumed the coroutine.
  void unhandled_exception();
  /// Whether `place` lies in the coroutine's frame.
  bool inFrame(const void* place) const noexcept;

  static void* operator new(std::size_t size);
  static void operator delete(void* frame, std::size_t size) noexcept;

 protected:
  friend class FrameLink;
  friend class Finish;
  /// Called before the result is stored. Callbacks run later, when the body's locals are gone.
  void beginResult() noexcept;

  Chain* chain_;  // owned; null once the result has been given
  void* frame_ = nullptr;
  // Of whoever resumed the coroutine. Null in the call that started it.
  Resumption* resumption_ = nullptr;
  // What the last co_await threw, until the next one waits. An exception does not know its place.
  Failure raised_;
};

/// The end of a coroutine. The frame is destroyed, then the result is passed on. If somebody
/// resumed the coroutine, that one passes it on: coroutines that wait for one another finish one
/// after the other and not inside one another.
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

/// The link at the end of the awaited chain, which holds a suspended coroutine. With a result it
/// resumes the coroutine; when the chain dies without one it destroys the coroutine.
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
  // These two and the Link itself have no initialisers and are set only when the result is not
  // ready. With initialisers, g++ would write them for results that are ready, too.
  Chain** holder_;  // the pointer in the awaited handle, if that is a temporary or in the frame
  void* frame_;

 private:
  /// Throws UsageError where the wait could never end because `chain_` waits for this coroutine.
  void requireEnd(Site site) const;
  void cancelBeforeWait();
  static Chain* run(Link* link, Chain* chain);
};

}  // namespace teasel::detail
