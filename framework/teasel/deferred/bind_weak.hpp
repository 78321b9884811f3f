#pragma once

#include <functional>
#include <memory>
#include <type_traits>
#include <utility>

#include <teasel/deferred/deferred.hpp>

namespace teasel {

namespace detail {

/// See bindWeak.
template <class Object, class F>
class WeakCall {
  template <class... Args>
  static decltype(auto) call(F& function, Object& object, Args&&... args) {
    if constexpr (std::is_member_pointer_v<F>) return std::invoke(function, object, std::forward<Args>(args)...);
    else return std::invoke(function, std::forward<Args>(args)...);
  }
  template <class... Args>
  static constexpr bool callable() {
    if constexpr (std::is_member_pointer_v<F>) return std::is_invocable_v<F&, Object&, Args...>;
    else return std::is_invocable_v<F&, Args...>;
  }

 public:
  WeakCall(std::weak_ptr<Object> object, F function) : object_(std::move(object)), function_(std::move(function)) {}

  template <class... Args>
    requires(callable<Args...>())
  auto operator()(Args&&... args) {
    using Gives = decltype(call(function_, std::declval<Object&>(), std::forward<Args>(args)...));
    const std::shared_ptr<Object> alive = object_.lock();
    if constexpr (std::is_void_v<Gives>) {
      if (alive != nullptr) call(function_, *alive, std::forward<Args>(args)...);
    } else if constexpr (kIsDeferred<std::remove_cvref_t<Gives>>) {
      using Answer = std::remove_cvref_t<Gives>;
      if (alive == nullptr) return Answer(fail<typename Answer::Value>(OwnerGone()));
      return Answer(call(function_, *alive, std::forward<Args>(args)...));
    } else if constexpr (std::is_same_v<std::remove_cvref_t<Gives>, Failure>) {
      return alive == nullptr ? Failure(OwnerGone()) : Failure(call(function_, *alive, std::forward<Args>(args)...));
    } else {
      using Answer = Result<GivenBy<Gives>>;
      if (alive == nullptr) return Answer(Failure(OwnerGone()));
      return Answer(call(function_, *alive, std::forward<Args>(args)...));
    }
  }

 private:
  std::weak_ptr<Object> object_;
  [[no_unique_address]] F function_;
};

}  // namespace detail

/// Makes a callback that keeps its object alive only while it runs, and does nothing once the
/// object is gone. A protocol uses it for callbacks of Deferreds that the protocol itself keeps: a
/// callback that held the protocol would close a circle of references.
///
///     lookup(name).addCallback(bindWeak(this, [this](Address where) { connectTo(where); }));
///     lookup(name).addCallback(bindWeak(this, &Proxy::connectTo));
///
/// When the callback should give a value and the object is gone, the chain fails with OwnerGone,
/// which is not reported as unhandled.
template <class Object, class F>
auto bindWeak(const std::shared_ptr<Object>& object, F&& function) {
  return detail::WeakCall<Object, std::decay_t<F>>(object, std::forward<F>(function));
}
/// For `this` of a class that derives from std::enable_shared_from_this. A shared_ptr must hold it.
template <class Object, class F>
  requires requires(Object* self) { self->weak_from_this(); }
auto bindWeak(Object* self, F&& function) {
  auto alive = self->shared_from_this();
  return detail::WeakCall<Object, std::decay_t<F>>(std::shared_ptr<Object>(alive, self), std::forward<F>(function));
}

}  // namespace teasel
