#pragma once

#include <atomic>
#include <concepts>
#include <exception>
#include <string>
#include <string_view>
#include <type_traits>
#include <typeinfo>
#include <utility>

#include <teasel/core/detail/pool.hpp>
#include <teasel/core/site.hpp>

namespace teasel {

namespace detail {

/// The shared error object behind a Failure. It does not change after construction. It is freed
/// with its last Failure, unless it is immortal.
class ErrorBox : public Pooled {
 public:
  ErrorBox(const std::type_info& kind, Site site, bool immortal = false) noexcept
      : kind_(&kind), site_(site), immortal_(immortal) {}
  ErrorBox(const ErrorBox&) = delete;
  ErrorBox& operator=(const ErrorBox&) = delete;
  virtual ~ErrorBox() = default;

  virtual const std::exception* exception() const noexcept = 0;
  virtual const void* object() const noexcept = 0;
  [[noreturn]] virtual void raise() const = 0;
  const std::type_info& kind() const noexcept { return *kind_; }
  Site site() const noexcept { return site_; }
  void retain() noexcept {
    if (!immortal_) refs_.fetch_add(1, std::memory_order_relaxed);
  }
  void release() noexcept {
    if (immortal_) return;
    // The holder of the only reference need not count it down: nobody else could make another one.
    if (refs_.load(std::memory_order_acquire) == 1 || refs_.fetch_sub(1, std::memory_order_acq_rel) == 1) delete this;
  }

 private:
  const std::type_info* kind_;
  Site site_;
  std::atomic<unsigned> refs_{1};
  bool immortal_;
};

template <class E>
class TypedErrorBox final : public ErrorBox {
 public:
  template <class Given>
  TypedErrorBox(Given&& error, Site site, bool immortal = false)
      : ErrorBox(typeid(E), site, immortal), error_(std::forward<Given>(error)) {}
  const std::exception* exception() const noexcept override {
    if constexpr (std::derived_from<E, std::exception>) return &error_;
    else return nullptr;
  }
  const void* object() const noexcept override { return &error_; }
  [[noreturn]] void raise() const override { throw E(error_); }

 private:
  E error_;
};

}  // namespace detail

/// An error that travels as a value (twisted.python.failure.Failure). Copies share one error
/// object, which does not change; a copy costs one counter. Making a Failure from an error object,
/// copying it and inspecting it throw nothing. It may be passed between threads.
class Failure {
 public:
  /// No failure: converts to false and holds nothing. For an out-parameter that is still to be set.
  Failure() noexcept = default;
  /// Wraps an error object, whose class usually derives from std::exception. where() gives `site`
  /// back.
  template <class E>
    requires(!std::is_same_v<std::remove_cvref_t<E>, Failure> && !std::is_convertible_v<E, const detail::ErrorBox*> &&
             std::copy_constructible<std::remove_cvref_t<E>>)
  explicit Failure(E&& error, Site site = Site::here())
      : box_(new detail::TypedErrorBox<std::remove_cvref_t<E>>(std::forward<E>(error), site)) {}
  Failure(const Failure& other) noexcept : box_(other.box_) {
    if (box_ != nullptr) box_->retain();
  }
  Failure(Failure&& other) noexcept : box_(std::exchange(other.box_, nullptr)) {}
  Failure& operator=(Failure other) noexcept {
    std::swap(box_, other.box_);
    return *this;
  }
  ~Failure() {
    if (box_ != nullptr) box_->release();
  }

  /// The exception that is being handled. For what trap threw, the Failure that it stands for. Call
  /// it inside a catch block only.
  static Failure current(Site site = Site::here()) noexcept;
  /// A Failure of an immortal box (a static object), which is never counted and never freed.
  static Failure immortal(detail::ErrorBox& box) noexcept { return Failure(&box); }

  explicit operator bool() const noexcept { return box_ != nullptr; }
  /// The error as an E, or null. Where E derives from std::exception, a dynamic_cast decides; else
  /// the types must be equal.
  template <class E>
  const E* check() const noexcept {
    if (box_ == nullptr) return nullptr;
    if constexpr (std::derived_from<E, std::exception>) return dynamic_cast<const E*>(box_->exception());
    else return box_->kind() == typeid(E) ? static_cast<const E*>(box_->object()) : nullptr;
  }
  /// Whether the error is one of these types.
  template <class E, class Second, class... More>
  bool check() const noexcept {
    return check<E>() != nullptr || check<Second>() != nullptr || (... || (check<More>() != nullptr));
  }
  /// For an errback that handles errors of type E only (Twisted: trap). Gives the error when it is
  /// an E. Otherwise throws an exception that stands for this Failure: a callback or a coroutine
  /// that lets it out fails with this same Failure, where() included, and every other guard of the
  /// library reads it in the same way. That exception is not the error object; a try block that
  /// wants to catch the error by its type needs raise(). A Failure without an error throws
  /// std::logic_error.
  template <class E>
  const E& trap() const {
    const E* error = check<E>();
    if (error == nullptr) passOn();
    return *error;
  }
  /// The same for an errback that handles errors of several types alike.
  template <class E, class Second, class... More>
  void trap() const {
    if (!check<E, Second, More...>()) passOn();
  }
  /// The dynamic type of the error object, or typeid(void) when there is none.
  const std::type_info& kind() const noexcept;
  /// The readable name of that type without the namespace `teasel::`, for messages
  /// ("ConnectionLost").
  std::string name() const;
  /// The error's own text. The mangled name of its type for an object that is no std::exception, ""
  /// when there is no error.
  const char* what() const noexcept;
  /// Where the Failure was made. Unknown for the immortal ones.
  Site where() const noexcept { return box_ == nullptr ? Site{} : box_->site(); }
  /// Throws the error object. A Failure without an error throws std::logic_error.
  [[noreturn]] void raise() const;
  /// "Name: what (at file.cpp:12)".
  std::string text() const;
  /// Whether both share one error object. An equal object is not enough.
  bool same(const Failure& other) const noexcept { return box_ == other.box_; }

 private:
  explicit Failure(detail::ErrorBox* box) noexcept : box_(box) {}
  [[noreturn]] void passOn() const;
  detail::ErrorBox* box_ = nullptr;
};

std::ostream& operator<<(std::ostream& out, const Failure& failure);

namespace detail {
/// The readable name of a type: demangled, without `teasel::`.
std::string typeName(const std::type_info& type);
}  // namespace detail

}  // namespace teasel
