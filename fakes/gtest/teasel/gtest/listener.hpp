#pragma once

#include <typeinfo>
#include <vector>

#include <gtest/gtest.h>

#include <teasel/core/failure.hpp>

namespace teasel::gtest {

/// Makes every test of this program answer for what it leaves behind. A test that has not failed already fails when a
/// World or StringTransport that it destroyed had timers pending, when a Deferred died in it with a Failure that nobody
/// handled, and when an error was logged that the test did not flush (flushLoggedErrors, or a LogCapture of its own).
/// Log events below kWarn are not printed. Also lets GoogleTest's own exceptions pass through the guards that catch
/// exceptions of user code. Call it once, before RUN_ALL_TESTS; Teasel::gtest_main does.
void installListener();

namespace detail {
std::vector<Failure> takeLoggedErrors(bool (*wanted)(const Failure&));
testing::TestEventListener* installedListener() noexcept;
}  // namespace detail

/// Removes and returns the errors of type E (every error for std::exception) that were logged in the running test.
template <class E = std::exception>
std::vector<Failure> flushLoggedErrors() {
  return detail::takeLoggedErrors([](const Failure& failure) { return failure.check<E>() != nullptr; });
}

}  // namespace teasel::gtest
