#pragma once

#include <stdexcept>
#include <string>

#include <gtest/gtest.h>

#include <teasel/core/failure.hpp>
#include <teasel/deferred/deferred.hpp>

namespace teasel::gtest {

/// The functions below throw it when a Deferred is not as they want it. GoogleTest reports it as
/// the failure of the test, and it passes through every guard on the way.
class ResultError : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

namespace detail {
[[noreturn]] inline void refuse(const std::string& what, const std::string& chain, Site site) {
  throw ResultError("at " + site.text() + ": " + what + "; the Deferred: " + chain);
}
/// " of type A or B", or nothing for no types.
template <class... Es>
std::string ofTypes() {
  std::string out;
  ((out += (out.empty() ? " of type " : " or ") + teasel::detail::typeName(typeid(Es))), ...);
  return out;
}
}  // namespace detail

/// Takes the value out of a Deferred that has succeeded. Any other Deferred fails the test at once.
template <class T>
T successResultOf(const Deferred<T>& deferred, Site site = Site::here()) {
  if (!deferred.hasResult() || deferred.failure() != nullptr)
    detail::refuse("successResultOf wants a success", deferred.text(), site);
  if constexpr (std::is_void_v<T>) deferred.take(site).value();
  else return std::move(deferred.take(site)).value();
}

/// Takes the Failure out of a Deferred that has failed - with one of Es, if any are named - which
/// counts as handling it. Any other Deferred fails the test at once.
///
///     EXPECT_STREQ(failureResultOf<ConnectionLost>(reply).what(), "gone");
template <class... Es, class T>
Failure failureResultOf(const Deferred<T>& deferred, Site site = Site::here()) {
  const Failure* failure = deferred.failure();
  if (failure == nullptr || !(sizeof...(Es) == 0 || (... || (failure->check<Es>() != nullptr)))) [[unlikely]]
    detail::refuse("failureResultOf wants a failure" + detail::ofTypes<Es...>(), deferred.text(), site);
  return deferred.take(site).failure();
}

/// Fails the test at once if the Deferred has a result. It takes nothing: the Deferred keeps what
/// it has or gets.
template <class T>
void assertNoResult(const Deferred<T>& deferred, Site site = Site::here()) {
  if (deferred.hasResult()) detail::refuse("assertNoResult wants none", deferred.text(), site);
}

}  // namespace teasel::gtest
