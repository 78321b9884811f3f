#pragma once

#include <teasel/core/failure.hpp>
#include <teasel/core/observer.hpp>
#include <teasel/core/pass_through.hpp>

namespace teasel {

/// Runs user code: every callback that the library makes goes through here or through a Deferred.
/// Returns true when it returned. Returns false when it threw; then `failure` is set, and the
/// Observer is told under the name `where`, which is the callback's. Verdicts of test frameworks
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
