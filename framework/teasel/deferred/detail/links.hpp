#pragma once

#include <concepts>
#include <functional>
#include <string>
#include <string_view>
#include <type_traits>
#include <typeinfo>
#include <utility>

#include <teasel/core/clock.hpp>
#include <teasel/deferred/detail/chain.hpp>
#include <teasel/deferred/errors.hpp>
#include <teasel/deferred/result.hpp>

namespace teasel {
template <class T>
class Deferred;
}

/// The typed half of Deferred: how the arguments and the return value of a callback are understood,
/// and the nodes that keep callbacks.
namespace teasel::detail {

template <class T>
inline constexpr bool kIsDeferred = false;
template <class T>
inline constexpr bool kIsDeferred<Deferred<T>> = true;
template <class T>
inline constexpr bool kIsResult = false;
template <class T>
inline constexpr bool kIsResult<Result<T>> = true;

/// Always false, but only when the template is used: for static_assert in templates that stand for
/// a mistake.
template <class>
inline constexpr bool kAlwaysFalse = false;

/// The library's own way into a handle.
struct Access {
  template <class T>
  static Chain* chain(const Deferred<T>& handle) noexcept {
    return handle.chain_;
  }
  template <class T>
  static std::uint32_t epoch(const Deferred<T>& handle) noexcept {
    return handle.epoch_;
  }
  /// The chain of a handle, for adding something. Throws when adding is refused.
  template <class T>
  static Chain& open(const Deferred<T>& handle, const char* what, Site site) {
    return handle.open(what, site);
  }
  /// The pointer inside a handle. It counts as one reference.
  template <class T>
  static Chain*& slot(const Deferred<T>& handle) noexcept {
    return handle.chain_;
  }
  /// A handle at the end of `chain`.
  template <class T>
  static Deferred<T> handle(Chain& chain) noexcept {
    chain.retain();
    return Deferred<T>(&chain, chain.epoch());
  }
};

/// The type of a callback that never gives a value, because it returns a Failure.
struct OnlyFails {};

/// The type that arrives in the chain when a callback returns R.
template <class R>
struct Given {
  using Type = std::remove_cv_t<R>;
};
template <class T>
struct Given<Deferred<T>> {
  using Type = T;
};
template <class T>
struct Given<Result<T>> {
  using Type = T;
};
template <>
struct Given<Failure> {
  using Type = OnlyFails;
};
template <class R>
using GivenBy = typename Given<std::remove_cvref_t<R>>::Type;

/// The type of a chain of T behind a callback that gives G.
template <class T, class G>
using Behind = std::conditional_t<std::is_same_v<G, OnlyFails>, T, G>;

/// How a callback takes a value of type T: 1 as T&&, 2 as T&, 3 without an argument, 0 not at all.
template <class F, class T>
consteval int howItTakes() {
  if constexpr (std::is_void_v<T>) return std::is_invocable_v<F&> ? 3 : 0;
  else if constexpr (std::is_invocable_v<F&, T&&>) return 1;
  else if constexpr (std::is_invocable_v<F&, T&>) return 2;
  else return std::is_invocable_v<F&> ? 3 : 0;
}
template <class F, class T>
concept TakesValue = howItTakes<F, T>() != 0;
template <class F>
concept TakesFailure = std::is_invocable_v<F&, Failure&&> || std::is_invocable_v<F&>;
template <class F, class T>
concept TakesResult = std::is_invocable_v<F&, Result<T>&&>;
/// Whether F can be the function of a tap that looks at a T.
template <class F, class T>
concept LooksAt = std::is_invocable_v<F&, std::add_lvalue_reference_t<const T>> || std::is_invocable_v<F&>;
/// Whether a V can be the result of a Deferred<T>, or is a Failure.
template <class V, class T>
concept GivesResult = std::is_same_v<V, Failure> || (!kIsDeferred<V> && !std::is_void_v<T> && std::is_convertible_v<V, T>);

template <class T, class F>
decltype(auto) callWithValue(F& function, Stored<T>& value) {
  if constexpr (howItTakes<F, T>() == 1) return std::invoke(function, std::move(value));
  else if constexpr (howItTakes<F, T>() == 2) return std::invoke(function, value);
  else return std::invoke(function);
}
template <class F>
decltype(auto) callWithFailure(F& function, Failure& failure) {
  if constexpr (std::is_invocable_v<F&, Failure&&>) return std::invoke(function, std::move(failure));
  else return std::invoke(function);
}
template <class F, class T>
using ValueGives = GivenBy<decltype(callWithValue<T>(std::declval<F&>(), std::declval<Stored<T>&>()))>;
template <class F>
using FailureGives = GivenBy<decltype(callWithFailure(std::declval<F&>(), std::declval<Failure&>()))>;
template <class F, class T>
using ResultGives = GivenBy<std::invoke_result_t<F&, Result<T>&&>>;
/// Whether F may be an errback of a Deferred<T>.
template <class F, class T>
concept HandlesFailure = TakesFailure<F> && (std::is_void_v<FailureGives<F>> || std::is_same_v<Behind<T, FailureGives<F>>, T>);

/// Whether F can be an errback for errors of type E. It takes the error, or else the Failure, or
/// nothing.
template <class F, class E>
concept TakesError = std::is_invocable_v<F&, const E&> || TakesFailure<F>;
template <class E, class F>
decltype(auto) callWithError(F& function, const E& error, Failure& failure) {
  if constexpr (std::is_invocable_v<F&, const E&>) return std::invoke(function, error);
  else return callWithFailure(function, failure);
}
template <class F, class E>
using ErrorGives = decltype(callWithError<E>(std::declval<F&>(), std::declval<const E&>(), std::declval<Failure&>()));

/// An errback for failures of the types E and More. Other failures pass unchanged.
template <class F, class E, class... More>
class Trap {
  using Returns = ErrorGives<F, E>;
  static_assert((... && std::is_same_v<Returns, ErrorGives<F, More>>), "addErrback<E...>: the errback must give one type");
  using Gives = std::remove_cvref_t<Returns>;
  /// A Failure stays a Failure and a Deferred a Deferred. Anything else becomes a Result.
  template <class R>
  struct Answered {
    using Type = Result<GivenBy<R>>;
  };
  template <class U>
  struct Answered<Deferred<U>> {
    using Type = Deferred<U>;
  };
  using Answer = std::conditional_t<std::is_same_v<Gives, Failure>, Failure, typename Answered<Gives>::Type>;

 public:
  explicit Trap(F onError) : onError_(std::move(onError)) {}
  Answer operator()(Failure failure) { return handle<E, More...>(failure); }

 private:
  template <class First, class... Rest>
  Answer handle(Failure& failure) {
    if (const First* error = failure.template check<First>()) {
      if constexpr (!std::is_void_v<Returns>) return Answer(callWithError<First>(onError_, *error, failure));
      else return callWithError<First>(onError_, *error, failure), Answer();
    }
    if constexpr (sizeof...(Rest) != 0) return handle<Rest...>(failure);
    else if constexpr (!kIsDeferred<Answer>) return Answer(std::move(failure));
    else return failed<Answer>(std::move(failure));
  }
  template <class Failed>
  static Failed failed(Failure&& failure) {
    Failed others{Site{}};
    others.errback(std::move(failure), Site{});
    return others;
  }
  [[no_unique_address]] F onError_;
};

/// Gives the chain what a callback returned.
template <class R>
void settle(Chain& chain, R&& outcome) {
  using Plain = std::remove_cvref_t<R>;
  if constexpr (kIsDeferred<Plain>) {
    chain.follow(Access::chain(outcome), Access::epoch(outcome));
  } else if constexpr (std::is_same_v<Plain, Failure>) {
    chain.putGiven(std::forward<R>(outcome));
  } else if constexpr (kIsResult<Plain>) {
    if (!outcome.ok()) chain.putGiven(outcome.failure());
    else if constexpr (std::is_void_v<typename Plain::Value>) chain.put<void>(Unit{});
    else chain.put<typename Plain::Value>(std::forward<R>(outcome).value());
  } else {
    chain.put<Plain>(std::forward<R>(outcome));
  }
}
/// Runs `call` and gives the chain what it returns, which may be nothing.
template <class Call>
void settleWith(Chain& chain, Call&& call) {
  if constexpr (std::is_void_v<decltype(call())>) {
    call();
    chain.put<void>(Unit{});
  } else {
    settle(chain, call());
  }
}

/// A value as text for people. Numbers and text are shown; of other values, the type is.
std::string shownNumber(long long value);
std::string shownNumber(unsigned long long value);
std::string shownText(std::string_view value);
std::string shownType(const std::type_info& type);
template <class T>
std::string shownValue(const Stored<T>& value) {
  if constexpr (std::is_void_v<T>) return "success";
  else if constexpr (std::is_same_v<T, bool>) return value ? "true" : "false";
  else if constexpr (std::unsigned_integral<T>) return shownNumber(static_cast<unsigned long long>(value));
  else if constexpr (std::integral<T>) return shownNumber(static_cast<long long>(value));
  else if constexpr (std::is_convertible_v<const T&, std::string_view> && !std::is_pointer_v<T>) return shownText(value);
  else return shownType(typeid(T));
}

/// The exception that is being handled. Throws UsageError when there is none.
Failure currentFailure(Site site);
Failure timedOut(Duration after, Site site);

/// The onTimeout that addTimeout uses by default: the CancelledError that the timeout has caused
/// becomes TimeoutError.
struct TimeoutFailure {
  template <class T>
  Result<T> operator()(Result<T>&& result, Duration after) const {
    if (!result.ok() && result.failure().template check<CancelledError>() != nullptr) return timedOut(after, site);
    return std::move(result);
  }
  Site site;
};

/// Destroys a node when its run ends, in whatever way.
template <class Node>
struct Consumed {
  Node* node;
  ~Consumed() { poolDelete(node); }
};

/// Stands for "no callback for this kind of result". The result passes by.
struct PassBy {};

/// Drops a value.
struct Forget {
  void operator()() const noexcept {}
};

/// The node of addCallback, addErrback and addCallbacks: F is for values, G for failures.
template <class T, class F, class G>
struct PairLink final : Link {
  static constexpr std::uint8_t kHandles =
      (std::is_same_v<F, PassBy> ? 0 : kOnValue) | (std::is_same_v<G, PassBy> ? 0 : kOnFailure);
  template <class A, class B>
  PairLink(A&& f, B&& g) : Link{&run, nullptr, kHandles}, onValue(std::forward<A>(f)), onFailure(std::forward<B>(g)) {}

  static Chain* run(Link* link, Chain* chain) {
    Consumed<PairLink> self{static_cast<PairLink*>(link)};
    if (chain == nullptr) return nullptr;
    if (chain->state() == ChainState::kValue) {
      if constexpr (!std::is_same_v<F, PassBy>) {
        Stored<T> value(chain->takeValue<T>());
        settleWith(*chain, [&]() -> decltype(auto) { return callWithValue<T>(self.node->onValue, value); });
      }
    } else if constexpr (!std::is_same_v<G, PassBy>) {
      Failure failure = chain->takeFailure();
      settleWith(*chain, [&]() -> decltype(auto) { return callWithFailure(self.node->onFailure, failure); });
    }
    return nullptr;
  }
  [[no_unique_address]] F onValue;
  [[no_unique_address]] G onFailure;
};

/// The node of addBoth.
template <class T, class F>
struct BothLink final : Link {
  explicit BothLink(F f) : Link{&run, nullptr, kOnBoth}, onResult(std::move(f)) {}
  static Chain* run(Link* link, Chain* chain) {
    Consumed<BothLink> self{static_cast<BothLink*>(link)};
    if (chain != nullptr) {
      settleWith(*chain, [&]() -> decltype(auto) { return std::invoke(self.node->onResult, take(*chain)); });
    }
    return nullptr;
  }
  static Result<T> take(Chain& chain) {
    if (chain.state() == ChainState::kFailure) return chain.takeFailure();
    if constexpr (std::is_void_v<T>) return chain.clear(), Result<void>();
    else return chain.takeValue<T>();
  }
  [[no_unique_address]] F onResult;
};

/// The node of tap, tapErrback and tapBoth: it looks at the result and leaves it where it is.
template <class T, class F, std::uint8_t kHandles>
struct TapLink final : Link {
  explicit TapLink(F f) : Link{&run, nullptr, kHandles}, look(std::move(f)) {}
  static Chain* run(Link* link, Chain* chain) {
    Consumed<TapLink> self{static_cast<TapLink*>(link)};
    if (chain == nullptr) return nullptr;
    if constexpr (std::is_invocable_v<F&>) {
      std::invoke(self.node->look);
    } else if constexpr (kHandles == kOnFailure) {
      std::invoke(self.node->look, std::as_const(chain->failure()));
    } else {
      std::invoke(self.node->look, std::as_const(chain->value<T>()));
    }
    return nullptr;
  }
  [[no_unique_address]] F look;
};

/// The node of chainDeferred. It hands the result to another chain, which then runs next and not
/// inside this one, so that a million of them in a row do not recurse. This chain goes on without a
/// value.
template <class T>
struct ForwardLink final : Link {
  ForwardLink(Chain* target, Site at) : Link{&run, nullptr, kOnBoth}, to(target), site(at) { to->retain(); }
  ~ForwardLink() {
    if (to != nullptr) to->release();
  }
  static Chain* run(Link* link, Chain* chain) {
    Consumed<ForwardLink> self{static_cast<ForwardLink*>(link)};
    if (chain == nullptr) return nullptr;
    Chain* const to = self.node->to;
    if (!to->beginFire("chainDeferred", self.node->site)) {
      chain->put<void>(Unit{});
      return nullptr;
    }
    if (chain->state() == ChainState::kFailure) to->putFailure(chain->takeFailure());
    else to->put<T>(chain->takeValue<T>());
    chain->put<void>(Unit{});
    return std::exchange(self.node->to, nullptr);
  }
  Chain* to;
  Site site;
};

}  // namespace teasel::detail
