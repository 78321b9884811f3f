#pragma once

#include <sstream>
#include <string>
#include <type_traits>

#include <teasel/core/site.hpp>

/// Aborts the program when `expression` is false, after printing it and the values of both sides.
/// On in every build. It is for broken promises of our own code; what a peer or a caller can do
/// wrong gets a typed error instead.
///
///     TEASEL_CHECK(taken <= queued);
///     check failed at connection.cpp:80: taken <= queued (with 9 <= 4)
#define TEASEL_CHECK(expression)                                                                                       \
  do {                                                                                                                 \
    _Pragma("GCC diagnostic push") _Pragma("GCC diagnostic ignored \"-Wparentheses\"") if (!(expression))              \
        [[unlikely]] ::teasel::detail::checkFailed(#expression, (::teasel::detail::Decomposer{} <= expression).text(), \
                                                   ::teasel::Site::here());                                            \
    _Pragma("GCC diagnostic pop")                                                                                      \
  } while (false)

namespace teasel::detail {

[[noreturn]] void checkFailed(const char* expression, const std::string& values, Site site) noexcept;

template <class T>
std::string shown(const T& value) {
  if constexpr (std::is_enum_v<T>) return std::to_string(static_cast<long long>(value));
  else if constexpr (requires(std::ostream& out) { out << value; }) {
    std::ostringstream out;
    out << std::boolalpha << value;
    return out.str();
  } else return "?";
}

/// Takes `a == b` apart into the values of its sides: the compiler reads `Decomposer{} <= a == b`
/// as `(Decomposer{} <= a) == b`.
struct Decomposer {
  struct Whole {
    std::string value;
    std::string text() const { return value; }
  };
  template <class L>
  struct Left {
    const L& left;
    template <class R>
    Whole operator==(const R& right) const {
      return {shown(left) + " == " + shown(right)};
    }
    template <class R>
    Whole operator!=(const R& right) const {
      return {shown(left) + " != " + shown(right)};
    }
    template <class R>
    Whole operator<(const R& right) const {
      return {shown(left) + " < " + shown(right)};
    }
    template <class R>
    Whole operator>(const R& right) const {
      return {shown(left) + " > " + shown(right)};
    }
    template <class R>
    Whole operator<=(const R& right) const {
      return {shown(left) + " <= " + shown(right)};
    }
    template <class R>
    Whole operator>=(const R& right) const {
      return {shown(left) + " >= " + shown(right)};
    }
    template <class R>
    Whole operator&&(const R& right) const {
      return {shown(left) + " && " + shown(right)};
    }
    template <class R>
    Whole operator||(const R& right) const {
      return {shown(left) + " || " + shown(right)};
    }
    std::string text() const { return shown(left); }
  };
  template <class L>
  Left<L> operator<=(const L& left) const {
    return {left};
  }
};

}  // namespace teasel::detail
