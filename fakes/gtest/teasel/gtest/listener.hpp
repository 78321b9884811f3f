#pragma once

#include <typeinfo>
#include <vector>

#include <gtest/gtest.h>

#include <teasel/core/failure.hpp>

namespace teasel::gtest {

/// Makes every test of this program answer for what it leaves behind. A test that has not failed
/// already fails in three cases: a World or StringTransport that it destroyed had timers pending, a
/// Script that it destroyed had rows that were not played or bytes that no row expects, or an error
/// was logged that the test did not flush (flushLoggedErrors, or a LogCapture of its own).
/// A Deferred that dies with a Failure that nobody handled logs such an error. Log events below
/// kWarn are not printed.
///
/// A test that ends the program (exit, quick_exit, _exit, from any thread) fails the program with a
/// message that names the test. This holds in every program that links Teasel::fakes_gtest, with
/// or without a call of this function.
///
/// It also lets the exceptions of GoogleTest pass through the guards that catch exceptions of user
/// code. Call it once, before RUN_ALL_TESTS; Teasel::gtest_main does.
void installListener();

namespace detail {
std::vector<Failure> takeLoggedErrors(bool (*wanted)(const Failure&));
testing::TestEventListener* installedListener() noexcept;
}  // namespace detail

/// Removes and returns the errors that were logged in the running test: those of one of the types,
/// or all of them when no type is given.
///
///     EXPECT_EQ(flushLoggedErrors<ConnectionLost>().size(), 1u);
template <class... Es>
std::vector<Failure> flushLoggedErrors() {
  return detail::takeLoggedErrors(
      [](const Failure& failure) { return sizeof...(Es) == 0 || (... || (failure.check<Es>() != nullptr)); });
}

}  // namespace teasel::gtest
