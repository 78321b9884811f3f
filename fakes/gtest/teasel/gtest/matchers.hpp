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
    return failure.check<E>() != nullptr && std::string_view(failure.what()).find(part_) != std::string_view::npos;
  }
  bool MatchAndExplain(const Failure* failure, std::ostream* out) const {
    return MatchAndExplain(failure == nullptr ? Failure() : *failure, out);
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
  std::string part_;
};

}  // namespace detail

/// A Failure, or a pointer to one (StringTransport::lost), of type E, whose text contains `part`.
///
///     EXPECT_THAT(wire.lost(), FailedWith<ConnectionDone>());
template <class E>
detail::FailureOf<E> FailedWith(std::string part = {}) {
  return detail::FailureOf<E>(std::move(part));
}

/// A Deferred that has a result, which is a value.
MATCHER(HasSucceeded, "has succeeded") {
  *result_listener << arg.text();
  return arg.hasResult() && arg.failure() == nullptr;
}
/// A Deferred that has no result (yet).
MATCHER(HasNoResult, "has no result") {
  *result_listener << arg.text();
  return !arg.hasResult();
}

}  // namespace teasel::gtest
