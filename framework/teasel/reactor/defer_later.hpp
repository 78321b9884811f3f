#pragma once

#include <concepts>
#include <memory>
#include <type_traits>
#include <utility>

#include <teasel/core/clock.hpp>
#include <teasel/deferred/deferred.hpp>

namespace teasel {

/// Fires `after` from now. With it, coroutines and chains sleep.
///
///     co_await deferLater(reactor, 5s);
///
/// Cancelling it takes the timer back. A negative `after` throws NegativeDelay. The clock keeps the
/// Deferred: dropping the returned handle changes nothing. When the clock dies first, the Deferred
/// dies unfired.
[[nodiscard]] inline Deferred<void> deferLater(Clock& clock, Duration after, Site site = Site::here()) {
  auto timer = std::make_shared<DelayedCall>();
  Deferred<void> due([timer] { timer->cancelIfActive(); }, site);
  *timer = clock.callLater(after, [due, site] { due.callback(site); }, site);
  return due;
}

/// Calls function() `after` from now and fires with what it gives: a value, the result of a
/// Deferred, or an exception as a Failure. Cancelling before the call prevents the call; cancelling
/// later cancels the Deferred that function returned. The function is kept until there is a result,
/// so it may be a coroutine with captures.
template <class F>
  requires std::invocable<std::decay_t<F>&> && (!std::is_same_v<std::decay_t<F>, Site>)
[[nodiscard]] auto deferLater(Clock& clock, Duration after, F&& function, Site site = Site::here()) {
  using Made = detail::DeferredBy<std::decay_t<F>&>;
  Deferred<void> due = deferLater(clock, after, site);
  if constexpr (detail::kIsDeferred<std::remove_cvref_t<std::invoke_result_t<std::decay_t<F>&>>>) {
    const auto call = std::make_shared<std::decay_t<F>>(std::forward<F>(function));
    Made made = due.addCallback([call] { return (*call)(); }, site);
    made.tapBoth([call] {}, site);
    return made;
  } else {
    return Made(due.addCallback(std::forward<F>(function), site));
  }
}

}  // namespace teasel
