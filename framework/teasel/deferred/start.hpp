#pragma once

#include <concepts>
#include <functional>
#include <type_traits>
#include <utility>

#include <teasel/core/pass_through.hpp>
#include <teasel/deferred/deferred.hpp>

/// Functions that make a Deferred with its result, or turn a call into a Deferred.
namespace teasel {

/// A Deferred that has fired with `value`.
template <class V>
Deferred<std::decay_t<V>> succeed(V&& value, Site site = Site::here()) {
  Deferred<std::decay_t<V>> made(site);
  detail::Chain& chain = *detail::Access::chain(made);
  chain.markFired(site);
  chain.template put<std::decay_t<V>>(std::forward<V>(value));
  return made;
}
inline Deferred<void> succeed(Site site = Site::here()) {
  Deferred<void> made(site);
  detail::Access::chain(made)->markFired(site);
  detail::Access::chain(made)->put<void>(detail::Unit{});
  return made;
}

/// A Deferred that has failed.
template <class T>
Deferred<T> fail(Failure failure, Site site = Site::here()) {
  Deferred<T> made(site);
  made.errback(std::move(failure), site);
  return made;
}
template <class T, class E>
  requires std::derived_from<std::remove_cvref_t<E>, std::exception>
Deferred<T> fail(E&& error, Site site = Site::here()) {
  return fail<T>(Failure(std::forward<E>(error), site), site);
}

namespace detail {
template <class R>
struct MadeBy {
  using Type = Behind<void, GivenBy<R>>;
};
template <class F, class... Args>
using DeferredBy = Deferred<typename MadeBy<std::invoke_result_t<F, Args...>>::Type>;
}  // namespace detail

/// Calls `function` now and turns what it gives into a Deferred. A Deferred stays as it is. A
/// Result or Failure is opened. Any other value becomes a success, an exception a failure. Verdicts
/// of test frameworks (addPassThrough) fly on.
template <class F, class... Args>
  requires std::invocable<F, Args...>
detail::DeferredBy<F, Args...> maybeDeferred(F&& function, Args&&... args) {
  using Made = detail::DeferredBy<F, Args...>;
  if constexpr (detail::kIsDeferred<std::remove_cvref_t<std::invoke_result_t<F, Args...>>>) {
    try {
      return std::invoke(std::forward<F>(function), std::forward<Args>(args)...);
    } catch (...) {
      if (detail::mustPassThrough()) throw;
      return fail<typename Made::Value>(Failure::current(Site{}), Site{});
    }
  } else {
    Made made{Site{}};
    detail::Chain& chain = *detail::Access::chain(made);
    chain.markFired(Site{});
    try {
      detail::settleWith(chain,
                         [&]() -> decltype(auto) { return std::invoke(std::forward<F>(function), std::forward<Args>(args)...); });
    } catch (...) {
      if (detail::mustPassThrough()) throw;
      chain.putFailure(Failure::current(Site{}));
    }
    return made;
  }
}

/// maybeDeferred for functions that give a value. Twisted has both names.
template <class F, class... Args>
  requires(std::invocable<F, Args...> && !detail::kIsDeferred<std::remove_cvref_t<std::invoke_result_t<F, Args...>>>)
auto execute(F&& function, Args&&... args) {
  return maybeDeferred(std::forward<F>(function), std::forward<Args>(args)...);
}

}  // namespace teasel
