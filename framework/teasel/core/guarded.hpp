#pragma once

#include <teasel/core/failure.hpp>
#include <teasel/core/observer.hpp>
#include <teasel/core/pass_through.hpp>

namespace teasel {

/// Runs user code. The library makes every callback through this function or through a Deferred.
/// Returns true when `userCode` has returned. When it throws, sets `failure`, tells the Observer
/// under the callback's name `where`, and returns false. Verdicts of test frameworks
/// (addPassThrough) fly on.
template <class F>
bool guarded(const char* where, Failure& failure, F&& userCode) {
  try {
    userCode();
    return true;
  } catch (...) {
    if (detail::mustPassThrough()) throw;
    failure = Failure::current(Site{});
    if (Observer* observer = Observer::current()) observer->userException(where, failure);
    return false;
  }
}

}  // namespace teasel
