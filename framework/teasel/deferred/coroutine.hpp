#pragma once

#include <coroutine>
#include <cstddef>
#include <span>
#include <string_view>
#include <type_traits>
#include <utility>

#include <teasel/core/byte_view.hpp>
#include <teasel/deferred/deferred.hpp>
#include <teasel/deferred/detail/coroutine_frame.hpp>

/// Coroutines (Twisted: inlineCallbacks). Any function that returns a Deferred<T> may co_await Deferreds:
///
///     Deferred<Page> fetch(std::string name) {
///       const Address where = co_await lookup(name);
///       auto connection = co_await connect(where);
///       co_return co_await connection->get("/");
///     }
///
/// It starts at once and runs to its first wait for a result that is not there. A ready result costs no suspension. A
/// Failure is thrown at the co_await; what leaves the body is the Failure of the returned Deferred. Cancelling that one
/// cancels what is being awaited, so that the CancelledError (or what a canceller gave) surfaces at the co_await, where it
/// may be caught; while the body runs, the request reaches its next wait.
///
/// Who owns the frame: what it waits for. Dropping the returned Deferred changes nothing, the body goes on. When the
/// awaited Deferred dies unfired, the frame is destroyed there and then, with its locals, and the returned Deferred stays
/// unfired. For that, the handle being awaited does not count while the coroutine waits, if it is a temporary or lies in
/// the frame itself; a second handle of the same Deferred in the frame, or one in a container there, is a circle and leaks.
///
/// Parameters are kept by the frame, hence those that only borrow (ByteView, std::string_view, std::span) are refused when
/// compiling; take std::string. A lambda with captures must outlive its coroutine. README.md of this folder lists what
/// g++-12 gets wrong in co_await expressions; nothing here needs those constructs.
namespace teasel {

namespace detail {

template <class P>
inline constexpr bool kBorrows = false;
template <>
inline constexpr bool kBorrows<ByteView> = true;
template <class C, class Traits>
inline constexpr bool kBorrows<std::basic_string_view<C, Traits>> = true;
template <class E, std::size_t kExtent>
inline constexpr bool kBorrows<std::span<E, kExtent>> = true;

/// A co_await of a Deferred<U>: the last link of its chain, kept in the frame.
template <class U>
class Await final : private FrameLink {
 public:
  // An own constructor everywhere: g++-12 destroys aggregates in co_await expressions twice.
  Await(PromiseBase& promise, Deferred<U>&& handle, Site site)
      : FrameLink(promise, Access::open(handle, "co_await", site), site), own_(std::move(handle)) {
    if (!ready_) [[unlikely]]
      holder_ = &Access::slot(own_);
  }
  Await(PromiseBase& promise, Deferred<U>& handle, Site site)
      : FrameLink(promise, Access::open(handle, "co_await", site), site), own_(nullptr) {
    if (!ready_) [[unlikely]]
      holder_ = promise.inFrame(&handle) ? &Access::slot(handle) : nullptr;
  }
  Await(const Await&) = delete;
  Await& operator=(const Await&) = delete;

  bool await_ready() const noexcept { return ready_; }
  void await_suspend(std::coroutine_handle<> frame) { suspend(frame); }
  U await_resume() {
    if (chain_->state() == ChainState::kFailure) [[unlikely]]
      raiseFailure();
    if constexpr (std::is_void_v<U>) chain_->clear();
    else return chain_->template takeValue<U>();
  }

 private:
  Deferred<U> own_;
};

template <class T>
class PromiseOf : public PromiseBase {
 public:
  PromiseOf(Site made) : PromiseBase(made) {}
  template <class V = T>
    requires std::is_convertible_v<V&&, T>
  void return_value(V&& value) {
    beginResult();
    chain_->template put<T>(std::forward<V>(value));
  }
  /// co_return Failure(...): fails without throwing.
  void return_value(Failure failure) {
    beginResult();
    chain_->putGiven(std::move(failure));
  }
};
template <>
class PromiseOf<void> : public PromiseBase {
 public:
  PromiseOf(Site made) : PromiseBase(made) {}
  void return_void() {
    beginResult();
    chain_->put<void>(Unit{});
  }
};

template <class T>
class Promise final : public PromiseOf<T> {
 public:
  // User-declared: an aggregate promise would be initialised from the coroutine's parameters.
  Promise(Site made = Site::here()) : PromiseOf<T>(made) {
    this->frame_ = std::coroutine_handle<Promise>::from_promise(*this).address();
  }
  Deferred<T> get_return_object() { return Access::handle<T>(*this->chain_); }
  std::suspend_never initial_suspend() const noexcept { return {}; }
  Finish final_suspend() noexcept { return Finish(*this, std::coroutine_handle<Promise>::from_promise(*this)); }

  template <class U>
  Await<U> await_transform(Deferred<U>&& handle, Site site = Site::here()) {
    return Await<U>(*this, std::move(handle), site);
  }
  template <class U>
  Await<U> await_transform(Deferred<U>& handle, Site site = Site::here()) {
    return Await<U>(*this, handle, site);
  }
};

}  // namespace detail
}  // namespace teasel

template <class T, class... Parameters>
struct std::coroutine_traits<teasel::Deferred<T>, Parameters...> {
  static_assert((... && !teasel::detail::kBorrows<std::remove_cvref_t<Parameters>>),
                "a coroutine keeps its parameters longer than the call: take std::string instead of a borrowed view");
  using promise_type = teasel::detail::Promise<T>;
};
