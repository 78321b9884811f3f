#pragma once

#include <ostream>
#include <stdexcept>

#include <teasel/core/clock.hpp>
#include <teasel/deferred/coroutine.hpp>
#include <teasel/deferred/start.hpp>

namespace teasel::examples {

/// A coroutine, where Twisted has inlineCallbacks. It awaits a result that is there already, then
/// one that comes after `wait`. After the same time again comes a failure, which it catches.
// NOLINTNEXTLINE(cppcoreguidelines-avoid-reference-coroutine-parameters): both outlive it
inline Deferred<int> myCallbacks(Clock& clock, std::ostream& out, Duration wait) {
  out << "first callback\n";
  int result = co_await succeed(1);  // the result is there: it goes on at once

  out << "second callback got " << result << '\n';
  Deferred<int> later;
  clock.callLater(wait, [later] { later.callback(2); });
  result = co_await std::move(later);  // it is not there: others run until it is

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
