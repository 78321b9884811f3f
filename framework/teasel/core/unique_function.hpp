#pragma once

#include <cstddef>
#include <cstring>
#include <new>
#include <type_traits>
#include <utility>

namespace teasel {

template <class Signature>
class UniqueFunction;

namespace detail {

[[noreturn]] void throwBadFunctionCall();

/// Calls a pointer to member. The first argument is the object, or a pointer or reference_wrapper
/// to it.
template <class Member, class Class, class Object, class... Args>
decltype(auto) callMember(Member Class::* member, Object&& object, Args&&... args) {
  if constexpr (std::is_base_of_v<Class, std::remove_cvref_t<Object>>) {
    if constexpr (std::is_function_v<Member>) return (std::forward<Object>(object).*member)(std::forward<Args>(args)...);
    else return std::forward<Object>(object).*member;
  } else if constexpr (requires { *object; }) {
    return callMember(member, *std::forward<Object>(object), std::forward<Args>(args)...);
  } else {
    return callMember(member, static_cast<Class&>(object), std::forward<Args>(args)...);
  }
}

/// Does what std::invoke does. <functional> would be a quarter of all that clock.hpp includes.
template <class F, class... Args>
decltype(auto) call(F& function, Args&&... args) {
  if constexpr (std::is_member_pointer_v<F>) return callMember(function, std::forward<Args>(args)...);
  else return function(std::forward<Args>(args)...);
}

}  // namespace detail

/// A function object that is moved and never copied, so that it may own what it captures
/// (std::move_only_function is C++23). Captures of up to four words that move without throwing lie
/// inside the object, others on the heap. Calling an empty one throws std::bad_function_call.
template <class R, class... Args>
class UniqueFunction<R(Args...)> {
 public:
  UniqueFunction() noexcept = default;
  UniqueFunction(std::nullptr_t) noexcept {}
  template <class F>
    requires(!std::is_same_v<std::remove_cvref_t<F>, UniqueFunction> &&
             std::is_invocable_r_v<R, std::remove_cvref_t<F>&, Args...>)
  UniqueFunction(F&& function) {
    using Held = std::remove_cvref_t<F>;
    if constexpr (kInline<Held>) {
      ::new (static_cast<void*>(storage_)) Held(std::forward<F>(function));
      ops_ = &kInlineOps<Held>;
    } else {
      ::new (static_cast<void*>(storage_)) Held*(new Held(std::forward<F>(function)));
      ops_ = &kHeapOps<Held>;
    }
  }
  UniqueFunction(UniqueFunction&& other) noexcept : ops_(std::exchange(other.ops_, nullptr)) { moveFrom(other); }
  UniqueFunction& operator=(UniqueFunction&& other) noexcept {
    if (this == &other) return *this;
    reset();
    ops_ = std::exchange(other.ops_, nullptr);
    moveFrom(other);
    return *this;
  }
  UniqueFunction(const UniqueFunction&) = delete;
  UniqueFunction& operator=(const UniqueFunction&) = delete;
  ~UniqueFunction() { reset(); }

  // NOLINTNEXTLINE(performance-unnecessary-value-param): the signature says how arguments travel
  R operator()(Args... args) {
    if (ops_ == nullptr) [[unlikely]]
      detail::throwBadFunctionCall();
    return ops_->call(storage_, std::forward<Args>(args)...);
  }
  explicit operator bool() const noexcept { return ops_ != nullptr; }
  /// Whether destroying what is held does nothing.
  bool trivial() const noexcept { return ops_ == nullptr || ops_->destroy == nullptr; }
  /// Destroys what is held. The held object may destroy the owner of this UniqueFunction: nothing
  /// is touched afterwards.
  void reset() noexcept {
    if (const Ops* ops = std::exchange(ops_, nullptr); ops != nullptr && ops->destroy != nullptr) ops->destroy(storage_);
  }

 private:
  struct Ops {
    R (*call)(void*, Args&&...);
    void (*move)(void* to, void* from) noexcept;  // null: copying its words is enough
    void (*destroy)(void*) noexcept;              // null: there is nothing to do
    std::size_t words;
  };
  static constexpr std::size_t kWords = 4;
  static constexpr std::size_t words(std::size_t size) noexcept { return (size + sizeof(void*) - 1) / sizeof(void*); }

  /// Takes what `other` held. ops_ has been taken from it already.
  void moveFrom(UniqueFunction& other) noexcept {
    if (ops_ == nullptr) return;
    if (ops_->move != nullptr) return ops_->move(storage_, other.storage_);
    // Word by word: a copy in larger pieces would stall on words that were just stored one by one.
    constexpr std::size_t kWord = sizeof(void*);
    switch (ops_->words) {
      case 4: std::memcpy(storage_ + 3 * kWord, other.storage_ + 3 * kWord, kWord); [[fallthrough]];
      case 3: std::memcpy(storage_ + 2 * kWord, other.storage_ + 2 * kWord, kWord); [[fallthrough]];
      case 2: std::memcpy(storage_ + kWord, other.storage_ + kWord, kWord); [[fallthrough]];
      default: std::memcpy(storage_, other.storage_, kWord);
    }
  }

  template <class F>
  static constexpr bool kInline =
      sizeof(F) <= kWords * sizeof(void*) && alignof(F) <= alignof(void*) && std::is_nothrow_move_constructible_v<F>;
  /// Where R is void, what the function returns is dropped.
  template <class F>
  static R run(F& function, Args&&... args) {
    if constexpr (std::is_void_v<R>) static_cast<void>(detail::call(function, std::forward<Args>(args)...));
    else return detail::call(function, std::forward<Args>(args)...);
  }
  template <class F>
  static R callInline(void* self, Args&&... args) {
    return run(*std::launder(static_cast<F*>(self)), std::forward<Args>(args)...);
  }
  template <class F>
  static void moveInline(void* to, void* from) noexcept {
    F* source = std::launder(static_cast<F*>(from));
    ::new (to) F(std::move(*source));
    source->~F();
  }
  template <class F>
  static void destroyInline(void* self) noexcept {
    std::launder(static_cast<F*>(self))->~F();
  }
  template <class F>
  static constexpr Ops kInlineOps = {&callInline<F>, std::is_trivially_copyable_v<F> ? nullptr : &moveInline<F>,
                                     std::is_trivially_destructible_v<F> ? nullptr : &destroyInline<F>, words(sizeof(F))};
  template <class F>
  static constexpr Ops kHeapOps = {
      [](void* self, Args&&... args) -> R { return run(**std::launder(static_cast<F**>(self)), std::forward<Args>(args)...); },
      nullptr, [](void* self) noexcept { delete *std::launder(static_cast<F**>(self)); }, 1};

  const Ops* ops_ = nullptr;
  alignas(void*) unsigned char storage_[kWords * sizeof(void*)];
};

}  // namespace teasel
