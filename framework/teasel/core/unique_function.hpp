#pragma once

#include <cstddef>
#include <functional>
#include <memory>
#include <new>
#include <type_traits>
#include <utility>

namespace teasel {

template <class Signature>
class UniqueFunction;

/// A callable that is moved, never copied, so that it may own what it captures (std::move_only_function is C++23).
/// Captures of up to four words that move without throwing live inside the object; larger ones on the heap.
/// Calling an empty one throws std::bad_function_call.
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
  UniqueFunction(UniqueFunction&& other) noexcept : ops_(other.ops_) {
    if (ops_ != nullptr) ops_->move(storage_, other.storage_);
    other.ops_ = nullptr;
  }
  UniqueFunction& operator=(UniqueFunction&& other) noexcept {
    if (this == &other) return *this;
    reset();
    ops_ = other.ops_;
    if (ops_ != nullptr) ops_->move(storage_, other.storage_);
    other.ops_ = nullptr;
    return *this;
  }
  UniqueFunction(const UniqueFunction&) = delete;
  UniqueFunction& operator=(const UniqueFunction&) = delete;
  ~UniqueFunction() { reset(); }

  R operator()(Args... args) {  // NOLINT(performance-unnecessary-value-param): how they travel is the signature's choice
    if (ops_ == nullptr) throw std::bad_function_call();
    return ops_->call(storage_, std::forward<Args>(args)...);
  }
  explicit operator bool() const noexcept { return ops_ != nullptr; }
  /// Destroys what is held. The held object may destroy this UniqueFunction's owner: nothing is touched afterwards.
  void reset() noexcept {
    if (const Ops* ops = std::exchange(ops_, nullptr); ops != nullptr) ops->destroy(storage_);
  }

 private:
  struct Ops {
    R (*call)(void*, Args&&...);
    void (*move)(void* to, void* from) noexcept;
    void (*destroy)(void*) noexcept;
  };
  static constexpr std::size_t kWords = 4;

  template <class F>
  static constexpr bool kInline =
      sizeof(F) <= kWords * sizeof(void*) && alignof(F) <= alignof(void*) && std::is_nothrow_move_constructible_v<F>;
  template <class F>
  static constexpr Ops kInlineOps = {[](void* self, Args&&... args) -> R {
                                       return std::invoke(*std::launder(static_cast<F*>(self)), std::forward<Args>(args)...);
                                     },
                                     [](void* to, void* from) noexcept {
                                       F* source = std::launder(static_cast<F*>(from));
                                       ::new (to) F(std::move(*source));
                                       source->~F();
                                     },
                                     [](void* self) noexcept { std::launder(static_cast<F*>(self))->~F(); }};
  template <class F>
  static constexpr Ops kHeapOps = {[](void* self, Args&&... args) -> R {
                                     return std::invoke(**std::launder(static_cast<F**>(self)), std::forward<Args>(args)...);
                                   },
                                   [](void* to, void* from) noexcept { ::new (to) F*(*std::launder(static_cast<F**>(from))); },
                                   [](void* self) noexcept { delete *std::launder(static_cast<F**>(self)); }};

  alignas(void*) unsigned char storage_[kWords * sizeof(void*)];
  const Ops* ops_ = nullptr;
};

}  // namespace teasel
