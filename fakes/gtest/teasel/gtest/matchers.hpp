#pragma once

#include <string>

#include <gmock/gmock.h>

#include <teasel/core/failure.hpp>
#include <teasel/deferred/deferred.hpp>

namespace teasel::gtest {

namespace detail {

template <class E>
class FailureOf {
 public:
  using is_gtest_matcher = void;
  explicit FailureOf(std::string part) : part_(std::move(part)) {}
  bool MatchAndExplain(const Failure& failure, std::ostream* out) const {
    if (out != nullptr) *out << (failure ? failure.text() : std::string("no failure"));
    return matches(failure);
  }
  bool MatchAndExplain(const Failure* failure, std::ostream* out) const {
    return MatchAndExplain(failure == nullptr ? Failure() : *failure, out);
  }
  template <class T>
  bool MatchAndExplain(const Deferred<T>& deferred, std::ostream* out) const {
    if (out != nullptr) *out << deferred.text();
    if (deferred.failure() == nullptr || !matches(*deferred.failure())) return false;
    teasel::detail::Access::chain(deferred)->setQuiet();
    return true;
  }
  void DescribeTo(std::ostream* out) const {
    *out << "is a Failure of type " << teasel::detail::typeName(typeid(E));
    if (!part_.empty()) *out << " that says \"" << part_ << '"';
  }
  void DescribeNegationTo(std::ostream* out) const {
    *out << "is no such Failure: ";
    DescribeTo(out);
  }

 private:
  bool matches(const Failure& failure) const {
    return failure.check<E>() != nullptr && std::string_view(failure.what()).find(part_) != std::string_view::npos;
  }
  std::string part_;
};

}  // namespace detail

/// Matches a Failure, a pointer to one (StringTransport::lost), or a Deferred that has failed, if
/// the failure is of type E and has `part` in its text. The failure of a Deferred that matches
/// stays where it is and counts as handled.
///
///     EXPECT_THAT(wire.lost(), FailedWith<ConnectionDone>());
///     EXPECT_THAT(lookup, FailedWith<DNSLookupError>("no such name"));
template <class E>
detail::FailureOf<E> FailedWith(std::string part = {}) {
  return detail::FailureOf<E>(std::move(part));
}

/// Matches a Deferred whose result is a value.
MATCHER(HasSucceeded, "has succeeded") {
  *result_listener << arg.text();
  return arg.hasResult() && arg.failure() == nullptr;
}
/// Matches a Deferred whose result is a value that matches. The value stays where it is.
///
///     EXPECT_THAT(answer, SucceededWith(Gt(41)));
MATCHER_P(SucceededWith, value,
          std::string(negation ? "has not" : "has") + " succeeded with a value that " +
              testing::DescribeMatcher<typename std::decay_t<arg_type>::Value>(value)) {
  *result_listener << arg.text();
  if (arg.value() == nullptr) return false;
  *result_listener << ", value " << testing::PrintToString(*arg.value());
  return testing::ExplainMatchResult(value, *arg.value(), result_listener);
}
/// Matches a Deferred that has no result yet.
MATCHER(HasNoResult, "has no result") {
  *result_listener << arg.text();
  return !arg.hasResult();
}

}  // namespace teasel::gtest
