#pragma once

#include <ostream>
#include <stdexcept>

#include <teasel/core/clock.hpp>
#include <teasel/deferred/coroutine.hpp>
#include <teasel/deferred/start.hpp>

namespace teasel::examples {

/// A coroutine where Twisted has inlineCallbacks: it awaits a result that is there, one that comes
/// after `wait`, and a failure after as much again, which it catches.
// NOLINTNEXTLINE(cppcoreguidelines-avoid-reference-coroutine-parameters): both outlive it
inline Deferred<int> myCallbacks(Clock& clock, std::ostream& out, Duration wait) {
  out << "first callback\n";
  int result = co_await succeed(1);  // a result that is there comes right back

  out << "second callback got " << result << '\n';
  Deferred<int> later;
  clock.callLater(wait, [later] { later.callback(2); });
  result = co_await std::move(later);  // one that is not lets others run until it is

  out << "third callback got " << result << '\n';
  Deferred<int> failing;
  clock.callLater(wait, [failing] { failing.errback(std::runtime_error("3")); });
  try {
    result = co_await std::move(failing);
  } catch (const std::runtime_error& error) {
    out << "fourth callback got runtime_error(" << error.what() << ")\n";
  }
  co_return result;
}

}  // namespace teasel::examples
