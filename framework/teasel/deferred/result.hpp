#pragma once

#include <optional>
#include <type_traits>
#include <utility>
#include <variant>

#include <teasel/core/failure.hpp>

namespace teasel {

/// A value or a Failure. addBoth hands one to its callback, and joins collect them. A callback that
/// wants to fail without throwing may return one.
template <class T>
class Result {
 public:
  using Value = T;
  Result(T value) : held_(std::in_place_index<0>, std::move(value)) {}
  Result(Failure failure) noexcept : held_(std::in_place_index<1>, std::move(failure)) {}

  bool ok() const noexcept { return held_.index() == 0; }
  explicit operator bool() const noexcept { return ok(); }
  /// The value. When there is none, throws the Failure's error.
  T& value() & { return require(), *std::get_if<0>(&held_); }
  const T& value() const& { return require(), *std::get_if<0>(&held_); }
  T&& value() && { return require(), std::move(*std::get_if<0>(&held_)); }
  T& operator*() & { return value(); }
  const T& operator*() const& { return value(); }
  T&& operator*() && { return std::move(*this).value(); }
  T* operator->() { return &value(); }
  const T* operator->() const { return &value(); }
  /// The Failure, or an empty one when there is a value.
  Failure failure() const noexcept {
    const Failure* failure = std::get_if<1>(&held_);
    return failure == nullptr ? Failure() : *failure;
  }

 private:
  void require() const {
    if (!ok()) std::get_if<1>(&held_)->raise();
  }
  std::variant<T, Failure> held_;
};

/// Success without a value, or a Failure.
template <>
class Result<void> {
 public:
  using Value = void;
  Result() noexcept = default;
  Result(Failure failure) noexcept : failure_(std::move(failure)) {}
  bool ok() const noexcept { return !failure_; }
  explicit operator bool() const noexcept { return ok(); }
  void value() const {
    if (failure_) failure_.raise();
  }
  Failure failure() const noexcept { return failure_; }

 private:
  Failure failure_;
};

}  // namespace teasel
