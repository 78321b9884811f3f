#pragma once

#include <array>
#include <coroutine>
#include <cstddef>
#include <initializer_list>
#include <optional>
#include <span>
#include <string_view>
#include <tuple>
#include <type_traits>
#include <utility>
#include <variant>
#include <vector>

#include <teasel/core/byte_view.hpp>
#include <teasel/deferred/deferred.hpp>
#include <teasel/deferred/detail/coroutine_frame.hpp>

/// Coroutines (Twisted: inlineCallbacks). A function that returns a Deferred<T> may co_await
/// Deferreds:
///
///     Deferred<Page> fetch(std::string name) {
///       const Address where = co_await lookup(name);
///       auto connection = co_await connect(where);
///       co_return co_await connection->get("/");
///     }
///
/// The body starts at once and runs to its first wait for a result that is not there. A result that
/// is there costs no suspension. A Failure is thrown at the co_await. An exception that leaves the
/// body is the Failure of the returned Deferred.
///
/// Cancelling the returned Deferred cancels the Deferred that is awaited. The CancelledError, or
/// what a canceller gave or threw, then arrives at the co_await, where the body may catch it. A
/// request that comes while the body runs reaches its next wait as soon as that has begun.
///
/// The awaited Deferred owns the frame. Dropping the returned Deferred changes nothing: the body
/// goes on. When the awaited Deferred dies unfired, the frame is destroyed at once, with its
/// locals, and the returned Deferred stays unfired. To make this work, the awaited handle holds no
/// reference while the coroutine waits, if that handle is a temporary or lies in the frame itself.
/// A second handle of the same Deferred in the frame, or one in a container there, closes a circle
/// of references and leaks.
///
/// The frame keeps the parameters. Parameters that only borrow are therefore refused by the
/// compiler: ByteView, std::string_view, std::span, std::initializer_list, containers of them, and
/// rvalue references. Take std::string, and take by value. Only a Deferred can be awaited. A lambda
/// with captures must outlive its coroutine. docs/coroutines.md says more. It also lists what
/// g++-12 gets wrong in co_await expressions; nothing here needs those constructs.
namespace teasel {

namespace detail {

/// Whether an object of type P points to memory that somebody else owns.
template <class P>
inline constexpr bool kBorrows = false;
template <>
inline constexpr bool kBorrows<ByteView> = true;
template <class C, class Traits>
inline constexpr bool kBorrows<std::basic_string_view<C, Traits>> = true;
template <class E, std::size_t kExtent>
inline constexpr bool kBorrows<std::span<E, kExtent>> = true;
template <class E>
inline constexpr bool kBorrows<std::initializer_list<E>> = true;
template <class T>
inline constexpr bool kBorrows<std::optional<T>> = kBorrows<T>;
template <class T, std::size_t kSize>
inline constexpr bool kBorrows<std::array<T, kSize>> = kBorrows<T>;
template <class T, class A>
inline constexpr bool kBorrows<std::vector<T, A>> = kBorrows<T>;
template <class... Ts>
inline constexpr bool kBorrows<std::tuple<Ts...>> = (... || kBorrows<Ts>);
template <class A, class B>
inline constexpr bool kBorrows<std::pair<A, B>> = kBorrows<A> || kBorrows<B>;
template <class... Ts>
inline constexpr bool kBorrows<std::variant<Ts...>> = (... || kBorrows<Ts>);
/// Whether a coroutine would keep a P longer than the caller keeps what the P points to.
template <class P>
inline constexpr bool kOutlivedAsParameter = std::is_rvalue_reference_v<P> || kBorrows<std::remove_cvref_t<P>>;

template <class U>
void takesDeferred(const Deferred<U>& handle);
template <class Other>
concept IsADeferred = requires(const std::remove_cvref_t<Other>& other) { takesDeferred(other); };

/// One co_await of a Deferred<U>. It lies in the frame and is the last link of the awaited chain.
template <class U>
class Await final : private FrameLink {
 public:
  // Every type here has a constructor: g++-12 destroys aggregates in co_await expressions twice.
  Await(PromiseBase& promise, Deferred<U>&& handle, Site site)
      : FrameLink(promise, Access::open(handle, "co_await", site), site), own_(std::move(handle)) {
    if (!ready_) [[unlikely]]
      holder_ = &Access::slot(own_);
  }
  Await(PromiseBase& promise, const Deferred<U>& handle, Site site)
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
  /// `co_return Failure(...)` fails without throwing.
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
  // The constructor is needed: the compiler would initialise an aggregate promise from the
  // coroutine's parameters.
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
  Await<U> await_transform(const Deferred<U>& handle, Site site = Site::here()) {
    return Await<U>(*this, handle, site);
  }
  /// Other things cannot be awaited: whoever resumes the coroutine must know how to pass its result
  /// on.
  template <class Other>
    requires(!IsADeferred<Other>)
  Await<T> await_transform(Other&&) {
    static_assert(kAlwaysFalse<Other>, "only a Deferred can be awaited");
    throw UsageError("");
  }
};

// g++-12 destroys aggregates in a co_await expression twice, so none of these may become one.
static_assert(!std::is_aggregate_v<Await<int>> && !std::is_aggregate_v<Await<void>> && !std::is_aggregate_v<Finish>);
static_assert(!std::is_aggregate_v<Promise<int>> && !std::is_aggregate_v<Deferred<int>> && !std::is_aggregate_v<Result<int>>);
static_assert(!std::is_aggregate_v<Failure>);

}  // namespace detail
}  // namespace teasel

template <class T, class... Parameters>
struct std::coroutine_traits<teasel::Deferred<T>, Parameters...> {
  static_assert((... && !teasel::detail::kOutlivedAsParameter<Parameters>),
                "a coroutine keeps its parameters longer than the call: take them by value, std::string instead of a view");
  using promise_type = teasel::detail::Promise<T>;
};
